"""A trained net at work: it writes, reads, scores a text, and says what a prediction depends on.

What reads and writes is jitted with the weights as an argument, so the snapshots of a training, and
two nets of one size, share what was compiled. So is everything that a person may set: temperature,
top-k, top-p, seed and clamped cells are traced, so a slider that moves compiles nothing.

Reading by NumPy instead was measured: 75 us of a CPU a character against 54 for one LSTM of 256,
993 against 689 for two of 512. It would spare the first call, 4 s with the import of JAX, and 265
MB; writing, scores and gradients under jit come on top of that only by 70 MB, so each net is
written once, in Flax.

References:
    A. Holtzman et al. (2020). The Curious Case of Neural Text Degeneration.
        https://arxiv.org/abs/1904.09751 (top-p)
    A. Fan, M. Lewis and Y. Dauphin (2018). Hierarchical Neural Story Generation.
        https://arxiv.org/abs/1805.04833 (top-k)
    A. Madsen (2019). Visualizing memorization in RNNs. https://doi.org/10.23915/distill.00016
        (what a prediction depends on, by the length of its gradient)
"""

import functools
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from core.loop import in_mode, restore_state
from core.textgen.model import CharConfig, CharNet
from core.textgen.sampling import ClampedCell, Settings

N_ALTERNATIVES = 5  # likeliest characters that are reported for each place
PIECE = 64  # characters that are read or written by one call
_SCORED_PIECE = 512  # characters that one call scores
_LN_2 = float(np.log(2))
Values = TypeVar("Values", jax.Array, np.ndarray)


class Choice(NamedTuple):
    """How the next character is drawn.

    Attributes:
        temperature: f32[], logits are divided by it; 0 takes the likeliest.
        top_k: i32[], only so many of the likeliest, at least 1.
        top_p: f32[], only the likeliest that together have this probability, above 0.
        is_clamped: bool[layers, H], cells that are clamped.
        value: f32[layers, H], at what.
    """

    temperature: jax.Array
    top_k: jax.Array
    top_p: jax.Array
    is_clamped: jax.Array
    value: jax.Array


class Point(NamedTuple):
    """Where a net stands in a text: its state f32[layers, S, 1, H] and next logits f32[V]."""

    state: jax.Array
    logits: jax.Array


class Written(NamedTuple, Generic[Values]):
    """What was written, of T characters.

    Attributes:
        ids: i32[T].
        log_probs: f32[T], nats, of the net itself: neither temperature nor cuts enter.
        likeliest: i32[T, N_ALTERNATIVES], what it thought likeliest, the best first.
        likeliest_log_probs: f32[T, N_ALTERNATIVES].
        states: f32[T, layers, S, H], after each character was read.
    """

    ids: Values
    log_probs: Values
    likeliest: Values
    likeliest_log_probs: Values
    states: Values


class Read(NamedTuple):
    """What a net makes of a text of N characters.

    Attributes:
        log_probs: f32[N, V], nats, of each character at each place, given what stands before it.
        states: f32[N, layers, S, H], after each character was read.
        end: where the net stands then.
    """

    log_probs: np.ndarray
    states: np.ndarray
    end: Point


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
        clamps = [
            functools.partial(_clamped_at, is_clamped, value)
            for is_clamped, value in zip(choice.is_clamped, choice.value, strict=True)
        ]

        def step(point: Point, number: jax.Array) -> tuple[Point, Written]:
            drawn = jax.random.categorical(
                jax.random.fold_in(key, number), narrowed(point.logits, choice)
            )
            log_probs = jax.nn.log_softmax(point.logits)
            best, likeliest = jax.lax.top_k(log_probs, n_likeliest)
            logits, state = net.step(drawn[None], point.state, clamps)
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


