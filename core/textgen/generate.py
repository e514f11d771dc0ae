"""Writing on: one compiled loop in which everything that a person may turn is an argument.

Temperature, top-k, top-p, seed and a held cell are traced, so a slider that moves compiles nothing.

References:
    A. Holtzman et al. (2020). The Curious Case of Neural Text Degeneration.
        https://arxiv.org/abs/1904.09751 (top-p)
    A. Fan, M. Lewis and Y. Dauphin (2018). Hierarchical Neural Story Generation.
        https://arxiv.org/abs/1805.04833 (top-k)
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from core.textgen.model import CharNet

N_ALTERNATIVES = 5  # likeliest characters that are told for each place
PIECE = 64  # characters that are read or written by one call


class Choice(NamedTuple):
    """How the next character is drawn.

    Attributes:
        temperature: f32[], logits are divided by it; 0 takes the likeliest.
        top_k: i32[], only so many of the likeliest, at least 1.
        top_p: f32[], only the likeliest that together have this probability, above 0.
        held: bool[layers, H], cells that are held.
        value: f32[layers, H], at what.
    """

    temperature: jax.Array
    top_k: jax.Array
    top_p: jax.Array
    held: jax.Array
    value: jax.Array


class Point(NamedTuple):
    """Where a net stands in a text: its state f32[layers, S, 1, H] and next logits f32[V]."""

    state: jax.Array
    logits: jax.Array


class Written(NamedTuple):
    """What was written, of T characters.

    Attributes:
        ids: i32[T].
        log_probs: f32[T], nats, of the net itself: neither temperature nor cuts enter.
        likeliest: i32[T, N_ALTERNATIVES], what it thought likeliest, the best first.
        likeliest_log_probs: f32[T, N_ALTERNATIVES].
        states: f32[T, layers, S, H], after each character was read.
    """

    ids: jax.Array
    log_probs: jax.Array
    likeliest: jax.Array
    likeliest_log_probs: jax.Array
    states: jax.Array


def narrowed(logits: jax.Array, choice: Choice) -> jax.Array:
    """Returns the logits that are drawn from: f32[V], -inf for what is left out.

    Characters as likely as the last one that stays, stay too.
    """
    greedy = choice.temperature <= 0
    scaled = logits / jnp.where(greedy, 1, choice.temperature)
    falling = -jnp.sort(-scaled)
    probs = jax.nn.softmax(falling)
    n_within = (jnp.cumsum(probs) - probs < choice.top_p).sum()  # at least the likeliest
    n_kept = jnp.where(greedy, 1, jnp.clip(jnp.minimum(n_within, choice.top_k), 1, len(logits)))
    return jnp.where(scaled >= falling[n_kept - 1], scaled, -jnp.inf)


def writer(model: CharNet) -> Callable[..., tuple[Point, Written]]:
    """Makes a function that writes `PIECE` characters.

    Args:
        model: gives the structure; its arrays are not used.

    Returns:
        `write(params, point, key, first, choice) -> (point, written)`, jitted. The character number
        `first` + t is drawn with a key of its own, so pieces of any length give the same text.
    """
    graphdef, n_likeliest = nnx.graphdef(model), min(N_ALTERNATIVES, model.config.n_chars)

    @jax.jit
    def write(
        params: nnx.State, point: Point, key: jax.Array, first: jax.Array, choice: Choice
    ) -> tuple[Point, Written]:
        net = nnx.merge(graphdef, params)
        holds = [
            functools.partial(_held_at, held, value)
            for held, value in zip(choice.held, choice.value, strict=True)
        ]

        def step(point: Point, number: jax.Array) -> tuple[Point, Written]:
            drawn = jax.random.categorical(
                jax.random.fold_in(key, number), narrowed(point.logits, choice)
            )
            log_probs = jax.nn.log_softmax(point.logits)
            best, likeliest = jax.lax.top_k(log_probs, n_likeliest)
            logits, state = net.step(drawn[None], point.state, holds)
            now = Written(drawn, log_probs[drawn], likeliest, best, state[:, :, 0])
            return Point(state, logits[0]), now

        return jax.lax.scan(step, point, first + jnp.arange(PIECE))

    return write


def reader(model: CharNet) -> Callable[..., tuple[Point, jax.Array, jax.Array]]:
    """Makes a function that reads up to `PIECE` characters.

    Args:
        model: gives the structure; its arrays are not used.

    Returns:
        `read(params, point, ids i32[PIECE], n) -> (point, log_probs f32[PIECE, V], states
        f32[PIECE, layers, S, H])`, jitted: what was expected before each of the first `n`
        characters, and the states after it.
    """
    graphdef = nnx.graphdef(model)

    @jax.jit
    def read(
        params: nnx.State, point: Point, ids: jax.Array, n: jax.Array
    ) -> tuple[Point, jax.Array, jax.Array]:
        net = nnx.merge(graphdef, params)

        def step(point: Point, now: tuple) -> tuple[Point, tuple]:
            (number, char), expected = now, jax.nn.log_softmax(point.logits)
            logits, state = net.step(char[None], point.state)
            after = jax.tree.map(
                lambda new, old: jnp.where(number < n, new, old), Point(state, logits[0]), point
            )
            return after, (expected, state[:, :, 0])

        point, (expected, states) = jax.lax.scan(step, point, (jnp.arange(PIECE), ids))
        return point, expected, states

    return read


def beginning(model: CharNet) -> Point:
    """Returns where a net stands before it has read anything: every character is as likely."""
    return Point(model.start(1), jnp.zeros(model.config.n_chars))


def _held_at(held: jax.Array, value: jax.Array, remembered: jax.Array) -> jax.Array:
    return jnp.where(held, value, remembered)
