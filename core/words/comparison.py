"""The neighbours of one word in two sets of vectors, side by side."""

import dataclasses

import numpy as np
import pandas as pd

from core.words.vectors import MAX_N, WordVectors, check_count, largest_rows


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
        n_common: words that both sets know.
    """

    word: str
    here: pd.DataFrame
    there: pd.DataFrame
    shared: list[str]
    jaccard: float
    n_common: int


def compare(
    here: WordVectors,
    there: WordVectors,
    word: str,
    *,
    n: int = 10,
    top_n: int | None = None,
    common: bool = True,
) -> Comparison:
    """Puts the neighbours of a word in one set beside those in another.

    Args:
        here: the first set.
        there: the second set; its dimensions may differ.
        word: known to both.
        n: how many neighbours of each, 1 to 1000.
        top_n: look among so many most frequent words of each set only; None for all.
        common: whether only words that both sets know are candidates; else a large vocabulary and
            a small one differ for that reason alone.

    Returns:
        Both lists, and what they share.

    Raises:
        InputError: `n` or `top_n` is out of bounds, or a set does not know the word.
    """
    check_count("n", n, MAX_N)
    rows_here, rows_there = _common_rows(here, there)
    race_here = _race(here, word, top_n, rows_here if common else None)
    race_there = _race(there, word, top_n, rows_there if common else None)
    table_here, table_there = _best(here, race_here, n), _best(there, race_there, n)
    known = set(table_there["word"])
    shared = [name for name in table_here["word"] if name in known]
    n_all = len(table_here) + len(table_there) - len(shared)
    return Comparison(
        word=word,
        here=_placed(table_here, there, race_there),
        there=_placed(table_there, here, race_here),
        shared=shared,
        jaccard=len(shared) / n_all if n_all else 0.0,
        n_common=len(rows_here),
    )


def _common_rows(here: WordVectors, there: WordVectors) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the words that both know, i64[N] each, in the same order of words."""
    small, large = (here, there) if len(here) <= len(there) else (there, here)
    rows = large.rows_or_absent(small.words)
    pair = np.flatnonzero(rows >= 0), rows[rows >= 0]
    return pair if small is here else pair[::-1]


# Rows of the candidates, ascending, and the cosine of each: i64[N], f32[N].
_Race = tuple[np.ndarray, np.ndarray]


def _race(vectors: WordVectors, word: str, top_n: int | None, rows: np.ndarray | None) -> _Race:
    """Who may be a neighbour of `word`, and how near it is; `rows` None for all words."""
    row, reach = vectors.find_directed(word), vectors.reach(top_n)
    if rows is None:
        rows, unit = np.arange(reach), np.asarray(vectors.unit[:reach])
    else:
        rows = np.sort(rows[rows < reach])
        unit = vectors.unit[rows]
    scores = np.clip(unit @ vectors.unit[row], -1, 1)
    others = rows != row
    return rows[others], scores[others]


def _best(vectors: WordVectors, race: _Race, n: int) -> pd.DataFrame:
    rows, scores = race
    best = largest_rows(scores, n)
    return vectors.table(rows[best], cosine=scores[best])


def _placed(table: pd.DataFrame, other: WordVectors, race: _Race) -> pd.DataFrame:
    """Adds where the words of a list stand among the neighbours in the other set."""
    rows, scores = race
    asked = other.rows_or_absent(table["word"])
    is_candidate = np.isin(asked, rows)
    cosine = np.full(len(table), np.nan)
    cosine[is_candidate] = scores[np.searchsorted(rows, asked[is_candidate])]
    # a count for each of ten words is far cheaper than sorting 400,000; none is above NaN
    nearer = np.array([np.count_nonzero(scores > value) for value in cosine], np.int64)
    return table.assign(place_there=np.where(is_candidate, nearer + 1, 0), cosine_there=cosine)
