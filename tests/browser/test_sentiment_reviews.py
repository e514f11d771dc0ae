"""One's own reviews in a real browser: a hostile file, unusable ones, the template, a phone."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from core.sentiment.explore.uploads import MAX_BYTES
from tests.browser.conftest import fit, overlapping, serve, settle, sideways
from tests.dashboard.review_samples import fill_reviews

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
HOSTILE = "<script>document.title='taken'</script> <img src=x onerror=\"document.title='taken'\">"


@pytest.fixture(scope="module")
def reviews_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app with five models of known answers, on a machine without any data set."""
    folder = tmp_path_factory.mktemp("app")
    for name in ("assets", "data"):
        (folder / name).mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENT_LAB_DATA", str(folder / "data"))
        patch.delenv("LATENT_LAB_MIRROR", raising=False)
        yield from serve("dashboard/app.py", fill_reviews(folder / "assets"), folder / "server.log")


def upload(page: Page, data: bytes, name: str = "mine.csv") -> None:
    file = {"name": name, "mimeType": "text/csv", "buffer": data}
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)


def review(page: Page) -> Locator:
    return page.locator(".st-key-sentiment_reviews_text")


def test_markup_in_a_file_is_text_and_does_nothing(reviews_url: str, open_page: Open) -> None:
    page = open_page(f"{reviews_url}/sentiment-reviews")
    quoted = HOSTILE.replace('"', '""')
    upload(page, f'text,label\n"{quoted} wonderful",1\n'.encode(), "<img src=x>.csv")
    expect(review(page)).to_contain_text(f"{HOSTILE} wonderful")
    expect(page.get_by_text("Shown now: <img src=x>.csv, 1 review.")).to_be_visible()
    settle(page)
    assert "taken" not in page.title()
    assert page.locator("img[src=x]").count() == 0
    assert "wonderful" not in page.url and "script" not in page.url
    page.get_by_role("button", name="Share this view").click()
    links = page.get_by_test_id("stPopoverBody").get_by_test_id("stCode")
    expect(links.first).to_contain_text("sentiment_reviews_source")
    assert not any("wonderful" in link for link in links.all_inner_texts())


def test_unusable_files_give_a_sentence(reviews_url: str, open_page: Open) -> None:
    page = open_page(f"{reviews_url}/sentiment-reviews")
    upload(page, b"text,label\nA fine film,1\nAnother,perhaps\n")
    expect(page.get_by_text("Row 3, column label (perhaps), should be one of")).to_be_visible()
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("Row 3, column label")).to_have_count(0)
    upload(page, b"x" * (MAX_BYTES + 1))
    expect(page.get_by_text("File must be 5.0MB or smaller")).to_be_visible()
    settle(page)


def test_a_review_is_taken_to_the_page_that_scores(reviews_url: str, open_page: Open) -> None:
    page = open_page(f"{reviews_url}/sentiment-reviews")
    upload(page, b"text,label,mine\nsuperb but boring,0,0.4\n")
    expect(review(page)).to_contain_text("superb but boring")
    page.get_by_role("button", name="Take it to Score").click()
    expect(page.get_by_role("textbox", name="Your review")).to_have_value("superb but boring")
    settle(page)
    assert "superb" not in page.url


def test_a_review_is_taken_there_from_an_address_with_settings(
    reviews_url: str, open_page: Open
) -> None:
    page = open_page(f"{reviews_url}/sentiment-reviews?present=true&sentiment_reviews_place=2")
    taken = review(page).inner_text()
    page.get_by_role("button", name="Take it to Score").click()
    expect(page.get_by_role("textbox", name="Your review")).to_have_value(taken)
    settle(page)
    expect(page).to_have_url(re.compile(r"/sentiment-score\?present=true$"))


def test_the_template_can_be_fetched_and_uploaded(reviews_url: str, open_page: Open) -> None:
    page = open_page(f"{reviews_url}/sentiment-reviews")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Template", exact=True).click()
    data = waiting.value.path().read_bytes()
    assert waiting.value.suggested_filename == "my-reviews.csv"
    upload(page, data, "my-reviews.csv")
    expect(page.get_by_text("Shown now: my-reviews.csv, 12 reviews.")).to_be_visible()
    settle(page)


@pytest.mark.parametrize("dark", [False, True])
def test_fits_a_phone(reviews_url: str, open_page: Open, dark: bool) -> None:
    page = open_page(f"{reviews_url}/sentiment-reviews", width=390, height=844, dark=dark)
    fit(page)
    assert sideways(page) <= 0
    notes = page.locator(".st-key-sentiment_reviews_main .annotation-text")
    expect(notes.first).to_be_visible()
    assert overlapping(notes) == []
