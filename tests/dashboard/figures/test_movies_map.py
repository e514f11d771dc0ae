"""The map, the correlations and the frames of training, on films at known places."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from core.movies.explore import MovieExplorer
from dashboard import theme
from dashboard.app_pages.movies_factors import (
    correlations_figure,
    map_figure,
    training_figure,
    views,
)
from dashboard.app_pages.movies_factors.map_figure import Axis
from tests.dashboard.trained_films import EPOCHS, N_FILMS, N_MAPPED, trained_bundle


@pytest.fixture(scope="module")
def films() -> MovieExplorer:
    return MovieExplorer(trained_bundle())


@pytest.fixture(scope="module")
def chosen(films: MovieExplorer) -> views.Chosen:
    return views.choose(films, "factors", (1, N_FILMS))


def drawn(chosen: views.Chosen, **options: object) -> go.Figure:
    return map_figure.film_map(
        chosen.films, chosen.axis(1), chosen.axis(2), **{"n_labels": 20, **options}
    )


def titles_in(figure: go.Figure, films: pd.DataFrame) -> list[str]:
    known = {theme.plain_html(label) for label in films["label"]}
    return [note.text for note in figure.layout.annotations if note.text in known]


def test_every_film_is_one_point_with_its_row(chosen: views.Chosen) -> None:
    figure = drawn(chosen)
    (points,) = figure.data
    assert [data[0] for data in points.customdata] == chosen.films.index.tolist()
    np.testing.assert_allclose(points.x, chosen.coordinates[:, 0])
    np.testing.assert_allclose(points.y, chosen.coordinates[:, 1])
    assert 5 <= len(titles_in(figure, chosen.films)) <= 20
    assert not titles_in(drawn(chosen, n_labels=0), chosen.films)


def test_the_axes_name_their_share_and_their_extreme_films(chosen: views.Chosen) -> None:
    axis = chosen.axis(1)
    order = np.argsort(chosen.coordinates[:, 0])
    assert axis.low_end[0] == chosen.films["title"].iloc[order[0]]
    assert axis.high_end[0] == chosen.films["title"].iloc[order[-1]]
    assert axis.title.startswith("Component 1 (") and "% of the variance" in axis.title
    texts = [note.text for note in drawn(chosen, width=1000).layout.annotations]
    assert axis.title in texts
    assert any(
        text.startswith("◀ " + theme.plain_html(axis.low_end[0]).split("…")[0]) for text in texts
    )


def test_a_zoom_shows_more_titles_of_its_part(chosen: views.Chosen) -> None:
    x, y = (views.zoomed(chosen.axis(number), (40, 70)) for number in (1, 2))
    figure = map_figure.film_map(chosen.films, x, y, n_labels=N_FILMS)
    inside = (
        (chosen.coordinates[:, 0] >= x.range[0])
        & (chosen.coordinates[:, 0] <= x.range[1])
        & (chosen.coordinates[:, 1] >= y.range[0])
        & (chosen.coordinates[:, 1] <= y.range[1])
    )
    named_close = titles_in(figure, chosen.films)
    labels_inside = {theme.plain_html(label) for label in chosen.films["label"][inside]}
    assert named_close and set(named_close) <= labels_inside
    named_far = titles_in(drawn(chosen, n_labels=N_FILMS), chosen.films)
    assert len(named_close) >= len(labels_inside & set(named_far))


@pytest.mark.parametrize("colour", map_figure.COLOURS)
def test_colours_are_never_alone(chosen: views.Chosen, colour: str) -> None:
    figure = drawn(chosen, colour_by=colour, genre="War")
    marker = figure.data[0].marker
    if colour == "genre":
        is_war = chosen.films["genres"].str.contains("War").to_numpy()
        assert (np.array(marker.symbol) == np.where(is_war, "diamond", "circle")).all()
    elif colour == "bias":
        assert marker.cmin == -marker.cmax
    elif colour == "number of ratings":
        assert np.argmax(marker.size) == 0  # the most rated film is the largest
    map_figure.film_space(
        chosen.films,
        [chosen.axis(number) for number in (1, 2, 3)],
        n_labels=5,
        colour_by=colour,
        genre="War",
    )


def test_films_without_a_year_are_drawn(chosen: views.Chosen) -> None:
    nameless = chosen.films.assign(year=0)
    figure = map_figure.film_map(
        nameless, chosen.axis(1), chosen.axis(2), n_labels=3, colour_by="year"
    )
    assert len(figure.data[0].x) == N_MAPPED


def test_the_found_film_is_ringed_and_named_first(chosen: views.Chosen) -> None:
    row = int(chosen.films.index[-1])  # the least rated
    figure = drawn(chosen, highlight=row, n_labels=1)
    assert figure.data[1].x[0] == pytest.approx(chosen.coordinates[-1, 0])
    named = [note.text for note in figure.layout.annotations if note.text.startswith("<b>")]
    assert named == [f"<b>{chosen.films['label'].iloc[-1]}</b>"]


def test_one_film_or_equal_values_have_an_axis() -> None:
    axis = Axis(np.zeros(1), "Component 1", ("a",), ("a",))
    assert axis.span == (-0.5, 0.5)


def test_frames_are_the_projections_onto_the_final_axes(
    films: MovieExplorer, chosen: views.Chosen
) -> None:
    epochs = chosen.epochs(films, (1, 3), {0: 1.0})
    figure = training_figure.training(chosen.films, epochs, axis_titles=("a", "b"))
    assert [frame.name for frame in figure.frames] == [str(epoch) for epoch in EPOCHS]
    rows = chosen.films.index.to_numpy()
    for frame, epoch in zip(figure.frames, EPOCHS, strict=True):
        bias, factors = films.snapshot(epoch)
        expected = chosen.components.project(factors[rows])[:, [0, 2]]
        np.testing.assert_allclose(frame.data[0].x, expected[:, 0], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(frame.data[0].y, expected[:, 1], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(frame.data[2].x, np.sort(bias[rows])[::-1][:10], rtol=1e-6)
    last = figure.frames[-1].data[0]
    np.testing.assert_allclose(last.x, chosen.coordinates[:, 0], rtol=1e-5, atol=1e-6)
    assert all("● " in text for text in figure.frames[-1].data[3].text)
    assert figure.frames[0].layout.title.text == "Before training: held-out error 1.0000"
    assert figure.layout.title.text == "After epoch 3 of 3"


def test_training_can_start_at_any_epoch(films: MovieExplorer, chosen: views.Chosen) -> None:
    epochs = chosen.epochs(films, (1, 2), {})
    figure = training_figure.training(chosen.films, epochs, axis_titles=("a", "b"), start=1)
    assert figure.layout.sliders[0].active == 1
    np.testing.assert_array_equal(figure.data[0].x, figure.frames[1].data[0].x)


def test_correlations_say_their_numbers(films: MovieExplorer, chosen: views.Chosen) -> None:
    table = chosen.correlations(films.genres)
    figure = correlations_figure.correlation_chart(table, sort_by=2)
    (heat,) = figure.data
    assert heat.zmin == -heat.zmax
    column = np.array(heat.z)[:, 1]
    assert (np.diff(column[np.isfinite(column)]) >= 0).all()
    assert heat.text[0][1] == theme.signed(column[0])


def test_a_property_that_does_not_vary_has_no_number() -> None:
    table = pd.DataFrame({"property": ["a"], "component": [1], "correlation": [np.nan]})
    figure = correlations_figure.correlation_chart(table)
    assert figure.data[0].text[0][0] == "–"
