import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.sentiment.data import Vocabulary
from core.sentiment.explore.reading import MAX_CHARACTERS, Fate, read, read_tokens

WORDS = Vocabulary(("a", "good", "film", "."))
SEEN, RARE, CUT, UNREAD = Fate.SEEN, Fate.UNK, Fate.CUT, Fate.UNREAD


def test_each_token_has_its_fate():
    reading = read("A quiet, good film.", WORDS, keeps_punctuation=False, length=3)
    assert reading.tokens == ["a", "quiet", ",", "good", "film", "."]
    assert reading.fates == [CUT, RARE, UNREAD, SEEN, SEEN, UNREAD]
    assert reading.ids.tolist() == [5, 2, 3]
    assert reading.places.tolist() == [1, 3, 4]
    assert reading.padding == 0
    assert reading.count(UNREAD) == 2
    assert reading.unk_share == pytest.approx(1 / 3)


def test_signs_are_words_to_a_model_that_reads_them():
    reading = read("A quiet, good film.", WORDS, keeps_punctuation=True, length=4)
    assert reading.fates == [CUT, CUT, RARE, SEEN, SEEN, SEEN]
    assert reading.ids.tolist() == [5, 2, 3, 4]


def test_padding_fills_what_room_is_left():
    assert read("good film", WORDS, keeps_punctuation=True, length=5).padding == 3
    assert read("good film", WORDS, keeps_punctuation=True, length=2).padding == 0
    assert read("good film", WORDS, keeps_punctuation=True).padding == 0


@pytest.mark.parametrize("text", ["", "   ", "\x00", "<br /><br />", "---", "\N{GRINNING FACE}"])
def test_a_text_without_a_word_is_read_as_nothing(text):
    reading = read(text, WORDS, keeps_punctuation=True, length=4)
    assert reading.tokens == []
    assert len(reading.ids) == len(reading.places) == 0
    assert reading.padding == 4
    assert reading.unk_share == 0


def test_a_text_of_any_length_is_read_but_for_far_too_long_ones():
    exact = read("good " * (MAX_CHARACTERS // 5), WORDS, keeps_punctuation=True, length=4)
    assert exact.count(CUT) == MAX_CHARACTERS // 5 - 4
    with pytest.raises(InputError, match=r"text \(1,000,001 characters\) should have at most"):
        read("a" * (MAX_CHARACTERS + 1), WORDS, keeps_punctuation=True)


def test_100_000_words_are_all_there_for_a_model_without_a_length():
    reading = read("good film " * 50_000, WORDS, keeps_punctuation=False)
    assert len(reading.ids) == reading.count(SEEN) == 100_000
    assert reading.padding == 0


def test_markup_is_read_as_text():
    text = "<script>alert('good')</script> good\x00film \N{PILE OF POO} <b>A</b>"
    reading = read(text, WORDS, keeps_punctuation=False, length=20)
    known = [reading.tokens[at] for at in reading.places if reading.fates[at] is SEEN]
    assert known.count("good") == 2
    assert known[-2:] == ["film", "a"]
    assert {"script", "alert", "b"} <= set(reading.tokens)


@given(st.text(max_size=60), st.booleans(), st.none() | st.integers(1, 8))
def test_whatever_is_typed_fates_ids_and_places_agree(text, keeps_punctuation, length):
    reading = read(text, WORDS, keeps_punctuation=keeps_punctuation, length=length)
    assert len(reading.fates) == len(reading.tokens)
    stays = [at for at, fate in enumerate(reading.fates) if fate in (SEEN, RARE)]
    assert reading.places.tolist() == stays
    expected = WORDS.encode(reading.tokens[at] for at in stays)
    np.testing.assert_array_equal(reading.ids, expected)
    assert ((reading.ids == WORDS.unk) == [reading.fates[at] is RARE for at in stays]).all()
    assert reading.padding == (0 if length is None else length - len(stays))
    assert keeps_punctuation is False or UNREAD not in reading.fates


def test_tokens_are_read_as_the_text_they_come_from():
    one = read("A good film", WORDS, keeps_punctuation=False, length=2)
    other = read_tokens(["a", "good", "film"], WORDS, keeps_punctuation=False, length=2)
    assert one.fates == other.fates
    assert one.ids.tolist() == other.ids.tolist()
