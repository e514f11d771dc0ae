"""A visitor's own labelled reviews: a small CSV read with care, and scored a few at a time.

The file comes from anybody, so nothing in it is trusted: it is text, never a formula or markup, and
every way to be unusable has a sentence of its own. Nothing here writes or logs any of it.
"""

import codecs
import csv
import dataclasses
import io
import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

import numpy as np

from core.errors import InputError
from core.sentiment.data import Texts, take
from core.sentiment.explore.labels import (
    LABELS,
    STARS,
    WORDS,
    first_unknown,
    guesses_of,
    short,
    sides_of,
)
from core.text_files import decode
from core.tokens import tokenize_typed
from core.typed_text import plain

if TYPE_CHECKING:
    from core.sentiment.explore import SentimentModel

ENDINGS = ("csv", "txt")
MAX_BYTES = 5 * 2**20
MAX_ROWS = 2_000
MAX_CHARACTERS = 20_000  # of one text: the longest of the data set's 100,000 has about 14,000
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
TEXT, LABEL, MINE = "text", "label", "mine"
ALSO_CALLED = {  # what other collections of reviews call the columns
    TEXT: ("review", "reviews", "review text", "comment", "content", "sentence", "body"),
    LABEL: ("sentiment", "labels", "class", "target", "polarity", "rating", "stars", "score"),
}
AT_ONCE = 100  # texts between two signs of progress; the slowest model needs about a second
_SEP_LINE = re.compile(r'\s*"?sep=(\\t|[^\r\n])"?[,;\t]*(?:\r\n?|\n|$)', re.IGNORECASE)
_EMPTY_TEXT, _EMPTY_LABEL, _IS_NEITHER = "no text", "no label", "a label that takes no side"


@dataclasses.dataclass(frozen=True, slots=True)
class Uploaded:
    """Somebody's labelled reviews.

    Attributes:
        texts: R reviews as they were written, without blanks at either end.
        labels: u8[R], 1 for a review that is for the film.
        mine: f64[R], what the visitor says of each, from 0 (against) to 1; None without a column.
        left_out: number of each row that was left out, and why, in order.
    """

    texts: tuple[str, ...]
    labels: np.ndarray
    mine: np.ndarray | None
    left_out: tuple[tuple[int, str], ...] = ()


def parse_labelled(data: bytes, name: str) -> Uploaded:
    """Reads reviews from a CSV with the columns text and label, and mine if there is one.

    Columns may have other usual names, as `ALSO_CALLED` lists them, in any case. Rows without any
    content are passed over; those without a text or a label, and those whose label takes no side,
    are left out and told. Labels are words of `LABELS`, true or false, numbers from 0 to 1 that are
    whole, or -1 and 1; or all of them are stars of 5 or 10, of which the middle takes no side.

    Args:
        data: the file, UTF-8, UTF-16 or Windows-1252; separated by commas, semicolons or tabs, with
            a header. A first line `sep=;`, as a spreadsheet writes it, is no row.
        name: of the file; its ending is checked, and messages name it.

    Raises:
        InputError: the file is unusable; says where and why in one sentence, and what to do. Rows
            are counted as a spreadsheet does: the header is row 1.
    """
    called = f"the file ({short(name)})"
    text = _decoded(data, called, name)
    text, separators = _without_sep_line(text, called)
    separator, at = _columns(text, called, separators)
    rows = _rows(text, separator)
    _, header = next(rows)
    found = []
    for number, row in rows:
        if len(found) == MAX_ROWS:
            raise InputError(
                f"{called} has more than {MAX_ROWS:,} reviews; keep at most so many, and upload "
                "the others afterwards"
            )
        if any(field.strip() for field in row[len(header) :]):
            raise InputError(
                f"row {number} has {len(row)} columns, but the header has {len(header)}; put a "
                f'text that holds a {SEPARATORS[separator]} in quotation marks: "…"'
            )
        row = row + [""] * (len(header) - len(row))
        fields = {column: plain(row[place]).strip() for column, place in at.items()}
        found.append((number, _text(row[at[TEXT]], number), fields[LABEL], fields.get(MINE, "")))
    if not found:
        raise InputError(f"{called} has a header but no review; write one review in each row")
    return _uploaded(found, called, of_stars=_column_name(header[at[LABEL]]) in STARS)


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
        # those of about one length together, for padding is scored as words are; the longest
        # first, so that the progress quickens
        self._order = np.argsort(-np.diff(self._texts.starts), kind="stable")
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
            parts.append(model.logits_of(take(self._texts, self._order[start:end])))
            yield end

    def logits(self, model: "SentimentModel") -> np.ndarray:
        """Returns a model's logits, f32[R]; scores what is still missing."""
        for _ in self.go_on(model):
            pass
        logits = np.empty(self.n_reviews, np.float32)
        logits[self._order] = np.concatenate(self._parts[model])
        return logits


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
    text = decode(data, called, remedy="save it as 'CSV UTF-8'", windows=True)
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


def _without_sep_line(text: str, called: str) -> tuple[str, Sequence[str]]:
    """Takes away a first line that names the separator; returns which ones come into question."""
    found = _SEP_LINE.match(text)
    if not found:
        return text, tuple(SEPARATORS)
    separator = "\t" if found[1] == "\\t" else found[1]
    if separator not in SEPARATORS:
        raise InputError(
            f"the first line of {called} names the separator {separator!r}; it should be one of "
            f"{', '.join(SEPARATORS.values())}"
        )
    rest = text[found.end() :]
    if not rest.strip():
        raise InputError(f"{called} is empty; its first row should be {TEXT}{separator}{LABEL}")
    return rest, (separator,)


