"""Options of `train movies`, and the questions `movies top|bottom|similar|predict`."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from core.bundle import ASSETS, Bundle, load_bundle
from core.datasets.command import add_places
from core.errors import InputError, pick
from core.movies import DATA
from core.movies.explore.made_up import MADE_UP_RATERS
from core.options import MOST_SEEDS, MOST_SHOWN, place, whole

if TYPE_CHECKING:
    from core.movies.explore import MovieExplorer


MOST_RATINGS = 10**9  # of a film; no data set has a larger number of a user either
_RATERS = ", ".join(MADE_UP_RATERS)


def register(subparsers: argparse._SubParsersAction) -> None:
    """Adds the command `movies` with its four questions."""
    movies = subparsers.add_parser("movies", help="ask a trained movie model")
    actions = movies.add_subparsers(title="questions", metavar="QUESTION", required=True)
    for name, text in (
        ("top", "films with the highest bias: good once the raters are accounted for"),
        ("bottom", "films with the lowest bias"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument(
            "--n", type=whole(1, MOST_SHOWN), default=15, help="films shown (default: %(default)s)"
        )
        action.add_argument(
            "--among",
            type=whole(1, MOST_SHOWN),
            default=2000,
            help="only among the N most rated films (default: %(default)s)",
        )
        action.add_argument("--genre", action="append", default=[], help="keep one genre; repeats")
        action.add_argument("--decade", action="append", default=[], help='e.g. "1990s"; repeats')
        action.add_argument(
            "--min-count",
            type=whole(0, MOST_RATINGS),
            default=0,
            help="fewest ratings of a film",
        )
        _add_bundle(action)
        action.set_defaults(run=run_ranking, is_top=name == "top")
    similar = actions.add_parser("similar", help="films with the most similar factors")
    similar.add_argument("title", metavar="TITLE", help='e.g. "Toy Story (1995)"')
    similar.add_argument(
        "--n",
        type=whole(1, MOST_SHOWN),
        default=10,
        help="films shown (default: %(default)s)",
    )
    _add_bundle(similar)
    similar.set_defaults(run=run_similar)
    predict = actions.add_parser("predict", help="a predicted rating, taken apart")
    predict.add_argument("title", metavar="TITLE")
    who = predict.add_mutually_exclusive_group(required=True)
    who.add_argument(
        "--user",
        type=whole(1, MOST_RATINGS),
        metavar="ID",
        help="a user id of the data set, whose archive must be on this machine or in a mirror",
    )
    who.add_argument("--rater", metavar="NAME", help=f"one of the made-up raters: {_RATERS}")
    who.add_argument(
        "--rated",
        action="append",
        metavar="TITLE=STARS",
        help='a new user\'s rating, e.g. "Toy Story (1995)=4.5"; repeats',
    )
    add_places(predict)
    _add_folder(predict)
    predict.set_defaults(run=run_predict)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `train movies` that other topics do not have."""
    parser.add_argument("--data", help=f"data set (default: {DATA})")
    parser.add_argument(
        "--folds", type=whole(2, MOST_SEEDS), help="cross-validate on contiguous folds instead"
    )
    parser.add_argument(
        "--figures-only",
        action="store_true",
        default=None,
        help="leave all films out of the bundle",
    )
    parser.set_defaults(own_options=("figures_only",))


def report(bundle: Bundle, out: Path, *, as_json: bool) -> None:
    """Prints what a training made: a line, or one JSON object.

    Args:
        bundle: as it was saved.
        out: where.
        as_json: print an object with bundle, metrics, seconds and device.
    """
    metric = bundle.metrics["val_mse"]
    if as_json:
        made = {
            "bundle": str(out),
            "metrics": {
                "val_mse": metric["value"],
                "val_rmse": bundle.metrics["val_rmse"]["value"],
                "per_seed": metric["per_seed"],
            },
            "seconds": bundle.duration_s,
            "device": bundle.device,
        }
        sys.stdout.write(json.dumps(made) + "\n")
    else:
        runs = len(metric["per_seed"])
        spread = f" (sd {metric['sd']:.4f} over {runs} splits)" if "sd" in metric else ""
        sys.stdout.write(
            f"held-out MSE {metric['value']:.4f}{spread} after {bundle.duration_s:.2g} s of "
            f"training on {bundle.device}; bundle written to {out}\n"
        )
    sys.stdout.flush()


