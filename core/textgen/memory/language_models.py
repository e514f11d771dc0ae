"""Four ways to read a text: counting, a fixed window, a plain recurrent net, and an LSTM.

They learn from the same text and are asked the same questions, so what differs is how far each one
can see: a few characters, a window's width, or whatever its state holds.
"""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from core.errors import InputError
from core.loop import Plan, fit, in_mode, initial_state, named_arrays, restore_state
from core.textgen import NGRAM, READERS, WINDOW
from core.textgen.inference import Engine
from core.textgen.model import CharConfig, CharNet, WindowConfig, WindowNet
from core.textgen.ngram import NgramModel, fit_ngrams
from core.textgen.train.fitting import stream_epoch
from core.training_run import TrainingRun

NETS = READERS[1:]
_PIECE = 64  # lengths are rounded up to it: few shapes to compile


@dataclasses.dataclass(frozen=True, slots=True)
class ReaderConfig:
    """Sizes of the readers, and how the nets learn."""

    n_context: int = 6  # of the counts
    width: int = 24  # of the window
    n_units: int = 128
    n_dims: int = 16
    n_epochs: int = 16
    learning_rate: float = 5e-3
    n_streams: int = 32
    n_steps: int = 128  # of a piece: gradients reach no further back

    def __post_init__(self) -> None:
        """Checks the bounds."""
        for field in dataclasses.fields(self):
            if not getattr(self, field.name) > 0:
                raise InputError(f"{field.name} ({getattr(self, field.name)}) should be above 0")

    def net(self, reader: str, n_chars: int) -> WindowConfig | CharConfig:
        """Returns what makes one of the nets for texts of so many different characters."""
        if reader == WINDOW:
            return WindowConfig(n_chars, self.width, self.n_dims, 2 * self.n_units)
        return CharConfig(n_chars, reader, self.n_dims, self.n_units, n_layers=1, dropout=0.0)


class Readers(NamedTuple):
    """Readers that have learned.

    Attributes:
        config: their sizes.
        ngrams: what was counted.
        nets: reader -> its weights by dotted name.
        seconds: reader -> of training.
    """

    config: ReaderConfig
    ngrams: NgramModel
    nets: Mapping[str, Mapping[str, np.ndarray]]
    seconds: Mapping[str, float]

    def shares(self, reader: str, ids: np.ndarray) -> np.ndarray:
        """Tells what a reader expects before each character of some texts, and behind them.

        Args:
            reader: one of `READERS`.
            ids: i32[B, T].

        Returns:
            f32[B, T + 1, V], probabilities; nothing is known before the first character.
        """
        if reader == NGRAM:
            return np.stack([self.ngrams.distributions(row) for row in ids]).astype(np.float32)
        model, read = _compiled(self.config.net(reader, self.ngrams.n_chars))
        params = restore_state(nnx.state(model, nnx.Param), self.nets[reader])
        n_chars = ids.shape[1]
        padded = np.pad(ids, ((0, 0), (0, -n_chars % _PIECE)))
        return np.asarray(read(params, jnp.asarray(padded)))[:, : n_chars + 1]

    def state(self, reader: str, ids: np.ndarray) -> np.ndarray:
        """Returns what a recurrent net holds once it has read a text: i32[N] -> f32[S * H]."""
        engine = Engine(self.config.net(reader, self.ngrams.n_chars), self.nets[reader])
        return engine.read(ids).states[-1].reshape(-1)


def untrained(config: ReaderConfig, ngrams: NgramModel, *, seed: int) -> Readers:
    """Returns counts beside nets that have learned nothing, what training begins with."""
    nets = {}
    for reader in NETS:
        net = _make(config.net(reader, ngrams.n_chars), seed)
        nets[reader] = named_arrays(nnx.state(net, nnx.Param))
    return Readers(config, ngrams, nets, dict.fromkeys(NETS, 0.0))


def fit_readers(
    config: ReaderConfig, ids: np.ndarray, run: TrainingRun, *, n_chars: int, name: str
) -> Readers:
    """Lets every reader learn from a text.

    Args:
        config: sizes.
        ids: i32[N].
        run: how; the config's number of epochs if it does not say.
        n_chars: V.
        name: of the text, for checkpoints and progress bars.
    """
    ngrams = fit_ngrams(ids, n_context=config.n_context, n_chars=n_chars)
    nets, seconds = {}, {}
    n_epochs = run.n_epochs or config.n_epochs
    n_pieces = len(ids) // (config.n_streams * config.n_steps)
    rate = optax.cosine_decay_schedule(config.learning_rate, max(n_epochs * n_pieces, 1), 0.05)
    for reader in NETS:
        net = _make(config.net(reader, n_chars), run.seed)
        optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(rate))
        epoch = stream_epoch(
            net, optimizer, n_streams=config.n_streams, n_steps=config.n_steps, mesh=run.mesh
        )
        what = {"sizes": dataclasses.asdict(config), "text": name, "n_chars": len(ids)}
        with run.checkpoints(f"{name}-{reader}", what) as checkpoints:
            fitted = fit(
                epoch,
                initial_state(net, optimizer),
                jnp.asarray(ids),
                Plan(n_epochs),
                seed=run.seed,
                keep=lambda state: state.params,
                mesh=run.mesh,
                checkpoints=checkpoints,
                progress=run.label(f"{name}, {reader}"),
            )
        nets[reader], seconds[reader] = fitted.best, fitted.train_s
    return Readers(config, ngrams, nets, seconds)


def _make(config: WindowConfig | CharConfig, seed: int) -> nnx.Module:
    make = WindowNet if isinstance(config, WindowConfig) else CharNet
    return make(config, rngs=nnx.Rngs(seed))


@functools.cache
def _compiled(config: WindowConfig | CharConfig) -> tuple[nnx.Module, Callable]:
    model = in_mode(nnx.eval_shape(lambda: _make(config, 0)), training=False)
    graphdef = nnx.graphdef(model)

    @jax.jit
    def read(params: nnx.State, ids: jax.Array) -> jax.Array:
        logits, _ = nnx.merge(graphdef, params)(ids, model.start(len(ids)))
        return jax.nn.softmax(jnp.pad(logits, ((0, 0), (1, 0), (0, 0))))

    return model, read
