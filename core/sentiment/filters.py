"""What each filter of a convolutional net looks for: the n-grams that excite it most.

They are counted when a net is trained, over the training reviews, and only n-grams that stand in
several reviews: what ships are common phrases, no sentence of anybody's.
"""

import numpy as np
import pandas as pd

from core.sentiment.data import Texts, Vocabulary
from core.sentiment.forward import CnnForward, MaxCnnForward, RegionForward

MIN_REVIEWS = 3
MOST_SHOWN = 20
_SCORED_AT_ONCE = 20_000


def strongest_ngrams(
    net: CnnForward | MaxCnnForward | RegionForward, vocabulary: Vocabulary, texts: Texts
) -> pd.DataFrame:
    """Finds the n-grams that excite each filter most.

    Args:
        net: with filters.
        vocabulary: the words it knows.
        texts: training reviews, as the net reads them.

    Returns:
        Columns "size" (words), "filter" (within its size), "rank" (from 1), "ngram" (words with
        blanks between), "value" (what the filter says) and "reviews" (how many hold it); at most
        `MOST_SHOWN` rows a filter, none with a rare word.
    """
    ids = vocabulary.encode(texts.words)[texts.tokens]
    words = np.array(["", *vocabulary.words], dtype=object)
    found = []
    for group, size in enumerate(net.sizes):
        ngrams, reviews = count_ngrams(ids, texts.starts, size, vocabulary.rare)
        best = _Best()
        for at in range(0, len(ngrams), _SCORED_AT_ONCE):
            some = ngrams[at : at + _SCORED_AT_ONCE]
            best.add(net.excite(group, net.embed(some)), np.arange(at, at + len(some)))
        for number in range(best.n_filters):
            for rank, (value, row) in enumerate(best.of(number), start=1):
                text = " ".join(words[ngrams[row]])
                found.append((size, number, rank, text, value, int(reviews[row])))
    return pd.DataFrame(found, columns=["size", "filter", "rank", "ngram", "value", "reviews"])


def count_ngrams(
    ids: np.ndarray, starts: np.ndarray, size: int, rare: int
) -> tuple[np.ndarray, np.ndarray]:
    """Counts in how many texts each n-gram of one size stands.

    Args:
        ids: i32[T], from 1 to `rare`, one text after the other.
        starts: i64[R + 1].
        size: words in an n-gram.
        rare: the id of rare words; n-grams with one are left out.

    Returns:
        i32[N, size], the n-grams that stand in `MIN_REVIEWS` texts or more, and in how many each
        does, i64[N].
    """
    texts = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    n_places = max(len(ids) - size + 1, 0)
    inside = texts[:n_places] == texts[size - 1 :]
    for d in range(size):
        inside &= ids[d : d + n_places] != rare
    places = np.flatnonzero(inside)
    # Narrowing down: an n-gram is no more frequent than its beginning, so few stay to be sorted.
    codes = np.zeros(len(places), np.int64)
    for d in range(size):
        codes = codes * (rare + 1) + ids[places + d]
        _, codes, counts = np.unique(codes, return_inverse=True, return_counts=True)
        stays = counts[codes] >= MIN_REVIEWS
        places, codes = places[stays], codes[stays]
    pairs = np.unique(np.stack([codes, texts[places]], axis=1), axis=0)
    kept, reviews = np.unique(pairs[:, 0], return_counts=True)
    kept, reviews = kept[reviews >= MIN_REVIEWS], reviews[reviews >= MIN_REVIEWS]
    order = np.argsort(codes, kind="stable")
    first = places[order[np.searchsorted(codes[order], kept)]]
    return ids[first[:, None] + np.arange(size)].astype(np.int32), reviews


class _Best:
    """The rows with the highest values of each filter, kept while groups of rows come in."""

    def __init__(self) -> None:
        self.n_filters = 0
        self._values = np.zeros((0, 0), np.float32)
        self._rows = np.zeros((0, 0), np.int64)

    def add(self, values: np.ndarray, rows: np.ndarray) -> None:
        """Takes f32[N, F] of the rows i64[N]."""
        rows = np.tile(rows[:, None], (1, values.shape[1]))
        is_first, self.n_filters = not self.n_filters, values.shape[1]
        together = values if is_first else np.concatenate([self._values, values])
        numbers = rows if is_first else np.concatenate([self._rows, rows])
        order = np.argsort(-together, axis=0, kind="stable")[:MOST_SHOWN]
        self._values = np.take_along_axis(together, order, axis=0)
        self._rows = np.take_along_axis(numbers, order, axis=0)

    def of(self, number: int) -> list[tuple[float, int]]:
        """Returns value and row of a filter's best, the highest first, without those at 0."""
        pairs = zip(self._values[:, number].tolist(), self._rows[:, number].tolist(), strict=True)
        return [(value, row) for value, row in pairs if value > 0]
