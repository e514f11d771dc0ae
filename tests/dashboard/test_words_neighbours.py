"""The page about neighbours in one process: three views, several sets, links, what is missing."""

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.bundle import Bundle, save_bundle
from core.errors import DataError, InputError
from core.sentiment.model.lesson import CnnConfig
from core.sentiment.weights import SHAPES
from core.words.explore import ask
from core.words.explore.ask import Choice, WordSet
from dashboard import resources
from dashboard.app_pages.words_neighbours.lists_figure import INPUT, SHARED
from tests.dashboard.reading import spec, words
from tests.dashboard.word_samples import fill_words, sample_vectors

App = Callable[..., AppTest]
PAGE = "words_neighbours"
REVIEWS = "tree shrub garden leaf flower grass branch".split()
NEWS = "president clinton obama senate republicans campaign democrat governor".split()


def run(app: App, **values: str | list[str]) -> AppTest:
    page = app(PAGE, {f"{PAGE}_{name}": value for name, value in values.items()})
    assert not page.exception
    return page


def lists(page: AppTest) -> list[list[str]]:
    """The words of each list of the main figure, marks included."""
    texts = [t["text"] for t in spec(page)["data"] if t.get("mode") == "text"]
    return [list(column) for column in texts[::2]]


def bare(column: list[str]) -> list[str]:
    return [word.removeprefix(f"{SHARED} ").removeprefix(f"{INPUT} ") for word in column]


def ours(name: str = "sgns") -> WordSet:
    return WordSet(name, sample_vectors(name))


def shipped() -> WordSet:
    maps = resources.word_maps("words-maps-glove")
    return WordSet("glove", None, maps, maps.bundle)


def test_bush_has_other_neighbours_in_other_texts(app: App, glove_here: Path) -> None:
    page = run(app, n="7")
    news, skipgram, counts = lists(page)
    assert set(bare(news)) <= set(NEWS)
    assert set(bare(skipgram)) == set(bare(counts)) == set(REVIEWS)
    assert not any(word.startswith(SHARED) for word in news)
    assert all(word.startswith(SHARED) for word in skipgram)
    assert spec(page)["layout"]["title"]["text"] == "“bush”: GloVe and Skip-gram share none of 7"
    assert "GloVe has 0 with Skip-gram (Jaccard 0.00)" in words(page)


def test_without_the_archive_gloves_lists_answer_and_a_sentence_says_what_is_missing(
    app: App, word_assets: Path
) -> None:
    page = run(app, n="5")
    assert set(bare(lists(page)[0])) <= set(NEWS)
    assert any(ask.GET_GLOVE in text.value for text in page.caption)


def test_with_the_archive_nothing_is_missing(app: App, glove_here: Path) -> None:
    assert not any(ask.GET_GLOVE in text.value for text in run(app).caption)


def test_a_word_that_one_set_does_not_know_is_answered_by_the_others(
    app: App, glove_here: Path
) -> None:
    page = run(app, word="parliament")
    assert len(lists(page)) == 1
    assert "Skip-gram**: Word (parliament) is not among" in page.info[0].value.replace("\\", "")


def test_an_unknown_word_is_a_sentence_with_near_spellings_to_click(
    app: App, glove_here: Path
) -> None:
    page = run(app, word="garten")
    assert not page.get("plotly_chart")
    assert "did you mean garden" in page.info[0].value.replace("\\", "")
    page.button(key="words_neighbours-near-0").click().run()
    assert page.text_input(key="words_neighbours_word").value == "garden"
    assert "tree" in bare(lists(page)[1])


@pytest.mark.parametrize("word", ["<b>", "*x*", "$9.99", ":smile:", "&amp;", "[x](y)"])
def test_words_with_marks_are_shown_as_they_are(app: App, glove_here: Path, word: str) -> None:
    page = run(app, word=word)
    assert len(lists(page)) == 3 and not page.info
    assert "<b>" not in spec(page)["layout"]["title"]["text"]
    seen = next(text.value for text in page.markdown if "What you see" in text.value)
    assert word not in seen  # the marks are escaped


