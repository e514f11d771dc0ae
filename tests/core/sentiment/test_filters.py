import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from core.sentiment.data import Vocabulary
from core.sentiment.filters import MIN_REVIEWS, MOST_SHOWN, count_ngrams, strongest_ngrams
from core.sentiment.forward import MaxCnnForward
from tests.core.sentiment.samples import texts_of

VOCABULARY = Vocabulary(("good", "bad", "very", "film"))


def brute(texts, size, rare):
    """In how many texts each n-gram stands, counted one by one."""
    found = {}
    for number, text in enumerate(texts):
        for at in range(len(text) - size + 1):
            ngram = tuple(text[at : at + size])
            if rare not in ngram:
                found.setdefault(ngram, set()).add(number)
    return {ngram: len(where) for ngram, where in found.items() if len(where) >= MIN_REVIEWS}


@given(
    st.lists(st.lists(st.integers(1, 3), max_size=8), min_size=1, max_size=12), st.integers(1, 4)
)
def test_counts_are_those_of_counting_one_by_one(texts, size):
    ids = np.array([word for text in texts for word in text], np.int32)
    starts = np.concatenate([[0], np.cumsum([len(text) for text in texts])])
    ngrams, reviews = count_ngrams(ids, starts, size, rare=3)
    counted = dict(zip(map(tuple, ngrams.tolist()), reviews.tolist(), strict=True))
    assert counted == brute(texts, size, rare=3)


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
    texts = texts_of(["very good film", "a very good bad film"] * MIN_REVIEWS)
    table = strongest_ngrams(weights(), VOCABULARY, texts)
    pairs = table[table["size"] == 2]
    assert pairs["ngram"].tolist() == ["very good"]  # the others are 0: the filter is silent
    assert pairs["value"].tolist() == [3.0]
    assert pairs["reviews"].tolist() == [2 * MIN_REVIEWS]
    ones = table[table["size"] == 1]
    assert ones["ngram"].tolist()[0] == "bad" and ones["value"].tolist()[0] == 1.5
    assert ones["rank"].tolist() == list(range(1, len(ones) + 1))


def test_no_filter_has_more_than_its_share_and_rare_words_are_left_out():
    words = [f"w{number}" for number in range(40)]
    texts = texts_of([" ".join([*words, "unknown"])] * MIN_REVIEWS)
    vocabulary = Vocabulary(tuple(words))
    arrays = {
        "embedding.table": np.arange(42, dtype=np.float32)[:, None],
        "convolutions.0.kernel": np.ones((1, 1, 1), np.float32),
        "convolutions.0.bias": np.zeros(1, np.float32),
    }
    table = strongest_ngrams(net_with(arrays, n_filters=1), vocabulary, texts)
    assert table["ngram"].tolist() == words[::-1][:MOST_SHOWN]
    assert isinstance(table, pd.DataFrame)
