"""The page with the map of words in one process: maps, search, parts, colours, selection, links."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import InputError
from core.words.explore import MapExplorer
from dashboard import resources, theme
from dashboard.app_pages.words_map import viewport, views
from dashboard.app_pages.words_map.lookup import Search
from dashboard.app_pages.words_map.map_figure import Window
from dashboard.link_values import Choice
from tests.dashboard.reading import numbers, spec, text, words
from tests.dashboard.word_samples import (
    N_DRAWN,
    N_FITTED,
    N_WORDS,
    NASTY,
    fill_words,
    find_map,
    maps_bundle,
)

App = Callable[..., AppTest]
PAGE, KEY, SELECTED = "words_map", "words_map_main", "words_map-chosen"


def run(app: App, **values: str | list[str]) -> AppTest:
    page = app(PAGE, {f"{PAGE}_{name}": value for name, value in values.items()})
    assert not page.exception
    return page


def points(page: AppTest, number: int = 0) -> dict:
    (trace,) = [trace for trace in spec(page, number)["data"] if "customdata" in trace]
    return trace


def ranges(page: AppTest, number: int = 0) -> list[float]:
    layout = spec(page, number)["layout"]
    return [*layout["xaxis"]["range"], *layout["yaxis"]["range"]]


def texts(page: AppTest, number: int = 0) -> list[str]:
    return [note["text"] for note in spec(page, number)["layout"]["annotations"]]


def lines(page: AppTest, number: int = 0) -> list[str]:
    return [trace["name"] for trace in spec(page, number)["data"] if trace["mode"] == "lines"]


@pytest.fixture(autouse=True)
def _no_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps GloVe's archive out, which some machines have."""
    ours = resources.word_vectors
    monkeypatch.setattr(
        resources, "word_vectors", lambda name: None if name == "glove" else ours(name)
    )


@pytest.fixture
def maps(empty_assets: Path) -> Path:
    return fill_words(empty_assets, "words-maps-glove")


@pytest.mark.parametrize(("kind", "n_charts"), [("t-SNE", 1), ("PCA", 1), ("both", 2)])
def test_each_map_is_drawn_and_described(app: App, maps: Path, kind: str, n_charts: int) -> None:
    page = run(app, map=kind)
    assert not page.warning and not page.info
    assert len(page.get("plotly_chart")) == n_charts
    assert f"All {N_DRAWN} words of the {N_FITTED} fitted" in words(page)
    assert "trustworthiness" in words(page)


def test_all_fitted_words_can_be_drawn(app: App, maps: Path) -> None:
    assert len(points(run(app))["hovertext"]) == N_DRAWN
    assert len(points(run(app, all="true"))["hovertext"]) == N_FITTED
    assert len(points(run(app, n=str(N_WORDS)))["hovertext"]) == N_WORDS


def test_another_perplexity_or_start_is_another_map(app: App, maps: Path) -> None:
    first = points(run(app))["x"]
    seeded = "random, seed 1, euclidean distance"
    assert points(run(app, perplexity="5"))["x"] != first
    assert points(run(app, run=seeded))["x"] != first
    assert points(run(app, run=seeded, map="PCA"))["x"] == points(run(app, map="PCA"))["x"]


def test_a_searched_word_lights_its_true_neighbours(app: App, maps: Path) -> None:
    page = run(app, word="School", map="both")
    explorer = MapExplorer(maps_bundle())
    record, row = find_map(explorer, N_FITTED), explorer.find("school")
    near = explorer.true_neighbours(record, row)
    for number, column in enumerate(("map_place", "pca_place")):
        n_kept = int((near[column] <= 10).sum())
        expected = [f"{n_kept} kept near", f"{10 - n_kept} torn apart"]
        assert lines(page, number) == [name for name in expected if name[:2] != "0 "]
        assert "<b>school</b>" in texts(page, number)
    listed = [button.label for button in page.button if button.key.startswith("words_map-near-")]
    assert [label.split()[0].replace("\\", "") for label in listed] == near["word"].tolist()
    assert "of the 10 lit words are kept near" in words(page)


