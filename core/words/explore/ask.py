"""The same question asked of several sets of word vectors: what each answers.

GloVe's 400,000 vectors do not ship as a set to be asked. Without its archive a set stands for what
ships of it: the 20 nearest words of its 10,000 most frequent ones, and their positions on a few
axes.
"""

import collections
import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.bundle import Bundle
from core.errors import InputError
from core.words.explore import MapExplorer
from core.words.explore.live import split_words
from core.words.explore.vectors import MAX_N, WordVectors, check_count, largest_rows

GET_GLOVE = "python -m core data get glove-6b"
MOST_SHIPPED = 20  # neighbours of a word that ship without the vectors
MOST_WORDS = 300  # typed or taken for an axis


@dataclasses.dataclass(frozen=True)
class Choice:
    """Which words are laid along an axis.

    Attributes:
        words: these; None for one of the two below.
        n: how many otherwise.
        around: the neighbours of this word; None for the most frequent words.
        top_n: neighbours only among so many most frequent words; None for all.
    """

    words: list[str] | None
    n: int
    around: str | None
    top_n: int | None


@dataclasses.dataclass(frozen=True)
class WordSet:
    """A set of vectors, or what ships of it.

    Attributes:
        name: of the set, e.g. "sgns".
        vectors: None where only lists ship.
        maps: the lists, where there are no vectors.
        bundle: where the set comes from; None for GloVe's own archive.
        label: a title of a word or two.
        texts: which texts the set has learned from, as far as they are known.
    """

    name: str
    vectors: WordVectors | None
    maps: MapExplorer | None = None
    bundle: Bundle | None = None
    label: str = ""
    texts: str = ""

    @property
    def n_words(self) -> int:
        """Returns how many words can be asked for."""
        return len(self.vectors) if self.vectors is not None else len(self._lists.words)

    def find(self, word: str) -> str:
        """Returns the word as the set spells it; raises InputError with the nearest spellings."""
        if self.vectors is not None:
            return self.vectors.words[self.vectors.find_directed(word)]
        return str(self._lists.words["word"].iloc[self._lists.find(word)])

    @property
    def _lists(self) -> MapExplorer:
        assert self.maps is not None  # a set without vectors is one of lists
        return self.maps

    def suggest(self, word: str) -> list[str]:
        """Returns words that are spelled much like this one; none where only lists ship."""
        return self.vectors.suggest(word) if self.vectors is not None else []

    def neighbours(self, word: str, n: int, top_n: int | None) -> pd.DataFrame:
        """Returns word, rank and cosine of the nearest words; raises InputError as `find` does."""
        if self.vectors is not None:
            return self.vectors.neighbours(word, n=n, top_n=top_n)[["word", "rank", "cosine"]]
        table = self._lists.neighbours(self._lists.find(word), MOST_SHIPPED)
        return table[table["rank"] <= (top_n or np.inf)].head(n).reset_index(drop=True)

    def choose(self, choice: Choice) -> list[str]:
        """Returns the words that a choice means here; raises InputError as `find` does."""
        if choice.words is not None:
            return choice.words[:MOST_WORDS]
        if choice.around is not None:
            near = self.neighbours(choice.around, choice.n, choice.top_n)["word"]
            return [self.find(choice.around), *near]
        words = self.vectors.words if self.vectors is not None else self._lists.words["word"]
        return list(words[: choice.n])

    def along(self, low: str, high: str, words: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
        """Returns where words lie on the axis of two words, and the words that are unknown.

        Returns:
            word, rank and position (cosine with the axis), in the order of `words`.

        Raises:
            InputError: an end is unknown, or the axis does not ship where there are no vectors.
        """
        if self.vectors is not None:
            rows = self.vectors.rows_or_absent(words)
            known = rows[rows >= 0]
            positions = self.vectors.along(low, high, known)
        else:
            listed = pd.Index(self._lists.words["word"].astype(object))
            rows = listed.get_indexer(pd.Index(list(words), dtype=object))
            known = rows[rows >= 0]
            positions = self._shipped_positions(low, high)[known]
        found = [word for word, row in zip(words, rows, strict=True) if row >= 0]
        columns = {"word": found, "rank": known + 1, "position": positions.astype(np.float64)}
        absent = [word for word, row in zip(words, rows, strict=True) if row < 0]
        return pd.DataFrame(columns), absent

    def ends(self, low: str, high: str, n: int, top_n: int | None) -> pd.DataFrame:
        """Returns the words farthest out on an axis: word, position and end, as `WordVectors`."""
        if self.vectors is not None:
            return self.vectors.ends(low, high, n=n, top_n=top_n)[["word", "position", "end"]]
        positions = self._shipped_positions(low, high)[:top_n]
        order = np.argsort(positions, kind="stable")
        rows = np.concatenate([order[:n], order[::-1][:n]])
        words = self._lists.words["word"].to_numpy()[rows]
        ends = ["low"] * len(order[:n]) + ["high"] * len(order[:n])
        return pd.DataFrame({"word": words, "position": positions[rows], "end": ends})

    def _shipped_positions(self, low: str, high: str) -> np.ndarray:
        lists = self._lists
        first, other = (lists.words["word"].iloc[lists.find(word)] for word in (low, high))
        n_words = len(lists.words)
        if (first, other) in lists.axes:
            return lists.axis_positions(first, other, n_words)
        if (other, first) in lists.axes:
            return -lists.axis_positions(other, first, n_words)
        known = ", ".join(f"{a} to {b}" for a, b in lists.axes)
        raise InputError(
            f"axis ({low} to {high}) does not ship for {lists.title}; choose one of {known}, "
            f"or fetch the vectors with {GET_GLOVE}"
        )


@dataclasses.dataclass(frozen=True)
class Answer:
    """What one set answers.

    Attributes:
        of: the set.
        table: word, rank, cosine, nearest first, and more by question; None if it has no answer.
        problem: why it has none, a sentence.
    """

    of: WordSet
    table: pd.DataFrame | None = None
    problem: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Comparison:
    """What two sets of vectors say of one word.

    Attributes:
        word: as it was asked for.
        here: neighbours in the first set, nearest first: row, word, rank (by frequency), cosine;
            then place_there (1 = nearest in the other set; 0 where it is no candidate there) and
            cosine_there (NaN likewise).
        there: neighbours in the second set, with the first as the other one.
        shared: words that stand in both lists, in the order of `here`.
        jaccard: shared words / all words of both lists, 0 to 1.
    """

    word: str
    here: pd.DataFrame
    there: pd.DataFrame
    shared: list[str]
    jaccard: float


@dataclasses.dataclass(frozen=True)
class Neighbours:
    """The neighbours of a word in several sets.

    Attributes:
        answers: of every set; the tables hold word, rank, cosine, is_shared (it stands in the list
            of another set too) and place_there (1 = nearest in the first set that answers, in the
            first set's own table in the second one; 0 where it is no candidate or not known).
        comparisons: of the first set that answers with each further one, in their order.
    """

    answers: list[Answer]
    comparisons: list[Comparison]

    @property
    def given(self) -> list[Answer]:
        """Returns the answers with a table."""
        return [answer for answer in self.answers if answer.table is not None]


def neighbours(sets: Sequence[WordSet], word: str, n: int, top_n: int | None) -> Neighbours:
    """Asks every set for the neighbours of a word, and compares the first answer with the rest."""
    problems = {place: _problem(one, word) for place, one in enumerate(sets)}
    able = [place for place in problems if not problems[place]]
    tables, comparisons = {}, []
    for place in able[1:]:
        comparison = _compare(sets[able[0]], sets[place], word, n, top_n)
        comparisons.append(comparison)
        tables.setdefault(able[0], comparison.here)
        tables[place] = comparison.there
    if len(able) == 1:
        alone = sets[able[0]].neighbours(word, n, top_n)
        tables[able[0]] = alone.assign(place_there=0)
    columns = {
        place: table[["word", "rank", "cosine", "place_there"]] for place, table in tables.items()
    }
    marked = _marked(list(columns.values()))
    found = dict(zip(columns, marked, strict=True))
    answers = [Answer(one, found.get(place), problems[place]) for place, one in enumerate(sets)]
    return Neighbours(answers, comparisons)


def compare(
    here: WordVectors,
    there: WordVectors,
    word: str,
    *,
    n: int = 10,
    top_n: int | None = None,
) -> Comparison:
    """Puts the neighbours of a word in one set beside those in another.

    Args:
        here: the first set.
        there: the second set; its dimensions may differ.
        word: known to both.
        n: how many neighbours of each, 1 to 1000.
        top_n: look among so many most frequent words of each set only; None for all.

    Returns:
        Both lists, and what they share.

    Raises:
        InputError: `n` or `top_n` is out of bounds, or a set does not know the word.
    """
    check_count("n", n, MAX_N)
    near_here, near_there = (_candidates(one, word, top_n) for one in (here, there))
    table_here, table_there = _best(here, near_here, n), _best(there, near_there, n)
    known = set(table_there["word"])
    shared = [name for name in table_here["word"] if name in known]
    n_all = len(table_here) + len(table_there) - len(shared)
    return Comparison(
        word=word,
        here=_with_places(table_here, there, near_there),
        there=_with_places(table_there, here, near_here),
        shared=shared,
        jaccard=len(shared) / n_all if n_all else 0.0,
    )


def analogy(
    sets: Sequence[WordSet], words: Sequence[str], n: int, top_n: int | None, *, leave_out: bool
) -> list[Answer]:
    """Asks every set what is to the third word as the second is to the first.

    Returns:
        An answer a set; the tables hold word, rank, cosine, is_input and is_shared.
    """
    answers = []
    for one in sets:
        if one.vectors is None:
            problem = f"An analogy needs all of GloVe's vectors; {GET_GLOVE} fetches them"
            answers.append(Answer(one, problem=problem))
            continue
        try:
            table = one.vectors.analogy(*words, n=n, exclude_inputs=leave_out, top_n=top_n)
            answers.append(Answer(one, table[["word", "rank", "cosine", "is_input"]]))
        except InputError as error:
            answers.append(Answer(one, problem=str(error)))
    given = iter(_marked([answer.table for answer in answers if answer.table is not None]))
    return [
        answer if answer.table is None else dataclasses.replace(answer, table=next(given))
        for answer in answers
    ]


def parallelogram(vectors: WordVectors, words: Sequence[str], answer: str) -> pd.DataFrame:
    """Lays the words of an analogy into the plane that keeps most of what tells them apart.

    Args:
        vectors: the set.
        words: a, b and c of a : b = c : ?.
        answer: the word that the set answers.

    Returns:
        Rows a, b, c, answer and sum (b - a + c, at its own length): role, word, x and y, the first
        two principal components of the four words' vectors of length 1, turned so that a to b goes
        to the right and a to c upwards; and `share`, of their spread, that the plane keeps.
    """
    rows = vectors.find_all([*words, answer])
    points = np.asarray(vectors.unit[rows], np.float64)
    centre = points.mean(axis=0)
    _, sizes, directions = np.linalg.svd(points - centre, full_matrices=False)
    everything = np.vstack([points, points[1] - points[0] + points[2]]) - centre
    place = everything @ directions[:2].T
    step = place[1] - place[0]
    length = float(np.hypot(*step))
    if length > 0:
        cosine, sine = step / length
        place = place @ np.array([[cosine, -sine], [sine, cosine]])
    if place[2, 1] < place[0, 1]:
        place[:, 1] *= -1
    spread = float((sizes**2).sum())
    return pd.DataFrame(
        {
            "role": ["a", "b", "c", "answer", "sum"],
            "word": [*(vectors.words[row] for row in rows), "b − a + c"],
            "x": place[:, 0],
            "y": place[:, 1],
            "share": float((sizes[:2] ** 2).sum()) / spread if spread > 0 else 1.0,
        }
    )


def typed_words(text: str) -> list[str]:
    """Returns the words of a typed list, apart by blanks or commas, each once, in lower case."""
    return list(dict.fromkeys(word.lower() for word in split_words(text)))


def _problem(one: WordSet, word: str) -> str:
    try:
        one.find(word)
    except InputError as error:
        return str(error)
    return ""


def _compare(first: WordSet, other: WordSet, word: str, n: int, top_n: int | None) -> Comparison:
    if first.vectors is not None and other.vectors is not None:
        return compare(first.vectors, other.vectors, word, n=n, top_n=top_n)
    lists = [
        one.neighbours(word, MOST_SHIPPED if one.vectors is None else MAX_N, top_n)
        for one in (first, other)
    ]
    tables = [
        here.head(n).assign(place_there=_places(here["word"].head(n), there["word"]))
        for here, there in (lists, lists[::-1])
    ]
    mine, theirs = tables
    shared = [w for w in mine["word"] if w in set(theirs["word"])]
    n_all = len(mine) + len(theirs) - len(shared)
    return Comparison(word, mine, theirs, shared, len(shared) / n_all if n_all else 0.0)


def _marked(tables: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Adds is_shared: whether a word stands in another one of the lists too."""
    counts = collections.Counter(word for table in tables for word in table["word"])
    return [
        table.assign(is_shared=[counts[word] > 1 for word in table["word"]]) for table in tables
    ]


def _places(words: pd.Series, listed: pd.Series) -> np.ndarray:
    """Returns the place of each word in a list, 1 for the first one, 0 where it is not in it."""
    return pd.Index(listed).get_indexer(pd.Index(words)) + 1


# Rows of the candidates, ascending, and the cosine of each: i64[N], f32[N].
_Candidates = tuple[np.ndarray, np.ndarray]


def _candidates(vectors: WordVectors, word: str, top_n: int | None) -> _Candidates:
    """Who may be a neighbour of `word`, and how near it is."""
    row, reach = vectors.find_directed(word), vectors.reach(top_n)
    rows = np.arange(reach)
    scores = np.clip(np.asarray(vectors.unit[:reach]) @ vectors.unit[row], -1, 1)
    others = rows != row
    return rows[others], scores[others]


def _best(vectors: WordVectors, candidates: _Candidates, n: int) -> pd.DataFrame:
    rows, scores = candidates
    best = largest_rows(scores, n)
    return vectors.table(rows[best], cosine=scores[best])


def _with_places(table: pd.DataFrame, other: WordVectors, candidates: _Candidates) -> pd.DataFrame:
    """Adds where the words of a list stand among the neighbours in the other set."""
    rows, scores = candidates
    asked = other.rows_or_absent(table["word"])
    is_candidate = np.isin(asked, rows)
    cosine = np.full(len(table), np.nan)
    cosine[is_candidate] = scores[np.searchsorted(rows, asked[is_candidate])]
    # a count for each of ten words is far cheaper than sorting 400,000; none is above NaN
    nearer = np.array([np.count_nonzero(scores > value) for value in cosine], np.int64)
    return table.assign(place_there=np.where(is_candidate, nearer + 1, 0), cosine_there=cosine)
