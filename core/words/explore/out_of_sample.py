"""Out-of-sample points: words that a map was not fitted to, put onto it without moving it.

Each new word minimises its own Kullback-Leibler divergence: its neighbours on the map get
probabilities by the same Gaussian rule, and gradient descent moves the one point while all others
stay. So a word's place does not depend on which other words are placed with it. NumPy only, since a
few words against a few thousand are milliseconds; a page may ask this.

References:
    P. Policar, M. Strazar and B. Zupan (2023). Embedding to reference t-SNE space addresses batch
        effects in single-cell classification. Machine Learning 112.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import entr, softmax

from core.errors import InputError
from core.words.explore import MapExplorer, MapRecord
from core.words.explore.vectors import WordVectors
from core.words.tsne.quality import N_NEIGHBOURS, places

_N_ITERATIONS = 300
_BISECTIONS = 60
_LONGEST_STEP = 0.5


@dataclasses.dataclass(frozen=True)
class OutOfSampleWords:
    """Words put onto a map, each on its own; no word of the map has moved.

    Attributes:
        table: the words with the columns of `MapExplorer.table`; the index goes on after the
            map's own rows.
        neighbours: of each row of the table, its nearest words among those of the map, with the
            columns of `MapExplorer.true_neighbours`; the nearest first.
        points: f64[N + M, D], what distances are measured between: the map's words, then these.
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


def transform_words(
    maps: MapExplorer, record: MapRecord, vectors: WordVectors, rows: Sequence[int]
) -> OutOfSampleWords:
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
    table = vectors.points(record.distance)
    reference = np.asarray(table[known], np.float64)
    points = np.asarray(table[list(rows)], np.float64)
    drawn = listed[["x", "y"]].to_numpy(np.float64)
    pca = listed[["pca_x", "pca_y"]].to_numpy(np.float64)
    # the components are linear in the vectors, so the words on the map give them back
    slopes, *_ = np.linalg.lstsq(reference - reference.mean(0), pca - pca.mean(0), rcond=None)
    spots = transform(points, reference, drawn)
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
    return OutOfSampleWords(table, neighbours, np.concatenate([reference, points]))


def transform(
    points: np.ndarray, reference: np.ndarray, coordinates: np.ndarray, *, perplexity: float = 5.0
) -> np.ndarray:
    """Finds where new points lie on a map.

    Args:
        points: f[M, D], the new ones.
        reference: f[N, D], those on the map, measured alike.
        coordinates: f[N, 2], the map.
        perplexity: effective number of neighbours of a new point, from 1 to N / 3. A small one
            serves best, since a new point has to find its own surroundings only.

    Returns:
        f64[M, 2].

    Raises:
        InputError: a bound is not kept.
    """
    n_reference = len(reference)
    if not 1 <= perplexity <= n_reference / 3:
        raise InputError(
            f"perplexity ({perplexity:g}) should be from 1 to {n_reference / 3:.1f} for a map of "
            f"{n_reference:,} points"
        )
    if len(coordinates) != n_reference:
        raise InputError(
            f"coordinates ({len(coordinates)}) should be as many as the map's points "
            f"({n_reference})"
        )
    coordinates = np.asarray(coordinates, np.float64)
    found = [
        _transform_one(np.asarray(point, np.float64), reference, coordinates, perplexity)
        for point in points
    ]
    return np.reshape(found, (len(points), 2))


def _transform_one(
    point: np.ndarray, reference: np.ndarray, coordinates: np.ndarray, perplexity: float
) -> np.ndarray:
    distances = ((reference - point) ** 2).sum(1)
    n_near = min(len(reference), int(np.ceil(3 * perplexity)))
    near = np.argpartition(distances, n_near - 1)[:n_near]
    pull = neighbourhood(distances[near], perplexity)
    # from the spot among its neighbours where it fits best: between two groups lies a hilltop
    starts = coordinates[near]
    spot = starts[np.argmin([_divergence(start, coordinates, near, pull) for start in starts])]
    spot = spot + 1e-3  # off the neighbour itself, where its pull vanishes
    rate, value = 1.0, _divergence(spot, coordinates, near, pull)
    for _ in range(_N_ITERATIONS):
        slope = _gradient(spot, coordinates, near, pull)
        step = rate * slope
        length = np.hypot(*step)
        step *= min(1.0, _LONGEST_STEP / max(length, 1e-12))
        moved = spot - step
        new_value = _divergence(moved, coordinates, near, pull)
        if new_value < value:
            spot, value, rate = moved, new_value, rate * 1.2
        else:
            rate /= 2
            if rate < 1e-9:
                break
    return spot


def _divergence(
    spot: np.ndarray, coordinates: np.ndarray, near: np.ndarray, pull: np.ndarray
) -> float:
    """Returns KL up to a constant: -sum p log q."""
    weights = 1 / (1 + ((coordinates - spot) ** 2).sum(1))
    return float(np.log(weights.sum()) - pull @ np.log(weights[near]))


def _gradient(
    spot: np.ndarray, coordinates: np.ndarray, near: np.ndarray, pull: np.ndarray
) -> np.ndarray:
    gaps = spot - coordinates
    weights = 1 / (1 + (gaps**2).sum(1))
    attraction = (pull * weights[near]) @ gaps[near]
    repulsion = (weights**2) @ gaps / weights.sum()
    return 2 * (attraction - repulsion)


def neighbourhood(distances: np.ndarray, perplexity: float) -> np.ndarray:
    """Returns probabilities f64[k] of neighbours, with the given perplexity.

    Args:
        distances: f[k] squared distances.
        perplexity: exp of the entropy, at most k.
    """
    gaps = distances - distances.min()
    gaps = gaps / (gaps.mean() or 1)
    low, high, weights = -15.0, 15.0, softmax(-gaps)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        weights = softmax(-np.exp(middle) * gaps)
        is_wide = entr(weights).sum() > np.log(perplexity)
        low, high = (middle, high) if is_wide else (low, middle)
    return weights