@pytest.mark.parametrize("typed", ["\uff33chool", "scho\u00adol,", "“school”", "school, school;"])
def test_a_word_is_searched_as_it_is_typed(app: App, maps: Path, typed: str) -> None:
    assert words(run(app, word=typed)) == words(run(app, word="school"))


def test_the_list_leads_from_word_to_word(app: App, maps: Path) -> None:
    page = run(app, word="school")
    label = page.button(key="words_map-near-0").label
    page.button(key="words_map-near-0").click().run()
    assert page.text_input(key="words_map_word").value == label.split()[0]
    assert f"<b>{label.split()[0]}</b>" in texts(page)


def test_the_page_flies_to_a_word_and_back(app: App, maps: Path) -> None:
    whole = ranges(run(app))
    page = run(app, word="school")
    page.button(key=f"{KEY}-zoom-4").click().run()  # its closest only
    near = ranges(page)
    assert near[1] - near[0] < whole[1] - whole[0]
    page.button(key=f"{KEY}-zoom-2").click().run()
    assert ranges(page) == pytest.approx(whole)
    page.button(key=f"{KEY}-zoom-3").click().run()
    assert page.text_input(key="words_map_part").value == ""


def test_several_words_are_ringed_and_compared(app: App, maps: Path) -> None:
    page = run(app, word="school university")
    assert not lines(page)
    assert {"<b>school</b>", "<b>university</b>"} <= set(texts(page))
    assert "From school" in words(page) and "in truth" in words(page)


def test_an_unknown_word_suggests_another_one(app: App, maps: Path) -> None:
    page = run(app, word="scool")
    assert "did you mean school" in page.info[0].value.replace("\\", "")
    assert len(points(page)["hovertext"]) == N_DRAWN


def test_a_word_too_rare_for_the_map_offers_a_larger_one(app: App, maps: Path) -> None:
    page = run(app, word="filler80")
    assert "is number" in page.info[0].value
    page.button(key="words_map-larger").click().run()
    assert not page.info
    assert "<b>filler80</b>" in texts(page)


def test_a_fitted_word_that_is_not_drawn_is_added(app: App, maps: Path) -> None:
    word = MapExplorer(maps_bundle()).words["word"][N_FITTED - 1]
    page = run(app, word=word)
    assert word in points(page)["hovertext"]


def test_too_many_searched_words_are_a_sentence(app: App, maps: Path) -> None:
    page = run(app, word="b c d e f g h i j k l m n")
    assert "names 13 words" in page.info[0].value
    assert "10 more" in page.info[0].value  # of 12 unknown words, two are explained


def test_a_link_shows_a_part_and_zooming_goes_on_from_it(app: App, maps: Path) -> None:
    left, right, bottom, top = ranges(run(app))
    page = run(app, part="25 75 50 100")
    width, height = right - left, top - bottom
    expected = [left + width / 4, left + 3 * width / 4, bottom + height / 2, top]
    assert ranges(page) == pytest.approx(expected)
    assert f"of {N_DRAWN} words" in words(page)
    page.button(key=f"{KEY}-zoom-0").click().run()
    assert page.text_input(key="words_map_part").value.startswith("37.50 62.50 62.50 87.50 @ ")
    page.button(key=f"{KEY}-zoom-1").click().run()
    assert ranges(page) == pytest.approx(expected)
    page.button(key=f"{KEY}-zoom-1").click().run()
    assert page.text_input(key="words_map_part").value == ""


def test_a_part_of_another_map_or_search_is_not_shown(app: App, maps: Path) -> None:
    whole = ranges(run(app))
    assert ranges(run(app, part="1 2 3 4 @ another map")) == whole