def surprise(model: CharNet) -> Callable[[nnx.State, np.ndarray], np.ndarray]:
    """Makes a function that reads a text from its beginning, in one pass.

    Args:
        model: gives the structure.

    Returns:
        `bits(params, ids i32[N]) -> f64[N]`, bits at each character given all before it. Nothing
        stands before the first: each character is as likely there.
    """
    graphdef = nnx.graphdef(in_mode(model, training=False))

    @jax.jit
    def read(params: nnx.State, chars: jax.Array, state: jax.Array) -> tuple[jax.Array, jax.Array]:
        logits, state = nnx.merge(graphdef, params)(chars[None, :-1], state)
        log_probs = jax.nn.log_softmax(logits[0])
        return jnp.take_along_axis(log_probs, chars[1:, None], axis=1)[:, 0], state

    def bits(params: nnx.State, ids: np.ndarray) -> np.ndarray:
        n_chars = model.config.n_chars
        found = [np.full(min(len(ids), 1), np.log(n_chars))]
        n_pieces = -(-(len(ids) - 1) // _SCORED_PIECE)
        padded = np.pad(ids, (0, max(n_pieces * _SCORED_PIECE + 1 - len(ids), 0)))
        state = model.start(1)
        for piece in range(n_pieces):
            chars = padded[piece * _SCORED_PIECE : (piece + 1) * _SCORED_PIECE + 1]
            log_probs, state = read(params, jnp.asarray(chars), state)
            found.append(-np.asarray(log_probs, np.float64))
        return np.concatenate(found)[: len(ids)] / _LN_2

    return bits


def influence(model: CharNet) -> Callable[..., jax.Array]:
    """Makes a function that measures how far a prediction depends on each character before it.

    How far the log-probability of the next character would move if the vector of an earlier one
    moved a little: the length of that gradient, one number for each earlier character.

    Args:
        model: gives the structure; its arrays are not used.

    Returns:
        `measure(params, ids i32[P], n, target) -> f32[P]`, jitted: lengths of the gradients of the
        log-probability of `target` behind the first `n` characters, n at least 1; 0 from n on.
    """
    graphdef = nnx.graphdef(model)

    @jax.jit
    def measure(params: nnx.State, ids: jax.Array, n: jax.Array, target: jax.Array) -> jax.Array:
        net = nnx.merge(graphdef, params)

        def log_prob(x: jax.Array) -> jax.Array:
            logits, _ = net.read(x[None], net.start(1))
            return jax.nn.log_softmax(logits[0, n - 1])[target]

        return jnp.linalg.norm(jax.grad(log_prob)(net.table[...][ids]), axis=1)

    return measure


class _Compiled(NamedTuple):
    model: CharNet
    write: Callable
    read: Callable
    bits: Callable
    influence: Callable


@functools.cache
def _compiled(config: CharConfig) -> _Compiled:
    model = nnx.eval_shape(lambda: CharNet(config, rngs=nnx.Rngs(0)))
    model = in_mode(model, training=False)
    return _Compiled(model, writer(model), reader(model), surprise(model), influence(model))


def draws(seed: int, read: np.ndarray) -> jax.Array:
    """Returns the key of all random numbers behind a text.

    It follows from the seed and from every character that was read. With the seed alone, texts
    behind different beginnings end alike: two nets of nearly the same state that are given the same
    random numbers draw the same character sooner or later, and then hardly ever part again.

    Args:
        seed: from 0 to 2**31 - 1.
        read: i32[N], what the net has read; it may be empty.
    """
    digest = hashlib.blake2b(np.ascontiguousarray(read, "<i4").tobytes(), digest_size=4).digest()
    return jax.random.fold_in(jax.random.key(seed), int.from_bytes(digest, "little"))


class Engine:
    """A net with its weights.

    Args:
        config: of the net.
        arrays: weights by dotted name, of any precision.

    Raises:
        InputError: the weights do not fit.
    """

    def __init__(self, config: CharConfig, arrays: Mapping[str, np.ndarray]) -> None:
        self._config = config
        self._made = _compiled(config)
        self._params = restore_state(nnx.state(self._made.model, nnx.Param), arrays)

    def begin(self) -> Point:
        """Returns where the net stands before it has read anything."""
        return beginning(self._made.model)

    def read(self, ids: np.ndarray, point: Point | None = None) -> Read:
        """Reads a text: i32[N], behind what was read before `point`."""
        end: Point = self.begin() if point is None else point
        config = self._config
        log_probs = [np.zeros((0, config.n_chars), np.float32)]
        shape = (0, config.n_layers, config.n_states, config.n_units)
        states = [np.zeros(shape, np.float32)]
        for at in range(0, len(ids), PIECE):
            piece = ids[at : at + PIECE]
            padded = jnp.asarray(np.pad(piece, (0, PIECE - len(piece))))
            end, expected, after = self._made.read(self._params, end, padded, len(piece))
            log_probs.append(np.asarray(expected)[: len(piece)])
            states.append(np.asarray(after)[: len(piece)])
        return Read(np.concatenate(log_probs), np.concatenate(states), end)

    def bits(self, ids: np.ndarray) -> np.ndarray:
        """Returns the surprise at each character of a text of any length: i32[N] -> f64[N]."""
        return self._made.bits(self._params, ids)

    def influence(self, ids: np.ndarray, target: int) -> np.ndarray:
        """Tells how far a character depends on each one before it.

        Args:
            ids: i32[N], what stands before it; at least one.
            target: the character.

        Returns:
            f32[N], lengths of gradients.
        """
        padded = jnp.asarray(np.pad(ids, (0, -len(ids) % PIECE)))
        return np.asarray(self._made.influence(self._params, padded, len(ids), target))[: len(ids)]

    def write(
        self,
        point: Point,
        settings: Settings,
        *,
        read: np.ndarray,
        clamped: Sequence[ClampedCell] = (),
    ) -> Iterator[Written[np.ndarray]]:
        """Writes on without an end, in pieces of `PIECE` characters.

        Args:
            point: where the net stands.
            settings: how characters are drawn.
            read: i32[N], all that was read up to there; see `draws`.
            clamped: cells that are clamped.
        """
        key, choice = draws(settings.seed, read), self._choice(settings, clamped)
        first = 0
        while True:
            point, written = self._made.write(self._params, point, key, first, choice)
            yield Written(*map(np.asarray, written))
            first += PIECE

    def _choice(self, settings: Settings, clamped: Sequence[ClampedCell]) -> Choice:
        is_clamped = np.zeros((self._config.n_layers, self._config.n_units), bool)
        value = np.zeros(is_clamped.shape, np.float32)
        for cell in clamped:
            is_clamped[cell.layer, cell.cell], value[cell.layer, cell.cell] = True, cell.value
        return Choice(
            jnp.float32(settings.temperature),
            jnp.int32(settings.top_k or self._config.n_chars),
            jnp.float32(settings.top_p),
            jnp.asarray(is_clamped),
            jnp.asarray(value),
        )


def _clamped_at(is_clamped: jax.Array, value: jax.Array, remembered: jax.Array) -> jax.Array:
    return jnp.where(is_clamped, value, remembered)
