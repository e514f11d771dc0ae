import dataclasses

import numpy as np
import pytest

from core.bundle import save_bundle
from core.errors import BundleError, BundleNotFound, InputError
from core.sentiment.explore import SentimentModel, best_model, open_model
from core.tokens import tokenize
from tests.core.sentiment.samples import CONFIGS, linear_bundle, net_bundle, planted, texts_of

NAMES = [*CONFIGS, "nbsvm"]
TEXTS = ["", "The film was wonderful.", "a quiet and a man " * 5, "nothing known", "not awful"]


@pytest.fixture(scope="module")
def made():
    """Every kind of model as a bundle; the CNN's accuracy is the highest."""
    bundles = {name: net_bundle(name, 0.6 - 0.3 * (name == "cnn")) for name in CONFIGS}
    return bundles | {"nbsvm": linear_bundle(0.5)}


@pytest.fixture(scope="module")
def assets(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("assets")
    for bundle in made.values():
        save_bundle(bundle, folder / bundle.name)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_an_explanation_sums_to_the_logit(made, name):
    model = SentimentModel(made[name])
    for text in TEXTS:
        found = model.explain(text)
        assert found.score.logit == model.score(text).logit
        assert found.values.shape == found.score.reading.ids.shape
        assert found.values.sum() + found.base == pytest.approx(found.score.logit, abs=1e-3)
        assert found.is_exact == model.is_exact == (name in ("max-cnn", "region", "nbsvm"))
        if model.is_exact:
            total = sum(part.value for part in found.parts) + found.base
            assert total == pytest.approx(found.score.logit, abs=1e-3)
        sizes = [abs(part.value) for part in found.parts]
        assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("name", NAMES)
def test_many_texts_are_scored_as_each_alone(made, name):
    model = SentimentModel(made[name])
    texts = texts_of([" ".join(tokenize(text)) for text in TEXTS])
    alone = [model.score(text).logit for text in TEXTS]
    np.testing.assert_allclose(model.logits_of(texts), alone, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_without_each_is_what_a_word_adds_by_being_there(made, name):
    model = SentimentModel(made[name])
    text = "a wonderful film today"
    shorter = ["wonderful film today", "a film today", "a wonderful today", "a wonderful film"]
    expected = [model.score(text).logit - model.score(each).logit for each in shorter]
    np.testing.assert_allclose(model.without_each(text), expected, atol=1e-5)
    assert model.without_each("").shape == (0,)


def test_planted_verdicts_are_understood(made):
    model = SentimentModel(made["nbsvm"])
    for text, is_for in [("wonderful", True), ("awful", False), ("a man, not awful", True)]:
        assert (model.score(text).probability > 0.5) == is_for
    _, test = planted()
    np.testing.assert_array_equal(model.logits_of(test) > 0, test.labels > 0)


def test_probability_is_that_of_the_logit_at_the_models_temperature(made):
    score = SentimentModel(made["mlp"]).score("wonderful")
    assert score.probability == pytest.approx(1 / (1 + np.exp(-score.logit / 2.0)))


def test_rare_words_are_counted_among_those_read(made):
    model = SentimentModel(made["mlp"])
    assert model.score("the film was quiet").reading.unk_share == 0.25
    assert model.score("").reading.unk_share == 0
    assert model.score("xylophone zebra").reading.unk_share == 1


@pytest.mark.parametrize(("name", "room"), [("cnn", 12), ("nbsvm", 100_000)])
def test_100_000_words_are_scored(made, name, room):
    score = SentimentModel(made[name]).score("wonderful film " * 50_000)
    assert len(score.reading.ids) == room
    assert np.isfinite(score.logit)


def test_models_open_by_name_and_the_best_by_its_validation(assets):
    assert best_model(assets=assets) == "cnn"
    assert open_model("best", assets=assets).name == "cnn"
    assert open_model("max-cnn", assets=assets).title == "max-cnn"


def test_unknown_and_missing_models_are_told_apart(assets, tmp_path):
    with pytest.raises(InputError, match=r"model \(bert\) should be one of best, mlp, cnn"):
        open_model("bert", assets=assets)
    with pytest.raises(BundleNotFound, match="train sentiment --preset multicnn --out"):
        open_model("multicnn", assets=assets)
    with pytest.raises(BundleNotFound, match="make it with: python -m core train sentiment"):
        open_model("best", assets=tmp_path)


def without(bundle, name):
    """The bundle without one of its arrays."""
    arrays = {key: array for key, array in bundle.arrays.items() if key != name}
    return dataclasses.replace(bundle, arrays=arrays)


@pytest.mark.parametrize(
    ("name", "array"), [("mlp", "embedding.table"), ("nbsvm", "weights"), ("nbsvm", "bias")]
)
def test_a_missing_array_is_named(made, name, array):
    with pytest.raises(BundleError, match=f"array {array} is missing"):
        SentimentModel(without(made[name], array))


def test_a_bundle_without_words_or_of_an_unknown_model_is_refused(made):
    with pytest.raises(BundleError, match="table words is missing"):
        SentimentModel(dataclasses.replace(made["mlp"], tables={}))
    config = {**made["mlp"].config, "model": "Bert"}
    with pytest.raises(BundleError, match="its model 'Bert' is unknown"):
        SentimentModel(dataclasses.replace(made["mlp"], config=config))


@pytest.mark.parametrize("name", CONFIGS)
def test_every_weight_of_a_net_is_checked_before_it_is_used(made, name):
    for array, values in made[name].arrays.items():
        with pytest.raises(BundleError, match=f"array {array} is missing"):
            SentimentModel(without(made[name], array))
        cut = dataclasses.replace(made[name], arrays={**made[name].arrays, array: values[:-1]})
        with pytest.raises(BundleError, match=f"array {array} has shape"):
            SentimentModel(cut)


def test_no_text_gives_no_logit(made):
    for name in NAMES:
        assert SentimentModel(made[name]).logits_of(texts_of([])).shape == (0,)


def test_making_a_net_leaves_the_weights_alone(made):
    before = made["max-cnn"].arrays["embedding.table"].copy()
    SentimentModel(made["max-cnn"])
    np.testing.assert_array_equal(made["max-cnn"].arrays["embedding.table"], before)


def test_former_names_of_models_and_settings_are_understood(made, tmp_path):
    save_bundle(dataclasses.replace(made["nbsvm"], name="sentiment-ensemble"), tmp_path / "x")
    (tmp_path / "x").rename(tmp_path / "sentiment-ensemble")
    assert open_model("together", assets=tmp_path).name == "ensemble"
    former = dict(made["mlp"].config) | {"model": "Hidden", "reads_signs": True}
    del former["keeps_punctuation"]
    model = SentimentModel(dataclasses.replace(made["mlp"], config=former))
    assert model.keeps_punctuation
    assert model.score(TEXTS[1]).logit == SentimentModel(made["mlp"]).score(TEXTS[1]).logit
