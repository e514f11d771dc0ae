import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from core.bundle import load_bundle, save_bundle
from core.errors import BundleError, InputError
from core.loop import restore_state
from core.textgen import MERGES, SUM
from core.textgen.explore.unfolded import UnfoldedModel
from core.textgen.model import Unfolded, UnfoldedConfig
from core.textgen.train.unfolded import UnfoldedPreset, measure, train
from tests.core.runs import run_on, sources_with
from tests.core.textgen.samples import local_text


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unfolded")
    local = local_text(folder)
    bundle = train(run_on(local, n_epochs=3), UnfoldedPreset("Tiny"))
    save_bundle(bundle, folder / "textgen-unfolded")
    return UnfoldedModel(load_bundle(folder / "textgen-unfolded", kind="textgen")), local


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
