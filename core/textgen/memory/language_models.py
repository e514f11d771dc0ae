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
from core.textgen import LANGUAGE_MODELS, NGRAM, WINDOW
from core.textgen.inference import Engine
from core.textgen.model import CharConfig, CharNet, WindowConfig, WindowNet
from core.textgen.ngram import NgramModel, fit_ngrams
from core.textgen.train.fitting import stream_epoch
from core.training_run import TrainingRun

NETS = LANGUAGE_MODELS[1:]
_PIECE = 64  # lengths are rounded up to it: few shapes to compile


@dataclasses.dataclass(frozen=True, slots=True)
class LanguageModelConfig:
    """Sizes of the models, and how the nets learn."""

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

    def net(self, model_name: str, n_chars: int) -> WindowConfig | CharConfig:
        """Returns what makes one of the nets for texts of so many different characters."""
        if model_name == WINDOW:
            return WindowConfig(n_chars, self.width, self.n_dims, 2 * self.n_units)
        return self.recurrent(model_name, n_chars)

    def recurrent(self, model_name: str, n_chars: int) -> CharConfig:
        """Returns what makes one of the recurrent nets."""
        return CharConfig(n_chars, model_name, self.n_dims, self.n_units, n_layers=1, dropout=0.0)


class LanguageModels(NamedTuple):
    """Models that have learned.

    Attributes:
        config: their sizes.
        ngrams: what was counted.
        nets: model -> its weights by dotted name.
        seconds: model -> of training.
    """

    config: LanguageModelConfig
    ngrams: NgramModel
    nets: Mapping[str, Mapping[str, np.ndarray]]
    seconds: Mapping[str, float]

    def shares(self, model_name: str, ids: np.ndarray) -> np.ndarray:
        """Tells what a model expects before each character of some texts, and behind them.

        Args:
            model_name: one of `LANGUAGE_MODELS`.
            ids: i32[B, T].

        Returns:
            f32[B, T + 1, V], probabilities; nothing is known before the first character.
        """
        if model_name == NGRAM:
            return np.stack([self.ngrams.distributions(row) for row in ids]).astype(np.float32)
        model, read = _compiled(self.config.net(model_name, self.ngrams.n_chars))
        params = restore_state(nnx.state(model, nnx.Param), self.nets[model_name])
        n_chars = ids.shape[1]
        padded = np.pad(ids, ((0, 0), (0, -n_chars % _PIECE)))
        return np.asarray(read(params, jnp.asarray(padded)))[:, : n_chars + 1]

    def state(self, model_name: str, ids: np.ndarray) -> np.ndarray:
        """Returns what a recurrent net holds once it has read a text: i32[N] -> f32[S * H]."""
        config = self.config.recurrent(model_name, self.ngrams.n_chars)
        engine = Engine(config, self.nets[model_name])
        return engine.read(ids).states[-1].reshape(-1)


def untrained(config: LanguageModelConfig, ngrams: NgramModel, *, seed: int) -> LanguageModels:
    """Returns counts beside nets that have learned nothing, what training begins with."""
    nets = {}
    for model_name in NETS:
        net = _make(config.net(model_name, ngrams.n_chars), seed)
        nets[model_name] = named_arrays(nnx.state(net, nnx.Param))
    return LanguageModels(config, ngrams, nets, dict.fromkeys(NETS, 0.0))


def fit_language_models(
    config: LanguageModelConfig, ids: np.ndarray, run: TrainingRun, *, n_chars: int, name: str
) -> LanguageModels:
    """Lets every model learn from a text.

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
    for model_name in NETS:
        net = _make(config.net(model_name, n_chars), run.seed)
        optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(rate))
        epoch = stream_epoch(
            net, optimizer, n_streams=config.n_streams, n_steps=config.n_steps, mesh=run.mesh
        )
        what = {"sizes": dataclasses.asdict(config), "text": name, "n_chars": len(ids)}
        with run.checkpoints(f"{name}-{model_name}", what) as checkpoints:
            fitted = fit(
                epoch,
                initial_state(net, optimizer),
                jnp.asarray(ids),
                Plan(n_epochs),
                seed=run.seed,
                keep=lambda state: state.params,
                mesh=run.mesh,
                checkpoints=checkpoints,
                progress=run.label(f"{name}, {model_name}"),
            )
        nets[model_name], seconds[model_name] = fitted.best, fitted.train_s
    return LanguageModels(config, ngrams, nets, seconds)


def _make(config: WindowConfig | CharConfig, seed: int) -> WindowNet | CharNet:
    if isinstance(config, WindowConfig):
        return WindowNet(config, rngs=nnx.Rngs(seed))
    return CharNet(config, rngs=nnx.Rngs(seed))


@functools.cache
def _compiled(config: WindowConfig | CharConfig) -> tuple[WindowNet | CharNet, Callable]:
    model = in_mode(nnx.eval_shape(lambda: _make(config, 0)), training=False)
    graphdef = nnx.graphdef(model)

    @jax.jit
    def read(params: nnx.State, ids: jax.Array) -> jax.Array:
        logits, _ = nnx.merge(graphdef, params)(ids, model.start(len(ids)))
        return jax.nn.softmax(jnp.pad(logits, ((0, 0), (1, 0), (0, 0))))

    return model, read
