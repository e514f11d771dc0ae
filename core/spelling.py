"""Which words of a vocabulary an unknown word may have meant: nearest spellings, frequent first."""

from collections.abc import Sequence

import numpy as np

LONGEST = 40  # characters; what is longer is a pasted text rather than a mistyped word
MAX_LIMIT = 100  # answers


class Spellings:
    """A vocabulary, opened for questions about spelling; never changes.

    Args:
        words: most frequent first.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        # "surrogatepass": a broken character in a word must not break the search for another
        text = "".join(words).encode("utf-32-le", "surrogatepass")
        self._codes = np.frombuffer(text, np.uint32)  # code points of all words on end
        self._lengths = np.fromiter(map(len, words), np.int64, len(words))
        self._begins = np.cumsum(self._lengths) - self._lengths
        # u64[V], a bit for each letter that occurs in a word, whatever its place
        self._letters = np.zeros(len(words), np.uint64)
        filled = self._lengths > 0  # reduceat gives an empty word the first letter of the next one
        if filled.any():
            bits = _bits(self._codes)
            self._letters[filled] = np.bitwise_or.reduceat(bits, self._begins[filled])

    def nearest_spellings(self, word: str, *, limit: int = 3) -> list[str]:
        """Words a few edits away: fewest edits first, then most frequent first.

        An edit is a letter too many, one missing, a wrong one, or two neighbours in the wrong order
        (optimal string alignment: Damerau 1964, https://doi.org/10.1145/363958.363994). One edit is
        allowed in a word of up to 3 letters, two in longer ones, and three in one of 8 or more
        where nothing nearer is found.

        Args:
            word: as it was typed; the word itself is never an answer.
            limit: at most so many answers, up to 100.

        Returns:
            The words; an empty list where none is near, or `word` is longer than `LONGEST`.
        """
        limit = min(limit, MAX_LIMIT)
        if not 0 < len(word) <= LONGEST or limit < 1:
            return []
        rows, edits = np.empty(0, np.int64), np.empty(0, np.int64)
        for n_edits in (1, 2, 3):
            too_loose = len(word) <= 3 if n_edits == 2 else len(rows) > 0 or len(word) < 8
            if len(rows) >= limit or (n_edits > 1 and too_loose):
                break
            rows = self._candidates(word, n_edits)
            edits = self._edits(word, rows)
            near = (edits > 0) & (edits <= n_edits)
            rows, edits = rows[near], edits[near]
        order = np.lexsort((rows, edits))[:limit]
        return [self._words[int(row)] for row in rows[order]]

    def _candidates(self, word: str, n_edits: int) -> np.ndarray:
        """Rows of the words whose length and letters leave `n_edits` possible, ascending."""
        mine = np.bitwise_or.reduce(_bits(_codes(word)))
        # an edit changes the length by one at most, and the set of letters by two
        near = np.bitwise_count(self._letters ^ mine) <= 2 * n_edits
        near &= np.abs(self._lengths - len(word)) <= n_edits
        return np.flatnonzero(near)

    def _edits(self, word: str, rows: np.ndarray) -> np.ndarray:
        """Edits between `word` and each of the words in `rows`: i64[N], all words in step."""
        mine, theirs = _codes(word), self._lengths[rows]
        width = int(theirs.max(initial=0))
        places = self._begins[rows] + np.arange(width)[:, None]
        other = self._codes[
            np.minimum(places, len(self._codes) - 1)
        ]  # (letter, word); past its end: anything
        # table[j] after letter i: edits between the first i letters and the first j of each word
        before, above = None, np.repeat(np.arange(width + 1, dtype=np.int16)[:, None], len(rows), 1)
        for i, letter in enumerate(mine, start=1):
            wrong = (other != letter).astype(np.int16)
            here = np.empty_like(above)
            here[0] = i
            here[1:] = np.minimum(above[1:] + 1, above[:-1] + wrong)
            if before is not None:
                swapped = (other[1:] == mine[i - 2]) & (other[:-1] == letter)
                here[2:] = np.where(swapped, np.minimum(here[2:], before[:-2] + 1), here[2:])
            for j in range(1, width + 1):  # a letter too many: each place builds on the one before
                np.minimum(here[j], here[j - 1] + 1, out=here[j])
            before, above = above, here
        return above[theirs, np.arange(len(rows))].astype(np.int64)


def _codes(word: str) -> np.ndarray:
    return np.frombuffer(word.encode("utf-32-le", "surrogatepass"), np.uint32)


def _bits(codes: np.ndarray) -> np.ndarray:
    """One of 64 bits for each code point; letters and most digits have one of their own."""
    return np.left_shift(np.uint64(1), codes & np.uint32(63), dtype=np.uint64)
