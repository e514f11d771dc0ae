"""The reviews that words are learned from, as ids of words and as counts of pairs of words.

They are those of train/pos, train/neg and train/unsup: 75,000 reviews and 20 million tokens. No
label is looked at, and no review of the test part. A review whose tokens stand in an earlier one is
left out (unsup repeats some), so that what is held out is new. Words are numbered by how frequent
they are; how often two stand near each other is what GloVe fits.

Source:
    Pennington, Socher, Manning: GloVe: Global Vectors for Word Representation, 2014,
    https://aclanthology.org/D14-1162/ (section 3 and 4.2: symmetric windows, a pair of words that
    stand d apart counts 1/d)
"""

import dataclasses
import math
from pathlib import Path

import numpy as np

from core.addresses import address_words, without_addresses
from core.datasets.store import LocalData
from core.errors import DataError, InputError
from core.reviews import Reviews, read_reviews, texts_of

PARTS = ("train_pos", "train_neg", "train_unsup")
HELD_OUT_SHARE = 0.05
MAX_WINDOW = 15  # the distance of a pair is packed into 4 bits of its key
_PAIRS_AT_ONCE = 24_000_000  # bounds the memory: 8 bytes a pair, and as much again to sort them


@dataclasses.dataclass(frozen=True, slots=True)
class Corpus:
    """Reviews as ids of words; the ids count from the most frequent word.

    Attributes:
        tokens: i32[T], the words of all reviews one after the other.
        starts: i64[R + 1], where each review begins in `tokens`; the last is T.
        words: the V words, most frequent first, ties in alphabetical order; parts of addresses of
            few are not named (`core.addresses`).
        counts: i64[V], how often each stands in `tokens`.
    """

    tokens: np.ndarray
    starts: np.ndarray
    words: tuple[str, ...]
    counts: np.ndarray

    def __post_init__(self) -> None:
        """Checks that the parts fit each other.

        Raises:
            DataError: lists every way in which they do not.
        """
        problems = []
        if len(self.words) != len(self.counts):
            problems.append(f"{len(self.words):,} words have {len(self.counts):,} counts")
        if len(self.starts) < 1 or self.starts[0] != 0 or self.starts[-1] != len(self.tokens):
            problems.append("the reviews do not cover the tokens")
        elif np.any(np.diff(self.starts) < 0):
            problems.append("a review ends before it begins")
        if len(self.counts) and np.any(np.diff(self.counts) > 0):
            problems.append("the words are not sorted by count")
        if int(self.counts.sum()) != len(self.tokens):
            problems.append(f"the counts do not sum to the {len(self.tokens):,} tokens")
        if problems:
            raise DataError("the corpus is inconsistent: " + "; ".join(problems))

    @property
    def n_reviews(self) -> int:
        """Number of reviews R."""
        return len(self.starts) - 1

    @property
    def n_words(self) -> int:
        """Number of words V."""
        return len(self.words)

    def limited(self, *, min_count: int = 1, max_words: int | None = None) -> "Corpus":
        """Leaves out the rare words, and closes the gaps that they leave in the reviews.

        So word2vec does it: the words around a rare one become neighbours.

        Args:
            min_count: fewest occurrences of a word that stays, at least 1.
            max_words: most words that stay.

        Raises:
            InputError: nothing would be left.
        """
        n_words = int(np.searchsorted(-self.counts, -min_count, side="right"))
        n_words = n_words if max_words is None else min(n_words, max_words)
        if n_words < 1:
            raise InputError(
                f"min_count ({min_count}) and max_words ({max_words}) should leave a word; the "
                f"most frequent has {int(self.counts.max(initial=0)):,} occurrences"
            )
        known = self.tokens < n_words
        kept_before = np.concatenate([[0], np.cumsum(known)])
        return Corpus(
            self.tokens[known],
            kept_before[self.starts],
            self.words[:n_words],
            np.asarray(self.counts[:n_words]),
        )

    def select(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Takes some reviews out.

        Args:
            chosen: bool[R].

        Returns:
            Their tokens i32[N], and for each token the row of its review, i32[N].
        """
        reviews = texts_of(self.starts)
        inside = np.repeat(chosen, np.diff(self.starts))
        return np.asarray(self.tokens[inside]), reviews[inside]


def held_out_reviews(n_reviews: int, *, seed: int, share: float = HELD_OUT_SHARE) -> np.ndarray:
    """Draws the reviews that training never sees: bool[R], about `share` of them.

    Raises:
        InputError: there are too few reviews to have some on either side.
    """
    chosen = np.random.default_rng(seed).random(n_reviews) < share
    if chosen.all() or not chosen.any():
        raise InputError(f"reviews ({n_reviews}) should be enough to hold {share:.0%} of them out")
    return chosen


@dataclasses.dataclass(frozen=True, slots=True)
class Split:
    """The reviews on either side, and how often each word stands in the training ones.

    Attributes:
        tokens: i32[T], ids of the training reviews.
        reviews: i32[T], the review of each.
        held_tokens: i32[H], ids of the held-out reviews.
        held_reviews: i32[H].
        counts: i64[V], over `tokens`.
    """

    tokens: np.ndarray
    reviews: np.ndarray
    held_tokens: np.ndarray
    held_reviews: np.ndarray
    counts: np.ndarray

    @property
    def n_words(self) -> int:
        """Number of words V."""
        return len(self.counts)


def split_corpus(corpus: Corpus, *, seed: int) -> Split:
    """Holds some reviews out; the same ones for the same seed."""
    held_out = held_out_reviews(corpus.n_reviews, seed=seed)
    tokens, reviews = corpus.select(~held_out)
    counts = np.bincount(tokens, minlength=corpus.n_words)
    return Split(tokens, reviews, *corpus.select(held_out), counts)


def read_corpus(local: LocalData, *, data_dir: str | Path | None = None) -> Corpus:
    """Opens the reviews of the train and unsup parts, tokenised, with every word that occurs.

    Args:
        local: the archive of the data set "imdb".
        data_dir: folder of kept files instead of LATENT_LAB_DATA or ~/.cache/latent-lab.

    Raises:
        DataError: as in `read_reviews`.
    """
    return corpus_of(read_reviews(local, data_dir=data_dir))


def corpus_of(reviews: Reviews) -> Corpus:
    """Takes the reviews that words may be learned from, each once; see the module.

    Raises:
        DataError: there is none.
    """
    tokens, starts = reviews.select(reviews.first_of_each(reviews.rows(*PARTS)))
    if not len(tokens):
        raise DataError("the archive has no word in train/pos, train/neg and train/unsup")
    return _by_frequency(tokens, starts, reviews.words)


def _by_frequency(tokens: np.ndarray, starts: np.ndarray, words: tuple[str, ...]) -> Corpus:
    """Numbers the words from the most frequent one, and leaves out those that do not occur."""
    of_few = address_words(tokens, texts_of(starts), words)
    counts = np.bincount(tokens, minlength=len(words))
    names = np.array(words, dtype=object)
    order = np.lexsort((names.astype(str), -counts))[: np.count_nonzero(counts)]
    new_id = np.empty(len(words), np.int32)
    new_id[order] = np.arange(len(order), dtype=np.int32)
    named = without_addresses(names[order].tolist(), of_few[order])
    return Corpus(new_id[tokens], starts, named, counts[order])


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
    first, second, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Cooccurrence(first, second, weights, n_words)


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
