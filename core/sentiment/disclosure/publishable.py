"""The n-grams of the reviews that may ship, found once and kept beside the reviews."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from core.datasets.cached_folder import cached_folder
from core.datasets.part import disk_errors
from core.datasets.store import LocalData
from core.datasets.store import data_dir as data_folder
from core.errors import DataError
from core.reviews import Reviews, kept_name, read_reviews
from core.sentiment.data import pack_columns
from core.sentiment.disclosure.reviews import Learnable, Occurrences, learnable
from core.sentiment.disclosure.rules import LONGEST_NGRAM, do_not_chain, permitted

_VERSION = 1  # of the kept copy: to be raised with any change of a rule
_ARRAYS = ("ngrams", "reviews", "listed")


@dataclasses.dataclass(frozen=True, slots=True)
class Publishable:
    """N-grams that pass the rules of `core.sentiment.disclosure.rules`, by size.

    Attributes:
        words: what the ids stand for.
        ngrams: size -> i32[N, size].
        reviews: size -> i32[N], in how many of the reviews that may be learned from each stands.
        listed: size -> bool[N], whether it may stand in a table of n-grams. All may but some pairs,
            which would chain there.
    """

    words: tuple[str, ...]
    ngrams: Mapping[int, np.ndarray]
    reviews: Mapping[int, np.ndarray]
    listed: Mapping[int, np.ndarray]

    def keys(self, order: int) -> np.ndarray:
        """Returns those of so many words or fewer as `core.sentiment.data` packs them, i64[N]."""
        keys = [pack_columns(ngrams) for size, ngrams in self.ngrams.items() if size <= order]
        return np.sort(np.concatenate(keys))

    def table(self, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns those of a size that may be listed, i32[N, size], and their reviews, i32[N]."""
        listed = self.listed[size]
        return self.ngrams[size][listed], self.reviews[size][listed]


def publishable(reviews: Learnable) -> Publishable:
    """Finds the n-grams that may ship among those of up to five words.

    Args:
        reviews: that may be learned from.

    Raises:
        InputError: there are too many reviews.
    """
    found = permitted(reviews)
    ngrams = {size: each.ngrams for size, each in found.items()}
    counts = {size: _reviews_with(reviews, each) for size, each in found.items()}
    stay = {1: np.ones(len(ngrams[1]), bool)}
    for sizes in ([2], range(3, LONGEST_NGRAM + 1)):
        stay |= do_not_chain({n: ngrams[n] for n in sizes}, counts, reviews.words)
    ships = {n: stay[n] | (n == 2) for n in ngrams}
    return Publishable(
        reviews.words,
        {n: ngrams[n][ships[n]] for n in ngrams},
        {n: counts[n][ships[n]] for n in ngrams},
        {n: stay[n][ships[n]] for n in ngrams},
    )


def read_publishable(
    local: LocalData, *, reviews: Reviews | None = None, data_dir: str | Path | None = None
) -> Publishable:
    """Opens the n-grams that may ship; the first call finds them (about a minute).

    Args:
        local: the archive of the data set "imdb".
        reviews: its reviews, if they are at hand.
        data_dir: folder of kept files instead of LATENT_LAB_DATA or ~/.cache/latent-lab.

    Raises:
        DataError: the archive is damaged, or the data folder cannot be written.
    """
    reviews = reviews or read_reviews(local, data_dir=data_dir)
    folder = data_folder(data_dir) / "cache" / f"{kept_name(local)}-ngrams-v{_VERSION}"
    with disk_errors(folder):
        found = cached_folder(
            folder,
            load=lambda folder: _load(folder, reviews.words),
            write=lambda new: _save(publishable(learnable(reviews)), new),
            source=local.path,
        )
    if found is None:
        raise DataError(f"{folder} cannot be read back; delete it and run the same command again")
    return found


def _reviews_with(reviews: Learnable, found: Occurrences) -> np.ndarray:
    """In how many reviews each n-gram stands, i32[N]."""
    rows = found.rows[found.first_in_each(reviews.texts)]
    return np.bincount(rows, minlength=found.n_ngrams).astype(np.int32)


def _save(found: Publishable, folder: Path) -> None:
    for name in _ARRAYS:
        for size, array in getattr(found, name).items():
            np.save(folder / f"{name}-{size}.npy", array, allow_pickle=False)


def _load(folder: Path, words: tuple[str, ...]) -> Publishable | None:
    """Reads what `_save` wrote; None if nothing is there, or something unusable."""
    sizes = range(1, LONGEST_NGRAM + 1)
    try:
        arrays = [
            {n: np.load(folder / f"{name}-{n}.npy", allow_pickle=False) for n in sizes}
            for name in _ARRAYS
        ]
    except (OSError, ValueError, EOFError):
        return None
    ngrams, reviews, listed = arrays
    fits = all(
        ngrams[n].shape == (len(listed[n]), n) and len(reviews[n]) == len(listed[n]) for n in sizes
    )
    return Publishable(words, ngrams, reviews, listed) if fits else None
