"""Two ways to train a net on a text: as a stream that is read once, or as windows, as the lesson.

A window of 40 characters begins at every place, so the lesson reads each character 40 times an
epoch, and always begins with an empty state. A stream is read from its beginning to its end, in
pieces; the state goes on from piece to piece, though gradients end at their borders.

Reference:
    R. Williams and J. Peng (1990). An Efficient Gradient-Based Algorithm for On-Line Training of
        Recurrent Network Trajectories. https://doi.org/10.1162/neco.1990.2.4.490
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax.sharding import Mesh

from core.devices import split_over
from core.errors import InputError
from core.loop import Epoch, TrainState, in_mode
from core.textgen.model import CharNet


def window_loss(model: CharNet, batch: jax.Array, rngs: nnx.Rngs) -> jax.Array:
    """Mean surprise in nats at each next character of windows, i32[B, T + 1], state empty."""
    logits, _ = model(batch[:, :-1], model.start(len(batch)), rngs=rngs)
    return optax.softmax_cross_entropy_with_integer_labels(logits, batch[:, 1:]).mean()


def windows_of(ids: np.ndarray, n_steps: int) -> np.ndarray:
    """Lays out the windows that begin at each place: i32[N] -> i32[N - T, T + 1].

    Raises:
        InputError: the text is too short for one.
    """
    if len(ids) <= n_steps:
        raise InputError(f"steps ({n_steps}) should be less than the text's {len(ids):,} signs")
    return np.lib.stride_tricks.sliding_window_view(ids, n_steps + 1)


def stream_epoch(
    model: CharNet,
    optimizer: optax.GradientTransformation,
    *,
    n_streams: int,
    n_steps: int,
    mesh: Mesh | None = None,
) -> Epoch:
    """Makes reading a text once, with its state carried along, one compiled call.

    Args:
        model: gives the structure; its arrays are not used.
        optimizer: optax transformation, its schedule counted in pieces.
        n_streams: parts of the text that are read side by side, B.
        n_steps: characters of a piece, T; gradients reach no further back.
        mesh: split the streams over its devices; None for one device.

    Returns:
        `epoch(state, key, ids i32[N]) -> (state, {"loss": nats a character})`. Each epoch begins at
        another of the first T characters, so that pieces do not always end at the same places. The
        state passed in is donated.
    """
    graphdef = nnx.graphdef(in_mode(model, training=True))
    sharding = None if mesh is None or mesh.size == 1 else split_over(mesh)
    if sharding is not None and n_streams % mesh.size:
        raise InputError(
            f"streams ({n_streams}) should be a multiple of the number of devices ({mesh.size})"
        )

    def step(carry: tuple, inputs: tuple) -> tuple:
        (state, memory), (chars, key) = carry, inputs
        if sharding is not None:
            chars = jax.lax.with_sharding_constraint(chars, sharding)

        def objective(params: nnx.State) -> tuple[jax.Array, jax.Array]:
            net = nnx.merge(graphdef, params, state.rest, copy=True)
            logits, after = net(chars[:, :-1], memory, rngs=nnx.Rngs(dropout=key))
            nats = optax.softmax_cross_entropy_with_integer_labels(logits, chars[:, 1:])
            return nats.mean(), after

        (loss, after), gradient = jax.value_and_grad(objective, has_aux=True)(state.params)
        updates, opt_state = optimizer.update(gradient, state.opt_state, state.params)
        params = optax.apply_updates(state.params, updates)
        return (TrainState(params, state.rest, opt_state), after), loss

    def epoch(state: TrainState, key: jax.Array, ids: jax.Array) -> tuple[TrainState, dict]:
        n_pieces = (len(ids) - n_steps) // (n_streams * n_steps)
        if n_pieces < 1:
            raise InputError(
                f"streams ({n_streams}) times steps ({n_steps}) should be at most "
                f"{max(len(ids) - n_steps, 0):,}, what the text has for them"
            )
        shift_key, dropout_key = jax.random.split(key)
        shift = jax.random.randint(shift_key, (), 0, n_steps)
        pieces = jnp.arange(n_pieces)[:, None, None] * n_steps
        streams = jnp.arange(n_streams)[None, :, None] * (n_pieces * n_steps)
        chars = ids[shift + pieces + streams + jnp.arange(n_steps + 1)]
        keys = jax.random.split(dropout_key, n_pieces)
        (state, _), losses = jax.lax.scan(step, (state, model.start(n_streams)), (chars, keys))
        return state, {"loss": losses.mean()}

    return jax.jit(epoch, donate_argnums=0)
