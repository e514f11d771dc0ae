import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from core.bundle import save_bundle
from core.errors import BundleError, InputError
from core.loop import named_arrays, restore_state
from core.textgen import CONCATENATION, MERGES, SUM
from core.textgen.explore.unfolded import UnfoldedModel, open_unfolded
from core.textgen.model import Unfolded, UnfoldedConfig, WindowConfig, WindowNet
from core.textgen.train.unfolded import UnfoldedPreset, measure, train
from tests.core.runs import run_on, sources_with
from tests.core.textgen.samples import local_text


@pytest.mark.parametrize("merge", [SUM, CONCATENATION])
def test_three_characters_are_merged_one_after_the_other(merge):
    config = UnfoldedConfig(n_chars=5, merge=merge, n_dims=3, n_units=4)
    net = Unfolded(config, rngs=nnx.Rngs(0))
    net.hidden.kernel[...] += 0.3
    arrays = named_arrays(nnx.state(net, nnx.Param))
    ids = [4, 0, 2]
    state = np.zeros(4)
    for char in ids:
        x = arrays["table"][char] @ arrays["inputs.kernel"] + arrays["inputs.bias"]
        x = np.maximum(x, 0)
        merged = state + x if merge == SUM else np.concatenate([state, x])
        state = np.tanh(merged @ arrays["hidden.kernel"] + arrays["hidden.bias"])
    expected = state @ arrays["out.kernel"] + arrays["out.bias"]
    np.testing.assert_allclose(net(jnp.asarray([ids]))[0], expected, atol=1e-5)


def test_the_first_step_begins_by_changing_nothing():
    net = Unfolded(UnfoldedConfig(n_chars=5), rngs=nnx.Rngs(0))
    np.testing.assert_array_equal(net.hidden.kernel[...], np.eye(256))


@pytest.mark.parametrize("settings", [{"merge": "product"}, {"n_units": 0}])
def test_impossible_settings_are_refused(settings):
    with pytest.raises(InputError, match=next(iter(settings))):
        UnfoldedConfig(**{"n_chars": 5} | settings)


def test_a_window_sees_its_width_and_no_further():
    net = WindowNet(WindowConfig(n_chars=5, width=4, n_dims=3, n_units=8), rngs=nnx.Rngs(0))
    ids = np.random.default_rng(0).integers(0, 5, (2, 9))
    logits, state = net(jnp.asarray(ids), net.start(2))
    assert logits.shape == (2, 9, 5)
    np.testing.assert_array_equal(state, ids[:, -3:])
    changed = ids.copy()
    changed[:, 2] = (changed[:, 2] + 1) % 5
    others, _ = net(jnp.asarray(changed), net.start(2))
    is_same = np.isclose(logits, others, atol=1e-6).all(axis=(0, 2))
    assert is_same.tolist() == [True] * 2 + [False] * 4 + [True] * 3


def test_a_window_reads_in_pieces_as_at_once():
    net = WindowNet(WindowConfig(n_chars=5, width=4, n_dims=3, n_units=8), rngs=nnx.Rngs(0))
    ids = jnp.asarray(np.random.default_rng(0).integers(0, 5, (1, 9)))
    whole, _ = net(ids, net.start(1))
    first, state = net(ids[:, :2], net.start(1))
    second, _ = net(ids[:, 2:], state)
    np.testing.assert_allclose(jnp.concatenate([first, second], axis=1), whole, atol=1e-6)


def test_a_window_of_nothing_is_refused():
    with pytest.raises(InputError, match="width"):
        WindowConfig(n_chars=5, width=0)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unfolded")
    local = local_text(folder)
    bundle = train(run_on(local, n_epochs=3), UnfoldedPreset("Tiny"))
    save_bundle(bundle, folder / "textgen-unfolded")
    return open_unfolded(assets=folder), local


def test_both_ways_to_merge_learn_what_three_characters_tell(trained):
    model, local = trained
    metrics = model.bundle.metrics
    uniform = np.log2(len(model.alphabet))
    for merge in MERGES:
        assert metrics[f"{merge}_bits"]["value"] < uniform / 1.5
    measured = measure(model.bundle, sources_with(local))
    for metric in measured.values():
        assert metric["measured"] == pytest.approx(metric["recorded"])


@pytest.mark.parametrize("merge", MERGES)
def test_the_explorer_computes_what_the_net_does(trained, merge):
    model, _ = trained
    net = Unfolded(UnfoldedConfig(len(model.alphabet), merge), rngs=nnx.Rngs(0))
    arrays = {
        name.removeprefix(f"{merge}."): array.astype(np.float32)
        for name, array in model.bundle.arrays.items()
        if name.startswith(f"{merge}.")
    }
    nnx.update(net, restore_state(nnx.state(net, nnx.Param), arrays))
    ids = model.alphabet.encode("the")[None]
    expected = jax.nn.softmax(net(jnp.asarray(ids)))
    np.testing.assert_allclose(model.shares(ids, merge), expected, atol=1e-5)
    steps = model.steps("the", merge)
    assert len(steps) == 3
    assert steps[0].vector.shape == (42,) and steps[2].state.shape == (256,)
    out = steps[2].state @ arrays["out.kernel"] + arrays["out.bias"]
    np.testing.assert_allclose(jax.nn.softmax(out), expected[0], atol=1e-5)


def test_other_than_three_characters_are_refused(trained):
    model, _ = trained
    with pytest.raises(InputError, match="should have 3"):
        model.steps("th", SUM)
    with pytest.raises(InputError, match="merge"):
        model.steps("the", "product")
    with pytest.raises(BundleError, match="chars is missing"):
        UnfoldedModel(dataclasses.replace(model.bundle, config={"n_units": 256}))
