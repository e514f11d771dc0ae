"""Options of the command line that topics share; `core.datasets.command` has those of data."""

import argparse
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TypeVar

from core.errors import InputError

MOST_SEED = 2**31 - 1  # what every generator of random numbers takes
MOST_SEEDS = 100  # trainings of one command
MOST_EPOCHS = 1_000_000
MOST_DEVICES = 1_024
MOST_SHOWN = 1_000_000  # rows of a table
_SHOWN_DIGITS = 40  # of a refused value
Number = TypeVar("Number", int, float)


class Parser(argparse.ArgumentParser):
    """A parser that refuses in one line, as all commands do, instead of printing its usage."""

    def error(self, message: str) -> NoReturn:
        """Refuses the command line.

        Raises:
            InputError: always.
        """
        message = re.sub(r"^argument (\S+): (?=\()", r"\1 ", message)  # from `whole` and `real`
        raise InputError(f"{message}; see {self.prog} --help")


def whole(least: int, most: int) -> Callable[[str], int]:
    """Makes the type of an option: a whole number from `least` to `most`."""

    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise _refusal(text, "a whole number") from None
        return _within(value, text, least, most)

    return number


def real(least: float, most: float) -> Callable[[str], float]:
    """Makes the type of an option: a finite number from `least` to `most`."""

    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise _refusal(text, "a number") from None
        if math.isnan(value):
            raise _refusal(text, "a number")
        return _within(value, text, least, most)

    return number


def place(text: str) -> Path:
    """Is the type of an option that names a file or folder: any name but an empty one."""
    if not text.strip():
        raise _refusal(text, "the name of a file or folder; . is the current folder")
    return Path(text)


def _within(value: Number, text: str, least: float, most: float) -> Number:
    if value < least:
        raise _refusal(text, f"at least {least:,.12g}")
    if value > most:
        raise _refusal(text, f"at most {most:,.12g}")
    return value


def _refusal(text: str, wanted: str) -> argparse.ArgumentTypeError:
    shown = text if len(text) <= _SHOWN_DIGITS else f"{text[:_SHOWN_DIGITS]}..."
    return argparse.ArgumentTypeError(f"({shown}) should be {wanted}")
