import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from core.sentiment.explore.forward import filters_of, spread, windows
from core.sentiment.model.layers import shifted_product
from core.sentiment.model.layers import windows as jax_windows
from tests.core.sentiment.samples import CONFIGS, arrays_of, forward_of, random_ids, random_net

SIZES_OF_ALL_KINDS = {  # of nets with vectors of words
    **{name: config for name, config in CONFIGS.items() if name != "region"},
    "cnn-even": dataclasses.replace(CONFIGS["cnn"], sizes=(4, 1)),
    "max-cnn-large": dataclasses.replace(CONFIGS["max-cnn"], sizes=(5, 4)),
}


def logits_and_gradient(model, ids, x):
    """What JAX finds for embedded words x in the place of those of the ids."""
    graphdef, state = nnx.split(model)

    @jax.jit
    def both(x):
        def logits(x):
            merged = nnx.merge(graphdef, state)
            merged.embedding = lambda ids, rngs: x
            return merged(ids)

        y, pull = jax.vjp(logits, x)
        return y, pull(jnp.ones_like(y))[0]

    return map(np.asarray, both(x))


@pytest.mark.parametrize("name", SIZES_OF_ALL_KINDS)
def test_a_net_in_numpy_is_the_trained_one_in_logits_and_gradient(name):
    config = SIZES_OF_ALL_KINDS[name]
    model = random_net(config, seed=1)
    net = forward_of(config, arrays_of(model))
    ids = random_ids(config, n_texts=8)
    is_word = ids > 0
    x = net.embed(ids)
    expected, slope = logits_and_gradient(model, jnp.asarray(ids), jnp.asarray(x))
    np.testing.assert_allclose(net.logits(x, is_word), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(jax.jit(lambda ids: model(ids))(ids), expected, atol=1e-5)
    if not hasattr(net, "gradient"):  # a sum of n-grams, which needs none
        return
    gradient = net.gradient(x, is_word)
    assert gradient.shape == x.shape
    np.testing.assert_allclose(gradient[is_word], slope[is_word], rtol=1e-3, atol=1e-4)
    assert np.abs(gradient[is_word]).max() > 0.1


@pytest.mark.parametrize("name", CONFIGS)
def test_texts_are_scored_alike_alone_and_together(name):
    config = CONFIGS[name]
    net = forward_of(config, arrays_of(random_net(config)))
    ids = random_ids(config)
    together = net.logits(net.embed(ids), ids > 0)
    alone = [net.logits(net.embed(row[None]), row[None] > 0)[0] for row in ids]
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("n_words", [1, 2, 5])
def test_the_net_that_adds_words_up_is_the_trained_one_in_numpy(n_words):
    config = dataclasses.replace(CONFIGS["region"], n_words=n_words)
    model = random_net(config, seed=1)
    net = forward_of(config, arrays_of(model))
    ids = random_ids(config, n_texts=8)
    logits = net.logits(net.embed(ids), ids > 0)
    np.testing.assert_allclose(jax.jit(lambda ids: model(ids))(ids), logits, rtol=1e-4, atol=1e-5)
    ngram = ids[-1, :n_words]
    (values,) = net.activations(net.embed(ngram[None]))
    found = net.activate(0, net.embed(ngram[None]))
    np.testing.assert_allclose(values[:, (n_words - 1) // 2], found, rtol=1e-5)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_windows_and_their_way_back_are_those_of_training(size):
    rng = np.random.default_rng(0)
    x, kernel, to_value = (
        rng.normal(size=shape).astype(np.float32) for shape in ((2, 6, 3), (size, 3, 4), (2, 6, 4))
    )
    np.testing.assert_array_equal(windows(x, size), jax_windows(jnp.asarray(x), size))
    _, pull = jax.vjp(lambda x: shifted_product(x, jnp.asarray(kernel)), jnp.asarray(x))
    np.testing.assert_allclose(spread(to_value, kernel), pull(jnp.asarray(to_value))[0], atol=1e-5)


def test_filters_come_in_the_order_of_the_configuration():
    arrays = {f"convolutions.{k}.kernel": np.zeros((12 - k, 4, 3)) for k in range(12)}
    arrays |= {f"convolutions.{k}.bias": np.full(3, k) for k in range(12)}
    filters = filters_of(dict(sorted(arrays.items())))  # 10 and 11 before 2
    assert [len(kernel) for kernel, _ in filters] == list(range(12, 0, -1))
    assert [bias[0] for _, bias in filters] == list(range(12))


def test_an_lstm_with_enormous_weights_does_not_overflow():
    config = CONFIGS["lstm"]
    arrays = {name: array * 1e6 for name, array in arrays_of(random_net(config)).items()}
    net = forward_of(config, arrays)
    ids = random_ids(config)
    assert np.isfinite(net.logits(net.embed(ids), ids > 0)).all()
