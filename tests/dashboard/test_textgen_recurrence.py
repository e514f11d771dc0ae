"""The page of memory in one process: every view, texts of one's own, a bundle that is missing."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.textgen.memory.markup import NAMES
from core.textgen.memory.stories import ORDERS
from dashboard.app_pages.textgen_recurrence import tags, unfolded_steps
from tests.dashboard.memory_samples import fill_memory, fill_unfolded
from tests.dashboard.reading import spec, words

App = Callable[..., AppTest]
PAGE = "textgen_recurrence"
N_CHARTS = {"Closing tags": 2, "Word order": 2, "Three steps": 3}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("memory")
    return fill_unfolded(fill_memory(folder / "assets"), folder)


@pytest.fixture
def assets(both: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LATENT_LAB_ASSETS", str(both))
    return both


def opened(app: App, view: str, **query: str) -> AppTest:
    page = app(PAGE, {f"{PAGE}_view": view} | {f"{PAGE}_{k}": v for k, v in query.items()})
    assert not page.exception
    return page


def typed(app: App, markup: str) -> AppTest:
    page = opened(app, "Closing tags")
    page.text_area(key=tags.KEY_TEXT).set_value(markup).run()
    assert not page.exception
    return page


def notes(page: AppTest, number: int = 0) -> list[str]:
    return [note["text"] for note in spec(page, number)["layout"]["annotations"]]


@pytest.mark.parametrize("view", N_CHARTS)
def test_every_view_is_drawn(app: App, assets: Path, view: str) -> None:
    page = opened(app, view)
    assert not page.warning
    assert len(page.get("plotly_chart")) == N_CHARTS[view]
    assert "What you see." in words(page) and "nan" not in words(page)


def test_four_models_are_named_at_their_lines(app: App, assets: Path) -> None:
    page = opened(app, "Closing tags")
    shown = notes(page)
    for name in ("■ Counting", "◆ Window of 12", "▲ Plain recurrent", "<b>● LSTM"):
        assert any(text.startswith(name) for text in shown)
    assert "a guess, one name in 8" in shown
    assert any("outside the window of 12" in text for text in shown)
    depths = opened(app, "Closing tags", by="how many are open")
    assert spec(depths)["layout"]["xaxis"]["ticktext"][0].startswith("1<br>n = ")
    assert not any("outside the window" in text for text in notes(depths))


def test_the_right_name_is_framed_and_who_says_it_has_a_tick(app: App, assets: Path) -> None:
    page = typed(app, "<fig>k")
    assert "The open tag is **fig**, opened **3 characters** ago." in words(page)
    layout = spec(page, 1)["layout"]
    (frame,) = layout["shapes"]
    assert frame["x0"] < NAMES.index("fig") < frame["x1"]
    assert layout["xaxis"]["ticktext"][NAMES.index("fig")] == "<b>fig</b>"
    assert layout["yaxis"]["ticktext"][-1] == "LSTM<b> ✓</b>"
    again = typed(app, "<fig>k</")
    assert spec(again, 1)["data"] == spec(page, 1)["data"]


@pytest.mark.parametrize(
    ("markup", "said"),
    [
        ("", "nothing to close yet"),
        ("</", "nothing to close yet"),
        ("<art", "ends inside a tag"),
        ("<art>k</a", "ends inside a tag"),
    ],
)
def test_what_cannot_be_asked_is_said(app: App, assets: Path, markup: str, said: str) -> None:
    page = typed(app, markup)
    assert any(said in box.value for box in page.info)
    assert len(page.get("plotly_chart")) == 1


@pytest.mark.parametrize(
    ("markup", "said"),
    [
        ("kol <art>k</art> mun", "No tag is open here"),
        ("<div>kol", "The open tag is **div**, a name that nobody learned"),
        ("<ART>k*", "“A” as “a”"),
        ("<art>k*", "“*” as a space"),
    ],
)
def test_odd_markup_is_answered_and_explained(
    app: App, assets: Path, markup: str, said: str
) -> None:
    page = typed(app, markup)
    assert said in words(page)
    assert len(page.get("plotly_chart")) == 2


def test_what_was_typed_is_in_no_link(app: App, assets: Path) -> None:
    page = typed(app, "<hub>soll")
    assert "soll" not in str(dict(page.query_params))
    assert not any("soll" in code.value for code in page.code)


def test_a_link_restores_the_sample(app: App, assets: Path) -> None:
    page = opened(app, "Closing tags", sample=tags.SAMPLES["far"][0])
    assert page.text_area(key=tags.KEY_TEXT).value == tags.SAMPLES["far"][1]
    page.button(key=f"{PAGE}-try-1").click().run()
    assert "The open tag is **cap**" in words(page)


def test_samples_have_letters_that_models_know(app: App, assets: Path) -> None:
    for title, _ in tags.SAMPLES.values():
        page = opened(app, "Closing tags", sample=title)
        assert "do not know every sign" not in words(page)
        assert "The open tag is" in words(page)


def test_a_story_is_composed_and_answered(app: App, assets: Path) -> None:
    query = {"place": "Nepal", "year": "1968", "order": "place first", "asides": "2"}
    page = opened(app, "Word order", **query)
    said = words(page)
    assert "**nepal**" in said
    assert "**never stood together**" in said
    shown = notes(page)
    assert shown == ["<b>in 1968 i went to nepal.</b>", "<b>i went to nepal in 1968.</b>"]
    page.button(key=f"{PAGE}-try-1").click().run()
    assert "**1968**" in words(page)


def test_three_characters_are_merged_in_both_ways(app: App, assets: Path) -> None:
    page = opened(app, "Three steps")
    by_sum = spec(page)["data"]
    assert len(by_sum) == 6  # what each of three says, and what is held behind it
    page.button(key=f"{PAGE}-try-0").click().run()
    assert not page.exception
    assert spec(page)["data"] != by_sum
    assert "side by side" in notes(page)
    bars = spec(page, 2)["data"][0]
    assert len(bars["y"]) == 3  # no net with a loop is here
    assert any("--preset nietzsche-rnn" in block.value for block in page.markdown)


@pytest.mark.parametrize(("text", "said"), [("th", "(2 characters) should have 3"), ("", "(0")])
def test_other_than_three_characters_are_refused(
    app: App, assets: Path, text: str, said: str
) -> None:
    page = opened(app, "Three steps")
    page.text_input(key=unfolded_steps.KEY_TEXT).set_value(text).run()
    assert not page.exception
    assert any(said in box.value.replace("\\", "") for box in page.warning)
    assert len(page.get("plotly_chart")) == 1


def test_signs_that_mean_something_elsewhere_are_text(app: App, assets: Path) -> None:
    page = opened(app, "Three steps")
    page.text_input(key=unfolded_steps.KEY_TEXT).set_value('("E').run()
    assert not page.exception and not page.warning
    assert "<b>e</b>" in notes(page)
    assert '("E' not in str(dict(page.query_params))


@pytest.mark.parametrize("lost", ["memory", "unfolded"])
def test_without_one_bundle_the_other_works(
    app: App, assets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    here = tmp_path / "assets"
    shutil.copytree(assets, here, ignore=shutil.ignore_patterns(f"textgen-{lost}"))
    monkeypatch.setenv("LATENT_LAB_ASSETS", str(here))
    for view, n_charts in N_CHARTS.items():
        page = opened(app, view)
        is_lost = (view == "Three steps") == (lost == "unfolded")
        assert len(page.get("plotly_chart")) == (0 if is_lost else n_charts)
        assert any(f"--preset {lost}" in code.value for code in page.code) == is_lost


def test_without_any_bundle_the_page_says_how_to_make_one(app: App, empty_assets: Path) -> None:
    page = app(PAGE)
    assert not page.exception and any("--preset memory" in code.value for code in page.code)


def test_the_footer_names_what_the_view_is_about(app: App, assets: Path) -> None:
    for view, metric in (
        ("Closing tags", "lstm_tags"),
        ("Word order", "lstm_answers"),
        ("Three steps", "sum_bits"),
    ):
        page = opened(app, view)
        assert metric in page.caption[-1].value.replace("\\", "")


@pytest.mark.parametrize("by", tags.BY)
def test_what_a_window_sees_is_said_as_it_is(app: App, assets: Path, by: str) -> None:
    said = words(opened(app, "Closing tags", by=tags.BY[by]))
    assert "knows only what it sees now" not in said  # a window of many characters sees them all
    assert "Counting and the window see only the last characters, the window " in said


def test_one_character_is_one(app: App, assets: Path) -> None:
    said = words(typed(app, "<fig>k"))
    assert "1 characters" not in said and "opened **" in said


@pytest.mark.parametrize("order", ["year first", "place first"])
def test_the_other_order_is_the_one_that_is_not_shown(app: App, assets: Path, order: str) -> None:
    page = opened(app, "Word order", order=order)
    page.button(key=f"{PAGE}-try-0").click().run()
    assert not page.exception
    chooser = page.segmented_control(key=f"{PAGE}_order")
    assert chooser.value != dict(zip(chooser.options, ORDERS, strict=True))[order]
