"""GloVe's weighted least squares: vectors whose products are the logarithms of counts.

The counts are of `core.words.data`. A pair is fitted in both directions in the same step,
and what is kept is the sum of a word's two vectors, as the paper has it.
"""

import dataclasses
import functools
from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from core.errors import InputError
from core.negative_sampling import FIRST_SCALE, first_vectors, linear_decay, update_rows
from core.words.data import Cooccurrence, Split, count_pairs
from core.words.model import GloveConfig, Recipe, glove_weight

HELD_OUT_MIN_WEIGHT = 5.0  # a pair seen by chance in few reviews says little about its logarithm


class GloveState(NamedTuple):
    """One table f32[2 V, D + 1]: words, then contexts, each with its bias at the end."""

    table: jax.Array
    scale: jax.Array
    epoch: jax.Array


def weighted_least_squares(
    config: GloveConfig, split: Split, *, seed: int, n_epochs: int
) -> Recipe:
    """Counts the pairs of words and prepares the fit of their logarithms; see `Recipe`."""
    n_words = split.n_words
    count = functools.partial(count_pairs, n_words=n_words, window=config.window)
    counted = count(split.tokens, split.reviews)
    held = count(split.held_tokens, split.held_reviews)
    # what the held-out counts would be in as much text as the training reviews
    scale = counted.weights.sum(dtype=np.float64) / max(held.weights.sum(dtype=np.float64), 1e-9)
    held = held.at_least(HELD_OUT_MIN_WEIGHT)
    held = dataclasses.replace(held, weights=(held.weights * scale).astype(np.float32))
    counted = counted.at_least(config.min_weight)
    if not len(counted) or not len(held):
        raise InputError(
            f"min_weight ({config.min_weight}) should leave pairs of words; the text is too short"
        )
    order = np.random.default_rng(seed).permutation(len(counted))

    def errors(rows: jax.Array, x: jax.Array) -> jax.Array:
        """Score minus log x, for rows of words and of contexts f32[2, N, D + 1]."""
        products = (rows[0, :, :-1] * rows[1, :, :-1]).sum(axis=1)
        return products + rows[0, :, -1] + rows[1, :, -1] - jnp.log(x)

    def look(table: jax.Array, batch: Mapping) -> tuple[jax.Array, ...]:
        """Both directions of each pair: either word as the word, the other as its context."""
        first, second = batch["first"], batch["second"]
        at = jnp.stack(
            [jnp.concatenate([first, second]), n_words + jnp.concatenate([second, first])]
        )
        rows = table[at]  # (2, 2 B, D + 1)
        error = errors(rows, jnp.tile(batch["x"], 2))
        return at, rows, error, jnp.tile(batch["weight"], 2)

    def step(carry: tuple, inputs: tuple, data: Mapping, state: GloveState) -> tuple:
        (table, scale), (batch, done) = carry, inputs
        batch = {name: column[batch] for name, column in data.items()}
        at, rows, error, weight = look(table, batch)
        pull = (weight * error)[:, None]
        ones = jnp.ones_like(pull)
        gradient = pull * jnp.concatenate([rows[::-1, :, :-1], jnp.stack([ones, ones])], axis=2)
        rate = config.learning_rate * linear_decay(config, state.epoch + done, n_epochs)
        flat = gradient.reshape(-1, config.n_dims + 1)
        table, scale = update_rows(table, scale, at.reshape(-1), flat, rate)
        return (table, scale), ((weight * jnp.square(error)).sum(), weight.sum())

    data = _batches(counted, config, order)
    n_steps = len(data["first"])

    def epoch(state: GloveState, key: jax.Array, data: Mapping) -> tuple[GloveState, dict]:
        inputs = (jax.random.permutation(key, n_steps), jnp.arange(n_steps) / n_steps)
        (table, scale), (losses, weights) = jax.lax.scan(
            lambda carry, inputs: step(carry, inputs, data, state), state[:2], inputs
        )
        return GloveState(table, scale, state.epoch + 1), {"loss": losses.sum() / weights.sum()}

    held_data = jax.device_put(_batches(held, config, np.arange(len(held))))

    @jax.jit
    def evaluate(state: GloveState, held: Mapping) -> jax.Array:
        def measure(batch: Mapping) -> tuple[jax.Array, jax.Array]:
            _, _, error, weight = look(state.table, batch)
            return (weight * jnp.square(error)).sum(), weight.sum()

        losses, weights = jax.lax.map(measure, held)
        return losses.sum() / weights.sum()

    state = GloveState(
        first_vectors(jax.random.key(seed), (2 * n_words, config.n_dims + 1)),
        jnp.full(2 * n_words, FIRST_SCALE),
        jnp.zeros(()),
    )

    def keep(state: GloveState) -> dict[str, jax.Array]:
        vectors = state.table[:, :-1]
        return {"vectors": vectors[:n_words] + vectors[n_words:]}  # w + c, as the paper has it

    return Recipe(epoch, state, data, keep, lambda state: evaluate(state, held_data))


def _batches(pairs: Cooccurrence, config: GloveConfig, order: np.ndarray) -> dict[str, np.ndarray]:
    """Cuts shuffled pairs into batches; the last one is filled up with pairs of weight 0."""
    size = config.batch_size
    missing = -len(order) % size
    columns = {
        "first": (pairs.first, 0),
        "second": (pairs.second, 0),
        "x": (pairs.weights, 1),
        "weight": (glove_weight(pairs.weights, config), 0),
    }
    return {
        name: np.pad(column[order], (0, missing), constant_values=fill).reshape(-1, size)
        for name, (column, fill) in columns.items()
    }
