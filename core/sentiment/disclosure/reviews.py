"""The reviews that may be learned from, and where their n-grams stand.

The data set names neither film nor writer. But reviews of one film, at most 30 of them, have
consecutive numbers within a part: two whose numbers are 30 apart are of two films. (Measured by the
rare words that two reviews share, likeness falls with the distance of their numbers, and from 30 on
it is that of any two reviews.) And who writes the same twelve words twice is taken for one writer.

N-grams are found one size after the other: an n-gram is no more frequent than its parts, so each
size is looked for only where both of its shorter parts are frequent. N-gram and place make one
integer, so that finding them is sorting.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from core.errors import InputError
from core.reviews import Reviews, texts_of, words_beside

PARTS = ("train_pos", "train_neg", "train_unsup")
REVIEWS_A_FILM = 30
SHARED_PASSAGE = 12  # words; of eight, 25 % of all reviews would hang together
PART_STEP = 1_000_000_000  # above any number of a review
_FACTOR = np.uint64(6364136223846793005)  # of a rolling hash modulo 2 ** 64


@dataclasses.dataclass(frozen=True, slots=True)
class Learnable:
    """Reviews, those of a part together and by their numbers.

    Attributes:
        tokens: i32[T], ids of words, one review after the other.
        cases: u8[T], how each is written, see `core.reviews`.
        texts: i32[T], the review of each token.
        parts: u8[R], index into `core.reviews.PARTS`.
        numbers: i32[R], of each review within its part.
        writers: i32[R], the same for reviews that share a passage.
        words: what the ids stand for.
    """

    tokens: np.ndarray
    cases: np.ndarray
    texts: np.ndarray
    parts: np.ndarray
    numbers: np.ndarray
    writers: np.ndarray
    words: tuple[str, ...]

    @property
    def n_texts(self) -> int:
        """Number of reviews R."""
        return len(self.parts)

    @property
    def order(self) -> np.ndarray:
        """One number for the part and the number of each review, `PART_STEP` a part, i64[R]."""
        return self.parts.astype(np.int64) * PART_STEP + self.numbers

    def neighbours(self, places: np.ndarray, distance: int) -> np.ndarray:
        """Returns the word so far behind each place (before it, if below 0), i64[M].

        It is the number of words, which is no word's id, beyond the begin or end of the review.
        """
        return words_beside(self.tokens, self.texts, places, distance, outside=len(self.words))


def learnable(reviews: Reviews) -> Learnable:
    """Takes the reviews of train, labelled or not, each once, and none that stands in test, too."""
    test = reviews.rows("test_pos", "test_neg")
    stay = reviews.first_of_each(np.concatenate([test, reviews.rows(*PARTS)]))
    rows = stay[~np.isin(stay, test)]
    rows = rows[np.lexsort((reviews.numbers[rows], reviews.parts[rows]))]
    tokens, starts = reviews.select(rows)
    texts = texts_of(starts)
    at = np.arange(len(tokens)) + np.repeat(reviews.starts[rows] - starts[:-1], np.diff(starts))
    return Learnable(
        tokens,
        np.asarray(reviews.cases[at]),
        texts,
        reviews.parts[rows],
        reviews.numbers[rows],
        writers_of(tokens, texts, len(rows)),
        reviews.words,
    )


def writers_of(tokens: np.ndarray, texts: np.ndarray, n_texts: int) -> np.ndarray:
    """Numbers the texts so that those that share a passage have one number, i32[R].

    Args:
        tokens: i32[T], one text after the other.
        texts: i32[T], the text of each.
        n_texts: R.
    """
    n_places = max(len(tokens) - SHARED_PASSAGE + 1, 0)
    hashes = np.random.default_rng(0).integers(1 << 63, size=tokens.max(initial=0) + 1)
    each = hashes.astype(np.uint64)[tokens]
    passages = np.zeros(n_places, np.uint64)
    for offset in range(SHARED_PASSAGE):
        passages = passages * _FACTOR + each[offset : n_places + offset]
    places = np.flatnonzero(texts[:n_places] == texts[len(tokens) - n_places :])
    passages = passages[places]
    in_order = np.sort(passages)
    repeated = np.unique(in_order[1:][in_order[1:] == in_order[:-1]])
    at = np.searchsorted(repeated, passages)
    shared = np.append(repeated, 0)[at] == passages
    shared &= at < len(repeated)
    n = n_texts + len(repeated)  # texts, then passages: a graph between the two
    links = (texts[places[shared]], n_texts + at[shared])
    graph = sparse.coo_array((np.ones(len(links[0]), bool), links), shape=(n, n))
    return connected_components(graph, directed=False)[1][:n_texts].astype(np.int32)


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
