import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from core.dropout import Dropout, random_bytes

N = 100_000


def rngs(seed=0):
    return nnx.Rngs(dropout=jax.random.key(seed))


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
