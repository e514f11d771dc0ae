"""How surprised a net is at a text: bits a character, over a whole text and at each place."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from core.loop import TrainState, in_mode
from core.textgen.model import CharNet

_PIECE = 512  # characters that one call reads
_WARM_UP = 200  # characters that a stream reads before it is measured
_N_STREAMS = 32

LN_2 = float(np.log(2))


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
        n_pieces = -(-(len(ids) - 1) // _PIECE)
        padded = np.pad(ids, (0, max(n_pieces * _PIECE + 1 - len(ids), 0)))
        state = model.start(1)
        for piece in range(n_pieces):
            chars = padded[piece * _PIECE : (piece + 1) * _PIECE + 1]
            log_probs, state = read(params, jnp.asarray(chars), state)
            found.append(-np.asarray(log_probs, np.float64))
        return np.concatenate(found)[: len(ids)] / LN_2

    return bits


def quick_bits(
    model: CharNet, before: np.ndarray, ids: np.ndarray, weights: Callable[[TrainState], nnx.State]
) -> Callable[[TrainState], float]:
    """Makes a function that measures a net on a text in streams side by side, while it trains.

    Each stream first reads what stands before it, so that its state is hardly another than that of
    one long pass (`surprise`).

    Args:
        model: gives the structure.
        before: i32[M], the text before `ids`.
        ids: i32[N], the text to measure on, no shorter than the streams' number.
        weights: takes from a training state what is measured.

    Returns:
        `bits(state) -> bits a character`, over all but the last few characters.
    """
    graphdef = nnx.graphdef(in_mode(model, training=False))
    n_each = len(ids) // _N_STREAMS
    known = np.concatenate([before[len(before) - min(_WARM_UP + 1, len(before)) :], ids])
    n_warm = len(known) - len(ids)
    starts = np.arange(_N_STREAMS) * n_each
    chars = jnp.asarray(known[starts[:, None] + np.arange(n_warm + n_each)])

    @jax.jit
    def measure(params: nnx.State, chars: jax.Array) -> jax.Array:
        logits, _ = nnx.merge(graphdef, params)(chars[:, :-1], model.start(_N_STREAMS))
        log_probs = jax.nn.log_softmax(logits)
        told = jnp.take_along_axis(log_probs, chars[:, 1:, None], axis=2)[:, -n_each:, 0]
        return -told.mean() / LN_2

    return lambda state: float(measure(weights(state), chars))
