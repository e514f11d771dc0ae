import numpy as np
import pytest

from core.sentiment.disclosure.names import (
    COMMON,
    capital_shares,
    known_from_films,
    name_words,
    runs_of,
)
from core.sentiment.disclosure.reviews import frequent_ngrams
from tests.core.sentiment.forum import learnable_of


def sized(reviews, size, least=1):
    found = list(frequent_ngrams(reviews.tokens, reviews.texts, longest=size, least=least))
    return found[-1]


def rows_of(reviews, found):
    """Row of each n-gram by its words."""
    words = reviews.words
    return {" ".join(words[k] for k in ngram): row for row, ngram in enumerate(found.ngrams)}


def test_a_word_is_judged_by_its_capitals_in_mid_sentence():
    reviews = learnable_of(
        [(f"Old {k} he saw Ann , Will would . The OLD man", "train_pos", k) for k in range(6)]
    )
    shares = dict(zip(reviews.words, capital_shares(reviews), strict=True))
    assert shares["ann"] == shares["will"] == 1  # a comma does not begin a sentence
    assert shares["the"] == 1  # it never stands in mid-sentence here: then all places count
    assert shares["would"] == shares["saw"] == shares["man"] == 0
    assert shares["old"] == 1  # shouting does not count


def test_a_plain_word_is_a_name_where_it_has_a_capital():
    texts = [("they will see Will Smith there", "train_pos", k) for k in range(8)]
    texts += [("he will go", "train_neg", k) for k in range(30)]
    reviews = learnable_of([(f"{text} {k}", *rest) for k, (text, *rest) in enumerate(texts)])
    found = sized(reviews, 2)
    names = name_words(reviews, found, capital_shares(reviews))
    row = rows_of(reviews, found)
    assert names[row["will smith"]].tolist() == [True, True]
    assert names[row["see will"]].tolist() == [False, True]
    assert names[row["will go"]].tolist() == [False, False]


def test_the_pronoun_and_numbers_are_no_names():
    reviews = learnable_of([(f"when I saw 9 {k}", "train_pos", k) for k in range(6)])
    found = sized(reviews, 1)
    assert not name_words(reviews, found, capital_shares(reviews)).any()


@pytest.mark.parametrize("n_near", [1, 3])
def test_a_name_is_known_if_reviewers_of_one_film_speak_of_it(n_near):
    texts = []
    for film in range(40):
        for k in range(6):
            name = "Ada" if film % 8 == 0 and k < n_near else "nobody"
            texts.append((f"and {name} {film} {k}", "train_pos", 30 * film + k))
    reviews = learnable_of(texts)
    found = sized(reviews, 1)
    known = known_from_films(reviews, found)
    assert known[rows_of(reviews, found)["ada"]] == (n_near > 1)


def test_mentions_anywhere_are_not_near_each_other():
    rng = np.random.default_rng(0)
    texts = [(f"w{rng.integers(4)} {k}", "train_unsup", k) for k in range(400)]
    reviews = learnable_of(texts)
    found = sized(reviews, 1)
    known = known_from_films(reviews, found)
    assert not known[[row for word, row in rows_of(reviews, found).items() if word[0] == "w"]].any()


def test_a_word_of_many_reviews_is_nobodys_name():
    texts = [(f"word {k}", "train_unsup", k) for k in range(COMMON)]
    for some, expected in ((texts, True), (texts[1:], False)):
        reviews = learnable_of(some)
        found = sized(reviews, 1)
        assert known_from_films(reviews, found)[rows_of(reviews, found)["word"]] == expected


def test_runs_of_names():
    assert runs_of(np.array([True, True, False, True])) == [(0, 2), (3, 4)]
    assert runs_of(np.zeros(3, bool)) == []
