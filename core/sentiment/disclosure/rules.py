"""Which n-grams of reviews may ship: what many wrote about many films, and nobody's own words.

Statistical disclosure control, as offices of statistics know it: a figure is published if enough
people stand behind it, and if it tells nothing of one of them. An n-gram may ship if

- it stands in reviews of ten films or more, of ten writers as far as the data tells: in reviews 30
  numbers or more apart in one part of the archive, of which no two share a passage of twelve words
  (`core.sentiment.disclosure.reviews`). Films of other parts may be the same ones and add nothing;
- it does not belong to a longer passage: neither the word before it nor the word behind it is the
  same one in more than four of five places, where the begin and the end of a review count as words,
  and there are five different pairs of neighbours or more. Of two words or more, it has no
  uncommon word in more than a third of its reviews, either: a phrase that one writer uses under
  every film comes with their other habits (the word "extras" behind every "my grade", a name at the
  end), and half of a saying with the other half, where what many say about many films has no such
  companion;
- every name in it is known from films (`core.sentiment.disclosure.names`), and nothing in it
  belongs to an address;
- it does not chain (`core.sentiment.disclosure.chains`): of n-grams of three words or more, the
  most frequent first, only those ship that give no passage of eight words, however they overlap. So
  it is with the pairs that tables list. A linear model keeps more pairs: of all its n-grams
  together it is asked that none tells alone how a passage goes on
  (`core.sentiment.train.nbsvm.silent`).

Counted are all reviews that may be learned from, labelled or not; labels play no part. The rule
depends on the archive alone, so whatever ships of any model is part of one set of n-grams: 22,000
words, 107,000 pairs (51,000 for tables), 70,000 triples and 30,000 longer ones.

References:
    A. Hundepool et al. (2012). Statistical Disclosure Control. Wiley. (frequency, dominance)
    L. Sweeney (2002). k-Anonymity: A Model for Protecting Privacy.
        https://doi.org/10.1142/S0218488502001648
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse

from core.addresses import COMMON_PARTS, address_words
from core.sentiment.disclosure import names
from core.sentiment.disclosure.chains import unchained
from core.sentiment.disclosure.reviews import (
    PART_STEP,
    REVIEWS_A_FILM,
    SHARED_PASSAGE,
    Learnable,
    Occurrences,
    frequent_ngrams,
)

UNCOMMON = 0.01  # of the reviews, at most, have an uncommon word
MOST_TOGETHER = 1 / 3  # of an n-gram's reviews, at most, have the same uncommon word
_AT_ONCE = 2_000  # n-grams
MIN_FILMS = 10
MOST_ALIKE = 0.8  # share of the places that one neighbour may have
MIN_CONTEXTS = 5  # different pairs of neighbours
LONGEST_CHAIN = 7  # words
LONGEST_NGRAM = 5  # words
RULE = {  # as bundles record it
    "min_films": MIN_FILMS,
    "reviews_a_film": REVIEWS_A_FILM,
    "shared_passage": SHARED_PASSAGE,
    "most_alike": MOST_ALIKE,
    "min_contexts": MIN_CONTEXTS,
    "most_together": MOST_TOGETHER,
    "longest_chain": LONGEST_CHAIN,
}


def by_one_writer_once(reviews: Learnable, found: Occurrences) -> Occurrences:
    """Leaves out where a writer repeats an n-gram in another review."""
    texts = reviews.texts[found.places]
    writers = reviews.writers[texts].astype(np.int64)
    several = np.bincount(reviews.writers)[writers] > 1
    key = found.rows[several] * (len(reviews.writers) + 1) + writers[several]
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    stays = np.ones(len(texts), bool)
    stays[several] = texts[several] == texts[several][first][which]
    return found.only(stays)


def film_counts(reviews: Learnable, found: Occurrences, *, most: int = MIN_FILMS) -> np.ndarray:
    """Counts films that are surely different: the most reviews of a part, 30 numbers apart.

    Args:
        reviews: where the n-grams stand.
        found: the n-grams and their places.
        most: counting stops there.

    Returns:
        i64[N], of the part that has the most.
    """
    places = found.rows * (10 * PART_STEP) + reviews.order[reviews.texts[found.places]]
    each = np.arange(found.n_ngrams) * (10 * PART_STEP)
    films = np.zeros(found.n_ngrams, np.int64)
    for part in np.unique(reviews.parts):
        at = np.searchsorted(places, each + int(part) * PART_STEP)
        end = np.searchsorted(places, each + (int(part) + 1) * PART_STEP)
        count = np.zeros(found.n_ngrams, np.int64)
        rows = np.flatnonzero(at < end)
        for _ in range(most):
            if not len(rows):
                break
            count[rows] += 1
            at[rows] = np.searchsorted(places, places[at[rows]] + REVIEWS_A_FILM)
            rows = rows[at[rows] < end[rows]]
        films = np.maximum(films, count)
    return films


def stands_alone(reviews: Learnable, found: Occurrences) -> np.ndarray:
    """Says which n-grams belong to no longer passage, bool[N]: their neighbours differ enough."""
    n_words = len(reviews.words) + 1
    left, right = (reviews.neighbours(found.places, at) for at in (-1, found.size))
    alone = np.ones(found.n_ngrams, bool)
    for side in (left, right):
        rows, counts = _different(found.rows, side, n_words)
        most = np.zeros(found.n_ngrams, np.int64)
        np.maximum.at(most, rows, counts)
        alone &= most <= MOST_ALIKE * found.counts
    rows, _ = _different(found.rows, left * n_words + right, n_words**2)
    return alone & (np.bincount(rows, minlength=found.n_ngrams) >= MIN_CONTEXTS)


def _different(rows: np.ndarray, what: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts the different ones of `what`, which are below n, for each row: its row, how often."""
    in_order = np.sort(rows * n + what)
    begins = np.flatnonzero(np.diff(in_order, prepend=-1))
    return in_order[begins] // n, np.diff(np.append(begins, len(in_order)))


