import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from core.sentiment.layers import (
    Convolution,
    Dropout,
    Embedding,
    dense,
    pool_by_two,
    random_bytes,
    shifted_product,
    windows,
    xla_convolution,
)

N = 100_000


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


@pytest.mark.parametrize("rate", [0.2, 0.5, 0.7])
def test_dropout_leaves_its_share_out_and_keeps_the_mean(rate):
    y = np.asarray(Dropout(rate)(jnp.ones(N), rngs()))
    exact = round(rate * 256) / 256
    bound = 5 * np.sqrt(exact * (1 - exact) / N)
    assert abs((y == 0).mean() - exact) < bound
    assert abs(y.mean() - 1) < bound / (1 - exact)
    np.testing.assert_allclose(y[y > 0], 1 / (1 - exact), rtol=1e-6)


def test_dropout_follows_its_key():
    drop, x = Dropout(0.5), jnp.ones(N)
    first, again, other = (np.asarray(drop(x, rngs(seed))) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert abs(((first > 0) == (other > 0)).mean() - 0.5) < 5 * 0.5 / np.sqrt(N)


@pytest.mark.parametrize(("rate", "deterministic"), [(0.5, True), (0.0, False), (0.001, False)])
def test_dropout_can_be_the_identity(rate, deterministic):
    drop = nnx.view(Dropout(rate), deterministic=deterministic)
    x = jnp.arange(9.0)
    np.testing.assert_array_equal(drop(x, None), x)


def test_random_bytes_are_evenly_spread_and_neighbours_unrelated():
    drawn = np.asarray(random_bytes(jax.random.key(0), (400, 256)))
    assert drawn.dtype == np.uint8
    counts = np.bincount(drawn.reshape(-1), minlength=256)
    chi_square = ((counts - 400) ** 2 / 400).sum()
    assert 255 - 5 * np.sqrt(510) < chi_square < 255 + 5 * np.sqrt(510)
    values = drawn.reshape(-1).astype(float)
    for distance in (1, 4, 256):
        related = np.corrcoef(values[:-distance], values[distance:])[0, 1]
        assert abs(related) < 5 / np.sqrt(len(values))


@pytest.mark.parametrize("shape", [(), (3, 5), (2, 2, 2), (0, 3)])
def test_random_bytes_have_any_shape(shape):
    assert random_bytes(jax.random.key(0), shape).shape == shape


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