def run_ranking(args: argparse.Namespace) -> None:
    """Prints the films with the highest or lowest bias."""
    films = _open(args)
    ranking = films.ranking(
        top_n=args.among, genres=args.genre, decades=args.decade, min_count=args.min_count
    )
    if not args.is_top:
        ranking = ranking[::-1]
    rows = ranking.head(args.n)[["bias", "mean", "count", "label"]]
    if args.json:
        sys.stdout.write(json.dumps({"films": rows.to_dict("records")}) + "\n")
        return
    sys.stdout.write("  bias   mean  ratings  film\n")
    for bias, mean, count, label in rows.itertuples(index=False):
        sys.stdout.write(f"{bias:+.3f}  {mean:5.2f}  {count:7,}  {label}\n")


def run_similar(args: argparse.Namespace) -> None:
    """Prints the films that are most similar by the cosine of their factors."""
    films = _open(args)
    found = films.find(args.title)
    rows = films.similar(found, n=args.n)[["similarity", "count", "label"]]
    label = str(films.films["label"][found])
    if args.json:
        sys.stdout.write(json.dumps({"film": label, "films": rows.to_dict("records")}) + "\n")
        return
    sys.stdout.write(f"cosine  ratings  film, by how similar it is to {label}\n")
    for similarity, count, label in rows.itertuples(index=False):
        sys.stdout.write(f"{similarity:+.3f}  {count:7,}  {label}\n")


def run_predict(args: argparse.Namespace) -> None:
    """Prints a predicted rating and the parts that sum to it."""
    films = _open(args)
    film = films.find(args.title)
    if args.user is not None:
        ratings = _ratings_of_user(films, args)
    elif args.rater is not None:
        ratings = films.rows_of(pick("rater", args.rater, MADE_UP_RATERS))
    else:
        ratings = dict(_parse_rating(films, text) for text in args.rated)
    explanation = films.explain(films.new_user(ratings), film)
    if args.json:
        report = {
            "prediction": explanation.prediction,
            "parts": explanation.parts.to_dict("records"),
        }
        sys.stdout.write(json.dumps(report) + "\n")
        return
    for part, _, stars in explanation.parts.itertuples(index=False):
        sys.stdout.write(f"{stars:+.3f}  {part}\n")
    sys.stdout.write(f"{explanation.prediction:6.3f}  {films.films['label'][film]}\n")


def _add_bundle(parser: argparse.ArgumentParser) -> None:
    _add_folder(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--bundle", type=place, default=ASSETS / "movies-bias", help="folder of the trained model"
    )


def _open(args: argparse.Namespace) -> "MovieExplorer":
    from core.movies.explore import MovieExplorer

    bundle = load_bundle(args.bundle, kind="movies", command="python -m core train movies")
    return MovieExplorer(bundle, args.bundle)


def _ratings_of_user(films: "MovieExplorer", args: argparse.Namespace) -> dict[int, float]:
    """Reads a user's ratings from the data set: the bundle holds no user's."""
    from core.datasets.store import ensure
    from core.movies.data import read_movielens

    name = films.bundle.dataset["name"]
    local = ensure(name, data_dir=args.data_dir, mirror=args.mirror, progress=False, download=False)
    return films.rows_of(read_movielens(local).ratings_of(args.user))


def _parse_rating(films: "MovieExplorer", text: str) -> tuple[int, float]:
    title, _, stars = text.rpartition("=")
    try:
        return films.find(title), float(stars)
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"--rated ({text}) should be TITLE=STARS, stars from 0.5 to 5") from error
