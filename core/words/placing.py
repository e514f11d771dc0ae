"""New words on a map that exists already, without moving it.

Each new word minimises its own Kullback-Leibler divergence: its neighbours on the map get
probabilities by the same Gaussian rule, and gradient descent moves the one point while all others
stay. So a word's place does not depend on which other words are placed with it. NumPy only, since a
few words against a few thousand are milliseconds; a page may ask this.

References:
    P. Policar, M. Strazar and B. Zupan (2023). Embedding to reference t-SNE space addresses batch
        effects in single-cell classification. Machine Learning 112.
"""

import numpy as np

from core.errors import InputError

_N_ITERATIONS = 300
_BISECTIONS = 60
_LONGEST_STEP = 0.5


def place(
    points: np.ndarray, reference: np.ndarray, coordinates: np.ndarray, *, perplexity: float = 5.0
) -> np.ndarray:
    """Finds places for new points.

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
        _place_one(np.asarray(point, np.float64), reference, coordinates, perplexity)
        for point in points
    ]
    return np.reshape(found, (len(points), 2))


def _place_one(
    point: np.ndarray, reference: np.ndarray, coordinates: np.ndarray, perplexity: float
) -> np.ndarray:
    distances = ((reference - point) ** 2).sum(1)
    n_near = min(len(reference), int(np.ceil(3 * perplexity)))
    near = np.argpartition(distances, n_near - 1)[:n_near]
    pull = neighbourhood(distances[near], perplexity)
    # from the spot among its neighbours where it fits best: between two groups lies a hilltop
    starts = coordinates[near]
    place = starts[np.argmin([_divergence(start, coordinates, near, pull) for start in starts])]
    place = place + 1e-3  # off the neighbour itself, where its pull vanishes
    rate, value = 1.0, _divergence(place, coordinates, near, pull)
    for _ in range(_N_ITERATIONS):
        slope = _gradient(place, coordinates, near, pull)
        step = rate * slope
        length = np.hypot(*step)
        step *= min(1.0, _LONGEST_STEP / max(length, 1e-12))
        moved = place - step
        new_value = _divergence(moved, coordinates, near, pull)
        if new_value < value:
            place, value, rate = moved, new_value, rate * 1.2
        else:
            rate /= 2
            if rate < 1e-9:
                break
    return place


def _divergence(
    place: np.ndarray, coordinates: np.ndarray, near: np.ndarray, pull: np.ndarray
) -> float:
    """Returns KL up to a constant: -sum p log q."""
    weights = 1 / (1 + ((coordinates - place) ** 2).sum(1))
    return float(np.log(weights.sum()) - pull @ np.log(weights[near]))


def _gradient(
    place: np.ndarray, coordinates: np.ndarray, near: np.ndarray, pull: np.ndarray
) -> np.ndarray:
    gaps = place - coordinates
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
    low, high = -15.0, 15.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        weights = np.exp(-np.exp(middle) * gaps)
        weights /= weights.sum()
        entropy = -(weights * np.log(np.maximum(weights, 1e-300))).sum()
        low, high = (middle, high) if entropy > np.log(perplexity) else (low, middle)
    return weights
