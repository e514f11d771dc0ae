"""The reviews that may be learned from, and what tells whether two are of one film or one writer.

The data set names neither film nor writer. But reviews of one film, at most 30 of them, have
consecutive numbers within a part: two whose numbers are 30 apart are of two films. (Measured by the
rare words that two reviews share, likeness falls with the distance of their numbers, and from 30 on
it is that of any two reviews.) And who writes the same twelve words twice is taken for one writer.
"""

import dataclasses

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

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
