import dataclasses
import io
import tarfile

import numpy as np
import pytest

from core.datasets import lookup
from core.datasets.store import LocalData
from core.errors import DataError, InputError
from core.words import corpus as corpus_module
from core.words.corpus import (
    Corpus,
    count_corpus,
    held_out_reviews,
    read_corpus,
    split_corpus,
    tokenise_archive,
)

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


def write_archive(path, reviews=REVIEWS, expected=None):
    with tarfile.open(path, "w:gz") as archive:
        for name, text in reviews.items():
            content = text.encode("utf-8") if isinstance(text, str) else text
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    dataset = dataclasses.replace(lookup("imdb"), expected=expected or {})
    return LocalData(dataset, path, "ab" * 32, "test")


@pytest.fixture
def local(tmp_path):
    return write_archive(tmp_path / "reviews.tar.gz")


def texts(corpus):
    ends = zip(corpus.starts[:-1], corpus.starts[1:], strict=True)
    return [[corpus.words[token] for token in corpus.tokens[low:high]] for low, high in ends]


def test_reads_train_and_unsup_once_each_and_never_test(local):
    corpus = tokenise_archive(local)
    assert texts(corpus) == [
        "a good film , a good end .".split(),
        "good . the end".split(),
        "a bad end".split(),
        "the film 's end".split(),
    ]


def test_words_are_sorted_by_count_then_alphabet(local):
    corpus = tokenise_archive(local)
    assert corpus.words == ("end", "a", "good", ".", "film", "the", "'s", ",", "bad")
    assert corpus.counts.tolist() == [4, 3, 3, 2, 2, 2, 1, 1, 1]


def test_the_kept_copy_is_the_same_and_spares_the_archive(local, tmp_path):
    first = read_corpus(local, data_dir=tmp_path / "data")
    local.path.unlink()
    again = read_corpus(local, data_dir=tmp_path / "data")
    assert texts(again) == texts(first)
    assert again.words == first.words
    assert [path.name for path in (tmp_path / "data").iterdir()] == [
        "imdb-tokens-abababababababab-v1"
    ]


def test_a_damaged_copy_is_made_anew(local, tmp_path):
    first = read_corpus(local, data_dir=tmp_path)
    expected = texts(first)
    folder = tmp_path / "imdb-tokens-abababababababab-v1"
    (folder / "words.txt").write_text("one word", encoding="utf-8")
    assert texts(read_corpus(local, data_dir=tmp_path)) == expected
    (folder / "tokens.npy").write_bytes(b"\x93NUMPY")
    assert texts(read_corpus(local, data_dir=tmp_path)) == expected


def test_an_archive_with_other_counts_is_refused(tmp_path):
    local = write_archive(tmp_path / "reviews.tar.gz", expected={"train_pos": 12_500})
    with pytest.raises(DataError, match="2 train pos instead of 12,500"):
        tokenise_archive(local)


def test_an_archive_without_reviews_is_refused(tmp_path):
    local = write_archive(tmp_path / "reviews.tar.gz", {"aclImdb/test/pos/0_9.txt": "a film"})
    with pytest.raises(DataError, match="has no member train/pos"):
        tokenise_archive(local)


def test_a_review_in_another_encoding_is_refused(tmp_path):
    local = write_archive(tmp_path / "reviews.tar.gz", {"aclImdb/train/pos/0_9.txt": b"caf\xe9"})
    with pytest.raises(DataError, match="train/pos/0_9.txt is not UTF-8"):
        tokenise_archive(local)


def test_limited_leaves_rare_words_out_and_closes_the_gaps(local):
    corpus = tokenise_archive(local).limited(min_count=3)
    assert corpus.words == ("end", "a", "good")
    assert texts(corpus) == [
        "a good a good end".split(),
        "good end".split(),
        "a end".split(),
        ["end"],
    ]
    assert tokenise_archive(local).limited(max_words=1).words == ("end",)
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


def test_the_real_archive_begins_as_expected(mirror):
    archive = mirror / "aclImdb_v1.tar.gz"
    found = []
    for name, content in corpus_module.iter_members(archive, suffix=".txt"):
        if corpus_module._is_wanted(name):
            found.append(corpus_module.tokenize(content.decode("utf-8")))
        if len(found) == 300:
            break
    corpus = count_corpus(found)
    assert 290 < corpus.n_reviews <= 300  # a few stand there twice
    assert set(corpus.words[:5]) <= {"the", ".", ",", "and", "a", "of", "to"}
    assert 40_000 < len(corpus.tokens) < 140_000
