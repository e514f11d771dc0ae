"""The map of words as a person uses it: zoom, search, lasso, phone."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import fit, overlapping, serve, settle, sideways
from tests.dashboard.word_samples import N_DRAWN, N_WORDS, fill_words

pytestmark = pytest.mark.browser
Open = Callable[..., Page]

RANGES = """chart => {
    const { xaxis, yaxis } = chart.querySelector('.js-plotly-plot')._fullLayout
    return [...xaxis.range, ...yaxis.range]
}"""
MOVED = f"""before => {{
    const chart = document.querySelector('.st-key-words_map_main')
    if (!chart?.querySelector('.js-plotly-plot')?._fullLayout) return false
    return ({RANGES})(chart).some((edge, at) => Math.abs(edge - before[at]) > 1e-6)
}}"""


@pytest.fixture(scope="module")
def map_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page with the map, on small samples."""
    folder = tmp_path_factory.mktemp("words")
    assets = fill_words(folder / "assets", "words-maps-glove")
    for url in serve("dashboard/app.py", assets, folder / "server.log"):
        yield f"{url}/words-map"


def the_map(page: Page, name: str = "main") -> Locator:
    chart = page.locator(f".st-key-words_map_{name}")
    fit(page)
    expect(chart.locator(".nsewdrag").first).to_be_visible()
    return chart


def named(chart: Locator) -> Locator:
    """The words as text, without the finding above and the axes' name below."""
    return chart.locator(".annotation-text").filter(has_not_text=re.compile("keeps|unit"))


def drag(page: Page, chart: Locator, *stops: tuple[float, float]) -> None:
    """Drags over the plot; stops are shares of its width and height."""
    area = chart.locator(".nsewdrag").first.bounding_box()
    places = [(area["x"] + x * area["width"], area["y"] + y * area["height"]) for x, y in stops]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=5)
    page.mouse.up()


def test_a_zoom_names_more_words_of_its_part_and_a_double_click_ends_it(
    open_page: Open, map_url: str
) -> None:
    page = open_page(f"{map_url}?words_map_n={N_WORDS}", height=1100)
    chart = the_map(page)
    before, whole = set(named(chart).all_text_contents()), chart.evaluate(RANGES)
    assert len(before) < N_WORDS
    drag(page, chart, (0.55, 0.1), (0.95, 0.5))
    expect(page).to_have_url(re.compile("words_map_part="))
    page.wait_for_function(MOVED, arg=whole)
    settle(page)
    after, part = set(named(chart).all_text_contents()), chart.evaluate(RANGES)
    assert after - before  # words that had no room before
    assert part[1] - part[0] == pytest.approx(0.4 * (whole[1] - whole[0]), rel=0.05)
    assert part[3] - part[2] == pytest.approx(0.4 * (whole[3] - whole[2]), rel=0.05)

    restored = the_map(open_page(page.url, height=1100))  # the link holds the part
    assert restored.evaluate(RANGES) == pytest.approx(part)

    chart.locator(".nsewdrag").first.dblclick()
    expect(page).not_to_have_url(re.compile("words_map_part="))
    page.wait_for_function(MOVED, arg=part)
    settle(page)
    assert chart.evaluate(RANGES) == pytest.approx(whole)


def test_a_search_flies_to_the_word_and_lights_its_neighbours(
    open_page: Open, map_url: str
) -> None:
    page = open_page(map_url, height=1100)
    whole = the_map(page).evaluate(RANGES)
    box = page.get_by_label("Fly to a word, or several")
    box.fill("school")
    box.press("Enter")
    expect(page.get_by_text("Nearest to school")).to_be_visible()
    settle(page)
    chart = the_map(page)
    expect(named(chart).filter(has_text=re.compile("^school$"))).to_have_count(1)
    listed = page.locator("[class*=st-key-words_map-near-] button")
    expect(listed).to_have_count(10)
    page.get_by_role("button", name="Closest only").click()
    expect(page).to_have_url(re.compile("words_map_part="))
    page.wait_for_function(MOVED, arg=whole)
    settle(page)
    near = chart.evaluate(RANGES)
    assert near[1] - near[0] < whole[1] - whole[0]
    page.get_by_role("button", name="Whole map").click()
    expect(page).to_have_url(re.compile("words_map_part=0"))
    page.wait_for_function(MOVED, arg=near)
    settle(page)
    assert chart.evaluate(RANGES)[0] <= whole[0] + 1e-6


def test_a_lasso_lists_its_words_and_rings_them_in_the_other_map(
    open_page: Open, map_url: str
) -> None:
    page = open_page(f"{map_url}?words_map_map=both&words_map_drag=select", height=1100)
    page_text = page.get_by_text(re.compile(r"^\d+ words? selected$"))
    left, right = the_map(page), the_map(page, "pca")
    n_before = right.locator(".scatterlayer .trace").count()
    drag(page, left, (0.5, 0.02), (0.98, 0.02), (0.98, 0.98), (0.5, 0.98), (0.5, 0.04))
    expect(page_text).to_be_visible()
    expect(right.locator(".scatterlayer .trace")).to_have_count(n_before + 1)
    n_words = int(page_text.text_content().split()[0])
    assert 2 < n_words < N_DRAWN
    with page.expect_download() as download:
        page.locator(".st-key-words_map-selected-csv button").click()
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("word,") and "pca_x" in lines[0] and len(lines) == 1 + n_words


def test_no_two_words_overlap(open_page: Open, map_url: str) -> None:
    page = open_page(f"{map_url}?words_map_n={N_WORDS}", height=1100)
    texts = named(the_map(page))
    assert texts.count() > 30
    assert overlapping(texts) == []


def test_a_phone_shows_the_map_without_scrolling_sideways(open_page: Open, map_url: str) -> None:
    page = open_page(f"{map_url}?words_map_word=school", width=390, height=844, dark=True)
    chart = the_map(page)
    sizes = named(chart).evaluate_all(
        "texts => texts.map(text => parseFloat(getComputedStyle(text).fontSize))"
    )
    assert len(sizes) > 10 and min(sizes) >= 13
    assert sideways(page) <= 0
