"""Uncommon words that go along with an n-gram, wherever in the review they stand.

A phrase that one writer uses under every film comes with their other habits: the word "extras"
behind every "my grade", a name at the end. So does a phrase that is half of a saying. What many say
about many films has no such companion.
"""

import numpy as np
from scipy import sparse

from core.sentiment.learnable import Learnable
from core.sentiment.occurrences import Occurrences

UNCOMMON = 0.01  # of the reviews, at most, have an uncommon word
MOST_TOGETHER = 1 / 3  # of an n-gram's reviews, at most, have the same uncommon word
_AT_ONCE = 2_000  # n-grams


def word_matrix(reviews: Learnable) -> sparse.csr_array:
    """Says which review has which uncommon word, f32[R, V]."""
    stands = _incidence(reviews.texts, reviews.tokens, (reviews.n_texts, len(reviews.words)))
    uncommon = stands.sum(axis=0) <= UNCOMMON * reviews.n_texts
    return _only(stands, uncommon[stands.indices])


def has_companion(reviews: Learnable, found: Occurrences, words: sparse.csr_array) -> np.ndarray:
    """Says which n-grams have an uncommon word in too many of their reviews, bool[N].

    Args:
        reviews: where they stand.
        found: the n-grams and their places.
        words: of `word_matrix`.
    """
    shape = found.n_ngrams, reviews.n_texts
    stands = _incidence(found.rows, reviews.texts[found.places], shape)
    n_reviews = np.diff(stands.indptr)
    # what stands in more reviews than these cannot have an uncommon word in so many of them
    rows = np.flatnonzero(n_reviews * MOST_TOGETHER <= UNCOMMON * reviews.n_texts)
    accompanied = np.zeros(found.n_ngrams, bool)
    for at in range(0, len(rows), _AT_ONCE):
        some = rows[at : at + _AT_ONCE]
        together = stands[some] @ words
        row = np.repeat(some, np.diff(together.indptr))
        often = together.data > MOST_TOGETHER * n_reviews[row]
        row, word = row[often], together.indices[often]
        own = (found.ngrams[row] == word[:, None]).any(axis=1)
        accompanied[row[~own]] = True
    return accompanied


def _incidence(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> sparse.csr_array:
    """Has a 1 wherever a row and a column meet, however often they do."""
    ones = np.ones(len(rows), np.float32)
    matrix = sparse.csr_array((ones, (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def _only(matrix: sparse.csr_array, stays: np.ndarray) -> sparse.csr_array:
    """Leaves entries out."""
    before = np.concatenate([[0], np.cumsum(stays)])
    return sparse.csr_array(
        (matrix.data[stays], matrix.indices[stays], before[matrix.indptr]), shape=matrix.shape
    )
