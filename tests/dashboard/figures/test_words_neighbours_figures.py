"""Lists, parallelograms, strips and planes of words: what is drawn, and that no words overlap."""

import itertools

import numpy as np
import pandas as pd
import pytest

from core.words.explore import ask
from dashboard import theme
from dashboard.app_pages.words_neighbours import analogy_figure, axes_figure
from dashboard.app_pages.words_neighbours import lists_figure as figures
from dashboard.figures import labels
from tests.dashboard.word_samples import sample_vectors


def panel(words: str, title: str = "A set", **columns: object) -> figures.Panel:
    listed = words.split()
    table = pd.DataFrame(
        {
            "word": listed,
            "rank": np.arange(1, len(listed) + 1),
            "cosine": np.linspace(0.9, 0.3, len(listed)),
        }
    )
    return figures.Panel(title, "its texts", table.assign(**columns))


def texts(figure: object) -> list[str]:
    return [
        text
        for trace in figure.data
        if trace.type == "scatter" and trace.mode == "text"
        for text in trace.text
    ]


def test_a_list_has_a_bar_as_long_as_each_cosine() -> None:
    figure = figures.word_lists([panel("tree leaf")], title="Found", width=780)
    track, bar = (trace for trace in figure.data if trace.type == "bar")
    assert bar.x / track.x == pytest.approx([0.9, 0.3])
    assert "tree" in texts(figure) and "0.90" in texts(figure)


def test_a_negative_cosine_has_no_bar_and_a_true_minus() -> None:
    figure = figures.word_lists([panel("tree", cosine=[-0.25])], title="Found")
    assert next(trace for trace in figure.data if trace.name == "cosine").x[0] == 0
    assert f"{theme.MINUS}0.25" in texts(figure)


def test_shared_words_and_inputs_are_marked_by_more_than_colour() -> None:
    figure = figures.word_lists(
        [panel("king tree leaf", is_shared=[True, True, False], is_input=[True, False, False])],
        title="Found",
    )
    assert texts(figure)[:3] == [f"{figures.INPUT} king", f"{figures.SHARED} tree", "leaf"]
    colours = next(trace for trace in figure.data if trace.name == "cosine").marker.color
    assert list(colours) == [theme.ORANGE, theme.BLUE, theme.GREY]


def test_lines_join_what_lists_side_by_side_share() -> None:
    pair = [panel("tree leaf"), panel("grass tree")]
    line = next(
        t
        for t in figures.word_lists(pair, title="Found").data
        if t.type == "scatter" and t.mode == "lines"
    )
    assert len(line.x) == 3  # one line and its gap
    steps = figures.word_lists(pair, title="Found").layout.yaxis
    assert line.y[0] - line.y[1] == pytest.approx(1) and steps.range[0] < line.y[1]
    phone = figures.word_lists(pair, title="Found", width=330)
    assert not [trace for trace in phone.data if trace.type == "scatter" and trace.mode == "lines"]


@pytest.mark.parametrize(
    ("n_panels", "width", "across"), [(3, 780, 3), (4, 780, 2), (3, 330, 1), (5, 1200, 5)]
)
def test_lists_stand_side_by_side_as_far_as_there_is_room(
    n_panels: int, width: int, across: int
) -> None:
    assert figures.n_across(n_panels, width) == across


def test_words_are_shown_letter_by_letter() -> None:
    figure = figures.word_lists([panel("<b>x</b>", title="<i>A</i>")], title="“<b>” & more")
    assert "&lt;b&gt;x&lt;/b&gt;" in texts(figure)
    assert figure.layout.title.text == "“&lt;b&gt;” &amp; more"
    assert "&lt;i&gt;A" in figure.layout.annotations[0].text
    assert all("<b>x" not in hover for hover in figure.data[0].customdata)


def test_a_long_title_takes_two_lines_and_more_room() -> None:
    one, above = labels.headline("short", 300, 14)
    assert (one, above) == ("short", 48)
    two, more = labels.headline("a finding that is too long for a phone", 200, 14)
    first, second = two.split("<br>")
    assert f"{first} {second}" == "a finding that is too long for a phone" and more > above
    cut, _ = labels.headline("x" * 200, 200, 14)
    assert cut.endswith(labels.ELLIPSIS) and "<br>" not in cut


