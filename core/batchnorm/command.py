"""Options of `train batchnorm`, `batchnorm insert` and `batchnorm evaluate`."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.batchnorm import BEST, DATA, NETS
from core.batchnorm.data.decoding import FORMATS
from core.batchnorm.surgery import EPSILON, EXACT, RECIPES
from core.bundle import ASSETS
from core.datasets.command import add_places
from core.errors import InputError
from core.options import (
    MOST_SEED,
    MOST_SHOWN,
    place,
    real,
    whole,
)

if TYPE_CHECKING:
    from core.batchnorm.model import Net

MOST_SIDE = 1_024  # pixels: the nets were made for about 227
_PLACES = ("convolution", "relu", "both")


def register(subparsers: argparse._SubParsersAction) -> None:
    """Adds the command `batchnorm` with its questions."""
    batchnorm = subparsers.add_parser(
        "batchnorm", help="put batch norm into a pre-trained net, or classify cats and dogs"
    )
    actions = batchnorm.add_subparsers(title="questions", metavar="QUESTION", required=True)
    insert = actions.add_parser(
        "insert",
        help="put batch norm into a net and print how far its output moves",
        description="Loads a net's weights, measures its activations on photos, puts batch norm in "
        "and prints the largest difference of its output over the same photos.",
    )
    insert.add_argument("--net", default=NETS[0], help=f"{', '.join(NETS)} (default: %(default)s)")
    insert.add_argument(
        "--recipe", default=EXACT, help=f"{', '.join(RECIPES)} (default: %(default)s)"
    )
    insert.add_argument(
        "--layers", nargs="+", metavar="NAME", help="behind these layers (default: see --place)"
    )
    insert.add_argument(
        "--place",
        default="convolution",
        choices=_PLACES,
        help="without --layers: behind every convolution and dense layer, every relu, or both",
    )
    insert.add_argument("--list", action="store_true", help="list the net's places and stop")
    insert.add_argument(
        "--epsilon",
        type=real(0, 1e6),
        default=EPSILON,
        help="added to the variance (default: %(default)s)",
    )
    insert.add_argument(
        "--weights", type=place, help="a Keras .h5 file (default: the data set of the net)"
    )
    insert.add_argument(
        "--images", default=DATA, help="a folder with cats/ and dogs/, or a data set of photos"
    )
    insert.add_argument(
        "--n-photos", type=whole(1, MOST_SHOWN), default=64, help="default: %(default)s"
    )
    insert.add_argument(
        "--seed", type=whole(0, MOST_SEED), default=0, help="of photos and random recipe"
    )
    add_places(insert)
    insert.set_defaults(run=run_insert)

    evaluate_images = actions.add_parser(
        "evaluate",
        help="accuracy on a folder's photos, without and with batch norm",
        description="Classifies a folder's photos with the fine-tuned nets of the bundle "
        "batchnorm-best and prints the share that each classifies correctly.",
    )
    evaluate_images.add_argument(
        "--images", type=place, required=True, metavar="DIR", help="a folder with cats/ and dogs/"
    )
    evaluate_images.add_argument(
        "--bundle",
        type=place,
        default=ASSETS / f"batchnorm-{BEST}",
        help="other nets than the best",
    )
    evaluate_images.add_argument("--json", action="store_true", help="print one JSON object")
    evaluate_images.set_defaults(run=run_evaluate_images)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `train batchnorm` that other topics do not have."""
    parser.add_argument(
        "--data", "--photos", dest="data", help=f"data set of photos (default: {DATA})"
    )
    parser.add_argument(
        "--size", type=whole(1, MOST_SIDE), help="side of the images, other than the recipe's"
    )
    parser.set_defaults(own_options=("size",))


def run_insert(args: argparse.Namespace) -> None:
    """Operates once and prints the largest difference.

    Raises:
        InputError: a name or value is unusable, or the weights are another net's.
        DataError: a data set is missing or damaged.
    """
    if args.net not in NETS:
        raise InputError(f"net ({args.net}) should be one of {', '.join(NETS)}")
    places = {"data_dir": args.data_dir, "mirror": args.mirror}
    net, layers = _net_and_layers(args, places)
    if args.list:
        for name in layers:
            sys.stdout.write(f"{name}\n")
        return
    photos = _photos_of(args.images, args.n_photos, args.seed, places)
    found = _try_insertion(
        net, photos, layers, recipe=args.recipe, epsilon=args.epsilon, seed=args.seed
    )
    if args.json:
        report = {"net": args.net, "recipe": args.recipe, "epsilon": args.epsilon, **found}
        sys.stdout.write(json.dumps(report) + "\n")
        return
    if found["max_abs_diff"] is None:
        moves = "is no number any more"
    else:
        share = found["relative_diff"]
        moves = f"moves by at most {found['max_abs_diff']:.3g}, {share:.3g} of its largest value"
    sys.stdout.write(
        f"batch norm ({args.recipe}) behind {found['n_layers']} layers of {args.net}: the output "
        f"{moves}, over {found['n_photos']} photos\n"
    )


