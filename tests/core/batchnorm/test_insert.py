"""Insertion changes nothing, each layer alone and all together; other recipes do."""

from pathlib import Path

import numpy as np
import pytest
from flax import nnx
from hypothesis import given, settings
from hypothesis import strategies as st

from core.batchnorm.model import CONVOLUTION, IMAGE, Layer, Net, NetConfig, insertion_points
from core.batchnorm.model.inputs import prepare
from core.batchnorm.model.keras_weights import known_net, load_keras
from core.batchnorm.surgery import DEVIATION, EXACT, NOTEBOOK, RANDOM, RECIPES, scale_and_shift
from core.batchnorm.surgery.insert import (
    insert,
    insert_measured,
    with_batch_norm,
)
from core.batchnorm.surgery.operation import Operation, layer_settings
from core.batchnorm.surgery.statistics import Moments, measure
from core.errors import InputError
from core.loop import in_mode, named_arrays
from tests.core.batchnorm.samples import SQUEEZENET, VGG, net_of, pictures

NETS = {"vgg16": VGG, "squeezenet": SQUEEZENET}
BOUND = 1e-4  # of the largest output


def output(net: Net, photos: np.ndarray) -> np.ndarray:
    return np.asarray(net(prepare(photos)))  # layer by layer: nets share what is compiled


def moved(before: np.ndarray, after: np.ndarray) -> float:
    return float(np.abs(after - before).max() / np.abs(before).max())


def places(config: NetConfig) -> tuple[str, ...]:
    return tuple(layer.name for layer in insertion_points(config))


def all_settings(net: Net, photos: np.ndarray, layers: tuple[str, ...], **how: object) -> dict:
    found = measure(net, photos, places(net.config))
    statistics = {name: (m.mean, m.variance) for name, m in found.items()}
    return layer_settings(net.config, statistics, layers, **how)


@pytest.mark.parametrize("name", NETS)
def test_every_place_together_changes_nothing(name: str) -> None:
    config = NETS[name]
    net, photos = net_of(config), pictures(config)
    new = insert_measured(net, photos, places(config), epsilon=1e-2)
    assert len(new.config.layers) == len(config.layers) + len(places(config))
    assert moved(output(net, photos), output(new, photos)) <= BOUND


@pytest.mark.parametrize("name", NETS)
def test_each_place_alone_changes_nothing(name: str) -> None:
    """With a switch behind every layer, so that all of them are one program."""
    config = NETS[name]
    net, photos = net_of(config), pictures(config)
    operation = Operation(config, named_arrays(nnx.state(net)))
    before = output(net, photos)
    for epsilon in (1e-5, 1e-1):
        for place in places(config):
            settings = all_settings(net, photos, (place,), recipe=EXACT, epsilon=epsilon)
            after = operation.logits(photos, settings, epsilon, training=False)
            assert moved(before, after) <= BOUND, place


def test_switches_and_inserted_layers_compute_the_same() -> None:
    net, photos = net_of(VGG), pictures(VGG)
    operation = Operation(VGG, named_arrays(nnx.state(net)))
    chosen = ("block1_conv1", "block3_conv2_relu", "fc1")
    moments = {name: measure(net, photos, places(VGG))[name] for name in chosen}
    for recipe in RECIPES:
        settings = all_settings(net, photos, chosen, recipe=recipe, epsilon=1e-2, seed=3)
        new = insert(net, moments, recipe=recipe, epsilon=1e-2, seed=3)
        found = operation.logits(photos, settings, 1e-2, training=False)
        expected = output(new, photos)
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())


def test_the_real_squeezenet_is_unchanged_everywhere(mirror: Path) -> None:
    path = mirror / "squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5"
    if not path.is_file():
        pytest.skip(f"needs {path}")
    config = known_net("squeezenet", with_top=False, size=99)
    net, photos = load_keras(path, config), pictures(config, 3)
    operation, before = Operation(config, named_arrays(nnx.state(net))), output(net, photos)
    for layers in (*((place,) for place in places(config)), places(config)):
        settings = all_settings(net, photos, layers, recipe=EXACT, epsilon=1e-3)
        after = operation.logits(photos, settings, 1e-3, training=False)
        assert moved(before, after) <= BOUND, layers
    for recipe in (RANDOM, NOTEBOOK):
        settings = all_settings(net, photos, places(config), recipe=recipe, epsilon=1e-3)
        after = operation.logits(photos, settings, 1e-3, training=False)
        assert not moved(before, after) <= 0.1, recipe  # the notebook's gives no number at all


def test_the_other_recipes_break_the_net() -> None:
    net, photos = net_of(VGG), pictures(VGG)
    moments, before = measure(net, photos, places(VGG)), output(net, photos)
    for recipe in (RANDOM, NOTEBOOK):
        assert moved(before, output(insert(net, moments, recipe=recipe), photos)) > 0.1, recipe
    forgotten = insert(net, moments, recipe=DEVIATION, epsilon=10.0)
    assert moved(before, output(forgotten, photos)) > 0.01
    assert moved(before, output(insert(net, moments, epsilon=10.0), photos)) <= BOUND


