"""The page about neighbours as a person uses it: ask, switch, follow a link, on a phone."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import fit, serve, sideways
from tests.dashboard.word_samples import fill_words

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def neighbours_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page on small samples, on a machine without GloVe's archive."""
    folder = tmp_path_factory.mktemp("neighbours")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENT_LAB_DATA", str(folder / "data"))
        patch.delenv("LATENT_LAB_MIRROR", raising=False)
        for url in serve("dashboard/app.py", fill_words(folder / "assets"), folder / "server.log"):
            yield f"{url}/words-neighbours"


def words(page: Page) -> Locator:
    return page.locator(".st-key-words_neighbours_main[data-stale=false] .textpoint")


def title(page: Page) -> Locator:
    """The title on screen; while a run goes on, the figure before it may stand there as stale."""
    return page.locator(".st-key-words_neighbours_main[data-stale=false] .gtitle")


def test_a_word_is_asked_of_every_set_and_the_link_restores_it(
    open_page: Open, neighbours_url: str
) -> None:
    page = open_page(neighbours_url)
    expect(title(page)).to_have_text("“bush”: GloVe and Skip-gram share 1 of 10")
    page.get_by_role("textbox", name="Word", exact=True).fill("school")
    page.get_by_role("textbox", name="Word", exact=True).press("Enter")
    expect(title(page)).to_contain_text("“school”")
    expect(page).to_have_url(re.compile("words_neighbours_word=school"))
    expect(words(page).filter(has_text="university")).to_have_count(3)

    again = open_page(page.url)
    expect(title(again)).to_contain_text("“school”")


def test_an_analogy_names_an_input_once_the_switch_is_off(
    open_page: Open, neighbours_url: str
) -> None:
    page = open_page(neighbours_url)
    page.get_by_test_id("stMain").get_by_text("Analogy", exact=True).first.click()
    expect(title(page)).to_have_text("man : king = woman : queen")
    page.get_by_text("Leave the three words out").click()
    expect(title(page)).to_have_text("man : king = woman : king; right is queen")
    expect(page.locator(".st-key-words_neighbours_plane .main-svg").first).to_be_visible()


def test_an_experiment_crosses_views(open_page: Open, neighbours_url: str) -> None:
    page = open_page(neighbours_url)
    page.get_by_role("button", name="From bad to good").click()
    expect(page.get_by_label("Left end")).to_have_value("bad")
    expect(title(page)).to_contain_text("bad – good")
    page.get_by_role("button", name="bush, in the news and in reviews").click()
    expect(title(page)).to_contain_text("“bush”")


def test_a_near_spelling_is_one_click_away(open_page: Open, neighbours_url: str) -> None:
    page = open_page(f"{neighbours_url}?words_neighbours_word=garten")
    page.get_by_role("button", name="garden", exact=True).click()
    expect(title(page)).to_contain_text("“garden”")


@pytest.mark.parametrize("link", ["Neighbours", "Analogy", "Axis", "Axis&below=man&above=woman"])
def test_a_phone_shows_every_view_without_scrolling_sideways(
    open_page: Open, neighbours_url: str, link: str
) -> None:
    query = f"view={link}".replace("&", "&words_neighbours_")
    page = open_page(f"{neighbours_url}?words_neighbours_{query}", width=390, height=844)
    expect(page.locator(".st-key-words_neighbours_main .main-svg").first).to_be_visible()
    fit(page)
    assert sideways(page) <= 0


def test_words_of_a_strip_do_not_lie_over_each_other(open_page: Open, neighbours_url: str) -> None:
    page = open_page(f"{neighbours_url}?words_neighbours_view=Axis")
    expect(words(page).first).to_be_visible()
    fit(page)
    boxes = [text.bounding_box() for text in words(page).all()]
    assert len(boxes) > 10
    for number, one in enumerate(boxes):
        for other in boxes[:number]:
            is_apart = (
                one["x"] + one["width"] <= other["x"] + 1
                or other["x"] + other["width"] <= one["x"] + 1
                or one["y"] + one["height"] <= other["y"] + 3
                or other["y"] + other["height"] <= one["y"] + 3
            )
            assert is_apart, (one, other)
