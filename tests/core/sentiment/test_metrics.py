import numpy as np
import pytest

from core.sentiment.metrics import (
    accuracy,
    expected_calibration_error,
    fit_temperature,
    log_loss,
    probability,
    reliability,
)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 3.0])
def test_temperature_is_found_again_in_simulated_labels(temperature):
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, 40_000)
    labels = rng.random(40_000) < 1 / (1 + np.exp(-logits))
    found = fit_temperature((logits * temperature).astype(np.float32), labels)
    assert found == pytest.approx(temperature, rel=0.05)


def test_temperature_stays_within_its_bounds():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1, 100).astype(np.float32)
    assert 1 / 20 <= fit_temperature(logits, logits > 0) < 1 / 19
    assert 19 < fit_temperature(logits, logits < 0) <= 20


def test_a_forecaster_who_means_it_has_no_calibration_error():
    rng = np.random.default_rng(0)
    said = rng.random(100_000)
    assert expected_calibration_error(said, rng.random(100_000) < said) < 0.01


def test_calibration_error_weighs_bins_by_their_count():
    said = np.array([0.95] * 30 + [0.25] * 10)
    labels = np.array([1] * 15 + [0] * 15 + [0] * 10)
    expected = 0.75 * (0.95 - 0.5) + 0.25 * 0.25
    assert expected_calibration_error(said, labels) == pytest.approx(expected)


def test_reliability_counts_every_review_once():
    said = np.array([0.0, 0.04, 0.05, 0.1, 0.55, 0.999, 1.0])
    labels = np.array([0, 0, 1, 1, 0, 1, 1], np.float32)
    table = reliability(said, labels)
    assert table["low"].tolist() == [0, 0.1, 0.5, 0.9]
    assert table["high"].tolist() == [0.1, 0.2, 0.6, 1]
    assert table["count"].tolist() == [3, 1, 1, 2]
    np.testing.assert_allclose(table["predicted"], [0.03, 0.1, 0.55, 0.9995])
    np.testing.assert_allclose(table["actual"], [1 / 3, 1, 0, 1])
    some = np.random.default_rng(0).random(1000)
    assert reliability(some, some > 0.5)["count"].sum() == 1000


def test_probability_is_the_logistic_function_of_the_divided_logit():
    logits = np.array([-3, 0, 0.5, 4], np.float32)
    np.testing.assert_allclose(probability(logits, 2.0), 1 / (1 + np.exp(-logits / 2)), rtol=1e-7)
    assert probability(logits, 2.0).dtype == np.float64


def test_extreme_logits_do_not_overflow():
    logits, labels = np.array([-1e30, 1e30, 3e38], np.float32), np.array([1, 0, 1], np.float32)
    assert probability(logits, 0.05).tolist() == [0, 1, 1]
    assert log_loss(logits, labels) == pytest.approx(2e30 / 3)
    assert log_loss(logits, 1 - labels) == pytest.approx(1e38)
    assert 1 / 20 <= fit_temperature(logits, labels) <= 20
    table = reliability(probability(logits, 1.0), labels)
    assert table["count"].tolist() == [1, 2]


def test_accuracy_and_loss_of_known_logits():
    logits, labels = np.array([2.0, -1.0, 0.0, 3.0]), np.array([1, 0, 0, 0])
    assert accuracy(logits, labels) == 0.75
    expected = np.log1p(np.exp([-2.0, -1.0, 0.0, 3.0])).mean()
    assert log_loss(logits, labels) == pytest.approx(expected)
