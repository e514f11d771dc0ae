"""Who closes the right tag: counting, a fixed window, a plain recurrent net, and an LSTM.

All read the same markup (`core.textgen.markup`). At each closing tag they are asked for the first
letter of its name, which only those know who remember the open tag, however long ago it was.

Reference:
    S. Hochreiter and J. Schmidhuber (1997). Long Short-Term Memory.
        https://doi.org/10.1162/neco.1997.9.8.1735
"""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd
from flax import nnx

from core.errors import InputError
from core.loop import Plan, fit, in_mode, initial_state
from core.textgen.data import Alphabet
from core.textgen.markup import Markup, MarkupConfig, draw_markup
from core.textgen.model import LSTM, RNN, CharConfig, CharNet
from core.textgen.ngram import NgramModel, fit_ngrams
from core.textgen.train import stream_epoch
from core.textgen.window_net import WindowConfig, WindowNet

NGRAM, WINDOW = "ngram", "window"
READERS = (NGRAM, WINDOW, RNN, LSTM)
DISTANCES = (0, 8, 16, 32, 64, 128)  # characters since the tag was opened: borders of classes
_N_TESTS = 32  # markups that are read side by side


@dataclasses.dataclass(frozen=True, slots=True)
class MemoryConfig:
    """Settings of the experiment."""

    markup: MarkupConfig = MarkupConfig()
    n_train: int = 1_000_000  # characters to learn from
    n_test: int = 8_000  # of each markup that is measured on
    n_context: int = 8  # of the counts
    width: int = 24  # of the window
    n_units: int = 128
    n_dims: int = 16
    n_epochs: int = 8
    learning_rate: float = 2e-3
    n_streams: int = 32
    n_steps: int = 64

    def __post_init__(self) -> None:
        """Checks the bounds."""
        for field in dataclasses.fields(self):
            if field.name != "markup" and not getattr(self, field.name) > 0:
                raise InputError(f"{field.name} ({getattr(self, field.name)}) should be above 0")


class Memory(NamedTuple):
    """What the experiment found.

    Attributes:
        alphabet: characters of the markup.
        ngrams: what was counted.
        nets: reader -> its weights by dotted name.
        closings: a row a closing tag of the tests and reader: "reader", "depth", "distance",
            "is_right" (its likeliest letter is the right one), "share" (its probability).
        seconds: reader -> of training.
    """

    alphabet: Alphabet
    ngrams: NgramModel
    nets: dict[str, dict[str, np.ndarray]]
    closings: pd.DataFrame
    seconds: dict[str, float]


def make_net(config: MemoryConfig, reader: str, n_chars: int, *, seed: int) -> nnx.Module:
    """Makes one of the nets, untrained."""
    rngs = nnx.Rngs(seed)
    if reader == WINDOW:
        sizes = {"width": config.width, "n_dims": config.n_dims, "n_units": 2 * config.n_units}
        return WindowNet(WindowConfig(n_chars, **sizes), rngs=rngs)
    sizes = {"n_dims": config.n_dims, "n_units": config.n_units, "n_layers": 1, "dropout": 0.0}
    return CharNet(CharConfig(n_chars, reader, **sizes), rngs=rngs)


