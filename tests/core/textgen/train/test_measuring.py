import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.textgen.train.measuring import longest_copy, share_of_words, words_of


def test_words_are_runs_of_letters():
    assert words_of("don't say 3 mots à_part!") == ["don", "t", "say", "mots", "à", "part"]


@pytest.mark.parametrize(
    ("text", "share"),
    [("the cat", 1.0), ("the cat ", 0.5), ("xx the yy the.", 0.5), ("the the ca", 1.0)],
)
def test_the_share_of_real_words(text, share):
    assert share_of_words(text, {"the", "dog"}) == share


def test_a_text_without_words_has_no_share():
    assert math.isnan(share_of_words("... 12 cut", {"cut"}))


def test_the_longest_copy():
    source = "he who has a why to live can bear almost any how"
    assert longest_copy("who has why to live can stop", source) == " why to live can "
    assert longest_copy("zzz", source) == ""
    assert longest_copy("", source) == ""
    assert longest_copy(source, source) == source


@given(st.text(alphabet="ab", max_size=12), st.text(alphabet="ab", max_size=12))
def test_the_longest_copy_is_found_as_by_trying_all(text, source):
    parts = {text[i:j] for i in range(len(text)) for j in range(i, len(text) + 1)}
    expected = max((len(part) for part in parts if part in source), default=0)
    found = longest_copy(text, source)
    assert found in source
    assert found in text
    assert len(found) == expected
