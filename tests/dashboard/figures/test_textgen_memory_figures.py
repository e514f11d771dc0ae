"""What the figures about memory draw, from tables alone."""

import numpy as np
import pandas as pd
import pytest

from dashboard.app_pages.textgen_recurrence import memory_figure, orders_figure, unfolded_figure

BORDERS = (0, 8, 16)
TITLES = {"a": "Counting", "b": "A <b>net</b>"}
SHARES = pd.DataFrame(
    {
        "title": ["Counting"] * 3 + ["A <b>net</b>"] * 3,
        "at": [0, 1, 2] * 2,
        "label": memory_figure.distance_labels(BORDERS) * 2,
        "short": ["0+", "8+", "16+"] * 2,
        "n": [1234, 20, 30] * 2,
        "accuracy": [0.5, 0.25, 0.125, 1.0, 0.9, 0.13],
    }
)
CLOSING = pd.DataFrame(
    {"model": ["a", "b"], "art": [0.7, 0.004], "box": [0.2, 0.99], "other": [0.1, 0.006]}
)
STATES = pd.DataFrame(
    [
        {"place": place, "year": year, "order": order, "x": x + shift, "y": x * shift}
        for x, (place, year) in enumerate([("peru", "1968"), ("peru", "2009"), ("spain", "1968")])
        for order, shift in (("first", 0.0), ("second", 10.0))
    ]
)


def notes(figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


def shares(**options):
    return memory_figure.shares(
        SHARES,
        accent="A <b>net</b>",
        title="Who knows?",
        axis="distance",
        guess=1 / 8,
        guess_text="a guess, one in 8",
        **options,
    )


def test_classes_are_named_by_their_borders() -> None:
    assert memory_figure.distance_labels(BORDERS) == ["up to 7", "8–15", "16 on"]
    assert memory_figure.place_among(8, BORDERS) == 0.5
    assert memory_figure.place_among(12, BORDERS) == 1.0
    assert memory_figure.place_among(99, BORDERS) == 2.5


def test_each_line_ends_with_its_name_and_the_accent_is_drawn_last() -> None:
    figure = shares()
    assert [trace.name for trace in figure.data] == ["Counting", "A &lt;b&gt;net&lt;/b&gt;"]
    assert notes(figure)[:2] == [
        "■ Counting<br>12.50 %",
        "<b>◆ A &lt;b&gt;net&lt;/b&gt;<br>13.00 %</b>",
    ]
    low, high = (figure.layout.annotations[at].y for at in range(2))
    assert high - low > 5  # the two would lie over each other at their own values
    assert list(figure.layout.xaxis.ticktext) == [
        "up to 7<br>n = 1,234",
        "8–15<br>n = 20",
        "16 on<br>n = 30",
    ]


def test_a_phone_has_shorter_words() -> None:
    mark = memory_figure.Mark(0.7, "from here on outside", "outside")
    wide, narrow = shares(mark=mark), shares(mark=mark, width=360)
    assert "from here on outside" in notes(wide) and "a guess, one in 8" in notes(wide)
    assert "outside" in notes(narrow) and "a guess" in notes(narrow)
    assert narrow.layout.xaxis.ticktext[0] == "0+<br>1,234"
    beyond = memory_figure.Mark(9.0, "from here on outside", "outside")
    assert len(shares(mark=beyond).layout.shapes) == len(wide.layout.shapes) - 1


def test_the_right_name_is_framed_and_the_likeliest_bold() -> None:
    figure = memory_figure.closing_tag(CLOSING, titles=TITLES, right="box")
    cells, words = figure.data
    assert list(words.text) == ["<b>70</b>", "20", "10", "", "<b>99</b>", "1"]
    assert list(zip(words.x, words.y, strict=True))[3] == (0, 1)
    assert np.array(cells.z).shape == (2, 3)
    (frame,) = figure.layout.shapes
    assert (frame.x0, frame.x1) == (0.5, 1.5)
    assert list(figure.layout.yaxis.ticktext) == [
        "Counting<b> ✗</b>",
        "A &lt;b&gt;net&lt;/b&gt;<b> ✓</b>",
    ]
    assert list(figure.layout.xaxis.ticktext) == ["art", "<b>box</b>", "other"]


@pytest.mark.parametrize("right", [None, "div"])
def test_nothing_is_framed_where_nobody_can_be_right(right: str | None) -> None:
    figure = memory_figure.closing_tag(CLOSING, titles=TITLES, right=right)
    assert not figure.layout.shapes
    assert ("✗" in figure.layout.yaxis.ticktext[0]) == (right is not None)


def test_both_orders_of_a_story_are_joined() -> None:
    figure = orders_figure.states(
        STATES, place="peru", year="2009", title="Same?", statements=("one <b>", "other")
    )
    pairs, chosen, *points = figure.data
    assert list(pairs.x) == [0, 10, None, 1, 11, None, 2, 12, None]
    assert list(chosen.x) == [1, 11]
    assert [len(trace.x) for trace in points] == [2, 1, 2, 1]
    assert notes(figure) == ["<b>one &lt;b&gt;</b>", "<b>other</b>"]


def steps(**options):
    inputs = np.arange(18, dtype=np.float32).reshape(3, 6)
    options = {"merge": "added", "title": "What the net holds", **options}
    return unfolded_figure.steps(inputs, np.tanh(inputs), ("t", "<", "e"), **options)


def test_three_steps_are_six_images() -> None:
    figure = steps()
    assert len(figure.data) == 6
    assert [len(image.z) for image in figure.data] == [3] * 6  # six numbers, three by three
    assert list(figure.data[0].z[2]) == [None, None, None]
    assert list(figure.data[0].customdata[0]) == [0, 1, 2]
    assert "<b>&lt;</b>" in notes(figure) and "added" in notes(figure)
    arrows = [note for note in figure.layout.annotations if note.showarrow]
    assert len(arrows) == 3 + 2


def test_images_are_smaller_where_there_is_less_room() -> None:
    assert steps(width=300).layout.height < steps(width=420).layout.height


def test_the_likeliest_next_characters_stand_beside_each_other() -> None:
    table = pd.DataFrame({"char": ["␣", "<"], "sum": [0.6, 0.1], "concatenation": [0.5, 0.2]})
    figure = unfolded_figure.expected(table, title="Behind", names=["concatenation", "sum"])
    assert [trace.name for trace in figure.data] == ["concatenation", "sum"]
    np.testing.assert_allclose(figure.data[0].x, [50, 20])
    assert list(figure.layout.yaxis.ticktext) == ["<b>␣</b>", "<b>&lt;</b>"]


def test_the_cheapest_reader_is_in_colour() -> None:
    table = pd.DataFrame({"title": ["A", "B"], "bits": [2.5, 2.0], "sees": ["3", "all"]})
    figure = unfolded_figure.bits(table, title="What does it cost?")
    (bars,) = figure.data
    assert bars.marker.color[0] != bars.marker.color[1]
    assert notes(figure) == ["A: sees 3", "B: sees all", "<b>2.5000</b>", "<b>2.0000</b>"]
