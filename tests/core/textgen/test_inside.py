import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from core.loop import named_arrays
from core.textgen.explore.inside import GATES, gates_over_time
from core.textgen.inference import Engine
from core.textgen.model import GRU, LSTM, RNN, CharConfig, CharNet

CONFIG = CharConfig(7, n_dims=3, n_units=5, n_layers=2, dropout=0.0)
IDS = np.random.default_rng(0).integers(0, 7, 70).astype(np.int32)


def made(cell):
    config = dataclasses.replace(CONFIG, cell=cell)
    net = CharNet(config, rngs=nnx.Rngs(3))
    return net, Engine(config, named_arrays(nnx.state(net, nnx.Param)))


def test_gates_of_an_lstm_make_the_cell_that_was_remembered():
    net, engine = made(LSTM)
    states = engine.read(IDS).states
    gates = gates_over_time(LSTM, named_arrays(nnx.state(net, nnx.Param)), IDS, states)
    assert tuple(gates) == GATES[LSTM]
    assert all(gate.shape == (70, 2, 5) for gate in gates.values())
    cells = states[:, :, 1]
    before = np.concatenate([np.zeros((1, 2, 5)), cells[:-1]])
    rebuilt = gates["forget"] * before + gates["input"] * gates["candidate"]
    np.testing.assert_allclose(rebuilt, cells, atol=1e-5)
    np.testing.assert_allclose(gates["output"] * np.tanh(cells), states[:, :, 0], atol=1e-5)


def test_gates_of_a_gru_lie_between_what_was_and_what_is():
    net, engine = made(GRU)
    hidden = engine.read(IDS).states[:, :, 0]
    arrays = named_arrays(nnx.state(net, nnx.Param))
    gates = gates_over_time(GRU, arrays, IDS, engine.read(IDS).states)
    before = np.concatenate([np.zeros((1, 2, 5)), hidden[:-1]])
    update = gates["update"]
    candidate = (hidden - update * before) / (1 - update)
    x = arrays["table"][IDS]
    inputs = x @ arrays["layers.0.inputs.kernel"] + arrays["layers.0.inputs.bias"]
    of_hidden = before[:, 0] @ arrays["layers.0.recurrent"]
    expected = np.tanh(inputs[:, 10:] + gates["reset"][:, 0] * of_hidden[:, 10:])
    np.testing.assert_allclose(candidate[:, 0], expected, atol=1e-4)


def test_a_plain_layer_has_no_gates():
    _, engine = made(RNN)
    assert gates_over_time(RNN, {}, IDS, engine.read(IDS).states) == {}


@pytest.mark.parametrize("n", [1, 9, 64, 70])
def test_influence_is_the_length_of_a_gradient(n):
    """Beside central differences of the log-probability, a number of a vector at a time."""
    net, engine = made(LSTM)
    found = engine.influence(IDS[:n], target=2)
    assert found.shape == (n,)
    x = np.asarray(net.table[...])[IDS[:n]]

    @jax.jit
    def log_prob(x):
        logits, _ = net.read(x[None], net.start(1))
        return jax.nn.log_softmax(logits[0, -1])[2]

    step = 1e-2
    for at in {0, n // 2, n - 1}:
        slopes = []
        for k in range(3):
            moved = np.zeros_like(x)
            moved[at, k] = step
            difference = log_prob(jnp.asarray(x + moved)) - log_prob(jnp.asarray(x - moved))
            slopes.append(float(difference) / (2 * step))
        assert found[at] == pytest.approx(np.linalg.norm(slopes), rel=0.02, abs=5e-5)
