"""The page that takes a prediction apart."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.movies.explore.fold_in import NewUser
from core.movies.explore.made_up import MADE_UP_RATERS
from tests.dashboard.film_samples import IDS, explorer, fill_films
from tests.dashboard.reading import spec, text

App = Callable[..., AppTest]
PAGE = "movies_why"


@pytest.fixture
def films(empty_assets: Path) -> Path:
    return fill_films(empty_assets)


def ends(page: AppTest) -> list[float]:
    return spec(page)["data"][1]["x"]


def rater(name: str) -> NewUser:
    model = explorer()
    return model.new_user(model.rows_of(MADE_UP_RATERS[name]))


def by_strictness() -> list[str]:
    return sorted(MADE_UP_RATERS, key=lambda name: rater(name).bias)


def test_the_prediction_is_the_models(app: App, films: Path) -> None:
    strictest = by_strictness()[0]
    page = app(PAGE)
    label = page.selectbox(key="movies_why_rater").options[0]
    assert label.startswith(strictest) and "strict" in label
    page = app(PAGE, {"movies_why_rater": label, "movies_why_film": "Film 912 (1994)"})
    assert not page.exception and not page.warning
    expected = float(explorer().predict(rater(strictest), 4))
    assert ends(page)[1] == pytest.approx(expected, abs=1e-5)
    assert page.metric[0].value == f"{expected:.2f}"
    assert len(page.get("plotly_chart")) == 1


def test_a_visitor_is_explained_by_their_own_ratings(app: App, films: Path) -> None:
    page = app(PAGE, {"movies_why_ratings": "260-10.318-2", "movies_why_film": "Film 260 (1994)"})
    assert not page.exception and not page.warning
    model = explorer()
    expected = float(model.predict(model.new_user({0: 5.0, 2: 1.0}), 0))
    assert page.metric[0].value == f"{expected:.2f}"
    assert page.selectbox(key="movies_why_rater").value == "You"
    assert "Given by this rater: **★★★★★**" in text(page)
    assert "nobody's row of the data set" in text(page)


def test_nonsense_for_ratings_is_one_sentence(app: App, films: Path) -> None:
    page = app(PAGE, {"movies_why_ratings": "x.260-10"})
    assert not page.exception and len(page.warning) == 1
    assert "cannot be read" in page.warning[0].value


def test_titles_are_data(app: App, films: Path) -> None:
    page = app(PAGE, {"movies_why_film": "<b>M*A*S*H</b> $9.99 & [x](y) :smile: (1994)"})
    assert not page.exception and not page.warning
    assert any("M\\*A\\*S\\*H" in block.value for block in page.markdown)
    assert "&lt;b&gt;M*A*S*H" in json.dumps(spec(page), ensure_ascii=False)


def test_experiments_go_to_the_extremes(app: App, films: Path) -> None:
    page, names, model = app(PAGE), by_strictness(), explorer()
    strict = page.button(key="movies_why-try-0").click().run()
    assert strict.selectbox(key="movies_why_rater").value == names[0]
    low = ends(strict)[1]
    generous = page.button(key="movies_why-try-1").click().run()
    assert generous.selectbox(key="movies_why_rater").value == names[-1]
    film = generous.selectbox(key="movies_why_film").value
    most, least = rater(names[-1]), rater(names[0])
    assert ends(generous)[1] - low == pytest.approx(
        float(model.predict(most, film) - model.predict(least, film)), abs=1e-4
    )
    page.button(key="movies_why-try-2").click().run()
    assert not page.exception
    chosen = page.selectbox(key="movies_why_film").value
    assert chosen == int(abs(model.item_factors @ most.factors).argmax())


def test_outside_the_scale_says_so(app: App, films: Path) -> None:
    model, ratings = explorer(), dict.fromkeys(IDS, 5.0)
    you = model.new_user(model.rows_of(ratings))
    film = int(model.predict(you, np.arange(60)).argmax())
    assert model.predict(you, film) > 5
    link = ".".join(f"{number}-10" for number in ratings)
    page = app(PAGE, {"movies_why_ratings": link, "movies_why_film": model.films["label"][film]})
    assert any("shown to a visitor as **5.0**" in block.value for block in page.markdown)


@pytest.mark.parametrize(
    "query",
    [
        {"movies_why_rater": "nobody"},
        {"movies_why_parts": "-3"},
        {"movies_why_rater": ["user 1", "user 2"]},
    ],
)
def test_a_nonsense_link_is_one_sentence(app: App, films: Path, query: dict) -> None:
    page = app(PAGE, query)
    assert not page.exception and len(page.warning) == 1
    assert "The link sets" in page.warning[0].value
    assert len(page.get("plotly_chart")) == 1


@pytest.mark.parametrize("typed", ["film 912", "FILM 912, (1994)", "Film‑912", "film  912"])
def test_a_film_is_found_as_it_is_typed(app: App, films: Path, typed: str) -> None:
    page = app(PAGE, {"movies_why_film": typed})
    assert not page.exception and not page.warning and not page.info
    said, expected = (
        [block.value for block in one.markdown]
        for one in (page, app(PAGE, {"movies_why_film": "Film 912 (1994)"}))
    )
    assert said == expected


def test_a_film_that_is_not_there_is_one_sentence(app: App, films: Path) -> None:
    page = app(PAGE, {"movies_why_film": "<script>"})
    assert not page.exception and not page.warning and len(page.info) == 1
    assert "should be a film of this data set" in page.info[0].value
    assert "<script>" not in page.info[0].value.replace("\\<", "")
    assert len(page.get("plotly_chart")) == 1


def test_without_the_model(app: App, empty_assets: Path) -> None:
    page = app(PAGE)
    assert not page.exception and not page.get("plotly_chart")
    assert "core train movies" in page.code[0].value
