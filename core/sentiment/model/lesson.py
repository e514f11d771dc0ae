"""The lesson's nets for sentiment: a hidden layer, convolutions of one or several widths, an LSTM.

All read ids i32[B, L], padded in front with 0 (see `core.sentiment.data`), and give logits f32[B]:
above 0 the review is for the film.

References:
    fast.ai, Practical Deep Learning for Coders 2017, lesson 5 (imdb.ipynb).
    Y. Kim (2014). Convolutional Neural Networks for Sentence Classification.
        https://aclanthology.org/D14-1181/
    S. Hochreiter and J. Schmidhuber (1997). Long Short-Term Memory.
        https://doi.org/10.1162/neco.1997.9.8.1735
"""

import dataclasses
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
from flax import nnx

from core.dropout import Dropout
from core.errors import InputError
from core.sentiment.model.layers import Convolution, Embedding, dense, pool_by_two

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def check_sizes(config: "DataclassInstance") -> None:
    """Checks the numbers that all configurations have."""
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if field.name.startswith("n_") or field.name == "length":
            if value < 1:
                raise InputError(f"{field.name} ({value}) should be at least 1")
        elif field.name.endswith("dropout") and not 0 <= value <= 0.99:
            raise InputError(f"{field.name} ({value}) should be from 0 to 0.99")


@dataclasses.dataclass(frozen=True, slots=True)
class MlpConfig:
    """Settings of the single hidden layer."""

    n_ids: int = 5_000  # V, with padding and unk
    length: int = 500  # L, ids a review
    n_dims: int = 32  # E
    n_hidden: int = 100
    dropout: float = 0.7  # of hidden units

    def __post_init__(self) -> None:
        """Checks the bounds."""
        check_sizes(self)


@dataclasses.dataclass(frozen=True, slots=True)
class CnnConfig:
    """Settings of the convolutional nets."""

    n_ids: int = 5_000  # V, with padding and unk
    length: int = 500  # L, ids a review; even
    n_dims: int = 32  # E
    sizes: tuple[int, ...] = (5,)  # words that a filter sees; one branch a size
    n_filters: int = 64  # F, of each size
    word_dropout: float = 0.2  # share of the vocabulary left out of a batch, as in Keras 1
    input_dropout: float = 0.2  # of embedded values
    filter_dropout: float = 0.2  # of filters' values, before pooling
    flat_dropout: float = 0.0  # of pooled values
    n_hidden: int = 100
    dropout: float = 0.7  # of hidden units

    def __post_init__(self) -> None:
        """Checks the bounds."""
        check_sizes(self)
        if self.length % 2:
            raise InputError(f"length ({self.length}) should be even, for pooling by 2")
        if not self.sizes or min(self.sizes) < 1:
            raise InputError(f"sizes ({self.sizes}) should be one number or more, from 1 up")


@dataclasses.dataclass(frozen=True, slots=True)
class LstmConfig:
    """Settings of the recurrent net."""

    n_ids: int = 5_000  # V, with padding and unk
    length: int = 500  # L, ids a review
    n_dims: int = 32  # E
    n_units: int = 100  # H
    word_dropout: float = 0.2  # share of the vocabulary left out of a batch, as in Keras 1
    input_dropout: float = 0.0  # of embedded values
    dropout: float = 0.0  # of the last state

    def __post_init__(self) -> None:
        """Checks the bounds."""
        check_sizes(self)


class Mlp(nnx.Module):
    """Embedded words laid side by side, one hidden layer, one output.

    Args:
        config: sizes and dropout.
        rngs: stream "params".
    """

    def __init__(self, config: MlpConfig, *, rngs: nnx.Rngs) -> None:
        self.embedding = Embedding(config.n_ids, config.n_dims, rngs=rngs)
        self.hidden = dense(config.length * config.n_dims, config.n_hidden, rngs)
        self.drop = Dropout(config.dropout)
        self.out = dense(config.n_hidden, 1, rngs)

    def __call__(self, ids: jax.Array, *, rngs: nnx.Rngs | None = None) -> jax.Array:
        """Scores reviews: i32[B, L] -> f32[B]."""
        x = self.embedding(ids, rngs)
        x = nnx.relu(self.hidden(x.reshape(len(x), -1)))  # (B, hidden)
        return self.out(self.drop(x, rngs))[:, 0]


