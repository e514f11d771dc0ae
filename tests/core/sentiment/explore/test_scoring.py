import numpy as np
import pytest

from core.sentiment.data import pack_columns, pad
from core.sentiment.explore.forward import MlpForward
from core.sentiment.explore.scoring import (
    LinearScorer,
    NetScorer,
    Part,
    SumScorer,
    integrated_gradients,
    linear_parts,
    max_parts,
    without_each,
    word_values,
)
from core.sentiment.model.nbsvm import NgramWeights
from tests.core.sentiment.samples import CONFIGS, arrays_of, forward_of, random_net

N_IDS = 16  # of the nets
RARE = 19  # of a larger vocabulary
TEXTS = [[], [3], [RARE], [3, 17, 2, RARE, 3, 2], [*range(1, 16)], [2] * 30]


def net(name):
    return NetScorer(forward_of(CONFIGS[name], arrays_of(random_net(CONFIGS[name]))), N_IDS)


def linear():
    keys = pack_columns(np.array([[2, -1, -1], [3, -1, -1], [17, -1, -1], [3, 2, -1], [2, 2, 2]]))
    weights = np.array([0.5, -1.0, 2.0, 3.0, -0.25], np.float32)
    order = np.argsort(keys)
    return LinearScorer(NgramWeights(keys[order], weights[order], 0.75), RARE)


def scorers():
    every = {name: net(name) for name in CONFIGS} | {"linear": linear()}
    return every | {
        "exact": SumScorer([(2.0, every["linear"]), (-0.5, every["region"])], 0.25),
        "mixed": SumScorer([(1.0, every["lstm"]), (0.5, every["linear"])], 0.0),
    }


SCORERS = scorers()


def together(texts):
    starts = np.concatenate([[0], np.cumsum([len(text) for text in texts])])
    return np.array([word for text in texts for word in text], np.int32), starts


def alone(scorer, ids):
    return float(scorer.logits(*together([ids]))[0])


@pytest.mark.parametrize("name", SCORERS)
def test_texts_are_scored_alike_together_and_alone(name):
    scorer = SCORERS[name]
    expected = [alone(scorer, ids) for ids in TEXTS]
    np.testing.assert_allclose(scorer.logits(*together(TEXTS)), expected, rtol=1e-5, atol=1e-5)
    assert scorer.logits(np.zeros(0, np.int32), np.zeros(1, np.int64)).shape == (0,)


@pytest.mark.parametrize("name", SCORERS)
@pytest.mark.parametrize("ids", TEXTS)
def test_what_words_add_and_the_base_sum_to_the_logit(name, ids):
    scorer = SCORERS[name]
    why = scorer.explain(np.array(ids, np.int32))
    assert why.values.shape == (len(ids),)
    assert why.values.sum() + why.base == pytest.approx(alone(scorer, ids), abs=1e-3)
    if scorer.is_exact:
        total = sum(part.value for part in why.parts) + why.base
        assert total == pytest.approx(alone(scorer, ids), abs=1e-3)
    assert all(0 <= part.first <= len(ids) - part.n_words for part in why.parts)


@pytest.mark.parametrize("name", SCORERS)
@pytest.mark.parametrize("ids", TEXTS)
def test_without_each_scores_the_shortened_text(name, ids):
    scorer = SCORERS[name]
    found = without_each(scorer, np.array(ids, np.int32))
    expected = [alone(scorer, [*ids[:at], *ids[at + 1 :]]) for at in range(len(ids))]
    assert found.shape == (len(ids),)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_a_net_takes_words_beyond_its_own_for_rare_ones_and_reads_the_last():
    scorer = net("region")
    assert alone(scorer, [3, 17]) == alone(scorer, [3, 15]) == alone(scorer, [3, RARE])
    config = CONFIGS["region"]
    ids = np.array([2] * 20, np.int32)
    expected = scorer.net.logits(scorer.net.embed(pad(ids, config.length)[None]), np.ones((1, 12)))
    assert alone(scorer, ids) == pytest.approx(float(expected[0]), abs=1e-5)
    why = scorer.explain(ids)
    assert not why.values[: 20 - config.length].any()


def test_a_rare_word_is_in_no_ngram():
    scorer = linear()
    assert alone(scorer, [RARE]) == pytest.approx(0.75)
    assert alone(scorer, [3, RARE, 2]) == pytest.approx(0.75 - 0.5 / np.sqrt(2))


def test_weights_and_offset_are_those_of_the_sum():
    both = SumScorer([(2.0, SCORERS["linear"]), (-0.5, SCORERS["cnn"])], 0.25)
    ids = [3, 2, 17]
    expected = 2 * alone(SCORERS["linear"], ids) - 0.5 * alone(SCORERS["cnn"], ids) + 0.25
    assert alone(both, ids) == pytest.approx(expected, rel=1e-5)
    assert SCORERS["exact"].is_exact and not both.is_exact


def test_an_ngram_that_two_members_know_has_one_part():
    both = SumScorer([(1.0, linear()), (2.0, linear())], 0.0)
    why = both.explain(np.array([3, 2], np.int32))
    assert sorted((part.first, part.n_words) for part in why.parts) == [(0, 1), (0, 2), (1, 1)]
    (pair,) = [part for part in why.parts if part.n_words == 2]
    assert pair.value == pytest.approx(3 * 3 / np.sqrt(3))


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
    values, base = integrated_gradients(MlpForward(arrays, 3), np.array([4, 2]))
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