@pytest.mark.parametrize("typed", ["<script>alert(1)</script>", "**bold**", ":x:" * 9, "é" * 80])
def test_typed_nonsense_is_a_sentence(app: App, word_assets: Path, typed: str) -> None:
    page = run(app, word=typed)
    assert not page.get("plotly_chart")
    assert "<script>" not in page.info[0].value and "**bold**" not in page.info[0].value


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"word": "  "}, "Type a word"),
        ({"view": "Analogy", "a": ""}, "needs three words"),
        ({"view": "Axis", "low": ""}, "a word at each end"),
        ({"view": "Axis", "words": " , "}, "Type some words"),
        ({"view": "Axis", "low": "good"}, "point the same way"),
        ({"view": "Analogy", "a": "kingg"}, "did you mean king"),
        ({"view": "Axis", "high": "goood"}, "did you mean good"),
    ],
)
def test_what_cannot_be_answered_is_a_sentence(
    app: App, glove_here: Path, values: dict[str, str], sentence: str
) -> None:
    page = run(app, **values)
    assert not page.get("plotly_chart")
    assert sentence in page.info[0].value.replace("\\", "")


def test_an_analogy_leaves_its_words_out_and_shows_what_happens_otherwise(
    app: App, glove_here: Path
) -> None:
    page = run(app, view="Analogy")
    assert {column[0] for column in map(bare, lists(page))} == {"queen"}
    assert spec(page)["layout"]["title"]["text"] == "man : king = woman : queen"
    assert len(page.get("plotly_chart")) == 2
    assert "say so." in words(page) and "wrong" not in words(page)
    page.toggle(key="words_neighbours_leave_out").set_value(False).run()
    assert {column[0] for column in lists(page)} == {f"{INPUT} king"}
    assert "comes first in 3 of 3 sets" in words(page)
    assert "Right would be **queen**" in words(page) and "are wrong" in words(page)
    assert spec(page)["layout"]["title"]["text"] == "man : king = woman : king; right is queen"
    assert {n["text"] for n in spec(page, 1)["layout"]["annotations"]} >= {"queen", "king"}


def test_an_analogy_without_gloves_vectors_says_how_to_get_them(
    app: App, word_assets: Path
) -> None:
    page = run(app, view="Analogy", a="france", b="paris", c="italy")
    assert [column[0] for column in map(bare, lists(page))] == ["rome", "rome"]
    assert ask.GET_GLOVE in page.info[0].value.replace("\\", "")


def test_an_axis_orders_words_and_names_its_ends(app: App, glove_here: Path) -> None:
    page = run(app, view="Axis", words="superb, awful okay, nobodyknows")
    assert len(spec(page)["data"][0]["customdata"]) == 3
    assert "In GloVe the ends are **awful**" in words(page) and "**superb** (+" in words(page)
    assert "does not know nobodyknows" in page.info[0].value
    assert "Farthest out" in words(page)
    assert any("bad: " in t.value and "terrible" in t.value for t in page.markdown)


def test_two_axes_make_a_plane(app: App, glove_here: Path) -> None:
    page = run(app, view="Axis", words="king queen prince princess", below="man", above="woman")
    title = spec(page)["layout"]["title"]["text"]
    assert title == "GloVe: queen is nearest to woman, prince to man"
    assert "correlate" in words(page)
    assert {"xaxis", "xaxis2", "xaxis3"} <= set(spec(page)["layout"])


@pytest.mark.parametrize("source", ["the most frequent", "around the word"])
def test_the_words_along_an_axis_can_come_from_the_set(
    app: App, glove_here: Path, source: str
) -> None:
    page = run(app, view="Axis", source=source, n_words="20")
    n_drawn = len(spec(page)["data"][0]["customdata"])
    assert n_drawn == (20 if source == "the most frequent" else 21)


def test_gloves_shipped_axes_answer_without_its_vectors(app: App, word_assets: Path) -> None:
    page = run(app, view="Axis", words="superb awful")
    assert "In GloVe the ends are **awful**" in words(page)
    page = run(app, view="Axis", low="king", high="queen", words="superb awful")
    assert "choose one of bad to good" in page.info[0].value.replace("\\", "")
    assert "In Skip-gram the ends are" in words(page)


