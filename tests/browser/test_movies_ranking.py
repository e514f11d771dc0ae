"""The ranking page as a person uses it: search a film, click a bar, follow a link, on a phone."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import serve, settle, sideways
from tests.dashboard.trained_films import fill_trained

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
SCROLLED = "document.querySelector('[data-testid=stMain]').scrollTop"


@pytest.fixture(scope="module")
def ranking_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The ranking page on a small model."""
    folder = tmp_path_factory.mktemp("ranking")
    for url in serve("dashboard/app.py", fill_trained(folder / "assets"), folder / "server.log"):
        yield f"{url}/movies-ranking"


def bars(page: Page) -> object:
    return page.locator(".st-key-movies_ranking_main .barlayer .point path")


def test_typing_a_part_of_a_title_opens_its_card(open_page: Open, ranking_url: str) -> None:
    page = open_page(ranking_url)
    page.get_by_label("Find a film").fill("reloa")
    card = page.get_by_role("heading", name="The Matrix Reloaded (1942)")
    expect(card).to_be_visible()
    expect(page).to_have_url(re.compile("movies_ranking_film=reloa"))
    page.get_by_role("button", name="Close").click()
    expect(card).to_have_count(0)


def test_a_click_on_a_bar_opens_the_films_card_and_another_the_next(
    open_page: Open, ranking_url: str
) -> None:
    page = open_page(ranking_url)
    for place in (0, 2):
        # Near the zero line: Playwright would aim at the middle, where the error bar may lie.
        box = bars(page).nth(place).bounding_box()
        page.mouse.click(box["x"] + 8, box["y"] + box["height"] / 2)
        heading = page.locator("[data-testid=stMain] h4")
        title = page.locator(".st-key-movies_ranking_main .textpoint").nth(place)
        expect(heading).to_have_text(title.text_content())
        settle(page)
    assert "movies_ranking_film=" in page.url

    again = open_page(page.url)
    expect(again.locator("[data-testid=stMain] h4")).to_have_text(heading.text_content())


@pytest.mark.parametrize("view", ["best+and+worst", "bias+and+mean", "reversals"])
def test_a_phone_shows_every_view_without_scrolling_sideways(
    open_page: Open, ranking_url: str, view: str
) -> None:
    page = open_page(f"{ranking_url}?movies_ranking_view={view}", width=390, height=844)
    expect(page.locator(".st-key-movies_ranking_main .main-svg").first).to_be_visible()
    settle(page)
    assert sideways(page) <= 0


def test_an_experiment_below_the_figure_leads_back_to_it(open_page: Open, ranking_url: str) -> None:
    page = open_page(ranking_url)
    for label in ("Loved by generous raters", "Start again"):
        page.get_by_role("button", name=label).scroll_into_view_if_needed()
        assert page.evaluate(SCROLLED) > 0
        page.get_by_role("button", name=label).click()
        page.wait_for_function(f"{SCROLLED} === 0")
        settle(page)
