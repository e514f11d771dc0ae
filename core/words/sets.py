"""Which sets of word vectors the command line can ask, and how each is opened."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from core.bundle import ASSETS, load_bundle
from core.datasets.command import sources_of
from core.datasets.store import Sources
from core.errors import InputError
from core.words import GLOVE, OUR_VECTORS

if TYPE_CHECKING:
    from core.words.vectors import WordVectors


def open_set(name: str, sources: Sources, *, n_dims: int = 50) -> "WordVectors":
    """Opens a set of vectors by name.

    Args:
        name: "glove" or one of `OUR_VECTORS`.
        sources: where GloVe's archive is looked for.
        n_dims: of GloVe's vectors.

    Raises:
        InputError: there is none of that name.
        DataError: GloVe's archive is missing or damaged.
        BundleError: the bundle is missing or damaged.
    """
    if name == GLOVE:
        from core.words.glove import open_glove

        return open_glove(sources.get("glove-6b"), n_dims=n_dims, data_dir=sources.data_dir)
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
        return open_set(args.vectors, sources_of(args), n_dims=args.n_dims)
    from core.words.glove import glove_if_here

    found = glove_if_here(n_dims=args.n_dims, data_dir=args.data_dir, mirror=args.mirror)
    if found is None:
        sys.stderr.write(
            f"GloVe's archive is not on this machine: asking our own vectors, {OUR_VECTORS[0]}\n"
        )
        return open_set(OUR_VECTORS[0], sources_of(args))
    return found
