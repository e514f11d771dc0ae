"""The map of words on words at known places: labels, parts, lines, colours."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from dashboard import theme
from dashboard.app_pages.words_map import map_figure as figures
from dashboard.app_pages.words_map import shades_figure
from dashboard.app_pages.words_map.map_figure import Lit, Window
from dashboard.figures import labels
from dashboard.figures.selection import ROW

WIDTH, HEIGHT, FONT = 800, 600, 13


def words(n_words: int = 300, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, n_words))
    return pd.DataFrame(
        {
            "word": [f"word{row}" for row in range(n_words)],
            "rank": np.arange(1, n_words + 1),
            "x": x,
            "y": y,
            "preservation": rng.integers(0, 11, n_words) / 10,
        }
    )


def drawn(table: pd.DataFrame, window: Window | None = None, **options: object) -> go.Figure:
    window = window or figures.whole(table["x"].to_numpy(), table["y"].to_numpy())
    fixed = {"title": "A finding", "axes": "no unit", "revision": "a", "width": WIDTH}
    return figures.word_map(table, window, **{**fixed, "height": HEIGHT, **options})


def texts(figure: go.Figure) -> list[str]:
    return [note.text for note in figure.layout.annotations if note.xref != "paper"]


def boxes(figure: go.Figure) -> np.ndarray:
    """Left, right, bottom and top of each word as text, px."""
    margin, x, y = figure.layout.margin, figure.layout.xaxis.range, figure.layout.yaxis.range
    across, up = WIDTH - margin.l - margin.r, HEIGHT - margin.t - margin.b
    found = []
    for note in figure.layout.annotations:
        if note.xref == "paper":
            continue
        label = labels.Label(0, note.text, note.xanchor, note.yanchor, note.xshift, note.yshift)
        point = (note.x - x[0]) / (x[1] - x[0]) * across, (note.y - y[0]) / (y[1] - y[0]) * up
        found.append(labels.box(label, *point, FONT))
    return np.array(found)


def test_every_word_is_a_point_and_no_two_texts_overlap() -> None:
    table = words()
    figure = drawn(table, n_labels=300)
    (points,) = figure.data
    assert points.customdata[:, ROW].tolist() == table.index.tolist()
    np.testing.assert_allclose(points.x, table["x"])
    found = boxes(figure)
    assert 40 < len(found) == figures.n_words_as_text(figure) < 300
    for place, one in enumerate(found):
        for other in found[:place]:
            across = min(one[1], other[1]) - max(one[0], other[0])
            up = min(one[3], other[3]) - max(one[2], other[2])
            assert across <= 1e-6 or up <= 1e-6


def test_more_frequent_words_come_first_and_the_limit_holds() -> None:
    table = words()
    assert texts(drawn(table, n_labels=1)) == ["word0"]
    assert not texts(drawn(table, n_labels=0))


def test_a_part_names_words_that_the_whole_left_out() -> None:
    table = words(3000)
    few = set(texts(drawn(table)))
    window = Window(-0.3, 0.3, -0.3, 0.3)
    figure = drawn(table, window)
    assert tuple(figure.layout.xaxis.range) == (-0.3, 0.3)
    assert tuple(figure.layout.yaxis.range) == (-0.3, 0.3)
    named = texts(figure)
    assert len(set(named) - few) > 30
    rows = [int(text.removeprefix("word")) for text in named]
    assert window.holds(table["x"].to_numpy()[rows], table["y"].to_numpy()[rows]).all()


@pytest.mark.parametrize(("n_words", "kind"), [(1000, "scatter"), (1001, "scattergl")])
def test_many_points_are_drawn_by_webgl(n_words: int, kind: str) -> None:
    assert drawn(words(n_words)).data[0].type == kind


def test_neighbours_get_lines_that_differ_in_colour_and_dash() -> None:
    table = words()
    near = np.array([7, 70, 170])
    figure = drawn(table, lit=Lit([250], near, np.array([True, False, False])))
    lines = {trace.name: trace for trace in figure.data if trace.mode == "lines"}
    assert list(lines) == ["1 kept near", "2 torn apart"]
    kept, torn = lines.values()
    assert kept.line.color != torn.line.color and kept.line.dash != torn.line.dash
    ends = torn.x.reshape(-1, 3)
    np.testing.assert_allclose(ends[:, 0], table["x"][250])
    np.testing.assert_allclose(ends[:, 1], table["x"][[70, 170]])
    assert np.isnan(ends[:, 2]).all()
    # the searched word and its neighbours are written out, however rare
    assert "<b>word250</b>" in texts(figure)
    assert {"word7", "word70", "word170"} <= set(texts(figure))


def test_several_searched_words_are_ringed_without_lines() -> None:
    figure = drawn(words(), lit=Lit([3, 9]))
    assert all(trace.mode == "markers" for trace in figure.data)
    assert len(figure.data[1].x) == 2
    assert {"<b>word3</b>", "<b>word9</b>"} <= set(texts(figure))


def test_selected_words_are_ringed_if_they_are_drawn() -> None:
    table = words()
    points, rings = drawn(table, ringed=[5, 8, 999]).data
    np.testing.assert_allclose(rings.x, table["x"][[5, 8]])
    assert rings.customdata is None and points.customdata is not None


def test_words_are_shown_as_they_stand() -> None:
    table = words(3)
    table["word"] = ["<b>", "&amp;", "$9.99"]
    figure = drawn(table)
    assert list(figure.data[0].hovertext) == ["&lt;b&gt;", "&amp;amp;", "$9.99"]
    assert set(texts(figure)) == {"&lt;b&gt;", "&amp;amp;", "$9.99"}


def test_a_view_around_words_holds_them_and_is_not_too_close() -> None:
    everything = Window(-10, 10, -5, 5)
    x, y = np.array([1.0, 3.0]), np.array([0.0, 0.0])
    window = figures.around(x, y, everything, 6000)
    assert window.holds(x, y).all()
    width, height = window.size
    assert width == pytest.approx(3) and height == pytest.approx(1)
    everywhere = figures.around(np.array([-10.0, 10.0]), y, everything, 6000)
    assert everywhere.size[0] == pytest.approx(20)
    assert figures.around(x, y, everything, 5).size == pytest.approx(everything.size)


def test_colours_say_their_value_and_size_says_it_too() -> None:
    table = words(400)
    shade = shades_figure.by_preservation(table["preservation"].to_numpy())
    marker = drawn(table, shade=shade).data[0].marker
    np.testing.assert_allclose(marker.color, table["preservation"], rtol=1e-6)
    order = np.argsort(marker.color)
    assert (np.diff(marker.size[order]) >= 0).all() and np.ptp(marker.size) > 1
    assert (marker.cmin, marker.cmax) == (0, 1)


def test_the_scale_of_frequency_steps_by_ten() -> None:
    shade = shades_figure.by_frequency(np.arange(1, 2001))
    assert shade.tick_texts == ["1", "10", "100", "1,000"]
    assert shade.values[999] == pytest.approx(3)
    one = shades_figure.by_frequency(np.array([1]))
    assert one.low < one.high


def test_the_scale_of_an_axis_is_centred_and_names_its_ends() -> None:
    shade = shades_figure.by_axis(np.array([-0.2, 0.0, 0.5]), "<bad>", "good")
    assert shade.low == -shade.high and shade.scale == theme.SIGNED
    assert shade.tick_texts == ("&lt;bad&gt;", "good")
    assert shade.weight[1] == 0
    some = shade.of(np.array([2, 0]))
    assert some.values.tolist() == [0.5, -0.2] and len(some.weight) == 2
    flat = shades_figure.by_axis(np.zeros(3), "a", "b")
    assert flat.low < flat.high
