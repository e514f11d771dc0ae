"""A visitor's own labelled reviews: a small CSV read with care, and scored a few at a time.

The file comes from anybody, so nothing in it is trusted: it is text, never a formula or markup, and
every way to be unusable has a sentence of its own. Nothing here writes or logs any of it.
"""

import codecs
import csv
import dataclasses
import io
import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

import numpy as np

from core.errors import InputError
from core.sentiment.data import Texts, take
from core.tokens import tokenize_typed

if TYPE_CHECKING:
    from core.sentiment.explorer import SentimentModel

ENDINGS = ("csv", "txt")
MAX_BYTES = 5 * 2**20
MAX_ROWS = 2_000
MAX_CHARACTERS = 20_000  # of one text: the longest of the data set's 100,000 has about 14,000
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
TEXT, LABEL, MINE = "text", "label", "mine"
LABELS = {
    "1": 1,
    "0": 0,
    "pos": 1,
    "neg": 0,
    "positive": 1,
    "negative": 0,
    "for": 1,
    "against": 0,
}
AT_ONCE = 100  # texts between two signs of progress; the slowest model needs about a second
_SHOWN = 30  # characters of a wrong value that a sentence repeats


@dataclasses.dataclass(frozen=True, slots=True)
class Uploaded:
    """Somebody's labelled reviews.

    Attributes:
        texts: R reviews as they were written, without blanks at either end.
        labels: u8[R], 1 for a review that is for the film.
        mine: f64[R], what the visitor says of each, from 0 (against) to 1; None without a column.
    """

    texts: tuple[str, ...]
    labels: np.ndarray
    mine: np.ndarray | None


def parse_labelled(data: bytes, name: str) -> Uploaded:
    """Reads reviews from a CSV with the columns text and label, and mine if there is one.

    Args:
        data: the file, UTF-8 with or without a byte order mark; separated by commas, semicolons or
            tabs, with a header. Rows without any content are passed over.
        name: of the file; its ending is checked, and messages name it.

    Raises:
        InputError: the file is unusable; says where and why in one sentence, and what to do. Rows
            are counted as a spreadsheet does: the header is row 1.
    """
    called = f"the file ({_short(name)})"
    text = _decoded(data, called, name)
    separator = _separator(text, called)
    rows = _rows(text, separator)
    _, header = next(rows)
    names = [column.strip().lower() for column in header]
    at = {column: names.index(column) for column in (TEXT, LABEL, MINE) if column in names}
    texts, labels, mine, numbers = [], [], [], []
    for number, row in rows:
        if len(texts) == MAX_ROWS:
            raise InputError(
                f"{called} has more than {MAX_ROWS:,} reviews; keep at most so many, and upload "
                "the others afterwards"
            )
        if any(field.strip() for field in row[len(names) :]):
            raise InputError(
                f"row {number} has {len(row)} columns, but the header has {len(names)}; put a text "
                f'that holds a {SEPARATORS[separator]} in quotation marks: "…"'
            )
        row = row + [""] * (len(names) - len(row))
        texts.append(_text(row[at[TEXT]], number))
        labels.append(_label(row[at[LABEL]], number))
        mine.append(row[at[MINE]].strip() if MINE in at else "")
        numbers.append(number)
    if not texts:
        raise InputError(f"{called} has a header but no review; write one review in each row")
    return Uploaded(tuple(texts), np.array(labels, np.uint8), _all_mine(mine, numbers))


def texts_of(uploaded: Uploaded) -> Texts:
    """Tokenises reviews, as `SentimentModel.logits_of` takes them."""
    ids: defaultdict[str, int] = defaultdict()
    ids.default_factory = ids.__len__
    tokens, starts = [], [0]
    for text in uploaded.texts:
        tokens += map(ids.__getitem__, tokenize_typed(text))
        starts.append(len(tokens))
    return Texts(
        np.array(tokens, np.int32),
        np.array(starts, np.int64),
        tuple(ids),
        uploaded.labels.astype(np.float32),
        np.arange(len(uploaded.texts), dtype=np.int32),
    )


class Scoring:
    """Reviews on their way through the models, a part at a time.

    What is known stays, so a scoring that was cut short goes on where it ended.

    Args:
        uploaded: R reviews.
        at_once: reviews of a part, at least 1; the last part may be smaller.
    """

    def __init__(self, uploaded: Uploaded, *, at_once: int = AT_ONCE) -> None:
        self.uploaded = uploaded
        self._texts = texts_of(uploaded)
        self._at_once = at_once
        self._parts: dict[SentimentModel, list[np.ndarray]] = {}

    @property
    def n_reviews(self) -> int:
        """Number of reviews R."""
        return self._texts.n_texts

    def go_on(self, model: "SentimentModel") -> Iterator[int]:
        """Scores with one model, from where it stands, and yields how many reviews it has done."""
        parts = self._parts.setdefault(model, [])
        for start in range(len(parts) * self._at_once, self.n_reviews, self._at_once):
            end = min(start + self._at_once, self.n_reviews)
            parts.append(model.logits_of(take(self._texts, np.arange(start, end))))
            yield end

    def logits(self, model: "SentimentModel") -> np.ndarray:
        """Returns a model's logits, f32[R]; scores what is still missing."""
        for _ in self.go_on(model):
            pass
        return np.concatenate(self._parts[model])