def _columns(text: str, called: str, separators: Sequence[str]) -> tuple[str, dict[str, int]]:
    """Finds the separator under which the first line that has content is a header.

    Returns:
        The separator, and the place of each column that is known.
    """
    # split as csv does: other line breaks of Unicode are part of a field
    first = next(line for line in io.StringIO(text, newline="") if line.strip())
    headers = {}
    for separator in separators:
        try:
            (row,) = csv.reader([first], delimiter=separator, strict=True)
        except (csv.Error, ValueError):
            continue
        headers[separator] = row
        names = list(map(_column_name, row))
        at = {column: _place(column, names, called) for column in (TEXT, LABEL, MINE)}
        if at[TEXT] is not None and at[LABEL] is not None:
            return separator, {column: place for column, place in at.items() if place is not None}
    raise InputError(
        f"the first row ({short(first)}) of {called} should name the columns {TEXT} and {LABEL}, "
        f"and {MINE} if you like; {_what_to_rename(text, headers)}"
    )


def _column_name(field: str) -> str:
    """Returns a column's name as names are compared: small, plain, one blank between words."""
    return " ".join(plain(field).lower().replace("_", " ").replace("-", " ").split())


def _place(column: str, names: Sequence[str], called: str) -> int | None:
    """Returns the place of a column; None if it is not there."""
    for allowed in ((column,), ALSO_CALLED.get(column, ())):
        places = [place for place, name in enumerate(names) if name in allowed]
        if len(places) > 1 and len({names[place] for place in places}) == 1:
            raise InputError(
                f"{called} has {len(places)} columns named {names[places[0]]}; keep one of them"
            )
        if len(places) > 1:
            listed = " and ".join(names[place] for place in places)
            raise InputError(
                f"{called} has the columns {listed}; rename the one to be taken to {column}"
            )
        if places:
            return places[0]
    return None


def _what_to_rename(text: str, headers: dict[str, list[str]]) -> str:
    """Says what to do with a header whose names are others, judging by what the columns hold."""
    separator = max(headers, key=lambda each: len(headers[each]), default="")
    names = headers.get(separator, [])
    columns = _columns_below(text, separator, names) if len(names) > 1 else {}
    if not columns:
        return f"write {TEXT},{LABEL} above the reviews"
    known = list(map(_column_name, names))
    length = {place: sum(map(len, fields)) for place, fields in columns.items()}
    longest = known.index(TEXT) if TEXT in known else max(length, key=length.__getitem__)
    labels = [
        place
        for place, fields in columns.items()
        if place != longest and sides_of([plain(field) for field in fields]) is not None
    ]
    said = []
    if TEXT not in known:
        said.append(f"rename column {short(names[longest].strip())} to {TEXT}")
    if LABEL not in known:
        said.append(
            f"rename column {short(names[labels[0]].strip())} to {LABEL}"
            if labels
            else f"add a column {LABEL}, one of {', '.join(LABELS)}"
        )
    return ", and ".join(said)


def _columns_below(text: str, separator: str, names: Sequence[str]) -> dict[int, list[str]]:
    """Returns what the first rows hold in each named column, but for label and mine.

    Nothing where there are no rows, or where the header itself seems to be one.
    """
    try:
        rows = [row for _, row in itertools.islice(_rows(text, separator), 1, 50)]
    except InputError:
        return {}
    if not rows or any(plain(name).strip().lower() in WORDS for name in names):
        return {}
    return {
        place: [row[place].strip() for row in rows if place < len(row)]
        for place, name in enumerate(names)
        if name.strip() and _column_name(name) not in (LABEL, MINE)
    }


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
    if len(text) > MAX_CHARACTERS:
        raise InputError(
            f"row {number}, column {TEXT}, has {len(text):,} characters, the most are "
            f"{MAX_CHARACTERS:,}; cut it, or delete the row"
        )
    return text if plain(text).strip() else ""


def _uploaded(
    found: Sequence[tuple[int, str, str, str]], called: str, *, of_stars: bool
) -> Uploaded:
    """Reads the labels of rows: number, text, label and mine; leaves out those that lack one."""
    written_labels = [label for _, _, label, _ in found]
    sides = sides_of(written_labels, of_stars=of_stars)
    if sides is None:
        number, label = first_unknown(found)
        raise InputError(
            f"row {number}, column {LABEL} ({short(label)}), should be one of {', '.join(LABELS)}"
        )
    kept, left_out = [], []
    for (number, text, label, mine), side in zip(found, sides, strict=True):
        why = _EMPTY_TEXT if not text else _EMPTY_LABEL if not label else _IS_NEITHER
        if text and side is not None:
            kept.append((text, side, mine, number))
        else:
            left_out.append((number, why))
    if not kept:
        number, why = left_out[0]
        raise InputError(
            f"{called} has no review with a text and a label: row {number} has {why}; write both "
            "in each row"
        )
    texts, labels, mine, numbers = zip(*kept, strict=True)
    return Uploaded(
        texts, np.array(labels, np.uint8), guesses_of(list(mine), list(numbers)), tuple(left_out)
    )
