"""The visitor's page in a real browser: what one rates is in the address, and returns from it."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import serve, settle
from tests.dashboard.film_samples import fill_films

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def you_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The visitor's page on a small model."""
    folder = tmp_path_factory.mktemp("you")
    for url in serve("dashboard/app.py", fill_films(folder / "assets"), folder / "server.log"):
        yield f"{url}/movies-you"


def give(page: Page, movie_id: int, stars: int) -> None:
    row = page.locator(f".st-key-movies_you-give-{movie_id}")
    row.get_by_role("radio", name=f"{stars} out of 5 stars").click()


def first(page: Page) -> str:
    return page.locator("[data-testid=stMain] ol li").first.inner_text()


def test_two_ratings_change_recommendations_and_link_and_a_reload_restores_them(
    open_page: Open, you_url: str
) -> None:
    page = open_page(you_url)
    expect(page.get_by_text("simply the films with the best bias")).to_be_visible()
    before = first(page)
    give(page, 260, 5)
    expect(page).to_have_url(re.compile(r"movies_you_ratings=260-10$"))
    give(page, 912, 1)
    expect(page).to_have_url(re.compile(r"movies_you_ratings=260-10\.912-2$"))
    expect(page.get_by_text("Your ratings: 2")).to_be_visible()
    settle(page)
    after = first(page)
    assert after != before and "your taste" in after

    page.reload()
    expect(page.get_by_text("Your ratings: 2")).to_be_visible()
    settle(page)
    assert first(page) == after

    page.locator(".st-key-movies_you-remove-260 button").first.click()
    expect(page).to_have_url(re.compile(r"movies_you_ratings=912-2$"))
    expect(page.get_by_text("Your ratings: 1")).to_be_visible()


def test_a_search_answers_while_typing_and_shows_html_as_text(
    open_page: Open, you_url: str
) -> None:
    page = open_page(you_url)
    box = page.get_by_role("textbox", name="Search 60 films")
    box.press_sequentially("<b>bold</b>")
    expect(page.get_by_text("No film here is called “<b>bold</b>”")).to_be_visible()
    box.fill("")
    box.press_sequentially("M*A*S*H")
    expect(page.get_by_text("<b>M*A*S*H</b> $9.99 & [x](y) :").first).to_be_visible()
    give(page, 318, 4)
    expect(page).to_have_url(re.compile(r"movies_you_ratings=318-8$"))
    expect(box).to_have_value("")


@pytest.mark.parametrize("path", ["movies-you", "movies-why", "ideas-embeddings"])
def test_the_pages_fit_a_phone(open_page: Open, you_url: str, path: str) -> None:
    query = "?movies_you_ratings=260-10.912-2" if path == "movies-you" else ""
    page = open_page(f"{you_url.replace('movies-you', path)}{query}", width=390, height=844)
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    wider = page.evaluate(
        """() => Math.max(...[document.documentElement,
            ...document.querySelectorAll('[data-testid=stMain]')]
            .map(element => element.scrollWidth - innerWidth))"""
    )
    assert wider <= 0
