"""Fitting a net that writes: its recipe, two ways to read a text, and the epoch that is kept.

A window of 40 characters begins at every place, so the lesson reads each character 40 times an
epoch, and always begins with an empty state. A stream is read from its beginning to its end, in
pieces; the state goes on from piece to piece, though gradients end at their borders. The epoch is
chosen on a validation part, and the end of the text is held out.

Reference:
    R. Williams and J. Peng (1990). An Efficient Gradient-Based Algorithm for On-Line Training of
        Recurrent Network Trajectories. https://doi.org/10.1162/neco.1990.2.4.490
"""

import dataclasses
from collections.abc import Callable
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax.sharding import Mesh

from core.averaging import averaged, weights
from core.checkpoint import Checkpoints
from core.devices import split_over
from core.errors import InputError
from core.loop import Epoch, Fitted, Plan, TrainState, fit, gradient_epoch, in_mode, initial_state
from core.textgen.data import Corpus
from core.textgen.model import CharConfig, CharNet, WindowNet

STREAM, WINDOWS = "stream", "windows"
MONITOR = "val_bits"
_WARM_UP = 200  # characters that a stream reads before it is measured
_N_STREAMS = 32  # that are measured side by side
_LN_2 = float(np.log(2))


@dataclasses.dataclass(frozen=True, slots=True)
class Preset:
    """A named recipe.

    Attributes:
        title: the net in words.
        text: the data set that is read.
        config: sizes.
        lower: read capitals as small letters, as the lesson does.
        way: "stream", or "windows" that begin at every place.
        n_epochs: passes through the text, at the most; the best by validation is taken. An epoch of
            windows reads only one window in `n_steps`, so that it costs as much as one of a stream.
        n_streams: parts of a stream, or windows, a step.
        n_steps: characters of a piece of the stream, or of a window.
        learning_rate: of Adam; it falls to `final_rate` of that along half a cosine.
        final_rate: share of the learning rate at the end.
        clip: greatest length of a gradient.
        averaging: share of the running mean of weights that stays each step; 0 for no mean.
        snapshots: epochs whose weights the bundle keeps, 0 being the untrained net.
        uses: see `core.contents.Recipe`.
    """

    title: str
    text: str
    config: CharConfig
    lower: bool = True
    way: str = STREAM
    n_epochs: int = 20
    n_streams: int = 64
    n_steps: int = 64
    learning_rate: float = 2e-3
    final_rate: float = 0.05
    clip: float = 1.0
    averaging: float = 0.0
    snapshots: tuple[int, ...] = ()
    uses: ClassVar[frozenset[str]] = frozenset({"seed", "epochs", "devices", "resume"})

    def __post_init__(self) -> None:
        """Checks the way."""
        if self.way not in (STREAM, WINDOWS):
            raise InputError(f"way ({self.way}) should be {STREAM} or {WINDOWS}")


def fit_text(
    preset: Preset,
    corpus: Corpus,
    *,
    seed: int,
    n_epochs: int | None = None,
    mesh: Mesh | None = None,
    checkpoints: Checkpoints | None = None,
    progress: str | None = None,
) -> Fitted:
    """Trains a net.

    Args:
        preset: the recipe.
        corpus: the text.
        seed: of the first weights, of where pieces begin, and of dropout.
        n_epochs: most epochs, other than the preset's.
        mesh: devices to split the streams over.
        checkpoints: where to save and resume.
        progress: label of the progress bar.

    Returns:
        The fitted net, the best of its epochs by validation. The history has "loss" in nats a
        character while training, with dropout; "val_bits" and "held_out_bits".

    Raises:
        InputError: the text has other characters than the recipe, or is too short for it.
    """
    n_chars = len(corpus.alphabet)
    if n_chars != preset.config.n_chars:
        raise InputError(
            f"n_chars ({preset.config.n_chars}) should be {n_chars}, the different characters of "
            f"this text"
        )
    n_epochs = preset.n_epochs if n_epochs is None else n_epochs
    model = CharNet(preset.config, rngs=nnx.Rngs(seed))
    epoch, data, optimizer = _way(preset, model, corpus.train, n_epochs, mesh)
    val_bits = quick_bits(model, corpus.train, corpus.validation, weights)
    held_out_bits = quick_bits(model, corpus.ids[: corpus.n_known], corpus.held_out, weights)

    def evaluate(state: TrainState) -> dict[str, float]:
        return {MONITOR: val_bits(state), "held_out_bits": held_out_bits(state)}

    return fit(
        epoch,
        initial_state(model, optimizer),
        jax.device_put(data),
        Plan(n_epochs, monitor=MONITOR, snapshots=preset.snapshots),
        seed=seed,
        keep=weights,
        evaluate=evaluate,
        mesh=mesh,
        checkpoints=checkpoints,
        progress=progress,
    )


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
    model: CharNet | WindowNet,
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
    sharding = None
    if mesh is not None and mesh.size != 1:
        sharding = split_over(mesh)
        if n_streams % mesh.size:
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
        log_probs_seen = jnp.take_along_axis(log_probs, chars[:, 1:, None], axis=2)[:, -n_each:, 0]
        return -log_probs_seen.mean() / _LN_2

    return lambda state: float(measure(weights(state), chars))


def _way(
    preset: Preset, model: CharNet, ids: np.ndarray, n_epochs: int, mesh: Mesh | None
) -> tuple[Epoch, jax.Array, optax.GradientTransformation]:
    """Returns the epoch, what it reads, and the optimiser whose rate falls over all of them."""
    n_steps, n_streams = preset.n_steps, preset.n_streams
    if preset.way == STREAM:
        data = jnp.asarray(ids)
        n_batches = (len(ids) - n_steps) // (n_streams * n_steps)
    else:
        data = jnp.asarray(windows_of(ids, n_steps))
        n_batches = len(data) // (n_streams * n_steps)
    rate = optax.cosine_decay_schedule(
        preset.learning_rate, max(n_epochs * n_batches, 1), preset.final_rate
    )
    optimizer = optax.chain(optax.clip_by_global_norm(preset.clip), optax.adam(rate))
    if preset.averaging:
        optimizer = averaged(optimizer, preset.averaging)
    if preset.way == STREAM:
        epoch = stream_epoch(model, optimizer, n_streams=n_streams, n_steps=n_steps, mesh=mesh)
    else:
        epoch = gradient_epoch(
            model, optimizer, window_loss, batch_size=n_streams, n_batches=n_batches, mesh=mesh
        )
    return epoch, data, optimizer
