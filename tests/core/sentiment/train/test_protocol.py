import dataclasses

import numpy as np
import pytest

from core.errors import InputError
from core.sentiment.data import pack_columns, pad_all, take, unpack, validation_rows
from core.sentiment.metrics import accuracy
from core.sentiment.model.nbsvm import NbsvmConfig, NgramWeights
from core.sentiment.train.nbsvm import fit_nbsvm
from core.sentiment.train.presets import Preset
from core.sentiment.train.protocol import (
    Runs,
    best_epoch,
    measure_linear,
    measure_net,
    renumber,
    scorer,
)
from tests.core.sentiment.samples import CONFIGS, planted

PRESET = Preset("", CONFIGS["mlp"], n_frozen=1, n_epochs=3, learning_rate=0.02, batch_size=20)
TRAIN, TEST = planted()


@pytest.fixture(scope="module")
def measured():
    return measure_net(PRESET, TRAIN, TEST, Runs(range(5, 7)))


def column(measured, kind, name):
    """A figure of each seed and epoch, without the untrained net's."""
    runs = measured.histories[kind].values()
    return np.array([[row[name] for row in history[1:]] for history in runs])


def test_each_seed_is_measured_in_each_way(measured):
    assert {kind: list(runs) for kind, runs in measured.histories.items()} == {
        "validation": ["5", "6"],
        "full": ["5", "6"],
    }
    assert set(measured.accuracies) == {"val", "test", "best_epoch", "frozen"}
    assert all(len(values) == 2 for values in measured.accuracies.values())
    assert measured.n_parameters == sum(array.size for array in measured.arrays.values())


def test_the_epoch_is_the_best_mean_on_validation_once_the_embedding_learns(measured):
    curves = column(measured, "validation", "val_accuracy")
    losses = column(measured, "validation", "val_loss")
    chosen = 2 + int(losses.mean(axis=0)[1:].argmin())
    assert measured.epochs == chosen
    assert measured.accuracies["val"] == curves[:, chosen - 1].tolist()
    test = column(measured, "full", "test_accuracy")
    assert measured.accuracies["test"] == test[:, chosen - 1].tolist()
    assert measured.accuracies["best_epoch"] == test.max(axis=1).tolist()
    assert measured.accuracies["frozen"] == test[:, 0].tolist()
    seconds = column(measured, "full", "seconds")
    assert measured.train_s == pytest.approx(seconds[0, :chosen].sum())


def test_logits_are_those_of_the_weights_kept(measured):
    held = take(TRAIN, validation_rows(TRAIN))
    np.testing.assert_array_equal(measured.val_labels, held.labels)
    assert accuracy(measured.val_logits, held.labels) == measured.accuracies["val"][0]
    ids = pad_all(TEST, measured.vocabulary, 12)
    exact = scorer(PRESET)(measured.arrays, ids)
    assert accuracy(exact, TEST.labels) == measured.accuracies["test"][0]
    assert measured.test_logits.shape == (2, TEST.n_texts)
    np.testing.assert_allclose(measured.test_logits[0], exact, atol=0.02)
    second = accuracy(measured.test_logits[1], TEST.labels)
    assert second == pytest.approx(measured.accuracies["test"][1], abs=0.02)


def test_a_slow_recipe_chooses_its_epoch_with_fewer_trainings(measured):
    quick = dataclasses.replace(PRESET, n_validated=1)
    found = measure_net(quick, TRAIN, TEST, Runs(range(5, 7)))
    assert {kind: list(runs) for kind, runs in found.histories.items()} == {
        "validation": ["5"],
        "full": ["5", "6"],
    }
    losses = column(measured, "validation", "val_loss")[:1]
    np.testing.assert_allclose(column(found, "validation", "val_loss"), losses, rtol=1e-5)
    assert found.epochs == 2 + int(losses[0, 1:].argmin())
    assert len(found.accuracies["val"]) == 1
    assert len(found.accuracies["test"]) == 2


