import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.reviews import collect
from core.sentiment.disclosure import reviews as occurrences
from core.sentiment.disclosure.reviews import SHARED_PASSAGE, frequent_ngrams, learnable, writers_of
from tests.core.sentiment.forum import learnable_of

PASSAGE = [f"p{k}" for k in range(SHARED_PASSAGE)]


def test_reviews_of_test_and_repeats_are_left_out_and_the_rest_come_by_number():
    found = [
        ("Bad end", "test_neg", 0),
        ("good", "train_pos", 7),
        ("bad end", "train_neg", 3),
        ("A B", "train_unsup", 1),
        ("fine", "train_pos", 2),
        ("good", "train_unsup", 0),
    ]
    reviews = learnable(collect((text.split(), *rest, 0) for text, *rest in found))
    words = [reviews.words[k] for k in reviews.tokens]
    assert words == ["fine", "good", "a", "b"]
    assert reviews.numbers.tolist() == [2, 7, 1] and reviews.texts.tolist() == [0, 1, 2, 2]
    assert reviews.cases.tolist() == [0, 0, 1, 1]
    assert reviews.n_texts == 3


def test_neighbours_end_with_the_review():
    reviews = learnable_of([("a b", "train_pos", 0), ("c", "train_pos", 1)])
    beyond = len(reviews.words)
    assert reviews.neighbours(np.arange(3), -1).tolist() == [beyond, 0, beyond]
    assert reviews.neighbours(np.arange(3), 1).tolist() == [1, beyond, beyond]
    assert reviews.neighbours(np.array([0]), 2).tolist() == [beyond]


def test_who_shares_a_passage_is_one_writer():
    texts = [
        ["x", *PASSAGE, "y"],
        ["a", "b"],
        ["z", *PASSAGE, "q", *PASSAGE[::-1]],
        [*PASSAGE[::-1], "r"],
        [*PASSAGE[:-1], "s"],  # one word short
    ]
    ids = {}
    tokens = [ids.setdefault(word, len(ids)) for text in texts for word in text]
    rows = np.repeat(np.arange(len(texts), dtype=np.int32), [len(text) for text in texts])
    writers = writers_of(np.array(tokens, np.int32), rows, len(texts))
    assert writers[0] == writers[2] == writers[3]
    assert len(set(writers[[0, 1, 4]].tolist())) == 3


def test_a_passage_does_not_go_from_one_review_into_the_next():
    half = SHARED_PASSAGE // 2
    texts = [PASSAGE[:half], PASSAGE[half:], PASSAGE[:half] + ["x"], PASSAGE[half:] + ["y"]]
    ids = {}
    tokens = [ids.setdefault(word, len(ids)) for text in texts for word in text]
    rows = np.repeat(np.arange(4, dtype=np.int32), [len(text) for text in texts])
    assert len(set(writers_of(np.array(tokens, np.int32), rows, 4).tolist())) == 4
    assert writers_of(np.zeros(0, np.int32), np.zeros(0, np.int32), 2).tolist() == [0, 1]


TEXTS = st.lists(st.lists(st.integers(0, 2), max_size=8), min_size=1, max_size=10)


def flat(texts):
    tokens = np.array([word for text in texts for word in text], np.int32)
    return tokens, np.repeat(np.arange(len(texts), dtype=np.int32), [len(text) for text in texts])


def brute(texts, size, least):
    """Every n-gram and its places, looked up one by one."""
    found, begin = {}, 0
    for text in texts:
        for at in range(len(text) - size + 1):
            found.setdefault(tuple(text[at : at + size]), []).append(begin + at)
        begin += len(text)
    return {ngram: places for ngram, places in found.items() if len(places) >= least}


def as_dict(found):
    pieces = np.split(found.places, found.starts[1:-1])
    return {tuple(row): p.tolist() for row, p in zip(found.ngrams.tolist(), pieces, strict=False)}


@given(TEXTS, st.integers(1, 3))
def test_ngrams_and_places_are_those_of_looking_one_by_one(texts, least):
    for size, found in enumerate(frequent_ngrams(*flat(texts), longest=4, least=least), start=1):
        assert as_dict(found) == brute(texts, size, least)
        assert found.size == size
        assert found.counts.tolist() == [len(p) for p in as_dict(found).values()]


def test_places_and_ngrams_are_left_out():
    tokens, texts = flat([[0, 1, 0], [1, 0]])
    found = next(frequent_ngrams(tokens, texts, longest=1, least=1))
    assert as_dict(found) == {(0,): [0, 2, 4], (1,): [1, 3]}
    fewer = found.only(found.places > 2)
    assert as_dict(fewer) == {(0,): [4], (1,): [3]}
    assert as_dict(found.only(found.rows == 1)) == {(0,): [], (1,): [1, 3]}
    assert as_dict(found.select(np.array([False, True]))) == {(1,): [1, 3]}


def test_no_text_has_no_ngram():
    for found in frequent_ngrams(*flat([[]]), longest=3, least=1):
        assert found.n_ngrams == 0 and len(found.places) == 0


def test_more_than_can_be_numbered_is_refused(monkeypatch):
    tokens, texts = flat([[0, 1 << 30] * 4])
    huge = tokens.astype(np.int64) << 32
    with pytest.raises(InputError, match=r"texts \(8 tokens\) should be fewer"):
        occurrences._grouped(huge, 1)
