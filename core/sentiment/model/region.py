"""A net that adds words up: within a window each word has a number for every filter.

It is a convolution over words as they are, with no vectors in between, and it does not ask for the
order within a window. Beside the words it sees what a layer learned from reviews without labels
(`core.sentiment.train.two_views`). Each filter keeps its maximum over windows and the output is
linear in what the filters kept, so a logit is the bias plus one number a filter, exactly.

References:
    R. Johnson and T. Zhang (2015). Effective Use of Word Order for Text Categorization with
        Convolutional Neural Networks. https://aclanthology.org/N15-1011/ (bow-CNN)
    R. Johnson and T. Zhang (2015). Semi-supervised Convolutional Neural Networks for Text
        Categorization via Region Embedding. https://arxiv.org/abs/1504.01255
"""

import dataclasses
import functools
import operator

import jax
import jax.numpy as jnp
from flax import nnx

from core.dropout import Dropout
from core.sentiment.model.lesson import check_sizes

_NOWHERE = -1e9
_WORD_SPREAD = 0.01  # standard deviation of a word's numbers to begin with
_MIX_SPREAD = 0.1  # of what the unlabelled reviews add to a filter to begin with


@dataclasses.dataclass(frozen=True, slots=True)
class RegionConfig:
    """Settings of the net that adds words up."""

    n_ids: int = 30_000  # V, with padding and unk
    length: int = 500  # L, ids a review
    n_words: int = 5  # in a window, K
    n_filters: int = 500  # F
    n_dims: int = 100  # D, of the layer from unlabelled reviews
    word_dropout: float = 0.2  # share of the vocabulary left out of a batch
    dropout: float = 0.5  # of what the filters kept

    def __post_init__(self) -> None:
        """Checks the bounds."""
        check_sizes(self)


class Views(nnx.Module):
    """The layer from unlabelled reviews; it does not learn any more.

    Args:
        config: sizes.
    """

    def __init__(self, config: RegionConfig) -> None:
        self.table = nnx.Param(jnp.zeros((config.n_ids, config.n_dims)))
        self.bias = nnx.Param(jnp.zeros(config.n_dims))

    def __call__(self, ids: jax.Array, n_words: int) -> jax.Array:
        """Looks at the window around each place: i32[B, L] -> f32[B, L, D]."""
        sums = window_sums(self.table[...][ids] * (ids > 0)[:, :, None], n_words)
        return jax.lax.stop_gradient(nnx.relu(sums + self.bias[...]))


class Region(nnx.Module):
    """Sums of words in windows, the greatest of each filter, and one linear output.

    Args:
        config: sizes and dropout.
        rngs: stream "params".
    """

    def __init__(self, config: RegionConfig, *, rngs: nnx.Rngs) -> None:
        n_dims, n_filters = config.n_dims, config.n_filters
        self.n_words = config.n_words
        words = jax.random.normal(rngs.params(), (config.n_ids, n_filters)) * _WORD_SPREAD
        self.words = nnx.Param(words)
        self.views = Views(config)
        mix = jax.random.normal(rngs.params(), (n_dims, n_filters)) * _MIX_SPREAD / n_dims**0.5
        self.mix = nnx.Param(mix)
        self.bias = nnx.Param(jnp.zeros(n_filters))
        self.drop_words = Dropout(config.word_dropout)
        self.drop = Dropout(config.dropout)
        self.out = nnx.Linear(n_filters, 1, rngs=rngs)

    def __call__(self, ids: jax.Array, *, rngs: nnx.Rngs | None = None) -> jax.Array:
        """Scores reviews: i32[B, L] -> f32[B]."""
        words = self.words[...]
        words = words * self.drop_words(jnp.ones((len(words), 1)), rngs)
        views = self.views(ids, self.n_words)
        kept = max_over_windows(words, self.mix[...], ids, views, self.n_words) + self.bias[...]
        return self.out(self.drop(nnx.relu(kept), rngs))[:, 0]


def window_sums(x: jax.Array, n_words: int) -> jax.Array:
    """Sums the rows in the window around each place: f32[B, L, N] -> f32[B, L, N]."""
    padded = _around(x, n_words)
    return functools.reduce(operator.add, (padded[:, d : d + x.shape[1]] for d in range(n_words)))


def _max_over_windows(
    table: jax.Array, mix: jax.Array, ids: jax.Array, views: jax.Array, n_words: int
) -> jax.Array:
    """The greatest value that each filter finds in a window of a review.

    Its gradient goes to the words of that one window alone, which spares nearly all of the work.

    Args:
        table: f32[V, F], what each word adds for each filter.
        mix: f32[D, F], what each number of the views adds.
        ids: i32[B, L], 0 where there is no word: nothing is added there, and only windows around a
            word count.
        views: f32[B, L, D], of the window around each place; they get no gradient.
        n_words: in a window; an even number reaches one further behind than in front.

    Returns:
        f32[B, F]; far below 0 for a review without a word.
    """
    return _values(table, mix, ids, views, n_words).max(axis=1)


max_over_windows = jax.custom_vjp(_max_over_windows, nondiff_argnums=(4,))


def _values(
    table: jax.Array, mix: jax.Array, ids: jax.Array, views: jax.Array, n_words: int
) -> jax.Array:
    """What each filter makes of the window around each place, f32[B, L, F]."""
    is_word = (ids > 0)[:, :, None]
    sums = window_sums(table[ids] * is_word, n_words) + views @ mix
    return jnp.where(is_word, sums, _NOWHERE)


def _around(x: jax.Array, n_words: int) -> jax.Array:
    """Puts zeros before and behind the second axis, as far as windows reach beyond the ends."""
    before = (n_words - 1) // 2
    return jnp.pad(x, ((0, 0), (before, n_words - 1 - before)) + ((0, 0),) * (x.ndim - 2))


def _forward(
    table: jax.Array, mix: jax.Array, ids: jax.Array, views: jax.Array, n_words: int
) -> tuple[jax.Array, tuple]:
    values = _values(table, mix, ids, views, n_words)
    places = values.argmax(axis=1)  # (B, F)
    greatest = jnp.take_along_axis(values, places[:, None], axis=1)[:, 0]
    return greatest, (table, ids, views, places)


def _backward(n_words: int, kept: tuple, gradient: jax.Array) -> tuple:
    table, ids, views, places = kept
    padded = _around(ids, n_words)
    filters = jnp.arange(gradient.shape[1])[None]
    to_table = jnp.zeros_like(table)
    for d in range(n_words):
        words = jnp.take_along_axis(padded, places + d, axis=1)  # (B, F)
        to_table = to_table.at[words, filters].add(jnp.where(words > 0, gradient, 0))
    seen = jnp.take_along_axis(views, places[:, :, None], axis=1)  # (B, F, D)
    return to_table, jnp.einsum("bfd,bf->df", seen, gradient), None, None


max_over_windows.defvjp(_forward, _backward)
