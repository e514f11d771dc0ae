"""Trainings: both ways of running an epoch, what is frozen, views, heads, and sweeps."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from flax import nnx

from core.batchnorm import LAST, LATE
from core.batchnorm.data import Photos
from core.batchnorm.explore.sweep import CURVES, SweepResults
from core.batchnorm.model import (
    BATCH_NORM,
    CONVOLUTION,
    DENSE,
    GLOBAL_AVERAGE,
    IMAGE,
    RELU,
    Layer,
    NetConfig,
    predictor,
)
from core.batchnorm.model.classifier import FEATURES, HEAD, classifier, fit_head, with_new_head
from core.batchnorm.model.inputs import random_views, whole
from core.batchnorm.model.predictor import Predictor, accuracy_of, loss_of
from core.batchnorm.model.squeezenet import SqueezeNetConfig
from core.batchnorm.presets import SURGERIES, SWEEPS, Recipe
from core.batchnorm.surgery.insert import insert_measured
from core.batchnorm.train import fitting
from core.batchnorm.train.fitting import Tuner, frozen_layers
from core.bundle import Bundle
from core.contents import find_recipe
from core.errors import BundleError, InputError, TrainingError
from core.loop import named_arrays
from core.train_command import refuse_unused
from core.training_run import TrainingRun
from tests.core.batchnorm.samples import net_of

SMALL = NetConfig(
    "small",
    20,
    (
        Layer("conv1", CONVOLUTION, (IMAGE,), 3, 6, kernel=3, stride=2),
        Layer("relu", RELU, ("conv1",), 6, 6),
        Layer("conv2", CONVOLUTION, ("relu",), 6, 6, kernel=3, stride=2),
        Layer("head/average", GLOBAL_AVERAGE, ("conv2",), 6, 6),
        Layer(HEAD, DENSE, ("head/average",), 6, 2),
    ),
)
RECIPE = Recipe(
    size=20, batch_size=8, n_epochs=2, optimizer="adam", least_area=0.6, averaging=0.5, is_half=True
)


def two_kinds(n: int = 24, seed: int = 0) -> Photos:
    """Dark pictures are cats, bright ones dogs."""
    random = np.random.default_rng(seed)
    labels = (np.arange(n) % 2).astype(np.int32)
    light = np.where(labels == 1, 190, 60)[:, None, None, None]
    noise = random.integers(-30, 31, (n, 40, 40, 3))
    return Photos((light + noise).astype(np.uint8), labels)


def start_of(*, with_norm: bool) -> tuple[NetConfig, dict]:
    net = net_of(SMALL)
    if with_norm:
        net = insert_measured(net, two_kinds().images, ("conv1", "conv2"))
    return net.config, with_new_head(named_arrays(nnx.state(net)), net.config)


def test_a_net_with_batch_norm_learns_and_both_ways_of_an_epoch_agree(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config, arrays = start_of(with_norm=True)
    photos, held = two_kinds(), two_kinds(12, seed=1)
    stepped = Tuner(config, RECIPE, len(photos))
    how = {"learning_rate": 3e-3, "seed": 0}
    first = stepped.fit(arrays, photos, held, **how)
    assert [row["epoch"] for row in first.history] == [0, 1, 2]
    assert first.history[0]["val_loss"] == pytest.approx(np.log(2), rel=1e-4)  # a head of zeros
    again = stepped.fit(arrays, photos, held, **how)
    assert [r["loss"] for r in again.history[1:]] == [r["loss"] for r in first.history[1:]]
    # what runs on a GPU: the whole epoch in one program, compiled once
    monkeypatch.setattr(fitting.jax, "default_backend", lambda: "gpu")
    scanned = Tuner(config, RECIPE, len(photos))
    in_half = scanned.fit(arrays, photos, held, **how)
    other = scanned.fit(arrays, photos, held, learning_rate=1e-9, seed=1)
    assert other.history[2]["loss"] > in_half.history[2]["loss"]
    for row, exact in zip(in_half.history[1:], first.history[1:], strict=True):
        assert row["loss"] == pytest.approx(exact["loss"], abs=0.1)  # bfloat16
    logits = predictor.TestTimeAugmentation(config, first.best, (config.size,))(held.images)
    assert loss_of(logits, held.labels) < np.log(2)
    # the statistics belong to the mean of the weights, so they moved away from the start
    assert not np.allclose(first.best["parts.conv1/bn.mean"], arrays["parts.conv1/bn.mean"])


def test_a_rate_that_is_too_large_diverges_and_says_so() -> None:
    config, arrays = start_of(with_norm=False)
    photos = two_kinds(8)
    recipe = Recipe(size=20, batch_size=8, n_epochs=3)
    with pytest.raises(TrainingError, match="training diverged"):
        Tuner(config, recipe, len(photos)).fit(arrays, photos, None, learning_rate=1e38, seed=0)


def test_bad_recipes_are_named() -> None:
    for how in ({"optimizer": "none"}, {"least_area": 0.0}, {"batch_size": 1}):
        with pytest.raises(InputError, match=next(iter(how))):
            Recipe(**how)
    with pytest.raises(InputError, match=r"batch size \(8\) should be at most 4"):
        Tuner(SMALL, RECIPE, 4)
    with pytest.raises(InputError, match="preset"):
        find_recipe("batchnorm", "none")
    with pytest.raises(InputError, match="seeds"):
        refuse_unused("surgery", SURGERIES["surgery"], {"seeds": 2})
    assert SWEEPS["sweep"].changed(size=99).recipe.size == 99
    assert fitting.with_numbers(SWEEPS["sweep"], TrainingRun(n_seeds=2)).n_seeds == 2


def test_views_are_parts_of_photos() -> None:
    ramp = np.broadcast_to(np.arange(40, dtype=np.uint8)[None, None, :, None] * 6, (6, 40, 40, 3))
    seen = np.asarray(whole(jnp.asarray(ramp), 20))
    np.testing.assert_allclose(np.diff(seen[0, 0, 1:-1, 0]), 12, atol=1e-3)
    flipped = whole(jnp.asarray(ramp), 20, is_flipped=True)
    np.testing.assert_allclose(flipped, seen[:, :, ::-1], atol=1e-3)
    np.testing.assert_array_equal(whole(jnp.asarray(ramp), 40), ramp)
    views = np.asarray(random_views(jnp.asarray(ramp), 20, least_area=0.3, key=jax.random.key(0)))
    assert views.shape == (6, 20, 20, 3)
    assert views.min() >= 0 and views.max() <= 39 * 6 + 1e-3
    steps = np.diff(views[:, 10, 5:15, 0], axis=1)
    assert len({bool(step > 0) for step in steps[:, 0]}) == 2  # some are mirrored
    assert np.abs(steps).max() <= 12 + 1e-3 and np.abs(steps).min() > 12 * 0.3


def test_a_head_is_fitted_to_features() -> None:
    random = np.random.default_rng(0)
    labels = (np.arange(60) % 2).astype(np.int32)
    features = random.normal(0, 1, (60, 5)).astype(np.float32) * 40 + 7
    features[:, 1] += labels * 300
    features[:, 4] = 3  # never changes
    head = fit_head(features, labels, penalty=1e-2)
    assert accuracy_of(head.logits(features), labels) == 1
    assert head.kernel.shape == (5, 2) and np.isfinite(head.kernel).all()
    with pytest.raises(InputError, match="penalty"):
        fit_head(features, labels, penalty=0)


def test_logits_that_are_no_numbers_are_never_right() -> None:
    logits = np.array([[1, 0], [np.nan, np.nan], [0, 2]], np.float32)
    labels = np.array([0, 0, 1], np.int32)
    assert accuracy_of(logits, labels) == pytest.approx(2 / 3)
    assert loss_of(logits, labels) == np.inf


def curves() -> pd.DataFrame:
    ends = {("plain", 0.1): (0.95, 0.93), ("plain", 1.0): (0.5, 0.96)}
    ends |= {("batch norm", 0.1): (0.9, 0.92), ("batch norm", 1.0): (0.94, 0.96)}
    rows = []
    for (net, rate), accuracies in ends.items():
        for seed, accuracy in enumerate(accuracies):
            for epoch in (1, 2):
                figures = (1 / epoch, 1 / epoch, accuracy if epoch == 2 else 0.6, False)
                rows.append((net, rate, seed, epoch, *figures))
    return pd.DataFrame(rows, columns=list(CURVES))


def test_the_largest_rate_is_one_at_which_every_seed_works() -> None:
    bundle = Bundle("batchnorm", "x", {}, {}, {}, {}, {}, tables={"curves": curves()})
    results = SweepResults(bundle)
    assert results.nets == ("plain", "batch norm") and results.rates == (0.1, 1.0)
    assert results.largest_rate("plain") == 0.1 and results.largest_rate("batch norm") == 1.0
    row = results.summary.iloc[1]
    assert (row["net"], row["n_seeds"], row["n_failed"]) == ("plain", 2, 1)
    assert row["mean"] == pytest.approx(0.73) and row["sd"] == pytest.approx(0.3253, abs=1e-4)
    with pytest.raises(InputError, match="net"):
        results.largest_rate("none")
    with pytest.raises(BundleError, match="lacks net"):
        SweepResults(Bundle("batchnorm", "x", {}, {}, {}, {}, {}))


SIZES = (36, 44)
FROZEN_RECIPE = Recipe(
    size=36,
    frozen_through="pool3",
    batch_size=8,
    n_epochs=1,
    optimizer="adam",
    weight_decay=0.1,
)


def small(*, with_norm: bool) -> tuple[NetConfig, dict[str, np.ndarray]]:
    plan = classifier(SqueezeNetConfig(size=36, width=0.1), reads=("fire4/concat",))
    behind = ("pool5", *(f"fire{number}/" for number in range(5, 10)))  # read by nothing
    layers = tuple(layer for layer in plan.layers if not layer.name.startswith(behind))
    net = net_of(dataclasses.replace(plan, layers=layers))
    if with_norm:
        places = [layer.name for layer in net.config.of_kind(CONVOLUTION)]
        net = insert_measured(net, two_kinds().images[:, :36, :36], places)
    return net.config, with_new_head(named_arrays(nnx.state(net)), net.config)


@pytest.mark.parametrize("with_norm", [False, True])
def test_what_is_frozen_stays_and_the_rest_learns(with_norm: bool) -> None:
    config, arrays = small(with_norm=with_norm)
    frozen = frozen_layers(config, "pool3")
    assert "fire3/concat" in frozen and "fire4/squeeze1x1" not in frozen
    photos = two_kinds(16)
    fitted = Tuner(config, FROZEN_RECIPE, len(photos)).fit(
        arrays, photos, None, learning_rate=1e-2, seed=0
    )
    for layer in config.of_kind(CONVOLUTION, DENSE, BATCH_NORM):
        own = [name for name in arrays if name.rpartition(".")[0] == f"parts.{layer.name}"]
        assert len(own) == (4 if layer.kind == BATCH_NORM else 2)
        is_same = all(np.array_equal(fitted.best[name], arrays[name]) for name in own)
        assert is_same == (layer.name in frozen), layer.name


def test_nothing_is_frozen_unless_asked_for_and_an_unknown_layer_is_named() -> None:
    config, _ = small(with_norm=False)
    assert frozen_layers(config, "") == frozenset()
    with pytest.raises(InputError, match=r"layer \(pool9\)"):
        Tuner(config, dataclasses.replace(FROZEN_RECIPE, frozen_through="pool9"), 16)


def test_looks_of_all_sizes_count_the_same() -> None:
    config, arrays = small(with_norm=True)
    arrays = {name: array + 0.01 for name, array in arrays.items()}  # a head that says something
    images = two_kinds(6).images
    each = []
    for size in SIZES:
        predict = Predictor(dataclasses.replace(config, size=size), arrays)
        each.append((predict(images) + predict(images, is_flipped=True)) / 2)
    assert not np.allclose(each[0], each[1])
    np.testing.assert_allclose(
        predictor.TestTimeAugmentation(config, arrays, SIZES)(images),
        (each[0] + each[1]) / 2,
        rtol=1e-6,
    )


def test_a_head_reads_the_layers_that_it_is_told_to() -> None:
    config = SqueezeNetConfig(size=36)
    assert classifier(config).layer(FEATURES).n_channels == 2 * 512
    assert classifier(config, has_maximum=False).layer(FEATURES).n_channels == 512
    assert classifier(config, reads=LAST) == classifier(config)
    assert classifier(config, reads=LATE).layer(FEATURES).n_channels == 2 * (384 + 512 + 512)
    with pytest.raises(InputError, match="layer"):
        classifier(config, reads=("fire1/concat",))
