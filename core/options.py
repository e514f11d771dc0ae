"""Options of the command line that topics share; `core.datasets.command` has those of data."""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from core.bundle import Bundle
from core.datasets.command import add_places
from core.errors import InputError


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
        "--out", type=Path, help=f"the bundle's folder (default: runs/{topic}-PRESET)"
    )
    parser.add_argument("--seed", type=int, default=0, help="split and model (default: 0)")
    parser.add_argument("--epochs", type=int, help="other than the recipe's")
    parser.add_argument("--resume", action="store_true", help="go on with a run that was cut off")
    parser.add_argument("--devices", type=int, default=1, help="split batches over N devices")
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
