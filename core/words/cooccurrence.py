"""How often words stand near each other: the counts that GloVe fits.

Source:
    Pennington, Socher, Manning: GloVe: Global Vectors for Word Representation, 2014,
    https://aclanthology.org/D14-1162/ (section 3 and 4.2: symmetric windows, a pair of words that
    stand d apart counts 1/d)
"""

import dataclasses
import math

import numpy as np

from core.errors import InputError

MAX_WINDOW = 15  # the distance of a pair is packed into 4 bits of its key
_PAIRS_AT_ONCE = 24_000_000  # bounds the memory: 8 bytes a pair, and as much again to sort them


@dataclasses.dataclass(frozen=True, slots=True)
class Cooccurrence:
    """Weighted counts of unordered pairs of words, each pair once; sorted by (first, second).

    Attributes:
        first: i32[N], the smaller id of a pair, which is the more frequent word.
        second: i32[N], the other id; the same one where a word stands near itself.
        weights: f32[N], the sum of 1/distance over every time that the two stand near each other,
            in either order: the count X of the paper, which is symmetric.
        n_words: V, the size of the vocabulary.
    """

    first: np.ndarray
    second: np.ndarray
    weights: np.ndarray
    n_words: int

    def __len__(self) -> int:
        return len(self.weights)

    def at_least(self, weight: float) -> "Cooccurrence":
        """Leaves out the pairs below a weight."""
        kept = self.weights >= weight
        return Cooccurrence(self.first[kept], self.second[kept], self.weights[kept], self.n_words)


def count_pairs(
    tokens: np.ndarray,
    reviews: np.ndarray,
    *,
    n_words: int,
    window: int,
    pairs_at_once: int = _PAIRS_AT_ONCE,
) -> Cooccurrence:
    """Counts pairs of words at most `window` apart within one review.

    The vocabulary is cut into ranges of ids, and the pairs of one range after the other, by their
    smaller id, are gathered as keys (first, second, distance) and sorted: exact, the same on every
    run, and in bounded memory.

    Args:
        tokens: i32[T], ids of words.
        reviews: i32[T], which review each stands in.
        n_words: V, one more than the largest id.
        window: largest distance, from 1 to `MAX_WINDOW`.
        pairs_at_once: about how many pairs are sorted together.

    Returns:
        The counts. A word at distance d from its own kind adds 2/d to the pair of itself, as it
        does when either of the two is taken as the centre.

    Raises:
        InputError: the window is out of bounds.
    """
    if not 1 <= window <= MAX_WINDOW:
        raise InputError(f"window ({window}) should be from 1 to {MAX_WINDOW}")
    inverse = np.zeros(MAX_WINDOW + 1)
    inverse[1:] = 1 / np.arange(1, MAX_WINDOW + 1)
    parts = []
    for low, high in _ranges(tokens, n_words, window, pairs_at_once):
        keys = np.concatenate(
            [_keys(tokens, reviews, distance, low, high) for distance in range(1, window + 1)]
        )
        if not len(keys):
            continue
        keys.sort()
        pairs = keys >> 4
        begins = np.flatnonzero(np.diff(pairs, prepend=-1))
        weights = np.add.reduceat(inverse[keys & 15], begins)
        first, second = np.divmod(pairs[begins], 1 << 30)
        weights[first == second] *= 2
        parts.append((first.astype(np.int32), second.astype(np.int32), weights.astype(np.float32)))
    if not parts:
        empty = np.zeros(0, np.int32)
        return Cooccurrence(empty, empty, np.zeros(0, np.float32), n_words)
    return Cooccurrence(*map(np.concatenate, zip(*parts, strict=True)), n_words)


def _keys(
    tokens: np.ndarray, reviews: np.ndarray, distance: int, low: int, high: int
) -> np.ndarray:
    """Returns first * 2^34 + second * 2^4 + distance of the pairs whose smaller id is in range."""
    before, after = tokens[:-distance], tokens[distance:]
    first = np.minimum(before, after)
    chosen = (first >= low) & (first < high) & (reviews[:-distance] == reviews[distance:])
    first = first[chosen].astype(np.int64)
    second = np.maximum(before, after)[chosen].astype(np.int64)
    return (first << 34) | (second << 4) | distance


def _ranges(
    tokens: np.ndarray, n_words: int, window: int, pairs_at_once: int
) -> list[tuple[int, int]]:
    """Cuts 0..V so that each range begins about as many pairs, taken from pairs of neighbours."""
    smaller = np.minimum(tokens[:-1], tokens[1:])
    before = np.cumsum(np.bincount(smaller, minlength=n_words)) * window
    n_parts = math.ceil((before[-1] if len(before) else 0) / pairs_at_once)
    edges = [int(np.searchsorted(before, k * pairs_at_once)) + 1 for k in range(1, n_parts)]
    edges = sorted({0, *(edge for edge in edges if edge < n_words), n_words})
    return list(zip(edges[:-1], edges[1:], strict=True))
