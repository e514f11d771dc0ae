"""`words neighbours|similarity|analogy|axis|map`: what the pages show, as tables."""

import argparse
import contextlib
import csv
import io
import json
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.datasets.command import add_places, sources_of
from core.errors import DataError, InputError
from core.options import MOST_SEED, MOST_SHOWN, place, real, whole
from core.words import GLOVE, OUR_VECTORS

if TYPE_CHECKING:
    import pandas as pd

    from core.words.explore.vectors import WordVectors

MOST_ITERATIONS = 1_000_000
_BYTES_A_WORD = 100  # of a line of the map


def register(subparsers: argparse._SubParsersAction) -> None:
    """Adds the command `words` with its questions."""
    words = subparsers.add_parser("words", help="ask word vectors")
    actions = words.add_subparsers(title="questions", metavar="QUESTION", required=True)

    neighbours = actions.add_parser("neighbours", help="the nearest words by cosine")
    neighbours.add_argument("word", metavar="WORD")
    _add_n(neighbours)
    neighbours.set_defaults(run=run_neighbours)

    similarity = actions.add_parser("similarity", help="the cosine of two words, or of many pairs")
    similarity.add_argument("words", nargs="*", metavar="WORD", help="two words")
    similarity.add_argument(
        "--pairs",
        type=place,
        metavar="FILE",
        help="one pair a line, between tabs; further columns are ignored; pairs come out in order, "
        "with nan where a word is unknown",
    )
    similarity.set_defaults(run=run_similarity)

    analogy = actions.add_parser("analogy", help="A is to B as C is to what?")
    for name, text in (("a", "e.g. man"), ("b", "e.g. king"), ("c", "e.g. woman")):
        analogy.add_argument(name, metavar=name.upper(), help=text)
    _add_n(analogy)
    analogy.add_argument(
        "--keep-inputs", action="store_true", help="let A, B and C be answers themselves"
    )
    analogy.set_defaults(run=run_analogy)

    axis = actions.add_parser("axis", help="words at both ends of the axis from one to another")
    axis.add_argument("low", metavar="LOW", help="e.g. bad")
    axis.add_argument("high", metavar="HIGH", help="e.g. good")
    _add_n(axis)
    axis.set_defaults(run=run_axis)

    draw = actions.add_parser("map", help="draw the most frequent words by t-SNE")
    draw.add_argument(
        "--n", type=whole(1, MOST_SHOWN), default=500, help="words (default: %(default)s)"
    )
    draw.add_argument("--perplexity", type=real(1, 1e6), default=30.0, help="default: %(default)s")
    draw.add_argument(
        "--iterations", type=whole(1, MOST_ITERATIONS), default=1000, help="default: %(default)s"
    )
    draw.add_argument(
        "--exaggeration", type=real(1, 1e6), default=12.0, help="default: %(default)s"
    )
    draw.add_argument("--learning-rate", type=real(1e-6, 1e6), help="default: N / exaggeration")
    draw.add_argument("--start", default="pca", help="pca or random (default: %(default)s)")
    draw.add_argument(
        "--seed", type=whole(0, MOST_SEED), default=0, help="of a random start (default: 0)"
    )
    draw.add_argument(
        "--distance",
        default="euclidean",
        choices=("euclidean", "cosine"),
        help="of the raw vectors, as in the lesson, or of those of length 1",
    )
    draw.add_argument(
        "--place",
        nargs="+",
        default=[],
        metavar="WORD",
        help="put these rarer words onto the finished map, which does not move for them",
    )
    draw.add_argument("--out", type=place, metavar="CSV", help="default: standard output")
    draw.set_defaults(run=run_map)

    for action in (neighbours, similarity, analogy, axis, draw):
        action.add_argument(
            "--vectors",
            metavar="NAME",
            help=f"{GLOVE} or one of our own ({', '.join(OUR_VECTORS)}); default: {GLOVE} where "
            f"its archive is on this machine, else {OUR_VECTORS[0]}",
        )
        action.add_argument(
            "--n-dims",
            type=whole(1, 1_000),
            default=50,
            help="of glove: 50, 100, 200 or 300 (default: 50)",
        )
        action.add_argument(
            "--bundle", type=place, help="folder of vectors of our own, instead of --vectors"
        )
        add_places(action)


