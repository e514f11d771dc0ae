"""Options of the command line that topics share; `core.datasets.command` has those of data."""

import argparse
import json
import math
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn

from core.bundle import Bundle
from core.datasets.command import add_places
from core.errors import InputError

MOST_SEED = 2**31 - 1  # what every generator of random numbers takes
MOST_SEEDS = 100  # trainings of one command
MOST_EPOCHS = 1_000_000
MOST_DEVICES = 1_024
MOST_SHOWN = 1_000_000  # rows of a table
_SHOWN_DIGITS = 40  # of a refused value


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


def _within(value: float, text: str, least: float, most: float) -> float:
    if value < least:
        raise _refusal(text, f"at least {least:,.12g}")
    if value > most:
        raise _refusal(text, f"at most {most:,.12g}")
    return value


def _refusal(text: str, wanted: str) -> argparse.ArgumentTypeError:
    shown = text if len(text) <= _SHOWN_DIGITS else f"{text[:_SHOWN_DIGITS]}..."
    return argparse.ArgumentTypeError(f"({shown}) should be {wanted}")


def add_training(parser: argparse.ArgumentParser, topic: str, *, preset: str) -> None:
    """Adds what every `train TOPIC` takes.

    Args:
        parser: of the topic.
        topic: names the default folder.
        preset: the default recipe.
    """
    parser.add_argument(
        "--preset", default=preset, help="recipe (default: %(default)s); see --list"
    )
    parser.add_argument("--list", action="store_true", help="list the recipes and stop")
    parser.add_argument(
        "--out",
        type=place,
        metavar="DIR",
        help=f"the bundle's folder (default: runs/{topic}-PRESET)",
    )
    parser.add_argument(
        "--seed", type=whole(0, MOST_SEED), default=0, help="split and model (default: 0)"
    )
    parser.add_argument("--epochs", type=whole(1, MOST_EPOCHS), help="other than the recipe's")
    parser.add_argument("--resume", action="store_true", help="go on with a run that was cut off")
    parser.add_argument(
        "--devices",
        type=whole(1, MOST_DEVICES),
        default=1,
        metavar="N",
        help="split batches over N devices",
    )
    add_places(parser)


def write_presets(titles: Iterable[tuple[str, str]]) -> None:
    """Prints names and titles of recipes, a line each."""
    for name, title in titles:
        sys.stdout.write(f"{name:14} {title}\n")


def report(bundle: Bundle, out: Path, *, as_json: bool) -> None:
    """Prints what a training made: a line, or one JSON object.

    Args:
        bundle: as it was saved.
        out: where.
        as_json: print an object with bundle, metrics, seconds and device.
    """
    values = {name: metric["value"] for name, metric in bundle.metrics.items()}
    if as_json:
        made = {
            "bundle": str(out),
            "metrics": values,
            "seconds": bundle.duration_s,
            "device": bundle.device,
        }
        sys.stdout.write(json.dumps(made) + "\n")
        return
    figures = ", ".join(f"{name} {value:.4f}" for name, value in values.items())
    sys.stdout.write(
        f"{figures} after {bundle.duration_s:.2g} s on {bundle.device}; bundle written to {out}\n"
    )


def refuse_other_data(bundle: Bundle, asked: str | None) -> None:
    """Checks `evaluate --data` for bundles that can be measured on their own data set only.

    Raises:
        InputError: another one was named.
    """
    own = bundle.dataset["name"]
    if asked not in (None, own):
        raise InputError(f"--data ({asked}) should be left out: {bundle.name} is measured on {own}")
