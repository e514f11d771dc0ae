"""Training one net on one text: the epoch is chosen on a validation part, the end is held out."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax.sharding import Mesh

from core.averaging import averaged, weights
from core.checkpoint import Checkpoints
from core.errors import InputError
from core.loop import Epoch, Fitted, Plan, TrainState, fit, gradient_epoch, initial_state
from core.textgen.data import Corpus
from core.textgen.model import CharNet
from core.textgen.presets import STREAM, Preset
from core.textgen.score import quick_bits
from core.textgen.train import stream_epoch, window_loss, windows_of

MONITOR = "val_bits"


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


def config_of(preset: Preset) -> dict:
    """Returns what rebuilds a preset's net, as JSON values."""
    return dataclasses.asdict(preset.config)
