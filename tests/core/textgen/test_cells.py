import numpy as np
import pytest

from core.textgen.explore.inside import (
    FEATURES,
    correlations,
    followers,
    inside_brackets,
    inside_quotes,
    line_position,
    sentence_start,
    word_position,
)


@pytest.mark.parametrize(
    ("measure", "text", "values"),
    [
        (inside_quotes, 'a "b" c', [0, 0, 0, 1, 1, 0, 0]),
        (inside_brackets, "a(b[c])d)", [0, 0, 1, 1, 1, 1, 0, 0, 0]),
        (line_position, "ab\nc\n\nd", [1, 2, 0, 1, 0, 0, 1]),
        (word_position, "ab, c3", [1, 2, 0, 0, 1, 2]),
        (sentence_start, "a b. C d", [1, 0, 0, 1, 1, 1, 0, 0]),
    ],
)
def test_features_of_a_text(measure, text, values):
    np.testing.assert_array_equal(measure(text), values)


def test_features_have_a_value_for_each_character():
    for measure in FEATURES.values():
        assert measure("").shape == (0,)
        assert measure('(a "b. \n').shape == (8,)


def test_correlations_are_those_of_numpy():
    rng = np.random.default_rng(0)
    states, feature = rng.normal(size=(50, 2, 3)), rng.normal(size=50)
    states[:, 1, 2] = 4.0
    found = correlations(states, feature)
    assert found[1, 2] == 0
    assert found[0, 1] == pytest.approx(np.corrcoef(states[:, 0, 1], feature)[0, 1])
    assert not correlations(states, np.ones(50)).any()


def test_the_cell_that_follows_quotes_is_found():
    text = 'he said "so be it" and "no", then went (slowly) home. he was "late"\n' * 5
    rng = np.random.default_rng(0)
    states = rng.normal(size=(len(text), 2, 8)).astype(np.float32)
    states[:, 1, 5] -= 6 * inside_quotes(text)
    states[:, 0, 2] += line_position(text)
    found = followers(states, text, n_best=3)
    assert set(found) == set(FEATURES)
    assert all(len(best) == 3 for best in found.values())
    best = found["quotes"][0]
    assert (best.layer, best.cell) == (1, 5)
    assert best.correlation < -0.9
    assert (found["line"][0].layer, found["line"][0].cell) == (0, 2)
