"""The page of t-SNE at work in one process: views, words, settings, a run, links, bad input."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.words.explore.live import TsneSettings, choose_words
from dashboard import resources
from dashboard.app_pages.words_tsne import live_run, own_words
from tests.dashboard.fake_tsne import KL_END, FakeRunner
from tests.dashboard.reading import spec, words
from tests.dashboard.word_samples import N_FITTED, fill_words, sample_vectors, word_list

App = Callable[..., AppTest]
PAGE = "words_tsne"
ONE, FORCES, MULTIPLES = "one run", "forces on a word", "small multiples"
MANY = [word for word in word_list("glove") if not set(word) & set(",;")]  # those end a word
SOME = MANY[:40]


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> FakeRunner:
    fake = FakeRunner()
    monkeypatch.setattr(resources, "tsne_runner", lambda: fake)
    return fake


def run(app: App, **values: str | list[str]) -> AppTest:
    page = app(PAGE, {f"{PAGE}_{name}": value for name, value in values.items()})
    assert not page.exception
    return page


def press(page: AppTest, name: str = "run") -> AppTest:
    page.button(key=f"{PAGE}-{name}").click().run()
    assert not page.exception
    return page


def shown(page: AppTest) -> str:
    return words(page).split("**What you see.** ")[1].split("\n")[0]


def n_points(page: AppTest) -> int:
    return len(spec(page)["data"][0]["hovertext"])


@pytest.mark.parametrize("view", [ONE, FORCES, MULTIPLES])
def test_the_first_view_is_what_ships_and_starts_nothing(
    app: App, glove_here: Path, runner: FakeRunner, view: str
) -> None:
    page = run(app, view=view)
    assert not page.warning and not page.info
    assert len(page.get("plotly_chart")) == (2 if view == MULTIPLES else 1)
    assert "GloVe sample" in shown(page) or view == FORCES
    assert not runner.asked
    assert not page.button(key=f"{PAGE}-run").disabled


def test_the_shipped_run_has_its_frames(app: App, glove_here: Path, runner: FakeRunner) -> None:
    page = run(app)
    assert [frame["name"] for frame in spec(page)["frames"]] == ["0", "50", "100"]
    assert n_points(page) == N_FITTED
    assert "ships with the app" in shown(page)


def test_a_run_is_drawn_and_described(app: App, glove_here: Path, runner: FakeRunner) -> None:
    page = press(run(app, n="60", perplexity="12", iterations="200", seed="4", start="random"))
    assert runner.asked == [(TsneSettings(12.0, 200, 12.0, None, "random", 4),)]
    assert n_points(page) == 60 and len(spec(page)["frames"]) == 21
    assert "drawn here in 500 ms" in shown(page)
    assert f"to **{KL_END:.2f}**" in shown(page)


def test_settings_reach_the_run(app: App, glove_here: Path, runner: FakeRunner) -> None:
    press(run(app, n="60", perplexity="12", exaggeration="4", learning_rate="350", seed="7"))
    asked = runner.asked[0][0]
    assert (asked.exaggeration, asked.learning_rate) == (4.0, 350.0)
    assert asked.seed == 0  # a PCA start has no seed


def test_own_words_are_drawn_and_linked(app: App, glove_here: Path, runner: FakeRunner) -> None:
    page = press(run(app, words="my own", pasted=" ".join(SOME), perplexity="5"))
    assert page.text_area(key=f"{PAGE}_pasted").value == " ".join(SOME)
    assert n_points(page) == len(SOME)
    assert page.query_params[f"{PAGE}_pasted"] in (" ".join(SOME), [" ".join(SOME)])
    assert "words_tsne_pasted=" in page.code[-2].value


def test_long_texts_stay_out_of_the_link(app: App, glove_here: Path, runner: FakeRunner) -> None:
    page = run(app, words="my own", perplexity="5", pasted="school")
    text = "\n".join(MANY[:80])
    assert len(text) > own_words.MOST_LINKED
    page.text_area(key=f"{PAGE}_pasted").set_value(text).run()
    assert f"{PAGE}_pasted" not in page.query_params
    assert page.text_area(key=f"{PAGE}_pasted").value == text
    press(page)
    assert n_points(page) == 80
    page.button_group(key=f"{PAGE}_words").set_value("most frequent").run()
    page.button_group(key=f"{PAGE}_words").set_value("my own").run()
    assert page.text_area(key=f"{PAGE}_pasted").value == text


def test_neighbours_of_a_word_are_drawn(app: App, glove_here: Path, runner: FakeRunner) -> None:
    page = press(run(app, words="around a word", near="school", n_near="30", perplexity="5"))
    drawn = spec(page)["data"][0]["hovertext"]
    assert drawn[0] == "school" and len(drawn) == 31 and "university" in drawn[:7]


def test_other_vectors_are_drawn(app: App, glove_here: Path, runner: FakeRunner) -> None:
    page = press(run(app, vectors="skip-gram sample", n="60", perplexity="5"))
    assert "skip-gram sample" in shown(page)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"words": "my own"}, "Words (0) should be from 8 to 2,000"),
        ({"words": "my own", "pasted": "school"}, "Words (1) should be from 8 to 2,000"),
        ({"n": "30", "perplexity": "30"}, "Perplexity (30) should be from 1 to 9.6"),
        ({"words": "around a word", "near": "scool", "n_near": "50"}, "school"),
        ({"words": "around a word", "near": " ", "n_near": "50"}, "ord"),
        ({"n": "2000"}, "from 8 to 200"),
    ],
)
def test_bad_input_is_a_sentence_with_the_bound(
    app: App, glove_here: Path, runner: FakeRunner, values: dict[str, str], said: str
) -> None:
    page = run(app, **values)
    assert len(page.warning) == 1
    assert said in page.warning[0].value.replace("\\", "")
    assert page.button(key=f"{PAGE}-run").disabled
    assert not runner.asked and len(page.get("plotly_chart")) == 1


def test_too_many_pasted_words_name_the_bound_and_stay(
    app: App, glove_here: Path, runner: FakeRunner
) -> None:
    page = run(app, words="my own", perplexity="5")
    text = " ".join(f"w{number}" for number in range(5000))
    page.text_area(key=f"{PAGE}_pasted").set_value(text).run()
    assert not page.exception
    assert "Words (5,000) should be from 8 to 2,000" in page.warning[0].value.replace("\\", "")
    assert page.button(key=f"{PAGE}-run").disabled
    assert page.text_area(key=f"{PAGE}_pasted").value == text


def test_unknown_words_are_all_named_and_can_be_left_out(
    app: App, glove_here: Path, runner: FakeRunner
) -> None:
    page = run(app, words="my own", perplexity="5")
    typed = [*SOME, "scool", "*un_known*", "univrsity"]
    page.text_area(key=f"{PAGE}_pasted").set_value(", ".join(typed)).run()
    assert not page.exception and len(page.warning) == 1
    named = words(page)
    assert "**scool** (school?" in named and "**univrsity** (university?" in named
    assert "*un_known*" in named and "*un_known*" not in page.warning[0].value
    press(page, "leave-out")
    assert page.text_area(key=f"{PAGE}_pasted").value == " ".join(SOME)
    assert not page.warning
    assert n_points(press(page)) == len(SOME)


def test_a_perplexity_that_fits_is_one_click(
    app: App, glove_here: Path, runner: FakeRunner
) -> None:
    page = press(run(app, n="31", perplexity="30"), "bound")
    assert page.number_input(key=f"{PAGE}_perplexity").value == 10 and not page.warning


def test_settings_that_were_not_drawn_say_so(
    app: App, glove_here: Path, runner: FakeRunner
) -> None:
    page = run(app, perplexity="7")
    assert "press **Run**" in page.info[0].value and not runner.asked
    assert "ships with the app" in shown(page)


def test_what_the_server_has_drawn_is_shown_at_once(
    app: App, glove_here: Path, runner: FakeRunner
) -> None:
    vectors = sample_vectors("glove")
    runner.submit(
        vectors, choose_words(vectors, most_frequent=50), TsneSettings(5.0, n_iterations=100)
    )
    page = run(app, n="50", perplexity="5")
    assert not page.info and n_points(page) == 50 and len(runner.asked) == 1


def test_a_run_on_the_way_shows_progress_and_stops(
    app: App, glove_here: Path, runner: FakeRunner
) -> None:
    runner.does = "run"
    page = press(run(app, n="60", perplexity="12", iterations="200"))
    assert "Iteration 20 of 200, KL 2.500" in page.get("progress")[0].proto.text
    assert len(page.get("plotly_chart")) == 1 and "frames" not in spec(page)
    assert page.button(key=f"{PAGE}-run").label == "Stop the run"
    press(page)
    assert runner.runs[0].should_stop() and len(runner.runs) == 1  # not begun again
    assert page.button(key=f"{PAGE}-run").label == "Run"
    assert "stopped at iteration 200 of 200" in shown(page) and n_points(page) == 60
    assert not page.get("progress")


def test_other_views_stay_while_a_run_goes_on(
    app: App, glove_here: Path, runner: FakeRunner
) -> None:
    runner.does = "run"
    page = press(run(app, n="60", perplexity="12"))
    page.button_group(key=f"{PAGE}_view").set_value(FORCES).run()
    assert not page.exception
    assert page.get("progress") and len(page.get("plotly_chart")) == 1


def test_a_busy_server_says_so(app: App, glove_here: Path, runner: FakeRunner) -> None:
    runner.does = "refuse"
    page = press(run(app, n="60", perplexity="12"))
    assert "being drawn on this server" in page.warning[0].value
    runner.does = "done"
    assert not press(page).warning


def test_a_failed_run_says_why(app: App, glove_here: Path, runner: FakeRunner) -> None:
    runner.does = "fail"
    page = press(run(app, n="60", perplexity="12"))
    assert "diverged" in page.warning[0].value and len(page.get("plotly_chart")) == 1


def test_steps_that_are_too_large_are_named(app: App, glove_here: Path, runner: FakeRunner) -> None:
    runner.kl = [3.0, 2.5] * 20
    page = press(run(app, n="60", perplexity="12", learning_rate="90000"))
    assert "steps were too large" in page.warning[0].value
    assert "Lower the learning rate" in page.warning[0].value


def test_the_forces_are_of_the_chosen_word(app: App, glove_here: Path, runner: FakeRunner) -> None:
    page = run(app, view=FORCES, word="university")
    assert shown(page).startswith("**university**")
    star = spec(page)["data"][1]
    assert star["marker"]["symbol"] == "star"
    whole = spec(run(app, view=FORCES, word="university", whole="true"))["layout"]["xaxis"]
    near = spec(page)["layout"]["xaxis"]["range"]
    assert near[1] - near[0] < whole["range"][1] - whole["range"][0]


def test_shipped_multiples_are_a_grid(app: App, glove_here: Path, runner: FakeRunner) -> None:
    page = run(app, view=MULTIPLES)
    figure = spec(page)
    assert len(figure["data"]) == 2 * 4  # two perplexities, two seeds
    texts = [note["text"] for note in figure["layout"]["annotations"]]
    assert texts == ["seed 0", "seed 1", "perplexity 5", "perplexity 30"]
    assert "4 maps" in shown(page)


def test_multiples_of_own_words_wait_for_the_button(
    app: App, glove_here: Path, runner: FakeRunner
) -> None:
    page = run(app, view=MULTIPLES, n="60")
    assert "press **Run**" in page.info[0].value
    press(page)
    assert {plan.start for plan in runner.asked[0]} == {"random"} and len(runner.asked[0]) == 9
    assert "60 words" in shown(page) and "9 maps" in shown(page) and not page.info


def test_words_in_colour_are_the_same_in_every_panel(
    app: App, glove_here: Path, runner: FakeRunner
) -> None:
    page = run(app, view=MULTIPLES, coloured=["war", "tree"], word="college")
    accents = spec(page)["data"][1::2]
    assert all(trace["hovertext"] == ["college", "war", "tree"] for trace in accents)
    assert len({tuple(trace["marker"]["color"]) for trace in accents}) == 1


@pytest.mark.parametrize("number", range(5))
def test_each_experiment_runs(app: App, glove_here: Path, runner: FakeRunner, number: int) -> None:
    page = run(app, n="60") if number == 4 else run(app)
    press(page, f"try-{number}")
    expected = {0: 1, 1: 0, 2: 1, 3: 1, 4: 0}  # perplexity 100 does not fit 120 words
    assert len(runner.asked) == expected[number]
    assert len(page.warning) == (1 if number == 1 else 0)
    if number == 0:
        assert runner.asked[0][0].perplexity == 2
    if number == 2:
        assert (runner.asked[0][0].exaggeration, runner.asked[0][0].start) == (1, "random")
    if number == 4:
        assert n_points(page) == N_FITTED and "ships with the app" in shown(page)


def test_without_glove_its_run_is_shown_and_others_can_be_made(
    app: App, word_assets: Path, runner: FakeRunner
) -> None:
    page = run(app)
    assert "not on this server" in page.info[0].value
    assert n_points(page) == N_FITTED and page.button(key=f"{PAGE}-run").disabled
    press(page, "try-0")
    assert page.selectbox(key=f"{PAGE}_vectors").value == "sgns"
    assert runner.asked[0][0].perplexity == 2 and "skip-gram sample" in shown(page)


def test_nonsense_in_a_link_is_a_sentence(app: App, glove_here: Path, runner: FakeRunner) -> None:
    page = run(
        app,
        view="<b>",
        words="x",
        n="1",
        perplexity="nan",
        iterations="5000",
        start="left",
        learning_rate="-2",
        word="nobody",
    )
    assert len(page.warning) == 1 and "must be" in page.warning[0].value
    assert len(page.get("plotly_chart")) == 1


def test_strange_words_are_shown_as_they_stand(
    app: App, glove_here: Path, runner: FakeRunner
) -> None:
    page = press(run(app, n="200", perplexity="12"))
    assert "&lt;b&gt;" in spec(page)["data"][0]["hovertext"]
    page = run(app, view=FORCES, word=":", n="200", perplexity="12")
    assert any(r"**\:**" in block.value for block in page.markdown)


def test_locked_and_hidden_words_come_from_the_link(
    app: App, glove_here: Path, runner: FakeRunner
) -> None:
    query = {f"{PAGE}_words": "my own", f"{PAGE}_pasted": " ".join(SOME), f"{PAGE}_perplexity": "5"}
    locked = app(PAGE, {**query, "lock": "pasted"})
    assert locked.text_area(key=f"{PAGE}_pasted").disabled
    assert n_points(press(locked)) == len(SOME)
    hidden = app(PAGE, {**query, "hide": "pasted"})
    assert not hidden.text_area and not hidden.warning
    assert n_points(press(hidden)) == len(SOME)


def test_no_bundle_is_a_notice_with_the_command(
    app: App, empty_assets: Path, no_glove: None, runner: FakeRunner
) -> None:
    page = run(app)
    assert not page.get("plotly_chart") and "has not been" in words(page)


def test_maps_of_our_own_vectors_will_do(
    app: App, empty_assets: Path, no_glove: None, runner: FakeRunner
) -> None:
    fill_words(empty_assets, "words-maps-sgns", "words-sgns")
    page = run(app)
    assert "skip-gram sample" in shown(page) and not page.info


def test_perplexities_fit_any_number_of_words() -> None:
    assert live_run.perplexities(500) == (5.0, 30.0, 100.0)
    for n_words in range(8, 400):
        found = live_run.perplexities(n_words)
        assert 1 <= len(found) <= 3 and found == tuple(sorted(set(found)))
        assert 1 <= found[0] and found[-1] <= (n_words - 1) / 3


def test_a_shipped_grid_lies_on_its_first_map(glove_here: Path) -> None:
    grid = live_run.shipped_grid(resources.word_maps("words-maps-glove"))
    assert grid is not None and grid.maps.shape == (2, 2, N_FITTED, 2)
    first = grid.maps[0, 0]
    apart = np.sqrt(((grid.maps - first) ** 2).sum(-1)).mean()
    assert apart < 0.2 * np.sqrt((first**2).sum(-1)).mean()


def test_some_words_are_in_colour_whatever_the_words_are() -> None:
    assert live_run.in_colour([], is_around=False) == []
    assert live_run.in_colour(["a", "b"], is_around=False) == ["a", "b"]
    words = ["bush", *"abcdefghij", "president"]
    assert live_run.in_colour(words, is_around=False)[0] == "president"
    around = live_run.in_colour(words, is_around=True)
    assert around[:2] == ["bush", "president"] and len(around) == 4