def test_sets_can_be_taken_away(app: App, glove_here: Path) -> None:
    page = run(app, sets=["Windows"])
    assert len(lists(page)) == 1
    assert "The nearest words of “bush” in Windows" in spec(page)["layout"]["title"]["text"]
    page.button_group(key="words_neighbours_sets").set_value([]).run()
    assert not page.exception and not page.get("plotly_chart")
    assert "at least one set" in page.info[0].value


def test_only_frequent_words_can_be_asked_for(app: App, glove_here: Path) -> None:
    for one in ("5,000", "all"):
        assert len(lists(run(app, top_n=one))) == 3


@pytest.mark.parametrize("number", range(5))
def test_each_experiment_runs(app: App, glove_here: Path, number: int) -> None:
    page = run(app, view="Axis", below="man", above="woman", word="tree")
    page.button(key=f"words_neighbours-try-{number}").click().run()
    assert not page.exception and not page.warning


def test_nonsense_in_a_link_is_a_sentence(app: App, word_assets: Path) -> None:
    page = run(app, view="<b>", n="999", top_n="7", sets="nothing", source="x", leave_out="perhaps")
    assert len(page.warning) == 1 and "must be" in page.warning[0].value
    assert len(page.get("plotly_chart")) == 1


def test_no_set_at_all_is_a_notice_with_the_command(
    app: App, empty_assets: Path, no_glove: None
) -> None:
    page = run(app)
    assert not page.get("plotly_chart")
    assert "has not been trained here yet" in words(page)
    assert "python -m core train words" in page.code[0].value


def test_a_damaged_set_is_named_and_the_others_stay(
    app: App, empty_assets: Path, no_glove: None
) -> None:
    fill_words(empty_assets, "words-sgns", "words-window")
    weights = empty_assets / "words-sgns" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    page = run(app)
    assert "left out" in page.warning[0].value and "words-sgns" in page.warning[0].value.replace(
        "\\", ""
    )
    assert len(lists(page)) == 1


