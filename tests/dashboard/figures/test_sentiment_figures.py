"""What the figures about reviews draw, from tables alone."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from dashboard.app_pages.sentiment_filters import window_figure
from dashboard.app_pages.sentiment_score import scores_figure
from dashboard.figures import labels

TABLE = pd.DataFrame({"title": ["A <b>net</b>", "Linear"], "probability": [0.9, 0.2]})


def notes(figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


def test_bars_begin_where_a_model_cannot_tell() -> None:
    (bars,) = scores_figure.scores(TABLE).data
    assert bars.base == 50
    np.testing.assert_allclose(bars.x, [40, -30])
    assert len(set(bars.marker.color)) == 2


def test_sides_are_written_out_and_names_are_no_markup() -> None:
    shown = notes(scores_figure.scores(TABLE, chosen="Linear"))
    assert shown == [
        "A &lt;b&gt;net&lt;/b&gt;",
        "<b>Linear</b>",
        "<b>for, 90 %</b>",
        "<b>against, 80 %</b>",
    ]


def test_a_pinned_text_stands_beside() -> None:
    figure = scores_figure.scores(TABLE, pinned=[0.5, 0.6])
    assert list(figure.data[1].x) == [50, 60] and figure.data[1].name == "the pinned text"


@pytest.mark.parametrize(("percent", "said"), [(50, "for, 50 %"), (49.6, "against, 50 %")])
def test_the_middle_has_a_side_too(percent: float, said: str) -> None:
    assert scores_figure.word(percent) == said


SAID = {  # by two filters over three words and two over four, at each of three places
    3: np.array([[0, 2], [1, 0.1239], [0, 0]], np.float32),
    4: np.array([[1, 0], [0, 0.5], [0, 0.25]], np.float32),
}
WORDS = ["<i>a</i>", "fine", "film"]


def windows(place: int = 0, **options) -> go.Figure:
    return window_figure.sliding_window(SAID, WORDS, chosen=(4, 1), place=place, **options)


def test_a_panel_for_each_size_has_its_window_as_title() -> None:
    figure = windows()
    assert notes(figure) == [
        "3 words: “· <b>&lt;i&gt;a&lt;/i&gt;</b> fine”",
        "4 words: “· <b>&lt;i&gt;a&lt;/i&gt;</b> fine film”",
        "<b>Filter 2</b> along the review: 0.00 here",
    ]
    assert [list(trace.y) for trace in figure.data] == [[0, 2], [1, 0], [0, 0.5, 0.25], [0]]
    assert figure.layout.yaxis.range == figure.layout.yaxis2.range == (0, 2.1)


def test_each_place_has_a_frame_with_its_bars_words_and_point() -> None:
    figure = windows(place=2)
    assert [frame.name for frame in figure.frames] == ["1", "2", "3"]
    second = figure.frames[1]
    assert [list(trace.y) for trace in second.data] == [[1, 0.124], [0, 0.5], [0.5]]
    assert second.traces == (0, 1, 3) and list(second.data[2].x) == [2]
    assert [note.text for note in second.layout.annotations] == notes(windows(place=1))
    assert all(frame.layout.yaxis.range is None for frame in figure.frames)  # the scale stays
    (slider,) = figure.layout.sliders
    assert slider.active == 2 and [step.args[0][0] for step in slider.steps] == ["1", "2", "3"]


def test_a_bar_knows_filter_and_place_in_every_frame() -> None:
    figure = windows(place=2)
    assert list(figure.data[1].customdata) == [[4, 0, 2], [4, 1, 2]]
    assert list(figure.frames[0].data[1].customdata) == [[4, 0, 0], [4, 1, 0]]
    assert list(figure.data[2].customdata) == [[4, 1, 0], [4, 1, 1], [4, 1, 2]]


def test_only_the_chosen_filter_has_the_accent() -> None:
    figure = windows()
    first, second = (list(trace.marker.color) for trace in figure.data[:2])
    assert len(set(first)) == 1 and second[0] == first[0] != second[1]
    (column,) = figure.layout.shapes
    assert (column.x0, column.x1, column.xref) == (1.5, 2.5, "x2")
    assert all(trace.marker.color is None for frame in figure.frames for trace in frame.data)


@pytest.mark.parametrize("width", [300, 360, 420])
@pytest.mark.parametrize("font_size", [13, 18])
def test_a_window_of_long_words_fits_in_its_line(width: int, font_size: int) -> None:
    words = ["a", "incomprehensibilities" * 3, "the", "uncharacteristically", "counterproductive"]
    figure = window_figure.sliding_window(
        {5: np.ones((5, 2), np.float32)},
        words,
        chosen=(5, 0),
        place=2,
        width=width,
        font_size=font_size,
    )
    line = notes(figure)[0].replace("<b>", "").replace("</b>", "")
    assert labels.text_width(line, font_size + 1) <= width - figure.layout.margin.r
    assert line.startswith("5 words: “a in") and " the " in line and "…" in line


@pytest.mark.parametrize(
    ("n_places", "place", "first", "last"),
    [(0, 0, 0, -1), (1, 0, 0, 0), (120, 60, 0, 119), (500, 0, 0, 119), (500, 250, 190, 309)]
    + [(500, 499, 380, 499)],
)
def test_of_a_long_review_the_places_around_the_window_play(
    n_places: int, place: int, first: int, last: int
) -> None:
    assert window_figure.played(n_places, place, 64) == range(first, last + 1)


def test_many_filters_leave_fewer_frames():
    assert window_figure.played(500, 250, 1_000) == range(232, 268)
    assert window_figure.played(500, 250, 10**6) == range(250, 251)


def test_three_sizes_of_a_hundred_filters_stay_below_a_megabyte() -> None:
    rng = np.random.default_rng(0)
    said = {size: rng.uniform(0, 3, (500, 100)).astype(np.float32) for size in (3, 4, 5)}
    figure = window_figure.sliding_window(said, ["wonderful"] * 500, chosen=(3, 0), place=250)
    assert len(figure.frames) == window_figure.MOST_FRAMES
    assert len(figure.to_json()) < 1_000_000


def test_silent_filters_have_a_scale() -> None:
    silent = {1: np.zeros((1, 2), np.float32)}
    figure = window_figure.sliding_window(silent, [""], chosen=(1, 0), place=0)
    assert figure.layout.yaxis.range == figure.layout.yaxis2.range == (0, 1.05)
    assert notes(figure)[0] == "1 word: “<b>·</b>”"


def test_favourites_are_named_in_their_rows() -> None:
    table = pd.DataFrame({"ngram": ["waste of", "<b>"], "value": [2.0, 1.0], "reviews": [9, 3]})
    figure = window_figure.top_ngrams(table)
    assert notes(figure) == ["waste of", "&lt;b&gt;"]
    assert list(figure.data[0].customdata[0]) == ["waste of", 9]
