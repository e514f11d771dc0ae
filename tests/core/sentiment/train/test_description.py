import numpy as np
import pandas as pd
import pytest

from core.sentiment.data import Vocabulary
from core.sentiment.disclosure.publishable import Publishable
from core.sentiment.explore.forward import MaxCnnForward
from core.sentiment.train.description import MOST_SHOWN, measure_likeness, top_ngrams

VOCABULARY = Vocabulary(("good", "bad", "very", "film"))


def may_ship(*ngrams, chained=()):
    """N-grams that may ship, each in one review more than the one before it."""
    words = tuple(sorted({word for ngram in (*ngrams, *chained) for word in ngram.split()}))
    sizes = {len(ngram.split()) for ngram in (*ngrams, *chained)}
    found = {n: [g for g in (*ngrams, *chained) if len(g.split()) == n] for n in sizes}
    ids = {n: [[words.index(w) for w in g.split()] for g in some] for n, some in found.items()}
    return Publishable(
        words,
        {n: np.array(rows, np.int32) for n, rows in ids.items()},
        {n: np.arange(10, 10 + len(rows)) for n, rows in ids.items()},
        {n: np.array([g not in chained for g in some]) for n, some in found.items()},
    )


def weights():
    """A filter of two words that likes "very" before "good", and one of one word that likes bad."""
    table = np.zeros((VOCABULARY.n_ids, 2), np.float32)
    table[VOCABULARY.ids["good"]] = [1, 0]
    table[VOCABULARY.ids["very"]] = [0, 1]
    table[VOCABULARY.ids["bad"]] = [-1, 0]
    pair = np.zeros((2, 2, 1), np.float32)
    pair[0, 1], pair[1, 0] = 1, 2
    one = np.array([[[-1.0], [0.0]]], np.float32)
    arrays = {
        "embedding.table": table,
        "convolutions.0.kernel": pair,
        "convolutions.0.bias": np.zeros(1, np.float32),
        "convolutions.1.kernel": one,
        "convolutions.1.bias": np.array([0.5], np.float32),
    }
    return net_with(arrays, n_filters=2)


def net_with(arrays, n_filters):
    """A net whose output is of no matter here."""
    out = {"out.kernel": np.ones((n_filters, 1)), "out.bias": np.zeros(1)}
    return MaxCnnForward(arrays | out, 8)


def test_a_filters_favourites_come_first_with_what_it_says_of_them():
    found = may_ship("film", "good", "bad", "bad film", "very good", "a very", "good film")
    table = top_ngrams(weights(), VOCABULARY, found)
    pairs = table[table["size"] == 2]
    assert pairs["ngram"].tolist() == ["very good"]  # the others are 0: the filter is silent
    assert pairs["value"].tolist() == [3.0]
    assert pairs["reviews"].tolist() == [11]
    ones = table[table["size"] == 1]
    assert ones["ngram"].tolist()[0] == "bad" and ones["value"].tolist()[0] == 1.5
    assert ones["rank"].tolist() == list(range(1, len(ones) + 1))


def test_what_would_chain_is_not_listed():
    found = may_ship("good", "bad good", chained=("very good",))
    table = top_ngrams(weights(), VOCABULARY, found)
    assert table.loc[table["size"] == 2, "ngram"].tolist() == ["bad good"]


def test_no_filter_has_more_than_its_share_and_rare_words_are_left_out():
    words = [f"w{number}" for number in range(10, 50)]
    vocabulary = Vocabulary(tuple(words))
    arrays = {
        "embedding.table": np.arange(42, dtype=np.float32)[:, None],
        "convolutions.0.kernel": np.ones((1, 1, 1), np.float32),
        "convolutions.0.bias": np.zeros(1, np.float32),
    }
    found = may_ship(*words, "unknown")
    table = top_ngrams(net_with(arrays, n_filters=1), vocabulary, found)
    assert table["ngram"].tolist() == words[::-1][:MOST_SHOWN]
    assert isinstance(table, pd.DataFrame)


def test_without_any_ngram_there_are_no_favourites():
    found = may_ship("unknown", "unknown unknown")
    assert len(top_ngrams(weights(), VOCABULARY, found)) == 0


WORDS = tuple(f"w{k}" for k in range(40))


def table_of(vectors):
    """Vectors of words between those of padding and of rare words, which are of no matter."""
    noise = np.random.default_rng(9).normal(size=(1, vectors.shape[1]))
    return np.concatenate([noise, vectors, noise])


def test_vectors_that_did_not_move_are_gloves():
    vectors = np.random.default_rng(0).normal(size=(40, 8))
    order = np.random.default_rng(1).permutation(40)
    theirs = (["other", *(WORDS[k] for k in order)], np.concatenate([vectors[:1], vectors[order]]))
    found = measure_likeness(
        Vocabulary((*WORDS, "unknown")),
        table_of(np.concatenate([vectors / 3, vectors[:1]])),
        *theirs,
    )
    assert found["n_words"] == 40
    assert found["median_cosine"] == pytest.approx(1)
    assert found["same_nearest"] == 1


def test_a_turned_vector_is_near_another_words():
    vectors = np.eye(40)[:, :40]
    moved = vectors.copy()
    moved[3] = 0.8 * vectors[4] + 0.6 * vectors[3]
    moved[5] = 0.6 * vectors[6] + 0.8 * vectors[5]
    found = measure_likeness(Vocabulary(WORDS), table_of(moved), WORDS, vectors)
    assert found["same_nearest"] == 39 / 40
    assert found["median_cosine"] == 1
    turned = measure_likeness(Vocabulary(WORDS), table_of(-vectors), WORDS, vectors)
    assert turned["median_cosine"] == -1 and turned["same_nearest"] <= 1 / 40


def test_random_vectors_are_nobodys():
    rng = np.random.default_rng(2)
    found = measure_likeness(
        Vocabulary(WORDS), table_of(rng.normal(size=(40, 8))), WORDS, rng.normal(size=(40, 8))
    )
    assert abs(found["median_cosine"]) < 0.3 and found["same_nearest"] < 0.2
