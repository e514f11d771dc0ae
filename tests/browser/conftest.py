"""A server and a real Chromium for the tests that need both."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.dashboard.samples import fill

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("LATENT_LAB_CHROMIUM") or shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
APP = "[data-testid=stApp]"
RUNNING = f"{APP}[data-test-script-state=running]"
START_ATTEMPTS = 240  # of 0.25 s each

PATIENCE = 1000 * int(os.environ.get("LATENT_LAB_PATIENCE", "60"))  # ms; for a busy machine

expect.set_options(timeout=PATIENCE)


def serve(script: str, assets: Path, log: Path) -> Iterator[str]:
    """Yields the address of a Streamlit server for a script below the root, and ends it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", script]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    command += ["--server.fileWatcherType", "none"]
    environment = {**os.environ, "LATENT_LAB_ASSETS": str(assets)}
    with log.open("wb") as out:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
    try:
        _wait_until_healthy(url, server, log)
        yield url
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_until_healthy(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    pause = threading.Event()
    for _ in range(START_ATTEMPTS):
        if server.poll() is not None:
            pytest.fail(f"the server ended with {server.returncode}:\n{log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pause.wait(0.25)
    pytest.fail(f"the server was not healthy in time:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="module")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app with three sample bundles."""
    folder = tmp_path_factory.mktemp("app")
    yield from serve("dashboard/app.py", fill(folder / "assets"), folder / "server.log")


@pytest.fixture(scope="module")
def probe_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page with every kind of control and a figure."""
    folder = tmp_path_factory.mktemp("probe")
    yield from serve("tests/dashboard/probe.py", folder, folder / "server.log")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium of the system."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium (apt-get install chromium, or set LATENT_LAB_CHROMIUM)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens addresses in fresh windows: `open_page(url, width=1280, height=720, dark=False)`."""
    contexts = []

    def open_(url: str, *, width: int = 1280, height: int = 720, dark: bool = False) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            accept_downloads=True,
        )
        contexts.append(context)
        page = context.new_page()
        # What a run still draws moves what is below it, and a click would land beside its aim.
        page.add_locator_handler(page.locator(RUNNING), _wait)
        page.goto(url)
        settle(page)
        return page

    yield open_
    for context in contexts:
        context.close()


def _wait() -> None:
    """Does nothing: after it Playwright itself waits until the script has run to its end."""


def act_at_once(page: Page) -> None:
    """Lets a test act while the page draws on and on, as it does for something that grows."""
    page.remove_locator_handler(page.locator(RUNNING))


def fit(page: Page) -> None:
    """Waits until a figure is drawn for the width it has in this window, and nothing runs."""
    expect(page.locator("[data-fits]").first).to_be_visible()
    settle(page)


def settle(page: Page) -> None:
    """Waits until the script has run to its end without an error box."""
    expect(page.locator(f"{APP}[data-test-script-state=notRunning]")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


def sideways(page: Page) -> int:
    """Pixels by which the page could be scrolled sideways."""
    main = page.get_by_test_id("stMain")
    return main.evaluate("main => main.scrollWidth - main.clientWidth")


def overlapping(texts: Locator) -> list[tuple[list[float], list[float]]]:
    """Pairs of texts that lie over each other, by their left, right, top and bottom edges."""
    boxes = texts.evaluate_all(
        """texts => texts.map(text => text.getBoundingClientRect())
            .map(box => [box.left, box.right, box.top, box.bottom])"""
    )
    return [
        (one, other)
        for place, one in enumerate(boxes)
        for other in boxes[:place]
        if min(one[1], other[1]) - max(one[0], other[0]) > 1
        and min(one[3], other[3]) - max(one[2], other[2]) > 1
    ]
