"""The page about latent factors in one process: views, methods, selection, zoom, links."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.bundle import save_bundle
from dashboard.app_pages.movies_factors import views
from dashboard.app_pages.movies_factors.map_figure import COLOURS
from tests.dashboard.reading import numbers, spec, words
from tests.dashboard.trained_films import EPOCHS, N_MAPPED, fill_trained, trained_bundle

App = Callable[..., AppTest]
PAGE, KEY = "movies_factors", "movies_factors_main"


def run(app: App, **values: str | list[str]) -> AppTest:
    page = app(PAGE, {f"{PAGE}_{name}": value for name, value in values.items()})
    assert not page.exception
    return page


def points(page: AppTest) -> list[int]:
    return [data[0] for data in spec(page)["data"][0]["customdata"]]


@pytest.fixture
def films(empty_assets: Path) -> Path:
    return fill_trained(empty_assets)


@pytest.mark.parametrize("view", ["map", "genres and years", "during training"])
def test_each_view_is_drawn_and_described(app: App, films: Path, view: str) -> None:
    page = run(app, view=view)
    assert not page.warning and not page.info
    assert len(page.get("plotly_chart")) == 1
    assert "What you see" in words(page)


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("space", ["true", "false"])
def test_each_colour_is_drawn(app: App, films: Path, colour: str, space: str) -> None:
    page = run(app, colour=colour, space=space)
    assert len(points(page)) == N_MAPPED
    kind = spec(page)["data"][0]["type"]
    assert kind == ("scatter3d" if space == "true" else "scatter")


def test_the_lists_name_the_films_at_the_ends(app: App, films: Path) -> None:
    page = run(app)
    assert words(page).count(":small[") == 2 * 2 * (views.N_ENDS + 1)


def test_the_methods_give_other_axes(app: App, films: Path) -> None:
    usual, lesson = run(app), run(app, method="the lesson's, of the transposed")
    assert spec(usual)["data"][0]["x"] != spec(lesson)["data"][0]["x"]


def test_the_lessons_picture_is_one_click(app: App, empty_assets: Path) -> None:
    fill_trained(empty_assets, "movies-bias", "movies-lesson-bias")
    page = run(app, view="genres and years", colour="bias", space="true")
    page.button(key="movies_factors-try-0").click().run()
    assert not page.exception
    assert points(page) == list(range(50, N_MAPPED))  # 51 to 100 by count, of those with factors
    texts = [note["text"] for note in spec(page)["layout"]["annotations"]]
    assert any(text.startswith("Component 1 (") for text in texts)
    assert any(text.startswith("Component 3 (") for text in texts)
    assert page.button_group(key="movies_factors_method").value == "lesson"
    assert page.button_group(key="movies_factors_model").value == "movies-lesson-bias"


@pytest.mark.parametrize("number", range(4))
def test_each_experiment_runs(app: App, films: Path, number: int) -> None:
    page = run(app)
    page.button(key=f"movies_factors-try-{number}").click().run()
    assert not page.exception and not page.warning


def test_selected_films_are_listed_and_zoomed(app: App, films: Path) -> None:
    page = run(app)
    page.session_state[f"{KEY}-chosen"] = [3, 1, 7]
    page.run()
    assert "3 films selected" in words(page)
    table = page.dataframe[0].value
    assert table["label"].tolist() == [
        "The Matrix (1941)",
        "M*A*S*H (1943)",
        "Film number 7 (1947)",
    ]
    before = spec(page)["layout"]["xaxis"]["range"]
    page.button(key=f"{KEY}-zoom").click().run()
    low, high = spec(page)["layout"]["xaxis"]["range"]
    assert before[0] <= low < high <= before[1] and high - low < before[1] - before[0]
    xs = dict(zip(points(page), numbers(spec(page)["data"][0]["x"]), strict=True))
    assert all(low <= xs[row] <= high for row in (3, 1, 7))
    page.button(key=f"{KEY}-whole").click().run()
    assert spec(page)["layout"]["xaxis"]["range"] == before
    page.button(key=f"{KEY}-clear").click().run()
    assert "films selected" not in words(page)


def test_the_frames_start_where_the_link_says(app: App, films: Path) -> None:
    page = run(app, view="during training", epoch="1")
    figure = spec(page)
    assert [frame["name"] for frame in figure["frames"]] == [str(epoch) for epoch in EPOCHS]
    assert figure["layout"]["sliders"][0]["active"] == 1


def test_a_model_without_snapshots_says_so(app: App, empty_assets: Path) -> None:
    save_bundle(trained_bundle(snapshots=False), empty_assets / "movies-bias")
    page = run(app, view="during training")
    assert "no snapshots" in page.info[0].value
    assert not page.get("plotly_chart")


def test_a_found_film_is_ringed(app: App, films: Path) -> None:
    page = run(app, film="Heat")
    texts = [note["text"] for note in spec(page)["layout"]["annotations"]]
    assert "<b>Heat (1940)</b>" in texts


def test_a_found_film_that_is_not_drawn_says_so(app: App, films: Path) -> None:
    page = run(app, film="Heat", films=["51", "75"])
    assert "not among the films drawn" in page.info[0].value


def test_the_same_component_twice_says_so(app: App, films: Path) -> None:
    page = run(app, y="Component 1")
    assert "same component" in page.info[0].value
    assert words(page).count("omponent 1 runs from") == 1
    assert "films by component 1, " in words(page)


@pytest.mark.parametrize(
    ("space", "numbers", "has_lasso"), [("false", "1 and 2", True), ("true", "1, 2 and 3", False)]
)
def test_what_is_said_is_of_the_components_drawn(
    app: App, films: Path, space: str, numbers: str, has_lasso: bool
) -> None:
    said = words(run(app, space=space))
    assert f"films by components {numbers}, " in said
    assert ("component 3 runs from" in said) == (space == "true")
    assert ("lasso" in said) == has_lasso


def test_nonsense_in_a_link_is_a_sentence(app: App, films: Path) -> None:
    page = run(
        app,
        view="<b>",
        x="Component 77",
        colour="taste",
        films=["90", "-4"],
        n_labels="inf",
        zoom_x=["5"],
        epoch="2",
        space="perhaps",
    )
    assert len(page.warning) == 1 and "must be" in page.warning[0].value
    assert len(points(page)) == N_MAPPED


@pytest.mark.parametrize("part", [["50", "50"], ["99", "100"], ["0", "1"]])
def test_a_zoom_on_nothing_is_no_error(app: App, films: Path, part: list[str]) -> None:
    page = run(app, zoom_x=part, zoom_y=part)
    assert len(points(page)) == N_MAPPED


def test_one_film_alone_is_no_error(app: App, films: Path) -> None:
    for view in ("map", "genres and years", "during training"):
        page = run(app, films=["5", "5"], view=view)
        assert len(page.get("plotly_chart")) == 1


def test_no_bundle_is_a_notice_with_the_command(app: App, empty_assets: Path) -> None:
    page = run(app)
    assert not page.get("plotly_chart")
    assert "has not been trained here yet" in words(page)


def test_a_bundle_without_films_is_a_notice(app: App, full_assets: Path) -> None:
    assert "cannot be used" in words(run(app))
