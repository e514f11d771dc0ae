"""The inside of a net, and who remembers what, in a real browser: the paths a person takes."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import fit, overlapping, serve, settle, sideways
from tests.dashboard.inside_samples import fill_nets
from tests.dashboard.memory_samples import fill_memory, fill_unfolded

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
INSIDE = "textgen-inside"
RECURRENCE = "textgen-recurrence"
TEXT = 'he said "no" (why).'
HOSTILE = "<img src=x onerror=\"document.title='taken'\">"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app with small nets of each kind, and the experiments on memory."""
    folder = tmp_path_factory.mktemp("inside")
    assets = folder / "assets"
    assets.mkdir()
    fill_unfolded(fill_memory(fill_nets(assets, folder)), folder)
    yield from serve("dashboard/app.py", assets, folder / "server.log")


def strip(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name=name)


def typed(page: Page, text: str, field: str = "Your text") -> Page:
    page.get_by_role("textbox", name=field).fill(text)
    return page


def test_a_text_is_coloured_by_a_cell_while_it_is_typed(open_page: Open, url: str) -> None:
    page = open_page(f"{url}/{INSIDE}", height=1600)
    fit(page)
    typed(page, TEXT)
    coloured = strip(page, "The text, coloured by")
    expect(coloured).to_have_text(re.compile("he said"))
    settle(page)
    page.locator("[class*=st-key-textgen_inside-follows-] button:visible").last.click()
    settle(page)
    expect(page).to_have_url(re.compile("textgen_inside_cell="))
    expect(page.get_by_text(re.compile(r"Cell \d+ of layer \d remembers from"))).to_be_visible()
    assert "said" not in page.url


def test_a_cell_is_held_and_the_text_written_anew(open_page: Open, url: str) -> None:
    page = open_page(f"{url}/{INSIDE}", height=1600)
    page.get_by_role("radio", name="Hold it").click()
    expect(strip(page, "What the net writes by itself")).to_be_visible()
    settle(page)
    slider = page.get_by_role("slider", name=re.compile("^Hold cell"))
    slider.focus()
    page.keyboard.press("Home")
    settle(page)
    expect(page.get_by_text("Held at −5.00", exact=True)).to_be_visible()
    for name in ("What the net writes by itself", "What the net writes while the cell is held"):
        expect(strip(page, name).locator("span")).to_have_count(300)
    expect(page).to_have_url(re.compile("textgen_inside_value=-5"))


def test_a_clicked_character_is_the_one_that_is_asked_for(open_page: Open, url: str) -> None:
    page = open_page(f"{url}/{INSIDE}?textgen_inside_view=What+it+depends+on", height=1600)
    typed(page, TEXT)
    places = strip(page, "The text, shaded by")
    expect(places).to_have_text(re.compile("he said"))
    settle(page)
    places.locator("span").nth(9).click()
    expect(page).to_have_url(re.compile("textgen_inside_place=10"))
    expect(page.get_by_text("as character 10?")).to_be_visible()
    places.focus()
    for key in ("ArrowRight", "ArrowRight", "Enter"):  # on from the marked one
        page.keyboard.press(key)
    expect(page.get_by_text("as character 12?")).to_be_visible()


def test_a_tag_is_typed_and_somebody_closes_it(open_page: Open, url: str) -> None:
    page = open_page(f"{url}/{RECURRENCE}", height=1600)
    fit(page)
    typed(page, "<fig>k", "Markup with an open tag")
    expect(page.get_by_text("The open tag is fig, opened 3 characters ago.")).to_be_visible()
    settle(page)
    chart = page.locator(".st-key-textgen_recurrence_closing")
    expect(chart.locator(".ytick text").last).to_have_text("LSTM ✓")
    typed(page, "<fig>k</fig>", "Markup with an open tag")
    expect(page.get_by_text("No tag is open here")).to_be_visible()
    settle(page)


def test_markup_in_a_text_is_text_and_does_nothing(open_page: Open, url: str) -> None:
    page = open_page(f"{url}/{INSIDE}", height=1600)
    typed(page, HOSTILE)
    expect(strip(page, "The text, coloured by")).to_have_text(re.compile("img"))
    settle(page)
    page = open_page(f"{url}/{RECURRENCE}", height=1600)
    typed(page, f"{HOSTILE}<art>k", "Markup with an open tag")
    expect(page.get_by_text("The open tag is art")).to_be_visible()
    settle(page)
    assert "taken" not in page.title() and "onerror" not in page.url
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (INSIDE, ""),
        (INSIDE, "?textgen_inside_view=Hold+it"),
        (INSIDE, "?textgen_inside_view=Gates"),
        (INSIDE, "?textgen_inside_view=What+it+depends+on"),
        (RECURRENCE, ""),
        (RECURRENCE, "?textgen_recurrence_view=Word+order"),
        (RECURRENCE, "?textgen_recurrence_view=Three+steps"),
    ],
)
def test_a_phone_has_room_for_it(open_page: Open, url: str, path: str, query: str) -> None:
    page = open_page(f"{url}/{path}{query}", width=390, height=844)
    settle(page)
    assert sideways(page) <= 0


def test_names_at_the_lines_do_not_overlap_on_a_phone(open_page: Open, url: str) -> None:
    page = open_page(f"{url}/{RECURRENCE}", width=390, height=844)
    fit(page)
    figure = page.locator(".st-key-textgen_recurrence_tags")
    assert overlapping(figure.locator(".xtick text")) == []
    assert overlapping(figure.locator(".annotation-text")) == []
