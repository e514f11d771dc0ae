"""A robot that clicks and types at random on every page, and what must never come of it.

Each step is drawn from a seed. It fails on a page without a heading, an error box, an error of ours
in the browser's console, or a fragment that is gone in the server's log, and tells the last steps.

By default it takes a few steps on each page and is done in two minutes. For longer:

    LATENT_LAB_ROBOT_MINUTES=120 LATENT_LAB_ROBOT_SEED=7 \\
        python -m pytest -q tests/browser/test_robot.py

It then goes round all pages for so many minutes, each round with the next seed.
"""

import itertools
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, ElementHandle, Page, expect
from playwright.sync_api import Error as PlaywrightError

from dashboard.navigation import PAGES
from tests.browser.conftest import PATIENCE, ROOT, serve, settle

pytestmark = pytest.mark.browser
MINUTES = float(os.environ.get("LATENT_LAB_ROBOT_MINUTES", "0"))
SEED = int(os.environ.get("LATENT_LAB_ROBOT_SEED", "0"))
STEPS = 3 if not MINUTES else 25  # on a page
SLOWER = 6  # times, of a throttled processor
QUICK = 3_000  # ms for one step: what it aims at may be gone
TEXTS = (
    "",
    "what is truth?",
    "not bad, awful acting",
    "school war 1994 é 日本 \u00ad\u200b’",
    "<b>*x*</b> $y$ :smile: [a](b) &amp;",
    "-1",
    "1e9",
    "a" * 400,
    "\r\n\r\n",
)
KEYS = ("ArrowRight", "ArrowLeft", "ArrowDown", "Home", "End", "Enter", "Escape", "Tab")
AIMS = """() => [...document.querySelectorAll(
    `[data-testid=stMainBlockContainer] :is(button, input, textarea, summary, [role=slider],
        [role=radio], [role=combobox], .nsewdrag),
    [data-testid=stPopoverBody] :is(button, input), [role=option]`)]
    .filter(aim => aim.checkVisibility() && !aim.disabled && aim.type !== "file")"""
TRANSLATE = """() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const texts = []
    while (walker.nextNode()) texts.push(walker.currentNode)
    for (const text of texts) {
        if (!text.data.trim() || text.parentNode.closest("script, style, svg")) continue
        const [font, inner] = [document.createElement("font"), document.createElement("font")]
        inner.append(text.data)
        font.append(inner)
        text.replaceWith(font)
    }
}"""
GONE = ("does not exist anymore", "Traceback (most recent call last)", "Bad delta path")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The app with all that ships, and the server's log."""
    log = tmp_path_factory.mktemp("robot") / "server.log"
    for url in serve("dashboard/app.py", ROOT / "assets", log):
        yield url, log


