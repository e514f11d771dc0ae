"""What the figures about reviews draw, from tables alone."""

import numpy as np
import pandas as pd
import pytest

from dashboard.figures import sentiment_filters, sentiment_scores

TABLE = pd.DataFrame({"title": ["A <b>net</b>", "Linear"], "probability": [0.9, 0.2]})


def notes(figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


def test_bars_begin_where_a_model_cannot_tell() -> None:
    (bars,) = sentiment_scores.scores(TABLE).data
    assert bars.base == 50
    np.testing.assert_allclose(bars.x, [40, -30])
    assert len(set(bars.marker.color)) == 2


def test_sides_are_written_out_and_names_are_no_markup() -> None:
    shown = notes(sentiment_scores.scores(TABLE, chosen="Linear"))
    assert shown == [
        "A &lt;b&gt;net&lt;/b&gt;",
        "<b>Linear</b>",
        "<b>for, 90 %</b>",
        "<b>against, 80 %</b>",
    ]


def test_a_pinned_text_stands_beside() -> None:
    figure = sentiment_scores.scores(TABLE, pinned=[0.5, 0.6])
    assert list(figure.data[1].x) == [50, 60] and figure.data[1].name == "the pinned text"


@pytest.mark.parametrize(("percent", "said"), [(50, "for, 50 %"), (49.6, "against, 50 %")])
def test_the_middle_has_a_side_too(percent: float, said: str) -> None:
    assert sentiment_scores.word(percent) == said


def windows():
    values = {3: np.array([0.0, 2.0, 1.0]), 4: np.array([1.0, 0.0])}
    quoted = {3: ["", "<i>a</i>", "film"], 4: ["x", "y", "z", ""]}
    return sentiment_filters.window_bars(values, quoted, chosen=(4, 1), most=2.0)


def test_a_panel_for_each_size_with_its_window_as_title() -> None:
    figure = windows()
    assert notes(figure) == ["3 words: “· &lt;i&gt;a&lt;/i&gt; film”", "4 words: “x y z ·”"]
    assert [list(trace.y) for trace in figure.data] == [[0, 2, 1], [1, 0]]
    assert figure.layout.yaxis.range == figure.layout.yaxis2.range == (0, 2.1)


def test_only_the_chosen_filter_has_the_accent() -> None:
    first, second = (list(trace.marker.color) for trace in windows().data)
    assert len(set(first)) == 1 and second[0] == first[0] != second[1]
    assert windows().data[1].customdata[1] == [4, 1]


def test_favourites_are_named_in_their_rows() -> None:
    table = pd.DataFrame({"ngram": ["waste of", "<b>"], "value": [2.0, 1.0], "reviews": [9, 3]})
    figure = sentiment_filters.favourites(table)
    assert notes(figure) == ["waste of", "&lt;b&gt;"]
    assert list(figure.data[0].customdata[0]) == ["waste of", 9]
