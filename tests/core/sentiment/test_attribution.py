import numpy as np
import pytest

from core.sentiment.attribution import (
    Part,
    integrated_gradients,
    linear_parts,
    max_parts,
    word_values,
)
from core.sentiment.forward import HiddenForward
from core.sentiment.linear import NgramWeights
from core.sentiment.ngrams import pack_columns
from tests.core.sentiment.samples import CONFIGS, arrays_of, forward_of, random_net

TEXTS = [[3], [1, 5, 2, 5, 5], list(range(1, 13)), [9] * 12]


def net_of(name, seed=0):
    return forward_of(CONFIGS[name], arrays_of(random_net(CONFIGS[name], seed)))


def logit(net, ids):
    padded = np.zeros((1, net.length), np.int32)
    padded[0, net.length - len(ids) :] = ids
    return float(net.logits(net.embed(padded), padded > 0)[0])


# "0", "1", "0 1", "1 0 1"
KEYS = pack_columns(np.array([[0, -1, -1], [1, -1, -1], [0, 1, -1], [1, 0, 1]]))
LINEAR = NgramWeights(KEYS, np.array([1.0, -2.0, 4.0, 8.0], np.float32), 0.5)


def test_parts_of_the_linear_model_are_its_ngrams_at_their_first_place():
    parts = linear_parts(LINEAR, np.array([1, 7, 1, 0, 1, -1, 0]))
    assert parts == [Part(3, 1, 0.5), Part(0, 1, -1), Part(3, 2, 2), Part(2, 3, 4)]


@pytest.mark.parametrize("ids", [[], [-1], [0], [0, 1], [1, 0, 1, 0, 1], [1, -1, 1, 2, 0]])
def test_linear_parts_and_bias_sum_to_the_logit(ids):
    ids = np.array(ids, np.int32)
    parts = linear_parts(LINEAR, ids)
    expected = LINEAR.logits(ids, np.array([0, len(ids)]))[0]
    assert sum(part.value for part in parts) + LINEAR.bias == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("ids", [[], *TEXTS])
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", ["max-cnn", "region"])
def test_parts_of_the_greatest_values_and_offset_sum_to_the_logit(ids, seed, name):
    net = net_of(name, seed)
    parts = max_parts(net, np.array(ids, np.int32))
    total = sum(part.value for part in parts) + float(net.offset)
    assert total == pytest.approx(logit(net, ids), abs=1e-4)
    assert all(part.first >= 0 and part.first + part.n_words <= len(ids) for part in parts)
    assert len({(part.first, part.n_words) for part in parts}) == len(parts)


def test_word_values_share_parts_out_evenly_and_keep_the_sum():
    values = word_values([Part(0, 1, 1.0), Part(1, 2, 4.0), Part(0, 3, -3.0)], 4)
    assert values.tolist() == [0, 1, 1, 0]
    assert word_values([], 0).shape == (0,)
    net = net_of("max-cnn")
    parts = max_parts(net, np.array(TEXTS[2]))
    assert word_values(parts, 12).sum() == pytest.approx(sum(part.value for part in parts))


@pytest.mark.parametrize("name", ["mlp", "cnn", "lstm"])
@pytest.mark.parametrize("ids", TEXTS)
def test_integrated_gradients_sum_to_the_way_from_an_empty_review(name, ids):
    net = net_of(name)
    values, base = integrated_gradients(net, np.array(ids, np.int32))
    assert values.shape == (len(ids),)
    assert values.sum() + base == pytest.approx(logit(net, ids), abs=1e-4)


def test_integrated_gradients_of_a_linear_net_are_weight_times_input():
    rng = np.random.default_rng(0)
    arrays = {
        "embedding.table": rng.normal(size=(6, 2)),
        "hidden.kernel": rng.normal(size=(3 * 2, 4)),
        "hidden.bias": np.full(4, 50.0),  # so every unit is on, wherever the path leads
        "out.kernel": rng.normal(size=(4, 1)),
        "out.bias": np.zeros(1),
    }
    values, base = integrated_gradients(HiddenForward(arrays, 3), np.array([4, 2]))
    table, slope = arrays["embedding.table"], arrays["hidden.kernel"] @ arrays["out.kernel"][:, 0]
    steps = (table[[4, 2]] - table[0]).reshape(-1) * slope[2:]
    np.testing.assert_allclose(values, steps.reshape(2, 2).sum(axis=1), rtol=1e-3, atol=1e-4)
    expected = np.tile(table[0], 3) @ slope + 50 * arrays["out.kernel"].sum()
    assert base == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", ["mlp", "cnn", "lstm"])
def test_an_empty_review_has_no_shares(name):
    net, nothing = net_of(name), np.zeros(0, np.int32)
    values, base = integrated_gradients(net, nothing)
    assert values.shape == (0,)
    assert base == pytest.approx(logit(net, []))
