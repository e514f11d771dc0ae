"""Writing and learning in a real browser: the paths a person takes."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.navigation import FORMER_ADDRESSES
from tests.browser.conftest import act_at_once, fit, overlapping, serve, settle, sideways
from tests.dashboard.writer_samples import fill_writers

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
WRITE, LEARN = "textgen-write", "textgen-learn"
HOSTILE = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app with two small nets that write."""
    folder = tmp_path_factory.mktemp("writers")
    assets = folder / "assets"
    assets.mkdir()
    yield from serve("dashboard/app.py", fill_writers(assets, folder), folder / "server.log")


def strip(page: Page) -> Locator:
    return page.get_by_role("group", name="What the net wrote")


def button(page: Page, name: str) -> Locator:
    main = page.get_by_test_id("stMainBlockContainer")  # Streamlit's bar has a "Stop" too
    return main.get_by_role("button", name=name, exact=True)


def written(page: Page) -> str:
    """What the net has written, once it is done."""
    expect(button(page, "Another")).to_be_visible()
    expect(page.get_by_text("What you see.")).to_be_visible()
    settle(page)
    return strip(page).inner_text()


def test_a_net_writes_on_and_another_seed_writes_otherwise(open_page: Open, url: str) -> None:
    page = open_page(f"{url}/{WRITE}", height=1600)
    first = written(page)
    assert len(first) >= 320
    button(page, "Another").click()
    expect(page).to_have_url(re.compile("textgen_write_seed=1"))
    expect(strip(page)).not_to_have_text(first)
    assert written(page) != first


def coming(page: Page) -> Locator:
    """Characters that are written and not yet visible."""
    return strip(page).locator("span.later")


def test_a_long_text_appears_bit_by_bit_and_all_at_once_if_asked(open_page: Open, url: str) -> None:
    page = open_page(f"{url}/{WRITE}?textgen_write_n_chars=5000", height=1600)
    written(page)
    button(page, "Another").click()
    button(page, "Show all of it").click()
    expect(coming(page)).to_have_count(0)
    expect(button(page, "Show all of it")).to_have_count(0)
    settle(page)
    assert len(written(page)) >= 5000
    expect(page.get_by_text("You let it write 5,000 characters")).to_be_visible()
    strip(page).locator("span").nth(300).click()  # draws it anew, and it does not appear again
    settle(page)
    expect(coming(page)).to_have_count(0)


def test_less_motion_shows_a_text_at_once(open_page: Open, url: str) -> None:
    page = open_page(url)
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{url}/{WRITE}?textgen_write_n_chars=5000")
    written(page)
    expect(coming(page)).to_have_count(0)


@pytest.mark.parametrize("seed", [0, 1])
def test_whatever_is_changed_while_a_text_comes_the_page_stays(
    open_page: Open, url: str, seed: int
) -> None:
    """A timer that drew the text piece by piece met pages that had changed: they went white."""
    page = open_page(f"{url}/{WRITE}?textgen_write_n_chars=2000", height=1600)
    act_at_once(page)
    rng = np.random.default_rng(seed)
    prime = page.get_by_role("textbox", name="What it reads first")
    for number in range(6):
        act = rng.integers(3)
        if act == 0:
            prime.fill(f"the dog {number} ")
        elif act == 1:
            button(page, "As the net thinks" if number % 2 else "Always the likeliest").click()
        else:
            page.get_by_role("link", name="Watch it learn").first.click()
            page.get_by_role("link", name="Write").first.click()
            prime.wait_for()
    prime.fill("the cat")
    expect(strip(page)).to_have_text(re.compile("^the cat"))
    written(page)
    # An experiment begins where the page opens, so the link's 2,000 are gone.
    expect(page.get_by_text("You let it write 320 characters")).to_be_visible()


