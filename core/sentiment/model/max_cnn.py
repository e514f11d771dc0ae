"""A convolutional net whose logit is a sum over n-grams, exactly.

Each filter looks at every window of its size and keeps only its maximum over time; the output is
linear in what the filters kept. So a logit is the bias plus one number a filter, and each number
belongs to the one n-gram that the filter chose: no gradient and no approximation is needed to
explain it.

References:
    Y. Kim (2014). Convolutional Neural Networks for Sentence Classification.
        https://aclanthology.org/D14-1181/
    A. Jacovi, O. Sar Shalom and Y. Goldberg (2018). Understanding Convolutional Neural Networks for
        Text Classification. https://aclanthology.org/W18-5408/ (what each filter's maximum stands
        for)
"""

import dataclasses

import jax
import jax.numpy as jnp
from flax import nnx

from core.dropout import Dropout
from core.errors import InputError
from core.sentiment.model.layers import Convolution, Embedding, convolve
from core.sentiment.model.lesson import check_sizes

_NOWHERE = -1e9


@dataclasses.dataclass(frozen=True, slots=True)
class MaxCnnConfig:
    """Settings of the net with the greatest value of each filter."""

    n_ids: int = 10_000  # V, with padding and unk
    length: int = 500  # L, ids a review
    n_dims: int = 50  # E
    sizes: tuple[int, ...] = (1, 2, 3)  # words that a filter sees
    n_filters: int = 100  # F, of each size
    word_dropout: float = 0.0  # share of the vocabulary left out of a batch; it would lower what
    # filters find while training, and so shift every logit afterwards
    dropout: float = 0.5  # of what the filters kept

    def __post_init__(self) -> None:
        """Checks the bounds."""
        check_sizes(self)
        if not self.sizes or min(self.sizes) < 1:
            raise InputError(f"sizes ({self.sizes}) should be one number or more, from 1 up")


class MaxCnn(nnx.Module):
    """Filters of several sizes, the greatest value of each, and one linear output.

    Args:
        config: sizes and dropout.
        rngs: stream "params".
    """

    def __init__(self, config: MaxCnnConfig, *, rngs: nnx.Rngs) -> None:
        self.embedding = Embedding(
            config.n_ids, config.n_dims, word_dropout=config.word_dropout, rngs=rngs
        )
        self.convolutions = nnx.List(
            Convolution(size, config.n_dims, config.n_filters, rngs=rngs) for size in config.sizes
        )
        self.drop = Dropout(config.dropout)
        self.out = nnx.Linear(len(config.sizes) * config.n_filters, 1, rngs=rngs)

    def __call__(self, ids: jax.Array, *, rngs: nnx.Rngs | None = None) -> jax.Array:
        """Scores reviews: i32[B, L] -> f32[B]."""
        is_word = ids > 0
        x = self.embedding(ids, rngs) * is_word[:, :, None]  # beyond its ends a review is empty
        kept = [
            max_over_time(x, layer.kernel[...], layer.bias[...], is_word)
            for layer in self.convolutions
        ]
        return self.out(self.drop(nnx.relu(jnp.concatenate(kept, axis=1)), rngs))[:, 0]


@jax.custom_vjp
def max_over_time(
    x: jax.Array, kernel: jax.Array, bias: jax.Array, is_word: jax.Array
) -> jax.Array:
    """The greatest value of each filter over the places of a review.

    Its gradient is not that of a whole convolution: each filter has learned from one window only,
    and those are gathered. That spares two thirds of the work.

    Args:
        x: f32[B, L, E].
        kernel: f32[K, E, F].
        bias: f32[F].
        is_word: bool[B, L], where there is a word: only windows around one count.

    Returns:
        f32[B, F]; far below 0 for a review without a word.
    """
    return _values(x, kernel, is_word).max(axis=1) + bias


def _values(x: jax.Array, kernel: jax.Array, is_word: jax.Array) -> jax.Array:
    """What the filters say at each place, f32[B, L, F], far below 0 where there is no word."""
    return jnp.where(is_word[:, :, None], convolve(x, kernel), _NOWHERE)


def _max_forward(
    x: jax.Array, kernel: jax.Array, bias: jax.Array, is_word: jax.Array
) -> tuple[jax.Array, tuple]:
    values = _values(x, kernel, is_word)
    places = values.argmax(axis=1)  # (B, F)
    greatest = jnp.take_along_axis(values, places[:, None], axis=1)[:, 0]
    return greatest + bias, (x, kernel, places)


def _max_backward(kept: tuple, gradient: jax.Array) -> tuple:
    x, kernel, places = kept
    (size, n_dims, _), (batch, length, _) = kernel.shape, x.shape
    before = (size - 1) // 2
    padded = jnp.pad(x, ((0, 0), (before, size - 1 - before), (0, 0)))
    flat = padded.reshape(-1, n_dims)
    first = jnp.arange(batch)[:, None] * padded.shape[1] + places  # (B, F), rows of `flat`
    to_kernel, to_flat = [], jnp.zeros_like(flat)
    for d in range(size):
        to_kernel.append(jnp.einsum("bfe,bf->ef", flat[first + d], gradient))
        to_window = gradient[:, :, None] * kernel[d].T  # (B, F, E)
        to_flat = to_flat.at[(first + d).reshape(-1)].add(to_window.reshape(-1, n_dims))
    to_x = to_flat.reshape(padded.shape)[:, before : before + length]
    return to_x, jnp.stack(to_kernel), gradient.sum(axis=0), None


max_over_time.defvjp(_max_forward, _max_backward)
