"""Batch norm in a real browser: the paths a person takes."""

import io
import re
from collections.abc import Callable, Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, WebSocketRoute, expect

from core.batchnorm import TUNED_SURGERY
from core.batchnorm.explore.drawings import draw
from tests.browser.conftest import fit, overlapping, serve, settle, sideways
from tests.dashboard.batchnorm_samples import fill_best, fill_surgery, fill_sweep

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
LAYER, BUYS, SURGERY = "batchnorm-layer", "batchnorm-buys", "batchnorm-surgery"
MOST_FRAMES = 1200  # of the browser, within which two messages are sent
VIEWS = [  # page, its query, and the chart that it shows
    (LAYER, "?batchnorm_layer_view=One layer", "batchnorm_layer_main"),
    (LAYER, "?batchnorm_layer_view=A batch’s noise", "batchnorm_layer_noise"),
    (LAYER, "?batchnorm_layer_view=Train and evaluate", "batchnorm_layer_running"),
    (BUYS, "", "batchnorm_buys_main"),
    (BUYS, "?batchnorm_buys_view=curves", "batchnorm_buys_curves"),
    (SURGERY, "", "batchnorm_surgery_main"),
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app with small bundles of batch norm."""
    folder = tmp_path_factory.mktemp("batchnorm")
    assets = folder / "assets"
    assets.mkdir()
    fill_surgery(fill_best(fill_sweep(assets)))
    fill_surgery(assets, TUNED_SURGERY, seed=1)
    yield from serve("dashboard/app.py", assets, folder / "server.log")


def drawing() -> bytes:
    """A picture of our own, as a file."""
    file = io.BytesIO()
    Image.fromarray(draw(1, size=90)[0]).save(file, "PNG")
    return file.getvalue()


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


def test_a_click_outlasts_the_width_that_is_told_before_its_answer(
    chromium: Browser, url: str
) -> None:
    """The browser tells all controls with a width, here as they were before the click."""
    page = chromium.new_page(viewport={"width": 1280, "height": 1400})
    held: list[tuple[WebSocketRoute, str | bytes]] = []
    is_holding, told = False, 0

    def route(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def up(message: str | bytes) -> None:
            nonlocal told
            told += 1
            server.send(message)

        def down(message: str | bytes) -> None:
            if is_holding:
                held.append((socket, message))
            else:
                socket.send(message)

        socket.on_message(up)
        server.on_message(down)

    page.route_web_socket(re.compile("_stcore/stream"), route)
    page.goto(f"{url}/{LAYER}?batchnorm_layer_view=A batch’s noise")
    fit(page)
    is_holding, before = True, told
    page.get_by_role("button", name="A batch of one").click()
    page.set_viewport_size({"width": 1080, "height": 1400})
    page.wait_for_function("() => !document.querySelector('[data-fits]')")
    frames = 0
    while told < before + 2:
        page.evaluate("() => new Promise(requestAnimationFrame)")
        frames += 1
        assert frames < MOST_FRAMES, "click and width were not both told"
    is_holding = False
    for socket, message in held:
        socket.send(message)
    expect(page.get_by_text("every value becomes 0")).to_be_visible()
    fit(page)
    expect(page.get_by_text("every value becomes 0")).to_be_visible()
    expect(page.get_by_text("batches of 1", exact=True)).to_be_visible()
    page.close()


def test_a_rate_is_chosen_and_its_curves_are_shown(open_page: Open, url: str) -> None:
    page = open_page(f"{url}/{BUYS}", height=1400)
    fit(page)
    expect(page.get_by_text("With batch norm it trains up to a learning rate of")).to_be_visible()
    page.get_by_role("button", name="See them learn").click()
    expect(page.get_by_text("At a learning rate of 0.01 the trainings end at")).to_be_visible()
    slider(page, "Learning rate").focus()
    page.keyboard.press("Home")
    expect(page.get_by_text("At a learning rate of 0.0001 the trainings end")).to_be_visible()
    expect(page).to_have_url(re.compile("batchnorm_buys_rate=0.0001"))
    settle(page)


def test_the_exact_recipe_goes_unnoticed_and_a_photo_keeps_its_answer(
    open_page: Open, url: str
) -> None:
    page = open_page(f"{url}/{SURGERY}", height=2300)
    fit(page)
    compiled = {"timeout": 60_000}  # the first surgery of each kind is compiled
    expect(page.get_by_text("the first layer that notices is conv1")).to_be_visible(**compiled)
    page.get_by_role("button", name="The exact one").click()
    expect(page.get_by_text("no layer notices")).to_be_visible()
    expect(page).to_have_url(re.compile("batchnorm_surgery_recipe=exact"))
    field = page.locator("input[type=file]")
    field.set_input_files({"name": "mine.png", "mimeType": "image/png", "buffer": drawing()})
    expect(page.get_by_text("As it is, the net says")).to_be_visible(**compiled)
    expect(page.get_by_role("img", name="The middle square of your photo")).to_be_visible()
    expect(page.get_by_text("squeezed into a square")).to_be_visible()
    settle(page)
    assert "mine" not in page.url
    # another net answers for the same photo, and sees more of it
    page.get_by_role("button", name="Exact, in the fine-tuned net").click()
    expect(page).to_have_url(re.compile("batchnorm_surgery_net=fine-tuned"))
    expect(page.get_by_role("img", name="Your photo, squeezed")).to_be_visible(**compiled)
    expect(page.get_by_text("no layer notices")).to_be_visible()
    settle(page)
    field.set_input_files({"name": "b.png", "mimeType": "image/png", "buffer": b"no photo"})
    expect(page.get_by_test_id("stAlert")).to_be_visible()
    settle(page)


@pytest.mark.parametrize(("path", "query", "chart"), VIEWS)
@pytest.mark.parametrize("width", [390, 1280])
def test_every_window_has_room(
    open_page: Open, url: str, path: str, query: str, chart: str, width: int
) -> None:
    page = open_page(f"{url}/{path}{query}", width=width, height=844)
    fit(page)
    figure = page.locator(f".st-key-{chart}")
    assert sideways(page) <= 0
    assert figure.bounding_box()["height"] >= 560
    for texts in (".annotation-text, .gtitle", ".xtick text"):
        assert overlapping(figure.locator(texts)) == []
