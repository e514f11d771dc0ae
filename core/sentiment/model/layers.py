"""The layers of the nets for sentiment, quick on a CPU too.

An epoch of the lesson's net on 25,000 reviews is 780 GFLOP of products. Written plainly, the
gradient of the convolution takes as long again.
"""

import functools
import operator

import jax
import jax.numpy as jnp
from flax import nnx

from core.dropout import Dropout

_EMBEDDING_RANGE = 0.05


class Embedding(nnx.Module):
    """A table of word vectors; while training, a share of the words is taken out of each batch.

    It begins at +-0.05 uniform, as in Keras 1; with Flax's default the lesson's hidden layer does
    not learn (0.57 after two epochs).

    Args:
        n_ids: V.
        n_dims: E.
        word_dropout: share of the words; a word is out wherever it stands.
        rngs: stream "params".
    """

    def __init__(
        self, n_ids: int, n_dims: int, *, word_dropout: float = 0.0, rngs: nnx.Rngs
    ) -> None:
        table = jax.random.uniform(
            rngs.params(), (n_ids, n_dims), minval=-_EMBEDDING_RANGE, maxval=_EMBEDDING_RANGE
        )
        self.table = nnx.Param(table)
        self.drop = Dropout(word_dropout)

    def __call__(self, ids: jax.Array, rngs: nnx.Rngs | None) -> jax.Array:
        """Looks ids up: i32[B, L] -> f32[B, L, E]."""
        table = self.table[...]
        stays = self.drop(jnp.ones((len(table), 1)), rngs)
        return (table * stays)[ids]


class Convolution(nnx.Module):
    """A one-dimensional convolution that keeps the length ('same'), as Keras lays it out.

    On a CPU it is written as shifted copies beside each other times one matrix, since XLA's own
    convolution is an order of magnitude slower inside a scan there; elsewhere it is XLA's own.

    Args:
        size: words that a filter sees, K; an even one sees one more behind than in front.
        n_dims: E.
        n_filters: F.
        rngs: stream "params".
    """

    def __init__(self, size: int, n_dims: int, n_filters: int, *, rngs: nnx.Rngs) -> None:
        kernel = nnx.initializers.glorot_uniform()(rngs.params(), (size, n_dims, n_filters))
        self.kernel = nnx.Param(kernel)
        self.bias = nnx.Param(jnp.zeros(n_filters))

    def __call__(self, x: jax.Array) -> jax.Array:
        """Convolves: f32[B, L, E] -> f32[B, L, F]."""
        return convolve(x, self.kernel[...]) + self.bias[...]


def dense(n_in: int, n_out: int, rngs: nnx.Rngs) -> nnx.Linear:
    """Makes a dense layer that begins as in Keras."""
    return nnx.Linear(n_in, n_out, kernel_init=nnx.initializers.glorot_uniform(), rngs=rngs)


def convolve(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """A 'same' convolution, by what is quicker here: f32[B, L, E], f32[K, E, F] -> f32[B, L, F]."""
    is_cpu = jax.default_backend() == "cpu"
    return shifted_product(x, kernel) if is_cpu else xla_convolution(x, kernel)


@jax.custom_vjp
def shifted_product(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """A 'same' convolution as one matrix product: f32[B, L, E], f32[K, E, F] -> f32[B, L, F]."""
    return windows(x, len(kernel)) @ kernel.reshape(-1, kernel.shape[2])


def windows(x: jax.Array, size: int) -> jax.Array:
    """Lays the `size` values around each place side by side: f32[B, L, K * E]."""
    length, before = x.shape[1], (size - 1) // 2
    padded = jnp.pad(x, ((0, 0), (before, size - 1 - before), (0, 0)))
    return jnp.concatenate([padded[:, d : d + length] for d in range(size)], axis=2)


def _shifted_forward(x: jax.Array, kernel: jax.Array) -> tuple:
    return shifted_product(x, kernel), (x, kernel)


def _shifted_backward(kept: tuple, gradient: jax.Array) -> tuple[jax.Array, jax.Array]:
    x, kernel = kept
    size, n_dims, n_filters = kernel.shape
    length, before = x.shape[1], (size - 1) // 2
    to_kernel = jnp.einsum("blw,blf->wf", windows(x, size), gradient)
    to_windows = gradient @ kernel.reshape(-1, n_filters).T
    to_padded = functools.reduce(
        operator.add,
        (
            jnp.pad(
                to_windows[:, :, d * n_dims : (d + 1) * n_dims], ((0, 0), (d, size - 1 - d), (0, 0))
            )
            for d in range(size)
        ),
    )
    return to_padded[:, before : before + length], to_kernel.reshape(kernel.shape)


shifted_product.defvjp(_shifted_forward, _shifted_backward)


def xla_convolution(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """The same by XLA's convolution."""
    return jax.lax.conv_general_dilated(
        x, kernel, (1,), "SAME", dimension_numbers=("NWC", "WIO", "NWC")
    )


@jax.custom_vjp
def pool_by_two(x: jax.Array) -> jax.Array:
    """Takes the larger of each two neighbours: f32[B, L, F] -> f32[B, L / 2, F]."""
    return jnp.maximum(*_pairs(x))


def _pairs(x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The first and the second of each two neighbours, each f32[B, L / 2, F]."""
    batch, length, n_filters = x.shape
    pairs = x.reshape(batch, length // 2, 2 * n_filters)
    return pairs[..., :n_filters], pairs[..., n_filters:]


def _pool_backward(x: jax.Array, gradient: jax.Array) -> tuple[jax.Array]:
    first, second = _pairs(x)
    is_first = first >= second
    both = [jnp.where(is_first, gradient, 0), jnp.where(is_first, 0, gradient)]
    return (jnp.concatenate(both, axis=-1).reshape(x.shape),)


pool_by_two.defvjp(lambda x: (pool_by_two(x), x), _pool_backward)
