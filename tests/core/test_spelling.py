"""Nearest spellings, against the textbook's recursion and by words whose mistakes are known."""

import functools
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.spelling import LONGEST, Spellings

VOCABULARY = [
    "the",
    "bush",
    "been",
    "queen",
    "university",
    "ash",
    "receive",
    "straße",
    "a\xa0b",
    "",
]


def distance(a: str, b: str) -> int:
    """Optimal string alignment, straight from its definition."""

    @functools.cache
    def between(i: int, j: int) -> int:
        if min(i, j) == 0:
            return max(i, j)
        options = [
            between(i - 1, j) + 1,
            between(i, j - 1) + 1,
            between(i - 1, j - 1) + (a[i - 1] != b[j - 1]),
        ]
        if min(i, j) > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
            options.append(between(i - 2, j - 2) + 1)
        return min(options)

    return between(len(a), len(b))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("hte", "the"),  # neighbours in the wrong order
        ("bsh", "bush"),  # one missing
        ("quueen", "queen"),  # one too many
        ("recieve", "receive"),
        ("univeristy", "university"),
        ("universitty", "university"),
        ("unuvorsityy", "university"),  # three edits, in a long word
        ("strase", "straße"),
        ("a b", "a\xa0b"),
    ],
)
def test_a_mistake_finds_the_word(typed, meant):
    assert Spellings(VOCABULARY).nearest_spellings(typed)[0] == meant


def test_fewest_edits_come_first_then_the_most_frequent():
    words = ["cast", "coats", "hat", "cut", "cat", "at"]
    assert Spellings(words).nearest_spellings("cat", limit=10) == ["cast", "hat", "cut", "at"]
    assert Spellings(words).nearest_spellings("catz", limit=2) == ["cat", "cast"]


@pytest.mark.parametrize("typed", ["", "xqzzvw", "q" * (LONGEST + 1), "u" * 30])
def test_nothing_near_is_an_empty_list(typed):
    assert Spellings(VOCABULARY).nearest_spellings(typed) == []


def test_an_empty_vocabulary_has_nothing():
    assert Spellings([]).nearest_spellings("word") == []
    assert Spellings(["", ""]).nearest_spellings("word") == []


letters = st.text("abc", max_size=7)


@given(st.lists(letters, unique=True, max_size=30), letters, st.integers(1, 6))
def test_answers_are_those_of_brute_force(words, typed, limit):
    allowed = 1 if len(typed) <= 3 else 2
    ranked = sorted((distance(typed, word), row) for row, word in enumerate(words))
    expected = [words[row] for edits, row in ranked if 0 < edits <= allowed][:limit]
    assert Spellings(words).nearest_spellings(typed, limit=limit) == (expected if typed else [])


@given(
    st.lists(st.text(string.ascii_lowercase, min_size=8, max_size=12), min_size=1, max_size=8),
    st.data(),
)
def test_three_edits_where_nothing_is_nearer(words, data):
    word = data.draw(st.sampled_from(words))
    edited = word[1:-1] + "é"
    found = Spellings(words).nearest_spellings(edited, limit=100)
    nearest = min((d for w in words if (d := distance(edited, w))), default=0)
    if len(edited) >= 8 or nearest <= 2:
        assert found
        assert distance(edited, found[0]) == nearest
