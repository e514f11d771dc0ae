import numpy as np
import pytest

from core.sentiment.data import pad
from core.sentiment.linear import NgramWeights
from core.sentiment.ngrams import pack_columns
from core.sentiment.scorers import LinearScorer, NetScorer, SumScorer, without_each
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
