import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from core.errors import InputError
from core.loop import in_mode, named_arrays
from core.textgen.model import CELLS, CharConfig, CharNet

SMALL = {"n_chars": 7, "n_dims": 3, "n_units": 4, "n_layers": 2}


def net_of(cell, **other):
    return in_mode(
        CharNet(CharConfig(cell=cell, **SMALL | other), rngs=nnx.Rngs(0)), training=False
    )


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def numpy_step(cell, x, hidden, memory, arrays, layer):
    """One step of one layer for one text, from the equations."""
    n = len(hidden)
    kernel, bias, recurrent = (
        arrays[f"layers.{layer}.{name}"] for name in ("inputs.kernel", "inputs.bias", "recurrent")
    )
    of_x = [(x @ kernel + bias)[k * n : (k + 1) * n] for k in range(kernel.shape[1] // n)]
    of_h = [(hidden @ recurrent)[k * n : (k + 1) * n] for k in range(kernel.shape[1] // n)]
    if cell == "rnn":
        return np.tanh(of_x[0] + of_h[0]), memory
    if cell == "gru":
        reset, update = sigmoid(of_x[0] + of_h[0]), sigmoid(of_x[1] + of_h[1])
        candidate = np.tanh(of_x[2] + reset * of_h[2])
        return (1 - update) * candidate + update * hidden, memory
    i, f, g, o = (a + b for a, b in zip(of_x, of_h, strict=True))
    memory = sigmoid(f) * memory + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(memory), memory


@pytest.mark.parametrize("cell", CELLS)
def test_a_net_is_its_equations(cell):
    net = net_of(cell)
    arrays = named_arrays(nnx.state(net, nnx.Param))
    ids = np.array([1, 6, 0, 0, 3])
    logits, state = net(jnp.asarray(ids)[None], net.start(1))
    hidden, memory = np.zeros((2, 4)), np.zeros((2, 4))
    for at, char in enumerate(ids):
        x = arrays["table"][char]
        for layer in range(2):
            hidden[layer], memory[layer] = numpy_step(
                cell, x, hidden[layer], memory[layer], arrays, layer
            )
            x = hidden[layer]
        expected = x @ arrays["out.kernel"] + arrays["out.bias"]
        np.testing.assert_allclose(logits[0, at], expected, atol=1e-6)
    np.testing.assert_allclose(state[:, 0, 0], hidden, atol=1e-6)
    if cell == "lstm":
        np.testing.assert_allclose(state[:, 1, 0], memory, atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("n_texts", [1, 3])
def test_reading_in_pieces_is_reading_at_once(cell, n_texts):
    net = net_of(cell)
    ids = jnp.asarray(np.random.default_rng(0).integers(0, 7, (n_texts, 9)))
    whole, last = net(ids, net.start(n_texts))
    assert whole.shape == (n_texts, 9, 7)
    assert last.shape == (2, CELLS[cell].n_states, n_texts, 4)
    first, state = net(ids[:, :4], net.start(n_texts))
    second, state = net(ids[:, 4:], state)
    np.testing.assert_allclose(jnp.concatenate([first, second], axis=1), whole, atol=1e-6)
    np.testing.assert_allclose(state, last, atol=1e-6)
    state = net.start(n_texts)
    for at in range(9):
        logits, state = net.step(ids[:, at], state)
        np.testing.assert_allclose(logits, whole[:, at], atol=1e-6)


def test_the_lessons_net_has_its_size():
    net = nnx.eval_shape(lambda: CharNet(CharConfig(n_chars=57), rngs=nnx.Rngs(0)))
    n_parameters = sum(leaf.size for leaf in jax.tree.leaves(nnx.state(net, nnx.Param)))
    first, second = 4 * 512 * (24 + 512 + 1), 4 * 512 * (512 + 512 + 1)
    assert n_parameters == 57 * 24 + first + second + (512 + 1) * 57


def test_an_lstm_begins_with_open_forget_gates():
    bias = net_of("lstm").layers[1].inputs.bias[...]
    assert bias.tolist() == [0] * 4 + [1] * 4 + [0] * 8


def test_dropout_while_training_only():
    net = CharNet(CharConfig(dropout=0.5, **SMALL), rngs=nnx.Rngs(0))
    ids = jnp.zeros((1, 3), int)
    drawn = [net(ids, net.start(1), rngs=nnx.Rngs(dropout=seed))[0] for seed in (0, 0, 1)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert not np.allclose(drawn[0], drawn[2])


@pytest.mark.parametrize(
    ("settings", "problem"),
    [({"cell": "brain"}, "cell"), ({"n_units": 0}, "n_units"), ({"dropout": 1.0}, "dropout")],
)
def test_impossible_settings_are_refused(settings, problem):
    with pytest.raises(InputError, match=problem):
        CharConfig(**{"n_chars": 5} | settings)