@pytest.mark.parametrize("part", ["1 2 3", "a b c d", "9 1 0 100", "0 nan 0 100", "0 1e9 0 1"])
def test_a_part_that_is_none_is_a_sentence(app: App, maps: Path, part: str) -> None:
    page = run(app, part=part)
    assert "four percentages" in page.info[0].value
    assert len(points(page)["hovertext"]) == N_DRAWN


@pytest.mark.parametrize("colour", ["trust", "frequency", "axis"])
def test_each_colour_is_drawn_with_its_scale(app: App, maps: Path, colour: str) -> None:
    page = run(app, colour=colour, map="both", word="school")
    for number in (0, 1):
        assert points(page, number)["marker"]["showscale"]
    assert not page.info


def test_axes_of_ones_own_need_the_vectors(app: App, empty_assets: Path) -> None:
    fill_words(empty_assets)
    without = run(app, colour="axis", vectors="GloVe")
    assert without.selectbox(key="words_map_axis").options == ["bad – good", "man – woman"]
    own = {"colour": "axis", "vectors": "ours, from reviews", "axis": "two words of yours"}
    page = run(app, **own, low="awful", high="superb")
    bar = points(page)["marker"]["colorbar"]
    assert bar["ticktext"] == ["awful", "superb"]
    wrong = run(app, **own, low="awfull", high="superb")
    assert "did you mean awful" in wrong.info[0].value.replace("\\", "")


def test_vectors_of_our_own_that_are_missing_leave_the_maps(app: App, empty_assets: Path) -> None:
    fill_words(empty_assets, "words-maps-sgns")
    page = run(app, colour="axis")
    assert not page.info and points(page)["marker"]["showscale"]


def test_a_word_that_was_not_fitted_is_put_onto_the_map(app: App, empty_assets: Path) -> None:
    fill_words(empty_assets)
    before = run(app, vectors="ours, from reviews", n=str(N_FITTED))
    page = run(app, vectors="ours, from reviews", n=str(N_FITTED), word="filler80")
    assert not page.info
    assert "filler80** was not fitted" in words(page).replace("\\", "")
    assert points(page)["hovertext"][-1] == "filler80" and "<b>filler80</b>" in texts(page)
    listed = points(before)["hovertext"]
    assert points(page)["hovertext"][: len(listed)] == listed
    marks = [trace.get("marker", {}).get("symbol") for trace in spec(page)["data"]]
    assert "square-open" in marks and "circle-open" not in marks
    assert lines(page)
    page.button(key="words_map-larger").click().run()
    marks = [trace.get("marker", {}).get("symbol") for trace in spec(page)["data"]]
    assert "square-open" not in marks and "circle-open" in marks


@pytest.mark.parametrize("colour", ["trust", "frequency", "axis"])
def test_words_put_onto_both_maps_are_coloured_and_compared(
    app: App, empty_assets: Path, colour: str
) -> None:
    fill_words(empty_assets)
    page = run(
        app,
        vectors="ours, from reviews",
        n=str(N_FITTED),
        word="filler80 school filler90",
        colour=colour,
        map="both",
    )
    assert "From filler80" in words(page) and "they are put" in words(page)
    for number in range(2):
        assert len(points(page, number)["marker"]["color"]) == len(points(page, number)["x"])


def test_a_word_that_was_put_onto_the_map_is_not_selected(app: App, empty_assets: Path) -> None:
    fill_words(empty_assets)
    page = run(app, vectors="ours, from reviews", n=str(N_FITTED), word="filler80")
    page.session_state[SELECTED] = [0, N_FITTED]
    page.run()
    assert not page.exception and "1 word selected" in words(page)


def test_selected_words_are_listed_and_ringed_in_both_maps(app: App, maps: Path) -> None:
    page = run(app, map="both")
    page.session_state[SELECTED] = [3, 1, 7]
    page.run()
    assert "3 words selected" in words(page)
    table = page.dataframe[0].value
    assert table["rank"].tolist() == [2, 4, 8]
    assert {"x", "y", "pca_x", "pca_y", "preservation"} <= set(table.columns)
    for number in (0, 1):
        rings = spec(page, number)["data"][-1]
        assert len(numbers(rings["x"])) == 3
        assert rings["marker"]["symbol"] == "circle-open"
    page.button(key="words_map-clear").click().run()
    assert "words selected" not in words(page)


