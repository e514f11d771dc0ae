import numpy as np
import pytest
from scipy import sparse

from core.errors import InputError
from core.sentiment.data import pack, pack_columns, unpack
from core.sentiment.metrics import accuracy
from core.sentiment.model.nbsvm import NbsvmConfig, NgramWeights
from core.sentiment.train.nbsvm import fit_nbsvm, log_ratios
from tests.core.sentiment.samples import planted, texts_of
from tests.privacy.text_attacks import longest_reading

FOUR = texts_of(["good good film", "good plot", "bad film", "bad plot bad"], [1, 1, 0, 0])


def named(model, words):
    """The weights by n-gram."""
    grams = (" ".join(words[k] for k in ids if k >= 0) for ids in unpack(model.keys))
    return dict(zip(grams, model.weights.tolist(), strict=True))


def test_log_ratios_of_four_texts_by_hand():
    # good, film, plot, bad: in how many reviews of either class; with 1 added, 8 in either class
    counts = sparse.csr_array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 1]])
    ratios = log_ratios(counts, FOUR.labels, 1.0)
    np.testing.assert_allclose(ratios, [np.log(3), 0, 0, -np.log(3)])
    uneven = log_ratios(counts[:3], FOUR.labels[:3], 0.5)
    np.testing.assert_allclose(np.exp(uneven[0]), (2.5 / 6) / (0.5 / 4))


def test_words_of_both_sides_weigh_nothing_and_opposites_as_much():
    model = fit_nbsvm(NbsvmConfig(order=1, min_reviews=2), FOUR)
    weights = named(model, FOUR.words)
    assert weights["film"] == weights["plot"] == 0
    assert weights["good"] == pytest.approx(-weights["bad"], rel=1e-2)
    assert weights["good"] > 1
    assert model.bias == pytest.approx(0, abs=1e-2)


def test_only_ngrams_of_enough_reviews_count():
    # "bad" stands twice in the last review, which is one review
    in_two = fit_nbsvm(NbsvmConfig(min_reviews=2), FOUR)
    assert set(named(in_two, FOUR.words)) == {"good", "film", "plot", "bad"}
    all_of_them = fit_nbsvm(NbsvmConfig(order=2, min_reviews=1), FOUR)
    assert "plot bad" in named(all_of_them, FOUR.words)
    assert len(all_of_them.keys) == 4 + 6
    assert (np.diff(all_of_them.keys) > 0).all()
    with pytest.raises(InputError, match=r"min_reviews \(3\) should be lower: no n-gram .* the 4"):
        fit_nbsvm(NbsvmConfig(min_reviews=3), FOUR)


def test_what_may_not_be_known_is_left_out():
    allowed = pack_columns(np.array([[FOUR.words.index("bad"), -1, -1], [0, 0, 0]]))
    model = fit_nbsvm(NbsvmConfig(min_reviews=1), FOUR, allowed=np.sort(allowed))
    assert set(named(model, FOUR.words)) == {"bad"}
    with pytest.raises(InputError, match="no n-gram that may be known stands in as many of the 4"):
        fit_nbsvm(NbsvmConfig(), FOUR, allowed=allowed[1:])


def test_keys_that_tell_a_passage_are_left_out():
    line = [f"w{k}" for k in range(12)]
    texts = texts_of([" ".join(line), "good"] * 2, [1, 0, 1, 0])
    triples = np.array([[texts.words.index(w) for w in line[k : k + 3]] for k in range(10)])
    allowed = np.sort(pack_columns(np.append(triples, [[texts.words.index("good"), -1, -1]], 0)))
    free = fit_nbsvm(NbsvmConfig(min_reviews=1), texts)
    assert set(allowed) <= set(free.keys)
    kept = named(fit_nbsvm(NbsvmConfig(min_reviews=1), texts, allowed=allowed), texts.words)
    assert "good" in kept and len(longest_reading(tuple(n.split()) for n in kept)) <= 7
    assert len(longest_reading(tuple(n.split()) for n in named(free, texts.words))) >= 12


def test_planted_verdicts_are_learned_with_their_negations():
    train, test = planted()
    model = fit_nbsvm(NbsvmConfig(), train)
    assert accuracy(model.logits(test.tokens, test.starts), test.labels) == 1
    weights = named(model, train.words)
    assert weights["not awful"] > 0 > weights["awful"]
    assert weights["wonderful"] > 0 > weights["not wonderful"]


def test_one_class_cannot_be_learned_from():
    with pytest.raises(InputError, match="labels should hold reviews for a film and reviews"):
        fit_nbsvm(NbsvmConfig(), texts_of(["a b", "a c"]))


def test_logits_are_those_of_a_dense_matrix():
    rng = np.random.default_rng(0)
    texts = [rng.integers(-1, 4, n).tolist() for n in (0, 1, 2, 5, 9, 30)]
    ids, starts = np.array(sum(texts, []), np.int32), np.cumsum([0, *map(len, texts)])
    keys = np.unique(pack(ids, starts, order=3)[0])[::2]
    model = NgramWeights(keys, rng.normal(size=len(keys)).astype(np.float32), 0.25)
    dense = np.zeros((len(texts), len(keys)))
    grams = [[k for k in row if k >= 0] for row in unpack(keys).tolist()]
    for row, text in enumerate(texts):
        for column, gram in enumerate(grams):
            n = len(gram)
            dense[row, column] = any(text[at : at + n] == gram for at in range(len(text) - n + 1))
    expected = dense @ model.weights / np.sqrt(np.maximum(dense.sum(axis=1), 1)) + 0.25
    logits = model.logits(ids, starts)
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, expected, rtol=1e-5)
    assert logits[0] == 0.25


def test_repeats_and_unknown_words_do_not_change_a_logit():
    keys = pack_columns(np.array([[0, -1, -1], [1, -1, -1]]))
    model = NgramWeights(keys, np.array([3.0, 1.0], np.float32), -1.0)
    texts = [[0], [0, 0], [0, -1, 7], [1, 0], [-1], []]
    starts = np.cumsum([0, *map(len, texts)])
    logits = model.logits(np.array(sum(texts, []), np.int32), starts)
    np.testing.assert_allclose(logits, [2, 2, 2, 4 / np.sqrt(2) - 1, -1, -1], rtol=1e-6)


def test_find_tells_known_ngrams_from_others():
    model = NgramWeights(np.array([2, 5, 9]), np.zeros(3, np.float32), 0.0)
    known, at = model.find(np.array([9, 1, 5, 10]))
    assert known.tolist() == [True, False, True, False]
    assert at[known].tolist() == [2, 1]


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"order": 0}, r"order \(0\) should be from 1 to 3"),
        ({"order": 4}, r"order \(4\)"),
        ({"min_reviews": 0}, r"min_reviews \(0\) should be at least 1"),
        ({"smoothing": 0.0}, r"smoothing \(0.0\) should be above 0"),
        ({"inverse_penalty": float("nan")}, r"inverse_penalty \(nan\) should be above 0"),
    ],
)
def test_settings_out_of_bounds_are_refused(settings, problem):
    with pytest.raises(InputError, match=problem):
        NbsvmConfig(**settings)
