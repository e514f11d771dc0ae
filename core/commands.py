"""The commands of `python -m core`, and the two that belong to no topic: evaluate and bench."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from core import train_command
from core.bundle import load_bundle
from core.contents import TOPICS, content_of, named
from core.datasets import command as datasets_command
from core.errors import InputError, LatentLabError, pick
from core.options import Parser, place

BENCHMARKS = {  # topic -> its scripts
    "batchnorm": ("batchnorm_speed.py",),
    "movies": ("movies_speed.py", "movies_scale.py"),
    "sentiment": ("sentiment_speed.py",),
    "textgen": ("textgen_speed.py",),
    "words": ("words_tsne.py", "words_scale.py", "words_queries.py"),
}
BENCHMARKS_FOLDER = Path(__file__).resolve().parents[1] / "tests" / "benchmarks"


def build_parser() -> argparse.ArgumentParser:
    """Gathers every topic's commands; topics import what is heavy only when they run."""
    parser = Parser(
        prog="python -m core", description="Train, measure and explore the models of Latent Lab."
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    datasets_command.register(subparsers)
    train_command.register(subparsers)
    for topic in TOPICS.values():
        if topic.commands:
            named(topic.commands)(subparsers)
    evaluate = subparsers.add_parser(
        "evaluate", help="measure a bundle again and compare with what it records"
    )
    evaluate.add_argument("bundle", type=place, metavar="DIR", help="the bundle's folder")
    evaluate.add_argument("--data", help="measure on another data set of the same kind")
    datasets_command.add_places(evaluate)
    evaluate.set_defaults(run=run_evaluation)
    bench = subparsers.add_parser("bench", help="run the benchmarks beside installed peers")
    bench.add_argument("topic", nargs="?", metavar="TOPIC", help="only this topic's")
    bench.set_defaults(run=run_benchmarks)
    return parser


def run_evaluation(args: argparse.Namespace) -> None:
    """Prints each metric as recorded and as measured now.

    Raises:
        BundleError: the bundle is damaged, or of an unknown kind.
        DataError: a data set is missing or damaged.
        InputError: the bundle cannot be measured on the data set that was named.
    """
    bundle = load_bundle(args.bundle)
    content = content_of(bundle, args.bundle)
    own = bundle.dataset["name"]
    if args.data not in (None, own) and not content.takes_data:
        raise InputError(
            f"--data ({args.data}) should be left out: {bundle.name} is measured on {own}"
        )
    sources = datasets_command.sources_of(args)
    measured = named(content.measure)(bundle, sources, *([args.data] if content.takes_data else []))
    if args.json:
        sys.stdout.write(json.dumps({"bundle": str(args.bundle), "metrics": measured}) + "\n")
        return
    for name, values in measured.items():
        recorded = values.get("recorded")
        beside = "" if recorded is None else f", recorded {recorded:.4f}"
        sys.stdout.write(f"{name}: measured {values['measured']:.4f}{beside}\n")


def run_benchmarks(args: argparse.Namespace) -> None:
    """Runs the benchmark scripts one after the other; each says what it needs.

    Raises:
        InputError: there is no benchmark of that topic.
        LatentLabError: a benchmark failed.
    """
    chosen = [pick("topic", args.topic, BENCHMARKS)] if args.topic else BENCHMARKS.values()
    scripts = [BENCHMARKS_FOLDER / name for names in chosen for name in names]
    for script in scripts:
        sys.stderr.write(f"{script.stem}\n")
        # In a group of its own, so that Ctrl-C reaches this process, which then ends the script.
        done = subprocess.run(
            [sys.executable, str(script)], stdin=subprocess.DEVNULL, process_group=0, check=False
        )
        if done.returncode:
            raise LatentLabError(f"the benchmark {script.stem} failed; see above")
