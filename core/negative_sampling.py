"""Learning vectors of words by telling near words from random ones: what is drawn, what moves.

Sources:
    Mikolov et al.: Distributed Representations of Words and Phrases and their Compositionality,
    2013, https://arxiv.org/abs/1310.4546 (subsampling, noise to the power 3/4)
    Duchi, Hazan, Singer: Adaptive Subgradient Methods, 2011,
    https://jmlr.org/papers/v12/duchi11a.html (Adagrad, here with one scale a row)
"""

from typing import Protocol

import jax
import jax.numpy as jnp
import numpy as np

NOISE_POWER = 0.75
FIRST_SCALE = 0.01  # of a row's squared gradients, so that its first step is no leap


class HasFinalRate(Protocol):
    """A configuration of training whose rate falls."""

    @property
    def final_rate(self) -> float:
        """Returns the factor of the learning rate at the end."""
        ...


def keep_probability(counts: np.ndarray, subsample: float) -> np.ndarray:
    """Returns f32[V], sqrt(subsample / share of the word), at most 1: word2vec's thinning out."""
    share = np.maximum(counts, 1) / max(counts.sum(), 1)
    return np.minimum(1, np.sqrt(subsample / share)).astype(np.float32)


def noise_edges(counts: np.ndarray) -> np.ndarray:
    """Returns f32[V]: where each word's part of 0..1 ends, as wide as its count to the power 3/4.

    A word without a count among the training reviews is counted as half an occurrence.
    """
    mass = np.maximum(counts, 0.5) ** NOISE_POWER
    edges = np.cumsum(mass / mass.sum()).astype(np.float32)
    edges[-1] = 1
    return edges


def draw_noise(key: jax.Array, edges: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """Draws words from `noise_edges`, i32[shape]."""
    found = jnp.searchsorted(edges, jax.random.uniform(key, shape), side="right")
    return found.astype(jnp.int32)


def first_vectors(key: jax.Array, shape: tuple[int, int]) -> jax.Array:
    """Returns a table to start from, uniform in +-0.5 / D, as word2vec and GloVe start."""
    return (jax.random.uniform(key, shape) - 0.5) / shape[1]


def linear_decay(config: HasFinalRate, done: jax.Array, n_epochs: int) -> jax.Array:
    """Returns the learning rate's factor after `done` epochs, from 1 linearly to `final_rate`."""
    return 1 - (1 - config.final_rate) * jnp.minimum(done / n_epochs, 1)


def update_rows(
    table: jax.Array, scale: jax.Array, rows: jax.Array, gradient: jax.Array, rate: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Takes an Adagrad step on the rows that a batch touched, and on no other.

    A row has one scale, the sum of the mean squares of the gradients it got. A row that stands in
    the batch several times gets the sum of its steps.

    Args:
        table: f32[V, D].
        scale: f32[V], sums so far.
        rows: i32[N].
        gradient: f32[N, D], with respect to each of those rows.
        rate: learning rate.

    Returns:
        The new table and scale.
    """
    scale = scale.at[rows].add(jnp.square(gradient).mean(axis=1))
    step = -rate * jax.lax.rsqrt(scale[rows])[:, None] * gradient
    return table.at[rows].add(step), scale


def n_steps_for(probability: np.ndarray, size: int) -> int:
    """Returns steps of `size` that hold a random choice, but for six standard deviations.

    Args:
        probability: f32[N], with which each thing is chosen.
        size: things a step.
    """
    mean = float(probability.sum(dtype=np.float64))
    return max(1, int(np.ceil((mean + 6 * np.sqrt(mean)) / size)))
