"""Which sets of word vectors the command line can ask, and how each is opened."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from core.bundle import ASSETS, load_bundle
from core.errors import InputError
from core.words import OUR_VECTORS

if TYPE_CHECKING:
    from core.words.vectors import WordVectors

GLOVE = "glove"


def open_set(name: str, args: argparse.Namespace) -> "WordVectors":
    """Opens a set of vectors by name.

    Args:
        name: "glove" or one of `OUR_VECTORS`.
        args: mirror, data_dir and, for glove, perhaps n_dims.

    Raises:
        InputError: there is none of that name.
        DataError: GloVe's archive is missing or damaged.
        BundleError: the bundle is missing or damaged.
    """
    if name == GLOVE:
        from core.datasets.store import ensure
        from core.words.glove import open_glove

        local = ensure("glove-6b", data_dir=args.data_dir, mirror=args.mirror)
        return open_glove(local, n_dims=getattr(args, "n_dims", 50), data_dir=args.data_dir)
    if name not in OUR_VECTORS:
        raise InputError(f"--vectors ({name}) should be one of {', '.join((GLOVE, *OUR_VECTORS))}")
    return _open_bundle(ASSETS / f"words-{name}", name)


def _open_bundle(folder: Path, preset: str) -> "WordVectors":
    from core.words.explorer import open_vectors

    command = f"python -m core train words --preset {preset} --out {folder}"
    return open_vectors(load_bundle(folder, kind="words", command=command), folder)


def choose_set(args: argparse.Namespace) -> "WordVectors":
    """Opens what --bundle or --vectors names; else GloVe if it is here, else our own.

    Raises:
        InputError: both were given, or the name is unknown.
        DataError: GloVe's archive is missing or damaged.
        BundleError: the bundle is missing or damaged.
    """
    if args.bundle is not None:
        if args.vectors is not None:
            raise InputError("--bundle should be given without --vectors")
        return _open_bundle(args.bundle, OUR_VECTORS[0])
    if args.vectors is not None:
        return open_set(args.vectors, args)
    from core.words.glove import glove_if_here

    found = glove_if_here(n_dims=args.n_dims, data_dir=args.data_dir, mirror=args.mirror)
    if found is None:
        sys.stderr.write(
            f"GloVe's archive is not on this machine: asking our own vectors, {OUR_VECTORS[0]}\n"
        )
        return open_set(OUR_VECTORS[0], args)
    return found