def permitted(reviews: Learnable, *, longest: int = LONGEST_NGRAM) -> dict[int, Occurrences]:
    """Finds the n-grams that pass every rule but the last: chains are not looked at.

    Args:
        reviews: that may be learned from.
        longest: words in the longest n-gram.

    Returns:
        Size -> its n-grams.

    Raises:
        InputError: there are too many reviews.
    """
    shares = names.capital_shares(reviews)
    address = address_words(reviews.tokens, reviews.texts, reviews.words)
    address |= np.array([word in COMMON_PARTS for word in reviews.words], bool)
    uncommon = word_matrix(reviews)
    known: set[tuple[int, ...]] = set()
    kept = {}
    for found in frequent_ngrams(reviews.tokens, reviews.texts, longest=longest, least=MIN_FILMS):
        found = by_one_writer_once(reviews, found)
        found = found.select(film_counts(reviews, found) >= MIN_FILMS)
        known |= set(map(tuple, found.ngrams[names.known_from_films(reviews, found)].tolist()))
        stays = stands_alone(reviews, found) & ~address[found.ngrams].any(axis=1)
        named = names.name_words(reviews, found, shares)
        for row in np.flatnonzero(stays & named.any(axis=1)):
            ngram = found.ngrams[row].tolist()
            stays[row] = all(tuple(ngram[a:b]) in known for a, b in names.runs_of(named[row]))
        found = found.select(stays)
        if found.size > 1:  # a single word is no habit of anybody's
            found = found.select(~has_companion(reviews, found, uncommon))
        kept[found.size] = found
    return kept


def do_not_chain(
    found: Mapping[int, np.ndarray], counts: Mapping[int, np.ndarray], words: Sequence[str]
) -> dict[int, np.ndarray]:
    """Says which n-grams stay so that there is no long chain, the most frequent first.

    Args:
        found: size -> i32[N, size], n-grams that chain with each other.
        counts: size -> i64[N], how frequent each is.
        words: what the ids stand for; n-grams as frequent come in alphabetical order.

    Returns:
        Size -> bool[N].
    """
    place = np.argsort(np.argsort(np.array(words, object)))
    queue = sorted(
        (-count, alphabetical, size, row)
        for size, ngrams in found.items()
        for row, (count, alphabetical) in enumerate(
            zip(counts[size].tolist(), place[ngrams].tolist(), strict=True)
        )
    )
    stay = unchained(
        (tuple(found[size][row].tolist()) for *_, size, row in queue), longest=LONGEST_CHAIN
    )
    stays = {size: np.zeros(len(ngrams), bool) for size, ngrams in found.items()}
    for (*_, size, row), it_does in zip(queue, stay, strict=True):
        stays[size][row] = it_does
    return stays


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
