"""The page about latent factors as a person uses it: lasso, zoom, one-click picture, scrubber."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import overlapping, serve, settle, sideways
from tests.dashboard.trained_films import EPOCHS, fill_trained

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def factors_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page about latent factors on a small model."""
    folder = tmp_path_factory.mktemp("factors")
    for url in serve("dashboard/app.py", fill_trained(folder / "assets"), folder / "server.log"):
        yield f"{url}/movies-factors"


def the_map(page: Page) -> Locator:
    return page.locator(".st-key-movies_factors_main")


def draw_lasso(page: Page) -> None:
    area = the_map(page).locator(".nsewdrag").first.bounding_box()
    left, top = area["x"] + 0.1 * area["width"], area["y"] + 0.1 * area["height"]
    right, bottom = left + 0.5 * area["width"], top + 0.7 * area["height"]
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top + 9)):
        page.mouse.move(x, y, steps=5)
    page.mouse.up()


def test_a_lasso_lists_its_films_and_the_zoom_shows_them(open_page: Open, factors_url: str) -> None:
    page = open_page(factors_url, height=1200)
    expect(the_map(page).locator(".nsewdrag").first).to_be_visible()
    draw_lasso(page)
    listed = page.get_by_text(re.compile(r"^\d+ films selected$"))
    expect(listed).to_be_visible()
    n_films = int(listed.text_content().split()[0])
    assert 2 < n_films < 80
    with page.expect_download() as download:
        the_map_csv = page.locator(".st-key-movies_factors_main-selected-csv button")
        the_map_csv.click()
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("label,genres,year,count") and len(lines) == 1 + n_films

    page.get_by_role("button", name="Zoom in, more titles").click()
    expect(page).to_have_url(re.compile("movies_factors_zoom_x="))
    expect(listed).to_have_text(f"{n_films} films selected")
    page.get_by_role("button", name="Show the whole map").click()
    expect(page).not_to_have_url(re.compile("movies_factors_zoom_x="))


def test_the_lessons_picture_is_one_click_with_titles_apart(
    open_page: Open, factors_url: str
) -> None:
    page = open_page(factors_url, height=1200)
    page.get_by_role("button", name="The lesson's own picture").click()
    expect(the_map(page).get_by_text(re.compile(r"^Component 3 \("))).to_be_visible()
    expect(page).to_have_url(re.compile("movies_factors_films=51"))
    settle(page)
    texts = the_map(page).locator(".annotation-text").filter(has_text=re.compile(r"\(\d{4}\)$"))
    assert texts.count() > 10
    assert overlapping(texts) == []


def test_the_scrubber_moves_map_and_ranking_together(open_page: Open, factors_url: str) -> None:
    page = open_page(factors_url, height=1200)
    page.get_by_role("button", name="Watch it being learned").click()
    chart = page.locator(".st-key-movies_factors_training")
    headline, titles = chart.locator(".gtitle"), chart.locator(".textpoint")
    expect(headline).to_have_text("Before training: held-out error 1.0000")
    before = titles.all_text_contents()
    steps = chart.locator(".slider-label")
    expect(steps).to_have_text(["Epoch 0", *(str(epoch) for epoch in EPOCHS)])
    grip = chart.locator(".slider-rail-touch-rect").bounding_box()
    page.mouse.click(grip["x"] + grip["width"] - 3, grip["y"] + grip["height"] / 2)
    expect(headline).to_have_text("After epoch 3 of 3: held-out error 0.7000")
    after = titles.all_text_contents()
    assert before != after
    assert not any(text.startswith("○") for text in after)  # now it is the final ten


def test_a_phone_shows_the_map_without_scrolling_sideways(
    open_page: Open, factors_url: str
) -> None:
    page = open_page(factors_url, width=390, height=844, dark=True)
    expect(the_map(page).locator(".main-svg").first).to_be_visible()
    settle(page)
    assert sideways(page) <= 0
