"""The shell in a real browser: what only a browser does with links, themes, sizes and downloads."""

import re
import struct
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard import theme
from dashboard.components.text import WORD_JOINER
from tests.browser.conftest import settle

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
# What tests/dashboard/probe.py says of itself, with every mark that Markdown would read.
MARKDOWN = "M*A*S*H $5 and $6 _x_ `y` [a](b) <b>c</b> -> :red[d] :smile: :material/home: ~~e~~ # f"


def rgb(colour: str) -> str:
    return "rgb({}, {}, {})".format(*(int(colour[i : i + 2], 16) for i in (1, 3, 5)))


def set_slider(page: Page, label: str, steps: int) -> None:
    slider = page.get_by_role("slider", name=label)
    slider.focus()
    for _ in range(abs(steps)):
        slider.press("ArrowRight" if steps > 0 else "ArrowLeft")


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    return page.evaluate(
        """() => Math.max(
            document.documentElement.scrollWidth - innerWidth,
            ...[...document.querySelectorAll('[data-testid=stMain], [data-testid=stHtml] *')]
                .map(element => element.getBoundingClientRect().right - innerWidth))"""
    )


def test_the_app_opens_on_the_ledger(open_page: Open, app_url: str) -> None:
    page = open_page(app_url)
    expect(page.get_by_role("heading", name="What has a model learned?")).to_be_visible()
    expect(page.get_by_text("✓ passed").first).to_be_visible()
    expect(page.get_by_text("0.7979").first).to_be_visible()
    assert page.locator(".js-plotly-plot").count() == 0


@pytest.mark.parametrize("dark", [False, True])
def test_the_app_fits_a_phone(open_page: Open, app_url: str, dark: bool) -> None:
    page = open_page(app_url, width=390, height=844, dark=dark)
    expect(page.get_by_text("0.7979").first).to_be_visible()
    assert overflow(page) <= 0


def test_controls_fit_a_phone(open_page: Open, probe_url: str) -> None:
    page = open_page(probe_url, width=390, height=844)
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    assert overflow(page) <= 0


def test_every_request_stays_on_the_host(chromium: Browser, probe_url: str) -> None:
    page = chromium.new_context().new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(probe_url)
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    page.context.close()
    hosts = {urlsplit(url).netloc for url in asked if not url.startswith(("data:", "blob:"))}
    assert hosts == {urlsplit(probe_url).netloc}


@pytest.mark.parametrize(
    ("query", "dark", "surface"),
    [
        ("", False, theme.LIGHT),
        ("", True, theme.DARK),
        ("?embed_options=dark_theme", False, theme.DARK),
    ],
)
def test_page_and_figure_share_their_colours(
    open_page: Open, probe_url: str, query: str, dark: bool, surface: theme.Surface
) -> None:
    page = open_page(probe_url + query, dark=dark)
    background = rgb(surface.background)
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", background)
    figure = page.locator(".js-plotly-plot .main-svg").first
    expect(figure).to_have_css("background-color", background)


def test_a_control_writes_the_address_that_restores_it(open_page: Open, probe_url: str) -> None:
    page = open_page(probe_url)
    set_slider(page, "Films", 3)
    expect(page).to_have_url(re.compile(r"probe_top_n=18"))
    page.get_by_role("button", name="War").click()
    expect(page).to_have_url(re.compile(r"probe_genres=War"))
    settle(page)

    again = open_page(page.url)
    expect(again.get_by_role("slider", name="Films")).to_have_value("18")
    expect(again.get_by_text("Top 18")).to_be_visible()
    assert parse_qs(urlsplit(again.url).query)["probe_genres"] == ["Drama", "War"]


def test_nonsense_in_the_address_is_a_sentence(open_page: Open, probe_url: str) -> None:
    page = open_page(f"{probe_url}?probe_top_n=500&probe_count=inf&probe_film=%3Cb%3E")
    sentence = page.get_by_text("must be a whole number from 5 to 50")
    expect(sentence).to_be_visible()
    expect(page.get_by_text("Top 15")).to_be_visible()
    assert "500" not in page.url
    assert page.get_by_test_id("stAlert").count() == 1
    set_slider(page, "Films", 1)
    expect(page.get_by_text("Top 16")).to_be_visible()
    expect(sentence).to_have_count(0)


