import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from core.loop import named_arrays
from core.sentiment.model.region import max_over_windows, window_sums
from tests.core.sentiment.samples import CONFIGS, random_ids, random_net


def plain(table, mix, ids, views, n_words):
    """The same with one window after the other, with the gradient that JAX finds."""
    before, length = (n_words - 1) // 2, ids.shape[1]
    values = []
    for place in range(length):
        inside = [at for at in range(place - before, place - before + n_words) if 0 <= at < length]
        value = views[:, place] @ mix
        for at in inside:
            value += jnp.where(ids[:, at, None] > 0, table[ids[:, at]], 0)
        values.append(jnp.where(ids[:, place, None] > 0, value, -1e9))
    return jnp.stack(values, axis=1).max(axis=1)


@pytest.mark.parametrize("n_words", [1, 2, 3, 4])
def test_the_strongest_window_is_the_maximum_in_value_and_gradient(n_words):
    rng = np.random.default_rng(n_words)
    ids = jnp.asarray(np.array([[1, 2, 3, 4, 5, 1], [0, 0, 2, 2, 5, 3], [0, 0, 0, 0, 0, 4]]))
    shapes = (6, 4), (2, 4), (3, 6, 2), (3, 4)
    table, mix, views, weights = (jnp.asarray(rng.normal(size=s), jnp.float32) for s in shapes)

    @jax.jit
    def both(table, mix):
        found = []
        for function in (max_over_windows, plain):
            y, pull = jax.vjp(lambda *given, f=function: f(*given, ids, views, n_words), table, mix)
            found.append((y, *pull(weights)))
        return found

    found, expected = both(table, mix)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_sums_of_windows_stop_at_the_ends():
    x = jnp.arange(1.0, 5.0)[None, :, None]
    assert window_sums(x, 3)[0, :, 0].tolist() == [3, 6, 9, 7]
    assert window_sums(x, 2)[0, :, 0].tolist() == [3, 5, 7, 4]


def test_padding_says_nothing_and_a_review_without_a_word_is_the_bias():
    config = CONFIGS["region"]
    model = random_net(config)
    ids = random_ids(config)
    before = jax.jit(lambda ids: model(ids))(ids)
    assert float(before[0]) == pytest.approx(float(model.out.bias[...][0]))
    model.words[...] = model.words[...].at[0].set(50.0)
    model.views.table[...] = model.views.table[...].at[0].set(50.0)
    np.testing.assert_array_equal(jax.jit(lambda ids: model(ids))(ids), before)


def test_the_layer_from_unlabelled_reviews_does_not_learn():
    config = CONFIGS["region"]
    model = random_net(config)
    ids = random_ids(config)

    graphdef, state = nnx.split(model)
    slope = jax.jit(jax.grad(lambda state: nnx.merge(graphdef, state)(ids).sum()))(state)
    slopes = named_arrays(slope)
    assert not slopes["views.table"].any() and not slopes["views.bias"].any()
    assert slopes["words"].any() and slopes["mix"].any()