def test_recipes_by_hand() -> None:
    mean, variance = np.array([3.0, -1.0]), np.array([4.0, 0.0])
    expected = {
        NOTEBOOK: ([4, 0], mean),
        DEVIATION: ([2, 0], mean),
        EXACT: (np.sqrt([5, 1]), mean),
    }
    for recipe, (gamma, beta) in expected.items():
        found = scale_and_shift(recipe, mean, variance, 1.0)
        np.testing.assert_allclose(found, (gamma, beta))
    first, again = (scale_and_shift(RANDOM, mean, variance, 1.0, seed=s) for s in (1, 1))
    np.testing.assert_array_equal(first, again)
    with pytest.raises(InputError, match="recipe"):
        scale_and_shift("none", mean, variance, 1.0)


def test_a_constant_channel_stays_as_it_is() -> None:
    config = NetConfig(
        "one", 4, (Layer("c", CONVOLUTION, (IMAGE,), 3, 2), Layer("d", CONVOLUTION, ("c",), 2, 1))
    )
    net = net_of(config)
    kernel = np.array(net.parts["c"].kernel[...])
    kernel[..., 1] = 0  # its output is its bias, everywhere
    net.parts["c"].kernel.set_value(kernel)
    photos = np.random.default_rng(0).integers(0, 256, (4, 4, 4, 3)).astype(np.uint8)
    moments = measure(net, photos, ("c",))
    assert moments["c"].variance[1] < 1e-12
    assert moved(output(net, photos), output(insert(net, moments), photos)) <= BOUND


@settings(max_examples=30, deadline=None)
@given(
    st.floats(-1e4, 1e4),
    st.floats(1e-3, 1e3),
    st.integers(1, 5),
    st.integers(0, 1_000),
)
def test_merged_moments_are_those_of_all_values(
    mean: float, deviation: float, parts: int, seed: int
) -> None:
    values = np.random.default_rng(seed).normal(mean, deviation, (40, 3))
    pieces = np.array_split(values, parts)
    found = Moments(pieces[0].mean(0), pieces[0].var(0), len(pieces[0]))
    for piece in pieces[1:]:
        found = found.merge(Moments(piece.mean(0), piece.var(0), len(piece)))
    assert found.count == 40
    np.testing.assert_allclose(found.mean, values.mean(0), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.variance, values.var(0), rtol=1e-6)


def test_a_large_mean_loses_no_digits() -> None:
    """Where E[x^2] - E[x]^2 in single precision would give nonsense."""
    config = NetConfig("one", 4, (Layer("c", CONVOLUTION, (IMAGE,), 3, 1),) * 1)
    net = net_of(config)
    net.parts["c"].kernel.set_value(np.full((1, 1, 3, 1), 1e-4, np.float32))
    net.parts["c"].bias.set_value(np.array([500.0], np.float32))
    photos = np.random.default_rng(0).integers(0, 256, (9, 4, 4, 3)).astype(np.uint8)
    shown = photos[..., ::-1].astype(float) - [103.939, 116.779, 123.68]
    values = shown.sum(axis=-1) * 1e-4 + 500
    found = measure(net, photos, ("c",), batch_size=4)["c"]
    assert found.count == values.size
    np.testing.assert_allclose(found.mean, values.mean(), rtol=1e-7)
    np.testing.assert_allclose(found.variance, values.var(), rtol=0.05)


def test_training_mode_normalises_by_the_batch() -> None:
    net, photos = net_of(VGG), pictures(VGG)
    new = insert_measured(net, photos, ("block1_conv1",), epsilon=1e-5)
    training = in_mode(new, training=True)
    shown = photos.astype(np.float32)
    values = training.values(shown, ("block1_conv1/bn",))["block1_conv1/bn"]
    part = new.parts["block1_conv1/bn"]
    np.testing.assert_allclose(values.mean((0, 1, 2)), part.bias[...], rtol=1e-3, atol=1e-2)


def test_bad_places_and_numbers_are_named() -> None:
    for layers in (("predictions",), ("flatten",), ("none",)):
        with pytest.raises(InputError, match=f"{layers[0]} is no place for it"):
            with_batch_norm(VGG, layers, 1e-3)
    once = with_batch_norm(VGG, ("fc1",), 1e-3)
    with pytest.raises(InputError, match="fc1 has one already"):
        with_batch_norm(once, ("fc1",), 1e-3)
    with pytest.raises(InputError, match="epsilon"):
        with_batch_norm(VGG, ("fc1",), 0.0)
    net, photos = net_of(VGG), pictures(VGG, 2)
    with pytest.raises(InputError, match=r"photos \(0\)"):
        measure(net, photos[:0], ("fc1",))
    settings = all_settings(net, photos, (), recipe=EXACT, epsilon=1e-3)
    operation = Operation(VGG, named_arrays(nnx.state(net)))
    with pytest.raises(InputError, match=r"batch \(1\) should have at least 2"):
        operation.logits(photos[:1], settings, 1e-3, training=True)
