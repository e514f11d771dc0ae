import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.sentiment.model.layers import xla_convolution
from core.sentiment.model.max_cnn import max_over_time
from tests.core.sentiment.samples import CONFIGS, random_net


def plain(x, kernel, bias, is_word):
    """The same in two lines, with the gradient that JAX finds."""
    values = jnp.where(is_word[:, :, None], xla_convolution(x, kernel), -1e9)
    return values.max(axis=1) + bias


def drawn(size, lengths, length=7):
    rng = np.random.default_rng(size)
    batch = len(lengths)
    is_word = jnp.asarray(np.arange(length) >= length - np.array(lengths)[:, None])
    shapes = ((batch, length, 3), (size, 3, 4), (4,), (batch, 4))
    x, kernel, bias, weights = (jnp.asarray(rng.normal(size=s), jnp.float32) for s in shapes)
    return x, kernel, bias, is_word, weights


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_strongest_is_the_maximum_in_value_and_gradient(size):
    *inputs, is_word, weights = drawn(size, [7, 7, 4, 1])

    @jax.jit
    def both(*inputs):
        found = []
        for function in (max_over_time, plain):
            y, pull = jax.vjp(lambda *given, f=function: f(*given, is_word), *inputs)
            found.append((y, *pull(weights)))
        return found

    found, expected = both(*inputs)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_windows_around_padding_do_not_count():
    x = jnp.array([[[9.0], [1.0], [2.0]]])
    is_word = jnp.array([[False, True, True]])
    y = max_over_time(x, jnp.ones((1, 1, 1)), jnp.array([0.5]), is_word)
    assert y.tolist() == [[2.5]]


def test_a_window_of_two_finds_the_pair_it_looks_for():
    # words as unit vectors; the filter wants word 0 and then word 1
    kernel = jnp.array([[[1.0], [0.0], [0.0]], [[0.0], [1.0], [0.0]]])
    ids = jnp.array([[2, 0, 1, 2], [1, 0, 2, 2], [2, 2, 2, 1]])
    y = max_over_time(jnp.eye(3)[ids], kernel, jnp.zeros(1), jnp.ones((3, 4), bool))
    # in the last review, word 1 stands behind a 2
    assert y[:, 0].tolist() == [2, 1, 1]


def test_a_review_without_a_word_is_far_below_and_its_logit_is_the_bias():
    y = max_over_time(
        jnp.ones((1, 3, 2)), jnp.ones((2, 2, 4)), jnp.zeros(4), jnp.zeros((1, 3), bool)
    )
    assert float(y.max()) < -1e8
    model = random_net(CONFIGS["max-cnn"])
    logit = jax.jit(lambda ids: model(ids))(jnp.zeros((2, 12), jnp.int32))
    np.testing.assert_array_equal(logit, np.full(2, model.out.bias[...][0]))


def test_each_filter_learns_from_one_window_only():
    x, kernel, bias, is_word, weights = drawn(1, [7])
    gradient = jax.jit(
        jax.grad(lambda x: (max_over_time(x, kernel, bias, is_word) * weights).sum())
    )(x)
    values = np.asarray(x @ kernel[0])[0]
    chosen = set(values.argmax(axis=0).tolist())
    assert set(np.flatnonzero(np.abs(gradient[0]).sum(axis=1)).tolist()) == chosen