def test_the_lessons_map_is_one_click(app: App, maps: Path) -> None:
    page = run(app, n=str(N_WORDS), colour="trust", word="school", map="PCA")
    page.button(key="words_map-try-0").click().run()
    assert not page.exception
    trace = points(page)
    assert len(trace["hovertext"]) == N_DRAWN and "showscale" not in trace["marker"]
    assert f"All {N_DRAWN} words of the {N_FITTED} fitted" in words(page)
    assert page.text_input(key="words_map_word").value == ""


@pytest.mark.parametrize("number", range(5))
def test_each_experiment_runs(app: App, empty_assets: Path, number: int) -> None:
    fill_words(empty_assets)
    page = run(app, vectors="ours, from reviews")
    page.button(key=f"words_map-try-{number}").click().run()
    assert not page.exception and not page.warning
    assert "GloVe sample" in words(page)


def test_words_of_data_are_shown_as_they_stand(app: App, maps: Path) -> None:
    page = run(app, n=str(N_WORDS), word=" ".join(NASTY))
    assert "<b>&lt;b&gt;</b>" in texts(page)
    assert "\\<b\\>" in text(page)


def test_a_link_written_by_hand_may_give_a_plain_number() -> None:
    sizes = Choice((500, 10_000), theme.count)
    assert sizes.read(["10,000"]) == sizes.read(["10000"]) == 10_000
    assert sizes.write(10_000) == ["10,000"]
    with pytest.raises(ValueError, match="one of 500, 10,000"):
        sizes.read(["1e4"])


def test_nonsense_in_a_link_is_a_sentence(app: App, maps: Path) -> None:
    page = run(app, map="globe", n="7", colour="taste", n_labels="inf", run="<b>", all="perhaps")
    assert len(page.warning) == 1 and "must be" in page.warning[0].value
    assert len(points(page)["hovertext"]) == N_DRAWN


def test_no_bundle_is_a_notice_with_the_command(app: App, empty_assets: Path) -> None:
    page = run(app)
    assert not page.get("plotly_chart")
    assert "has not been trained here yet" in words(page)


@pytest.fixture
def pane() -> views.Pane:
    explorer = MapExplorer(maps_bundle())
    record = find_map(explorer, N_FITTED)
    table = explorer.table(record)
    (one,) = views.draw_panes(table, record, ["t-SNE"], N_DRAWN, "", Search(), None)
    return one


def test_a_part_is_read_as_it_was_written(pane: views.Pane) -> None:
    width, height = pane.everything.size
    window = Window(
        pane.everything.left + width / 8,
        pane.everything.left + width / 4,
        pane.everything.bottom - height / 4,
        pane.everything.bottom + height / 2,
    )
    assert viewport.read(viewport.write(window, pane), pane) == pytest.approx(window)
    assert viewport.write(None, pane) == "" and viewport.read("", pane) == pane.everything


def test_a_part_too_small_to_write_is_everything(pane: views.Pane) -> None:
    left, _, bottom, _ = pane.everything
    assert viewport.write(Window(left, left + 1e-9, bottom, bottom + 1), pane) == ""


def test_a_part_far_out_is_kept_within_reach(pane: views.Pane) -> None:
    left, right, bottom, top = pane.everything
    far = viewport.write(Window(left - 1e9, right, bottom, top + 1e9), pane)
    assert (
        viewport.read(far, pane).holds(pane.words["x"].to_numpy(), pane.words["y"].to_numpy()).all()
    )
    with pytest.raises(InputError, match="four percentages"):
        viewport.read("-1e9 100 0 100", pane)