def test_a_character_is_clicked_and_the_text_continued_from_another(
    open_page: Open, url: str
) -> None:
    page = open_page(f"{url}/{WRITE}", height=1800)
    written(page)
    n_prime = strip(page).locator("span.given").count()
    place = n_prime + 24
    before = strip(page).locator("span").all_text_contents()
    strip(page).locator("span").nth(place).click()
    expect(page.get_by_text("Keeps all before character 25,")).to_be_visible()
    settle(page)
    turn = page.locator("[class*=st-key-textgen_write-turn] button").first
    char = turn.inner_text()[1]
    turn.click()
    expect(button(page, "Back to the text before the turn")).to_be_visible()
    written(page)
    after = strip(page).locator("span").all_text_contents()
    assert after[:place] == before[:place]
    signs = {"␣": " ", "↵": "↵\n"}
    assert after[place] == signs.get(char, char) != before[place]
    expect(strip(page).locator("span.marked")).to_have_count(1)
    assert strip(page).locator("span.marked").get_attribute("data-place") == str(place)


def test_a_character_is_chosen_by_keyboard(open_page: Open, url: str) -> None:
    page = open_page(f"{url}/{WRITE}", height=1800)
    written(page)
    n_prime = strip(page).locator("span.given").count()
    strip(page).focus()
    for _ in range(n_prime + 3):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_text(re.compile("% likely .*; likeliest: "))).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Keeps all before character 3,")).to_be_visible()


def test_markup_in_a_text_is_text_and_does_nothing(open_page: Open, url: str) -> None:
    page = open_page(f"{url}/{WRITE}", height=1600)
    written(page)
    page.get_by_role("textbox", name="What it reads first").fill(HOSTILE)
    expect(strip(page)).to_have_text(re.compile("</script>"))
    written(page)
    page.get_by_role("radio", name="Score a text").or_(
        page.get_by_text("Score a text of your own", exact=True)
    ).first.click()
    page.get_by_role("textbox", name="Your text").fill(HOSTILE)
    expect(page.get_by_role("group", name="Your text, shaded")).to_have_text(
        re.compile("</script>")
    )
    settle(page)
    assert "taken" not in page.title() and "onerror" not in page.url
    assert page.locator("img[src=x]").count() == 0


def test_a_training_is_stepped_through(open_page: Open, url: str) -> None:
    page = open_page(f"{url}/{LEARN}", height=1600)
    fit(page)
    title = page.locator(".st-key-textgen_learn_main .gtitle")
    expect(title).to_have_text(re.compile("After epoch 2"))
    page.get_by_role("button", name="First frame").click()
    expect(title).to_have_text(re.compile("Before training"))
    page.get_by_role("button", name="One step on").click()
    expect(title).to_have_text(re.compile("After epoch 1"))


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(
    ("path", "query"),
    [
        (WRITE, ""),
        (WRITE, "?textgen_write_view=Score+a+text+of+your+own"),
        (LEARN, ""),
        (LEARN, "?textgen_learn_view=Side+by+side"),
        (LEARN, "?textgen_learn_view=All+nets"),
    ],
)
def test_no_view_scrolls_sideways(
    open_page: Open, url: str, path: str, query: str, width: int
) -> None:
    page = open_page(f"{url}/{path}{query}", width=width, height=844)
    expect(page.get_by_text("What you see.")).to_be_visible()
    settle(page)
    assert sideways(page) <= 0


def test_names_at_the_lines_do_not_overlap_on_a_phone(open_page: Open, url: str) -> None:
    page = open_page(f"{url}/{LEARN}", width=390, height=844)
    fit(page)
    figure = page.locator(".st-key-textgen_learn_main")
    assert overlapping(figure.locator(".xtick text")) == []
    assert overlapping(figure.locator(".annotation-text")) == []


@pytest.mark.parametrize("former", FORMER_ADDRESSES)
def test_a_link_to_a_former_address_still_leads_to_its_page(
    open_page: Open, url: str, former: str
) -> None:
    name = FORMER_ADDRESSES[former].replace("-", "_")
    page = open_page(f"{url}/{former}?show=view&lock=a,b&lock=c&{name}_net=unknown")
    expect(page).to_have_url(re.compile(f"/{FORMER_ADDRESSES[former]}\\?"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    settle(page)
    query = parse_qs(urlsplit(page.url).query)
    assert query["show"] == ["view"]
    assert query["lock"] == ["a,b", "c"]
