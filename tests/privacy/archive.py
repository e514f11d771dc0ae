"""Attacks on what ships of reviews with the archive at hand: does a text hold words of somebody?"""

from collections.abc import Iterable

import numpy as np

from core.reviews import Reviews
from core.tokens import tokenize

PASSAGE = 8  # words: a passage of as many is somebody's, unless it stands in reviews of many films
SHORTEST_SENTENCE = 5  # words; shorter sentences are everybody's
FILMS = 10
A_FILM = 30  # reviews of a film, with consecutive numbers
_FEW = (1 << 22) - 1
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


class Archive:
    """Reviews as one long text, those of a part together and by number, to look things up in.

    Args:
        reviews: all of them.
        rows: which to take; all if None.
    """

    def __init__(self, reviews: Reviews, rows: np.ndarray | None = None) -> None:
        rows = np.arange(reviews.n_reviews) if rows is None else rows
        rows = rows[np.lexsort((reviews.numbers[rows], reviews.parts[rows]))]
        self.tokens, self.starts = reviews.select(rows)
        self.review = np.repeat(np.arange(len(rows)), np.diff(self.starts))
        behind = np.arange(len(self.tokens)) - self.starts[self.review]
        self.cases = np.asarray(reviews.cases[reviews.starts[rows][self.review] + behind])
        self.parts = reviews.parts[rows].astype(np.int64)
        self.numbers = reviews.numbers[rows].astype(np.int64)
        self.words = np.array(reviews.words, object)
        self._ids = {word: number for number, word in enumerate(reviews.words)}
        random = np.random.default_rng(1)
        self._hash = random.integers(1, 1 << 62, len(self.words) + 1).astype(np.uint64)

    def encode(self, words: Iterable[str]) -> np.ndarray:
        """Ids of words; that of no word for those that no review has."""
        return np.array([self._ids.get(word, len(self.words)) for word in words], np.int64)

    def hashes(self, ids: np.ndarray, size: int) -> np.ndarray:
        """A number for each run of so many words; the same for the same words."""
        n = max(len(ids) - size + 1, 0)
        found = np.zeros(n, np.uint64)
        each = self._hash[ids]
        for offset in range(size):
            found = found * _FACTOR + each[offset : offset + n]
        return found

    def places_of(self, wanted: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Finds runs of words by their hashes.

        Args:
            wanted: of runs of so many words, ascending, each once.
            size: words.

        Returns:
            The index in `wanted` and the place of each that stands within one review, by index,
            then by place.
        """
        hashes = self.hashes(self.tokens, size)
        if not len(wanted) or not len(hashes):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        perhaps = np.zeros(_FEW + 1, bool)  # most runs are told apart by some of their bits
        perhaps[wanted & _FEW] = True
        places = np.flatnonzero(perhaps[hashes & _FEW])
        at = np.minimum(np.searchsorted(wanted, hashes[places]), len(wanted) - 1)
        stands = wanted[at] == hashes[places]
        stands &= self.review[places] == self.review[places + size - 1]
        at, places = at[stands], places[stands]
        order = np.argsort(at, kind="stable")
        return at[order], places[order]

    def beside(self, places: np.ndarray, distance: int) -> np.ndarray:
        """The word so far from each place; a number that is no word's beyond the review."""
        at = places + distance
        same = (at >= 0) & (at < len(self.tokens))
        at = np.clip(at, 0, len(self.tokens) - 1)
        same &= self.review[at] == self.review[places]
        return np.where(same, self.tokens[at].astype(np.int64), len(self.words))

    def films(self, which: np.ndarray, places: np.ndarray, n: int) -> np.ndarray:
        """How many films the places are of, at least, counted up to `FILMS`; see `places_of`.

        The most of one part: a film may have reviews in several.
        """
        most = np.zeros(n, np.int64)
        for part in np.unique(self.parts):
            here = self.parts[self.review[places]] == part
            row, number = which[here], self.numbers[self.review[places[here]]]
            count, last = np.zeros(n, np.int64), np.full(n, -A_FILM)
            for _ in range(FILMS):  # the nearest review that is surely of another film, each time
                far = number >= last[row] + A_FILM
                row, number = row[far], number[far]
                first = np.flatnonzero(np.diff(row, prepend=-1))
                count[row[first]] += 1
                last[row[first]] = number[first]
            most = np.maximum(most, count)
        return most


def passages(texts: Iterable[tuple[str, str]], archive: Archive) -> list[tuple[str, str]]:
    """Looks for what reviews say in some texts: passages, and whole sentences.

    Args:
        texts: where each stands, and the text.
        archive: the reviews.

    Returns:
        Where each stands, and the passage: eight words and signs in a row that stand in a review,
        or a whole sentence with five words or more, unless reviews of ten films have it.
    """
    places, ids = [], []
    for where, text in texts:
        encoded = archive.encode(tokenize(text))
        if len(encoded) >= SHORTEST_SENTENCE:
            places.append((where, len(encoded)))
            ids += [encoded, [len(archive.words)]]  # no word: the texts stay apart
    shipped = np.concatenate(ids).astype(np.int64) if ids else np.zeros(0, np.int64)
    ends = np.cumsum([n + 1 for _, n in places])
    stops = np.isin(archive.tokens, archive.encode([".", "!", "?", "..."]))
    begins = np.concatenate([[True], stops[:-1]])
    begins[archive.starts[:-1][archive.starts[:-1] < len(begins)]] = True
    last = np.append(begins[1:], True)
    is_word = np.array([any(sign.isalpha() for sign in word) for word in archive.words], int)
    found = []
    for size in range(SHORTEST_SENTENCE, PASSAGE + 1):
        hashes = archive.hashes(shipped, size)
        wanted = np.unique(hashes)
        which, at = archive.places_of(wanted, size)
        stays = (archive.films(which, at, len(wanted)) < FILMS)[which]
        if size < PASSAGE:  # a whole sentence
            n_words = sum(is_word[archive.tokens[at + offset]] for offset in range(size))
            stays &= begins[at] & last[at + size - 1] & (n_words >= SHORTEST_SENTENCE)
        for number in np.unique(which[stays]):
            place = int(np.flatnonzero(hashes == wanted[number])[0])
            words = archive.words[shipped[place : place + size]]
            found.append((places[int(np.searchsorted(ends, place, "right"))][0], " ".join(words)))
    return found
