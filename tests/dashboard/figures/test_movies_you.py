"""The visitor's map and the effects of ratings, on points that are known."""

import numpy as np
import pandas as pd
import pytest

from dashboard import theme
from dashboard.app_pages.movies_you import taste_figure as figures


@pytest.fixture
def films() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "x": [-1.0, 0.0, 1.0, 1.0],
            "y": [0.0, 1.0, -1.0, -1.0],
            "title": ["<i>A</i>", "B", "C", "C again"],
            "label": ["<i>A</i> (1990)", "B (1991)", "C (1992)", "C again (1993)"],
            "prediction": [4.0, 3.0, 2.0, 1.0],
            "taste": [0.5, -0.25, 0.0, 0.1],
            "stars": [np.nan, 4.5, np.nan, np.nan],
            "rank": [1.0, np.nan, 2.0, 3.0],
        },
        index=[10, 11, 12, 13],
    )


def draw(films: pd.DataFrame, shade: str = figures.SHADES[0]):
    return figures.taste_map(films, shade=shade, you=(0.1, 0.2), axes=("one", "two"))


def test_rated_films_are_diamonds_and_the_visitor_is_named(films: pd.DataFrame) -> None:
    figure = draw(films)
    circles, diamonds = figure.data
    assert diamonds.marker.symbol == "diamond" and list(diamonds.x) == [0.0]
    assert "you gave 4.5" in diamonds.hovertext[0] and "you gave" not in circles.hovertext[0]
    assert "&lt;i&gt;A" in circles.hovertext[0]
    last = figure.layout.annotations[-1]
    assert last.text == "<b>★ you</b>" and (last.x, last.y) == (0.1, 0.2)


def test_taste_is_centred_at_zero(films: pd.DataFrame) -> None:
    axis = draw(films, figures.SHADES[1]).layout.coloraxis
    assert axis.cmin == -axis.cmax and axis.colorscale[0][1] == theme.VERMILION
    assert list(draw(films, figures.SHADES[1]).data[0].marker.color) == [0.5, 0.0, 0.1]


def test_an_arrow_points_on_in_the_visitors_direction_once_a_film_is_rated(
    films: pd.DataFrame,
) -> None:
    (arrow,) = [note for note in draw(films).layout.annotations if note.showarrow]
    assert arrow.y / arrow.x == pytest.approx(2.0) and arrow.x > 0.1
    none = films.assign(stars=np.nan)
    assert not [note for note in draw(none).layout.annotations if note.showarrow]


def test_of_two_films_in_one_place_the_better_one_is_named(films: pd.DataFrame) -> None:
    assert figures.thinned(films, films[["x", "y"]]) == [11]  # the others would leave the map
    inside = films.assign(x=films["x"] * 0.3)
    assert figures.thinned(inside, films[["x", "y"]]) == [10, 11, 12]
    assert figures.thinned(inside, films[["x", "y"]], keep_clear=[(-0.3, 0.05)]) == [11, 12]


def test_the_largest_effects_stand_on_top() -> None:
    labels = [f"film {number}" for number in range(15)]
    figure = figures.effects(labels, np.arange(15) * -0.1, what="your bias")
    (bars,) = figure.data
    assert len(bars.x) == figures.MOST_EFFECTS
    assert bars.x[0] == pytest.approx(-1.4) and set(bars.marker.color) == {theme.VERMILION}
    assert list(bars.y) == sorted(bars.y, reverse=True)
    assert figure.layout.annotations[0].text == "film 14"
    assert "your bias" in figure.layout.xaxis.title.text
