import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from core.sentiment.model.layers import (
    Convolution,
    Embedding,
    dense,
    pool_by_two,
    shifted_product,
    windows,
    xla_convolution,
)


def rngs(seed=0):
    return nnx.Rngs(dropout=jax.random.key(seed))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_shifted_product_is_xlas_convolution_in_value_and_gradient(size):
    rng = np.random.default_rng(size)
    x, kernel, weights = (
        jnp.asarray(rng.normal(size=shape), jnp.float32)
        for shape in ((2, 7, 3), (size, 3, 4), (2, 7, 4))
    )

    @jax.jit
    def both(x, kernel):
        found = []
        for convolve in (shifted_product, xla_convolution):
            y, pull = jax.vjp(convolve, x, kernel)
            found.append((y, *pull(weights)))
        return found

    found, expected = both(x, kernel)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_windows_lie_side_by_side_and_an_even_one_sees_more_behind():
    x = jnp.arange(1.0, 4.0)[None, :, None]
    assert windows(x, 3)[0].tolist() == [[0, 1, 2], [1, 2, 3], [2, 3, 0]]
    assert windows(x, 2)[0].tolist() == [[1, 2], [2, 3], [3, 0]]


def test_a_convolution_adds_its_bias():
    layer = Convolution(3, 2, 4, rngs=nnx.Rngs(0))
    layer.bias[...] = jnp.arange(4.0)
    y = layer(jnp.zeros((2, 5, 2)))
    np.testing.assert_allclose(y, np.tile(np.arange(4.0), (2, 5, 1)))


def test_pooling_has_the_value_and_gradient_of_a_plain_maximum():
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.normal(size=(3, 8, 5)), jnp.float32)
    weights = jnp.asarray(rng.normal(size=(3, 4, 5)), jnp.float32)

    def plain(x):
        return x.reshape(3, 4, 2, 5).max(axis=2)

    np.testing.assert_array_equal(pool_by_two(x), plain(x))
    found, expected = (
        jax.grad(lambda x, pool=pool: (pool(x) * weights).sum())(x) for pool in (pool_by_two, plain)
    )
    np.testing.assert_array_equal(found, expected)


def test_of_two_equal_values_the_first_learns():
    gradient = jax.grad(lambda x: pool_by_two(x).sum())(jnp.zeros((1, 4, 1)))
    assert gradient[0, :, 0].tolist() == [1, 0, 1, 0]


def test_word_dropout_takes_out_whole_words():
    layer = Embedding(40, 4, word_dropout=0.5, rngs=nnx.Rngs(0))
    layer.table[...] = jnp.ones((40, 4))
    ids = np.random.default_rng(0).integers(0, 40, (5, 60))
    x = np.asarray(layer(jnp.asarray(ids), rngs()))
    assert x.shape == (5, 60, 4)
    values = [set(x[ids == word].reshape(-1).tolist()) for word in range(40)]
    assert {0.0} in values and {2.0} in values
    assert all(value in ({0.0}, {2.0}) for value in values)
    still = nnx.view(layer, deterministic=True)
    np.testing.assert_array_equal(still(jnp.asarray(ids), None), np.ones((5, 60, 4)))


def test_an_embedding_begins_evenly_within_its_range():
    table = np.asarray(Embedding(1000, 20, rngs=nnx.Rngs(0)).table[...])
    assert np.abs(table).max() <= 0.05
    assert table.std() == pytest.approx(0.05 / np.sqrt(3), rel=0.03)


def test_a_dense_layer_begins_as_in_keras():
    layer = dense(200, 100, nnx.Rngs(0))
    bound = np.sqrt(6 / 300)
    assert 0.98 * bound < np.abs(layer.kernel[...]).max() <= bound
    assert not np.any(layer.bias[...])
