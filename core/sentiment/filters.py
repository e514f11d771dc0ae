"""What each filter of a convolutional net looks for: the n-grams that excite it most.

They are looked for among those that may ship (`core.sentiment.disclosure`): common phrases, no
sentence of anybody's, and no longer passage when they are laid end over end.
"""

import numpy as np
import pandas as pd

from core.sentiment.data import Vocabulary
from core.sentiment.forward import CnnForward, MaxCnnForward, RegionForward
from core.sentiment.publishable import Publishable

MOST_SHOWN = 20
_SCORED_AT_ONCE = 20_000


def strongest_ngrams(
    net: CnnForward | MaxCnnForward | RegionForward, vocabulary: Vocabulary, found: Publishable
) -> pd.DataFrame:
    """Finds the n-grams that excite each filter most.

    Args:
        net: with filters of five words or fewer.
        vocabulary: the words it knows.
        found: the n-grams that may ship.

    Returns:
        Columns "size" (words), "filter" (within its size), "rank" (from 1), "ngram" (words with
        blanks between), "value" (what the filter says) and "reviews" (how many hold it, of those
        that may be learned from); at most `MOST_SHOWN` rows a filter, none with a rare word.
    """
    encoded = vocabulary.encode(found.words)
    words = np.array(["", *vocabulary.words], dtype=object)
    rows = []
    for group, size in enumerate(net.sizes):
        ngrams, reviews = found.table(size)
        ngrams = encoded[ngrams]
        known = (ngrams != vocabulary.rare).all(axis=1)
        ngrams, reviews = ngrams[known], reviews[known]
        best = _Best()
        for at in range(0, len(ngrams), _SCORED_AT_ONCE):
            some = ngrams[at : at + _SCORED_AT_ONCE]
            best.add(net.excite(group, net.embed(some)), np.arange(at, at + len(some)))
        for number in range(best.n_filters):
            for rank, (value, row) in enumerate(best.of(number), start=1):
                text = " ".join(words[ngrams[row]])
                rows.append((size, number, rank, text, value, int(reviews[row])))
    return pd.DataFrame(rows, columns=["size", "filter", "rank", "ngram", "value", "reviews"])


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
