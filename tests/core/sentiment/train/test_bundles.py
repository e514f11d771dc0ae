import dataclasses
import functools

import numpy as np
import pandas as pd
import pytest

from core.bundle import load_bundle, save_bundle
from core.errors import InputError
from core.reviews import read_reviews
from core.sentiment.data import labelled, pack_columns
from core.sentiment.disclosure.publishable import read_publishable
from core.sentiment.explore import SentimentModel
from core.sentiment.model.nbsvm import NbsvmConfig
from core.sentiment.train import description, measure, train
from core.sentiment.train.description import describe
from core.sentiment.train.presets import Preset
from tests.core.runs import run_on, sources_with
from tests.core.sentiment.samples import CONFIGS, N_TEST, planted_archive

PRESETS = {
    "mlp": Preset("Tiny net", CONFIGS["mlp"], n_epochs=2, learning_rate=0.02, batch_size=20),
    "distilled": Preset(
        "Taught net",
        CONFIGS["mlp"],
        keeps_punctuation=False,
        n_epochs=2,
        learning_rate=0.02,
        batch_size=20,
        teacher=NbsvmConfig(),
    ),
    "cnn": Preset("Tiny filters", CONFIGS["cnn"], n_epochs=1, learning_rate=0.02, batch_size=20),
    "nbsvm": Preset("Linear", NbsvmConfig(), keeps_punctuation=False),
}


@pytest.fixture(scope="module", params=PRESETS)
def trained(request, tmp_path_factory):
    """A preset's name, the data, the folder of kept reviews, and its bundle, saved and loaded."""
    folder = tmp_path_factory.mktemp("sentiment")
    local = planted_archive(folder / "reviews.tar.gz")
    how = {"preset": request.param, "n_seeds": 2, "command": "python -m core"}
    made = train(run_on(local, data_dir=folder, seed=3, **how), PRESETS[request.param])
    saved = load_bundle(save_bundle(made, folder / "bundle"), kind="sentiment")
    return request.param, local, folder, saved


def test_a_loaded_bundle_says_what_it_recorded_of_each_test_review(trained):
    _, local, folder, bundle = trained
    test = labelled(read_reviews(local, data_dir=folder), "test")
    table = bundle.tables["test"]
    logits = SentimentModel(bundle).logits_of(test)
    np.testing.assert_allclose(logits, table["logit"], atol=5e-3)
    np.testing.assert_array_equal(table["label"], test.labels)
    assert len(table) == N_TEST


def test_measuring_again_gives_the_recorded_figures(trained):
    _, local, folder, bundle = trained
    found = measure(bundle, sources_with(local, data_dir=folder))
    assert set(found) == {"test_accuracy", "calibration_error"}
    for figure in found.values():
        assert figure["measured"] == pytest.approx(figure["recorded"], abs=1 / N_TEST)


def test_a_bundle_says_what_it_is_and_how_good(trained):
    name, _, _, bundle = trained
    assert (bundle.kind, bundle.name) == ("sentiment", f"sentiment-{name}")
    assert bundle.config["title"] == PRESETS[name].title
    assert bundle.config["keeps_punctuation"] == PRESETS[name].keeps_punctuation
    assert bundle.config["temperature"] > 0
    assert bundle.seeds == {"model": 3}
    expected = {"test_accuracy", "val_accuracy", "val_loss", "calibration_error"}
    expected |= {"lesson_accuracy"} if name != "nbsvm" else set()
    expected |= {"undistilled_accuracy"} if name == "distilled" else set()
    assert set(bundle.metrics) == expected
    for metric in bundle.metrics.values():
        assert metric["value"] == pytest.approx(np.mean(metric["per_seed"]))
        assert ("sd" in metric) == (len(metric["per_seed"]) > 1)
        assert metric["protocol"] in bundle.card
    assert f"# sentiment-{name}" in bundle.card
    assert "python -m core" in bundle.card
    assert ("10 reviews without labels" in " ".join(bundle.card.split())) == (name == "distilled")


def test_weights_are_stored_small_and_keys_whole(trained):
    *_, bundle = trained
    types = {name: array.dtype for name, array in bundle.arrays.items()}
    assert types.pop("keys", np.dtype(np.int64)) == np.int64
    assert types.pop("hidden.kernel", np.dtype(np.int8)) == np.int8
    assert types.pop("hidden.kernel_scale", np.dtype(np.float32)) == np.float32
    assert set(types.values()) == {np.dtype(np.float16)}


def test_no_text_of_a_review_is_shipped(trained):
    *_, bundle = trained
    assert set(bundle.tables) == {"words", "test"} | (
        {"ngrams"} if bundle.config["model"] == "Cnn" else set()
    )
    columns = {"label", "words", "negations", "rare", "logit"}
    assert set(bundle.tables["test"].columns) == columns
    assert bundle.tables["words"]["word"].is_unique


def test_a_card_says_by_what_rule_ngrams_ship(trained):
    name, _, _, bundle = trained
    ships_some = name in ("cnn", "nbsvm")
    assert ("disclosure" in bundle.config) == ships_some
    assert ("## Which n-grams ship" in bundle.card) == ships_some
    text = " ".join(bundle.card.split())
    assert ("stands in reviews of 10 films or more" in text) == ships_some
    assert ("n-grams with the highest activation" in text) == (name == "cnn")
    assert ("n-grams that the linear model has weights for" in text) == (name == "nbsvm")


def test_a_bundle_is_described_anew_from_its_weights(trained, tmp_path):
    name, local, folder, bundle = trained
    stale = {"ngrams": pd.DataFrame({"ngram": ["somebody 's own"]})} if name == "cnn" else {}
    changed = dataclasses.replace(bundle, tables=dict(bundle.tables) | stale, card="old")
    may_ship = functools.partial(read_publishable, local, data_dir=folder)
    again = load_bundle(save_bundle(describe(changed, may_ship), tmp_path / "again"))
    assert again.card == bundle.card
    assert again.config == bundle.config and again.metrics == bundle.metrics
    for table in bundle.tables:
        pd.testing.assert_frame_equal(again.tables[table], bundle.tables[table])
    for array in bundle.arrays:
        np.testing.assert_array_equal(again.arrays[array], bundle.arrays[array])


@pytest.mark.parametrize("trained", ["nbsvm"], indirect=True)
def test_a_linear_model_of_other_ngrams_is_refused(trained):
    _, local, folder, bundle = trained
    keys = bundle.arrays["keys"]
    other = dict(bundle.arrays) | {
        "keys": np.append(keys[:-1], pack_columns(np.array([[0, 0, 0]])))
    }
    may_ship = functools.partial(read_publishable, local, data_dir=folder)
    with pytest.raises(InputError, match=r"sentiment-nbsvm \(1 of its n-grams\) should know only"):
        describe(dataclasses.replace(bundle, arrays=other), may_ship)


@pytest.mark.parametrize("trained", ["cnn"], indirect=True)
def test_near_vectors_of_glove_are_said_to_ship(trained, monkeypatch):
    _, local, folder, bundle = trained
    vectors = 3 * bundle.arrays["embedding.table"][1:4].astype(np.float32)
    theirs = tuple(bundle.tables["words"]["word"][:3]), vectors
    monkeypatch.setattr(description, "read_glove", lambda path, *, n_dims: theirs)
    may_ship = functools.partial(read_publishable, local, data_dir=folder)
    text = " ".join(describe(bundle, may_ship, glove=local).card.split())
    assert "cosine between a word's vector here and GloVe's is 1.000" in text
    assert "for 100.0% of its 3 words in GloVe" in text and "PDDL 1.0" in text
    assert "GloVe" not in bundle.card
