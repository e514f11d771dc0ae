"""Words as vectors, opened for questions: neighbours, similarity, analogies, axes of two words.

Every answer is a cosine: words are compared by the direction of their vectors, never by length. A
question to 400,000 words is one product of a matrix and a vector, and one partial sort.
"""

import itertools
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from core.errors import InputError
from core.spelling import MAX_LIMIT, Spellings
from core.typed_text import plain

MAX_N = 1000

_MAX_NAMED = 5
_SHOWN_LETTERS = 40
_ROWS_PER_BLOCK = 1 << 16


class WordVectors:
    """Words and their vectors, opened for questions; never changes.

    Args:
        name: "glove", "sgns", "glove-reviews" or "window".
        title: for people: "GloVe 6B, 50 dimensions".
        words: V different words, most frequent first.
        matrix: [V, D], finite.
        unit: f32[V, D], the rows of `matrix` at length 1, as `unit_rows` makes them; made if None.
        counts: [V], how often each word was seen; None where that is unknown.

    Raises:
        InputError: shapes do not fit, a word stands there twice, a number is not finite.

    Attributes:
        name, title: as given.
        words: list of V words.
        matrix: f32[V, D], read-only; perhaps a memory map.
        unit: f32[V, D], read-only; a row of zeros stays one.
        counts: i64[V] or None.
    """

    def __init__(
        self,
        name: str,
        title: str,
        words: Sequence[str],
        matrix: np.ndarray,
        *,
        unit: np.ndarray | None = None,
        counts: np.ndarray | None = None,
    ) -> None:
        self.name, self.title, self.words = name, title, list(words)
        self._row = {word: row for row, word in enumerate(self.words)}
        if len(self._row) < len(self.words):
            twice = next(w for row, w in enumerate(self.words) if self._row[w] != row)
            raise InputError(f"words of {title} hold {_shown(twice)} twice; drop one")
        if matrix.ndim != 2 or len(matrix) != len(self.words) or matrix.size == 0:
            raise InputError(
                f"matrix of {title} has the shape {matrix.shape}; it should be "
                f"({len(self.words)}, dimensions), a row for each word, and not empty"
            )
        for label, array, shape in (
            ("unit", unit, matrix.shape),
            ("counts", counts, (len(self.words),)),
        ):
            if array is not None and array.shape != shape:
                raise InputError(f"{label} of {title} has the shape {array.shape}, not {shape}")
        self.matrix = _read_only(matrix, np.float32)
        self.unit = _read_only(unit_rows(self.matrix) if unit is None else unit, np.float32)
        self.counts = None if counts is None else _read_only(counts, np.int64)
        self._spellings = Spellings(self.words)
        self._unit = np.asarray(self.unit)  # a memory map's own class makes each slice dear

    @property
    def n_dims(self) -> int:
        """Number of dimensions D."""
        return self.matrix.shape[1]

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._row

    def points(self, distance: str) -> np.ndarray:
        """What a distance is measured between, f32[V, D].

        Args:
            distance: "euclidean" for the vectors as they are, "cosine" for them at length 1.
        """
        return self.matrix if distance == "euclidean" else self.unit

    def knows(self, word: str) -> bool:
        """Whether `find` finds a word."""
        return self._lookup(word) is not None

    def find(self, word: str) -> int:
        """The row of a word, in plain signs or in lower case where the exact form is absent.

        Raises:
            InputError: the word is unknown; the message names the nearest spellings.
        """
        row = self._lookup(word)
        if row is None:
            raise InputError(self._unknown([word]))
        return row

    def find_all(self, words: Iterable[str]) -> np.ndarray:
        """The rows of several words, i64[N], as `find` does it.

        Raises:
            InputError: words are unknown; one message names the first five, and the nearest
                spellings of the first one.
        """
        asked = list(words)
        rows = [self._lookup(word) for word in asked]
        if unknown := [word for word, row in zip(asked, rows, strict=True) if row is None]:
            raise InputError(self._unknown(list(dict.fromkeys(unknown))))
        return np.array(rows, np.int64)

    def rows_or_absent(self, words: Iterable[str]) -> np.ndarray:
        """The rows of words in exactly this form, i64[N]; -1 for one that is unknown."""
        return np.fromiter(map(self._row.get, words, itertools.repeat(-1)), np.int64)

    def suggest(self, word: str, *, limit: int = 3) -> list[str]:
        """Known words that are spelled much like this one, nearest first; perhaps none."""
        check_count("limit", limit, MAX_LIMIT)
        typed = _tidy(word)
        forms = dict.fromkeys((typed.lower(), typed))
        found = (self._spellings.nearest_spellings(form, limit=limit) for form in forms)
        return next((words for words in found if words), [])

    def similarity(self, a: str, b: str) -> float:
        """Cosine between two words, -1 to 1; 0 where one of them has no direction."""
        rows = self.find_all([a, b])
        return float(np.clip(self._unit[rows[0]] @ self._unit[rows[1]], -1, 1))

    def nearest_words(
        self,
        query: np.ndarray,
        *,
        n: int = 10,
        exclude: Iterable[int] = (),
        top_n: int | None = None,
    ) -> pd.DataFrame:
        """The words whose vectors point most nearly where `query` does.

        Args:
            query: [D], of any length but 0.
            n: how many words, 1 to 1000; fewer come where there are fewer.
            exclude: rows that must not be among the answers.
            top_n: look among so many most frequent words only; None for all.

        Returns:
            One row a word, nearest first: row, word, rank (1 = most frequent word of the set),
            cosine. Equal cosines come in the order of frequency.

        Raises:
            InputError: a number is out of its bounds, or `query` has no direction.
        """
        check_count("n", n, MAX_N)
        scores = self._unit[: self.reach(top_n)] @ self._direction(query)
        excluded = np.fromiter(exclude, np.int64)
        scores[excluded[excluded < len(scores)]] = -np.inf
        rows = largest_rows(scores, n)
        return self.table(rows, cosine=np.clip(scores[rows], -1, 1))

    def neighbours(self, word: str, *, n: int = 10, top_n: int | None = None) -> pd.DataFrame:
        """The nearest words, without the word itself; columns and errors as in `nearest_words`."""
        row = self.find_directed(word)
        return self.nearest_words(self._unit[row], n=n, exclude=[row], top_n=top_n)

    def analogy(
        self,
        a: str,
        b: str,
        c: str,
        *,
        n: int = 10,
        exclude_inputs: bool = True,
        top_n: int | None = None,
    ) -> pd.DataFrame:
        """What is to `c` as `b` is to `a`: the words nearest to b - a + c.

        3CosAdd on vectors of length 1 (Mikolov et al. 2013, https://aclanthology.org/N13-1090/;
        Levy and Goldberg 2014, https://aclanthology.org/W14-1618/). The three words themselves
        are not among the answers, which flatters the method: without this rule one of them is
        mostly the first one (Linzen 2016, https://aclanthology.org/W16-2503/).

        Args:
            a: "man" in man : king :: woman : queen.
            b: "king".
            c: "woman".
            n: how many words, 1 to 1000.
            exclude_inputs: whether a, b and c are left out.
            top_n: look among so many most frequent words only; None for all.

        Returns:
            As `nearest`, and is_input: whether the word is a, b or c.

        Raises:
            InputError: as in `nearest_words`; a word is unknown.
        """
        rows = np.array([self.find_directed(word) for word in (a, b, c)])
        first, second, third = self._unit[rows]
        query = second - first + third
        if np.linalg.norm(query) < 1e-6:
            raise InputError(
                f"analogy ({_shown(a)}, {_shown(b)}, {_shown(c)}): their vectors cancel out; "
                "choose other words"
            )
        table = self.nearest_words(query, n=n, exclude=rows if exclude_inputs else (), top_n=top_n)
        return table.assign(is_input=np.isin(table["row"], rows))

    def axis(self, low: str, high: str) -> np.ndarray:
        """The direction from one word to another: f32[D], length 1.

        Raises:
            InputError: a word is unknown, or both point the same way.
        """
        rows = [self.find_directed(word) for word in (low, high)]
        step = self._unit[rows[1]] - self._unit[rows[0]]
        length = np.linalg.norm(step)
        if rows[0] == rows[1] or length < 1e-6:
            raise InputError(
                f"low ({_shown(low)}) and high ({_shown(high)}) point the same way, so no axis "
                "runs between them; choose two different words"
            )
        return step / length

    def along(self, low: str, high: str, rows: np.ndarray | None = None) -> np.ndarray:
        """Where words lie on the axis of two words: its cosine with each, f32[N].

        Args:
            low: a word at the negative end.
            high: a word at the positive end.
            rows: i64[N], of the words that are asked for; None for all.

        Returns:
            -1 to 1; 0 is neutral.
        """
        axis = self.axis(low, high)
        return (self._unit if rows is None else self._unit[rows]) @ axis

    def ends(self, low: str, high: str, *, n: int = 10, top_n: int | None = 10_000) -> pd.DataFrame:
        """The words that lie farthest out on the axis of two words.

        Args:
            low: a word at the negative end.
            high: a word at the positive end.
            n: how many words at each end, 1 to 1000; no word stands at both.
            top_n: look among so many most frequent words only; None for all.

        Returns:
            row, word, rank, position (cosine with the axis) and end ("low" or "high"); the low end
            first, each with its farthest word first.

        Raises:
            InputError: as in `axis`; a number is out of its bounds.
        """
        check_count("n", n, MAX_N)
        position = self._unit[: self.reach(top_n)] @ self.axis(low, high)
        lowest = largest_rows(-position, min(n, len(position) // 2))
        highest = largest_rows(position, min(n, len(position) - len(lowest)))
        rows = np.concatenate([lowest, highest])
        ends = ["low"] * len(lowest) + ["high"] * len(highest)
        return self.table(rows, position=np.clip(position[rows], -1, 1)).assign(end=ends)

    def find_directed(self, word: str) -> int:
        """The row of a word as in `find`, whose vector has a direction.

        Raises:
            InputError: the word is unknown, or its vector is all zeros.
        """
        row = self.find(word)
        if not self._unit[row].any():
            raise InputError(
                f"word ({_shown(word)}) has a vector of zeros in {self.title}, so nothing is near "
                "to it; choose another word"
            )
        return row

    def reach(self, top_n: int | None) -> int:
        """How many rows a question to the `top_n` most frequent words goes to; None for all."""
        if top_n is None:
            return len(self)
        check_count("top_n", top_n)
        return min(top_n, len(self))

    def table(self, rows: np.ndarray, **columns: np.ndarray) -> pd.DataFrame:
        """One row a word: row, word, rank (1 = most frequent word of the set), and `columns`."""
        words = [self.words[row] for row in rows]
        return pd.DataFrame({"row": rows, "word": words, "rank": rows + 1} | columns)

    def _lookup(self, word: str) -> int | None:
        tidy = _tidy(word)
        forms = (word, tidy, tidy.lower(), tidy.casefold())
        return next((self._row[form] for form in forms if form in self._row), None)

    def _unknown(self, words: list[str]) -> str:
        """The sentence about words that are not in this set."""
        first = _shown(words[0])
        if not first:
            return f"word is empty; give one of the {len(self):,} words of {self.title}"
        near = self.suggest(words[0])
        remedy = f"did you mean {', '.join(near)}?" if near else "nothing is spelled like it"
        if len(words) == 1:
            return f"word ({first}) is not among the {len(self):,} words of {self.title}; {remedy}"
        named = ", ".join(_shown(word) or "''" for word in words[:_MAX_NAMED])
        more = f" and {len(words) - _MAX_NAMED:,} more" if len(words) > _MAX_NAMED else ""
        return (
            f"{len(words):,} words ({named}{more}) are not among the {len(self):,} words of "
            f"{self.title}; {first}: {remedy}"
        )

    def _direction(self, query: np.ndarray) -> np.ndarray:
        query = np.asarray(query, np.float64)
        if query.shape != (self.n_dims,):
            raise InputError(
                f"query has the shape {query.shape}; {self.title} needs ({self.n_dims},)"
            )
        largest = np.abs(query).max()
        if not 0 < largest < np.inf:  # false for NaN too
            raise InputError("query should be finite and not all zeros: it has no direction")
        query = query / largest  # else the square of a very large or small number is lost
        return (query / np.linalg.norm(query)).astype(np.float32)


def unit_rows(matrix: np.ndarray) -> np.ndarray:
    """Rows at length 1: f32[V, D]; a row of zeros stays one.

    Raises:
        InputError: a number is not finite.
    """
    unit = np.empty(matrix.shape, np.float32)
    for begin in range(0, len(matrix), _ROWS_PER_BLOCK):  # float64 for a part at a time
        block = matrix[begin : begin + _ROWS_PER_BLOCK].astype(np.float64)
        if not np.isfinite(block).all():
            row = begin + int(np.flatnonzero(~np.isfinite(block).all(axis=1))[0])
            raise InputError(f"matrix holds a number that is not finite in row {row}; repair it")
        length = np.linalg.norm(block, axis=1, keepdims=True)
        unit[begin : begin + len(block)] = block / np.where(length > 0, length, 1)
    return unit


def largest_rows(scores: np.ndarray, n: int) -> np.ndarray:
    """Rows of the n largest scores above -inf, largest first, equal ones in their order: i64."""
    n = min(n, int(np.count_nonzero(scores > -np.inf)))
    if n == 0:
        return np.empty(0, np.int64)
    bound = np.partition(scores, len(scores) - n)[len(scores) - n]
    rows = np.flatnonzero(scores >= bound)
    return rows[np.argsort(-scores[rows], kind="stable")[:n]]


def check_count(name: str, value: int, largest: int | None = None) -> None:
    """Raises InputError unless `value` is a whole number from 1 to `largest`."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < 1 or (largest is not None and value > largest):
        bound = "at least 1" if largest is None else f"from 1 to {largest:,}"
        raise InputError(f"{name} ({value}) should be a whole number {bound}")


def _tidy(word: str) -> str:
    """The word without blanks around it, in the signs of most texts."""
    return plain(word).strip()


def _shown(word: str) -> str:
    """The word for a message of one line."""
    line = " ".join(word.split())
    return line if len(line) <= _SHOWN_LETTERS else line[:_SHOWN_LETTERS] + "..."


def _read_only(array: np.ndarray, dtype: type) -> np.ndarray:
    view = (array if array.dtype == dtype else array.astype(dtype)).view()
    view.flags.writeable = False
    return view
