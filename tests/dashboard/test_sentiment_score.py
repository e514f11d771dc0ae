"""The page that scores a review, in one process: models with known answers, and odd texts."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.app_pages.sentiment_score import word_reasons
from dashboard.components import review_text, word_strip
from dashboard.sample_reviews import SAMPLES
from tests.dashboard.reading import spec, words
from tests.dashboard.review_samples import NOT_BAD, TITLES, fill_reviews

App = Callable[..., AppTest]
PAGE = "sentiment_score"
FIELD = review_text.KEY


@pytest.fixture
def reviews(empty_assets: Path) -> Path:
    return fill_reviews(empty_assets)


def write(page: AppTest, text: str) -> AppTest:
    page.text_area(key=FIELD).set_value(text)
    page.run()
    assert not page.exception
    return page


def percent(page: AppTest) -> dict[str, float]:
    """Title of each model -> probability that it is for the film, in percent."""
    (bars,) = [trace for trace in spec(page)["data"] if trace["type"] == "bar"]
    return dict(bars["customdata"])


def captions(page: AppTest) -> str:
    return "\n".join(element.value for element in page.caption)


def test_every_model_scores_the_sample_at_once(app: App, reviews: Path) -> None:
    page = app(PAGE)
    assert not page.exception and not page.warning
    assert list(percent(page)) == [TITLES[n] for n in ("mlp", "cnn", "lstm", "nbsvm", "max-cnn")]
    assert page.text_area(key=FIELD).value == SAMPLES["warm"].text


def test_a_typed_review_is_scored_with_known_answers(app: App, reviews: Path) -> None:
    page = write(app(PAGE), "the film is wonderful superb great")
    said = percent(page)
    assert said[TITLES["mlp"]] == pytest.approx(95.26, abs=0.01)  # a logit of 3
    assert said[TITLES["max-cnn"]] == pytest.approx(73.11, abs=0.01)  # the greatest value only: 1
    page = write(page, "awful, boring and bad.")
    assert max(percent(page)[TITLES[name]] for name in ("mlp", "cnn", "nbsvm", "max-cnn")) < 50
    assert "0 of 5" in words(page) or "1 of 5" in words(page)


def test_the_linear_model_knows_the_pair(app: App, reviews: Path) -> None:
    page = app(PAGE, {f"{PAGE}_model": TITLES["nbsvm"]})
    page = write(page, "not bad")
    assert percent(page)[TITLES["nbsvm"]] > 50 > percent(page)[TITLES["mlp"]]
    table = page.dataframe[0].value
    assert table["n-gram"].tolist()[0] == "not bad"
    assert table["adds"].tolist()[0] == pytest.approx(NOT_BAD / 3**0.5, abs=1e-3)


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_link_opens_each_sample(app: App, reviews: Path, sample: str) -> None:
    page = app(PAGE, {f"{PAGE}_sample": SAMPLES[sample].title})
    assert not page.exception and not page.warning
    assert page.text_area(key=FIELD).value == SAMPLES[sample].text


@pytest.mark.parametrize("model", TITLES)
@pytest.mark.parametrize("how", ["what each word adds", "what if a word were gone"])
def test_every_model_can_colour_the_words(app: App, reviews: Path, model: str, how: str) -> None:
    page = app(PAGE, {f"{PAGE}_model": TITLES[model], f"{PAGE}_how": how})
    assert not page.exception and not page.warning
    page = write(page, "the film is wonderful, not awful")
    assert "logit" in words(page)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n\t ",
        "\x00\x00",
        "🎉🎉🎉",
        "<b>wonderful</b> <script>alert('x')</script>",
        "ein ganz wunderbarer Film über einen Leuchtturm",
        "**wonderful** $x^2$ :smile: [a](b) & &lt;",
        "great " * review_text.MOST_WORDS,
    ],
    ids=["empty", "blank", "null", "emoji", "script", "german", "markdown", "long"],
)
def test_any_text_gets_an_answer(app: App, reviews: Path, text: str) -> None:
    page = write(app(PAGE), text)
    assert len(percent(page)) == len(TITLES)
    shown = "\n".join(element.value for element in (*page.markdown, *page.caption))
    assert "<script" not in shown.replace("\\<", "")  # a backslash makes it a letter


def test_an_empty_review_is_said_to_be_empty(app: App, reviews: Path) -> None:
    assert "no word to read yet" in words(write(app(PAGE), ""))


def test_another_language_is_called_unknown(app: App, reviews: Path) -> None:
    page = write(app(PAGE), "ein ganz wunderbarer Film")
    assert any("unknown to this model" in box.value for box in page.info)


def test_a_long_review_is_cut_and_the_page_says_so(app: App, reviews: Path) -> None:
    page = app(PAGE, {f"{PAGE}_model": TITLES["mlp"]})
    page = write(page, "wonderful " * 20)
    assert "the first 8 cut, for it reads the last 12" in captions(page)


def test_a_short_review_is_padded_and_rare_words_are_counted(app: App, reviews: Path) -> None:
    page = app(PAGE, {f"{PAGE}_model": TITLES["mlp"]})
    page = write(page, "a wonderful zeppelin")
    assert (
        "3 words read, 1 of them outside this model’s vocabulary (unk), 9 places of padding"
        in captions(page)
    )


def test_two_texts_can_be_compared(app: App, reviews: Path) -> None:
    page = write(app(PAGE), "wonderful")
    next(button for button in page.button if button.label == "Pin").click().run()
    page = write(page, "awful")
    (pinned,) = [trace for trace in spec(page)["data"] if trace["type"] == "scatter"]
    assert pinned["x"][0] > 50 > percent(page)[TITLES["mlp"]]
    next(button for button in page.button if button.label == "Unpin").click().run()
    assert all(trace["type"] == "bar" for trace in spec(page)["data"])


def test_the_text_stays_out_of_the_link(app: App, reviews: Path) -> None:
    page = write(app(PAGE), "a secret wonderful film")
    assert "secret" not in str(dict(page.query_params))


def test_without_models_the_page_says_how_to_make_one(app: App, empty_assets: Path) -> None:
    page = app(PAGE)
    assert not page.exception
    assert any("train sentiment --preset mlp" in code.value for code in page.code)


def test_one_model_is_enough(app: App, empty_assets: Path) -> None:
    fill_reviews(empty_assets, ("cnn",))
    page = app(PAGE)
    assert not page.exception and list(percent(page)) == [TITLES["cnn"]]


@pytest.mark.parametrize(
    ("text", "place", "left"),
    [
        ("A wonderful film.", 1, "A film."),
        ("wonderful film", 0, "film"),
        ("It's NOT bad, at all", 2, "It's bad, at all"),
        ("I can’t say", 2, "I ca say"),
        ("one", 5, "one"),
    ],
)
def test_a_clicked_word_is_taken_out(
    monkeypatch: pytest.MonkeyPatch, text: str, place: int, left: str
) -> None:
    state = {FIELD: text}
    monkeypatch.setattr(review_text.st, "session_state", state)
    review_text.drop_word(place, of="another text, typed on meanwhile")
    assert state[FIELD] == text
    review_text.drop_word(place, of=text)
    assert state[FIELD] == left


@pytest.mark.parametrize(
    ("clicked", "place"),
    [
        ({"place": 1, "word": "bad"}, 1),
        ({"place": 1, "word": "wonderful"}, None),
        ({"place": 2, "word": "bad"}, None),
        ({"place": -1, "word": "bad"}, None),
        (None, None),
    ],
)
def test_a_click_on_a_strip_of_an_earlier_text_means_nothing(
    monkeypatch: pytest.MonkeyPatch, clicked: object, place: int | None
) -> None:
    monkeypatch.setattr(word_strip.st, "session_state", {"strip": {"dropped": clicked}})
    assert word_strip.dropped("strip", ["a", "bad"]) == place


def dropping() -> None:
    """A field of a review with a button that drops its second word, and an experiment."""
    import streamlit as st

    from dashboard import view_state
    from dashboard.components import experiments, review_text

    view = view_state.page("sentiment_score")
    text = review_text.field(view, review_text.samples(view))
    st.button("drop", on_click=review_text.drop_word, args=(1,), kwargs={"of": text})
    experiments.draw(view, [("irony", {"sample": "irony"})])


def clicked(page: AppTest, label: str) -> str:
    """Clicks a button and returns the review."""
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception
    return page.text_area(key=FIELD).value


def can_undo(page: AppTest) -> bool:
    return any(button.label == "Undo" for button in page.button)


def test_dropped_words_come_back_one_by_one() -> None:
    page = AppTest.from_function(dropping).run()
    assert not can_undo(page)
    page.text_area(key=FIELD).set_value("a very good film").run()
    assert not can_undo(page)
    assert clicked(page, "drop") == "a good film"
    assert clicked(page, "drop") == "a film"
    assert clicked(page, "Undo") == "a good film"
    assert clicked(page, "Undo") == "a very good film"
    assert not can_undo(page)
    clicked(page, "drop")
    page.text_area(key=FIELD).set_value("a good film, typed on").run()
    assert not can_undo(page)  # it would take what was typed away


def test_an_experiment_puts_its_sample_there_again_and_can_be_undone() -> None:
    page = AppTest.from_function(dropping).run()
    assert clicked(page, "irony") == SAMPLES["irony"].text
    page.text_area(key=FIELD).set_value("my own words").run()
    assert clicked(page, "irony") == SAMPLES["irony"].text
    assert clicked(page, "Undo") == "my own words"
    page.segmented_control(key=f"{PAGE}_sample").set_value("mixed").run()
    assert page.text_area(key=FIELD).value == SAMPLES["mixed"].text
    assert clicked(page, "Undo") == "my own words"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("wonderful superb and bad", ["“wonderful” speaks most for it", "” (", "most against it"]),
        ("wonderful film", ["speaks most for it", "no word speaks against it", "Blue with"]),
        ("bad film", ["no word speaks for it; “bad”", "Vermilion with a dotted line"]),
        ("the film is", ["no word speaks for it or against it"]),
    ],
)
def test_only_a_word_that_speaks_for_it_is_said_to(
    app: App, reviews: Path, text: str, said: list[str]
) -> None:
    page = write(app(PAGE, {f"{PAGE}_model": TITLES["mlp"]}), text)
    for part in said:
        assert part in words(page)
    assert ("Blue" in words(page)) == ("speaks most for it" in words(page))
    assert ("ermilion" in words(page)) == ("most against it" in words(page))


def test_words_are_left_out_one_by_one_of_texts_up_to_a_length(
    app: App, reviews: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_reasons, "MOST_DROPPED", 3)
    page = app(PAGE, {f"{PAGE}_model": TITLES["mlp"], f"{PAGE}_how": word_reasons.DROPPED})
    of_three, of_four = ("wonderful bad film", "wonderful bad film film")
    captions = {
        text: " ".join(one.value for one in write(page, text).caption)
        for text in (of_three, of_four)
    }
    assert "What if a word were gone" not in captions[of_three]
    assert "for up to 3 words, and here are 4: shown is what each word adds" in captions[of_four]


def test_a_review_that_is_too_long_stays_and_is_not_scored(app: App, reviews: Path) -> None:
    page = app(PAGE)
    assert f"up to {review_text.LIMITS}" in page.text_area(key=FIELD).help
    for text, has in (
        ("great " * review_text.MOST_WORDS + "film", "5,001 words and signs"),
        ("a" * 1_000_000, "1,000,000 characters"),
    ):
        write(page, text)
        assert has in page.warning[0].value and review_text.LIMITS in page.warning[0].value
        assert page.text_area(key=FIELD).value == text and not page.get("plotly_chart")
    write(page, "great " * review_text.MOST_WORDS)
    assert not page.warning and page.get("plotly_chart")


def test_one_word_is_not_words(app: App, reviews: Path) -> None:
    page = write(app(PAGE, {f"{PAGE}_model": TITLES["mlp"]}), "zeppelin")
    assert "1 word read, and it is outside this model’s vocabulary (unk)" in captions(page)


def test_sharing_says_what_the_link_lacks(app: App, reviews: Path) -> None:
    def said(page: AppTest) -> str:
        return next(one for one in words(page).splitlines() if "This link restores" in one)

    page = app(PAGE)
    assert said(page) == "This link restores every setting of this page."
    write(page, "my own words")
    assert "Not in it is your review: only your session has it." in said(page)
    next(button for button in page.button if button.label == "Pin").click().run()
    assert "Not in it are your review and the pinned text" in said(page)
