"""What the labels of a visitor's reviews say: words, numbers or stars, and guesses beside them.

They come from anybody's file, as text; numbers are read together, since a 1 beside a 0 is for the
film, and against it beside 5 stars.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from core.errors import InputError

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
STARS = ("rating", "stars")  # of those, the ones that say what a 1 is: the worst
WORDS = LABELS | {"true": 1, "false": 0, "positive review": 1, "negative review": 0}
_NEITHER = frozenset({"neutral", "mixed", "none"})  # of a label
_STARS = re.compile(r"(?P<stars>\d+(?:[.,]\d+)?)(?:\s*(?:stars?|/\s*(?P<most>5|10)))?")
_SHOWN = 30  # characters of a wrong value that a sentence repeats


def sides_of(labels: Sequence[str], *, of_stars: bool = False) -> list[int | None] | None:
    """Tells which side each label takes: 1, 0, or None for neither; None if one is unknown.

    Numbers are read together: a 1 is for the film beside a 0, and against it beside 5 stars.
    """
    filled = [label.lower() for label in labels if label]
    numbers = {label: _number(label) for label in set(filled) if label not in WORDS}
    numbers |= {label: float(label) for label in ("0", "1") if label in filled}
    values = {value for value in numbers.values() if value is not None}
    scale = _scale(values, of_stars=of_stars)
    sides: list[int | None] = []
    for label in labels:
        low = label.lower()
        if not label or low in _NEITHER:
            sides.append(None)
        elif scale is not None and (number := numbers.get(low)) is not None:
            sides.append(scale.get(number))
        elif low in WORDS and low not in numbers:
            sides.append(WORDS[low])
        else:
            return None
    return sides


def _number(label: str) -> float | None:
    """Reads a number, perhaps of stars: 1, 1.0, 1,0, -1, "4 stars", "4/5"; None for others."""
    if label in ("-1", "-1.0"):
        return -1.0
    if label and not label.strip("*\u2605\u2b50"):
        return float(len(label))
    found = _STARS.fullmatch(label)
    return float(found["stars"].replace(",", ".")) if found else None


def _scale(values: set[float], *, of_stars: bool) -> Mapping[float, int | None] | None:
    """Tells what numbers mean, from all that occur: 0 and 1, -1 and 1, 0 and 4, 5 or 10 stars."""
    if of_stars and values and 1 <= min(values) and max(values) <= 3:
        return {value: 0 if value <= 2 else None for value in values}
    for scale in ({0.0: 0, 1.0: 1}, {-1.0: 0, 1.0: 1, 0.0: None}, {0.0: 0, 4.0: 1}):
        if values <= set(scale):
            return scale
    if not values or min(values) <= 0 or max(values) > 10 or max(values) < 4:
        return None  # 1 and 2 alone may be classes, and stars as well
    if max(values) <= 5:
        return {value: None if 2 < value < 4 else int(value >= 4) for value in values}
    return {value: None if 4 < value < 7 else int(value >= 7) for value in values}


def first_unknown(found: Sequence[tuple[int, str, str, str]]) -> tuple[int, str]:
    """Returns the row and the label to name where labels are not understood."""
    labels = [(number, label) for number, _, label, _ in found if label]
    alone = [(number, label) for number, label in labels if sides_of([label]) is None]
    if alone:
        return alone[0]
    kinds = Counter(label for _, label in labels)
    rarest = min(kinds, key=kinds.__getitem__)
    return next((number, label) for number, label in labels if label == rarest)


def guesses_of(fields: list[str], numbers: list[int]) -> np.ndarray | None:
    """Reads the visitor's own probabilities, f64[R]; None where no row has one.

    Args:
        fields: of the column, R of them.
        numbers: of the rows.

    Raises:
        InputError: some rows lack one, or it is no probability; names the row.
    """
    if not any(fields):
        return None
    if not all(fields):
        raise InputError(
            f"column mine is filled in some rows, but empty in row {numbers[fields.index('')]}; "
            "fill it in every row, or leave the column out"
        )
    values = [_guess(field, number) for field, number in zip(fields, numbers, strict=True)]
    return np.array(values, np.float64)


def _guess(field: str, number: int) -> float:
    known = LABELS.get(field.lower())
    if known is not None:
        return float(known)
    try:
        value = float(field.replace(",", "."))  # 0,7 as some countries' spreadsheets write it
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:  # nan is refused, too
        raise InputError(
            f"row {number}, column mine ({short(field)}), should be a probability from 0 to 1, "
            f"or one of {', '.join(LABELS)}"
        )
    return value


def short(value: str) -> str:
    """Returns a value on one line, cut where a sentence would drown in it."""
    line = " ".join(value.split())
    return line if len(line) <= _SHOWN else line[:_SHOWN] + "…"