def run_neighbours(args: argparse.Namespace) -> None:
    """Prints the nearest words."""
    vectors = choose_vectors(args)
    rows = vectors.neighbours(args.word, n=args.n)[["cosine", "rank", "word"]]
    _write(args, vectors, "neighbours", rows, "cosine     rank  word", "{:+.4f}  {:7,}  {}")


def run_similarity(args: argparse.Namespace) -> None:
    """Prints the cosine of two words, or of each pair of a file, in order."""
    if (args.pairs is None) == (not args.words) or (args.words and len(args.words) != 2):
        raise InputError("similarity should be asked of two words, or of a file with --pairs FILE")
    vectors = choose_vectors(args)
    if args.pairs is None:
        first, second = args.words
        cosine = vectors.similarity(first, second)
        if args.json:
            found = {"vectors": vectors.name, "similarity": cosine}
            sys.stdout.write(json.dumps(found) + "\n")
        else:
            sys.stdout.write(f"{cosine:.4f}\n")
        return
    pairs = _read_pairs(args.pairs)
    cosines = [_cosine_or_nan(vectors, *pair) for pair in pairs]
    n_unknown = sum(map(math.isnan, cosines))
    if n_unknown:
        sys.stderr.write(
            f"{n_unknown:,} of {len(pairs):,} pairs have a word that {vectors.title} does not "
            "know: nan\n"
        )
    if args.json:
        table = [
            {"a": a, "b": b, "similarity": None if math.isnan(cosine) else cosine}
            for (a, b), cosine in zip(pairs, cosines, strict=True)
        ]
        report = {"vectors": vectors.name, "pairs": table, "n_unknown": n_unknown}
        sys.stdout.write(json.dumps(report) + "\n")
        return
    for (a, b), cosine in zip(pairs, cosines, strict=True):
        sys.stdout.write(f"{a}\t{b}\t{cosine:.6f}\n")


def run_analogy(args: argparse.Namespace) -> None:
    """Prints what is to C as B is to A."""
    vectors = choose_vectors(args)
    found = vectors.analogy(args.a, args.b, args.c, n=args.n, exclude_inputs=not args.keep_inputs)
    rows = found[["cosine", "rank", "word"]]
    _write(args, vectors, "answers", rows, "cosine     rank  word", "{:+.4f}  {:7,}  {}")


def run_axis(args: argparse.Namespace) -> None:
    """Prints the words farthest out at both ends of an axis."""
    vectors = choose_vectors(args)
    rows = vectors.ends(args.low, args.high, n=args.n)[["end", "position", "rank", "word"]]
    _write(
        args, vectors, "ends", rows, "end   position     rank  word", "{:4}   {:+.4f}  {:7,}  {}"
    )


def run_map(args: argparse.Namespace) -> None:
    """Draws a map and writes word, rank, x, y and neighbour preservation as CSV.

    Words of --place come last; the share of neighbours kept is of the fitted words only.

    Raises:
        InputError: an option is out of bounds, or a word of --place is unknown or fitted anyway.
    """
    from core.output_folder import check_file, write_file, write_output
    from core.words.tsne.config import TsneConfig, check_perplexity, check_size

    vectors = choose_vectors(args)
    check_size(args.n, 4, len(vectors))
    check_perplexity(args.perplexity, args.n)
    rare_rows = list(dict.fromkeys(vectors.find_all(args.place).tolist())) if args.place else []
    for row in rare_rows:
        if row < args.n:
            raise InputError(
                f"--place ({vectors.words[row]}) should name words beyond the {args.n:,} most "
                "frequent ones, which are on the map anyway"
            )
    if args.out is not None:
        check_file(args.out, needed=_BYTES_A_WORD * (args.n + len(rare_rows)))
    from core.words.explore.out_of_sample import transform
    from core.words.train.maps import fitted_points
    from core.words.tsne.descent import tsne
    from core.words.tsne.quality import measure

    config = TsneConfig(
        perplexity=args.perplexity,
        n_iterations=args.iterations,
        exaggeration=args.exaggeration,
        learning_rate=args.learning_rate,
        start=args.start,
        seed=args.seed,
        frame_every=max(1, min(50, args.iterations)),
    )
    points = fitted_points(vectors, args.n, args.distance)
    with _progress_line(args.iterations) as tell:
        drawn = tsne(points, config, on_frame=tell)
    preserved, trusted = measure(points, drawn.coordinates)
    spots = []
    if rare_rows:
        rare = vectors.points(args.distance)[rare_rows]
        spots = transform(rare, points, drawn.coordinates, perplexity=min(5.0, args.n / 3))
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["word", "rank", "x", "y", "preservation"])
    for row, (x, y) in enumerate(drawn.coordinates):
        spot = f"{x:.5f}", f"{y:.5f}"
        writer.writerow([vectors.words[row], row + 1, *spot, f"{preserved[row]:.2f}"])
    for row, (x, y) in zip(rare_rows, spots, strict=True):
        writer.writerow([vectors.words[row], row + 1, f"{x:.5f}", f"{y:.5f}", ""])
    if args.out is None:
        write_output(file.getvalue(), "map.csv")
    else:
        write_file(args.out, file.getvalue())
    if args.json:
        report = {
            "vectors": vectors.name,
            "kl": drawn.kl,
            "trustworthiness": None if math.isnan(trusted) else trusted,
            "preservation": float(np.mean(preserved)),
        }
        sys.stdout.write(json.dumps(report) + "\n")
    else:
        sys.stderr.write(
            f"KL {drawn.kl:.4f} nats, {np.mean(preserved):.1%} of 10 neighbours kept\n"
        )