def written(rows: Sequence[tuple[str, str, str]]) -> bytes:
    """Writes text, label and mine of some reviews as a CSV that a spreadsheet opens rightly."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow((TEXT, LABEL, MINE))
    writer.writerows(rows)
    return codecs.BOM_UTF8 + out.getvalue().encode("utf-8")


def _decoded(data: bytes, called: str, name: str) -> str:
    ending = PurePath(name).suffix.removeprefix(".").lower()
    if ending not in ENDINGS:
        raise InputError(f"{called} should end in .{' or .'.join(ENDINGS)}; save it as CSV")
    if len(data) > MAX_BYTES:
        raise InputError(
            f"{called} has {len(data) / 2**20:.1f} MB, the most are {MAX_BYTES // 2**20} MB; leave "
            "out some rows"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{called} is not UTF-8 text (in line {line:,}); save it as 'CSV UTF-8'"
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(
            f"{called} holds a NUL character (in line {line:,}), so it is no text; save it as "
            "'CSV UTF-8'"
        )
    if not text.strip():
        raise InputError(f"{called} is empty; its first row should be {TEXT},{LABEL}")
    return text


def _rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yields number and fields of every row with content, the header first."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    for number in itertools.count(1):
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(_broken(str(error), number, SEPARATORS[separator])) from None
        if any(field.strip() for field in row):
            yield number, row


def _separator(text: str, called: str) -> str:
    """Finds the separator under which the first line that has content is a header."""
    # split as csv does: other line breaks of Unicode are part of a field
    first = next(line for line in io.StringIO(text, newline="") if line.strip())
    for separator in SEPARATORS:
        try:
            (row,) = csv.reader([first], delimiter=separator, strict=True)
        except (csv.Error, ValueError):
            continue
        names = [column.strip().lower() for column in row]
        if TEXT in names and LABEL in names:
            for name in (TEXT, LABEL, MINE):
                if names.count(name) > 1:
                    raise InputError(
                        f"{called} has {names.count(name)} columns named {name}; keep one of them"
                    )
            return separator
    raise InputError(
        f"the first row ({_short(first)}) of {called} should name the columns {TEXT} and {LABEL}, "
        f"and {MINE} if you like; write {TEXT},{LABEL} above the reviews"
    )


def _broken(problem: str, number: int, separator: str) -> str:
    if "field limit" in problem:
        return (
            f"row {number} has a field of more than {csv.field_size_limit():,} characters; is a "
            "quotation mark left open?"
        )
    return (
        f"row {number} cannot be read, its quotation marks do not match; close each one in front "
        f'of a {separator} or the end of the row, and double those inside a text: ""'
    )


def _text(field: str, number: int) -> str:
    text = field.strip()
    if not text:
        raise InputError(
            f"row {number}, column {TEXT}, is empty; write the review there, or delete the row"
        )
    if len(text) > MAX_CHARACTERS:
        raise InputError(
            f"row {number}, column {TEXT}, has {len(text):,} characters, the most are "
            f"{MAX_CHARACTERS:,}; cut it, or delete the row"
        )
    return text


def _label(field: str, number: int) -> int:
    known = LABELS.get(field.strip().lower())
    if known is None:
        raise InputError(
            f"row {number}, column {LABEL} ({_short(field.strip()) or 'empty'}), should be one of "
            f"{', '.join(LABELS)}"
        )
    return known


def _all_mine(fields: list[str], numbers: list[int]) -> np.ndarray | None:
    if not any(fields):
        return None
    if not all(fields):
        raise InputError(
            f"column {MINE} is filled in some rows, but empty in row {numbers[fields.index('')]}; "
            "fill it in every row, or leave the column out"
        )
    values = [_mine(field, number) for field, number in zip(fields, numbers, strict=True)]
    return np.array(values, np.float64)


def _mine(field: str, number: int) -> float:
    known = LABELS.get(field.lower())
    if known is not None:
        return float(known)
    try:
        value = float(field.replace(",", "."))  # 0,7 as some countries' spreadsheets write it
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:  # nan is refused, too
        raise InputError(
            f"row {number}, column {MINE} ({_short(field)}), should be a probability from 0 to 1, "
            f"or one of {', '.join(LABELS)}"
        )
    return value


def _short(value: str) -> str:
    """Returns a value on one line, cut where a sentence would drown in it."""
    line = " ".join(value.split())
    return line if len(line) <= _SHOWN else line[:_SHOWN] + "…"
