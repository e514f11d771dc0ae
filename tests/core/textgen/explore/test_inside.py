import numpy as np
import pytest
from flax import nnx

from core.loop import named_arrays
from core.textgen import GRU, LSTM, RNN
from core.textgen.explore.inside import (
    FEATURES,
    GATES,
    correlations,
    followers,
    gates_over_time,
    inside_brackets,
    inside_quotes,
    line_position,
    sentence_start,
    word_position,
)
from tests.core.textgen.samples import READ_IDS, net_and_engine


def test_gates_of_an_lstm_make_the_cell_that_was_remembered():
    net, engine = net_and_engine(LSTM)
    states = engine.read(READ_IDS).states
    gates = gates_over_time(LSTM, named_arrays(nnx.state(net, nnx.Param)), READ_IDS, states)
    assert tuple(gates) == GATES[LSTM]
    assert all(gate.shape == (70, 2, 5) for gate in gates.values())
    cells = states[:, :, 1]
    before = np.concatenate([np.zeros((1, 2, 5)), cells[:-1]])
    rebuilt = gates["forget"] * before + gates["input"] * gates["candidate"]
    np.testing.assert_allclose(rebuilt, cells, atol=1e-5)
    np.testing.assert_allclose(gates["output"] * np.tanh(cells), states[:, :, 0], atol=1e-5)


def test_gates_of_a_gru_lie_between_what_was_and_what_is():
    net, engine = net_and_engine(GRU)
    hidden = engine.read(READ_IDS).states[:, :, 0]
    arrays = named_arrays(nnx.state(net, nnx.Param))
    gates = gates_over_time(GRU, arrays, READ_IDS, engine.read(READ_IDS).states)
    before = np.concatenate([np.zeros((1, 2, 5)), hidden[:-1]])
    update = gates["update"]
    candidate = (hidden - update * before) / (1 - update)
    x = arrays["table"][READ_IDS]
    inputs = x @ arrays["layers.0.inputs.kernel"] + arrays["layers.0.inputs.bias"]
    of_hidden = before[:, 0] @ arrays["layers.0.recurrent"]
    expected = np.tanh(inputs[:, 10:] + gates["reset"][:, 0] * of_hidden[:, 10:])
    np.testing.assert_allclose(candidate[:, 0], expected, atol=1e-4)


def test_a_plain_layer_has_no_gates():
    _, engine = net_and_engine(RNN)
    assert gates_over_time(RNN, {}, READ_IDS, engine.read(READ_IDS).states) == {}


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
