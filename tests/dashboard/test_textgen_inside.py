"""The page of the inside in one process: cells, holding, gates of every kind of net, influence."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.textgen.explore import TextModel, open_model
from dashboard.app_pages.textgen_inside import cell_views, gate_views
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


@pytest.fixture
def followers(monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """What the nets' cells follow, instead of what nets so small found."""
    table = pd.DataFrame(
        {
            "feature": ["quotes", "quotes", "brackets", "line"],
            "layer": 0,
            "cell": [4, 5, 6, 7],
            "correlation": [-0.6, 0.3, 0.19, 0.25],
        }
    )
    monkeypatch.setattr(TextModel, "cells", table)
    return table


@pytest.mark.parametrize("net", TITLES)
def test_only_what_is_clear_is_called_following(
    app: App, assets: Path, followers: pd.DataFrame, net: str
) -> None:
    page = opened(app, "A cell", net)
    said = words(page)
    assert "inside quotes (−0.60), how far into the line (+0.25)." in said
    assert "brackets" not in said
    assert any("follow brackets or word or sentence: none" in one.value for one in page.caption)
    keys = [button.key for button in page.button if "-follows-" in button.key]
    assert keys == [f"{PAGE}-follows-{what}" for what in ("quotes-0-4", "quotes-0-5", "line-0-7")]
    assert page.number_input(key=f"{PAGE}_cell").value == 5  # opens on the first that follows
    assert "In the book it follows “inside quotes” (−0.60)" in said
    page.number_input(key=f"{PAGE}_cell").set_value(7).run()  # which follows nothing
    assert "In the book it was not found to follow anything" in words(page)


def test_a_net_whose_cells_follow_nothing_promises_nothing(
    app: App, assets: Path, followers: pd.DataFrame
) -> None:
    followers["correlation"] = [0.0, 0.1, -0.19, 0.0]
    for view in VIEWS[:2]:
        page = opened(app, view)
        assert not any("-follows-" in button.key for button in page.button)
        assert "None of this net follows anything" in words(page)
        assert "follow what people have a word for" not in words(page)
        assert "it says" not in words(page)


@pytest.mark.parametrize(("net", "most"), [("nietzsche", 5.0), ("nietzsche-gru", 1.0)])
def test_a_cell_is_held_in_the_direction_of_its_sign(
    app: App, assets: Path, followers: pd.DataFrame, net: str, most: float
) -> None:
    page = opened(app, "Hold it", net)
    values = [page.slider(key=f"{PAGE}_value").value]
    assert f"held at −{most:.2f} it says **inside quotes**" in words(page)
    labels = {button.label: button.key for button in page.button}
    for label in ("Hold it as outside quotes", "Hold it as far into the line"):
        page.button(key=labels[label]).click().run()
        assert not page.exception
        values.append(page.slider(key=f"{PAGE}_value").value)
        assert f"it says **{label.removeprefix('Hold it as ')}**" in words(page)
    page.button(key=f"{PAGE}-follows-quotes-0-5").click().run()
    assert [*values, page.slider(key=f"{PAGE}_value").value] == [-most, most, most, most]
    page.slider(key=f"{PAGE}_value").set_value(-0.5).run()
    assert "held at −0.50 it says **outside quotes**" in words(page)
    page.slider(key=f"{PAGE}_value").set_value(0.0).run()
    assert "it says" not in words(page)


def test_what_ships_opens_on_cells_that_show_it(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LATENT_LAB_ASSETS", raising=False)
    for feature, net, cell in (("quotes", "nietzsche", 431), ("line", "shakespeare-small", 17)):
        page = app(PAGE)
        number = list(page_tries(page)).index(f"A cell for {FOR[feature]}")
        page.selectbox(key=f"{PAGE}_model").set_value("nietzsche-rnn").run()
        page.button(key=f"{PAGE}-try-{number}").click().run()
        assert not page.exception
        assert page.selectbox(key=f"{PAGE}_model").value == net
        assert page.number_input(key=f"{PAGE}_cell").value == cell
        assert f"In the book it follows “{cell_views.FOLLOWS[feature]}”" in words(page)
        assert "+0.00" not in words(page) and "0.00)" not in words(page)


FOR = {"quotes": "quotes", "line": "the length of the line"}


def page_tries(page: AppTest) -> list[str]:
    return [button.label for button in page.button if "-try-" in button.key]


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
    page = opened(app, "What it depends on")
    page.button(key=f"{PAGE}-try-1").click().run()
    assert page.number_input(key=f"{PAGE}_place").value == 320
    page.button(key=f"{PAGE}-try-0").click().run()
    assert page.number_input(key=f"{PAGE}_place").value == 31  # the quote behind "a promise is,"
    typed(page, "no quotes here")
    assert page_tries(page) == ["The end of the text", "The gates"]


def test_the_first_cell_follows_something_where_any_does() -> None:
    cells = pd.DataFrame(
        {
            "feature": ["quotes", "line", "word"],
            "layer": [0, 1, 0],
            "cell": [4, 5, 6],
            "correlation": [0.1, -0.3, 0.9],
        }
    )
    assert cell_views.best_cell(cells) == (1, 5)
    assert cell_views.best_cell(cells[:1]) == (0, 4)
    assert cell_views.best_cell(cells[:0]) == (0, 0)


def test_without_any_net_the_page_says_how_to_make_one(app: App, empty_assets: Path) -> None:
    page = app(PAGE)
    assert not page.exception and any("--preset nietzsche" in code.value for code in page.code)


def test_views_have_charts_of_their_own() -> None:
    assert len({cell_views.KEY, gate_views.KEY, gate_views.KEY_DEPENDS}) == 3
