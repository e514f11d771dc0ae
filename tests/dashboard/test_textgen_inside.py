"""The page of the inside in one process: cells, holding, gates of every kind of net, influence."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.textgen.explorer import open_model
from dashboard.components import cell_views, gate_views
from tests.dashboard.inside_samples import N_UNITS, TITLES, fill_nets
from tests.dashboard.reading import spec, words

App = Callable[..., AppTest]
PAGE = "textgen_inside"
KEY_TEXT = "textgen-inside-text"
VIEWS = ("A cell", "Hold it", "Gates", "What it depends on")
TEXT = 'he said "no [way]".\nthe dog sat'


@pytest.fixture(scope="module")
def nets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inside")
    assets = folder / "assets"
    assets.mkdir()
    return fill_nets(assets, folder)


@pytest.fixture
def assets(nets: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LATENT_LAB_ASSETS", str(nets))
    return nets


def opened(app: App, view: str, net: str = "nietzsche", **query: str) -> AppTest:
    query = {"view": view, "model": TITLES[net], **query}
    page = app(PAGE, {f"{PAGE}_{name}": value for name, value in query.items()})
    assert not page.exception
    return page


def typed(page: AppTest, text: str = TEXT) -> AppTest:
    page.text_area(key=KEY_TEXT).set_value(text).run()
    assert not page.exception
    return page


@pytest.mark.parametrize("net", TITLES)
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_of_every_kind_of_net_is_drawn(
    app: App, assets: Path, view: str, net: str
) -> None:
    page = opened(app, view, net)
    assert not page.warning
    has_figure = view != "Hold it" and (view, net) != ("Gates", "nietzsche-rnn")
    assert len(page.get("plotly_chart")) == has_figure
    assert "nan" not in words(page)
    said = any("has no gates" in box.value for box in page.info)
    assert said == ((view, net) == ("Gates", "nietzsche-rnn"))


def test_a_cell_is_drawn_along_the_text(app: App, assets: Path) -> None:
    page = typed(opened(app, "A cell", layer="2", cell="3"))
    model = open_model("nietzsche", assets=assets)
    expected = model.read(TEXT).states[:, 1, -1, 2]
    assert spec(page)["data"][0]["y"] == pytest.approx(expected.tolist(), abs=1e-3)
    assert "Cell 3 of layer 2 remembers from" in words(page)


def test_one_click_shows_a_cell_that_was_found(app: App, assets: Path) -> None:
    page = opened(app, "A cell")
    found = open_model("nietzsche", assets=assets).cells
    row = found[found["feature"] == "brackets"].iloc[1]
    key = f"{PAGE}-follows-brackets-{row['layer']}-{row['cell']}"
    assert f"{row['layer'] + 1}·{row['cell'] + 1}" in page.button(key=key).label
    page.button(key=key).click().run()
    assert page.number_input(key=f"{PAGE}_cell").value == row["cell"] + 1
    assert page.number_input(key=f"{PAGE}_layer").value == row["layer"] + 1
    assert f"Cell {row['cell'] + 1} of layer {row['layer'] + 1} remembers" in words(page)


def test_the_first_cell_is_one_that_clearly_follows_something() -> None:
    cells = pd.DataFrame(
        {
            "feature": ["quotes", "line", "word"],
            "layer": [0, 1, 0],
            "cell": [4, 5, 6],
            "correlation": [0.1, -0.6, 0.9],
        }
    )
    assert cell_views.best_cell(cells) == (1, 5)
    assert cell_views.best_cell(cells[:1]) == (0, 4)
    assert cell_views.best_cell(cells[:0]) == (0, 0)


def test_another_net_may_have_fewer_cells(app: App, assets: Path) -> None:
    page = opened(app, "A cell", cell=str(N_UNITS["lstm"]))
    page.selectbox(key=f"{PAGE}_model").set_value("nietzsche-rnn").run()
    assert not page.exception
    assert page.number_input(key=f"{PAGE}_cell").value <= N_UNITS["rnn"]


def test_a_held_cell_changes_what_is_written(app: App, assets: Path) -> None:
    page = typed(opened(app, "Hold it", layer="1", cell="1", value="5", n_chars="50"))
    said = words(page)
    assert "**Held at +5.00**" in said
    assert "then part" in said or "changes nothing here" in said
    assert not any("beyond what it" in text.value for text in page.caption)
    plain = opened(app, "Hold it", "nietzsche-gru", value="5")
    assert any("beyond what it" in text.value for text in plain.caption)


@pytest.mark.parametrize(
    ("net", "gates"),
    [
        ("nietzsche", ["input", "forget", "candidate", "output"]),
        ("nietzsche-gru", ["reset", "update"]),
    ],
)
def test_a_net_has_the_gates_of_its_kind(
    app: App, assets: Path, net: str, gates: list[str]
) -> None:
    page = typed(opened(app, "Gates", net))
    chooser = page.segmented_control(key=f"{PAGE}_gate")
    assert chooser.options == gates
    for gate in gates:
        chooser.set_value(gate).run()
        assert not page.exception
        (rows,) = spec(page)["data"]
        assert rows["zmin"] == (-1 if gate == "candidate" else 0)
        assert len(rows["z"][0]) == len(TEXT)


def test_chosen_cells_and_characters_are_shown(app: App, assets: Path) -> None:
    page = opened(app, "Gates", cells="3", first="9999")
    assert page.warning  # the link asks for a character that cannot be
    page = opened(app, "Gates", cells="3", first="300")
    layout = spec(page)["layout"]
    assert layout["yaxis"]["ticktext"] == ["cell 3"]
    assert layout["xaxis"]["title"]["text"].endswith("to 320")


def test_influence_is_that_of_the_asked_character(app: App, assets: Path) -> None:
    page = typed(opened(app, "What it depends on", place="10"))
    model = open_model("nietzsche", assets=assets)
    found = model.influence(TEXT[:9], TEXT[9]).astype(float)
    bars = spec(page)["data"][0]
    assert bars["y"] == pytest.approx((100 * found / found.sum()).tolist(), abs=1e-3)
    assert "as character 10?" in spec(page)["layout"]["title"]["text"]
    page.selectbox(key=f"{PAGE}_target").set_value("q" if "q" in model.alphabet.ids else "a").run()
    assert not page.exception
    assert spec(page)["data"][0]["y"] != bars["y"]


def test_a_place_behind_the_text_is_its_last_character(app: App, assets: Path) -> None:
    page = typed(opened(app, "What it depends on"), "the dog")
    assert "as character 7?" in spec(page)["layout"]["title"]["text"]
    assert len(spec(page)["data"][0]["y"]) == 6


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("text", ["", "a", "É<b>*_`\n\n"])
def test_odd_texts_break_nothing(app: App, assets: Path, view: str, text: str) -> None:
    page = typed(opened(app, view), text)
    assert bool(page.info) == (not text or (text == "a" and view == VIEWS[3]))
    if text.startswith("É"):
        assert any("Others are read as something like them" in line.value for line in page.caption)


def test_what_was_typed_is_in_no_link(app: App, assets: Path) -> None:
    page = typed(opened(app, "A cell"), "hidden away")
    assert "hidden" not in str(dict(page.query_params))
    assert not any("hidden" in code.value for code in page.code)
    page.segmented_control(key=f"{PAGE}_view").set_value("Gates").run()
    assert page.text_area(key=KEY_TEXT).value == "hidden away"


def test_experiments_set_what_they_name(app: App, assets: Path) -> None:
    page = opened(app, "Hold it")
    page.button(key=f"{PAGE}-try-1").click().run()
    assert not page.exception
    assert page.slider(key=f"{PAGE}_value").value == -5.0
    page = opened(app, "What it depends on")
    page.button(key=f"{PAGE}-try-1").click().run()
    assert page.number_input(key=f"{PAGE}_place").value == 320


def test_without_any_net_the_page_says_how_to_make_one(app: App, empty_assets: Path) -> None:
    page = app(PAGE)
    assert not page.exception and any("--preset nietzsche" in code.value for code in page.code)


def test_views_have_charts_of_their_own() -> None:
    assert len({cell_views.KEY, gate_views.KEY, gate_views.KEY_DEPENDS}) == 3
