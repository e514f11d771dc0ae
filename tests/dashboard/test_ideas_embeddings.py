"""The page on embeddings."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.film_samples import N_FILMS, fill_films
from tests.dashboard.reading import numbers, spec, text

App = Callable[..., AppTest]
PAGE = "ideas_embeddings"


@pytest.fixture
def films(empty_assets: Path) -> Path:
    return fill_films(empty_assets)


def test_the_two_ways_agree_to_the_last_digit(app: App, films: Path) -> None:
    page = app(PAGE)
    assert not page.exception and not page.warning
    assert "differ by at most **0**" in text(page)
    assert len(page.get("plotly_chart")) == 2


def test_one_rating_touches_one_row(app: App, films: Path) -> None:
    page = app(PAGE)
    page.button(key="ideas_embeddings-try-1").click().run()
    assert not page.exception
    assert f"**1 of {N_FILMS}** rows: row 0" in text(page)
    touched = numbers(spec(page)["data"][1]["z"]).any(axis=1)
    assert touched.tolist() == [True] + [False] * (len(touched) - 1)


def test_the_time_is_measured_only_on_a_click(app: App, films: Path) -> None:
    page = app(PAGE)
    assert "times** as long" not in text(page)
    [button] = [button for button in page.button if button.label == "Measure both here"]
    button.click().run()
    assert not page.exception and "times** as long" in text(page)


@pytest.mark.parametrize("model", ["dot product", "with biases", "neural net", "with meta data"])
def test_every_model_is_drawn(app: App, films: Path, model: str) -> None:
    page = app(PAGE, {"ideas_embeddings_model": model})
    assert not page.exception and not page.warning
    figure = json.loads(page.get("plotly_chart")[1].proto.spec)
    assert len(figure["data"][0]["x"]) == (3 if model == "with meta data" else 2)


@pytest.mark.parametrize(
    "query",
    [
        {"ideas_embeddings_film": "no film"},
        {"ideas_embeddings_shown": "%"},
        {"ideas_embeddings_model": "transformer"},
        {"ideas_embeddings_stars": "7"},
    ],
)
def test_a_nonsense_link_is_one_sentence(app: App, films: Path, query: dict) -> None:
    page = app(PAGE, query)
    assert not page.exception and len(page.warning) == 1
    assert len(page.get("plotly_chart")) == 2


def test_without_the_model(app: App, empty_assets: Path) -> None:
    page = app(PAGE)
    assert not page.exception and not page.get("plotly_chart")
    assert "core train movies" in page.code[0].value
