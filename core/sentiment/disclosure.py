"""Which n-grams of reviews may ship: what many wrote about many films, and nobody's own words.

Statistical disclosure control, as offices of statistics know it: a figure is published if enough
people stand behind it, and if it tells nothing of one of them. An n-gram may ship if

- it stands in reviews of ten films or more, of ten writers as far as the data tells: in reviews 30
  numbers or more apart in one part of the archive, of which no two share a passage of twelve words
  (`core.sentiment.learnable`). Films of other parts may be the same ones and add nothing;
- it does not belong to a longer passage: neither the word before it nor the word behind it is the
  same one in more than four of five places, where the begin and the end of a review count as words,
  and there are five different pairs of neighbours or more. Of two words or more, it has no
  uncommon word in more than a third of its reviews, either (`core.sentiment.companions`);
- every name in it is known from films (`core.sentiment.names`), and nothing in it belongs to an
  address;
- it does not chain (`core.sentiment.chains`): of n-grams of three words or more, the most frequent
  first, only those ship that give no passage of eight words, however they overlap. So it is with
  the pairs that tables list. A linear model keeps more pairs: of all its n-grams together it is
  asked that none tells alone how a passage goes on (`core.sentiment.nbsvm.silent`).

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

from core.addresses import COMMON_PARTS, address_words
from core.sentiment import names
from core.sentiment.chains import unchained
from core.sentiment.companions import MOST_TOGETHER, has_companion, word_matrix
from core.sentiment.learnable import PART_STEP, REVIEWS_A_FILM, SHARED_PASSAGE, Learnable
from core.sentiment.occurrences import Occurrences, frequent_ngrams

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
