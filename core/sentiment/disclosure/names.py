"""Which words of an n-gram are a name, and whether it is one that films made known.

A name is told by its capital in mid-sentence. Films made it known if reviewers of one film speak of
it one after the other, and for several films: of actors, characters, titles and towns they do.
Whoever signs with a name writes one review of a film; between their reviews stand others' of the
same film, which have no such name. Of the names that stand in reviews of ten films, 88 % of the
single words and 80 % of the pairs are known so. Among the rest are all signatures that were found
by hand (one stands under 71 reviews, of which no two are near each other), and names that few films
are about.
"""

import numpy as np

from core.reviews import ALL_CAPITALS, CAPITALISED
from core.sentiment.data import is_punctuation
from core.sentiment.disclosure.reviews import PART_STEP, Learnable, Occurrences
from core.tokens import has_letter

MOSTLY = 0.5  # share of mid-sentence places with a capital from which on a word is a name
NEAR = 10  # numbers apart, at most, for two reviews that probably are of one film
FEWEST_FILMS = 3  # of which reviewers speak of a name one after the other
MORE_THAN_CHANCE = 2.0  # times as often as reviews in any order would
COMMON = 500  # reviews: a single word that stands in as many is nobody's name
_FEWEST_PLACES = 5  # in mid-sentence, to judge by


def capital_shares(reviews: Learnable) -> np.ndarray:
    """Returns how often each word has a capital in mid-sentence, f64[V].

    Words in capitals throughout are not counted: they shout. A word that hardly stands in
    mid-sentence is judged by all its places.
    """
    usable = reviews.cases != ALL_CAPITALS
    middle = usable & _in_mid_sentence(reviews, np.arange(len(reviews.tokens)))
    shares = []
    for places in (middle, usable):
        counts = np.bincount(reviews.tokens[places], minlength=len(reviews.words))
        capital = places & (reviews.cases == CAPITALISED)
        found = np.bincount(reviews.tokens[capital], minlength=len(reviews.words))
        shares.append((found / np.maximum(counts, 1), counts))
    (in_middle, n_middle), (anywhere, _) = shares
    return np.where(n_middle >= _FEWEST_PLACES, in_middle, anywhere)


def name_words(reviews: Learnable, found: Occurrences, shares: np.ndarray) -> np.ndarray:
    """Says which words of which n-grams are names, bool[N, size].

    Args:
        reviews: where they stand.
        found: the n-grams and their places.
        shares: of `capital_shares`. A word that has enough places in mid-sentence within the
            n-gram is judged by those: "will" is a name in "will smith".
    """
    names = np.zeros(found.ngrams.shape, bool)
    for offset in range(found.size):
        places = found.places + offset
        counted = reviews.cases[places] != ALL_CAPITALS
        counted &= _in_mid_sentence(reviews, places)
        rows = found.rows[counted]
        n_places = np.bincount(rows, minlength=found.n_ngrams)
        capital = reviews.cases[places[counted]] == CAPITALISED
        share = np.bincount(rows[capital], minlength=found.n_ngrams) / np.maximum(n_places, 1)
        share = np.where(n_places >= _FEWEST_PLACES, share, shares[found.ngrams[:, offset]])
        names[:, offset] = share >= MOSTLY
    letters = np.array([has_letter(word) for word in reviews.words], bool)
    letters &= np.array(reviews.words, object) != "i"
    return names & letters[found.ngrams]


def known_from_films(reviews: Learnable, found: Occurrences) -> np.ndarray:
    """Says of which n-grams reviewers of one film speak one after the other, bool[N].

    Two reviews near each other in a part count where the n-gram stands in both. It has to stand so
    for several films, and more often than if its reviews stood anywhere in their parts.
    """
    texts = reviews.texts[found.places]
    is_first = found.first_in_each(reviews.texts)
    rows, at = found.rows[is_first], reviews.order[texts[is_first]]
    n = found.n_ngrams
    near = (np.diff(at) <= NEAR) & (rows[1:] == rows[:-1]) & (np.diff(at) > 0)
    observed = np.bincount(rows[1:][near], minlength=n)
    begins = near & ~np.concatenate([[False], near[:-1]])[: len(near)]
    films = np.bincount(rows[1:][begins], minlength=n)
    expected = np.zeros(n)
    for part in np.unique(reviews.parts):
        here = reviews.parts == part
        span = np.ptp(reviews.numbers[here]) + 1
        count = np.bincount(rows[at // PART_STEP == part], minlength=n)
        expected += np.maximum(count - 1, 0) * -np.expm1(-count * NEAR / span)
    known = (films >= FEWEST_FILMS) & (observed >= MORE_THAN_CHANCE * expected)
    if found.size == 1:
        known |= np.bincount(rows, minlength=n) >= COMMON
    return known


def runs_of(names: np.ndarray) -> list[tuple[int, int]]:
    """Finds the names in an n-gram: begin and end of each run in bool[size]."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], names.astype(np.int8), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _in_mid_sentence(reviews: Learnable, places: np.ndarray) -> np.ndarray:
    """Says whether a word or a comma stands before each place, bool[M]."""
    inside = np.array([not is_punctuation(word) or word == "," for word in reviews.words] + [False])
    return inside[reviews.neighbours(places, -1)]
