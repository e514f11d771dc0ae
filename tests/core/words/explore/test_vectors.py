"""Questions to vectors: answers known by construction, and the formulas word for word."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.words.explore.ask import compare
from core.words.explore.vectors import WordVectors, largest_rows, unit_rows

# royal, male, female, then a direction of its own
ROYAL = {
    "king": (1, 1, 0, 0),
    "man": (0, 1, 0, 0),
    "woman": (0, 0, 1, 0),
    "queen": (1, 0, 1, 0),
    "apple": (0, 0, 0, 3),
    "nothing": (0, 0, 0, 0),
}


def royal(**kwargs) -> WordVectors:
    return WordVectors("toy", "a toy", list(ROYAL), np.array(list(ROYAL.values()), float), **kwargs)


def drawn(n_words: int = 60, n_dims: int = 5, seed: int = 0) -> WordVectors:
    rng = np.random.default_rng(seed)
    words = [f"w{number}" for number in range(n_words)]
    return WordVectors("drawn", "drawn words", words, rng.normal(size=(n_words, n_dims)))


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.sqrt(a @ a) / np.sqrt(b @ b))


def sentence(call, *args, **kwargs) -> str:
    with pytest.raises(InputError) as caught:
        call(*args, **kwargs)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_king_minus_man_plus_woman_is_queen():
    matrix = np.array([(1, 1, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1)]) / 1.0
    # all of length 1, so that king - man + woman is queen to the last bit
    matrix[[0, 3]] /= np.sqrt(2)
    vectors = WordVectors("toy", "a toy", ["king", "man", "woman", "queen"], matrix)
    answer = vectors.analogy("man", "king", "woman", n=1)
    assert answer["word"].tolist() == ["queen"]
    assert not answer["is_input"].any()


def test_an_analogy_may_answer_with_its_own_words():
    # long step, short answer: king itself lies nearest to king - man + woman
    words = ["king", "man", "woman", "queen"]
    matrix = np.array([(3, 0.1, 0), (0.9, 1, 0.2), (0.9, 1, 0.3), (1, 1, 1)])
    vectors = WordVectors("toy", "a toy", words, matrix)
    table = vectors.analogy("man", "king", "woman", exclude_inputs=False)
    assert table["word"][0] == "king"
    assert table["is_input"].tolist() == [word != "queen" for word in table["word"]]
    assert set(vectors.analogy("man", "king", "woman")["word"]) == {"queen"}


@settings(max_examples=40)
@given(st.integers(0, 1000), st.booleans(), st.one_of(st.none(), st.integers(1, 70)))
def test_analogy_is_3cosadd(seed, exclude_inputs, top_n):
    vectors = drawn(seed=seed)
    a, b, c = np.random.default_rng(seed).choice(60, 3, replace=False)
    unit = vectors.matrix.astype(float)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    query = unit[b] - unit[a] + unit[c]
    scores = {row: cosine(unit[row], query) for row in range(min(60, top_n or 60))}
    if exclude_inputs:
        scores = {row: score for row, score in scores.items() if row not in (a, b, c)}
    expected = sorted(scores, key=scores.get, reverse=True)[:10]
    table = vectors.analogy(f"w{a}", f"w{b}", f"w{c}", exclude_inputs=exclude_inputs, top_n=top_n)
    assert table["row"].tolist() == expected
    np.testing.assert_allclose(table["cosine"], [scores[row] for row in expected], atol=1e-6)
    assert table["is_input"].tolist() == [row in (a, b, c) for row in expected]


@settings(max_examples=40)
@given(st.integers(0, 1000), st.integers(1, 80), st.one_of(st.none(), st.integers(1, 70)))
def test_neighbours_are_those_of_brute_force(seed, n, top_n):
    vectors = drawn(seed=seed)
    scores = {
        row: cosine(vectors.matrix[7].astype(float), vectors.matrix[row].astype(float))
        for row in range(min(60, top_n or 60))
        if row != 7
    }
    expected = sorted(scores, key=scores.get, reverse=True)[:n]
    table = vectors.neighbours("w7", n=n, top_n=top_n)
    assert list(table) == ["row", "word", "rank", "cosine"]
    assert table["row"].tolist() == expected
    assert table["word"].tolist() == [f"w{row}" for row in expected]
    assert table["rank"].tolist() == [row + 1 for row in expected]
    np.testing.assert_allclose(table["cosine"], [scores[row] for row in expected], atol=1e-6)


def test_equal_cosines_come_in_the_order_of_frequency():
    vectors = WordVectors("toy", "a toy", list("abcdefgh"), np.ones((8, 2)))
    assert vectors.neighbours("c", n=3)["word"].tolist() == ["a", "b", "d"]


@given(st.lists(st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 1.0]), max_size=40), st.integers(1, 50))
def test_largest_rows_are_those_of_a_stable_sort(values, n):
    scores = np.array(values, np.float32)
    order = np.argsort(-scores, kind="stable")
    expected = [row for row in order if scores[row] > -np.inf][:n]
    assert largest_rows(scores, n).tolist() == expected


def test_similarity():
    vectors = royal()
    assert vectors.similarity("king", "queen") == pytest.approx(0.5)
    assert vectors.similarity("man", "woman") == 0
    assert vectors.similarity("king", "king") == pytest.approx(1)
    assert vectors.similarity("king", "king") <= 1
    assert vectors.similarity("king", "nothing") == 0


def test_an_axis_runs_from_low_to_high():
    vectors = royal()
    np.testing.assert_allclose(vectors.axis("man", "woman"), np.array([0, -1, 1, 0]) / 2**0.5)
    along = dict(zip(vectors.words, vectors.along("man", "woman"), strict=True))
    assert along["man"] == pytest.approx(-along["woman"]) == pytest.approx(-(0.5**0.5))
    assert along["king"] == pytest.approx(-0.5)
    assert along["apple"] == along["nothing"] == 0
    assert vectors.along("man", "woman", np.array([3])) == pytest.approx([0.5])


def test_ends_of_an_axis():
    table = royal().ends("man", "woman", n=2)
    assert table["word"].tolist() == ["man", "king", "woman", "queen"]
    assert table["end"].tolist() == ["low", "low", "high", "high"]
    np.testing.assert_allclose(table["position"], [-(0.5**0.5), -0.5, 0.5**0.5, 0.5])
    assert royal().ends("man", "woman", n=1, top_n=2)["word"].tolist() == ["man", "king"]


@settings(max_examples=40)
@given(st.integers(1, 100), st.integers(1, 70))
def test_no_word_stands_at_both_ends(n, top_n):
    table = drawn().ends("w3", "w5", n=n, top_n=top_n)
    assert table["row"].is_unique
    assert len(table) == min(2 * n, top_n, 60)
    assert table["row"].max() < top_n
    low = table.query("end == 'low'")["position"]
    high = table.query("end == 'high'")["position"]
    assert low.is_monotonic_increasing
    assert high.is_monotonic_decreasing
    assert len(low) == 0 or low.max() <= high.min()


def test_words_are_found_in_other_forms():
    vectors = WordVectors("toy", "a toy", ["king", "Anna", "café", "straße", "a\xa0b"], np.eye(5))
    for asked, row in (
        ("king", 0),
        (" King\n", 0),
        ("KING", 0),
        ("Anna", 1),
        ("cafe\u0301", 2),  # the accent as a character of its own
        ("a\xa0b", 4),
        ("\uff4b\uff49\uff4e\uff47", 0),  # full width
        ("ki\u00adng\u200b", 0),
        ("\ufeffking\u00a0", 0),
        ("caf&eacute;", 2),
    ):
        assert vectors.find(asked) == row
        assert vectors.knows(asked)
    assert not vectors.knows("queen")
    signs = WordVectors("toy", "a toy", ["n't", "o'brien", "\u2019", "..."], np.eye(4))
    typed = ("n\u2019t", "O\u2032Brien", "\u2019", "\u2026")  # the last but one is a word itself
    assert [signs.find(word) for word in typed] == [0, 1, 2, 3]
    assert vectors.find_all(["Anna", "KING"]).tolist() == [1, 0]
    assert vectors.find_all([]).tolist() == []
    assert "king" in vectors
    assert "KING" not in vectors
    assert vectors.rows_or_absent(["Anna", "KING"]).tolist() == [1, -1]


def test_an_unknown_word_suggests_the_nearest_spellings():
    assert sentence(royal().find, "Quen") == (
        "word (Quen) is not among the 6 words of a toy; did you mean queen?"
    )
    assert "nothing is spelled like it" in sentence(royal().find, "zzzz")
    assert "word is empty" in sentence(royal().find, "  ")
    assert royal().suggest("knig") == ["king"]


def test_unknown_words_come_in_one_sentence():
    message = sentence(royal().find_all, ["knig", *"abcdefg", "king", "a"])
    assert message == (
        "8 words (knig, a, b, c, d and 3 more) are not among the 6 words of a toy; "
        "knig: did you mean king?"
    )


def test_a_pasted_text_gives_a_short_sentence():
    assert len(sentence(royal().find, "pasted\n" * 2000)) < 150


@pytest.mark.parametrize("n", [0, -1, 1001, 2.0, True, "3", None])
def test_n_has_bounds(n):
    message = sentence(royal().neighbours, "king", n=n)
    assert message == f"n ({n}) should be a whole number from 1 to 1,000"
    sentence(royal().ends, "man", "woman", n=n)
    sentence(compare, royal(), royal(), "king", n=n)


@pytest.mark.parametrize("top_n", [0, -5, 1.5])
def test_top_n_has_a_bound(top_n):
    assert "at least 1" in sentence(royal().neighbours, "king", top_n=top_n)


def test_no_direction_no_answer():
    vectors = royal()
    assert "zeros" in sentence(vectors.neighbours, "nothing")
    assert "zeros" in sentence(vectors.analogy, "king", "nothing", "queen")
    assert "same way" in sentence(vectors.axis, "king", "king")
    for query in (np.zeros(4), np.full(4, np.nan), np.array([np.inf, 0, 0, 0])):
        assert "no direction" in sentence(vectors.nearest_words, query)
    assert "shape" in sentence(vectors.nearest_words, np.ones(3))
    twins = WordVectors("toy", "a toy", ["a", "b", "c"], np.array([(1, 0), (2, 0), (-1, 0)]))
    assert "same way" in sentence(twins.axis, "a", "b")
    three = np.array([(1, 0), (-0.5, 0.75**0.5), (-0.5, -(0.75**0.5))])
    around = WordVectors("toy", "a toy", ["a", "b", "c"], three * [[-1], [1], [1]])
    assert "cancel out" in sentence(around.analogy, "a", "b", "c")


@settings(max_examples=30)
@given(st.sampled_from([1e-30, 1e-3, 1.0, 1e30]), st.integers(0, 99))
def test_length_plays_no_part(scale, seed):
    vectors = drawn(seed=seed)
    scaled = WordVectors("s", "s", vectors.words, vectors.matrix.astype(float) * scale)
    query = np.arange(1.0, 6.0)
    assert scaled.neighbours("w0")["row"].tolist() == vectors.neighbours("w0")["row"].tolist()
    for length in (1e-200, scale, 1e200):  # squares beyond what 64 bits hold
        near = vectors.nearest_words(query * length)
        assert near["row"].tolist() == vectors.nearest_words(query)["row"].tolist()


def test_vectors_never_change():
    vectors = royal(counts=np.arange(6))
    for array in (vectors.matrix, vectors.unit, vectors.counts):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    before = vectors.unit.copy()
    vectors.neighbours("king")
    vectors.ends("man", "woman")
    np.testing.assert_array_equal(vectors.unit, before)
    assert (vectors.matrix.dtype, vectors.unit.dtype) == (np.float32, np.float32)
    assert vectors.counts.dtype == np.int64
    assert (len(vectors), vectors.n_dims) == (6, 4)


def test_what_does_not_fit_is_refused():
    eye = np.eye(2)
    assert "a twice" in sentence(WordVectors, "t", "t", ["a", "a"], eye)
    assert "(2, 2)" in sentence(WordVectors, "t", "t", ["a", "b", "c"], eye)
    assert "not empty" in sentence(WordVectors, "t", "t", [], np.empty((0, 2)))
    assert "unit" in sentence(WordVectors, "t", "t", ["a", "b"], eye, unit=np.eye(3))
    assert "counts" in sentence(WordVectors, "t", "t", ["a", "b"], eye, counts=np.ones(3))
    assert "row 1" in sentence(unit_rows, np.array([(1.0, 0), (0, np.nan)]))


def test_a_comparison_of_a_set_with_itself_shares_all():
    found = compare(drawn(), drawn(), "w7", n=5)
    assert found.jaccard == 1
    assert found.shared == found.here["word"].tolist() == found.there["word"].tolist()
    assert found.here["place_there"].tolist() == [1, 2, 3, 4, 5]
    np.testing.assert_array_equal(found.here["cosine"], found.here["cosine_there"])


def test_sets_that_differ():
    # in the first set bush is a president, in the second one a plant
    first = WordVectors(
        "first",
        "first",
        ["bush", "clinton", "tree", "reagan"],
        np.array([(1, 0), (1, 0.1), (0, 1), (1, 0.2)]),
    )
    second = WordVectors(
        "second",
        "second",
        ["tree", "bush", "clinton", "hedge"],
        np.array([(1, 0.1, 0), (1, 0, 0), (0, 1, 0), (1, 0.05, 0)]),
    )
    found = compare(first, second, "bush", n=1)
    assert found.here["word"].tolist() == ["clinton"]
    assert found.there["word"].tolist() == ["hedge"]
    assert (found.shared, found.jaccard) == ([], 0)
    two = compare(first, second, "bush", n=2)
    assert two.here["word"].tolist() == ["clinton", "reagan"]
    assert two.there["word"].tolist() == ["hedge", "tree"]
    assert two.here["place_there"].tolist() == [3, 0]
    assert two.there["place_there"].tolist() == [0, 3]
    assert two.there["cosine_there"][1] == 0
    assert np.isnan(two.here["cosine_there"][1])
    both = compare(first, second, "bush", n=3)
    assert both.shared == ["clinton", "tree"]
    assert both.jaccard == 0.5
    assert compare(first, second, "bush", top_n=2).here["word"].tolist() == ["clinton"]
    assert "reagan" in sentence(compare, first, second, "reagan")
