"""The data set's test reviews, for pages: only where its archive lies on this machine."""

from pathlib import Path

from core.datasets import store
from core.datasets.mirror import resolve_mirror
from core.datasets.registry import get_command, lookup
from core.reviews import read_reviews
from core.sentiment.data import Texts, labelled

__all__ = ["DATA_SET", "Texts", "as_read", "command", "is_here", "open_test_texts"]
DATA_SET = "imdb"


def is_here(*, data_dir: str | Path | None = None, mirror: str | Path | None = None) -> bool:
    """Says whether the archive lies on this machine; opens nothing.

    Args:
        data_dir: the data folder instead of LATENT_LAB_DATA or ~/.cache/latent-lab.
        mirror: folder or address instead of LATENT_LAB_MIRROR.

    Raises:
        InputError: an argument is unusable.
    """
    source = resolve_mirror(mirror)
    try:
        folder = store.data_dir(data_dir)
    except store.NoHome:
        return False
    return store.locate(lookup(DATA_SET), folder=folder, mirror=source) is not None


def command() -> str:
    """Returns the command that brings the data set to this machine."""
    return get_command(lookup(DATA_SET))


def open_test_texts(
    *, data_dir: str | Path | None = None, mirror: str | Path | None = None
) -> Texts:
    """Opens the 25,000 test reviews in the order of the bundles' tables; nothing is fetched.

    Args:
        data_dir: the data folder instead of LATENT_LAB_DATA or ~/.cache/latent-lab.
        mirror: folder or address instead of LATENT_LAB_MIRROR.

    Raises:
        InputError: an argument is unusable.
        DataError: the archive is not here, or damaged.
    """
    local = store.ensure(DATA_SET, data_dir=data_dir, mirror=mirror, progress=False, download=False)
    return labelled(read_reviews(local, data_dir=data_dir), "test")


def as_read(texts: Texts, row: int) -> str:
    """Returns a review as its tokens, with a blank between them: what the models read."""
    some = texts.tokens[texts.starts[row] : texts.starts[row + 1]]
    return " ".join(texts.words[token] for token in some)
