"""The command `train`: what it takes, what a recipe refuses, and how a bundle gets to its place."""

import argparse
import dataclasses
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.bundle import Bundle
from core.contents import (
    TOPICS,
    ChangeableRecipe,
    Recipe,
    Topic,
    find_recipe,
    name_now,
    named,
    recipes_of,
)
from core.datasets.command import add_places, sources_of
from core.errors import InputError, LatentLabError
from core.interrupts import STOPPED, when_stopped
from core.options import MOST_DEVICES, MOST_EPOCHS, MOST_SEED, MOST_SEEDS, place, whole
from core.output_folder import OutputFolder, bytes_of, output_folder

if TYPE_CHECKING:
    from core.training_run import TrainingRun


# What does nothing if it is given: it is never refused.
_NEUTRAL = {"seed": 0, "seeds": 1, "devices": 1, "resume": False}
_SHARED = ("seed", "seeds", "folds", "epochs", "devices", "resume", "data")


def register(subparsers: argparse._SubParsersAction) -> None:
    """Adds the command `train` with its topics."""
    train = subparsers.add_parser("train", help="train a model and write its bundle")
    topics = train.add_subparsers(dest="topic", required=True, metavar="TOPIC")
    for name, topic in TOPICS.items():
        parser = topics.add_parser(name, help=topic.help, description=topic.description)
        _add_options(parser, name, topic)
        parser.set_defaults(run=run_training)


def _add_options(parser: argparse.ArgumentParser, name: str, topic: Topic) -> None:
    parser.add_argument(
        "--preset", default=topic.preset, help="recipe (default: %(default)s); see --list"
    )
    parser.add_argument("--list", action="store_true", help="list the recipes and stop")
    parser.add_argument(
        "--out",
        type=place,
        metavar="DIR",
        help=f"the bundle's folder (default: runs/{name}-PRESET)",
    )
    parser.add_argument(
        "--seed", type=whole(0, MOST_SEED), help="of everything random (default: 0)"
    )
    parser.add_argument(
        "--seeds",
        type=whole(1, MOST_SEEDS),
        help="trainings with seeds of their own (default: the recipe's, mostly 1)",
    )
    parser.add_argument("--epochs", type=whole(1, MOST_EPOCHS), help="other than the recipe's")
    parser.add_argument(
        "--resume", action="store_true", default=None, help="go on with a run that was cut off"
    )
    parser.add_argument(
        "--devices",
        type=whole(1, MOST_DEVICES),
        metavar="N",
        help="split batches over N devices",
    )
    parser.set_defaults(folds=None, data=None, own_options=())
    if topic.options:
        named(topic.options)(parser)
    add_places(parser)


def run_training(args: argparse.Namespace) -> None:
    """Trains, saves the bundle, clears up, and reports.

    Raises:
        InputError: an option is out of bounds or of no use, or the bundle cannot lie at `--out`.
        DataError: a data set is missing or damaged.
        LatentLabError: the disk is full, or another run is writing there.
    """
    if args.list:
        recipes = recipes_of(args.topic)
        width = max(map(len, recipes))
        for name, (_, recipe) in recipes.items():
            sys.stdout.write(f"{name:{width}} {recipe.title}\n")
        return
    args.preset = name_now(args.topic, args.preset)
    content, recipe = find_recipe(args.topic, args.preset)
    given = _given(args)
    refuse_unused(args.preset, recipe, given)
    own = {name: given[name] for name in args.own_options if name in given}
    if own:
        assert isinstance(recipe, ChangeableRecipe)  # else the options were refused
        recipe = recipe.changed(**own)
    # the command line is read without JAX
    from core.devices import check_devices, is_first_host, join_hosts
    from core.training_run import TrainingRun

    run = TrainingRun(
        given.get("seed", 0),
        given.get("epochs"),
        given.get("devices", 1),
        resume=given.get("resume", False),
        command=_command_line(args, given),
        progress=True,
        preset=args.preset,
        n_seeds=given.get("seeds"),
        n_folds=given.get("folds"),
        data=given.get("data"),
        sources=sources_of(args),
    )
    join_hosts()
    check_devices(run.n_devices)
    asked = args.out or Path("runs") / f"{args.topic}-{args.preset}"
    needed = bytes_of(args.topic, args.preset)
    with output_folder(asked, needed=needed, is_held_elsewhere=not is_first_host()) as out:
        bundle = train_and_save(run, out, lambda run: named(content.train)(run, recipe))
    if not is_first_host():
        return
    tell = named(TOPICS[args.topic].report) if TOPICS[args.topic].report else report
    try:
        tell(bundle, asked, as_json=args.json)
    except BrokenPipeError:
        raise
    except LatentLabError as error:
        raise LatentLabError(f"{error}; the bundle is written to {asked}") from error


def train_and_save(
    run: "TrainingRun", out: OutputFolder, make: Callable[["TrainingRun"], Bundle]
) -> Bundle:
    """Trains, saves, and clears up; what `--resume` needs stays where a run is stopped.

    Several hosts train together, the first one saves and clears up.

    Args:
        run: how, but for its checkpoints.
        out: where.
        make: trains.

    Returns:
        The bundle, as it was saved.
    """
    from core.checkpoint import clear_unused, close_all
    from core.devices import is_first_host, wait_for_hosts

    def on_stop() -> str:
        if is_first_host() and clear_unused(out.scaffold):
            return f"{STOPPED}; the same command with --resume goes on where it was"
        return STOPPED

    try:
        with when_stopped(on_stop):
            bundle = make(dataclasses.replace(run, checkpoint_dir=out.scaffold))
            wait_for_hosts("the training is done")
            if is_first_host():
                out.save(bundle)
    finally:
        close_all()
        if is_first_host():
            clear_unused(out.scaffold)
    if is_first_host():
        shutil.rmtree(out.scaffold, ignore_errors=True)
    return bundle


def refuse_unused(preset: str, recipe: Recipe, given: dict[str, Any]) -> None:
    """Checks that every option makes a difference to the recipe.

    Args:
        preset: the recipe's name.
        recipe: what is trained.
        given: options by name.

    Raises:
        InputError: one does not.
    """
    for name, value in given.items():
        if name not in recipe.uses and value != _NEUTRAL.get(name):
            shown = "" if value is True else f" ({value})"
            raise InputError(
                f"--{name.replace('_', '-')}{shown} should be left out: "
                f"the recipe {preset} makes no use of it"
            )


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


def _given(args: argparse.Namespace) -> dict[str, Any]:
    """Returns the options that were given, in the order in which a card repeats them."""
    names = [*_SHARED, *args.own_options]
    return {name: getattr(args, name) for name in names if getattr(args, name) is not None}


def _command_line(args: argparse.Namespace, given: dict[str, Any]) -> str:
    """Returns the command line that makes the same bundle, wherever the data lie."""
    parts = [f"python -m core train {args.topic}", f"--preset {args.preset}"]
    for name, value in given.items():
        if name not in ("devices", "resume"):
            option = f"--{name.replace('_', '-')}"
            parts.append(option if value is True else f"{option} {value}")
    return " ".join(parts)