def test_a_damaged_archive_is_named_and_the_others_stay(
    app: App, word_assets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged() -> None:
        raise DataError("glove.6B.zip is cut in line 7")

    monkeypatch.setattr(resources, "_glove", damaged)
    page = run(app)
    assert "line 7" in page.warning[0].value
    assert len(lists(page)) == 3  # GloVe's lists, and two of ours


def test_the_footer_names_each_set(app: App, glove_here: Path) -> None:
    footer = run(app).caption[-1].value.replace("\\", "")
    assert "GloVe sample" in footer and "PDDL" in footer
    assert "words-sgns" in footer and "imdb" in footer


def test_places_in_the_other_set_count_from_its_nearest_word() -> None:
    found = ask.neighbours([ours("sgns"), ours("window")], "bush", 7, None)
    here, there = (answer.table for answer in found.given)
    for table, other in ((here, there), (there, here)):
        place = {word: row + 1 for row, word in enumerate(other["word"])}
        assert table["place_there"].tolist() == [place[word] for word in table["word"]]
    assert found.comparisons[0].jaccard == 1 and here["is_shared"].all()


def test_shipped_lists_compare_as_the_vectors_do(word_assets: Path) -> None:
    lists_only = ask.neighbours([shipped(), ours()], "school", 4, None)
    live = ask.neighbours([ours("glove"), ours()], "school", 4, None)
    for some, whole in zip(lists_only.given, live.given, strict=True):
        assert some.table["word"].tolist() == whole.table["word"].tolist()
        assert some.table["cosine"].tolist() == pytest.approx(whole.table["cosine"].tolist())
        assert some.table["place_there"].tolist() == whole.table["place_there"].tolist()
    assert lists_only.comparisons[0].jaccard == live.comparisons[0].jaccard


def test_shipped_axes_are_the_vectors_axes_both_ways(word_assets: Path) -> None:
    named = ["superb", "awful", "nobodyknows"]
    for pair in (("bad", "good"), ("good", "bad")):
        some, absent = shipped().along(*pair, named)
        whole, _ = ours("glove").along(*pair, named)
        assert absent == ["nobodyknows"]
        assert some["position"].tolist() == pytest.approx(whole["position"].tolist(), abs=1e-3)
        ends, true = (one.ends(*pair, 3, None) for one in (shipped(), ours("glove")))
        assert set(ends["word"]) == set(true["word"])
        assert ends["end"].tolist() == true["end"].tolist()


def test_words_for_an_axis_are_chosen_in_three_ways() -> None:
    one = ours()
    assert one.choose(Choice(["a", "b"], 9, None, None)) == ["a", "b"]
    assert one.choose(Choice(None, 3, None, None)) == one.vectors.words[:3]
    around = one.choose(Choice(None, 3, "Bush", None))
    assert around[0] == "bush" and len(around) == 4 and set(around[1:]) <= set(REVIEWS)
    with pytest.raises(InputError, match="not among"):
        one.choose(Choice(None, 3, "nobodyknows", None))


def test_a_typed_list_is_read_word_by_word() -> None:
    assert ask.typed_words(" Good, bad;ugly\n good ,") == ["good", "bad", "ugly"]


def test_a_set_that_is_new_appears_by_its_name(
    app: App, empty_assets: Path, no_glove: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_words(empty_assets, "words-sgns")
    shutil.copytree(empty_assets / "words-sgns", empty_assets / "words-sentiment")
    monkeypatch.setattr(resources, "OUR_VECTORS", ("sgns", "sentiment"))
    page = run(app)
    assert len(lists(page)) == 2
    assert spec(page)["layout"]["title"]["text"] == "“bush”: Skip-gram and sentiment share 10 of 10"


def test_the_embedding_that_was_tuned_for_reviews_is_a_set_too(
    app: App, empty_assets: Path, no_glove: None
) -> None:
    fill_words(empty_assets, "words-sgns")
    words = ["bush", "tree", "garden", "president", "war"]
    config = CnnConfig(n_ids=7, length=4, n_dims=2, sizes=(1,), n_filters=1, n_hidden=1)
    rng = np.random.default_rng(0)
    shapes = SHAPES["Cnn"](7, dataclasses.asdict(config))
    arrays = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    table = arrays["embedding.table"] = np.zeros((7, 2), np.float32)
    table[1:6] = [[1, 0], [1, 0.1], [1, 0.2], [-1, 1], [0, 1]]
    bundle = Bundle(
        kind="sentiment",
        name="sentiment-cnn-glove-tuned",
        config=dataclasses.asdict(config) | {"model": "Cnn", "title": "CNN on GloVe, tuned"},
        seeds={"model": 0},
        metrics={},
        dataset={"name": "imdb", "title": "IMDB", "licence": "free"},
        arrays=arrays,
        tables={"words": pd.DataFrame({"word": words})},
        card="made by hand",
    )
    save_bundle(bundle, empty_assets / bundle.name)
    page = run(app)
    assert not page.exception and not page.warning
    tuned = resources.word_vectors("cnn-glove-tuned")
    assert tuned.neighbours("bush", n=2)["word"].tolist() == ["tree", "garden"]
    assert "GloVe, tuned" in spec(page)["layout"]["title"]["text"]
    assert len(lists(page)) == 2


def test_what_ships_says_when_its_answer_is_wrong(
    app: App, no_glove: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LATENT_LAB_ASSETS", raising=False)
    page = run(app, view="Analogy", a="paris", b="france", c="rome")
    title = spec(page)["layout"]["title"]["text"]
    assert title.startswith("Paris : France = Rome : ") and title.endswith("right is Italy")
    assert "Right would be **Italy**" in words(page) and "wrong" in words(page)
    page = run(app, view="Analogy", a="good", b="better", c="bad")
    assert "Right would be" not in words(page)


def test_words_that_do_not_ship_are_not_said_to_be_unknown(
    app: App, no_glove: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LATENT_LAB_ASSETS", raising=False)
    page = run(app, view="Axis", words="boring funny", low="bad", high="good")
    said = " ".join(box.value for box in page.info).replace("\\", "")
    assert "Of **GloVe** only the 10,000 most frequent words are here, without boring" in said
    assert "GloVe** does not know" not in said