def _read_pairs(path: Path) -> list[tuple[str, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} should be UTF-8 text: {error}") from error
    except OSError as error:
        raise InputError(f"--pairs ({path}) cannot be read: {error.strerror}") from error
    pairs = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        parts = [part.strip() for part in line.split("\t")]
        if len(parts) < 2 or not parts[0] or not parts[1]:
            raise DataError(f"{path} line {number} should hold two words with a tab between them")
        pairs.append((parts[0], parts[1]))
    if not pairs:
        raise DataError(f"{path} should hold at least one pair of words")
    return pairs


def _cosine_or_nan(vectors: "WordVectors", a: str, b: str) -> float:
    try:
        return vectors.similarity(a, b)
    except InputError:
        return math.nan


@contextlib.contextmanager
def _progress_line(n_iterations: int) -> Iterator[Callable[[int, float, np.ndarray], None]]:
    """Gives a function that writes one line over and over, and ends the line in any case."""

    def say(iteration: int, kl: float, _: np.ndarray) -> None:
        sys.stderr.write(f"\riteration {iteration:,} of {n_iterations:,}, KL {kl:.4f}")
        sys.stderr.flush()

    try:
        yield say
    finally:
        sys.stderr.write("\n")


def _write(
    args: argparse.Namespace,
    vectors: "WordVectors",
    name: str,
    rows: "pd.DataFrame",
    head: str,
    line: str,
) -> None:
    if args.json:
        report = {"vectors": vectors.name, name: rows.to_dict("records")}
        sys.stdout.write(json.dumps(report) + "\n")
        return
    sys.stdout.write(f"{vectors.title}\n{head}\n")
    for row in rows.itertuples(index=False):
        sys.stdout.write(line.format(*row) + "\n")


def _add_n(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--n", type=whole(1, MOST_SHOWN), default=10, help="words shown (default: %(default)s)"
    )


def choose_vectors(args: argparse.Namespace) -> "WordVectors":
    """Opens what --bundle or --vectors names; else GloVe if it is here, else our own.

    Raises:
        InputError: both were given, or the name is unknown.
        DataError: GloVe's archive is missing or damaged.
        BundleError: the bundle is missing or damaged.
    """
    from core.words.explore import open_set, open_vectors_at
    from core.words.explore.glove import glove_if_here

    if args.bundle is not None:
        if args.vectors is not None:
            raise InputError("--bundle should be given without --vectors")
        return open_vectors_at(args.bundle, OUR_VECTORS[0])
    if args.vectors is not None:
        return open_set(args.vectors, sources_of(args), n_dims=args.n_dims)
    found = glove_if_here(n_dims=args.n_dims, data_dir=args.data_dir, mirror=args.mirror)
    if found is None:
        sys.stderr.write(
            f"GloVe's archive is not on this machine: asking our own vectors, {OUR_VECTORS[0]}\n"
        )
        return open_set(OUR_VECTORS[0], sources_of(args))
    return found
