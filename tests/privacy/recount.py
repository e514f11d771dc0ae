"""Counts again, in a way of its own, what stands behind n-grams of reviews."""

import functools
from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from core.reviews import ALL_CAPITALS, CAPITALISED, Reviews
from tests.privacy.archive import FILMS, Archive
from tests.privacy.text_attacks import Words

LEARNED_FROM = ("train_pos", "train_neg", "train_unsup")
ONE_HAND = 12  # words in a row that no two writers share
MOST_ALIKE, CONTEXTS = 0.8, 5
UNCOMMON, TOGETHER = 0.01, 1 / 3  # share of all reviews, and of an n-gram's
OF_FEW = 30  # reviews: a word of more is nobody's address
NAME = 0.5  # share of places with a capital
NEAR, FILMS_OF_A_NAME, BEYOND_CHANCE, A_COMMON_WORD = 10, 3, 2, 500


class Recount:
    """What stands behind n-grams, in the reviews that may be learned from.

    Args:
        reviews: all of them.
    """

    def __init__(self, reviews: Reviews) -> None:
        self.archive = Archive(reviews, _learned_from(reviews))
        self._hands = _hands(self.archive)
        self._middle = self._in_mid_sentence(np.arange(len(self.archive.tokens)))
        self._shares = self._capital_shares()
        n_words = len(self.archive.words)
        once, _ = _different(self.archive.review * n_words + self.archive.tokens)
        self._words_of, reviews_of = once % n_words, once // n_words  # each word once a review
        self._begins = np.searchsorted(reviews_of, np.arange(len(self.archive.parts) + 1))
        self._n_reviews = np.bincount(self._words_of, minlength=n_words)

    def faults(self, ngrams: Iterable[Words], *, n_drawn: int = 1_000) -> dict[str, set[Words]]:
        """Looks for n-grams that tell of few.

        Args:
            ngrams: of any sizes.
            n_drawn: how many are drawn of each size to look for a "habit", which takes long.

        Returns:
            Fault -> the n-grams that have it: "films" (or writers) too few, "neighbours" too alike,
            a "name" that films did not make known, a "habit" of one hand or one saying.
        """
        kinds = ("films", "neighbours", "name", "habit")
        found: dict[str, set[Words]] = {kind: set() for kind in kinds}
        by_size = defaultdict(set)
        for ngram in ngrams:
            by_size[len(ngram)].add(ngram)
        named: defaultdict[Words, set[Words]] = defaultdict(set)  # name -> the n-grams with it
        for some in by_size.values():
            ordered, which, places = self._places(some)
            n, size = len(ordered), len(ordered[0])
            few = self.archive.films(which, places, n) < FILMS
            left, right = (self.archive.beside(places, at) for at in (-1, size))
            alike = _alike(which, left, right, n)
            found["films"] |= {ordered[k] for k in np.flatnonzero(few)}
            found["neighbours"] |= {ordered[k] for k in np.flatnonzero(alike)}
            if size > 1:
                drawn = np.random.default_rng(size).permutation(n)[:n_drawn]
                at = np.searchsorted(which, [drawn, drawn + 1])
                found["habit"] |= {
                    ordered[k]
                    for k, begin, end in zip(drawn, *at, strict=True)
                    if self._has_companion(ordered[k], places[begin:end])
                }
            names = self._names(ordered, which, places)
            for k in np.flatnonzero(names.any(axis=1)):
                signs = "".join("x" if is_name else " " for is_name in names[k])
                at = 0
                for run in signs.split(" "):
                    if run:
                        named[ordered[k][at : at + len(run)]].add(ordered[k])
                    at += len(run) + 1
        for name in set(named) - self._known(named):
            found["name"] |= named[name]
        return found

    def in_addresses(self, words: Iterable[str]) -> set[str]:
        """Those of some words that mostly stand beside www or the ending of an address, in few."""
        ids = self.archive.encode(words)
        ids = ids[ids < len(self.archive.words)]
        found = ids[(self._shares_in_addresses[ids] >= 0.6) & (self._n_reviews[ids] < OF_FEW)]
        return {word for word in self.archive.words[found] if word.isalpha()}

    @functools.cached_property
    def _shares_in_addresses(self) -> np.ndarray:
        """How often each word stands in front of an ending, or behind www, f64[V]."""
        archive = self.archive
        www, stop = archive.encode(["www", "."])  # behind www there may be a stop, or none
        endings = np.flatnonzero(np.isin(archive.tokens, archive.encode(["com", "org", "net"])))
        begins = np.flatnonzero(archive.tokens == www)
        inside = np.zeros(len(archive.tokens), bool)
        none = len(archive.words)
        behind_stop = archive.beside(endings, -1) == stop
        inside[endings[behind_stop & (archive.beside(endings, -2) < none)] - 2] = True
        for distance in (1, 2):
            inside[begins[archive.beside(begins, distance) < none] + distance] = True
        n = np.bincount(archive.tokens, minlength=len(archive.words))
        return np.bincount(archive.tokens[inside], minlength=len(n)) / np.maximum(n, 1)

    def _places(self, ngrams: set[Words]) -> tuple[list[Words], np.ndarray, np.ndarray]:
        """N-grams of one size; the n-gram and the place of each, once a writer."""
        size = len(next(iter(ngrams)))
        hashes = np.array([self.archive.hashes(self.archive.encode(n), size)[0] for n in ngrams])
        in_any_order = list(ngrams)
        order = np.argsort(hashes)
        which, places = self.archive.places_of(hashes[order], size)
        hands = self._hands[self.archive.review[places]]
        stays = np.ones(len(places), bool)
        first: dict[tuple[int, int], int] = {}
        for k in np.flatnonzero(hands >= 0).tolist():
            review = self.archive.review[places[k]]
            stays[k] = first.setdefault((which[k], hands[k]), review) == review
        return [in_any_order[k] for k in order], which[stays], places[stays]

    def _known(self, names: Iterable[Words]) -> set[Words]:
        """Names that reviewers of one film speak of one after the other, film by film."""
        known = set()
        by_size = defaultdict(set)
        for name in names:
            by_size[len(name)].add(name)
        for size, some in by_size.items():
            ordered, which, places = self._places(some)
            ends = np.cumsum(np.bincount(which, minlength=len(ordered)))
            for name, at, end in zip(ordered, [0, *ends], ends, strict=False):
                rows, _ = _different(self.archive.review[places[at:end]])
                if size == 1 and len(rows) >= A_COMMON_WORD or self._in_clusters(rows):
                    known.add(name)
        return known

    def _has_companion(self, ngram: Words, places: np.ndarray) -> bool:
        """Whether an uncommon word stands in too many of the reviews with an n-gram."""
        rows = _different(self.archive.review[places])[0]
        n_reviews = len(self.archive.parts)
        if not len(rows) or len(rows) > UNCOMMON / TOGETHER * n_reviews:
            return False
        words = [self._words_of[self._begins[row] : self._begins[row + 1]] for row in rows]
        counts = np.bincount(np.concatenate(words), minlength=len(self.archive.words))
        counts[self.archive.encode(ngram)] = 0
        return bool(
            counts[self._n_reviews <= UNCOMMON * n_reviews].max(initial=0) > TOGETHER * len(rows)
        )

    def _in_clusters(self, rows: np.ndarray) -> bool:
        """Whether reviews lie near each other, in several places and beyond chance."""
        observed = expected = films = 0
        for part in np.unique(self.archive.parts[rows]):
            numbers = self.archive.numbers[rows[self.archive.parts[rows] == part]]
            everywhere = self.archive.numbers[self.archive.parts == part]
            near = np.diff(numbers) <= NEAR
            observed += near.sum()
            films += np.sum(near & ~np.concatenate([[False], near])[:-1])
            density = len(numbers) / (everywhere[-1] - everywhere[0] + 1)
            expected += (len(numbers) - 1) * (1 - np.exp(-NEAR * density))
        return films >= FILMS_OF_A_NAME and observed >= BEYOND_CHANCE * expected

    def _names(self, ngrams: list[Words], which: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Which words are names, bool[N, size]: by their capitals here, or anywhere."""
        archive = self.archive
        ids = np.array([archive.encode(ngram) for ngram in ngrams])
        found = np.zeros(ids.shape, bool)
        for offset in range(ids.shape[1]):
            at = places + offset
            counted = (archive.cases[at] != ALL_CAPITALS) & self._middle[at]
            n = np.bincount(which[counted], minlength=len(ids))
            capital = archive.cases[at[counted]] == CAPITALISED
            share = np.bincount(which[counted][capital], minlength=len(ids)) / np.maximum(n, 1)
            found[:, offset] = np.where(n >= 5, share, self._shares[ids[:, offset]]) >= NAME
        nameless = [word == "i" or not any(map(str.isalpha, word)) for word in archive.words]
        return found & ~np.array(nameless)[ids]

    def _capital_shares(self) -> np.ndarray:
        """How often each word has a capital in mid-sentence, or anywhere if it is hardly there."""
        archive = self.archive
        counted = archive.cases != ALL_CAPITALS
        shares = []
        for places in (counted & self._middle, counted):
            n = np.bincount(archive.tokens[places], minlength=len(archive.words))
            capital = archive.tokens[places & (archive.cases == CAPITALISED)]
            share = np.bincount(capital, minlength=len(archive.words)) / np.maximum(n, 1)
            shares.append((share, n))
        return np.where(shares[0][1] >= 5, shares[0][0], shares[1][0])

    def _in_mid_sentence(self, places: np.ndarray) -> np.ndarray:
        """Whether a word, a number or a comma stands before each place."""
        words = self.archive.words
        inside = [any(map(str.isalnum, word)) or word == "," for word in words]
        return np.array([*inside, False])[self.archive.beside(places, -1)]


def _learned_from(reviews: Reviews) -> np.ndarray:
    """The rows of train that are new, and not in test."""
    train = set(reviews.rows(*LEARNED_FROM).tolist())
    texts = [
        reviews.tokens[begin:end].tobytes()
        for begin, end in zip(reviews.starts, reviews.starts[1:], strict=False)
    ]
    seen = {text for row, text in enumerate(texts) if row not in train} | {b""}
    rows = []
    for part in LEARNED_FROM:
        for row in reviews.rows(part).tolist():
            if texts[row] not in seen:
                rows.append(row)
                seen.add(texts[row])
    return np.array(rows, np.int64)


def _hands(archive: Archive) -> np.ndarray:
    """Numbers the writers of reviews that share a passage, i64[R]; -1 for all others."""
    hashes = archive.hashes(archive.tokens, ONE_HAND)
    inside = archive.review[: len(hashes)] == archive.review[ONE_HAND - 1 :][: len(hashes)]
    in_order = np.sort(hashes[inside])
    shared, _ = _different(in_order[1:][in_order[1:] == in_order[:-1]])
    which, places = archive.places_of(shared, ONE_HAND)
    leader = list(range(len(archive.parts)))

    def led_by(row: int) -> int:
        while leader[row] != row:
            row = leader[row]
        return row

    first: dict[int, int] = {}
    for passage, row in zip(which.tolist(), archive.review[places].tolist(), strict=True):
        leader[led_by(row)] = led_by(first.setdefault(passage, row))
    hands = np.array([led_by(row) for row in range(len(leader))])
    return np.where(np.bincount(hands, minlength=len(hands))[hands] > 1, hands, -1)


def _alike(which: np.ndarray, left: np.ndarray, right: np.ndarray, n: int) -> np.ndarray:
    """Which n-grams have neighbours that are too alike, bool[N]."""
    counts = np.bincount(which, minlength=n)
    most_words = max(left.max(initial=0), right.max(initial=0)) + 1
    alike = np.zeros(n, bool)
    for side in (left, right):
        different, times = _different(which * most_words + side)
        most = np.zeros(n, np.int64)
        np.maximum.at(most, different // most_words, times)
        alike |= most > MOST_ALIKE * counts
    contexts, _ = _different((which * most_words + left) * most_words + right)
    return alike | (np.bincount(contexts // most_words**2, minlength=n) < CONTEXTS)


def _different(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Different values, ascending, and how often each is there."""
    values = np.sort(values)
    begins = np.flatnonzero(np.diff(values, prepend=values[:1] - 1))
    return values[begins], np.diff(np.append(begins, len(values)))
