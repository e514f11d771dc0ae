"""A browser that translates the page: text that changes does change, and no page goes white."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from dashboard.components import translation
from tests.browser.conftest import PATIENCE, serve, settle
from tests.dashboard.review_samples import fill_reviews
from tests.dashboard.writer_samples import fill_writers

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
KEEPER = Path(translation.__file__).with_suffix(".js")

# Each way in which a text node may give place to its translation, as browsers' translators do.
WAYS = {
    "exchanged": "text.replaceWith(font)",
    "beside, then out": "text.before(font); text.remove()",
    "out, then in": "const [up, next] = [text.parentNode, text.nextSibling];"
    " text.remove(); up.insertBefore(font, next)",
    "moved into it": "text.before(font); inner.replaceChildren(mark, text)",
}
TRANSLATE = """mark => {
    const texts = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) texts.push(walker.currentNode)
    for (const text of texts) {
        if (!text.data.trim() || text.parentNode.closest("script, style, svg")) continue
        const [font, inner] = [document.createElement("font"), document.createElement("font")]
        font.append(inner)
        inner.append(mark + text.data)
        WAY
    }
}"""

READS = """right => [...document.querySelectorAll("p")].some(
    paragraph => paragraph.innerText.replace(/[«‹]/g, "").trim() === right.trim()
)"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app with models for reviews and nets that write."""
    folder = tmp_path_factory.mktemp("translated")
    (folder / "assets").mkdir()
    assets = fill_writers(fill_reviews(folder / "assets"), folder)
    yield from serve("dashboard/app.py", assets, folder / "server.log")


def translate(page: Page, mark: str, way: str) -> None:
    """Replaces every text, and lets what watches the page see it."""
    page.evaluate(TRANSLATE.replace("WAY", WAYS[way]), mark)
    page.evaluate("() => new Promise(requestAnimationFrame)")


def said(page: Page) -> Locator:
    return page.locator("p").filter(has_text=re.compile("What you see")).first


def strip(page: Page) -> Locator:
    return page.get_by_role("group", name=re.compile("^The words of the review"))


def problems_of(page: Page) -> list[str]:
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("times", [1, 2])
def test_nodes_of_a_sentence_can_be_written_moved_and_removed(
    chromium: Browser, way: str, times: int
) -> None:
    """As React does it, which holds the nodes that the translator takes out."""
    page = chromium.new_page()
    problems = problems_of(page)
    page.set_content("<p><strong>See.</strong>one <code></code>end</p>")
    page.add_script_tag(content=KEEPER.read_text(encoding="utf-8"), type="module")
    page.evaluate(
        """() => {
            window.p = document.querySelector("p")
            window.one = p.childNodes[1]
            window.two = document.createTextNode("two ")
            p.insertBefore(two, p.childNodes[2])
        }"""
    )

    def text() -> str:
        page.evaluate("() => new Promise(requestAnimationFrame)")
        return page.evaluate("p.textContent")

    def translated() -> str:
        for _ in range(times):
            translate(page, "«", way)
        return text().replace("«", "")

    assert translated() == "See.one two end"
    page.evaluate("() => { one.nodeValue = 'new ' }")
    assert re.sub("«", "", text()) == "See.new two end"
    page.evaluate("() => { p.removeChild(two) }")
    assert re.sub("«", "", text()) == "See.new end"
    assert translated() == "See.new end"
    page.evaluate("() => { p.insertBefore(document.createTextNode('3 '), one) }")
    assert re.sub("«", "", text()) == "See.3 new end"
    page.evaluate("() => { p.insertBefore(one, p.lastChild) }")
    assert re.sub("«", "", text()) == "See.3 new end"
    assert translated() == "See.3 new end"
    page.evaluate("() => { one.nodeValue = '' }")
    assert re.sub("«", "", text()) == "See.3 end"
    page.evaluate("() => { p.textContent = 'all new' }")
    assert text() == "all new"
    assert problems == []
    page.close()


def type_review(page: Page, text: str) -> None:
    review = page.get_by_role("textbox", name="Your review")
    review.fill(text)
    review.press("Control+Enter")


def test_a_verdict_follows_the_review_under_translation(open_page: Open, url: str) -> None:
    texts = ("awful", "superb", "not bad", "boring")
    plain, page = (open_page(f"{url}/sentiment-score", height=1400) for _ in range(2))
    problems = problems_of(page)
    for text, way in zip(texts, WAYS, strict=True):
        before = said(plain).inner_text()
        type_review(plain, text)
        expect(said(plain)).not_to_have_text(before)
        settle(plain)
        right = said(plain).inner_text()
        translate(page, "«", way)
        translate(page, "‹", way)
        expect(said(page)).to_contain_text("«")
        type_review(page, text)
        page.wait_for_function(READS, arg=right, timeout=PATIENCE)
        settle(page)
    assert problems == []


@pytest.mark.parametrize("way", WAYS)
def test_a_translation_may_come_before_what_looks_after_it(
    open_page: Open, url: str, way: str
) -> None:
    page = open_page(f"{url}/ideas-embeddings")
    problems = problems_of(page)
    late: list[Route] = []
    page.route("**/BidiComponent*.js", lambda route: late.append(route))
    page.goto(f"{url}/sentiment-score")
    expect(said(page)).to_be_visible()
    first = said(page).inner_text()
    type_review(page, "awful")
    expect(said(page)).not_to_have_text(first)
    settle(page)
    translate(page, "«", way)
    late[0].continue_()
    expect(strip(page)).to_be_visible()
    type_review(page, "superb")
    expect(said(page)).to_have_text(re.compile("^«What you see. [^«]+superb[^«]+$"))
    assert problems == []


def test_the_original_comes_back(open_page: Open, url: str) -> None:
    page = open_page(f"{url}/sentiment-score", height=1400)
    expect(strip(page)).to_be_visible()  # components have come
    settle(page)
    before = said(page).inner_text()
    translate(page, "«", "exchanged")
    expect(said(page)).to_contain_text("«")
    page.evaluate("() => document.querySelectorAll('p > font, p * font').forEach(f => f.remove())")
    expect(said(page)).to_have_text(before)


@pytest.mark.parametrize("way", ["exchanged", "moved into it"])
def test_pages_come_and_go_under_translation(open_page: Open, url: str, way: str) -> None:
    page = open_page(f"{url}/textgen-write", height=1400)
    problems = problems_of(page)
    for name in ("Watch it learn", "Write", "Score a review", "Failures", "Overview"):
        translate(page, "«", way)
        translate(page, "‹", way)
        page.get_by_role("link", name=name).first.click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        settle(page)
    assert problems == []
    expect(page.get_by_test_id("stSidebarNav")).to_contain_text("Leaderboard")
