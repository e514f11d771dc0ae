"""What an embedding is: a look-up against a one-hot vector times the table.

In NumPy alone, no Streamlit and no JAX: what an embedding is needs neither.
"""

import time
from typing import NamedTuple

import numpy as np

BATCH = 64  # film ids that one timed step looks up, as many as the lesson trains at once
N_ROUNDS = 15
_N_LOOKUPS = 200  # a look-up is too short for the clock: time many, and divide


class Proof(NamedTuple):
    """Both ways to a film's factors."""

    looked_up: np.ndarray  # f32[F]
    multiplied: np.ndarray  # f32[F]

    @property
    def max_difference(self) -> float:
        """Largest absolute difference of the two."""
        return float(np.abs(self.looked_up - self.multiplied).max())


class Times(NamedTuple):
    """Times of a batch, and how many times as long the multiplication took in each round."""

    lookup_s: float  # median
    product_s: float  # median
    ratio: float  # median
    low: float  # lower quartile of the ratio
    high: float  # upper quartile


class Gradient(NamedTuple):
    """What one rating changes in the tables of films, of the squared error e^2 = (r^ - r)^2."""

    error: float  # predicted less given stars
    factors: np.ndarray  # f64[I, F], d e^2 / d item_factors
    bias: np.ndarray  # f64[I], d e^2 / d item_bias

    @property
    def touched(self) -> np.ndarray:
        """Rows of which any gradient is not zero."""
        return np.flatnonzero(self.factors.any(axis=1) | (self.bias != 0))


def one_hot(row: int, n_rows: int) -> np.ndarray:
    """Returns f32[n_rows], zero but for a 1 at `row`."""
    vector = np.zeros(n_rows, np.float32)
    vector[row] = 1
    return vector


def proof(table: np.ndarray, row: int) -> Proof:
    """Computes a row of f32[I, F] by look-up and by a product with a one-hot vector."""
    return Proof(table[row], one_hot(row, len(table)) @ table)


def gradient(
    table: np.ndarray, row: int, user_factors: np.ndarray, prediction: float, stars: float
) -> Gradient:
    """Computes the gradient of one rating for all films, through the one-hot vector.

    Args:
        table: f[I, F], the films' factors.
        row: the film that was rated.
        user_factors: f[F], of the rater.
        prediction: what the model expects, in stars.
        stars: what was given.
    """
    error = prediction - stars
    chosen = one_hot(row, len(table)).astype(np.float64)
    return Gradient(error, np.outer(chosen, 2 * error * user_factors), 2 * error * chosen)


def measure(table: np.ndarray, *, seed: int = 0) -> Times:
    """Times both ways on a batch of random rows, a few milliseconds in all.

    Args:
        table: f32[I, F].
        seed: of the batch's rows.
    """
    rows = np.random.default_rng(seed).integers(0, len(table), BATCH)
    lookups, products = [], []
    for _ in range(N_ROUNDS):
        start = time.perf_counter()
        for _ in range(_N_LOOKUPS):
            table[rows]
        middle = time.perf_counter()
        hot = np.zeros((BATCH, len(table)), np.float32)
        hot[np.arange(BATCH), rows] = 1
        np.matmul(hot, table)
        end = time.perf_counter()
        lookups.append((middle - start) / _N_LOOKUPS)
        products.append(end - middle)
    ratios = np.array(products) / np.array(lookups)
    low, ratio, high = np.quantile(ratios, [0.25, 0.5, 0.75])
    return Times(
        float(np.median(lookups)), float(np.median(products)), float(ratio), float(low), float(high)
    )
