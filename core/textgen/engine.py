"""A trained net at work: compiled once for each size of net, whatever its weights.

What reads and writes is jitted with the weights as an argument, so the snapshots of a training, and
two nets of one size, share what was compiled.
"""

import functools
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from core.loop import in_mode, restore_state
from core.textgen.generate import PIECE, Choice, Point, Written, beginning, reader, writer
from core.textgen.influence import influence
from core.textgen.model import CharConfig, CharNet
from core.textgen.sampling import Hold, Settings
from core.textgen.score import surprise


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
        point = self.begin() if point is None else point
        config = self._config
        log_probs = [np.zeros((0, config.n_chars), np.float32)]
        shape = (0, config.n_layers, config.n_states, config.n_units)
        states = [np.zeros(shape, np.float32)]
        for at in range(0, len(ids), PIECE):
            piece = ids[at : at + PIECE]
            padded = jnp.asarray(np.pad(piece, (0, PIECE - len(piece))))
            point, expected, after = self._made.read(self._params, point, padded, len(piece))
            log_probs.append(np.asarray(expected)[: len(piece)])
            states.append(np.asarray(after)[: len(piece)])
        return Read(np.concatenate(log_probs), np.concatenate(states), point)

    def bits(self, ids: np.ndarray) -> np.ndarray:
        """Returns the surprise at each character of a text of any length: i32[N] -> f64[N]."""
        return self._made.bits(self._params, ids)

    def influence(self, ids: np.ndarray, target: int) -> np.ndarray:
        """Tells how far a character depends on each one before it.

        Args:
            ids: i32[N], what stands before it; at least one.
            target: the character.

        Returns:
            f32[N], see `core.textgen.influence`.
        """
        padded = jnp.asarray(np.pad(ids, (0, -len(ids) % PIECE)))
        return np.asarray(self._made.influence(self._params, padded, len(ids), target))[: len(ids)]

    def write(
        self,
        point: Point,
        settings: Settings,
        *,
        read: np.ndarray,
        holds: Sequence[Hold] = (),
    ) -> Iterator[Written]:
        """Writes on without an end, in pieces of `PIECE` characters.

        Args:
            point: where the net stands.
            settings: how characters are drawn.
            read: i32[N], all that was read up to there; see `draws`.
            holds: cells that are held.
        """
        key, choice = draws(settings.seed, read), self._choice(settings, holds)
        first = 0
        while True:
            point, written = self._made.write(self._params, point, key, first, choice)
            yield Written(*map(np.asarray, written))
            first += PIECE

    def _choice(self, settings: Settings, holds: Sequence[Hold]) -> Choice:
        held = np.zeros((self._config.n_layers, self._config.n_units), bool)
        value = np.zeros(held.shape, np.float32)
        for hold in holds:
            held[hold.layer, hold.cell], value[hold.layer, hold.cell] = True, hold.value
        return Choice(
            jnp.float32(settings.temperature),
            jnp.int32(settings.top_k or self._config.n_chars),
            jnp.float32(settings.top_p),
            jnp.asarray(held),
            jnp.asarray(value),
        )