def test_words_of_a_strip_do_not_overlap_and_leave_the_crowd_to_ticks() -> None:
    rng = np.random.default_rng(0)
    centres = rng.uniform(300, 500, 200)
    words = [f"word{number}" for number in range(200)]
    lanes = axes_figure.lanes_of(centres, words, 780, 14)
    drawn = [row for row, lane in enumerate(lanes) if lane is not None]
    assert 9 < len(drawn) < 200 and lanes[0] == 0
    for one, other in itertools.combinations(drawn, 2):
        if lanes[one] == lanes[other]:
            apart = abs(centres[one] - centres[other])
            both = labels.text_width(words[one], 14) + labels.text_width(words[other], 14)
            assert apart >= both / 2


def test_a_strip_has_each_word_at_its_position() -> None:
    table = pd.DataFrame({"word": ["awful", "<b>", "great"], "position": [-0.4, 0.1, 0.5]})
    figure = axes_figure.strips([("A set", table)], "bad", "good", title="Found")
    ticks, words = figure.data
    assert list(ticks.x) == list(words.x) == [-0.4, 0.1, 0.5]
    assert list(words.text) == ["awful", "&lt;b&gt;", "great"]
    assert list(ticks.marker.line.color) == [theme.VERMILION, theme.BLUE, theme.BLUE]
    low, high = figure.layout.xaxis.range
    assert low == -high and high > 0.5
    assert "bad" in figure.layout.xaxis.title.text and "good" in figure.layout.xaxis.title.text


def test_planes_share_their_scale_and_hold_neutral() -> None:
    tables = [
        ("One", pd.DataFrame({"word": ["a", "b"], "x": [0.1, 0.3], "y": [0.2, 0.4]})),
        ("Two", pd.DataFrame({"word": ["a", "b"], "x": [0.5, 0.2], "y": [-0.2, 0.1]})),
    ]
    figure = axes_figure.planes(tables, ("bad", "good"), ("man", "woman"), title="Found")
    layout = figure.layout
    assert layout.xaxis.range == layout.xaxis2.range and layout.yaxis.range == layout.yaxis2.range
    assert layout.xaxis.range[0] < 0 and layout.xaxis.range[1] > 0.5
    assert layout.yaxis.range[0] < -0.2 and layout.yaxis.range[1] > 0.4
    assert layout.xaxis.domain[1] < layout.xaxis2.domain[0]
    shown = [note.text for note in layout.annotations]
    assert {"a", "b", "<b>One</b>", "<b>Two</b>", "↑ woman", "↓ man"} <= set(shown)


def test_the_parallelogram_closes_and_finds_its_plane() -> None:
    vectors = sample_vectors("sgns")
    points = ask.parallelogram(vectors, ["man", "king", "woman"], "queen")
    at = points.set_index("role")[["x", "y"]]
    assert points["word"].tolist() == ["man", "king", "woman", "queen", "b − a + c"]
    assert (at.loc["b"] - at.loc["a"]).to_numpy() == pytest.approx(
        (at.loc["sum"] - at.loc["c"]).to_numpy()
    )
    step = at.loc["b"] - at.loc["a"]
    assert step["x"] > 0 and step["y"] == pytest.approx(0)  # to the right
    assert at.loc["c", "y"] >= at.loc["a", "y"]
    assert 0.5 < points["share"].iloc[0] <= 1
    nearest = ask.parallelogram(vectors, ["man", "king", "man"], "king")
    assert np.isfinite(nearest[["x", "y"]].to_numpy()).all()


def test_a_picture_a_set_with_one_scale_for_both_axes() -> None:
    vectors = sample_vectors("sgns")
    points = ask.parallelogram(vectors, ["man", "king", "woman"], "queen")
    figure = analogy_figure.parallelograms([("One", points), ("Two", points)], width=780)
    layout = figure.layout
    assert layout.xaxis.domain[1] < layout.xaxis2.domain[0]
    for letter in ("x", "y"):
        low, high = layout[f"{letter}axis"].range
        assert low < points[letter].min() and high > points[letter].max()
    shown = [note.text for note in layout.annotations]
    assert [shown.count(word) for word in ("man", "king", "woman", "queen")] == [2] * 4
