"""The page that lets a net write, in one process: settings, turns, and odd texts."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.textgen.explore import TextModel, open_model
from core.textgen.sampling import MOST_CHARS, MOST_PRIME, Settings
from dashboard.app_pages.textgen_write import writing
from dashboard.components import scored_text
from dashboard.components.scored_text import ScoredText, scored
from dashboard.figures.alternatives import alternatives, likely, shares_at
from tests.dashboard.reading import spec, words
from tests.dashboard.writer_samples import EPOCHS, LINES, PLAIN, SMALL, TITLES

App = Callable[..., AppTest]
PAGE = "textgen_write"
PRIME, OWN = "textgen-write-prime", "textgen-write-own"
SCORE = "Score a text of your own"


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def press(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception
    return page


def opened(app: App, **query: str) -> AppTest:
    query = {"model": TITLES[SMALL], **query}
    page = app(PAGE, {f"{PAGE}_{name}": value for name, value in query.items()})
    assert not page.exception
    return page


def typed(page: AppTest, text: str, key: str = PRIME) -> AppTest:
    page.text_area(key=key).set_value(text).run()
    assert not page.exception
    return page


def warnings(page: AppTest) -> str:
    return "\n".join(warning.value for warning in page.warning).replace("\\", "")


def run_of(page: AppTest) -> writing.Written:
    return page.session_state[f"{PAGE}-written"]


def written(page: AppTest) -> str:
    return run_of(page).text.text


def by_core(model: TextModel, prime: str, n_chars: int, epoch: int | None = None, **how) -> str:
    pieces = model.write(model.reading_of(prime).text, n_chars, Settings(**how), epoch=epoch)
    return "".join(piece.text for piece in pieces)


def looked_at(page: AppTest, place: int) -> AppTest:
    """Chooses a place of the text, as a click on its strip does."""
    page.session_state[f"{PAGE}-place"] = (run_of(page).key, place)
    return page.run()


def turned(page: AppTest, place: int) -> tuple[AppTest, str]:
    """Continues from another character at a place, and returns what is kept of the text."""
    what = run_of(page).text
    other = next(char for char in what.likeliest[place] if char != what.text[place])
    number = what.likeliest[place].index(other)
    looked_at(page, place).button(key=f"{PAGE}-turn-{number}").click().run()
    assert not page.exception
    return page, what.text[:place] + other


@pytest.fixture
def model(text_assets: Path) -> TextModel:
    return open_model(SMALL, assets=text_assets)


def test_the_first_view_writes_by_itself(app: App, model: TextModel) -> None:
    page = opened(app)
    prime = page.text_area(key=PRIME).value
    assert prime == model.bundle.config["prime"]
    assert written(page) == by_core(model, prime, 320)
    # Sent once: in a later run it would take the place of what is typed meanwhile.
    assert not page.run().text_area(key=PRIME).proto.set_value
    assert "You let it write 320 characters" in words(page)
    assert "Another" in labels(page)


def test_every_setting_counts(app: App, model: TextModel) -> None:
    how = {"temperature": 1.3, "top_k": 4, "top_p": 0.9, "seed": 7}
    query = {name: str(value) for name, value in how.items()}
    epoch = next(epoch for epoch in (1, 2) if epoch != model.best_epoch)
    page = typed(opened(app, **query, n_chars="100", epoch=str(epoch)), "the dog")
    assert written(page) == by_core(model, "the dog", 100, epoch=epoch, **how)
    greedy = typed(opened(app, temperature="0", seed="3"), "the dog")
    assert written(greedy) == by_core(model, "the dog", 320, temperature=0.0)


def test_another_has_the_next_seed(app: App, model: TextModel) -> None:
    page = press(opened(app), "Another")
    assert page.number_input(key=f"{PAGE}_seed").value == 1
    assert written(page) == by_core(model, page.text_area(key=PRIME).value, 320, seed=1)


def test_a_long_text_is_written_in_one_run(app: App, model: TextModel) -> None:
    """Nothing is left to a timer: a later piece could meet a page that has changed meanwhile."""
    page = app(PAGE, {f"{PAGE}_model": TITLES[SMALL], f"{PAGE}_n_chars": "3000"})
    assert not page.exception and not page.get("progress")
    assert written(page) == by_core(model, page.text_area(key=PRIME).value, 3000)
    assert "You let it write 3,000 characters" in words(page)


def test_a_text_that_did_not_change_is_not_written_again(
    app: App, text_assets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(app)
    with monkeypatch.context() as patch:
        patch.setattr(TextModel, "write", None)
        assert run_of(looked_at(page, 7)).number == 1
    assert run_of(press(page, "Another")).number == 2


def test_different_primes_have_different_ends(app: App, text_assets: Path) -> None:
    page = opened(app, temperature="0.3")
    ends = {written(page)[-100:]}
    ends |= {written(typed(page, prime))[-100:] for prime in ("", "the dog", "a cat")}
    assert len(ends) == 4


def test_a_text_is_continued_from_another_character(app: App, model: TextModel) -> None:
    page = typed(opened(app, n_chars="120"), "the ")
    what = run_of(page).text
    bars = spec(looked_at(page, 40))["data"][0]
    assert bars["text"][-1] == f"{100 * what.shares[40][0]:.2f} %"
    assert "Continue from another character" in words(page)
    page, kept = turned(page, 40)
    assert written(page) == kept + by_core(model, "the " + kept, 120 - len(kept))
    assert "Character 41 is where you turned it" in words(page)
    assert run_of(page).branch.place == 40
    share = what.shares[40][what.likeliest[40].index(kept[-1])]
    assert run_of(page).text.bits[40] == pytest.approx(-np.log2(share))
    page = press(page, "Back to the text before the turn")
    assert written(page) == what.text


def test_another_seed_keeps_the_turn_and_another_prime_forgets_it(app: App, model) -> None:
    page, kept = turned(typed(opened(app, n_chars="100"), "the "), 30)
    page = press(page, "Another")
    assert written(page).startswith(kept)
    page = typed(page, "a dog ")
    assert run_of(page).branch is None


def test_a_short_text_drops_a_turn_behind_its_end(app: App, model: TextModel) -> None:
    page, _ = turned(opened(app, n_chars="100"), 60)
    page.number_input(key=f"{PAGE}_n_chars").set_value(50.0).run()
    assert written(page) == by_core(model, page.text_area(key=PRIME).value, 50)


@pytest.mark.parametrize("prime", ["", " ", "É<script>*_`\n\n$x$", "日本", ":smile: [a](b)"])
def test_odd_primes_break_nothing(app: App, text_assets: Path, prime: str) -> None:
    page = typed(opened(app, n_chars="40"), prime)
    assert len(written(page)) == 40 and not page.warning
    unknown = any("It reads" in line.value for line in page.caption)
    assert unknown == any(char not in LINES for char in prime)


def test_a_prime_beyond_the_bound_is_refused_by_a_sentence(app: App, text_assets: Path) -> None:
    page = typed(opened(app), "a" * (MOST_PRIME + 1))
    assert "Text (5,001 characters) should have at most 5,000" in warnings(page)
    page = typed(page, "the ")
    assert not page.warning and len(written(page)) == 320


def test_a_length_beyond_the_bound_is_refused_by_a_sentence(app: App, text_assets: Path) -> None:
    page = opened(app, n_chars=str(MOST_CHARS + 1))
    assert f"from 1 to {MOST_CHARS}" in warnings(page)
    assert len(written(page)) == 320


def test_a_turn_that_makes_the_beginning_too_long_says_so(app: App, text_assets: Path) -> None:
    page, kept = turned(typed(opened(app, n_chars="60"), "a" * (MOST_PRIME - 10)), 40)
    assert written(page) == kept
    assert "should have at most" in warnings(page)


def test_what_was_typed_is_in_no_link(app: App, text_assets: Path) -> None:
    page = typed(opened(app), "hidden away")
    assert "hidden" not in str(dict(page.query_params))
    assert not any("hidden" in code.value for code in page.code)


def test_a_net_without_snapshots_has_no_choice_of_an_epoch(app: App, text_assets: Path) -> None:
    page = opened(app)
    chooser = page.selectbox(key=f"{PAGE}_epoch")
    assert len(chooser.options) == len(EPOCHS)
    page.selectbox(key=f"{PAGE}_model").set_value(PLAIN).run()
    assert f"{PAGE}_epoch" not in {box.key for box in page.selectbox}
    assert len(written(page)) == 320


def test_a_text_is_scored(app: App, model: TextModel) -> None:
    page = typed(opened(app, view=SCORE), "the cat sat. zz", OWN)
    bits = model.read(model.reading_of("the cat sat. zz").text).bits
    assert f"**{bits.mean():.2f} bits** a character" in words(page)
    worst = int(np.argmax(bits))
    assert f"as character {worst + 1}" in spec(page)["layout"]["title"]["text"]
    page = typed(page, "", OWN)
    assert page.info and not page.get("plotly_chart")
    page = typed(page, "b" * (MOST_PRIME + 1), OWN)
    assert "5,001" in warnings(page)


def test_experiments_set_what_they_name(app: App, text_assets: Path) -> None:
    page = press(opened(app), "Always the likeliest")
    assert page.slider(key=f"{PAGE}_temperature").value == 0.0
    page = press(page, "Before it learned anything")
    assert page.selectbox(key=f"{PAGE}_epoch").value == 0
    assert "**" in words(page)


def test_without_any_net_the_page_says_how_to_make_one(app: App, empty_assets: Path) -> None:
    page = app(PAGE)
    assert not page.exception and any("--preset nietzsche" in code.value for code in page.code)


def test_a_turned_text_keeps_what_stands_before() -> None:
    what = ScoredText(
        "abc", np.array([1.0, 2.0, 3.0]), ["ax", "bx", "cx"], [np.array([0.5, 0.25])] * 3
    )
    turned = what.turned(1, "x")
    assert turned.text == "ax" and turned.bits.tolist() == [1.0, 2.0]
    assert turned.likeliest == ["ax", "bx"] and what.since(1).text == "bc"
    assert np.isnan(scored([]).bits_per_char)
    assert "25.00 % likely (2.00 bits)" in scored_text.said(what, 1)


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (2.0**-20, "less than 0.01 %"),
        (4.9e-5, "less than 0.01 %"),
        (5.1e-5, "0.01 %"),
        (0.25, "25.00 %"),
        (0.99994, "99.99 %"),
        (0.999999, "more than 99.99 %"),
        (1.0, "100.00 %"),
    ],
)
def test_what_was_drawn_is_never_said_to_be_impossible(share: float, said: str) -> None:
    assert likely(share) == said
    what = ScoredText("x", np.array([-np.log2(share)]), ["ab"], [np.array([0.9, 0.1])])
    assert scored_text.said(what, 0).startswith(f"{said} likely (")
    assert said in shares_at("x", share, "ab", [0.9, 0.1]).pipe(
        lambda table: alternatives(table, title="x").data[0].text
    )
