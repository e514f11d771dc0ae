"""How far a map of words can be trusted: who is still near whom, and what two maps have in common.

NumPy only; a page may ask this. All neighbours are exact.

References:
    J. Venna and S. Kaski (2001). Neighborhood preservation in nonlinear projection methods. ICANN.
    (trustworthiness)
"""

from collections.abc import Iterator

import numpy as np
from scipy.linalg import orthogonal_procrustes

from core.errors import InputError

N_NEIGHBOURS = 10
_TILE_ELEMENTS = 2**22


def nearest_rows(points: np.ndarray, n_neighbors: int = N_NEIGHBOURS) -> np.ndarray:
    """Returns the rows i64[N, k] of the nearest other points by Euclidean distance."""
    from sklearn.neighbors import NearestNeighbors  # pages that read shipped maps do without

    n_points = len(points)
    if not 1 <= n_neighbors < n_points:
        raise InputError(
            f"n_neighbors ({n_neighbors}) should be from 1 to {n_points - 1} for {n_points} points"
        )
    # two dimensions: a tree; many: all distances
    algorithm = "kd_tree" if points.shape[1] <= 3 else "brute"
    search = NearestNeighbors(n_neighbors=n_neighbors, algorithm=algorithm).fit(points)
    return search.kneighbors(return_distance=False)


def neighbour_preservation(
    true: np.ndarray, coordinates: np.ndarray, *, found: np.ndarray | None = None
) -> np.ndarray:
    """Returns which share of each point's true neighbours are its neighbours on the map too.

    Args:
        true: i[N, k], rows of the true nearest neighbours.
        coordinates: f[N, 2] of the map.
        found: i[N, k], neighbours on the map, if known already.

    Returns:
        f64[N] from 0 to 1; chance is about k / N.
    """
    if found is None:
        found = nearest_rows(coordinates, true.shape[1])
    return _shared(np.asarray(true), found) / true.shape[1]


def measure(points: np.ndarray, coordinates: np.ndarray) -> tuple[np.ndarray, float]:
    """Measures a map by 10 neighbours, or by all others where there are no more.

    Args:
        points: f[N, D].
        coordinates: f[N, 2] of the map.

    Returns:
        The share of its neighbours that each point keeps, f64[N], and the map's trustworthiness,
        which fewer than 21 points do not have: NaN.
    """
    true = nearest_rows(points, min(N_NEIGHBOURS, len(points) - 1))
    is_defined = len(points) > 2 * N_NEIGHBOURS
    trusted = trustworthiness(points, coordinates) if is_defined else float("nan")
    return neighbour_preservation(true, coordinates), trusted


def places(points: np.ndarray, spot: np.ndarray, *, own: int | None = None) -> np.ndarray:
    """Returns the place i64[N] of every point by its distance from a spot.

    Args:
        points: f[N, D].
        spot: f[D].
        own: the point that lies at the spot, which gets 0 even if others lie there too.

    Returns:
        1 for the nearest point, 2 for the next one, and so on.
    """
    gaps = ((points - spot).astype(np.float64) ** 2).sum(1)
    if own is not None:
        gaps[own] = -1
    found = np.empty(len(points), np.int64)
    found[np.argsort(gaps, kind="stable")] = np.arange(len(points)) + (own is None)
    return found


def trustworthiness(
    points: np.ndarray, coordinates: np.ndarray, *, n_neighbors: int = N_NEIGHBOURS
) -> float:
    """Returns how rarely the map shows as neighbours what is far apart in truth, from 0 to 1.

    Args:
        points: f[N, D].
        coordinates: f[N, 2] of the map.
        n_neighbors: neighbours on the map that are looked at, less than N / 2.

    Returns:
        1 minus the mean penalty: by how many places a neighbour on the map stands behind the
        n_neighbors nearest in truth. Equal to scikit-learn's, with memory that grows with N.
    """
    n_points = len(points)
    if not 1 <= n_neighbors < n_points / 2:
        raise InputError(
            f"n_neighbors ({n_neighbors}) should be at least 1 and less than half of the "
            f"{n_points} points"
        )
    found = nearest_rows(coordinates, n_neighbors)
    penalty = 0
    for rows, distances in _tiles(np.asarray(points, np.float64)):
        own = np.take_along_axis(distances, found[rows], axis=1)  # (rows, k)
        for column in range(n_neighbors):
            # place in truth: how many others are nearer (the point itself stands at infinity)
            places = 1 + (distances < own[:, column, None]).sum(axis=1)
            penalty += int(np.maximum(places - n_neighbors, 0).sum())
    worst = n_points * n_neighbors * (2 * n_points - 3 * n_neighbors - 1)
    return 1 - 2 * penalty / worst


def align(coordinates: np.ndarray, onto: np.ndarray) -> np.ndarray:
    """Shifts, turns, mirrors and scales a map so that it lies on another as well as it can.

    Args:
        coordinates: f[N, 2].
        onto: f[N, 2], the same points on the other map.

    Returns:
        f64[N, 2], the least squares fit (Procrustes).
    """
    centred = coordinates - coordinates.mean(0, dtype=np.float64)
    target = onto - onto.mean(0, dtype=np.float64)
    size = (centred**2).sum()
    if size == 0:
        return np.broadcast_to(onto.mean(0, dtype=np.float64), coordinates.shape).copy()
    turn, scale = orthogonal_procrustes(centred, target)
    return centred @ turn * (scale / size) + onto.mean(0, dtype=np.float64)


def stability(maps: np.ndarray, *, n_neighbors: int = N_NEIGHBOURS) -> np.ndarray:
    """Returns which share of its neighbours a point keeps from one map to another.

    Args:
        maps: f[M, N, 2], M >= 2 maps of the same points; how they are turned does not matter.
        n_neighbors: neighbours that are looked at.

    Returns:
        f64[N] from 0 to 1, the mean over all pairs of maps.
    """
    found = [nearest_rows(points, n_neighbors) for points in maps]
    pairs = [(a, b) for a in range(len(found)) for b in range(a)]
    if not pairs:
        raise InputError(f"maps ({len(found)}) should be at least 2 to compare")
    return np.mean([_shared(found[a], found[b]) / n_neighbors for a, b in pairs], axis=0)


def _shared(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Returns how many of the rows that stand in `first` stand in `second` too: i64[N]."""
    return (first[:, :, None] == second[:, None, :]).any(axis=2).sum(axis=1)


def _tiles(points: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields rows and their squared distances f64[rows, N] to all points, infinite to itself."""
    squares = (points**2).sum(1)
    n_rows = max(1, _TILE_ELEMENTS // len(points))
    for start in range(0, len(points), n_rows):
        rows = np.arange(start, min(start + n_rows, len(points)))
        distances = squares[rows, None] - 2 * points[rows] @ points.T + squares[None, :]
        distances[np.arange(len(rows)), rows] = np.inf
        yield rows, distances
