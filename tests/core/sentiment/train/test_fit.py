import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from core.averaging import AveragedState
from core.sentiment.data import count_vocabulary, pad_all
from core.sentiment.train.fit import SCORED_AT_ONCE, Encoded, batch_scorer, loss, measure, train_one
from core.sentiment.train.presets import Preset
from tests.core.sentiment.samples import CONFIGS, planted, random_ids, random_net

TINY = {"learning_rate": 0.03, "batch_size": 20}


@pytest.fixture(scope="module")
def sides():
    """The planted reviews as ids."""
    train, test = planted()
    vocabulary = count_vocabulary(train, 16)
    return tuple(Encoded(pad_all(texts, vocabulary, 12), texts.labels) for texts in (train, test))


# epochs, loss and accuracy; units of a hidden layer look at one place each, so it learns slowly
BOUNDS = {
    "mlp": (25, 0.4, 0.8),
    "cnn": (25, 0.45, 0.8),
    "lstm": (12, 0.2, 0.95),
    "max-cnn": (12, 0.3, 0.95),
    "region": (25, 0.4, 0.85),  # the greatest sum does not see what another window lacks
}


@pytest.mark.parametrize("name", CONFIGS)
def test_a_tiny_net_learns_the_planted_verdicts(sides, name):
    n_epochs, loss_bound, accuracy_bound = BOUNDS[name]
    config = CONFIGS[name]
    if name == "region":
        config = dataclasses.replace(config, n_filters=8)
    preset = Preset(name, config, **TINY)
    fitted = train_one(preset, *sides, seed=0, n_epochs=n_epochs, name="test")
    first, last = fitted.history[0], fitted.history[-1]
    assert first["test_loss"] == pytest.approx(np.log(2), abs=0.1)
    assert last["loss"] < loss_bound
    assert last["test_accuracy"] > accuracy_bound


def test_a_frozen_embedding_rests_and_then_learns(sides):
    preset = Preset("", CONFIGS["mlp"], n_frozen=2, tuning_rate=0.01, **TINY)
    vectors = np.random.default_rng(0).normal(size=(16, 4)).astype(np.float32)
    start = {"embedding.table": vectors}
    fitted = train_one(
        preset, *sides, seed=0, n_epochs=3, name="val", start=start, snapshots=(0, 1, 2, 3)
    )
    tables = [fitted.snapshots[epoch]["embedding.table"] for epoch in range(4)]
    np.testing.assert_array_equal(tables[0], vectors)
    np.testing.assert_array_equal(tables[2], vectors)
    assert np.abs(tables[3] - vectors).max() > 1e-3
    kernels = [fitted.snapshots[epoch]["hidden.kernel"] for epoch in range(4)]
    assert all(np.abs(kernels[k + 1] - kernels[k]).max() > 1e-3 for k in range(3))
    assert {"loss", "val_loss", "val_accuracy"} <= set(fitted.history[1])


def test_a_mean_of_weights_is_what_is_kept_and_measured(sides):
    preset = Preset("", CONFIGS["mlp"], averaging=0.9, clip=1.0, **TINY)
    fitted = train_one(preset, *sides, seed=0, n_epochs=1, name="test", snapshots=(1,))
    assert isinstance(fitted.state.opt_state, AveragedState)
    kept = fitted.snapshots[1]["hidden.kernel"]
    np.testing.assert_array_equal(kept, fitted.best["hidden.kernel"])
    assert np.abs(kept - np.asarray(fitted.state.params["hidden"]["kernel"][...])).max() > 1e-3


def test_any_number_of_reviews_is_scored_by_one_function():
    config = CONFIGS["mlp"]
    model = random_net(config)
    score, params = batch_scorer(model), nnx.state(model, nnx.Param)
    ids = random_ids(config, n_texts=SCORED_AT_ONCE + 3)
    logits = score(params, ids)
    assert logits.shape == (SCORED_AT_ONCE + 3,)
    np.testing.assert_allclose(logits, jax.jit(lambda ids: model(ids))(ids), rtol=1e-5)
    np.testing.assert_allclose(score(params, ids[-2:]), logits[-2:], rtol=1e-5)


def test_loss_is_the_mean_logistic_loss():
    logits, labels = jnp.array([2.0, -1.0, 100.0]), jnp.array([1.0, 1.0, 0.0])
    found = loss(lambda ids, rngs: logits, (None, labels), None)
    expected = np.log1p(np.exp([-2.0, 1.0, 100.0])).mean()
    assert float(found) == pytest.approx(expected, rel=1e-6)
    figures = measure(np.asarray(logits), np.asarray(labels))
    assert figures["loss"] == pytest.approx(expected, rel=1e-6)
    assert figures["accuracy"] == pytest.approx(1 / 3)
