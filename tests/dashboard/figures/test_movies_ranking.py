"""Figures of the ranking page, on a handful of films with known ranks."""

import numpy as np
import pandas as pd
import pytest

from dashboard import theme
from dashboard.app_pages.movies_ranking import ranking_figure, reversals_figure
from dashboard.figures import film_points
from dashboard.figures.selection import ROW
from dashboard.figures.stars import stars


def ranked(n: int = 10) -> pd.DataFrame:
    """Films in order of bias; film 0 of 10 has rank 1 by bias and rank 10 by mean."""
    bias = np.linspace(1.0, -1.0, n)
    return pd.DataFrame(
        {
            "label": [f"Film <{row}> (2000)" for row in range(n)],
            "genres": ["Drama"] * n,
            "count": np.arange(10, 10 + n),
            "mean": np.linspace(2.0, 4.0, n),
            "bias": bias,
            "bias_sd": np.full(n, 0.1),
            "bias_rank": np.arange(1, n + 1),
            "mean_rank": np.arange(n, 0, -1),
            "reversal": np.arange(n, 0, -1) - np.arange(1, n + 1),
        },
        index=np.arange(100, 100 + n),
    )


def rows(trace: object) -> list[int]:
    return [data[ROW] for data in trace.customdata]


def test_both_ends_are_drawn_and_the_rest_is_counted() -> None:
    figure = ranking_figure.best_and_worst(ranked(), 2)
    bars, titles = figure.data
    assert rows(bars) == [100, 101, 108, 109]
    assert list(bars.y) == [0, -1, -3, -4]
    assert list(bars.marker.color) == [theme.BLUE] * 2 + [theme.VERMILION] * 2
    assert list(bars.error_x.array) == pytest.approx([0.1] * 4)
    assert list(titles.textposition) == ["middle left"] * 2 + ["middle right"] * 2
    assert titles.text[0] == "Film &lt;0&gt; (2000)"
    assert "6 more films" in figure.layout.annotations[0].text


def test_a_film_between_the_ends_is_drawn_in_the_accent_colour() -> None:
    figure = ranking_figure.best_and_worst(ranked(), 2, highlight=104)
    bars, titles = figure.data
    assert rows(bars) == [100, 101, 104, 108, 109]
    assert bars.marker.color[2] == theme.ORANGE
    assert titles.text[2].startswith("<b>")
    assert [note.text for note in figure.layout.annotations] == [
        "<i>2 more films</i>",
        "<i>3 more films</i>",
    ]


def test_few_films_are_all_drawn_once() -> None:
    figure = ranking_figure.best_and_worst(ranked(3), 5)
    assert rows(figure.data[0]) == [100, 101, 102]
    assert not figure.layout.annotations


def test_one_seed_shows_no_spread() -> None:
    figure = ranking_figure.best_and_worst(ranked().assign(bias_sd=np.nan), 3)
    assert not figure.data[0].error_x.visible


@pytest.mark.parametrize("width", [300, 600, 780, 1800])
def test_titles_and_bars_fit_the_axis(width: int) -> None:
    long = ranked().assign(label="The Lord of the Rings: The Fellowship of the Ring (2001)")
    figure = ranking_figure.best_and_worst(long, 3, width=width)
    low, high = figure.layout.xaxis.range
    assert -60 < low <= -1.1 and 1.1 <= high < 60


def test_reversals_are_ordered_and_split() -> None:
    films = ranked()
    chosen = reversals_figure.largest_reversals(films, 2)
    assert chosen.index.tolist() == [100, 101, 108, 109]
    assert chosen["reversal"].tolist() == [9, 7, -7, -9]
    figure = reversals_figure.reversals(films, 2)
    by_mean, by_bias = figure.data[-2:]
    assert list(by_mean.x) == [10, 9, 2, 1] and list(by_bias.x) == [1, 2, 9, 10]
    assert rows(by_bias) == chosen.index.tolist()
    assert by_mean.marker.symbol == "circle-open" and by_bias.marker.symbol == "circle"


def test_a_found_film_stands_apart_from_the_largest_reversals() -> None:
    figure = reversals_figure.reversals(ranked(), 2, highlight=104)
    assert rows(figure.data[-1]) == [100, 101, 108, 109, 104]
    assert figure.data[-1].marker.color[4] == theme.ORANGE
    assert [note.text for note in figure.layout.annotations] == [
        "<b>▲ Liked by strict raters</b>",
        "<b>▼ Loved by generous raters</b>",
        "<b>The film you look for</b>",
    ]
    assert list(figure.data[-1].y) == [0, -1, -3, -4, -6]


def test_films_that_keep_their_rank_are_no_reversal() -> None:
    films = ranked().assign(mean_rank=range(1, 11), reversal=0)
    assert reversals_figure.largest_reversals(films, 3).empty
    figure = reversals_figure.reversals(films, 3)
    assert all(not len(trace.x) for trace in figure.data)


def test_bias_against_mean_marks_the_line_and_the_film() -> None:
    films = ranked().assign(bias=lambda table: 0.5 * table["mean"] - 1.0)
    assert reversals_figure.usual_bias(films) == pytest.approx(films["bias"].to_numpy())
    figure = reversals_figure.bias_against_mean(films, highlight=105)
    points, line, ring = figure.data
    assert rows(points) == films.index.tolist()
    assert list(line.y) == pytest.approx([0.0, 1.0])
    assert ring.x[0] == pytest.approx(films["mean"][105])
    assert figure.layout.annotations[0].text == "<b>Film &lt;5&gt; (2000)</b>"


def test_a_single_film_has_a_line_of_its_own_bias() -> None:
    figure = reversals_figure.bias_against_mean(ranked(1))
    assert list(figure.data[1].y) == pytest.approx([1.0, 1.0])


def test_the_stars_of_a_film() -> None:
    histogram = pd.DataFrame({"stars": [0.5, 1.0], "count": [3, 4]})
    figure = stars(histogram, 0.8)
    assert list(figure.data[0].y) == [3, 4]
    assert figure.layout.annotations[-1].text == "mean 0.80"


def test_the_hover_text_has_every_fact_and_shows_marks_as_they_are() -> None:
    texts = [data[film_points.TEXT] for data in film_points.customdata(ranked(2))]
    assert texts[0] == (
        "<b>Film &lt;0&gt; (2000)</b><br>Drama<br>10 ratings, mean 2.00 stars<br>bias +1.00 ± 0.10"
    )
    alone = ranked(1).assign(bias_sd=np.nan, genres="")
    (row,) = film_points.customdata(alone)
    assert row[film_points.TEXT].endswith("bias +1.00") and "no genre listed" in row[1]
