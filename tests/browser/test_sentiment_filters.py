"""The window over one's own review in a real browser: play, step, choose, on a phone."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import fit, overlapping, serve, settle, sideways
from tests.dashboard.review_samples import fill_reviews

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
TEXT = "the film is awful but wonderful"


@pytest.fixture(scope="module")
def filters_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page with filters of known answers: the first likes good words, the second bad ones."""
    folder = tmp_path_factory.mktemp("filters")
    assets = folder / "assets"
    assets.mkdir()
    for url in serve("dashboard/app.py", fill_reviews(assets), folder / "server.log"):
        yield f"{url}/sentiment-filters"


def figure(page: Page) -> Locator:
    return page.locator(".st-key-sentiment_filters_main")


def headings(page: Page) -> Locator:
    """Above the parts of the figure: the words in the window, and the filter along the review."""
    return figure(page).locator(".annotation-text")


def bars(page: Page) -> list[float]:
    """What the filters say in the frame that the browser shows."""
    return figure(page).evaluate(
        "chart => Array.from(chart.querySelector('.js-plotly-plot')._fullData[0].y)"
    )


def typed(open_page: Open, url: str, text: str = TEXT, **window: object) -> Page:
    page = open_page(url, **{"height": 1200, **window})
    fit(page)
    page.get_by_role("textbox", name="Your review").fill(text)
    n_words = len(text.split())
    expect(page.get_by_text(f"The window stands at word {n_words} of {n_words}")).to_be_visible()
    settle(page)
    return page


def test_the_window_plays_and_steps_over_the_review(open_page: Open, filters_url: str) -> None:
    page = typed(open_page, filters_url)
    expect(headings(page)).to_have_text(
        ["1 word: “wonderful”", "Filter 1 along the review: 1.00 here"]
    )
    assert bars(page) == [1, 0]
    words = page.get_by_role("group", name="The words of the review")
    expect(words).to_have_text(re.compile(r"but \[wonderful\]"))
    page.get_by_role("button", name="One step back").click()
    expect(headings(page)).to_have_text(["1 word: “but”", "Filter 1 along the review: 0.00 here"])
    expect(words).to_have_text(re.compile(r"awful \[but\] wonderful"))  # the strip goes with it
    page.keyboard.press("ArrowLeft")
    expect(headings(page).first).to_have_text("1 word: “awful”")
    assert bars(page) == [0, 1]
    page.keyboard.press("Home")
    expect(headings(page).first).to_have_text("1 word: “the”")
    expect(words).to_have_text(re.compile(r"\[the\] film"))
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(words).to_have_text(re.compile(r"but \[wonderful\]"))
    expect(headings(page).first).to_have_text("1 word: “wonderful”")
    expect(page.get_by_role("button", name="Play")).to_be_visible()  # no longer Pause
    assert bars(page) == [1, 0]
    expect(page).not_to_have_url(re.compile("place"))  # the server knows nothing of it


def test_a_clicked_bar_chooses_its_filter_where_the_window_is(
    open_page: Open, filters_url: str
) -> None:
    page = typed(open_page, filters_url)
    for _ in range(2):
        page.get_by_role("button", name="One step back").click()
    expect(headings(page).first).to_have_text("1 word: “awful”")
    figure(page).locator(".point path").nth(1).click(force=True)
    expect(page.get_by_role("heading", name="Top n-grams of filter 2")).to_be_visible()
    expect(page.get_by_text("The window stands at word 4 of 6")).to_be_visible()
    expect(headings(page)).to_have_text(["1 word: “awful”", "Filter 2 along the review: 1.00 here"])


def test_a_clicked_word_moves_the_window_and_the_link(open_page: Open, filters_url: str) -> None:
    page = typed(open_page, filters_url)
    words = page.get_by_role("group", name="The words of the review")
    words.get_by_role("button", name="awful").click()
    expect(headings(page).first).to_have_text("1 word: “awful”")
    expect(page).to_have_url(re.compile("sentiment_filters_place=4"))
    page.get_by_role("button", name="One step on").click()
    expect(headings(page).first).to_have_text("1 word: “but”")


def test_markup_in_the_window_is_text_and_does_nothing(open_page: Open, filters_url: str) -> None:
    page = open_page(filters_url, height=1200)
    fit(page)
    page.get_by_role("textbox", name="Your review").fill(
        "<img src=x onerror=\"document.title='taken'\"> <script>document.title='taken'</script>"
    )
    expect(headings(page).first).to_have_text("1 word: “script”")
    page.get_by_role("button", name="First frame").click()
    expect(headings(page).first).to_have_text("1 word: “document”")
    settle(page)
    assert "taken" not in page.title() and "onerror" not in page.url
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize("dark", [False, True])
def test_a_phone_has_room_for_it(open_page: Open, filters_url: str, dark: bool) -> None:
    long = " ".join(["incomprehensibilities" * 3] * 3)
    page = typed(open_page, filters_url, long, width=390, height=844, dark=dark)
    expect(headings(page).first).to_contain_text("…")
    page.get_by_role("button", name="One step back").click()
    expect(figure(page).locator(".slider-label").first).to_have_text("Window at word 2")
    assert sideways(page) <= 0
    texts = figure(page).locator(".main-svg text")
    assert overlapping(texts) == []
    right = figure(page).bounding_box()
    for box in texts.evaluate_all("texts => texts.map(text => text.getBoundingClientRect().right)"):
        assert box <= right["x"] + right["width"]
