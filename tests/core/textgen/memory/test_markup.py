import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.textgen.memory.markup import NAMES, MarkupConfig, draw_markup, open_tags

MARKUP = draw_markup(MarkupConfig(max_depth=3), 20_000, seed=1)


def test_every_tag_is_closed_by_its_name():
    assert len(MARKUP.text) >= 20_000
    for line in MARKUP.text.splitlines():
        assert open_tags(line) == []
        assert line.count("</") * 2 == line.count("<")
    for place, depth, distance in zip(
        MARKUP.closes[:200], MARKUP.depths, MARKUP.distances, strict=False
    ):
        stack = open_tags(MARKUP.text[: place - 2])
        assert len(stack) == depth
        assert MARKUP.text[place : place + 4] == f"{stack[-1].name}>"
        assert stack[-1].begins == place - distance
        assert MARKUP.text[: place - distance].endswith(f"<{stack[-1].name}>")


def test_all_depths_and_names_occur_and_words_hold_no_first_letter():
    assert set(MARKUP.depths) == {1, 2, 3}
    assert all(f"<{name}>" in MARKUP.text for name in NAMES)
    assert len({name[0] for name in NAMES}) == len(NAMES)
    outside = "".join(part.rpartition(">")[2] for part in MARKUP.text.split("<"))
    assert not {name[0] for name in NAMES} & set(outside)


def test_the_same_seed_draws_the_same():
    again = draw_markup(MarkupConfig(max_depth=3), 20_000, seed=1)
    assert again.text == MARKUP.text
    np.testing.assert_array_equal(again.closes, MARKUP.closes)
    assert draw_markup(MarkupConfig(), 20_000, seed=2).text != MARKUP.text


@pytest.mark.parametrize(
    ("text", "stack"),
    [
        ("", []),
        ("<a>x<b>", ["a", "b"]),
        ("<a>x<b></b>", ["a"]),
        ("<a><b><c></b>", ["a"]),
        ("</z><a", []),
        ("1 < 2 <a>", []),
        ("<><a></>", ["a"]),
    ],
)
def test_open_tags_of_any_text(text, stack):
    assert [tag.name for tag in open_tags(text)] == stack


@given(st.text(alphabet="<>/ab "))
def test_open_tags_never_fails(text):
    assert all(tag.name.isalpha() for tag in open_tags(text))


@pytest.mark.parametrize("settings", [{"max_depth": 0}, {"mean_word": 0.5}, {"mean_words": 0}])
def test_impossible_settings_are_refused(settings):
    with pytest.raises(InputError, match=next(iter(settings))):
        MarkupConfig(**settings)
