"""Text files in the encodings that people's programs write."""

import codecs
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.text_files import decode, read_lines

TEXT = "A delightful, moving film.\nIt isn’t naïve.\n"
FORMS = {
    "UTF-8": TEXT.encode(),
    "UTF-8 with a mark": codecs.BOM_UTF8 + TEXT.encode(),
    "UTF-8 with two": codecs.BOM_UTF8 * 2 + TEXT.encode(),
    "UTF-16 with a mark": TEXT.encode("utf-16"),
    "UTF-16 LE": TEXT.encode("utf-16-le"),
    "UTF-16 BE": TEXT.encode("utf-16-be"),
    "UTF-16 BE with a mark": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "UTF-32": TEXT.encode("utf-32"),
}
CYRILLIC = "Очень хороший фильм.\nСмотреть всем!\n"


def lines(content: bytes, most: int = 100) -> list[str]:
    return list(read_lines(io.BytesIO(content), "FILE", most=most))


@pytest.mark.parametrize("form", FORMS)
def test_a_text_is_the_same_in_every_encoding(form):
    assert decode(FORMS[form], "FILE", remedy="") == TEXT
    assert lines(FORMS[form]) == TEXT.splitlines()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_other_alphabets(encoding):
    assert decode(CYRILLIC.encode(encoding), "FILE", remedy="") == CYRILLIC


@pytest.mark.parametrize(
    "content", [b"abc\0", b"abc\0def\0", b"\0", b"\0\0", b"The man who\0 lives", b"x\0\ny"]
)
def test_a_zero_byte_among_letters_is_no_text(content):
    with pytest.raises(InputError, match=r"FILE holds a NUL character \(in line 1\).*repair it"):
        decode(content, "FILE", remedy="repair it")
    with pytest.raises(InputError, match="line 1 of FILE holds a NUL character"):
        lines(content)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"one\ntwo\nna\xefve", 3),
        (b"\xe9\n", 1),
        (b"a\rb\r\n\xff", 3),
        ("é".encode() + b"\n\xe9", 2),
    ],
)
def test_what_is_no_utf_8_is_refused_with_its_line(content, line):
    with pytest.raises(InputError, match=rf"FILE is not UTF-8 text \(in line {line}\); save it"):
        decode(content, "FILE", remedy="save it")
    with pytest.raises(InputError, match=f"line {line} of FILE should be UTF-8 text"):
        lines(content)


def test_broken_utf_16_is_called_so():
    with pytest.raises(InputError, match=r"not UTF-16 text \(in line 2\)"):
        decode(codecs.BOM_UTF16_LE + "a\nb".encode("utf-16-le") + b"\0", "FILE", remedy="")


def test_windows_1252_is_read_where_it_is_asked_for_and_plain():
    text = "It isn’t “naïve” – not at all, and the café is €5."
    assert decode(text.encode("cp1252"), "FILE", remedy="", windows=True) == text
    for foreign in (
        CYRILLIC.encode("cp1251"),
        "とても良い映画".encode("shift-jis"),
        "naïve".encode() + b" caf\xe9",  # UTF-8 that was damaged
        b"PK\x03\x04\xe9",
        b"caf\x81",  # no sign of Windows-1252
    ):
        with pytest.raises(InputError, match="not UTF-8"):
            decode(foreign, "FILE", remedy="", windows=True)


def test_lines_end_in_every_way_and_a_lone_line_separator_ends_none():
    assert lines(b"a\nb\r\nc\rd\n\n\re") == ["a", "b", "c", "d", "", "", "e"]
    assert lines("a\u2028b\x85c\x0cd".encode()) == ["a\u2028b\x85c\x0cd"]
    assert lines(b"") == []


class _Slow(io.BytesIO):
    """A pipe that gives a byte at a time."""

    def read1(self, size: int = -1) -> bytes:
        return super().read1(1)


@pytest.mark.parametrize("form", FORMS)
def test_lines_come_out_right_however_they_arrive(form):
    found = read_lines(_Slow(FORMS[form]), "FILE", most=100)
    assert list(found) == TEXT.splitlines()
    assert list(read_lines(_Slow(b"a\r\nb\rc"), "FILE", most=9)) == ["a", "b", "c"]


def test_a_line_comes_before_the_next_one_is_there():
    class Pipe(io.BytesIO):
        chunks = [b"first\n", b"second\n", b"\xff\n"]

        def read1(self, size: int = -1) -> bytes:
            return self.chunks.pop(0) if self.chunks else b""

    found = read_lines(Pipe(), "FILE", most=100)
    assert next(found) == "first"
    assert Pipe.chunks == [b"second\n", b"\xff\n"]
    assert next(found) == "second"
    with pytest.raises(InputError, match="line 3"):
        next(found)


def test_a_line_that_is_too_long_is_refused_before_all_of_it_is_read():
    with pytest.raises(InputError, match="line 2 of FILE should have at most 5 characters"):
        lines(b"short\nlonger", most=5)


@given(st.text(), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_any_text_is_read_back_or_refused(text, encoding):
    try:
        content = text.encode(encoding)
    except UnicodeEncodeError:
        return
    try:
        assert decode(content, "FILE", remedy="") == text.lstrip("\ufeff")
    except InputError:
        assert "\0" in text or not content.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16))


@given(st.binary(max_size=60))
def test_nothing_but_a_sentence_comes_of_any_bytes(content):
    for read in (
        lambda: decode(content, "FILE", remedy="", windows=True),
        lambda: lines(content),
    ):
        try:
            read()
        except InputError as error:
            assert "\n" not in str(error)
