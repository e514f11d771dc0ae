"""The nets over characters: recurrent, of a fixed window, and of three steps written out.

`CharNet` is the one that writes: an embedding, some layers that keep a state, and one output. The
lesson's has vectors of 24 numbers and two LSTM of 512. GRU and plain RNN stand beside it for
comparison. What a layer remembers is an array of its own, handed in and given back, so a text can
be read in pieces, and whoever asks can look at it or change it.

`WindowNet`, a convolution, sees so many of the last characters, and nothing before them.

`Unfolded` is the lesson's net before its loop is folded. Character 1 goes through a layer;
character 2 is merged with the result, then character 3. Merging is adding up or laying side by
side. The same weights serve all three steps, so this is a recurrent net with its loop written out.

References:
    S. Hochreiter and J. Schmidhuber (1997). Long Short-Term Memory.
        https://doi.org/10.1162/neco.1997.9.8.1735
    F. Gers, J. Schmidhuber and F. Cummins (2000). Learning to Forget.
        https://doi.org/10.1162/089976600300015015 (the forget gate, open at first)
    K. Cho et al. (2014). Learning Phrase Representations using RNN Encoder-Decoder.
        https://arxiv.org/abs/1406.1078 (the gated recurrent unit)
    J. Elman (1990). Finding Structure in Time. https://doi.org/10.1016/0364-0213(90)90002-E
"""

import dataclasses
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
from flax import nnx

from core.dropout import Dropout
from core.errors import InputError, pick
from core.textgen import CONCATENATION, GRU, LSTM, MERGES, RNN, SUM

_EMBEDDING_RANGE = 0.05

Clamp = Callable[[jax.Array], jax.Array]


def unclamped(remembered: jax.Array) -> jax.Array:
    """Clamps no cell: what is remembered stays as it is."""
    return remembered


@dataclasses.dataclass(frozen=True, slots=True)
class CharConfig:
    """Settings of a recurrent net; the lesson's where nothing is said."""

    n_chars: int  # V
    cell: str = LSTM
    n_dims: int = 24  # of a character's vector, E
    n_units: int = 512  # of each layer, H
    n_layers: int = 2
    dropout: float = 0.2  # of what each layer says

    def __post_init__(self) -> None:
        """Checks the bounds."""
        pick("cell", self.cell, CELLS)
        for name in ("n_chars", "n_dims", "n_units", "n_layers"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} ({getattr(self, name)}) should be at least 1")
        if not 0 <= self.dropout < 1:
            raise InputError(f"dropout ({self.dropout}) should be from 0 to below 1")

    @property
    def n_states(self) -> int:
        """Arrays that a layer remembers, S: hidden state and, for an LSTM, cell state."""
        return CELLS[self.cell].n_states


@dataclasses.dataclass(frozen=True, slots=True)
class Cell:
    """A kind of layer.

    Attributes:
        n_gates: blocks of H columns in its weights.
        n_states: see `CharConfig.n_states`.
        advance: `(inputs f32[B, G * H], sums f32[B, G * H], state f32[S, B, H], clamp) -> state`,
            where inputs are what the layer below adds, sums what the hidden state does, and `clamp`
            may change what is remembered, f32[B, H], before anything is made of it.
    """

    n_gates: int
    n_states: int
    advance: Callable[[jax.Array, jax.Array, jax.Array, Clamp], jax.Array]


def _advance_lstm(inputs: jax.Array, sums: jax.Array, state: jax.Array, clamp: Clamp) -> jax.Array:
    """Gates in the order i, f, g, o."""
    i, f, g, o = jnp.split(inputs + sums, 4, axis=-1)
    cell = clamp(nnx.sigmoid(f) * state[1] + nnx.sigmoid(i) * jnp.tanh(g))
    return jnp.stack([nnx.sigmoid(o) * jnp.tanh(cell), cell])


def _advance_gru(inputs: jax.Array, sums: jax.Array, state: jax.Array, clamp: Clamp) -> jax.Array:
    """Gates in the order reset, update, candidate; the reset is applied to the candidate's sum."""
    of_input, of_hidden = (jnp.split(part, 3, axis=-1) for part in (inputs, sums))
    reset, update = (nnx.sigmoid(of_input[k] + of_hidden[k]) for k in (0, 1))
    candidate = jnp.tanh(of_input[2] + reset * of_hidden[2])
    return clamp((1 - update) * candidate + update * state[0])[None]


