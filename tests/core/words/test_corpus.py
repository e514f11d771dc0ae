import numpy as np
import pytest

from core.errors import DataError, InputError
from core.reviews import tokenise_archive
from core.words.corpus import (
    Corpus,
    corpus_of,
    count_corpus,
    held_out_reviews,
    read_corpus,
    split_corpus,
)
from tests.core.archive_samples import KEPT, write_archive

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
