"""Scoring a review in a real browser: typing, hostile text, dropping a word, a phone."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import serve, settle, sideways
from tests.dashboard.review_samples import fill_reviews

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def reviews_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app with five models of known answers."""
    folder = tmp_path_factory.mktemp("app")
    assets = folder / "assets"
    assets.mkdir()
    yield from serve("dashboard/app.py", fill_reviews(assets), folder / "server.log")


def field(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Your review")


def strip(page: Page) -> Locator:
    return page.get_by_role("group", name="The words of the review")


def sides(page: Page) -> Locator:
    """What stands beside the bars: for, 73 %."""
    beside = re.compile(r"^(for|against), \d+ %$")
    return page.locator(".st-key-sentiment_score_main .annotation-text", has_text=beside)


def test_typing_alone_scores_the_review(reviews_url: str, open_page: Open) -> None:
    page = open_page(f"{reviews_url}/sentiment-score")
    field(page).fill("awful awful awful boring")
    expect(sides(page).first).to_have_text("against, 98 %")
    expect(field(page)).to_be_focused()
    expect(field(page)).to_have_value("awful awful awful boring")


def test_a_script_tag_is_text_and_does_nothing(reviews_url: str, open_page: Open) -> None:
    page = open_page(f"{reviews_url}/sentiment-score")
    field(page).fill(
        "<script>document.title='taken'</script> <img src=x onerror=\"document.title='taken'\"> "
        "<b>wonderful</b>"
    )
    expect(strip(page)).to_contain_text("onerror")
    expect(strip(page)).to_contain_text("wonderful")
    settle(page)
    assert "taken" not in page.title()
    assert page.locator("img[src=x]").count() == 0
    assert "onerror" not in page.url and "wonderful" not in page.url


def test_a_clicked_word_leaves_the_review(reviews_url: str, open_page: Open) -> None:
    page = open_page(f"{reviews_url}/sentiment-score")
    field(page).fill("A wonderful, great film")
    expect(strip(page)).to_contain_text("great")
    expect(sides(page).first).to_have_text("for, 88 %")
    strip(page).get_by_role("button", name="wonderful").click()
    expect(field(page)).to_have_value("A , great film")
    expect(sides(page).first).to_have_text("for, 73 %")


@pytest.mark.parametrize("dark", [False, True])
def test_fits_a_phone(reviews_url: str, open_page: Open, dark: bool) -> None:
    page = open_page(f"{reviews_url}/sentiment-score", width=390, height=844, dark=dark)
    expect(strip(page)).to_be_visible()
    assert sideways(page) <= 0


def test_a_word_tells_its_number_by_keyboard(reviews_url: str, open_page: Open) -> None:
    page = open_page(f"{reviews_url}/sentiment-score")
    field(page).fill("a superb film")
    expect(sides(page).first).to_have_text("for, 73 %")
    strip(page).get_by_role("button", name="superb").focus()
    expect(page.get_by_text("superb: adds +1.00 to the logit")).to_be_visible()


def test_a_dropped_word_comes_back_by_keyboard(reviews_url: str, open_page: Open) -> None:
    page = open_page(f"{reviews_url}/sentiment-score")
    field(page).fill("a wonderful bad film")
    expect(strip(page)).to_contain_text("bad")
    strip(page).get_by_role("button", name=re.compile("^wonderful")).click()
    expect(field(page)).to_have_value("a bad film")
    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    expect(field(page)).to_have_value("a wonderful bad film")
    expect(strip(page).get_by_role("button", name=re.compile("^wonderful"))).to_be_visible()


def test_pinned_words_are_underlined_as_the_legend_says(reviews_url: str, open_page: Open) -> None:
    page = open_page(f"{reviews_url}/sentiment-score")
    field(page).fill("a wonderful bad film")
    expect(strip(page)).to_contain_text("bad")
    page.get_by_role("button", name="Pin", exact=True).click()
    both = page.get_by_role("group", name="The words of the review")
    expect(both).to_have_count(2)
    for group in both.all():
        for word, line in (("wonderful", "solid"), ("bad", "dotted")):
            expect(group.get_by_text(word, exact=True)).to_have_css("border-bottom-style", line)
