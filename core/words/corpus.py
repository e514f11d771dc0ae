"""The reviews that words are learned from, numbered by how frequent their words are.

They are those of train/pos, train/neg and train/unsup: 75,000 reviews and 20 million tokens. No
label is looked at, and no review of the test part. A review whose tokens stand in an earlier one is
left out (unsup repeats some), so that what is held out is new.
"""

import dataclasses
from pathlib import Path

import numpy as np

from core.addresses import address_words, without_addresses
from core.datasets.store import LocalData
from core.errors import DataError, InputError
from core.reviews import Reviews, collect, read_reviews, texts_of

PARTS = ("train_pos", "train_neg", "train_unsup")
HELD_OUT_SHARE = 0.05


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


def count_corpus(reviews: list[list[str]]) -> Corpus:
    """Makes a corpus of tokenised reviews; see `read_corpus` for the archive."""
    return corpus_of(collect((tokens, PARTS[0], 0, 0) for tokens in reviews))


def _by_frequency(tokens: np.ndarray, starts: np.ndarray, words: tuple[str, ...]) -> Corpus:
    """Numbers the words from the most frequent one, and leaves out those that do not occur."""
    of_few = address_words(tokens, texts_of(starts), words)
    counts = np.bincount(tokens, minlength=len(words))
    names = np.array(words, dtype=object)
    order = np.lexsort((names.astype(str), -counts))[: np.count_nonzero(counts)]
    new_id = np.empty(len(words), np.int32)
    new_id[order] = np.arange(len(order), dtype=np.int32)
    named = without_addresses(names[order], of_few[order])
    return Corpus(new_id[tokens], starts, named, counts[order])
