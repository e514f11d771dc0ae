"""The errors that reach people: every message is one line and names the remedy."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


class LatentLabError(Exception):
    """Base of every error that people are shown as a sentence, without a trace."""

    exit_code = 1


class InputError(LatentLabError, ValueError):
    """A value that a person gave is unusable; names parameter, value, bound and remedy."""

    exit_code = 2


class TrainingError(LatentLabError):
    """A training led nowhere: a figure of an epoch is no longer finite; names the remedy."""

    exit_code = 2  # as for bad input: another setting helps


class DataError(LatentLabError):
    """A data set is missing, cut, foreign or differs from what the registry expects."""


class BundleNotFound(LatentLabError):
    """No bundle lies at `path`; `command` makes one."""

    def __init__(self, path: Path, command: str) -> None:
        super().__init__(f"there is no bundle at {path}; make it with: {command}")
        self.path = path
        self.command = command


class BundleError(LatentLabError):
    """A bundle is damaged, foreign or newer than this code; lists every problem found."""

    def __init__(self, path: Path | str, problems: Sequence[str]) -> None:
        super().__init__(f"the bundle at {path} cannot be used: " + "; ".join(problems))
        self.path = Path(path)
        self.problems = tuple(problems)


def pick(parameter: str, value: str, known: Mapping[str, T]) -> T:
    """Looks up what a person named.

    Raises:
        InputError: there is nothing of that name; the message lists the names.
    """
    if value not in known:
        raise InputError(f"{parameter} ({value}) should be one of {', '.join(known)}")
    return known[value]
