"""The leaderboard in a real browser: every view, another model, a phone, a dark page."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import fit, overlapping, serve, settle, sideways
from tests.dashboard.board_samples import TITLES, fill_board

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
DRAWN = {  # view -> what only its figure has
    "Leaderboard": "91.95 % here",
    "Training": "chosen: epoch 2",
    "Confusion": "right",
    "Trust": "what came true",
    "ROC": "AUC",
    "When": "from best to worst kind",
}


@pytest.fixture(scope="module")
def board_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page with seven models of made-up accuracy."""
    folder = tmp_path_factory.mktemp("board")
    assets = folder / "assets"
    assets.mkdir()
    for url in serve("dashboard/app.py", fill_board(assets), folder / "server.log"):
        yield f"{url}/sentiment-board"


def figure(page: Page) -> Locator:
    return page.locator(".st-key-sentiment_board_main")


def show(page: Page, view: str) -> None:
    """Chooses a view and waits for its figure."""
    page.get_by_role("radio", name=view, exact=True).click()
    expect(figure(page).locator(".main-svg").filter(has_text=DRAWN[view]).first).to_be_visible()
    settle(page)


def test_every_view_is_drawn_and_a_model_is_chosen(open_page: Open, board_url: str) -> None:
    page = open_page(board_url, height=1200)
    fit(page)
    for view in DRAWN:
        show(page, view)
    show(page, "Confusion")
    title = figure(page).locator(".gtitle").filter(has_text=TITLES["multicnn"])
    expect(title).to_have_count(0)
    page.get_by_role("combobox", name="Model").click()
    page.get_by_role("option", name=TITLES["multicnn"]).click()
    expect(title).to_be_visible()


def test_a_link_opens_one_view_of_one_model(open_page: Open, board_url: str) -> None:
    page = open_page(
        f"{board_url}?sentiment_board_view=Trust&sentiment_board_model=CNN+on+GloVe,+then+tuned"
    )
    expect(figure(page).locator(".gtitle")).to_contain_text(TITLES["cnn-glove-tuned"])
    assert sideways(page) <= 0


def test_every_view_fits_a_phone(open_page: Open, board_url: str) -> None:
    page = open_page(board_url, width=390, height=844)
    fit(page)
    for view in DRAWN:
        show(page, view)
        assert sideways(page) <= 0, view
        assert overlapping(figure(page).locator(".annotation-text")) == [], view


def test_a_dark_page_has_a_dark_figure(open_page: Open, board_url: str) -> None:
    page = open_page(board_url, dark=True)
    fit(page)
    settle(page)
    paper = figure(page).evaluate(
        "chart => chart.querySelector('.js-plotly-plot')._fullLayout.paper_bgcolor"
    )
    assert paper == "#15181c"
