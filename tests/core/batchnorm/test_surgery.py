"""The surgery as a bundle, from photos to what a page asks for, and the command line around it."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.__main__ import main
from core.batchnorm import GROUPS
from core.batchnorm.explore import surgery as explorer
from core.batchnorm.explore.drawings import draw
from core.batchnorm.explore.nets import BestNets, probabilities
from core.batchnorm.explore.surgery import SurgeryModel
from core.batchnorm.model.squeezenet import SqueezeNetConfig, squeezenet
from core.batchnorm.presets import SurgeryConfig
from core.batchnorm.surgery import RECIPES
from core.batchnorm.surgery.cases import cases_of, headlines
from core.batchnorm.surgery.train import measure, train
from core.bundle import load_bundle, save_bundle
from core.datasets.registry import lookup
from core.errors import BundleError, InputError
from tests.core.batchnorm.samples import local_of, photo_bytes, write_mirror
from tests.core.runs import run_on, sources_with

CONFIG = SurgeryConfig(35, (4,), epsilons=(1e-3,), has_singles=False)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_mirror(tmp_path_factory.mktemp("mirror"), n_train=6, n_valid=6)


@pytest.fixture(scope="module")
def model(places: Path, tmp_path_factory: pytest.TempPathFactory) -> SurgeryModel:
    folder = tmp_path_factory.mktemp("assets")
    photos = local_of("dogscats-sample", places)
    weights = local_of("squeezenet", places)
    bundle = train(run_on(photos, weights, data_dir=folder), CONFIG)
    found = measure(bundle, sources_with(photos, data_dir=folder))
    for name, values in found.items():
        assert values["measured"] == pytest.approx(values["recorded"], rel=1e-3, abs=1e-4), name
    target = save_bundle(bundle, folder / "batchnorm-surgery")
    return SurgeryModel(load_bundle(target, kind="batchnorm"), target)


def test_the_exact_recipe_changes_nothing_and_others_do(model: SurgeryModel) -> None:
    layers = model.group("convolution")
    assert len(layers) == 25 and len(model.group("both")) == 50
    exact = model.operate(layers)
    assert exact.differences["layer"].iloc[0] == "conv1"
    assert exact.differences["layer"].iloc[-1] == "head/dense"
    assert len(exact.differences) == 26 and exact.differences["relative"].max() < 1e-4
    assert exact.is_recorded and exact.loss_after == pytest.approx(exact.loss_before, rel=1e-3)
    random = model.operate(layers, "random")
    assert random.max_abs_diff > 100 * exact.max_abs_diff
    assert random.loss_after != pytest.approx(random.loss_before, rel=1e-3)
    counts = exact.histograms.groupby(["layer", "stage"])["count"].sum()
    assert len(counts) == 50 and (counts > 0).all()
    assert (exact.histograms["left"] <= exact.histograms["right"]).all()


@pytest.mark.parametrize("after", [np.float32(3e29), np.float32(0), np.float32(np.nan)])
def test_values_that_are_all_alike_have_a_histogram(after: np.float32) -> None:
    values = np.linspace(-1, 1, 100, dtype=np.float32)
    alike = np.full(100, after)
    alike[:1] = np.nextafter(after, np.float32(np.inf))
    table = explorer._histograms({"conv1": (values, alike)})
    counts = table.groupby("stage")["count"].sum()
    assert counts["before"] == 100 and counts["after"] == (0 if np.isnan(after) else 100)
    assert (table["right"] > table["left"]).all()


def test_outcomes_of_the_random_recipe_belong_to_the_recorded_seed(model: SurgeryModel) -> None:
    recorded, other = (
        model.operate(model.group("convolution"), "random", seed=seed) for seed in (0, 1)
    )
    assert recorded.is_recorded and not other.is_recorded
    assert recorded.max_abs_diff != other.max_abs_diff > 0


def test_no_surgery_is_no_difference_and_other_cases_are_not_recorded(model: SurgeryModel) -> None:
    none = model.operate(())
    assert none.max_abs_diff == 0 and none.loss_after == none.loss_before and none.is_recorded
    alone = model.operate(("conv1",), "random", training=True)
    assert not alone.is_recorded and alone.max_abs_diff > 0
    for wrong in (
        {"layers": ("none",)},
        {"layers": (), "recipe": "none"},
        {"layers": (), "epsilon": 0.0},
        {"layers": (), "n_samples": 5},
    ):
        with pytest.raises(InputError, match=next(reversed(wrong))):
            model.operate(**wrong)


def test_an_uploaded_photo_is_told_with_and_without(model: SurgeryModel) -> None:
    seen = model.classify(photo_bytes())
    assert (
        seen.without.sum() == pytest.approx(1) and seen.with_norm.argmax() == seen.without.argmax()
    )
    np.testing.assert_allclose(seen.with_norm, seen.without, atol=1e-3)
    image = draw(1, size=50)[0]
    np.testing.assert_allclose(model.classify(image).without.sum(), 1)
    with pytest.raises(InputError, match="should be an image"):
        model.classify(b"none")


def test_bundles_that_lack_something_are_named(model: SurgeryModel) -> None:
    with pytest.raises(BundleError, match="holds no fine-tuned nets"):
        BestNets(model.bundle)


def test_logits_without_numbers_are_no_probabilities() -> None:
    found = probabilities(np.array([[0, np.log(3)], [np.inf, 0], [np.nan, 1]], np.float32))
    np.testing.assert_allclose(found[0], [0.25, 0.75], rtol=1e-6)
    assert np.isnan(found[1:]).all()


def test_single_layers_are_tried_with_the_statistics_of_most_photos_only() -> None:
    plan = squeezenet(SqueezeNetConfig())
    cases = list(cases_of(plan, SurgeryConfig(n_samples=(8, 32)), (8, 32)))
    groups = [case for case in cases if case.layers in GROUPS]
    assert len(groups) == 2 * len(RECIPES) * 2 * 3 * len(GROUPS)
    alone = [case for case in cases if case.layers not in GROUPS]
    assert len(alone) == 2 * len(RECIPES) * 50
    assert {case.n_samples for case in alone} == {32}
    assert len(set(cases)) == len(cases) and set(headlines(32).values()) <= set(cases)


def test_insertion_on_the_command_line(
    places: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    for kind in ("cats", "dogs"):
        (tmp_path / kind).mkdir()
        for seed in range(2):
            (tmp_path / kind / f"{seed}.jpg").write_bytes(photo_bytes(seed))
    weights = places / lookup("squeezenet").filename
    base = ["batchnorm", "insert", "--weights", str(weights), "--images", str(tmp_path)]
    assert main([*base, "--layers", "conv1", "fire9/relu_expand3x3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["n_layers"] == 2 and found["n_photos"] == 4
    assert found["relative_diff"] <= 1e-4 and found["max_abs_diff"] >= 0
    for wrong, said in (
        (["--net", "vgg16"], "holds the weights of squeezenet, not of vgg16"),
        (["--layers", "none"], "none is no place for it"),
        (["--n-photos", "0"], "n-photos (0) should be at least 1"),
        (["--recipe", "none"], "recipe (none)"),
    ):
        assert main([*base, *wrong]) == 2
        assert said in capsys.readouterr().err
    assert main(["batchnorm", "insert", "--weights", str(tmp_path / "cats" / "0.jpg")]) == 2
    assert "should be a Keras .h5 file" in capsys.readouterr().err
    assert main(["batchnorm", "evaluate", "--images", str(places)]) == 2
    assert "should be a folder with cats and dogs in it" in capsys.readouterr().err


def test_the_recorded_bundle_can_be_loaded_again(model: SurgeryModel) -> None:
    folder = model._folder
    assert load_bundle(folder, kind="batchnorm").config["content"] == "surgery"
    assert sum(path.stat().st_size for path in folder.iterdir()) < 5_000_000