class Cnn(nnx.Module):
    """Filters of one or several sizes, pooled by two, side by side, then a hidden layer.

    Args:
        config: sizes and dropout.
        rngs: stream "params".
    """

    def __init__(self, config: CnnConfig, *, rngs: nnx.Rngs) -> None:
        self.embedding = Embedding(
            config.n_ids,
            config.n_dims,
            word_dropout=config.word_dropout,
            rngs=rngs,
        )
        self.drop_input = Dropout(config.input_dropout)
        self.convolutions = nnx.List(
            Convolution(size, config.n_dims, config.n_filters, rngs=rngs) for size in config.sizes
        )
        self.drop_filters = Dropout(config.filter_dropout)
        self.drop_flat = Dropout(config.flat_dropout)
        n_flat = len(config.sizes) * config.n_filters * config.length // 2
        self.hidden = dense(n_flat, config.n_hidden, rngs)
        self.drop = Dropout(config.dropout)
        self.out = dense(config.n_hidden, 1, rngs)

    def __call__(self, ids: jax.Array, *, rngs: nnx.Rngs | None = None) -> jax.Array:
        """Scores reviews: i32[B, L] -> f32[B]."""
        x = self.drop_input(self.embedding(ids, rngs), rngs)  # (B, L, E)
        branches = []
        for convolution in self.convolutions:
            y = self.drop_filters(convolution(x), rngs)  # (B, L, F)
            # relu, dropout and the larger of two can change places, and half the work is less
            branches.append(nnx.relu(pool_by_two(y)).reshape(len(y), -1))
        x = self.drop_flat(jnp.concatenate(branches, axis=1), rngs)
        x = nnx.relu(self.hidden(x))  # (B, hidden)
        return self.out(self.drop(x, rngs))[:, 0]


class Lstm(nnx.Module):
    """A long short-term memory that passes over padding, then one output from its last state.

    Args:
        config: sizes.
        rngs: stream "params".
    """

    def __init__(self, config: LstmConfig, *, rngs: nnx.Rngs) -> None:
        n_units = config.n_units
        self.embedding = Embedding(
            config.n_ids, config.n_dims, word_dropout=config.word_dropout, rngs=rngs
        )
        self.drop_input = Dropout(config.input_dropout)
        self.inputs = dense(config.n_dims, 4 * n_units, rngs)
        assert self.inputs.bias is not None  # `nnx.Linear` has one unless asked for none
        # The forget gate begins open, as in Keras; gates in the order i, f, g, o.
        self.inputs.bias[...] = jnp.zeros(4 * n_units).at[n_units : 2 * n_units].set(1)
        recurrent = nnx.initializers.orthogonal()(rngs.params(), (n_units, 4 * n_units))
        self.recurrent = nnx.Param(recurrent)
        self.drop = Dropout(config.dropout)
        self.out = dense(n_units, 1, rngs)

    def __call__(self, ids: jax.Array, *, rngs: nnx.Rngs | None = None) -> jax.Array:
        """Scores reviews: i32[B, L] -> f32[B]."""
        x = self.drop_input(self.embedding(ids, rngs), rngs)
        x = self.inputs(x)  # (B, L, 4H), for all steps at once
        recurrent = self.recurrent[...]

        def step(state: tuple, now: tuple) -> tuple:
            (hidden, cell), (x, is_word) = state, now
            i, f, g, o = jnp.split(x + hidden @ recurrent, 4, axis=1)
            new_cell = nnx.sigmoid(f) * cell + nnx.sigmoid(i) * jnp.tanh(g)
            new = (nnx.sigmoid(o) * jnp.tanh(new_cell), new_cell)
            return jax.tree.map(lambda a, b: jnp.where(is_word, a, b), new, state), None

        zeros = jnp.zeros((len(ids), recurrent.shape[0]))
        steps = jnp.swapaxes(x, 0, 1), (ids > 0).T[:, :, None]
        (hidden, _), _ = jax.lax.scan(step, (zeros, zeros), steps)
        return self.out(self.drop(hidden, rngs))[:, 0]