def test_best_epoch_is_the_first_of_the_lowest_loss_from_a_given_one_on():
    assert best_epoch(np.array([0.1, 0.5, 0.3, 0.3]), first=1) == 1
    assert best_epoch(np.array([0.1, 0.5, 0.3, 0.3]), first=2) == 3
    assert best_epoch(np.array([0.9]), first=1) == 1


def test_renumbering_leaves_no_gaps_and_finds_the_way_back():
    words = ("zero", "one", "two", "three", "four")
    keys = np.sort(pack_columns(np.array([[4, -1, -1], [1, 4, -1], [4, 3, 1], [3, -1, -1]])))
    vocabulary, renumbered, order = renumber(keys, words)
    assert vocabulary.words == ("four", "one", "three")  # not in the order of the reviews
    assert (np.diff(renumbered) > 0).all()
    old, new = unpack(keys[order]), unpack(renumbered)
    names = {-1: None} | dict(enumerate(("", *vocabulary.words)))
    for before, after in zip(old.tolist(), new.tolist(), strict=True):
        expected = [words[k] if k >= 0 else None for k in before]
        assert [names[k] for k in after] == expected


def test_the_linear_model_says_the_same_once_its_words_are_renumbered():
    measured = measure_linear(NbsvmConfig(), TRAIN, TEST)
    fitted = fit_nbsvm(NbsvmConfig(), TRAIN)
    expected = fitted.logits(TEST.tokens, TEST.starts)
    arrays = measured.arrays
    again = NgramWeights(arrays["keys"], arrays["weights"], float(arrays["bias"][0]))
    known = measured.vocabulary.ids
    ids = np.array([known.get(word, -1) for word in TEST.words], np.int32)[TEST.tokens]
    np.testing.assert_allclose(again.logits(ids, TEST.starts), expected, atol=1e-5)
    np.testing.assert_allclose(measured.test_logits[0], expected, atol=0.02)
    assert measured.accuracies == {"val": [1.0], "test": [1.0]}
    assert list(measured.vocabulary.words) == sorted(measured.vocabulary.words)
    held = validation_rows(TRAIN)
    assert len(measured.val_logits) == held.sum()
    assert measured.n_parameters == len(arrays["weights"]) + 1
    assert (measured.epochs, measured.histories) == (1, {})


def test_a_linear_model_that_ships_knows_no_other_ngrams():
    every = measure_linear(NbsvmConfig(), TRAIN, TEST)
    few = pack_columns(np.array([[TRAIN.words.index(w), -1, -1] for w in ("wonderful", "awful")]))
    allowed = np.sort(np.append(few, pack_columns(np.array([[10_000, 0, 0]]))))
    measured = measure_linear(NbsvmConfig(), TRAIN, TEST, allowed=allowed)
    assert measured.vocabulary.words == ("awful", "wonderful")
    assert len(measured.arrays["keys"]) == 2 < len(every.arrays["keys"])
    assert 0.5 < measured.accuracies["val"][0] < 1  # "not" is unknown to it


@pytest.mark.parametrize(
    ("preset", "epochs", "problem"),
    [
        (PRESET, 1, r"epochs \(1\) should be more than 1, after which the embedding is tuned"),
        (
            dataclasses.replace(PRESET, config=dataclasses.replace(PRESET.config, n_ids=5_000)),
            None,
            r"n_ids \(5,000\) should be at most \d+: there are no more words",
        ),
    ],
)
def test_settings_that_the_reviews_cannot_serve_are_refused(preset, epochs, problem):
    with pytest.raises(InputError, match=problem):
        measure_net(preset, TRAIN, TEST, Runs(range(1), n_epochs=epochs))


def test_too_few_reviews_to_choose_on_are_refused():
    few = take(TRAIN, np.arange(20))
    with pytest.raises(InputError, match=r"reviews \(20\) should be enough to hold a tenth"):
        measure_linear(NbsvmConfig(), few, TEST)
