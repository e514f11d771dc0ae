"""Where the n-grams of many texts stand, for one size after the other.

An n-gram is no more frequent than its parts, so each size is looked for only where both of its
shorter parts are frequent. N-gram and place make one integer, so that finding them is sorting.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np

from core.errors import InputError


@dataclasses.dataclass(frozen=True, slots=True)
class Occurrences:
    """The frequent n-grams of one size.

    Attributes:
        ngrams: i32[N, size], ids of their words.
        places: i64[M], where each begins, those of one n-gram after those of another, ascending.
        starts: i64[N + 1], where the places of each n-gram begin.
    """

    ngrams: np.ndarray
    places: np.ndarray
    starts: np.ndarray

    @property
    def size(self) -> int:
        """Words in an n-gram."""
        return self.ngrams.shape[1]

    @property
    def n_ngrams(self) -> int:
        """Number of n-grams N."""
        return len(self.ngrams)

    @property
    def counts(self) -> np.ndarray:
        """How often each stands in the texts, i64[N]."""
        return np.diff(self.starts)

    @property
    def rows(self) -> np.ndarray:
        """The n-gram at each place, i64[M]."""
        return np.repeat(np.arange(self.n_ngrams), self.counts)

    def first_in_each(self, texts: np.ndarray) -> np.ndarray:
        """Says which places are the first of their n-gram in a text, bool[M].

        Args:
            texts: i32[T], the text of each token.
        """
        rows, at = self.rows, texts[self.places]
        is_first = np.ones(len(at), bool)
        is_first[1:] = (at[1:] != at[:-1]) | (rows[1:] != rows[:-1])
        return is_first

    def only(self, stays: np.ndarray) -> "Occurrences":
        """Leaves places out: bool[M]. N-grams stay, even without any place."""
        counts = np.bincount(self.rows[stays], minlength=self.n_ngrams)
        return Occurrences(self.ngrams, self.places[stays], _starts(counts))

    def select(self, stays: np.ndarray) -> "Occurrences":
        """Leaves n-grams out: bool[N]."""
        counts = self.counts
        places = self.places[np.repeat(stays, counts)]
        return Occurrences(self.ngrams[stays], places, _starts(counts[stays]))


def frequent_ngrams(
    tokens: np.ndarray, texts: np.ndarray, *, longest: int, least: int
) -> Iterator[Occurrences]:
    """Finds the n-grams that stand in the texts so often.

    Args:
        tokens: i32[T], ids of words, one text after the other.
        texts: i32[T], the text of each token.
        longest: words in the longest n-gram, at least 1.
        least: fewest places of an n-gram.

    Returns:
        The n-grams of one word, then those of two, and so on.

    Raises:
        InputError: there are too many tokens and frequent n-grams to be numbered together.
    """
    code = tokens.astype(np.int64)
    words = code
    n_words = 0
    for size in range(1, longest + 1):
        if size > 1:
            n_places = max(len(tokens) - size + 1, 0)
            last = words[size - 1 :]
            stays = (code[:n_places] >= 0) & (last >= 0) & (code[1 : n_places + 1] >= 0)
            stays &= texts[:n_places] == texts[size - 1 :]
            code = np.where(stays, code[:n_places] * n_words + last, -1)
        code, places, counts = _grouped(code, least)
        if size == 1:
            words, n_words = code, len(counts)
        starts = _starts(counts)
        first = places[starts[:-1]]
        yield Occurrences(tokens[first[:, None] + np.arange(size)], places, starts)


def _grouped(code: np.ndarray, least: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers the codes that occur often enough.

    Returns:
        i64[T], the number of each place, -1 where there is none; the places by number; and how
        often each number occurs.
    """
    places = np.flatnonzero(code >= 0)
    bits = max(len(code) - 1, 0).bit_length()
    if int(code.max(initial=0)).bit_length() + bits > 63:
        raise InputError(f"texts ({len(code):,} tokens) should be fewer: they cannot be numbered")
    together = np.sort((code[places] << bits) | places)
    sorted_code, places = together >> bits, together & ((1 << bits) - 1)
    is_first = np.concatenate([[True], sorted_code[1:] != sorted_code[:-1]])[: len(places)]
    counts = np.diff(np.append(np.flatnonzero(is_first), len(places)))
    places = places[np.repeat(counts >= least, counts)]
    counts = counts[counts >= least]
    numbered = np.full(len(code), -1, np.int64)
    numbered[places] = np.repeat(np.arange(len(counts)), counts)
    return numbered, places, counts


def _starts(counts: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(counts)])