def test_a_link_hides_and_locks(open_page: Open, probe_url: str) -> None:
    page = open_page(f"{probe_url}?hide=reg,film&lock=top_n&probe_top_n=9")
    films = page.get_by_role("slider", name="Films")
    expect(films).to_have_value("9")
    expect(films).to_be_disabled()
    expect(page.get_by_role("slider", name="L2")).to_have_count(0)
    page.get_by_role("button", name="Few films").click()
    expect(page.get_by_text("Top 7")).to_be_visible()
    expect(page).to_have_url(re.compile(r"probe_film=%249.99"))
    set_slider(page, "Years — start", 1)
    settle(page)
    expect(page.get_by_text("Top 7")).to_be_visible()
    assert {"hide", "lock"} <= set(parse_qs(urlsplit(page.url).query))


def test_controls_survive_another_page(open_page: Open, probe_url: str) -> None:
    page = open_page(probe_url)
    set_slider(page, "Films", 2)
    expect(page.get_by_text("Top 17")).to_be_visible()
    page.get_by_role("link", name="Elsewhere").click()
    expect(page.get_by_role("heading", name="Elsewhere")).to_be_visible()
    page.get_by_role("link", name="Probe").click()
    expect(page.get_by_text("Top 17")).to_be_visible()
    expect(page).to_have_url(re.compile(r"probe_top_n=17"))


def test_the_shared_link_is_whole(open_page: Open, probe_url: str) -> None:
    page = open_page(probe_url)
    page.get_by_role("button", name="Share this view").click()
    link = page.get_by_test_id("stCode").first.inner_text().strip()
    assert link.startswith(f"{probe_url}/?v=1&probe_top_n=15&")
    page = open_page(link.replace("probe_top_n=15", "probe_top_n=21"))
    expect(page.get_by_text("Top 21")).to_be_visible()
    assert page.get_by_test_id("stAlert").count() == 0


def test_present_is_large_and_calm(open_page: Open, probe_url: str) -> None:
    page = open_page(f"{probe_url}?present=true")
    expect(page.locator("html")).to_have_css("font-size", "20px")
    expect(page.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "true")
    expect(page.get_by_text("Bias (stars)")).to_be_visible()
    sizes = page.locator(".js-plotly-plot svg text").evaluate_all(
        "texts => texts.map(text => parseFloat(getComputedStyle(text).fontSize))"
    )
    assert len(sizes) >= 4 and min(sizes) >= theme.PRESENT_FONT


def test_letters_of_figures_are_large_enough(open_page: Open, probe_url: str) -> None:
    page = open_page(probe_url)
    expect(page.get_by_text("Bias (stars)")).to_be_visible()
    sizes = page.locator(".js-plotly-plot svg text").evaluate_all(
        "texts => texts.map(text => parseFloat(getComputedStyle(text).fontSize))"
    )
    assert len(sizes) >= 4 and min(sizes) >= theme.MINIMUM_FONT
    assert page.locator(".js-plotly-plot").bounding_box()["height"] >= 560
    expect(page.get_by_label("Three bars")).to_have_count(1)


def test_titles_are_not_read_as_markdown(open_page: Open, probe_url: str) -> None:
    page = open_page(probe_url)
    shown = page.get_by_text("What you see.").locator("xpath=..").inner_text()
    assert shown.replace(WORD_JOINER, "").replace("→", "->").endswith(MARKDOWN)


@pytest.mark.parametrize("name", ["PNG", "SVG", "CSV"])
def test_exports(open_page: Open, probe_url: str, tmp_path: Path, name: str) -> None:
    page = open_page(probe_url)
    expect(page.get_by_text("Bias (stars)")).to_be_visible()
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name=name, exact=True).click()
    target = tmp_path / "export"
    download.value.save_as(target)
    assert download.value.suggested_filename == f"probe.{name.lower()}"
    content = target.read_bytes()
    if name == "PNG":
        assert content.startswith(b"\x89PNG")
        assert struct.unpack(">II", content[16:24]) == (1920, 1080)
    elif name == "SVG":
        image = ElementTree.fromstring(content)
        assert (float(image.get("width")), float(image.get("height"))) == (1920, 1080)
        assert "Bias (stars)" in "".join(image.itertext())
    else:
        assert content.decode("utf-8").splitlines()[:2] == ["film,bias", "Heat,0.4"]
