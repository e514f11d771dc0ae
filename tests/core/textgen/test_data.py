import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.datasets.registry import lookup
from core.datasets.store import LocalData
from core.errors import DataError
from core.textgen.data import Alphabet, make_corpus, read_corpus

PLAIN = Alphabet(tuple(sorted(" \"'-.abcdefghijklmnopqrstuvwxyz")))


def test_a_text_is_split_at_its_end():
    corpus = make_corpus("abracadabra" * 20)
    assert corpus.alphabet.chars == ("a", "b", "c", "d", "r")
    parts = corpus.train, corpus.validation, corpus.held_out
    assert [len(part) for part in parts] == [187, 11, 22]
    assert corpus.alphabet.decode(np.concatenate(parts)) == corpus.text


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("God is dead.", "god is dead."),
        ("Übermensch é Ā", "ubermensch e a"),
        ("“don’t”—no…", '"don\'t"--no...'),
        ("a\tb🙂c\x00d", "a b c d"),
        ("it’s ﬁne ½", "it's fine  "),
        ("", ""),
    ],
)
def test_unknown_characters_are_read_as_near_ones(text, read):
    reading = PLAIN.read(text)
    assert reading.text == read
    np.testing.assert_array_equal(reading.ids, PLAIN.encode(read))
    assert set(reading.replaced) == {char for char in text if char not in PLAIN.ids}


@pytest.mark.parametrize(
    ("text", "read", "replaced"),
    [
        ("one\r\ntwo\rthree\u2028", "one two three ", {"\n": " "}),
        ("\ufeffsoft\u00adhy\u200bphen", "softhyphen", {}),
        ("cafe\u0301", "cafe", {"é": "e"}),
        ("x\u0302", "x", {"\u0302": ""}),
        ("don&#39;t &amp;quot;", "don't \"", {}),
        ("a\udce9b", "a b", {"\ufffd": " "}),
    ],
)
def test_a_text_is_tidied_before_it_is_read(text, read, replaced):
    reading = PLAIN.read(text)
    assert (reading.text, reading.replaced) == (read, replaced)


def test_a_model_keeps_the_signs_that_it_knows():
    alphabet = Alphabet(("\r", " ", "a", "\u00ad", "’"))
    assert alphabet.read("a\r\u00ad’ '").text == "a\r\u00ad’  "
    assert alphabet.read("a\r\n").text == "a "


def test_without_a_space_the_unknown_is_not_read_at_all():
    reading = Alphabet(("a", "b")).read("a!b")
    assert (reading.text, reading.replaced) == ("ab", {"!": ""})


@given(st.text())
def test_any_text_can_be_read(text):
    reading = PLAIN.read(text)
    assert PLAIN.decode(reading.ids) == reading.text
    assert PLAIN.read(reading.text).replaced == {}


def local(tmp_path, content):
    path = tmp_path / "text.txt"
    path.write_bytes(content)
    return LocalData(lookup("nietzsche"), path, "0" * 64, str(tmp_path))


def test_a_file_is_read_with_or_without_capitals(tmp_path):
    file = local(tmp_path, "One\r\ntwo ä".encode())
    assert read_corpus(file, lower=False).text == "One\ntwo ä"
    assert read_corpus(file, lower=True).text == "one\ntwo ä"


@pytest.mark.parametrize(("content", "problem"), [(b"\xff\xfe", "UTF-8"), (b" \n", "empty")])
def test_what_is_no_text_is_refused(tmp_path, content, problem):
    with pytest.raises(DataError, match=problem):
        read_corpus(local(tmp_path, content), lower=True)
