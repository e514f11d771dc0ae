"""`sentiment score` and `sentiment describe`: a review a line in, a probability a line out."""

import argparse
import functools
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from core.bundle import load_bundle
from core.console import standard_input
from core.datasets.command import add_places, sources_of
from core.errors import InputError
from core.options import place
from core.sentiment import KIND
from core.text_files import read_lines

FOR, AGAINST = "positive", "negative"
_MOST_OF_LINE = 4_000_000  # characters that are held in memory; models say how many they read


def register(subparsers: argparse._SubParsersAction) -> None:
    """Adds the command `sentiment` with its question."""
    sentiment = subparsers.add_parser("sentiment", help="ask a trained model about film reviews")
    actions = sentiment.add_subparsers(title="questions", metavar="QUESTION", required=True)
    score = actions.add_parser(
        "score",
        help="how probably each review is for the film",
        description="Reads one review a line and writes a line for each, in order: the probability "
        "that it is for the film, a tab, and positive or negative.",
    )
    score.add_argument(
        "file", nargs="?", default="-", metavar="FILE", help="a text file; - reads from stdin"
    )
    score.add_argument(
        "--model", default="best", help="best, or the name of a model (default: %(default)s)"
    )
    score.add_argument("--json", action="store_true", help="print one JSON object")
    score.set_defaults(run=run_score)
    describe = actions.add_parser(
        "describe",
        help="find anew what stands beside the weights of a bundle",
        description="Finds anew the top n-grams of a bundle's filters, among those that may ship, "
        "and how near its vectors are to GloVe's; then writes both and the card into the "
        "bundle. Its weights and figures stay.",
    )
    describe.add_argument("bundle", type=place, metavar="DIR", help="the bundle's folder")
    add_places(describe)
    describe.set_defaults(run=run_description)


def run_score(args: argparse.Namespace) -> None:
    """Scores a file line by line.

    Raises:
        InputError: there is no such model or file, or a line is unusable.
        BundleError: the model's bundle is missing or damaged.
    """
    from core.sentiment.explore import open_model

    model = open_model(args.model)
    rows = []
    for line in _lines(args.file):
        score = model.score(line)
        label = FOR if score.probability > 0.5 else AGAINST
        if args.json:
            rows.append({"probability": score.probability, "label": label})
        else:
            sys.stdout.write(f"{score.probability:.4f}\t{label}\n")
    if args.json:
        sys.stdout.write(json.dumps({"model": model.name, "reviews": rows}) + "\n")


def run_description(args: argparse.Namespace) -> None:
    """Describes a bundle anew, in its place.

    Raises:
        InputError: the bundle holds no model, or one that knows n-grams that may not ship.
        BundleError: it is missing, damaged or of another kind.
        DataError: a data set is missing or damaged.
    """
    from core.output_folder import output_folder
    from core.sentiment.disclosure.publishable import read_publishable
    from core.sentiment.train.description import describe
    from core.sentiment.train.presets import find_preset

    bundle = load_bundle(args.bundle, kind=KIND)
    if "preset" not in bundle.config:
        raise InputError(f"DIR ({args.bundle}) should hold a model, not {bundle.name}")
    sources = sources_of(args)
    needed = sum(path.stat().st_size for path in args.bundle.iterdir())
    with output_folder(args.bundle, needed=needed, option="DIR") as out:
        local = sources.get("imdb")
        may_ship = functools.partial(read_publishable, local, data_dir=args.data_dir)
        needs_glove = find_preset(bundle.config["preset"]).vectors == "glove"
        glove = sources.get("glove-6b") if needs_glove else None
        described = describe(bundle, may_ship, glove=glove)
        out.save(described)
    n_rows = len(described.tables.get("ngrams", ()))
    if args.json:
        sys.stdout.write(json.dumps({"bundle": str(args.bundle), "ngrams": n_rows}) + "\n")
    else:
        sys.stdout.write(f"{n_rows:,} n-grams of filters and the card written to {args.bundle}\n")


def _lines(name: str) -> Iterator[str]:
    """Reads lines without their ends; what is no text is refused with the number of its line."""
    if name == "-":
        yield from read_lines(standard_input(), "stdin", most=_MOST_OF_LINE)
        return
    try:
        with Path(name).open("rb") as stream:
            yield from read_lines(stream, name, most=_MOST_OF_LINE)
    except OSError as error:
        raise InputError(f"FILE ({name}) should be a readable file: {error.strerror}") from error
