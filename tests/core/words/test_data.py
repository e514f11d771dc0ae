from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import DataError, InputError
from core.reviews import tokenise_archive
from core.words.data import (
    Corpus,
    corpus_of,
    count_pairs,
    held_out_reviews,
    read_corpus,
    split_corpus,
)
from tests.core.archive_samples import KEPT, write_archive
from tests.core.words.samples import count_corpus

REVIEWS = {
    "aclImdb/test/pos/0_9.txt": "never never read",
    "aclImdb/train/pos/0_9.txt": "A good film, a good end.",
    "aclImdb/train/pos/1_8.txt": "Good.<br />The end",
    "aclImdb/train/neg/0_2.txt": "A bad end",
    "aclImdb/train/unsup/0_0.txt": "a BAD end",  # the same tokens as the one before
    "aclImdb/train/unsup/1_0.txt": "the film's end",
    "aclImdb/train/urls_pos.txt": "http never",
    "aclImdb/imdb.vocab": "never",
}


@pytest.fixture
def local(tmp_path):
    return write_archive(tmp_path / "reviews.tar.gz", REVIEWS)


@pytest.fixture
def corpus(local):
    return corpus_of(tokenise_archive(local))


def texts(corpus):
    ends = zip(corpus.starts[:-1], corpus.starts[1:], strict=True)
    return [[corpus.words[token] for token in corpus.tokens[low:high]] for low, high in ends]


def test_reads_train_and_unsup_once_each_and_never_test(corpus):
    assert texts(corpus) == [
        "a good film , a good end .".split(),
        "good . the end".split(),
        "a bad end".split(),
        "the film 's end".split(),
    ]


def test_words_are_sorted_by_count_then_alphabet(corpus):
    assert corpus.words == ("end", "a", "good", ".", "film", "the", "'s", ",", "bad")
    assert corpus.counts.tolist() == [4, 3, 3, 2, 2, 2, 1, 1, 1]


def test_the_kept_copy_is_the_same_and_spares_the_archive(local, corpus, tmp_path):
    first = read_corpus(local, data_dir=tmp_path / "data")
    local.path.unlink()
    again = read_corpus(local, data_dir=tmp_path / "data")
    assert texts(again) == texts(first) == texts(corpus)
    assert again.words == first.words == corpus.words
    assert [path.name for path in (tmp_path / "data" / "cache").iterdir()] == [KEPT]


def test_a_damaged_copy_is_made_anew(local, tmp_path):
    expected = texts(read_corpus(local, data_dir=tmp_path))
    (tmp_path / "cache" / KEPT / "words.txt").write_text("one word", encoding="utf-8")
    assert texts(read_corpus(local, data_dir=tmp_path)) == expected


@pytest.mark.parametrize(
    "members", [{"aclImdb/test/pos/0_9.txt": "a film"}, {"aclImdb/train/pos/0_9.txt": " "}]
)
def test_an_archive_without_a_word_to_learn_from_is_refused(tmp_path, members):
    local = write_archive(tmp_path / "reviews.tar.gz", members)
    with pytest.raises(DataError, match="has no word in train/pos, train/neg and train/unsup"):
        corpus_of(tokenise_archive(local))


def test_limited_leaves_rare_words_out_and_closes_the_gaps(corpus):
    limited = corpus.limited(min_count=3)
    assert limited.words == ("end", "a", "good")
    assert texts(limited) == [
        "a good a good end".split(),
        "good end".split(),
        "a end".split(),
        ["end"],
    ]
    assert corpus.limited(max_words=1).words == ("end",)
    with pytest.raises(InputError, match="the most frequent has 4 occurrences"):
        corpus.limited(min_count=5)


def test_an_inconsistent_corpus_names_each_problem():
    with pytest.raises(DataError, match="2 words have 1 counts; the reviews do not cover"):
        Corpus(np.array([0], np.int32), np.array([0, 2]), ("a", "b"), np.array([1]))
    with pytest.raises(DataError, match="ends before it begins; the words are not sorted"):
        Corpus(np.array([0, 1, 1], np.int32), np.array([0, 3, 2, 3]), ("a", "b"), np.array([1, 2]))


def test_held_out_reviews_are_never_in_training():
    # review k consists of the word k alone, so that every token names its review
    corpus = count_corpus([[f"w{k:03}"] * 3 for k in range(400)])
    split = split_corpus(corpus, seed=7)
    held_out = held_out_reviews(400, seed=7)
    assert set(split.tokens) == set(np.flatnonzero(~held_out))
    assert set(split.held_tokens) == set(np.flatnonzero(held_out))
    np.testing.assert_array_equal(split.reviews, split.tokens)
    assert split.counts.tolist() == [0 if held else 3 for held in held_out]
    assert 0.02 < held_out.mean() < 0.09
    assert not np.array_equal(held_out, held_out_reviews(400, seed=8))


def test_too_few_reviews_cannot_be_split():
    with pytest.raises(InputError, match=r"reviews \(1\) should be enough to hold 5% of them out"):
        held_out_reviews(1, seed=0)


def brute_force(tokens, reviews, window):
    counts = Counter()
    for centre, word in enumerate(tokens):
        for other in range(len(tokens)):
            distance = abs(centre - other)
            if 1 <= distance <= window and reviews[centre] == reviews[other]:
                counts[word, tokens[other]] += 1 / distance
    return counts


def as_dict(found):
    pairs = zip(found.first.tolist(), found.second.tolist(), strict=True)
    return dict(zip(pairs, found.weights.tolist(), strict=True))


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=40),
    st.integers(1, 5),
    st.sampled_from([1, 7, 1000]),
)
def test_counts_equal_a_brute_force_count(text, window, pairs_at_once):
    tokens = np.array([word for word, _ in text], np.int32)
    reviews = np.cumsum([is_first for _, is_first in text]).astype(np.int32)
    found = count_pairs(tokens, reviews, n_words=7, window=window, pairs_at_once=pairs_at_once)
    expected = {
        pair: weight
        for pair, weight in brute_force(tokens.tolist(), reviews.tolist(), window).items()
        if pair[0] <= pair[1]
    }
    assert as_dict(found) == pytest.approx(expected)
    order = list(zip(found.first.tolist(), found.second.tolist(), strict=True))
    assert order == sorted(set(order))


def test_a_known_text():
    tokens, reviews = np.array([0, 1, 0, 2], np.int32), np.array([0, 0, 0, 1], np.int32)
    found = count_pairs(tokens, reviews, n_words=3, window=2)
    assert as_dict(found) == {(0, 1): 2.0, (0, 0): 1.0}  # the review of 2 is another one


def test_at_least_leaves_out_the_light_pairs():
    tokens, reviews = np.array([0, 1, 0, 2], np.int32), np.zeros(4, np.int32)
    found = count_pairs(tokens, reviews, n_words=3, window=3).at_least(1.2)
    assert as_dict(found) == pytest.approx({(0, 1): 2.0, (0, 2): 1 + 1 / 3})


@pytest.mark.parametrize("window", [0, 16])
def test_a_window_out_of_bounds_is_refused(window):
    with pytest.raises(InputError, match=rf"window \({window}\) should be from 1 to 15"):
        count_pairs(np.zeros(3, np.int32), np.zeros(3, np.int32), n_words=1, window=window)
