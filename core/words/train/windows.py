"""The lesson's task: tell a real window of 11 words from one with a random middle word."""

import functools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from core.errors import InputError
from core.loop import named_arrays, restore_state
from core.negative_sampling import (
    FIRST_SCALE,
    draw_noise,
    first_vectors,
    keep_probability,
    linear_decay,
    n_steps_for,
    noise_edges,
    update_rows,
)
from core.words.data import Split
from core.words.model import Recipe, WindowConfig, WindowNet, window_loss


class WindowState(NamedTuple):
    """Vectors f32[V, D] with the scales of their rows, and the net with its optimiser."""

    words: jax.Array
    scale: jax.Array
    net: Any
    opt_state: Any
    epoch: jax.Array


class _Windows:
    """Windows of some reviews on the device, thinned out by their middle words."""

    def __init__(
        self, config: WindowConfig, tokens: np.ndarray, reviews: np.ndarray, counts: np.ndarray
    ) -> None:
        reach, keep = config.reach, keep_probability(counts, config.subsample)
        at = np.arange(reach, len(tokens) - reach, dtype=np.int32)
        at = at[reviews[at - reach] == reviews[at + reach]]
        if not len(at):
            raise InputError(
                f"reach ({reach}) should leave windows of {2 * reach + 1} words; the reviews are "
                "shorter"
            )
        self._config = config
        self._offsets = np.array([d for d in range(-reach, reach + 1) if d])
        self.n_steps = n_steps_for(keep[tokens[at]], config.batch_size)
        self.data = {"tokens": tokens, "centres": at, "keep": keep, "edges": noise_edges(counts)}

    def batches(self, key: jax.Array, data: Mapping) -> tuple[jax.Array, jax.Array]:
        """Middles that stay this time, each batch from all over the reviews: i32, f32[S, B]."""
        centres, shape = data["centres"], (self._config.batch_size, self.n_steps)
        kept = jax.random.uniform(key, centres.shape) < data["keep"][data["tokens"][centres]]
        found = jnp.nonzero(kept, size=shape[0] * shape[1], fill_value=len(kept))[0]
        weight = (found < len(kept)).astype(jnp.float32)
        at = centres.at[found].get(mode="fill", fill_value=self._config.reach)
        return at.reshape(shape).T, weight.reshape(shape).T

    def look(self, data: Mapping, at: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Ids of the words around, i32[B, 2 R], and of the real and the random middles, i32[B, K].

        The random ones are drawn as skip-gram's noise is: were all words drawn alike, telling
        frequent from rare words would be most of the task.
        """
        tokens = data["tokens"]
        random = draw_noise(key, data["edges"], (len(at), self._config.n_corrupted))
        return tokens[at[:, None] + self._offsets], jnp.column_stack([tokens[at], random])


def held_out_windows(
    config: WindowConfig, tokens: np.ndarray, reviews: np.ndarray, counts: np.ndarray
) -> Callable[[jax.Array | np.ndarray, nnx.State], jax.Array]:
    """Makes the measure of a window net: its loss on the same windows and random words every time.

    Args:
        config: settings.
        tokens: i32[H], ids of the held-out reviews.
        reviews: i32[H], the review of each.
        counts: i64[V], over the training reviews.

    Returns:
        `(vectors f32[V, D], the net's parameters) -> mean loss of a window`.
    """
    windows = _Windows(config, tokens, reviews, counts)
    held = jax.device_put(windows.data)
    graphdef = nnx.graphdef(nnx.eval_shape(lambda: WindowNet(config, rngs=nnx.Rngs(0))))

    @jax.jit
    def evaluate(vectors: jax.Array, net: nnx.State, held: Mapping) -> jax.Array:
        thin_key, noise_key = jax.random.split(jax.random.key(0))

        def measure(inputs: tuple) -> tuple[jax.Array, jax.Array]:
            at, weight, key = inputs
            around, middles = windows.look(held, at, key)
            scores = nnx.merge(graphdef, net)(vectors[around], vectors[middles])
            return (weight * window_loss(config, scores)).sum(), weight.sum()

        inputs = (*windows.batches(thin_key, held), jax.random.split(noise_key, windows.n_steps))
        losses, weights = jax.lax.map(measure, inputs)
        return losses.sum() / weights.sum()

    return lambda vectors, net: evaluate(vectors, net, held)


def window_net(config: WindowConfig, arrays: Mapping[str, np.ndarray]) -> nnx.State:
    """Fills the parameters of a window net with arrays by dotted name."""
    abstract = nnx.eval_shape(lambda: WindowNet(config, rngs=nnx.Rngs(0)))
    return restore_state(nnx.state(abstract, nnx.Param), arrays)


def windows_against_corrupted(
    config: WindowConfig, split: Split, *, seed: int, n_epochs: int
) -> Recipe:
    """Prepares the lesson's task; see `Recipe`."""
    windows = _Windows(config, split.tokens, split.reviews, split.counts)
    evaluate = held_out_windows(config, split.held_tokens, split.held_reviews, split.counts)
    graphdef, net = nnx.split(WindowNet(config, rngs=nnx.Rngs(seed)), nnx.Param)
    optimizer, n_steps = optax.scale_by_adam(), windows.n_steps

    def step(carry: tuple, inputs: tuple, data: Mapping, state: WindowState) -> tuple:
        (words, scale, net, opt_state), (at, weight, key, done) = carry, inputs
        around, middles = windows.look(data, at, key)

        def objective(net: nnx.State, near: jax.Array, middle: jax.Array) -> jax.Array:
            return (weight * window_loss(config, nnx.merge(graphdef, net)(near, middle))).sum()

        loss, (to_net, to_near, to_middle) = jax.value_and_grad(objective, argnums=(0, 1, 2))(
            net, words[around], words[middles]
        )
        slope = linear_decay(config, state.epoch + done, n_epochs)
        updates, opt_state = optimizer.update(to_net, opt_state)
        net = jax.tree.map(lambda p, u: p - config.net_rate * slope * u, net, updates)
        rows = jnp.concatenate([around.reshape(-1), middles.reshape(-1)])
        flat = functools.partial(jnp.reshape, shape=(-1, config.n_dims))
        gradient = jnp.concatenate([flat(to_near), flat(to_middle)])
        words, scale = update_rows(words, scale, rows, gradient, config.learning_rate * slope)
        return (words, scale, net, opt_state), (loss, weight.sum())

    def epoch(state: WindowState, key: jax.Array, data: Mapping) -> tuple[WindowState, dict]:
        thin_key, order_key, noise_key = jax.random.split(key, 3)
        at, weight = windows.batches(thin_key, data)
        order = jax.random.permutation(order_key, n_steps)
        keys, done = jax.random.split(noise_key, n_steps), jnp.arange(n_steps) / n_steps
        carry, (losses, weights) = jax.lax.scan(
            lambda carry, inputs: step(carry, inputs, data, state),
            state[:4],
            (at[order], weight[order], keys, done),
        )
        return WindowState(*carry, state.epoch + 1), {"loss": losses.sum() / weights.sum()}

    state = WindowState(
        first_vectors(jax.random.key(seed), (split.n_words, config.n_dims)),
        jnp.full(split.n_words, FIRST_SCALE),
        net,
        optimizer.init(net),
        jnp.zeros(()),
    )

    def keep(state: WindowState) -> dict[str, jax.Array | np.ndarray]:
        return {"vectors": state.words} | named_arrays(state.net)

    return Recipe(epoch, state, windows.data, keep, lambda state: evaluate(state.words, state.net))
