"""The leaderboard page in one process: every view, one model, none, and links."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.bundle import save_bundle
from core.sentiment import FORMER_NAMES
from tests.dashboard.board_samples import CLEAN, TITLES, board_bundle, fill_board
from tests.dashboard.reading import spec, words
from tests.dashboard.review_samples import review_bundle

App = Callable[..., AppTest]
PAGE = "sentiment_board"
VIEWS = ("Leaderboard", "Training", "Confusion", "Trust", "ROC", "When")
LINEAR = "Linear, on n-grams (NB-SVM)"


@pytest.fixture
def board(empty_assets: Path) -> Path:
    return fill_board(empty_assets)


@pytest.fixture
def three(empty_assets: Path) -> Path:
    return fill_board(empty_assets, ("mlp", "cnn", "nbsvm"))


def numbers(page: AppTest) -> list[str]:
    return [note["text"] for note in spec(page)["layout"]["annotations"]]


@pytest.mark.parametrize("shown", VIEWS)
def test_every_view_is_drawn(app: App, board: Path, shown: str) -> None:
    page = app(PAGE, {f"{PAGE}_view": shown})
    assert not page.exception and not page.warning
    assert len(page.get("plotly_chart")) == 1
    assert "What you see." in words(page) and "nan" not in words(page)
    assert page.get("plotly_chart")[0].proto.spec.count("NaN") == 0
    assert len(page.dataframe[0].value) == len(CLEAN)


@pytest.mark.parametrize("shown", VIEWS)
@pytest.mark.parametrize("name", ["mlp", "nbsvm"])
def test_one_model_is_enough(app: App, empty_assets: Path, shown: str, name: str) -> None:
    fill_board(empty_assets, (name,))
    page = app(PAGE, {f"{PAGE}_view": shown})
    assert not page.exception and not page.warning
    has_figure = bool(page.get("plotly_chart"))
    assert has_figure == ((name, shown) != ("nbsvm", "Training"))
    assert has_figure or any("fitted in one go" in box.value for box in page.info)


def test_the_claim_stands_only_on_its_numbers(app: App, three: Path) -> None:
    said = words(app(PAGE)).replace("\N{NO-BREAK SPACE}", " ")
    assert "A linear model of 2012 beats every net of the lesson: 91.95 %" in said
    assert "90.36 %" in said and "89.42 %" in said


def test_without_the_linear_model_there_is_no_claim(app: App, empty_assets: Path) -> None:
    fill_board(empty_assets, ("mlp", "cnn"))
    assert "2012 beats" not in words(app(PAGE))


def test_the_numbers_of_both_sides_stand_beside_each_other(app: App, three: Path) -> None:
    shown = numbers(app(PAGE))
    assert "<b>88.09 % ± 0.10 here</b>" in shown
    assert "88.29 % here, best test epoch" in shown
    assert "88.04 % the lesson’s" in shown and "91.22 % the paper’s" in shown


def test_a_link_restores_view_model_and_slice(app: App, board: Path) -> None:
    query = {
        f"{PAGE}_view": "When",
        f"{PAGE}_model": TITLES["multicnn"],
        f"{PAGE}_slice": "negations",
    }
    page = app(PAGE, query)
    assert not page.exception and not page.warning
    figure = spec(page)
    assert figure["layout"]["title"]["text"].startswith(TITLES["multicnn"])
    assert "negations" in figure["layout"]["xaxis"]["title"]["text"]
    assert any(f"<b>▲ {TITLES['multicnn'][:4]}" in text for text in numbers(page))


@pytest.mark.parametrize("number", [0, 1, 2])
def test_each_experiment_leads_somewhere(app: App, board: Path, number: int) -> None:
    page = app(PAGE)
    page.button(key=f"{PAGE}-try-{number}").click().run()
    assert not page.exception and not page.warning
    title = spec(page)["layout"]["title"]["text"]
    assert ("best on test", "from best to worst", "from what came true")[number] in title


def test_time_is_measured_on_demand(app: App, three: Path) -> None:
    page = app(PAGE)
    assert set(page.dataframe[0].value["one review"]) == {"not measured"}
    next(button for button in page.button if "Measure" in button.label).click().run()
    assert not page.exception
    assert page.dataframe[0].value["one review"].str.endswith("s").all()


def test_two_epochs_are_told_apart(app: App, three: Path) -> None:
    page = app(PAGE, {f"{PAGE}_view": "Training"})
    assert "chose epoch 2" in words(page) and "their best epoch is 3" in words(page)


def test_without_bundles_the_page_says_how_to_make_one(app: App, empty_assets: Path) -> None:
    page = app(PAGE)
    assert not page.exception
    assert any("train sentiment --preset mlp" in code.value for code in page.code)


def test_a_bundle_without_test_reviews_is_named(app: App, empty_assets: Path) -> None:
    save_bundle(review_bundle("mlp"), empty_assets / "sentiment-mlp")
    page = app(PAGE)
    assert not page.exception and "table test is missing" in words(page)


def test_a_title_is_not_read_as_markdown(app: App, empty_assets: Path) -> None:
    bundle = board_bundle("mlp")
    bundle.config["title"] = "<b>*Net*</b> $x$"
    save_bundle(bundle, empty_assets / "sentiment-mlp")
    for shown in VIEWS:
        page = app(PAGE, {f"{PAGE}_view": shown})
        assert not page.exception
        assert "<b>*Net*" not in "\n".join(block.value for block in page.markdown)
        assert "<b>*Net*" not in page.get("plotly_chart")[0].proto.spec.replace("\\u003c", "<")


def test_another_figure_than_the_leaderboards_is_explained(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LATENT_LAB_ASSETS", raising=False)
    page = app(PAGE, {f"{PAGE}_view": "Training"})
    box = page.selectbox(key=f"{PAGE}_model")
    assert box.value == "ensemble" and not page.exception
    assert "90.61 %" in words(page) and "leaderboard’s 92.35 % is another figure" in words(page)
    assert "only its net has epochs" in words(page)
    box.set_value("cnn").run()
    assert not page.exception and "is another figure" not in words(page)


@pytest.mark.parametrize("former", FORMER_NAMES)
def test_a_link_may_call_a_model_by_its_former_name(
    app: App, monkeypatch: pytest.MonkeyPatch, former: str
) -> None:
    monkeypatch.delenv("LATENT_LAB_ASSETS", raising=False)
    page = app(PAGE, {f"{PAGE}_model": former})
    assert not page.exception and not page.warning
    assert page.selectbox(key=f"{PAGE}_model").value == FORMER_NAMES[former]
