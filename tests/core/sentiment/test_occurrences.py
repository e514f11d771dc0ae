import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.sentiment import occurrences
from core.sentiment.occurrences import frequent_ngrams

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
