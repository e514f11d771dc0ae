"""The ranking page in one process: views, filters, the film's card, links, missing bundles."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.reading import spec, words
from tests.dashboard.trained_films import N_RANKED, fill_trained

App = Callable[..., AppTest]
PAGE = "movies_ranking"


def run(app: App, **values: str | list[str]) -> AppTest:
    page = app(PAGE, {f"{PAGE}_{name}": value for name, value in values.items()})
    assert not page.exception
    return page


@pytest.fixture
def films(empty_assets: Path) -> Path:
    return fill_trained(empty_assets)


@pytest.mark.parametrize("view", ["best and worst", "bias and mean", "reversals"])
def test_each_view_is_drawn_and_described(app: App, films: Path, view: str) -> None:
    page = run(app, view=view)
    assert not page.warning and not page.info
    assert len(page.get("plotly_chart")) == 1
    assert "What you see" in words(page) and f"{N_RANKED} films" in words(page)


def test_the_ends_are_as_many_as_asked(app: App, films: Path) -> None:
    page = run(app, n_ends="7")
    assert len(spec(page)["data"][0]["customdata"]) == 14


def test_filters_narrow_the_ranking(app: App, films: Path) -> None:
    page = run(app, genres=["War"], min_count="20")
    genres = {row[1].split("<br>")[1] for row in spec(page)["data"][0]["customdata"]}
    assert genres == {"War"}
    assert f"{N_RANKED} films" not in words(page)


def test_an_empty_filter_says_what_to_do_and_is_undone(app: App, films: Path) -> None:
    page = run(app, genres=["War"], min_count="9999")
    assert "No film is left" in page.info[0].value
    assert not page.get("plotly_chart")
    page.button(key="movies_ranking-reset").click().run()
    assert not page.exception and not page.info
    assert len(page.get("plotly_chart")) == 1


@pytest.mark.parametrize("title", ["Heat", "heat (1940)", "HEAT"])
def test_a_title_opens_the_films_card(app: App, films: Path, title: str) -> None:
    page = run(app, film=title)
    assert "#### Heat (1940)" in words(page)
    assert "rank by bias **" in words(page)
    assert len(page.get("plotly_chart")) == 2
    page.button(key="movies_ranking-close").click().run()
    assert len(page.get("plotly_chart")) == 1


def test_several_titles_that_fit_are_offered(app: App, films: Path) -> None:
    page = run(app, film="matri")
    assert "Several titles fit" in page.caption[0].value
    assert "#### The Matrix (1941)" in words(page)
    page.button(key="movies_ranking-fits-0").click().run()
    assert "#### The Matrix Reloaded (1942)" in words(page)


@pytest.mark.parametrize("title", ["Hete", "zzzzzz", "<b>*:smile:", "$"])
def test_an_unknown_title_is_a_sentence(app: App, films: Path, title: str) -> None:
    page = run(app, film=title)
    if title == "$":  # a part of a title
        assert "9.99" in words(page)
        return
    assert "No film here is called" in page.info[0].value
    assert len(page.get("plotly_chart")) == 1
    if title == "Hete":
        page.button(key="movies_ranking-near-0").click().run()
        assert "#### Heat (1940)" in words(page)


def test_titles_with_marks_are_shown_as_they_are(app: App, films: Path) -> None:
    page = run(app, film="M*A*S*H")
    headline = next(text.value for text in page.markdown if text.value.startswith("#### "))
    assert headline == r"#### M\*A\*S\*H \(1943\)"
    page = run(app, n_ends="40")
    titles = spec(page)["data"][1]["text"]
    assert "&lt;b&gt;Bold&lt;/b&gt; &amp; Sons (1944)" in titles


def test_a_near_film_is_one_click_away(app: App, films: Path) -> None:
    page = run(app, film="Heat")
    near = page.button(key="movies_ranking-near-film-0")
    near.click().run()
    assert "#### Heat (1940)" not in words(page)
    assert page.text_input(key="movies_ranking_film").value.endswith(")")


@pytest.mark.parametrize("number", range(4))
def test_each_experiment_runs(app: App, films: Path, number: int) -> None:
    page = run(app)
    page.button(key=f"movies_ranking-try-{number}").click().run()
    assert not page.exception and not page.warning


def test_nonsense_in_a_link_is_a_sentence(app: App, films: Path) -> None:
    page = run(
        app,
        view="<b>",
        n_ends="9999",
        top_n="-3",
        min_count="inf",
        genres=["nothing"],
        decades=["1234s"],
        film="x" * 500,
    )
    assert len(page.warning) == 1
    assert "must be" in page.warning[0].value
    assert len(page.get("plotly_chart")) == 1


def test_two_models_can_be_compared(app: App, empty_assets: Path) -> None:
    fill_trained(empty_assets, "movies-bias", "movies-lesson-bias")
    ours = run(app)
    assert ours.button_group(key="movies_ranking_model").value == "movies-bias"
    theirs = run(app, model="the lesson's recipe")
    assert spec(ours)["data"][0]["x"] != spec(theirs)["data"][0]["x"]


def test_no_bundle_is_a_notice_with_the_command(app: App, empty_assets: Path) -> None:
    page = run(app)
    assert not page.get("plotly_chart")
    assert "has not been trained here yet" in words(page)
    assert "python -m core train movies" in page.code[0].value


def test_a_bundle_without_films_is_a_notice(app: App, full_assets: Path) -> None:
    page = run(app)
    assert "cannot be used" in words(page) and "table films is missing" in words(page)
