"""Text files as people's programs save them, decoded: UTF-8, UTF-16, and Windows-1252 on request.

What cannot be told for certain is refused with the reason, never guessed: a file that is read
wrongly gives an answer that looks right.
"""

import codecs
import re
from collections.abc import Iterator
from typing import Protocol

from core.errors import InputError

_BOMS = (  # the longer ones first: UTF-32's begins with UTF-16's
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ALPHABETS = frozenset((*range(0x07), 0x1E, 0x1F, 0x20))  # high bytes of alphabets and signs
_MOST_SNIFFED = 4096  # bytes that tell the encoding
_CHUNK = 1 << 16
_UTF8_SIGN = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_LINE_END = re.compile(r"\r\n?|\n")
_MOST_FOREIGN = 0.3  # of the letters: more, and a text in Windows-1252 is one in another code page


class Chunked(Protocol):
    """A stream of bytes that gives what there is, as `io.BufferedReader` and `io.BytesIO`."""

    def read1(self, size: int, /) -> bytes:
        """Returns at most `size` bytes; none at the end."""
        ...


def decode(content: bytes, called: str, *, remedy: str, windows: bool = False) -> str:
    """Decodes a text file.

    Args:
        content: all of it, with byte order marks or without.
        called: how a message calls it.
        remedy: what to do with a file that is no UTF-8.
        windows: whether Windows-1252, a spreadsheet's old default, is read if it seems to be that.

    Raises:
        InputError: it is no text in these encodings, or holds a NUL; says in which line.
    """
    encoding = encoding_of(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        if windows and encoding == "utf-8" and _seems_windows(content):
            text = content.decode("cp1252")
        else:
            line = _line_of(content[: error.start].decode(encoding, "replace"))
            raise InputError(
                f"{called} is not {_name_of(encoding)} text (in line {line:,}); {remedy}"
            ) from None
    if "\0" in text:
        line = _line_of(text[: text.index("\0")])
        raise InputError(
            f"{called} holds a NUL character (in line {line:,}), so it is no text; {remedy}"
        )
    return text.lstrip("\ufeff")


def read_lines(stream: Chunked, called: str, *, most: int) -> Iterator[str]:
    r"""Yields the lines of a text as they come, without their ends: "\n", "\r\n" or "\r".

    Args:
        stream: of bytes, UTF-8 or UTF-16.
        called: how a message calls it.
        most: characters of a line.

    Raises:
        InputError: a line is too long, holds a NUL, or is no text; the lines before it were
            yielded.
    """
    head = b""
    while len(head) < _MOST_SNIFFED and b"\n" not in head and (more := stream.read1(_CHUNK)):
        head += more
    encoding = encoding_of(head)
    decoder = codecs.getincrementaldecoder(encoding)()
    number, rest, chunk, problem = 1, "", head, ""
    while True:
        try:
            rest += decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            rest += error.object[: error.start].decode(encoding)
            problem = error.reason
        if number == 1:
            rest = rest.lstrip("\ufeff")
        *lines, rest = _split(rest, is_end=not chunk or bool(problem))
        for line in lines:
            yield _checked(line, number, called, most)
            number += 1
        if problem:
            raise InputError(
                f"line {number} of {called} should be {_name_of(encoding)} text ({problem}); save "
                "it as UTF-8"
            )
        _checked(rest, number, called, most)
        if not chunk:
            break
        chunk = stream.read1(_CHUNK)
    if rest:
        yield rest


def encoding_of(content: bytes) -> str:
    """Tells UTF-8, UTF-16 and UTF-32 apart by a byte order mark, or by where zero bytes stand.

    Args:
        content: a text file, or its beginning.
    """
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return encoding
    head = content[: _MOST_SNIFFED - _MOST_SNIFFED % 2]
    first, second = head[0::2], head[1::2]
    for high, low, encoding in ((second, first, "utf-16-le"), (first, second, "utf-16-be")):
        known = sum(byte in _ALPHABETS for byte in high)
        if len(head) > 1 and 0 in high and 0 not in low and known >= 0.95 * len(high):
            return encoding
    return "utf-8"


def _seems_windows(content: bytes) -> bool:
    """Whether bytes that are no UTF-8 are a text in Windows-1252, as far as can be told."""
    if _CONTROLS.search(content) or _UTF8_SIGN.search(content):
        return False
    n_foreign = sum(byte >= 0x80 for byte in content)
    n_letters = sum(chr(byte).isalpha() for byte in content if byte < 0x80)
    try:
        content.decode("cp1252")
    except UnicodeDecodeError:
        return False
    return n_foreign <= _MOST_FOREIGN * (n_foreign + n_letters)


def _split(text: str, *, is_end: bool) -> list[str]:
    """Splits at line ends; the last piece is what is not yet ended."""
    if text.endswith("\r") and not is_end:  # a line feed may follow
        *lines, _ = _LINE_END.split(text[:-1] + "\n")
        return [*lines[:-1], lines[-1] + "\r"]
    return _LINE_END.split(text)


def _checked(line: str, number: int, called: str, most: int) -> str:
    if len(line) > most:
        raise InputError(f"line {number} of {called} should have at most {most:,} characters")
    if "\0" in line:
        raise InputError(
            f"line {number} of {called} holds a NUL character, so it is no text; save it as UTF-8"
        )
    return line


def _name_of(encoding: str) -> str:
    """Returns an encoding's name as people know it, whatever its byte order."""
    return encoding.upper().removesuffix("-LE").removesuffix("-BE")


def _line_of(text: str) -> int:
    return len(_LINE_END.findall(text)) + 1
