"""The models side by side, against answers known by construction, by formula and by a peer."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.metrics import roc_auc_score, roc_curve

from core.bundle import Bundle
from core.errors import BundleError, InputError
from core.sentiment.explore import SentimentModel, comparison
from core.sentiment.explore.comparison import Comparison, latency, sample_texts
from core.sentiment.explore.slices import SLICES, slice_of
from core.sentiment.metrics import wilson
from tests.dashboard.board_samples import CLEAN, N_EPOCHS, SEEDS, board_bundle, reviews

KINDS = {"length": "words", "negations": "negations", "rare words": "rare"}


def bundle_of(table: pd.DataFrame, name: str = "mlp", **config: object) -> Bundle:
    bundle = board_bundle(name)
    return dataclasses.replace(
        bundle,
        tables={**bundle.tables, "test": table},
        config={**bundle.config, **config},
    )


def known(labels: list[int], logits: list[float]) -> pd.DataFrame:
    table = reviews(n_reviews=2 * len(labels)).head(len(labels))
    return table.assign(label=np.array(labels, np.uint8), logit=np.array(logits, np.float32))


def test_the_board_has_every_figure() -> None:
    table = Comparison([board_bundle(name) for name in CLEAN]).board({"mlp": 0.8804})
    assert table["name"].tolist() == list(CLEAN)
    assert table["clean"].tolist() == pytest.approx(list(CLEAN.values()))
    row = table.set_index("name")
    assert row.loc["mlp", "lesson"] == 0.8804 and math.isnan(row.loc["cnn", "lesson"])
    assert row.loc["mlp", "clean_sd"] == 0.001 and len(row.loc["mlp", "clean_per_seed"]) == 3
    assert row.loc["mlp", "best_epoch"] == pytest.approx(CLEAN["mlp"] + 0.002)
    assert math.isnan(row.loc["nbsvm", "best_epoch"]) and math.isnan(row.loc["nbsvm", "clean_sd"])
    assert row.loc["cnn", "parameters"] == 100 and row.loc["cnn", "epochs"] == 2
    for column in ("frozen", "undistilled"):
        assert row[column].notna().tolist() == [name == "cnn-glove-tuned" for name in CLEAN]
    distilled = row.loc["cnn-glove-tuned"]
    assert distilled["undistilled"] == pytest.approx(distilled["clean"] - 0.01)


def test_confusion_counts_by_hand() -> None:
    table = known([0, 0, 0, 1, 1, 1, 1], [-1, 2, -3, 1, 1, -1, 0])  # a logit of 0 is no praise
    counts = comparison.confusion(bundle_of(table)).set_index(["label", "said"])
    assert counts["count"].to_dict() == {(0, 0): 2, (0, 1): 1, (1, 0): 2, (1, 1): 2}
    assert counts["share"].sum() == pytest.approx(1)


@pytest.mark.parametrize("noise", [0.1, 1.0, 3.0])
@pytest.mark.parametrize("decimals", [0, 6])
def test_auc_and_curve_are_those_of_scikit_learn(noise: float, decimals: int) -> None:
    table = reviews(noise)
    table["logit"] = table["logit"].round(decimals)  # with and without ties
    found = comparison.roc(bundle_of(table), n_points=10_000)
    assert found.auc == pytest.approx(roc_auc_score(table["label"], table["logit"]), abs=1e-12)
    fpr, tpr, _ = roc_curve(table["label"], table["logit"], drop_intermediate=False)
    assert np.allclose(found.points["fpr"], fpr) and np.allclose(found.points["tpr"], tpr)


def test_a_curve_is_thinned_and_keeps_its_ends() -> None:
    points = comparison.roc(bundle_of(reviews(n_reviews=5_000))).points
    assert len(points) <= comparison.N_POINTS
    assert points.iloc[0].tolist() == [0, 0] and points.iloc[-1].tolist() == [1, 1]
    assert (points.diff().dropna() >= 0).all(axis=None)
    with pytest.raises(InputError, match="n_points"):
        comparison.roc(bundle_of(reviews()), n_points=1)


def test_a_curve_needs_both_labels() -> None:
    with pytest.raises(BundleError, match="same label"):
        comparison.roc(bundle_of(known([1, 1], [1, 2])))


def test_trust_scales_by_the_temperature() -> None:
    table = known([1, 1, 1, 0], [math.log(3)] * 4)
    right = comparison.trust(bundle_of(table, temperature=1.0))
    assert right.error == pytest.approx(0, abs=1e-6) and right.bins["count"].tolist() == [4]
    hot = comparison.trust(bundle_of(table, temperature=1e6))
    assert hot.error == pytest.approx(0.25, abs=1e-4)


@pytest.mark.parametrize(("right", "count"), [(0, 5), (5, 5), (90, 100), (1, 3)])
def test_wilson_solves_its_equation(right: int, count: int) -> None:
    """Its ends are the shares p for which |p - share| is z standard errors of p itself."""
    z = 1.959963984540054
    for end in wilson(np.array([right]), np.array([count])):
        p = float(end[0])
        assert 0 <= p <= 1
        assert (p - right / count) ** 2 == pytest.approx(z**2 * p * (1 - p) / count, abs=1e-12)


@pytest.mark.parametrize(("right", "count"), [(0, 5), (5, 5), (90, 100), (1, 3)])
def test_wilson_is_that_of_scipy(right: int, count: int) -> None:
    expected = binomtest(right, count).proportion_ci(method="wilson")
    low, high = wilson(np.array([right]), np.array([count]))
    assert [low[0], high[0]] == pytest.approx([expected.low, expected.high], abs=1e-12)


@pytest.mark.parametrize("slice_name", SLICES)
def test_slices_part_the_reviews(slice_name: str) -> None:
    table = reviews()
    kinds, labels = slice_of(table, slice_name)
    assert len(kinds) == len(table) and 0 <= kinds.min() and kinds.max() < len(labels)
    values = table[KINDS[slice_name]].groupby(kinds)
    assert (values.max().to_numpy()[:-1] < values.min().to_numpy()[1:]).all()
    found = Comparison([bundle_of(table)]).accuracy_by(slice_name)
    assert found["count"].sum() == len(table)
    is_right = (table["logit"] > 0) == (table["label"] > 0)
    assert found["right"].sum() == is_right.sum()
    assert (found["low"] <= found["accuracy"]).all() and (found["accuracy"] <= found["high"]).all()
    assert found["label"].is_unique


def test_slices_are_named_for_people() -> None:
    table = reviews()
    length = slice_of(table, "length")[1]
    assert length[0].startswith("up to ") and length[0].endswith(" words")
    assert slice_of(table, "negations")[1] == ["0", "1 to 2", "3 to 5", "6 and more"]
    edge = int(length[0].split()[2])
    assert (table["words"] <= edge).sum() == (slice_of(table, "length")[0] == 0).sum()


@pytest.mark.parametrize("slice_name", SLICES)
def test_reviews_that_are_all_alike_are_one_kind(slice_name: str) -> None:
    table = reviews().assign(words=7, negations=0, rare=0.0)
    found = Comparison([bundle_of(table)]).accuracy_by(slice_name)
    assert found["count"].tolist() == [len(table)] and found["bin"].tolist() == [0]


def test_curves_are_tidy() -> None:
    models = Comparison([board_bundle(name) for name in ("mlp", "nbsvm")])
    table = models.curves("mlp")
    assert len(table) == 2 * len(SEEDS) * (N_EPOCHS + 1)
    assert set(table["run"]) == {"validation", "test"} and set(table["seed"]) == set(SEEDS)
    assert models.curves("nbsvm").empty and list(models.curves("nbsvm")) == list(table)


def test_latency_is_measured_on_fixed_texts() -> None:
    lengths = [len(text.split()) for text in sample_texts()]
    assert len(lengths) == 30 and min(lengths) == 50 and max(lengths) == 400
    assert sample_texts() == sample_texts()
    for name in ("mlp", "nbsvm"):
        assert latency(SentimentModel(board_bundle(name))) > 0


def test_models_serve_as_well_as_bundles() -> None:
    assert Comparison([SentimentModel(board_bundle("mlp"))]).names == ("mlp",)


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="at least one"):
        Comparison([])
    for function in (comparison.board, lambda found: comparison.accuracy_by(found, "length")):
        with pytest.raises(InputError, match="at least one"):
            function([])
    with pytest.raises(InputError, match="name of its own"):
        Comparison([board_bundle("mlp"), board_bundle("mlp")])
    models = Comparison([board_bundle("mlp")])
    with pytest.raises(InputError, match="slice"):
        models.accuracy_by("mood")
    with pytest.raises(InputError, match="model"):
        models.confusion("bert")


def test_a_bundle_without_its_reviews_is_named() -> None:
    bundle = board_bundle("mlp")
    bare = dataclasses.replace(bundle, tables={"words": bundle.tables["words"]})
    with pytest.raises(BundleError, match="table test is missing"):
        Comparison([bare])
    with pytest.raises(BundleError, match="lacks rare, logit"):
        Comparison([bundle_of(reviews().drop(columns=["rare", "logit"]))])
    with pytest.raises(BundleError, match="no review"):
        Comparison([bundle_of(reviews().head(0))])
    with pytest.raises(BundleError, match="not those of sentiment-cnn"):
        Comparison([board_bundle("cnn"), bundle_of(reviews(n_reviews=20))])
