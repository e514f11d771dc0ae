import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from core.errors import InputError
from core.loop import in_mode
from core.sentiment.model.lesson import CnnConfig, LstmConfig, Mlp, MlpConfig
from core.sentiment.model.max_cnn import MaxCnnConfig
from core.sentiment.model.region import RegionConfig
from core.sentiment.train.fit import NETS
from tests.core.sentiment.samples import CONFIGS, arrays_of, random_ids, random_net

# by hand for 16 ids of 4 numbers, 12 words a review, 5 units, 3 filters of each size
N_PARAMETERS = {
    "mlp": 16 * 4 + (12 * 4 * 5 + 5) + (5 + 1),
    "cnn": 16 * 4 + (2 * 4 * 3 + 3) + (3 * 4 * 3 + 3) + (2 * 3 * 6 * 5 + 5) + (5 + 1),
    "lstm": 16 * 4 + (4 * 20 + 20) + 5 * 20 + (5 + 1),
    "max-cnn": 16 * 4 + (4 * 3 + 3) + (2 * 4 * 3 + 3) + (3 * 4 * 3 + 3) + (3 * 3 + 1),
    "region": 16 * 3 + (16 * 4 + 4) + 4 * 3 + 3 + (3 + 1),
}


def call(model, ids, key=None):
    """Scores in one compiled call; a key is for dropout."""

    @jax.jit
    def score(ids, key):
        return model(ids, rngs=None if key is None else nnx.Rngs(dropout=key))

    return np.asarray(score(jnp.asarray(ids), key))


@pytest.mark.parametrize("name", CONFIGS)
def test_parameters_and_logits_have_the_expected_shapes(name):
    config = CONFIGS[name]
    model = random_net(config)
    assert sum(array.size for array in arrays_of(model).values()) == N_PARAMETERS[name]
    assert {array.dtype for array in arrays_of(model).values()} == {np.dtype(np.float32)}
    ids = random_ids(config, n_texts=5)
    five, one = call(model, ids), call(model, ids[3:4])
    assert (five.shape, one.shape, five.dtype) == ((5,), (1,), np.float32)
    np.testing.assert_allclose(one, five[3:4], rtol=1e-5)
    assert len(np.unique(five)) == 5


@pytest.mark.parametrize("name", ["mlp", "cnn", "max-cnn", "region"])
def test_a_net_drops_units_while_training_only(name):
    config = CONFIGS[name]
    model = random_net(config)
    ids = random_ids(config)
    trained = in_mode(model, training=True)
    first, other = (call(trained, ids, jax.random.key(seed)) for seed in (0, 1))
    assert not np.allclose(first[1:], other[1:])
    np.testing.assert_array_equal(call(model, ids, jax.random.key(0)), call(model, ids))


def test_a_hidden_layer_set_by_hand_gives_known_logits():
    model = Mlp(MlpConfig(n_ids=4, length=2, n_dims=1, n_hidden=2), rngs=nnx.Rngs(0))
    model.embedding.table[...] = jnp.array([[0.0], [1.0], [2.0], [3.0]])
    model.hidden.kernel[...] = jnp.array([[1.0, -1.0], [2.0, 1.0]])
    model.hidden.bias[...] = jnp.array([0.0, -1.0])
    model.out.kernel[...] = jnp.array([[1.0], [10.0]])
    model.out.bias[...] = jnp.array([0.5])
    model = in_mode(model, training=False)
    # words 1, 3: units 1 + 6 and -1 + 3 - 1; words 0, 2: 4 and 1; words 3, 0: 3 and none
    logits = call(model, [[1, 3], [0, 2], [3, 0]])
    np.testing.assert_allclose(logits, [7 + 10 + 0.5, 4 + 10 + 0.5, 3 + 0.5])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_lstm_equals_its_formula_word_by_word():
    config = CONFIGS["lstm"]
    model = random_net(config)
    w = {name: array.astype(np.float64) for name, array in arrays_of(model).items()}
    ids = random_ids(config)
    expected = []
    for row in ids:
        hidden, cell = np.zeros(5), np.zeros(5)
        for word in row[row > 0]:
            gates = w["embedding.table"][word] @ w["inputs.kernel"] + w["inputs.bias"]
            i, f, g, o = (gates + hidden @ w["recurrent"]).reshape(4, 5)
            cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
            hidden = sigmoid(o) * np.tanh(cell)
        expected.append(hidden @ w["out.kernel"][:, 0] + w["out.bias"][0])
    np.testing.assert_allclose(call(model, ids), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["lstm", "max-cnn", "region"])
def test_more_padding_does_not_change_a_logit(name):
    config = CONFIGS[name]
    model = random_net(config)
    ids = random_ids(config)
    wider = np.pad(ids, ((0, 0), (7, 0)))
    np.testing.assert_allclose(call(model, wider), call(model, ids), rtol=1e-5, atol=1e-6)


def test_an_lstm_begins_with_open_forget_gates_and_an_orthogonal_recurrence():
    model = NETS[LstmConfig](CONFIGS["lstm"], rngs=nnx.Rngs(0))
    arrays = arrays_of(model)
    assert arrays["inputs.bias"].reshape(4, 5).tolist() == [[0] * 5, [1] * 5, [0] * 5, [0] * 5]
    recurrent = arrays["recurrent"]
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(5), atol=1e-5)


def test_the_same_seed_begins_with_the_same_weights():
    config = CONFIGS["cnn"]
    first, again, other = (
        arrays_of(NETS[CnnConfig](config, rngs=nnx.Rngs(seed))) for seed in (0, 0, 1)
    )
    for name, array in first.items():
        np.testing.assert_array_equal(array, again[name])
    assert not np.array_equal(first["embedding.table"], other["embedding.table"])


def test_a_net_of_one_word_reads_it_at_any_place_with_filters_of_one_word():
    config = dataclasses.replace(CONFIGS["max-cnn"], sizes=(1,))
    model = random_net(config)
    ids = np.zeros((3, config.length), np.int32)
    ids[[0, 1, 2], [0, 5, -1]] = 7
    logits = call(model, ids)
    np.testing.assert_allclose(logits, np.full(3, logits[0]), rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: MlpConfig(n_ids=0), r"n_ids \(0\) should be at least 1"),
        (lambda: MlpConfig(dropout=1.0), r"dropout \(1.0\) should be from 0 to 0.99"),
        (lambda: CnnConfig(word_dropout=-0.1), r"word_dropout \(-0.1\)"),
        (lambda: CnnConfig(flat_dropout=float("nan")), r"flat_dropout \(nan\)"),
        (lambda: CnnConfig(length=11), r"length \(11\) should be even"),
        (lambda: CnnConfig(sizes=()), r"sizes \(\(\)\) should be one number or more"),
        (lambda: LstmConfig(n_units=-1), r"n_units \(-1\) should be at least 1"),
        (lambda: LstmConfig(length=0), r"length \(0\) should be at least 1"),
        (lambda: MaxCnnConfig(sizes=(2, 0)), r"sizes \(\(2, 0\)\) should be"),
        (lambda: MaxCnnConfig(n_filters=0), r"n_filters \(0\)"),
        (lambda: RegionConfig(n_words=0), r"n_words \(0\) should be at least 1"),
    ],
)
def test_settings_out_of_bounds_are_refused(make, problem):
    with pytest.raises(InputError, match=problem):
        make()
