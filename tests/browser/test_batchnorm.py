"""Batch norm in a real browser: the paths a person takes."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import fit, overlapping, serve, settle, sideways

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
LAYER = "batchnorm-layer"
VIEWS = ("One layer", "A batch’s noise", "Train and evaluate")
CHARTS = ("batchnorm_layer_main", "batchnorm_layer_noise", "batchnorm_layer_running")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app without any bundle."""
    folder = tmp_path_factory.mktemp("batchnorm")
    assets = folder / "assets"
    assets.mkdir()
    yield from serve("dashboard/app.py", assets, folder / "server.log")


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=re.compile(f"^{name}"))


def test_the_exact_recipe_is_one_click_and_a_link(open_page: Open, url: str) -> None:
    page = open_page(f"{url}/{LAYER}", height=1400)
    fit(page)
    expect(page.get_by_text("A value moved by up to")).to_be_visible()
    page.get_by_role("button", name="Exact: put it in without a trace").click()
    expect(page.get_by_text("They are back where they were")).to_be_visible()
    expect(page).to_have_url(re.compile("batchnorm_layer_recipe=exact"))
    again = open_page(page.url, height=1400)
    expect(again.get_by_text("They are back where they were")).to_be_visible()


def test_sliders_are_moved_by_keys(open_page: Open, url: str) -> None:
    page = open_page(f"{url}/{LAYER}", height=1400)
    slider(page, "σ, its spread").focus()
    page.keyboard.press("Home")
    settle(page)
    expect(page.get_by_text("and spread 0.00 go in")).to_be_visible()
    slider(page, "ε").focus()
    page.keyboard.press("Home")
    expect(page.get_by_text("needs an epsilon above 0")).to_be_visible()
    settle(page)


def test_a_batch_of_one_passes_nothing_on(open_page: Open, url: str) -> None:
    page = open_page(f"{url}/{LAYER}", height=1400)
    page.get_by_role("radio", name="A batch’s noise").click()
    page.get_by_role("button", name="A batch of one").click()
    expect(page.get_by_text("every value becomes 0")).to_be_visible()
    settle(page)


@pytest.mark.parametrize(("view", "chart"), [*zip(VIEWS, CHARTS, strict=True)])
@pytest.mark.parametrize("width", [390, 1280])
def test_every_window_has_room(
    open_page: Open, url: str, view: str, chart: str, width: int
) -> None:
    page = open_page(f"{url}/{LAYER}?batchnorm_layer_view={view}", width=width, height=844)
    fit(page)
    figure = page.locator(f".st-key-{chart}")
    assert sideways(page) <= 0
    assert figure.bounding_box()["height"] >= 560
    for texts in (".annotation-text", ".xtick text"):
        assert overlapping(figure.locator(texts)) == []
