import numpy as np
import pytest

from core.sentiment.explore import slices
from core.sentiment.explore.slices import NEGATIONS, describe_texts
from core.tokens import tokenize
from tests.core.sentiment.samples import texts_of

LINES = ["the film , the end .", "it is n't good , not at all", "", ". !", "never ever no film"]


def test_counts_words_and_negations_but_no_signs():
    table = describe_texts(texts_of(LINES, [1, 0, 1, 0, 0]))
    assert table["words"].tolist() == [4, 7, 0, 0, 4]
    assert table["negations"].tolist() == [0, 2, 0, 0, 2]
    assert table["label"].tolist() == [1, 0, 1, 0, 0]
    assert table["rare"].tolist() == [0] * 5  # fewer than 5,000 words: none is rare


def test_a_word_outside_the_most_frequent_is_rare(monkeypatch):
    monkeypatch.setattr(slices, "COMMON_IDS", 4)  # two words: the most frequent
    table = describe_texts(texts_of(["the film the end", "the film", "x y"]))
    assert table["rare"].tolist() == [0.25, 0, 1]


def test_columns_are_small_and_hold_long_reviews():
    table = describe_texts(texts_of(["not " * 3_000]))
    assert table["words"].tolist() == [3_000]
    assert table["negations"].tolist() == [255]  # a byte, which is enough to sort by
    assert [dtype.name for dtype in table.dtypes] == ["uint8", "uint16", "uint8", "float32"]


@pytest.mark.parametrize("word", ["n't", "not", "never", "cannot"])
def test_negations_are_tokens_as_the_tokeniser_makes_them(word):
    assert word in NEGATIONS
    assert tokenize(word) == [word]


def test_each_negation_counts():
    table = describe_texts(texts_of([f"{word} film" for word in sorted(NEGATIONS)]))
    np.testing.assert_array_equal(table["negations"], 1)
