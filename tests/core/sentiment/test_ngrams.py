import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.sentiment.ngrams import MAX_WORDS, lengths, pack, pack_columns, unpack

TEXTS = st.lists(st.lists(st.integers(-1, 4), max_size=5), max_size=5)


def joined(texts):
    """Ids one text after the other, and where each begins."""
    starts = np.cumsum([0, *map(len, texts)])
    return np.array(sum(texts, []), np.int32), starts


def by_hand(texts, order):
    """Ids and place of every n-gram, in the order that is promised."""
    found = []
    for n in range(1, order + 1):
        first = 0
        for text in texts:
            for at in range(len(text) - n + 1):
                if min(text[at : at + n]) >= 0:
                    found.append(([*text[at : at + n], -1, -1][:3], first + at))
            first += len(text)
    return found


@given(TEXTS, st.integers(1, 3))
def test_pack_finds_the_ngrams_that_stand_in_one_text(texts, order):
    keys, places = pack(*joined(texts), order=order)
    found = list(zip(unpack(keys).tolist(), places.tolist(), strict=True))
    expected = [(ids[:3], place) for ids, place in by_hand(texts, order)]
    assert sorted(found) == sorted(expected)
    assert [place for _, place in found] == [place for _, place in expected]


def test_no_ngram_crosses_texts_nor_a_word_without_a_meaning():
    keys, places = pack(np.array([5, 6, 7, -1, 8]), np.array([0, 2, 5]), order=3)
    assert unpack(keys).tolist() == [
        [5, -1, -1],
        [6, -1, -1],
        [7, -1, -1],
        [8, -1, -1],
        [5, 6, -1],
    ]
    assert places.tolist() == [0, 1, 2, 4, 0]


@given(st.lists(st.tuples(*[st.integers(0, MAX_WORDS - 1)] * 3), min_size=1), st.integers(1, 3))
def test_packing_columns_is_the_reverse_of_unpacking(rows, n_words):
    ids = np.array(rows, np.int32)
    ids[:, n_words:] = -1
    keys = pack_columns(ids)
    assert (keys > 0).all()
    np.testing.assert_array_equal(unpack(keys), ids)
    np.testing.assert_array_equal(lengths(keys), n_words)


def test_pack_and_pack_columns_agree_on_the_greatest_id():
    top = MAX_WORDS - 1
    keys, _ = pack(np.array([top, 0, top], np.int32), np.array([0, 3]), order=3)
    assert keys[-1] == pack_columns(np.array([[top, 0, top]]))[0]
    assert len(np.unique(keys)) == 5  # of six, the greatest id alone stands there twice


@pytest.mark.parametrize("order", [0, 4])
def test_an_order_out_of_bounds_is_refused(order):
    with pytest.raises(InputError, match=rf"order \({order}\) should be from 1 to 3"):
        pack(np.array([1]), np.array([0, 1]), order=order)
