"""Words that were not fitted, put onto a shipped map whose vectors are at hand."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.errors import InputError
from core.words.explorer import MapExplorer, MapRecord
from core.words.placing import place
from core.words.quality import N_NEIGHBOURS, places
from core.words.vectors import WordVectors


@dataclasses.dataclass(frozen=True)
class Guests:
    """Words put onto a map, each on its own; no word of the map has moved.

    Attributes:
        table: the guests with the columns of `MapExplorer.table`; the index goes on after the
            map's own rows.
        neighbours: of each row of the table, its nearest words among those of the map, with the
            columns of `MapExplorer.true_neighbours`; the nearest first.
        points: f64[N + M, D], what distances are measured between: the map's words, the guests.
    """

    table: pd.DataFrame
    neighbours: dict[int, pd.DataFrame]
    points: np.ndarray

    def true_place(self, row: int, other: int) -> int:
        """Returns how near one word is to another: 1 if no word of the map is nearer to `row`."""
        n_words = len(self.points) - len(self.table)
        gaps = ((self.points - self.points[row]) ** 2).sum(1)
        is_nearer = gaps[:n_words] < gaps[other]
        is_nearer[[own for own in (row, other) if own < n_words]] = False
        return int(is_nearer.sum()) + 1


def measured(vectors: WordVectors, distance: str) -> np.ndarray:
    """Returns what t-SNE is given, f32[V, D]: raw vectors for "euclidean", else unit vectors."""
    return vectors.matrix if distance == "euclidean" else vectors.unit


def invite(
    maps: MapExplorer, record: MapRecord, vectors: WordVectors, rows: Sequence[int]
) -> Guests:
    """Puts words onto a map, and onto the first two principal components of its words.

    Args:
        maps: of the same vectors.
        record: the map.
        vectors: hold the map's words and the new ones.
        rows: of the new words in `vectors`.

    Raises:
        InputError: the vectors lack a word of the map, so they are not those it was drawn from.
    """
    listed = maps.table(record)
    known = vectors.rows_or_absent(listed["word"])
    if (known < 0).any():
        word = listed["word"].iloc[int(np.argmin(known))]
        raise InputError(
            f"vectors ({vectors.title}) should hold every word of the map; {word} is missing"
        )
    table = measured(vectors, record.distance)
    reference = np.asarray(table[known], np.float64)
    points = np.asarray(table[list(rows)], np.float64)
    drawn = listed[["x", "y"]].to_numpy(np.float64)
    pca = listed[["pca_x", "pca_y"]].to_numpy(np.float64)
    # the components are linear in the vectors, so the words on the map give them back
    slopes, *_ = np.linalg.lstsq(reference - reference.mean(0), pca - pca.mean(0), rcond=None)
    spots = place(points, reference, drawn)
    pca_spots = (points - reference.mean(0)) @ slopes + pca.mean(0)
    cosines = np.asarray(vectors.unit[list(rows)]) @ np.asarray(vectors.unit[known]).T
    lines, neighbours = [], {}
    for number, row in enumerate(rows):
        gaps = np.sqrt(((reference - points[number]) ** 2).sum(1))
        near = np.argsort(gaps, kind="stable")[: min(N_NEIGHBOURS, record.n_words)]
        map_places, pca_places = (
            places(background, spot[number])[near]
            for background, spot in ((drawn, spots), (pca, pca_spots))
        )
        index = record.n_words + number
        neighbours[index] = maps.words.iloc[near].assign(
            row=near,
            distance=gaps[near],
            cosine=cosines[number, near].astype(np.float64),
            map_place=map_places,
            pca_place=pca_places,
            is_kept=map_places <= len(near),
        )
        lines.append(
            {
                "word": vectors.words[row],
                "rank": row + 1,
                "x": spots[number, 0],
                "y": spots[number, 1],
                "pca_x": pca_spots[number, 0],
                "pca_y": pca_spots[number, 1],
                "preservation": float(np.mean(map_places <= len(near))),
                "pca_preservation": float(np.mean(pca_places <= len(near))),
            }
        )
        if vectors.counts is not None and "count" in listed:
            lines[-1]["count"] = vectors.counts[row]
    index = pd.RangeIndex(record.n_words, record.n_words + len(lines))
    table = pd.DataFrame(lines, index, columns=listed.columns)
    return Guests(table, neighbours, np.concatenate([reference, points]))
