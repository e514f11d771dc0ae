"""GloVe's text: a word and its numbers a line, 400,000 lines in seconds, anything odd refused.

Single blanks stand between (Pennington, Socher and Manning 2014,
https://aclanthology.org/D14-1162/). The fast way through a group of lines only tells whether all is
well; which line is wrong, and how, is found by a second look that only a bad file pays for.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from core.datasets.archives import member_names, open_member
from core.datasets.registry import get_command, lookup
from core.errors import DataError, InputError

SIZES = (50, 100, 200, 300)
DATA_SET = "glove-6b"

_CHUNK_BYTES = 4 << 20
_MAX_LINE_BYTES = 1 << 16  # a line of 300 numbers has about 3,000
_IN_NUMBERS = b"0123456789+-.eE "


def read_glove(path: Path, *, n_dims: int = 50) -> tuple[list[str], np.ndarray]:
    """Reads the words and vectors of one size.

    Args:
        path: glove.6B.zip with the member glove.6B.{n_dims}d.txt, or such a text by itself, of any
            number of lines.
        n_dims: one of `SIZES`.

    Returns:
        V words as they stand in the file, and f32[V, n_dims].

    Raises:
        InputError: `n_dims` is none of `SIZES`.
        DataError: the file is missing, cut or of another form; names file, line, what was found
            and what was expected.
    """
    words, blocks = [], []
    for names, block in text_blocks(path, n_dims):
        words += names
        blocks.append(block)
    return words, np.concatenate(blocks)


def text_blocks(path: Path, n_dims: int) -> Iterator[tuple[list[str], np.ndarray]]:
    """Reads the file in parts: some words, and f32[words, n_dims]; errors as in `read_glove`."""
    check_size(n_dims)
    seen: set[str] = set()
    with _open_text(path, n_dims) as (stream, where):
        for lines in _line_groups(stream, where, path):
            block = _parse(lines, n_dims)
            if block is None:
                raise _line_error(lines, len(seen), n_dims, where, path)
            fresh = set(block[0])
            if len(fresh) < len(lines) or not seen.isdisjoint(fresh):
                raise _twice_error(block[0], seen, where, path)
            seen |= fresh
            yield block
    if not seen:
        raise DataError(f"{where} is empty; {_remedy(path)}")


def check_size(n_dims: int) -> None:
    """Raises InputError unless GloVe comes in so many dimensions."""
    if n_dims not in SIZES:
        raise InputError(f"n_dims ({n_dims}) should be one of {', '.join(map(str, SIZES))}")


@contextmanager
def _open_text(path: Path, n_dims: int) -> Iterator[tuple[BinaryIO, str]]:
    """Opens the text, in a zip or by itself; also says what to call it."""
    try:
        raw = path.open("rb")
    except OSError as error:
        raise _unreadable(path, error) from error
    with raw:
        try:
            is_zip = raw.read(2) == b"PK"
            raw.seek(0)
        except OSError as error:
            raise _unreadable(path, error) from error
        if not is_zip:
            yield raw, str(path)
            return
    names = member_names(path)
    sizes = {
        size: name
        for size in SIZES
        for name in names
        if name.rpartition("/")[2] == f"glove.6B.{size}d.txt"
    }
    if n_dims not in sizes:
        held = ", ".join(map(str, sizes))
        found = f"holds vectors of {held} dimensions only" if held else "holds no GloVe vectors"
        remedy = f"ask for {held.replace(', ', ' or ')}, or " if held else ""
        raise DataError(
            f"{path} {found}, so not the member glove.6B.{n_dims}d.txt; {remedy}{_remedy(path)}"
        )
    with open_member(path, sizes[n_dims]) as stream:
        yield stream, f"{path}, member {sizes[n_dims]}"


def _line_groups(stream: BinaryIO, where: str, path: Path) -> Iterator[list[bytes]]:
    """Cuts the text into groups of whole lines, without their ends."""
    n_lines, rest = 0, b""
    while True:
        try:
            piece = stream.read(_CHUNK_BYTES)
        except OSError as error:
            raise _unreadable(path, error) from error
        if not piece:
            break
        whole, end, rest = (rest + piece).rpartition(b"\n")
        if end:
            lines = whole.split(b"\n")
            if b"\r" in whole:
                lines = [line.removesuffix(b"\r") for line in lines]
            n_lines += len(lines)
            yield lines
        if len(rest) > _MAX_LINE_BYTES:
            raise DataError(
                f"{where}, line {n_lines + 1}: found more than {_MAX_LINE_BYTES:,} bytes without "
                f"an end of line, expected a word and its numbers; {_remedy(path)}"
            )
    if rest:
        raise DataError(
            f"{where}, line {n_lines + 1}: found the end of the file in the middle of a line, "
            "expected an end of line after the last number (the file was cut, or its last line is "
            f"not ended); {_remedy(path)}"
        )


def _parse(lines: list[bytes], n_dims: int) -> tuple[list[str], np.ndarray] | None:
    """Words and numbers of whole lines; None where a line has anything wrong with it."""
    words, numbers = [], []
    for line in lines:
        if line.count(b" ") == n_dims:
            word, _, rest = line.partition(b" ")
        else:  # too few blanks, or a word that has blanks in it
            word, rest = _take_apart(line, n_dims)
        words.append(word)
        numbers.append(rest)
    text = b"\n".join(numbers)
    # The parser below is fast and strict about numbers, but takes "nan", quotes and comments
    if not all(words) or text.translate(None, _IN_NUMBERS + b"\n"):
        return None
    try:
        names = b"\n".join(words).decode().split("\n")
        with np.errstate(over="ignore"):  # 1e39 becomes infinite, and is refused below
            table = pd.read_csv(
                io.BytesIO(text),
                sep=" ",
                header=None,
                dtype=np.float32,
                na_filter=False,
                skip_blank_lines=False,
            )
    except ValueError:  # also UnicodeDecodeError and pandas' ParserError
        return None
    block = np.ascontiguousarray(table.to_numpy(np.float32))
    if block.shape != (len(lines), n_dims) or not np.isfinite(block).all():
        return None
    return names, block


def _take_apart(line: bytes, n_dims: int) -> tuple[bytes, bytes]:
    """Word and numbers of a line that may have blanks in its word; both empty if it cannot be."""
    word, *numbers = line.rsplit(b" ", n_dims)
    if len(numbers) < n_dims or _is_number(word.rpartition(b" ")[2]):
        return b"", b""  # a number before the numbers: one column too many
    return word, line[len(word) + 1 :]


def _is_number(field: bytes) -> bool:
    if field.translate(None, _IN_NUMBERS):
        return False
    try:
        return bool(np.isfinite(float(field)))
    except ValueError:
        return False


def _line_error(
    lines: list[bytes], n_before: int, n_dims: int, where: str, path: Path
) -> DataError:
    """What is wrong with the first bad line among these."""
    place, line = next(
        (place, line) for place, line in enumerate(lines) if _parse([line], n_dims) is None
    )
    fields = line.split(b" ")
    n_numbers = 0
    for field in reversed(fields[1:]):
        if not _is_number(field):
            break
        n_numbers += 1
    remedy = _remedy(path)
    try:
        line.decode()
        wrong = next((field for field in fields[-n_dims:] if not _is_number(field)), None)
        if len(fields) == 2 and all(field.isdigit() for field in fields):
            found = f"{_quoted(line)}, the header of word2vec's format"
            remedy = f"remove this line, or {remedy}"
        elif len(fields) == 1:
            found = _quoted(line) if line else "an empty line"
        elif n_numbers == len(fields) - 1 != n_dims:
            found = f"a word and {n_numbers} numbers"
            if n_numbers in SIZES:
                remedy = f"ask for n_dims {n_numbers}, or {remedy}"
        elif len(fields) <= n_dims:
            found = f"{len(fields)} fields"
        elif wrong is not None:
            found = f"{_quoted(wrong)} instead of a number"
        elif n_numbers > n_dims:
            found = f"{n_numbers} numbers"
        elif not fields[0]:
            found = "no word"
        else:
            found = "a number too large for 32 bits"
    except UnicodeDecodeError:
        found = "bytes that are not UTF-8"
    return DataError(
        f"{where}, line {n_before + place + 1}: found {found}, expected a word and {n_dims} finite "
        f"numbers with single blanks between; {remedy}"
    )


def _twice_error(words: list[str], seen: set[str], where: str, path: Path) -> DataError:
    """Which line holds a word that an earlier one has."""
    earlier, place = set(seen), 0
    while words[place] not in earlier:
        earlier.add(words[place])
        place += 1
    return DataError(
        f"{where}, line {len(seen) + place + 1}: found the word "
        f"{_quoted(words[place].encode())} for the second time, expected each word once; "
        f"{_remedy(path)}"
    )


def _quoted(field: bytes) -> str:
    text = repr(field[:40].decode(errors="replace"))
    return text if len(field) <= 40 else f"{text}..."


def _unreadable(path: Path, error: OSError) -> DataError:
    reason = (error.strerror or str(error)).lower()
    return DataError(f"cannot read {path} ({reason}); {_remedy(path)}")


def _remedy(path: Path) -> str:
    dataset = lookup(DATA_SET)
    if path.name == dataset.filename:
        return f"delete it and run: {get_command(dataset)}"
    return "replace it by a whole copy"
