"""What a control's value looks like in a link, and which values it allows.

Streamlit parses bound parameters itself and drops what it cannot use without a word. These rules
say the same in words, so that a page can name the parameter, the value and what would have been
allowed.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from core.errors import InputError

SHOWN_OPTIONS = 6  # options that a sentence lists before it only counts them
SHOWN_CHARACTERS = 40  # of a value that a link gave


class Rule(Protocol):
    """Reads and writes one control's value; `allowed` completes 'it must be ...'."""

    @property
    def allowed(self) -> str:
        """Says which values are allowed."""
        ...

    def read(self, raw: Sequence[str]) -> Any:
        """Returns the value; raises ValueError if the texts are none."""

    def write(self, value: Any) -> list[str]:
        """Returns the texts, one for each repetition of the parameter."""
        ...


class Number(NamedTuple):
    """A number between bounds; `whole` numbers come back as int."""

    low: float
    high: float
    whole: bool

    @property
    def allowed(self) -> str:
        """Says which values are allowed."""
        kind = "a whole number" if self.whole else "a number"
        return f"{kind} from {self.low:g} to {self.high:g}"

    def read(self, raw: Sequence[str]) -> int | float:
        """Returns the number; raises ValueError outside the bounds."""
        value = float(_single(raw))
        if not math.isfinite(value) or not self.low <= value <= self.high:
            raise ValueError(self.allowed)
        if self.whole:
            if value != int(value):
                raise ValueError(self.allowed)
            return int(value)
        return value

    def write(self, value: float) -> list[str]:
        """Returns the number as Streamlit writes it: without a trailing .0."""
        return [str(int(value)) if float(value).is_integer() else str(float(value))]


class Span(NamedTuple):
    """Two numbers between bounds, the lower one first."""

    bounds: Number

    @property
    def allowed(self) -> str:
        """Says which values are allowed."""
        kind = "whole numbers" if self.bounds.whole else "numbers"
        return f"two {kind} from {self.bounds.low:g} to {self.bounds.high:g}, the lower one first"

    def read(self, raw: Sequence[str]) -> tuple[float, float]:
        """Returns the pair; raises ValueError if it is none or not in order."""
        if len(raw) != 2:
            raise ValueError(self.allowed)
        low, high = (self.bounds.read([text]) for text in raw)
        if low > high:
            raise ValueError(self.allowed)
        return low, high

    def write(self, value: Sequence[float]) -> list[str]:
        """Returns both numbers."""
        return [text for number in value for text in self.bounds.write(number)]


class Choice(NamedTuple):
    """One of the options, in the link by its text; a link by hand may give its plain value."""

    options: tuple[Any, ...]
    text: Callable[[Any], str]

    @property
    def allowed(self) -> str:
        """Says which values are allowed."""
        return f"one of {_listed([self.text(option) for option in self.options])}"

    def read(self, raw: Sequence[str]) -> Any:
        """Returns the option; raises ValueError if the text is none of theirs."""
        wanted = _single(raw)
        for name in (self.text, str):
            for option in self.options:
                if name(option) == wanted:
                    return option
        raise ValueError(self.allowed)

    def write(self, value: Any) -> list[str]:
        """Returns the option's text."""
        return [self.text(value)]


class Meant(NamedTuple):
    """One of the options, or a text that means one of them; the default for one that means none."""

    choice: Choice
    meant: Callable[[str], Any]  # raises InputError where it means none
    default: Any

    @property
    def allowed(self) -> str:
        """Says which values are allowed."""
        return self.choice.allowed

    def read(self, raw: Sequence[str]) -> Any:
        """Returns the option that a text is, or means."""
        try:
            return self.choice.read(raw)
        except ValueError:
            try:
                return self.meant(_single(raw))
            except InputError:
                return self.default

    def write(self, value: Any) -> list[str]:
        """Returns the option's text."""
        return self.choice.write(value)


class Choices(NamedTuple):
    """Any number of the options; an empty parameter means none of them."""

    options: tuple[Any, ...]
    text: Callable[[Any], str]

    @property
    def allowed(self) -> str:
        """Says which values are allowed."""
        return f"any of {_listed([self.text(option) for option in self.options])}"

    def read(self, raw: Sequence[str]) -> list[Any]:
        """Returns the options in the link's order; raises ValueError at an unknown one."""
        one = Choice(self.options, self.text)
        return [one.read([text]) for text in raw if text]

    def write(self, value: Sequence[Any]) -> list[str]:
        """Returns the texts, or one empty text for no option."""
        return [self.text(option) for option in value] or [""]


class Flag(NamedTuple):
    """Yes or no."""

    @property
    def allowed(self) -> str:
        """Says which values are allowed."""
        return "true or false"

    def read(self, raw: Sequence[str]) -> bool:
        """Returns the flag; raises ValueError for anything but true and false."""
        wanted = _single(raw).lower()
        if wanted not in ("true", "false"):
            raise ValueError(self.allowed)
        return wanted == "true"

    def write(self, value: bool) -> list[str]:
        """Returns true or false."""
        return [str(bool(value)).lower()]


class Text(NamedTuple):
    """Free text of limited length."""

    max_chars: int

    @property
    def allowed(self) -> str:
        """Says which values are allowed."""
        return f"at most {self.max_chars} characters long"

    def read(self, raw: Sequence[str]) -> str:
        """Returns the text; raises ValueError if it is too long."""
        wanted = _single(raw)
        if len(wanted) > self.max_chars:
            raise ValueError(self.allowed)
        return wanted

    def write(self, value: str) -> list[str]:
        """Returns the text itself."""
        return [value]


def shortened(raw: Sequence[str]) -> str:
    """Returns the texts of a parameter for a sentence, cut where they get long."""
    text = ", ".join(raw)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


def _single(raw: Sequence[str]) -> str:
    if len(raw) != 1:
        raise ValueError("a single value")
    return raw[0]


def _listed(texts: Sequence[str]) -> str:
    if len(texts) <= SHOWN_OPTIONS:
        return ", ".join(texts)
    rest = len(texts) - SHOWN_OPTIONS
    return f"{', '.join(texts[:SHOWN_OPTIONS])} and {rest} more"