def run_memory(config: MemoryConfig, *, seed: int, progress: str | None = None) -> Memory:
    """Draws markup, trains every reader on it, and asks each for the tags to close.

    Args:
        config: settings.
        seed: of the markup and of the nets; the tests are drawn with others.
        progress: label of the progress bars.
    """
    text = draw_markup(config.markup, config.n_train, seed=seed).text
    alphabet = Alphabet(tuple(sorted(set(text))))
    ids = alphabet.encode(text)
    tests = [
        draw_markup(config.markup, config.n_test, seed=seed + 1 + number)
        for number in range(_N_TESTS)
    ]
    test_ids = np.stack([alphabet.encode(test.text)[: config.n_test] for test in tests])
    ngrams = fit_ngrams(ids, n_context=config.n_context, n_chars=len(alphabet))
    rows = [
        _asked(NGRAM, tests, test_ids, lambda test: _ngram_shares(ngrams, test_ids[test])),
    ]
    nets, seconds = {}, {}
    for reader in (WINDOW, RNN, LSTM):
        net = make_net(config, reader, len(alphabet), seed=seed)
        fitted_params, nets[reader], seconds[reader] = _train(
            config, net, ids, seed=seed, progress=f"{progress}, {reader}" if progress else None
        )
        shares = _net_shares(net, fitted_params, test_ids)
        rows.append(
            _asked(reader, tests, test_ids, lambda test, shares=shares: shares[test].__getitem__)
        )
    return Memory(alphabet, ngrams, nets, pd.concat(rows, ignore_index=True), seconds)


def by_class(closings: pd.DataFrame, by: str) -> pd.DataFrame:
    """Sums closings up.

    Args:
        closings: see `Memory`.
        by: "depth", or "distance", in classes that begin at `DISTANCES`.

    Returns:
        A row a reader and class: "reader", `by`, "n", "share_right".
    """
    values = closings[by]
    if by == "distance":
        values = np.array(DISTANCES)[np.searchsorted(DISTANCES, values, side="right") - 1]
    grouped = closings.assign(**{by: values}).groupby(["reader", by], sort=False)["is_right"]
    return grouped.agg(n="size", share_right="mean").reset_index()


def _train(
    config: MemoryConfig, net: nnx.Module, ids: np.ndarray, *, seed: int, progress: str | None
) -> tuple[nnx.State, dict[str, np.ndarray], float]:
    n_steps = config.n_epochs * (len(ids) // (config.n_streams * config.n_steps))
    rate = optax.cosine_decay_schedule(config.learning_rate, max(n_steps, 1), 0.05)
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(rate))
    epoch = stream_epoch(net, optimizer, n_streams=config.n_streams, n_steps=config.n_steps)
    fitted = fit(
        epoch,
        initial_state(net, optimizer),
        jnp.asarray(ids),
        Plan(config.n_epochs),
        seed=seed,
        keep=lambda state: state.params,
        progress=progress,
    )
    return fitted.state.params, fitted.best, fitted.train_s


def _net_shares(net: nnx.Module, params: nnx.State, ids: np.ndarray) -> np.ndarray:
    """Probabilities before each character of some texts: i32[B, T] -> f32[B, T, V]."""
    graphdef = nnx.graphdef(in_mode(net, training=False))

    @jax.jit
    def read(params: nnx.State, ids: jax.Array) -> jax.Array:
        logits, _ = nnx.merge(graphdef, params)(ids[:, :-1], net.start(len(ids)))
        return jax.nn.softmax(jnp.pad(logits, ((0, 0), (1, 0), (0, 0))))

    return np.asarray(read(params, jnp.asarray(ids)))


def _ngram_shares(ngrams: NgramModel, ids: np.ndarray) -> Callable[[int], np.ndarray]:
    """Probabilities before one character of a text."""
    return lambda place: ngrams.following(ids[max(place - ngrams.n_context, 0) : place])


def _asked(
    reader: str,
    tests: list[Markup],
    ids: np.ndarray,
    shares_of: Callable[[int], Callable[[int], np.ndarray]],
) -> pd.DataFrame:
    """Asks a reader for each closing tag; `shares_of(test)(place)` are its probabilities."""
    rows = []
    for number, test in enumerate(tests):
        shares = shares_of(number)
        for place, depth, distance in zip(test.closes, test.depths, test.distances, strict=True):
            if place >= ids.shape[1]:
                continue
            found = shares(place)
            right = ids[number, place]
            rows.append((reader, depth, distance, int(found.argmax()) == right, found[right]))
    return pd.DataFrame(rows, columns=["reader", "depth", "distance", "is_right", "share"])
