"""The page of the convolution in one process: filters with known answers, and odd texts."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.bundle import save_bundle
from dashboard.app_pages.sentiment_filters import window_figure
from dashboard.components import review_text
from dashboard.sample_reviews import SAMPLES, Sample
from tests.dashboard.reading import spec, words
from tests.dashboard.review_samples import BAD, GOOD, SUM_TITLE, TITLES, fill_reviews, sum_bundle

App = Callable[..., AppTest]
PAGE = "sentiment_filters"
TEXT = "the film is awful but wonderful"


@pytest.fixture
def reviews(empty_assets: Path) -> Path:
    return fill_reviews(empty_assets)


def run(app: App, text: str, **values: str) -> AppTest:
    page = app(PAGE, {f"{PAGE}_{name}": value for name, value in values.items()})
    page.text_area(key=review_text.KEY).set_value(text)
    page.run()
    assert not page.exception and not page.warning
    return page


def bars(page: AppTest) -> list[float]:
    return list(spec(page)["data"][0]["y"])


def liked(page: AppTest) -> list[str]:
    return [name for name, _ in spec(page, 1)["data"][0]["customdata"]]


@pytest.mark.parametrize("model", ["cnn", "max-cnn"])
@pytest.mark.parametrize(("place", "said"), [("4", [0, 1]), ("6", [1, 0]), ("1", [0, 0])])
def test_each_filter_says_what_it_sees_at_the_window(
    app: App, reviews: Path, model: str, place: str, said: list[float]
) -> None:
    page = run(app, TEXT, place=place, model=TITLES[model])
    assert bars(page) == said
    assert f"at word {place} of 6" in words(page)


def test_a_net_inside_a_sum_has_its_filters_shown(app: App, reviews: Path) -> None:
    save_bundle(sum_bundle(), reviews / "sentiment-ensemble")
    page = run(app, TEXT, place="4", model=SUM_TITLE)
    np.testing.assert_allclose(bars(page), [0, 1], atol=0.01)
    assert liked(page) == list(GOOD)
    assert "Each word has a number" in words(page)
    assert "Each word is a vector" not in words(page)
    assert "Each word is a vector" in words(run(app, TEXT))


def test_a_filters_favourites_are_listed_and_its_bar_is_the_accent(app: App, reviews: Path) -> None:
    page = run(app, TEXT, filter="2")
    assert liked(page) == list(BAD)
    colours = spec(page)["data"][0]["marker"]["color"]
    assert colours[1] != colours[0]
    assert liked(run(app, TEXT, filter="1")) == list(GOOD)


def test_the_title_quotes_the_window(app: App, reviews: Path) -> None:
    page = run(app, "a <b>superb</b> film", place="3")
    titles = [note["text"] for note in spec(page)["layout"]["annotations"]]
    assert titles == [
        "1 word: “<b>superb</b>”",
        "<b>Filter 1</b> along the review: 1.00 here",
    ]


def test_every_place_is_a_frame_and_the_link_says_where_it_begins(app: App, reviews: Path) -> None:
    figure = spec(run(app, TEXT, place="4"))
    assert [frame["data"][0]["y"] for frame in figure["frames"]][3:] == [[0, 1], [0, 0], [1, 0]]
    slider = figure["layout"]["sliders"][0]
    assert slider["active"] == 3 and len(slider["steps"]) == 6


@pytest.mark.parametrize(("text", "n_places"), [("", 1), ("superb", 1), ("a superb film", 3)])
def test_the_player_is_there_where_the_window_can_move(
    app: App, reviews: Path, text: str, n_places: int
) -> None:
    page = run(app, text)
    assert len(spec(page)["frames"]) == n_places
    names = [part.proto.component_name for part in page.get("bidi_component")]
    assert any("latent_lab_player" in name for name in names) == (n_places > 1)


def test_a_review_longer_than_what_plays_says_so(
    app: App, reviews: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window_figure, "MOST_FRAMES", 4)
    page = run(app, TEXT, place="4")
    assert len(spec(page)["frames"]) == 4
    assert any("words 2 to 5 of 6" in note.value for note in page.caption)


def test_try_this_moves_the_window_and_chooses_the_loudest(app: App, reviews: Path) -> None:
    page = run(app, TEXT, place="4")
    next(b for b in page.button if b.label == "The loudest filter here").click().run()
    assert page.number_input(key=f"{PAGE}_filter").value == 2
    page.number_input(key=f"{PAGE}_place").set_value(1).run()
    next(b for b in page.button if b.label == "Where this filter peaks").click().run()
    assert page.number_input(key=f"{PAGE}_place").value == 4


@pytest.mark.parametrize(("word", "number"), [("wonderful", 1), ("awful", 2)])
def test_the_page_begins_with_a_filter_that_the_sample_excites(
    app: App, reviews: Path, monkeypatch: pytest.MonkeyPatch, word: str, number: int
) -> None:
    text = "one film " * 6 + f"that {word}"
    monkeypatch.setitem(SAMPLES, "warm", Sample("Praise", text))
    page = app(PAGE)
    assert page.number_input(key=f"{PAGE}_filter").value == number
    assert f"Of 2 filters, number {number} over 1 word speaks loudest here (1.00)" in words(page)
    assert f"filter {number} over 1 word likes “{word}” best (1.00)" in words(page)


def test_filters_that_say_nothing_are_said_to_be_silent(app: App, reviews: Path) -> None:
    page = run(app, "a film of a day", filter="2")
    assert "None of 2 filters speaks here. In this review, filter 2 over 1 word is silent" in (
        words(page)
    )


@pytest.mark.parametrize(
    "text", ["", "\x00", "🎉", "<script>alert(1)</script>", "wonderful " * 2_000, "ein Film"]
)
def test_any_text_gets_an_answer(app: App, reviews: Path, text: str) -> None:
    page = run(app, text)
    assert len(bars(page)) == 2
    if not text:
        assert "no word to look at" in words(page)


def test_a_window_beyond_the_review_stands_at_its_end(app: App, reviews: Path) -> None:
    page = run(app, "a wonderful", place="12")
    assert bars(page) == [1, 0] and "at word 2 of 2" in words(page)


def test_what_was_typed_comes_along_from_the_other_page(app: App, reviews: Path) -> None:
    page = app("sentiment_score")
    page.text_area(key=review_text.KEY).set_value("my own words").run()
    page.switch_page(f"app_pages/{PAGE}/page.py").run()
    assert page.text_area(key=review_text.KEY).value == "my own words"
    assert "my own" not in str(dict(page.query_params))


def test_without_a_net_with_filters_the_page_says_how_to_make_one(
    app: App, empty_assets: Path
) -> None:
    fill_reviews(empty_assets, ("nbsvm", "mlp"))
    page = app(PAGE)
    assert not page.exception
    assert any("--preset cnn " in code.value for code in page.code)


def test_without_any_model_the_page_says_so(app: App, empty_assets: Path) -> None:
    page = app(PAGE)
    assert not page.exception and page.code
