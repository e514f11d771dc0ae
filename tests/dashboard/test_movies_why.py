"""The page that takes a prediction apart."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.film_samples import explorer, fill_films
from tests.dashboard.reading import spec

App = Callable[..., AppTest]
PAGE = "movies_why"


@pytest.fixture
def films(empty_assets: Path) -> Path:
    return fill_films(empty_assets)


def ends(page: AppTest) -> list[float]:
    return spec(page)["data"][1]["x"]


def test_the_prediction_is_the_models(app: App, films: Path) -> None:
    page = app(
        PAGE, {"movies_why_user": "user 12 (very generous)", "movies_why_film": "Film 912 (1994)"}
    )
    assert not page.exception and not page.warning
    expected = float(explorer().predict(11, 4))
    assert ends(page)[1] == pytest.approx(expected, abs=1e-5)
    assert page.metric[0].value == f"{expected:.2f}"
    assert len(page.get("plotly_chart")) == 1


def test_titles_are_data(app: App, films: Path) -> None:
    page = app(PAGE, {"movies_why_film": "<b>M*A*S*H</b> $9.99 & [x](y) :smile: (1994)"})
    assert not page.exception and not page.warning
    assert any("M\\*A\\*S\\*H" in block.value for block in page.markdown)
    assert "&lt;b&gt;M*A*S*H" in json.dumps(spec(page), ensure_ascii=False)


def test_experiments_go_to_the_extremes(app: App, films: Path) -> None:
    page = app(PAGE)
    strict = page.button(key="movies_why-try-0").click().run()
    assert strict.selectbox(key="movies_why_user").value == 0
    low = ends(strict)[1]
    generous = page.button(key="movies_why-try-1").click().run()
    assert generous.selectbox(key="movies_why_user").value == 11
    model = explorer()
    film = generous.selectbox(key="movies_why_film").value
    assert ends(generous)[1] - low == pytest.approx(
        float(model.predict(11, film) - model.predict(0, film)), abs=1e-4
    )
    page.button(key="movies_why-try-2").click().run()
    assert not page.exception
    chosen = page.selectbox(key="movies_why_film").value
    taste = abs(model.item_factors @ model.user_factors[11])
    assert chosen == int(taste.argmax())


def test_outside_the_scale_says_so(app: App, films: Path) -> None:
    model = explorer()
    user, film = 11, int((model.item_bias + model.item_factors @ model.user_factors[11]).argmax())
    assert model.predict(user, film) > 5
    page = app(
        PAGE,
        {
            "movies_why_user": "user 12 (very generous)",
            "movies_why_film": model.films["label"][film],
        },
    )
    assert any("shown to a visitor as **5.0**" in block.value for block in page.markdown)


@pytest.mark.parametrize(
    "query",
    [
        {"movies_why_user": "nobody"},
        {"movies_why_film": "<script>"},
        {"movies_why_parts": "-3"},
        {"movies_why_user": ["user 1", "user 2"]},
    ],
)
def test_a_nonsense_link_is_one_sentence(app: App, films: Path, query: dict) -> None:
    page = app(PAGE, query)
    assert not page.exception and len(page.warning) == 1
    assert "The link sets" in page.warning[0].value
    assert len(page.get("plotly_chart")) == 1


def test_without_the_model(app: App, empty_assets: Path) -> None:
    page = app(PAGE)
    assert not page.exception and not page.get("plotly_chart")
    assert "core train movies" in page.code[0].value