def _advance_rnn(inputs: jax.Array, sums: jax.Array, state: jax.Array, clamp: Clamp) -> jax.Array:
    return clamp(jnp.tanh(inputs + sums))[None]


CELLS = {
    LSTM: Cell(4, 2, _advance_lstm),
    GRU: Cell(3, 1, _advance_gru),
    RNN: Cell(1, 1, _advance_rnn),
}


class Layer(nnx.Module):
    """A recurrent layer.

    Args:
        cell: its kind.
        n_inputs: numbers a step from below.
        n_units: H.
        rngs: stream "params".
    """

    def __init__(self, cell: str, n_inputs: int, n_units: int, *, rngs: nnx.Rngs) -> None:
        self.cell = cell
        n_outputs = CELLS[cell].n_gates * n_units
        self.inputs = nnx.Linear(
            n_inputs, n_outputs, kernel_init=nnx.initializers.glorot_uniform(), rngs=rngs
        )
        if cell == LSTM:
            open_gate = jnp.zeros(n_outputs).at[n_units : 2 * n_units].set(1)
            assert self.inputs.bias is not None  # `nnx.Linear` has one unless asked for none
            self.inputs.bias[...] = open_gate
        recurrent = nnx.initializers.orthogonal()(rngs.params(), (n_units, n_outputs))
        self.recurrent = nnx.Param(recurrent)

    def advance(self, inputs: jax.Array, state: jax.Array, clamp: Clamp = unclamped) -> jax.Array:
        """Goes one step on: inputs f32[B, G * H] and state f32[S, B, H] -> state."""
        return CELLS[self.cell].advance(inputs, state[0] @ self.recurrent[...], state, clamp)

    def __call__(self, x: jax.Array, state: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Reads some steps: f32[B, T, N] and state f32[S, B, H] -> f32[B, T, H] and the state."""
        inputs = jnp.swapaxes(self.inputs(x), 0, 1)  # of all steps at once

        def step(state: jax.Array, inputs: jax.Array) -> tuple[jax.Array, jax.Array]:
            state = self.advance(inputs, state)
            return state, state[0]

        state, hidden = jax.lax.scan(step, state, inputs)
        return jnp.swapaxes(hidden, 0, 1), state


class CharNet(nnx.Module):
    """The net.

    Args:
        config: sizes, cell and dropout.
        rngs: stream "params".
    """

    def __init__(self, config: CharConfig, *, rngs: nnx.Rngs) -> None:
        self.config = config
        table = jax.random.uniform(
            rngs.params(),
            (config.n_chars, config.n_dims),
            minval=-_EMBEDDING_RANGE,
            maxval=_EMBEDDING_RANGE,
        )
        self.table = nnx.Param(table)
        widths = [config.n_dims, *[config.n_units] * config.n_layers]
        self.layers = nnx.List(
            [Layer(config.cell, width, config.n_units, rngs=rngs) for width in widths[:-1]]
        )
        self.drop = Dropout(config.dropout)
        self.out = nnx.Linear(
            config.n_units,
            config.n_chars,
            kernel_init=nnx.initializers.glorot_uniform(),
            rngs=rngs,
        )

    def start(self, n_texts: int) -> jax.Array:
        """Returns the state before anything was read, f32[layers, S, B, H] of zeros."""
        config = self.config
        return jnp.zeros((config.n_layers, config.n_states, n_texts, config.n_units))

    def __call__(
        self, ids: jax.Array, state: jax.Array, *, rngs: nnx.Rngs | None = None
    ) -> tuple[jax.Array, jax.Array]:
        """Reads some characters of some texts.

        Args:
            ids: i32[B, T].
            state: f32[layers, S, B, H], see `start`.
            rngs: stream "dropout", while training.

        Returns:
            f32[B, T, V], logits of each next character, and the state after the last.
        """
        return self.read(self.table[...][ids], state, rngs=rngs)

    def read(
        self, x: jax.Array, state: jax.Array, *, rngs: nnx.Rngs | None = None
    ) -> tuple[jax.Array, jax.Array]:
        """Reads characters given as vectors, f32[B, T, E]; otherwise as the call itself."""
        states = []
        for layer, before in zip(self.layers, state, strict=True):
            x, after = layer(x, before)
            x = self.drop(x, rngs)
            states.append(after)
        return self.out(x), jnp.stack(states)

    def step(
        self, ids: jax.Array, state: jax.Array, clamps: Sequence[Clamp] | None = None
    ) -> tuple[jax.Array, jax.Array]:
        """Reads one character of each text: i32[B] -> logits f32[B, V], and the state.

        `clamps` are one for each layer, see `Cell`.
        """
        x, states = self.table[...][ids], []
        clamps = clamps or [unclamped] * len(self.layers)
        for layer, before, clamp in zip(self.layers, state, clamps, strict=True):
            after = layer.advance(layer.inputs(x), before, clamp)
            states.append(after)
            x = after[0]
        return self.out(x), jnp.stack(states)


@dataclasses.dataclass(frozen=True, slots=True)
class WindowConfig:
    """Settings of a net of fixed width."""

    n_chars: int  # V
    width: int = 24  # characters that it sees, W
    n_dims: int = 16  # of a character's vector, E
    n_units: int = 256  # filters, H

    def __post_init__(self) -> None:
        """Checks the bounds."""
        for name in ("n_chars", "width", "n_dims", "n_units"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} ({getattr(self, name)}) should be at least 1")


class WindowNet(nnx.Module):
    """Vectors of the last characters side by side, one layer of filters, and one output.

    What it has in place of a state is the last W - 1 characters, i32[B, W - 1].

    Args:
        config: sizes.
        rngs: stream "params".
    """

    def __init__(self, config: WindowConfig, *, rngs: nnx.Rngs) -> None:
        self.config = config
        table = jax.random.normal(rngs.params(), (config.n_chars + 1, config.n_dims)) * 0.1
        self.table = nnx.Param(table)  # the last row stands before a text's beginning
        self.filters = nnx.Linear(config.width * config.n_dims, config.n_units, rngs=rngs)
        self.out = nnx.Linear(config.n_units, config.n_chars, rngs=rngs)

    def start(self, n_texts: int) -> jax.Array:
        """Returns what stands before a text."""
        return jnp.full((n_texts, self.config.width - 1), self.config.n_chars, jnp.int32)

    def __call__(
        self, ids: jax.Array, state: jax.Array, *, rngs: nnx.Rngs | None = None
    ) -> tuple[jax.Array, jax.Array]:
        """Reads characters: i32[B, T] -> logits f32[B, T, V] of each next one, and the state."""
        width, n_steps = self.config.width, ids.shape[1]
        known = jnp.concatenate([state, ids], axis=1)
        x = self.table[...][known]
        windows = jnp.concatenate([x[:, d : d + n_steps] for d in range(width)], axis=2)
        after = known[:, known.shape[1] - width + 1 :]
        return self.out(nnx.relu(self.filters(windows))), after


@dataclasses.dataclass(frozen=True, slots=True)
class UnfoldedConfig:
    """Settings; the lesson's."""

    n_chars: int  # V
    merge: str = SUM
    n_dims: int = 42  # of a character's vector, E
    n_units: int = 256  # H

    def __post_init__(self) -> None:
        """Checks the bounds."""
        if self.merge not in MERGES:
            raise InputError(f"merge ({self.merge}) should be {SUM} or {CONCATENATION}")
        for name in ("n_chars", "n_dims", "n_units"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} ({getattr(self, name)}) should be at least 1")


class Unfolded(nnx.Module):
    """The net.

    Args:
        config: sizes, and how characters are merged.
        rngs: stream "params".
    """

    def __init__(self, config: UnfoldedConfig, *, rngs: nnx.Rngs) -> None:
        self.merge, n_units = config.merge, config.n_units
        self.table = nnx.Param(jax.random.normal(rngs.params(), (config.n_chars, config.n_dims)))
        self.inputs = nnx.Linear(config.n_dims, n_units, rngs=rngs)
        n_merged = n_units if config.merge == SUM else 2 * n_units
        # As in the lesson, the way from step to step begins by changing nothing.
        same = jnp.eye(n_merged, n_units)
        self.hidden = nnx.Linear(n_merged, n_units, kernel_init=lambda *_: same, rngs=rngs)
        self.out = nnx.Linear(n_units, config.n_chars, rngs=rngs)

    def __call__(self, ids: jax.Array, *, rngs: nnx.Rngs | None = None) -> jax.Array:
        """Reads i32[B, 3] -> logits f32[B, V] of the character behind them."""
        x = nnx.relu(self.inputs(self.table[...][ids]))  # (B, 3, H)
        state = jnp.zeros_like(x[:, 0])
        for at in range(ids.shape[1]):
            merged = (
                state + x[:, at]
                if self.merge == SUM
                else jnp.concatenate([state, x[:, at]], axis=1)
            )
            state = jnp.tanh(self.hidden(merged))
        return self.out(state)