def run_evaluate_images(args: argparse.Namespace) -> None:
    """Classifies the photos of a folder.

    Raises:
        InputError: the folder or a photo in it is unusable.
        BundleError: the bundle is missing, damaged, or of another content.
    """
    from core.batchnorm.data import read_folder
    from core.batchnorm.explore.nets import accuracies_on, open_best

    bundle = open_best(args.bundle)
    left_out: list[Path] = []
    photos = read_folder(args.images, framing=bundle.config["framing"], on_left_out=left_out.extend)
    _report_left_out(left_out)
    found = accuracies_on(bundle, photos.images, photos.labels)
    if args.json:
        report = {**found, "n_photos": len(photos), "n_left_out": len(left_out)}
        sys.stdout.write(json.dumps(report) + "\n")
        return
    sys.stdout.write(
        f"{100 * found['accuracy_without']:.2f} % of {len(photos)} photos classified correctly "
        f"without batch norm, {100 * found['accuracy_with']:.2f} % with it\n"
    )


def _photos_of(images: str, n_photos: int, seed: int, places: dict) -> np.ndarray:
    """Draws photos from a folder of one's own or from a data set's train: u8[N, S, S, 3]."""
    from core.batchnorm.data import read_folder, read_photos
    from core.datasets.registry import REGISTRY
    from core.datasets.store import ensure

    if images in REGISTRY and not Path(images).is_dir():
        found = read_photos(ensure(images, **places), data_dir=places["data_dir"])["train"]
    else:
        found = read_folder(Path(images), on_left_out=_report_left_out)
    rows = np.random.default_rng(seed).permutation(len(found))[:n_photos]
    return np.asarray(found.images[np.sort(rows)])


def _report_left_out(paths: Sequence[Path]) -> None:
    """Says on stderr which files of a folder are no photos, and what would be."""
    if paths:
        some = ", ".join(path.name for path in paths[:3]) + (", ..." if len(paths) > 3 else "")
        sys.stderr.write(
            f"{len(paths):,} left out, no photos that can be read ({', '.join(FORMATS)}): {some}\n"
        )


def _net_and_layers(args: argparse.Namespace, places: dict) -> "tuple[Net, tuple[str, ...]]":
    """Loads a net and settles behind which layers batch norm is to stand."""
    from core.batchnorm.model import points_of
    from core.batchnorm.model.keras_weights import has_top, known_net, load_keras
    from core.batchnorm.surgery.insert import with_batch_norm
    from core.datasets.store import ensure

    path = args.weights if args.weights is not None else ensure(args.net, **places).path
    net = load_keras(path, known_net(args.net, with_top=has_top(path, args.net)))
    if args.layers is None:
        return net, points_of(net.config, args.place)
    with_batch_norm(net.config, args.layers, EPSILON)  # unknown names show before photos are read
    return net, tuple(args.layers)


def _try_insertion(
    net: "Net",
    photos: np.ndarray,
    layers: Sequence[str],
    *,
    recipe: str,
    epsilon: float,
    seed: int,
) -> dict[str, float | None]:
    """Inserts, and compares both nets over the same photos, u8[N, S, S, 3].

    Returns:
        "max_abs_diff" and "relative_diff" (by the largest output), both None where the new net's
        output is no finite number; "n_layers", "n_photos".
    """
    from flax import nnx

    from core.batchnorm.model.predictor import Predictor
    from core.batchnorm.surgery.insert import insert_measured
    from core.loop import named_arrays

    operated = insert_measured(net, photos, layers, recipe=recipe, epsilon=epsilon, seed=seed)
    before, after = (
        Predictor(each.config, named_arrays(nnx.state(each)))(photos) for each in (net, operated)
    )
    is_finite = bool(np.isfinite(after).all())
    largest = float(np.abs(after - before).max()) if is_finite else None
    return {
        "max_abs_diff": largest,
        "relative_diff": None if largest is None else largest / float(np.abs(before).max()),
        "n_layers": len(layers),
        "n_photos": len(photos),
    }
