import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sentiment.disclosure import rules as disclosure
from core.sentiment.disclosure.reviews import (
    REVIEWS_A_FILM,
    SHARED_PASSAGE,
    frequent_ngrams,
    learnable,
)
from core.sentiment.disclosure.rules import (
    LONGEST_CHAIN,
    by_one_writer_once,
    do_not_chain,
    film_counts,
    has_companion,
    permitted,
    stands_alone,
    word_matrix,
)
from tests.core.sentiment.forum import (
    CAST,
    COMMON,
    SECRETS,
    forum,
    learnable_of,
    words_of,
)

REVIEWS = st.lists(
    st.tuples(
        st.sampled_from(("train_pos", "train_neg", "train_unsup")),
        st.integers(0, 200),
        st.sampled_from(("a", "b", "a b", "b a a")),
    ),
    min_size=1,
    max_size=30,
)


def words(reviews, least=1):
    return next(frequent_ngrams(reviews.tokens, reviews.texts, longest=1, least=least))


def of_word(reviews, found, word):
    return int(np.flatnonzero(found.ngrams[:, 0] == reviews.words.index(word))[0])


@given(REVIEWS, st.integers(1, 4))
def test_films_are_those_of_counting_by_hand(found, most):
    reviews = learnable_of([(f"{text} x{k}", *rest) for k, (*rest, text) in enumerate(found)])
    grams = words(reviews)
    counts = film_counts(reviews, grams, most=most)
    for word in "ab":
        if word not in reviews.words:
            continue
        best = 0
        for part in ("train_pos", "train_neg", "train_unsup"):
            last, films = -REVIEWS_A_FILM, 0
            for number in sorted(n for p, n, text in found if p == part and word in text.split()):
                if number >= last + REVIEWS_A_FILM:
                    last, films = number, films + 1
            best = max(best, films)
        assert counts[of_word(reviews, grams, word)] == min(best, most)


def test_a_writer_counts_once_though_they_write_often():
    passage = " ".join(f"p{k}" for k in range(SHARED_PASSAGE))
    texts = [(f"habit {passage} habit e{k}", "train_pos", 30 * k) for k in range(3)]
    texts += [(f"habit of others {k}", "train_pos", 300 + k) for k in range(2)]
    reviews = learnable_of(texts)
    once = by_one_writer_once(reviews, words(reviews))
    row = of_word(reviews, once, "habit")
    assert once.counts[row] == 2 + 2  # both places in their first review, and the others'
    assert once.counts[of_word(reviews, once, "e2")] == 1


def alone(texts, ngram):
    reviews = learnable_of([(text, "train_pos", k) for k, text in enumerate(texts)])
    size = len(ngram.split())
    found = list(frequent_ngrams(reviews.tokens, reviews.texts, longest=size, least=1))[-1]
    ids = [reviews.words.index(word) for word in ngram.split()]
    row = int(np.flatnonzero((found.ngrams == ids).all(axis=1))[0])
    return bool(stands_alone(reviews, found)[row])


def test_what_always_has_the_same_neighbour_belongs_to_a_longer_passage():
    many = [f"l{k} x y r{k}" for k in range(20)]
    assert alone(many, "x y")
    assert not alone([f"l x y r{k}" for k in range(20)], "x y")
    assert not alone([f"l{k} x y r" for k in range(20)], "x y")
    assert not alone([f"x y r{k}" for k in range(20)], "x y")  # at the begin of each review
    assert not alone([f"l{k} x y" for k in range(20)], "x y")  # a signature


def test_four_of_five_places_may_have_the_same_neighbour_and_no_more():
    for n_same, expected in ((16, True), (17, False)):
        texts = [f"l{k} x {'r' if k < n_same else f's{k}'} e{k}" for k in range(20)]
        assert alone(texts, "x") == expected


def test_few_different_contexts_are_few_passages():
    for n_contexts, expected in ((4, False), (5, True)):
        texts = [f"l{k % n_contexts} x r{k % n_contexts} e{k}" for k in range(20)]
        assert alone(texts, "x") == expected


def test_an_uncommon_word_that_goes_along_is_a_companion():
    texts = [(f"my grade {k}", "train_pos", k) for k in range(30)]
    texts = [
        (f"{t} f{k} f{k + 1}" + (" extras" if k < 11 else ""), *r)
        for k, (t, *r) in enumerate(texts)
    ]
    texts += [(f"other words {k} f{k}", "train_neg", k) for k in range(1500)]
    reviews = learnable_of(texts)
    found = list(frequent_ngrams(reviews.tokens, reviews.texts, longest=2, least=10))[-1]
    row = {" ".join(reviews.words[k] for k in ngram): n for n, ngram in enumerate(found.ngrams)}
    accompanied = has_companion(reviews, found, word_matrix(reviews))
    assert accompanied[row["my grade"]]  # "extras" in 11 of 30 reviews
    assert not accompanied[row["other words"]]
    fewer = learnable_of(
        [
            (text.replace("extras", f"e{k}") if k == 3 else text, *rest)
            for k, (text, *rest) in enumerate(texts)
        ]
    )
    found = list(frequent_ngrams(fewer.tokens, fewer.texts, longest=2, least=10))[-1]
    assert not has_companion(fewer, found, word_matrix(fewer)).any()  # in 10 of 30: a third


@pytest.fixture(scope="module")
def planted():
    reviews = learnable(forum())
    return reviews, permitted(reviews)


def test_what_everybody_says_passes_and_nobodys_secret_does(planted):
    reviews, found = planted
    passed = set().union(*(words_of(each.ngrams, reviews.words) for each in found.values()))
    assert COMMON in passed and "wonderful" in passed
    assert CAST.lower() in passed
    assert not [ngram for ngram in passed if set(ngram.split()) & set(SECRETS)]


def test_a_rule_that_is_loosened_lets_them_pass(planted, monkeypatch):
    reviews, _ = planted
    monkeypatch.setattr(disclosure.names, "MOSTLY", 2.0)  # nothing is a name
    found = permitted(reviews)
    passed = set().union(*(words_of(each.ngrams, reviews.words) for each in found.values()))
    assert "dunmore" in passed


def test_the_most_frequent_stay_where_ngrams_chain():
    letters = tuple("abcdefghij")
    ngrams = np.array([[k, k + 1, k + 2] for k in range(8)])
    counts = {3: np.array([9, 9, 9, 1, 9, 9, 9, 9])}
    stays = do_not_chain({3: ngrams}, counts, letters)[3]
    assert stays.tolist() == [True, True, True, False, True, True, True, True]
    even = do_not_chain({3: ngrams}, {3: np.full(8, 2)}, letters)[3]
    assert even.tolist() == [True] * (LONGEST_CHAIN - 2) + [False, True, True]