class Robot:
    """Acts on one page of the app in a window of its own.

    Args:
        page: the window.
        rng: what to draw from.
    """

    def __init__(self, page: Page, rng: np.random.Generator) -> None:
        self._page, self._rng = page, rng
        self._devtools = page.context.new_cdp_session(page)
        self._problems: list[str] = []
        self.steps: deque[str] = deque(maxlen=20)
        page.on("pageerror", lambda error: self._problems.append(f"error: {error}"))
        page.on("console", self._hear)
        page.on("filechooser", lambda chooser: None)
        page.on("dialog", lambda dialog: dialog.dismiss())

    def _hear(self, message) -> None:
        # A resource that the browser asks for by itself is not the page's.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self._problems.append(f"console: {message.text}")

    def _pick(self, choices):
        return choices[int(self._rng.integers(len(choices)))]

    def step(self) -> None:
        """Does one thing; what it aims at may be gone before it gets there."""
        acts: list[tuple[Callable[[], None], int]] = [
            (self._use, 12),
            (self._translate, 1),
            (self._throttle, 1),
            (self._resize, 1),
            (self._go, 1),
        ]
        chosen = self._pick([act for act, weight in acts for _ in range(weight)])
        try:
            chosen()
        except PlaywrightError as error:
            self.steps.append(f"(missed: {str(error).splitlines()[0]})")
        # The rhythm of a visitor, who does not wait for the page either.
        self._page.wait_for_timeout(float(self._pick((0, 50, 300, 900))))

    def _use(self) -> None:
        aims = self._page.evaluate_handle(AIMS)
        n_aims = aims.evaluate("aims => aims.length")
        if not n_aims:
            return
        place = int(self._rng.integers(n_aims))
        aim = aims.evaluate_handle("(aims, place) => aims[place]", place).as_element()
        kind = aim.evaluate("aim => aim.getAttribute('role') || aim.type || aim.tagName")
        name = aim.evaluate(
            "aim => (aim.ariaLabel || aim.innerText || aim.value || '').slice(0, 40)"
        )
        self.steps.append(f"{kind} {name!r}")
        {
            "slider": self._press,
            "range": self._press,
            "text": self._type,
            "number": self._type,
            "textarea": self._type,
            "combobox": self._click,
        }.get(kind, self._click)(aim)

    def _click(self, aim: ElementHandle) -> None:
        aim.click(timeout=QUICK, force=True)

    def _press(self, aim: ElementHandle) -> None:
        aim.focus()
        for _ in range(int(self._rng.integers(1, 5))):
            self._page.keyboard.press(self._pick(KEYS))

    def _type(self, aim: ElementHandle) -> None:
        text = self._pick(TEXTS)
        self.steps.append(f"types {text[:20]!r}")
        aim.focus()
        self._page.keyboard.press("Control+A")
        self._page.keyboard.insert_text(text) if text else self._page.keyboard.press("Delete")
        self._page.keyboard.press(self._pick(("Enter", "Tab", "Control+Enter", "End")))

    def _translate(self) -> None:
        self.steps.append("translates the page")
        self._page.evaluate(TRANSLATE)

    def _throttle(self) -> None:
        rate = self._pick((1, SLOWER))
        self.steps.append(f"has a processor {rate} times slower")
        self._devtools.send("Emulation.setCPUThrottlingRate", {"rate": rate})

    def _resize(self) -> None:
        width = self._pick((390, 800, 1280))
        self.steps.append(f"makes the window {width} px wide")
        self._page.set_viewport_size({"width": width, "height": 800})

    def _go(self) -> None:
        self.steps.append("goes to another page and back")
        before = self._page.url
        links = self._page.get_by_test_id("stSidebarNav").get_by_role("link")
        if not links.count():  # the menu is closed
            return
        links.nth(int(self._rng.integers(links.count()))).click(timeout=QUICK)
        self._page.wait_for_timeout(float(self._pick((0, 200, 900))))
        if self._page.url != before:  # before the first page there is none of ours
            self._page.go_back()

    def check(self) -> None:
        """Fails on a white page, an error box, or an error in the console."""
        expect(self._page.locator("h1").first).to_be_attached(timeout=3 * PATIENCE)
        expect(self._page.get_by_test_id("stException")).to_have_count(0, timeout=100)
        assert self._problems == []


def rounds() -> Iterator[tuple[int, str]]:
    """Seeds and addresses: every page once, or again and again until the time is over."""
    paths = [entry.url_path for entries in PAGES.values() for entry in entries]
    end = time.monotonic() + 60 * MINUTES
    for seed in itertools.count(SEED):
        for path in np.random.default_rng(seed).permutation(paths):
            if MINUTES and time.monotonic() > end:
                return
            yield seed, str(path)
        if not MINUTES:
            return


def test_nothing_breaks_whatever_is_clicked(chromium: Browser, app: tuple[str, Path]) -> None:
    url, log = app
    for seed, path in rounds():
        context = chromium.new_context(viewport={"width": 1280, "height": 800})
        page = context.new_page()
        robot = Robot(page, np.random.default_rng([seed, *path.encode()]))
        page.goto(f"{url}/{path}")
        try:
            robot.check()
            for _ in range(STEPS):
                robot.step()
                robot.check()
            settle(page)
            robot.check()
            gone = [line for line in log.read_text("utf-8").splitlines() if is_bad(line)]
            assert gone == []
        except AssertionError as error:
            steps = "\n".join(robot.steps)
            pytest.fail(f"seed {seed}, page {path or 'overview'}:\n{steps}\n{error}")
        finally:
            context.close()


def is_bad(line: str) -> bool:
    """Says whether a line of the server's log tells of something that must not be."""
    return any(sign in line for sign in GONE)
