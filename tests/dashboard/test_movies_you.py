"""The visitor's page: ratings in the link and nowhere else."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.movies.explore.fold_in import leave_one_out
from core.movies.explore.links import MOST_RATINGS
from dashboard.components import visitor
from tests.dashboard.film_samples import explorer, fill_films
from tests.dashboard.reading import numbers, spec, text

App = Callable[..., AppTest]
PAGE = "movies_you"
RATINGS = "movies_you_ratings"


@pytest.fixture
def films(empty_assets: Path) -> Path:
    return fill_films(empty_assets)


def link(page: AppTest) -> str:
    return page.text_input(key=RATINGS).value


def drawn_effects(page: AppTest) -> list[float]:
    """The lengths of the bars of what each rating did, the largest first."""
    return numbers(spec(page, 1)["data"][0]["x"]).tolist()


def test_with_no_rating_you_are_the_average_visitor(app: App, films: Path) -> None:
    page = app(PAGE)
    assert not page.exception and not page.warning
    assert "simply the films with the best bias" in text(page)
    assert "1. **Film 260 \\(1994\\)** · **4.40** stars" in text(page)
    assert page.metric[0].value == "0.00"
    assert len(page.get("plotly_chart")) == 1


def test_a_click_on_a_star_is_in_the_link_and_in_the_list(app: App, films: Path) -> None:
    page = app(PAGE)
    page.feedback(key="movies_you-give-296").set_value(4).run()
    assert not page.exception and link(page) == "296-10"
    assert page.selectbox(key="movies_you-stars-296").value == 5.0
    page.feedback(key="movies_you-give-912").set_value(0).run()
    assert link(page) == "296-10.912-2"
    assert "Your ratings: 2" in text(page)

    page.selectbox(key="movies_you-stars-912").set_value(3.5).run()
    assert link(page) == "296-10.912-7"
    page.button(key="movies_you-remove-296").click().run()
    assert not page.exception and link(page) == "912-7"
    page.button(key="movies_you-remove-912").click().run()
    assert not page.exception and link(page) == "" and "Your ratings: 0" in text(page)


def test_a_link_restores_bias_recommendations_and_effects(app: App, films: Path) -> None:
    page = app(PAGE, {RATINGS: "260-10.318-2"})
    assert not page.exception and not page.warning
    model = explorer()
    you = model.new_user({0: 5.0, 2: 1.0})
    best = model.recommend(you, rated=[0, 2])
    assert page.metric[0].value == f"{you.bias:+.2f}".replace("-", "−")
    assert f"1. **Film {best['movie_id'].iloc[0]}" in text(page)
    effects = leave_one_out(model, {0: 5.0, 2: 1.0}, 1.0)
    assert drawn_effects(page) == pytest.approx(sorted(effects.bias, key=abs, reverse=True))
    page.button_group(key="movies_you_effect").set_value("your first recommendation").run()
    assert not page.exception
    on_first = effects.bias + effects.on_taste(model.item_factors[best.index[:1]])[:, 0]
    assert drawn_effects(page) == pytest.approx(sorted(on_first, key=abs, reverse=True))


def test_a_single_rating(app: App, films: Path) -> None:
    page = app(PAGE, {RATINGS: "318-9"})
    assert not page.exception and not page.warning
    assert "Your ratings: 1" in text(page) and len(page.get("plotly_chart")) == 2


def test_a_weaker_l2_believes_more(app: App, films: Path) -> None:
    biases = []
    for strength in ("10", "1", "0.1"):
        page = app(PAGE, {RATINGS: "260-10", "movies_you_strength": strength})
        biases.append(abs(float(page.metric[0].value.replace("−", "-"))))
    assert biases == sorted(biases) and biases[0] < biases[-1]


@pytest.mark.parametrize("number", range(3))
def test_invented_raters_are_one_click(app: App, films: Path, number: int) -> None:
    page = app(PAGE)
    page.button(key=f"movies_you-try-{number}").click().run()
    assert not page.exception and not page.warning
    assert link(page) == visitor.invented(explorer(), list(visitor.RATERS)[number])
    page.button(key="movies_you-try-3").click().run()
    assert link(page) == ""


@pytest.mark.parametrize(
    ("written", "sentence", "n_left"),
    [
        ("rubbish", "cannot be read", 0),
        ("260-10.<script>.318-2", "cannot be read", 2),
        ("999999-8.260-10", "no film here has the id", 1),
        ("260-99", "cannot be read", 0),
        ("x" * 900, "cannot be read", 0),
        ("....", "cannot be read", 0),
    ],
)
def test_nonsense_in_the_link_is_one_sentence(
    app: App, films: Path, written: str, sentence: str, n_left: int
) -> None:
    page = app(PAGE, {RATINGS: written})
    assert not page.exception and len(page.warning) == 1
    assert sentence in page.warning[0].value
    assert f"Your ratings: {n_left}" in text(page)


def test_searching_finds_and_rates(app: App, films: Path) -> None:
    page = app(PAGE)
    page.text_input(key="movies_you_search").input("film 5001").run()
    page.feedback(key="movies_you-give-5001").set_value(2).run()
    assert not page.exception and link(page) == "5001-6"
    assert page.text_input(key="movies_you_search").value == ""


def test_a_search_without_result_repeats_the_text_as_text(app: App, films: Path) -> None:
    page = app(PAGE)
    page.text_input(key="movies_you_search").input("<img src=x> *a* :smile:").run()
    assert not page.exception
    assert "\\<img src\\=x\\> \\*a\\*" in text(page)


def test_a_full_link_takes_no_more(app: App, films: Path) -> None:
    model = explorer()
    ids = model.films["movie_id"].tolist()[:MOST_RATINGS]
    page = app(PAGE, {RATINGS: ".".join(f"{number}-7" for number in ids)})
    assert not page.exception and not page.warning
    assert f"Your ratings: {MOST_RATINGS}" in text(page)
    assert page.feedback and all(stars.disabled for stars in page.feedback)


def test_a_lecturer_may_hide_or_freeze_the_ratings(app: App, films: Path) -> None:
    page = app(PAGE, {RATINGS: "260-10", "hide": "ratings"})
    assert not page.exception and not page.feedback
    assert page.metric[0].value != "0.00"
    page = app(PAGE, {RATINGS: "260-10", "lock": "ratings"})
    assert not page.exception
    assert page.feedback and all(stars.disabled for stars in page.feedback)


def test_without_the_model(app: App, empty_assets: Path) -> None:
    page = app(PAGE)
    assert not page.exception and not page.get("plotly_chart")
    assert "core train movies" in page.code[0].value


def test_a_change_of_the_ratings_can_be_undone(app: App, films: Path) -> None:
    def undo() -> None:
        next(button for button in page.button if button.label == "Undo").click().run()

    page = app(PAGE, {RATINGS: "296-10.912-2"})
    assert not any(button.label == "Undo" for button in page.button)
    page.button(key="movies_you-remove-296").click().run()
    page.button(key="movies_you-try-3").click().run()
    assert link(page) == ""
    undo()
    assert link(page) == "912-2"
    undo()
    assert link(page) == "296-10.912-2" and not page.exception
    assert not any(button.label == "Undo" for button in page.button)
