import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from core.errors import InputError
from core.loop import in_mode, named_arrays
from core.textgen import CONCATENATION, SUM
from core.textgen.model import (
    CELLS,
    CharConfig,
    CharNet,
    Unfolded,
    UnfoldedConfig,
    WindowConfig,
    WindowNet,
)

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


@pytest.mark.parametrize("merge", [SUM, CONCATENATION])
def test_three_characters_are_merged_one_after_the_other(merge):
    config = UnfoldedConfig(n_chars=5, merge=merge, n_dims=3, n_units=4)
    net = Unfolded(config, rngs=nnx.Rngs(0))
    net.hidden.kernel[...] += 0.3
    arrays = named_arrays(nnx.state(net, nnx.Param))
    ids = [4, 0, 2]
    state = np.zeros(4)
    for char in ids:
        x = arrays["table"][char] @ arrays["inputs.kernel"] + arrays["inputs.bias"]
        x = np.maximum(x, 0)
        merged = state + x if merge == SUM else np.concatenate([state, x])
        state = np.tanh(merged @ arrays["hidden.kernel"] + arrays["hidden.bias"])
    expected = state @ arrays["out.kernel"] + arrays["out.bias"]
    np.testing.assert_allclose(net(jnp.asarray([ids]))[0], expected, atol=1e-5)


def test_the_first_step_begins_by_changing_nothing():
    net = Unfolded(UnfoldedConfig(n_chars=5), rngs=nnx.Rngs(0))
    np.testing.assert_array_equal(net.hidden.kernel[...], np.eye(256))


@pytest.mark.parametrize("settings", [{"merge": "product"}, {"n_units": 0}])
def test_an_impossible_net_of_three_steps_is_refused(settings):
    with pytest.raises(InputError, match=next(iter(settings))):
        UnfoldedConfig(**{"n_chars": 5} | settings)


def test_a_window_sees_its_width_and_no_further():
    net = WindowNet(WindowConfig(n_chars=5, width=4, n_dims=3, n_units=8), rngs=nnx.Rngs(0))
    ids = np.random.default_rng(0).integers(0, 5, (2, 9))
    logits, state = net(jnp.asarray(ids), net.start(2))
    assert logits.shape == (2, 9, 5)
    np.testing.assert_array_equal(state, ids[:, -3:])
    changed = ids.copy()
    changed[:, 2] = (changed[:, 2] + 1) % 5
    others, _ = net(jnp.asarray(changed), net.start(2))
    is_same = np.isclose(logits, others, atol=1e-6).all(axis=(0, 2))
    assert is_same.tolist() == [True] * 2 + [False] * 4 + [True] * 3


def test_a_window_reads_in_pieces_as_at_once():
    net = WindowNet(WindowConfig(n_chars=5, width=4, n_dims=3, n_units=8), rngs=nnx.Rngs(0))
    ids = jnp.asarray(np.random.default_rng(0).integers(0, 5, (1, 9)))
    whole, _ = net(ids, net.start(1))
    first, state = net(ids[:, :2], net.start(1))
    second, _ = net(ids[:, 2:], state)
    np.testing.assert_allclose(jnp.concatenate([first, second], axis=1), whole, atol=1e-6)


def test_a_window_of_nothing_is_refused():
    with pytest.raises(InputError, match="width"):
        WindowConfig(n_chars=5, width=0)
