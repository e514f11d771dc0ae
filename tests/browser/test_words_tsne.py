"""t-SNE at work as a person uses it: play, step, scrub, a run of one's own, stop."""

import dataclasses
import re
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Locator, Page, expect

from core.bundle import Bundle, save_bundle
from core.words.explore.live import MOST_WORDS
from tests.browser.conftest import act_at_once, serve, settle, sideways
from tests.dashboard.word_samples import fill_words, vectors_bundle, word_list

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
COMPILED = 180_000  # ms: loading and compiling the first run on a busy machine


@pytest.fixture(scope="module")
def tsne_url(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The page of t-SNE on small samples, with vectors of our own to run it on."""
    folder = tmp_path_factory.mktemp("tsne")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENT_LAB_DATA", str(folder / "data"))
        patch.setenv("LATENT_LAB_MIRROR", str(folder / "nothing"))
        (folder / "nothing").mkdir()
        assets = fill_words(folder / "assets")
        save_bundle(with_many_words(vectors_bundle()), assets / "words-sgns")
        for url in serve("dashboard/app.py", assets, folder / "server.log"):
            yield f"{url}/words-tsne"


def with_many_words(bundle: Bundle) -> Bundle:
    """Adds words until there are as many as a run takes, so that the longest one lasts."""
    words = bundle.tables["words"]
    n_new = MOST_WORDS - len(words)
    noise = np.random.default_rng(0).normal(0, 0.5, (n_new, bundle.config["n_dims"]))
    new = pd.DataFrame({"word": [f"later{number}" for number in range(n_new)], "count": 1})
    return dataclasses.replace(
        bundle,
        arrays={"vectors": np.concatenate([bundle.arrays["vectors"], noise.astype(np.float16)])},
        tables={"words": pd.concat([words, new], ignore_index=True)},
    )


def the_map(page: Page) -> Locator:
    return page.locator(".st-key-words_tsne_main")


def outside(page: Page) -> int:
    """Counts the words that the browser draws outside the map's plot."""
    return the_map(page).evaluate(
        """chart => {
            const plot = chart.querySelector('.js-plotly-plot')
            const area = plot.querySelector('.draglayer .xy .nsewdrag').getBoundingClientRect()
            const points = [...plot.querySelectorAll('.xy .scatterlayer .trace .point')]
            if (!points.length) return -1
            return points.map(point => point.getBoundingClientRect()).filter(box => {
                const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2]
                return x < area.left || x > area.right || y < area.top || y > area.bottom
            }).length
        }"""
    )


def widest(page: Page) -> float:
    """How wide the map of the frame is, as the lower curve tells."""
    return the_map(page).evaluate(
        "chart => chart.querySelector('.js-plotly-plot')._fullData[6].y[0]"
    )


def headline(page: Page) -> Locator:
    return the_map(page).locator(".gtitle")


def test_a_run_is_stopped_and_its_map_is_kept(open_page: Open, tsne_url: str) -> None:
    """The largest run there is, stopped at once: it must not end before the click that stops it."""
    page = open_page(
        f"{tsne_url}?words_tsne_n={MOST_WORDS}&words_tsne_vectors=skip-gram+sample"
        "&words_tsne_iterations=2000&words_tsne_perplexity=50",
        height=1200,
    )
    page.get_by_role("button", name="Run", exact=True).click()
    act_at_once(page)
    page.get_by_role("button", name="Stop the run").click()
    expect(page.get_by_text(re.compile(r"stopped at iteration [\d,]+ of 2,000"))).to_be_visible(
        timeout=COMPILED
    )
    expect(headline(page)).to_have_text(re.compile(r"^Iteration \d"))
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled()


def test_play_step_and_scrub_move_the_points(open_page: Open, tsne_url: str) -> None:
    page = open_page(tsne_url, height=1200)
    expect(headline(page)).to_have_text(re.compile(r"^Iteration 100: KL 1\.500"))
    at_end = widest(page)
    page.get_by_role("button", name="One step back").click()
    expect(headline(page)).to_have_text(re.compile(r"^Iteration 50: KL 2\.000"))
    before = widest(page)
    assert before < at_end and outside(page) == 0
    page.keyboard.press("Home")
    expect(headline(page)).to_have_text(re.compile(r"^Iteration 0: KL 4\.000"))
    assert widest(page) < before and outside(page) == 0
    page.get_by_role("button", name="Play").click()
    expect(headline(page)).to_have_text(re.compile(r"^Iteration 100"))
    expect(page.get_by_role("button", name="Play")).to_be_visible()  # no longer Pause
    assert widest(page) == at_end and outside(page) == 0
    grip = the_map(page).locator(".slider-rail-touch-rect").bounding_box()
    page.mouse.click(grip["x"] + 3, grip["y"] + grip["height"] / 2)
    expect(headline(page)).to_have_text(re.compile(r"^Iteration 0"))


def test_a_slow_browser_draws_no_frame_beside_the_plot(open_page: Open, tsne_url: str) -> None:
    """Frames that moved the axes lost the range when drawing took longer than the frame."""
    page = open_page(tsne_url, height=1200)
    expect(headline(page)).to_have_text(re.compile(r"^Iteration 100"))
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 6})
    for _ in range(3):
        page.get_by_role("button", name="Play").click()
        while page.get_by_role("button", name="Pause").count():
            assert outside(page) == 0
        assert outside(page) == 0


def test_sixty_words_of_ones_own_are_drawn(open_page: Open, tsne_url: str) -> None:
    chosen = [word for word in word_list() if word not in (",", ";")][:60]
    settings = "words_tsne_words=my+own&words_tsne_perplexity=8&words_tsne_vectors=skip-gram+sample"
    page = open_page(f"{tsne_url}?{settings}&words_tsne_iterations=2000", height=1200)
    field = page.get_by_role("textbox", name="Your words")
    field.fill(" ".join(chosen))
    field.press("Control+Enter")
    run = page.get_by_role("button", name="Run", exact=True)
    expect(run).to_be_enabled()
    run.click()
    expect(headline(page)).to_have_text(
        re.compile(r"^Iteration 2,000: KL \d\.\d{3}$"), timeout=COMPILED
    )
    settle(page)
    expect(
        page.get_by_text(re.compile("60 words of skip-gram sample, perplexity 8"))
    ).to_be_visible()
    expect(page).not_to_have_url(re.compile("words_tsne_pasted="))  # too long for a link
    field.fill(" ".join(chosen[:20]))
    field.press("Control+Enter")
    expect(page).to_have_url(re.compile("words_tsne_pasted=the"))


def test_a_phone_shows_the_run_without_scrolling_sideways(open_page: Open, tsne_url: str) -> None:
    page = open_page(tsne_url, width=390, height=844, dark=True)
    expect(the_map(page).locator(".main-svg").first).to_be_visible()
    settle(page)
    assert sideways(page) <= 0
