"""The page of a training, in one process: what each epoch wrote, the curve, other nets."""

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.bundle import load_bundle, save_bundle
from core.textgen.explore import open_model
from dashboard import resources
from dashboard.app_pages.textgen_learn import views
from tests.dashboard.reading import spec, words
from tests.dashboard.writer_samples import EPOCHS, PLAIN, SMALL, TITLES

App = Callable[..., AppTest]
PAGE = "textgen_learn"
PRIME = f"textgen-learn-prime-{SMALL}"
VIEWS = ("Through the training", "Side by side", "All nets")


def opened(app: App, view: str, net: str = SMALL, **query: str) -> AppTest:
    query = {"view": view, "model": TITLES[net], **query}
    page = app(PAGE, {f"{PAGE}_{name}": value for name, value in query.items()})
    assert not page.exception
    return page


@pytest.mark.parametrize("net", [SMALL, PLAIN])
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_of_every_net_is_drawn(app: App, text_assets: Path, view: str, net: str) -> None:
    page = opened(app, view, net)
    assert not page.warning and "nan" not in words(page)
    charts = {VIEWS[0]: 2 if net == SMALL else 1, VIEWS[1]: 0, VIEWS[2]: 1}
    assert len(page.get("plotly_chart")) == charts[view]


def test_the_net_with_snapshots_is_shown_first(app: App, text_assets: Path) -> None:
    page = app(PAGE)
    assert page.selectbox(key=f"{PAGE}_model").value == SMALL
    figure = spec(page)
    assert [frame["name"] for frame in figure["frames"]] == [str(epoch) for epoch in EPOCHS]
    assert [step["label"] for step in figure["layout"]["sliders"][0]["steps"]] == ["0", "1", "2"]
    model = open_model(SMALL, assets=text_assets)
    bits = model.history["held_out_bits"]
    assert f"from {bits[0]:.2f} to **{bits[model.best_epoch]:.2f} bits**" in words(page)
    assert "the lesson printed only such a number" in words(page)


def test_a_link_opens_an_epoch(app: App, text_assets: Path) -> None:
    figure = spec(opened(app, VIEWS[0], epoch="epoch 0"))
    assert figure["layout"]["title"]["text"].startswith("Before training")
    assert figure["layout"]["sliders"][0]["active"] == 0


def test_another_net_may_have_fewer_epochs(app: App, text_assets: Path) -> None:
    page = opened(app, VIEWS[0], epoch="epoch 0")
    page.selectbox(key=f"{PAGE}_model").set_value(PLAIN).run()
    assert not page.exception and not spec(page).get("frames", [])[1:]
    assert "kept the net of epoch" in words(page)


def test_cards_tell_what_was_measured_in_training(app: App, text_assets: Path) -> None:
    page = opened(app, VIEWS[1])
    samples = open_model(SMALL, assets=text_assets).samples
    said = "\n".join(caption.value for caption in page.caption)
    for row in samples.itertuples():
        assert f"{100 * row.share_of_words:.0f} % real words · longest copy {row.longest_copy}" in (
            said
        )


def test_an_own_beginning_is_written_on_by_every_epoch(app: App, text_assets: Path) -> None:
    page = opened(app, VIEWS[1])
    page.text_input(key=PRIME).set_value("Why <b>*?").run()
    assert not page.exception
    assert "behind “Why <b>*?”" in words(page)
    said = "\n".join(caption.value for caption in page.caption)
    assert "real words" not in said and "It reads" in said
    assert "Why" not in str(dict(page.query_params))
    page.text_input(key=PRIME).set_value("").run()
    assert not page.exception


def test_the_best_net_is_named(app: App, text_assets: Path) -> None:
    page = opened(app, VIEWS[2])
    bits = {
        name: open_model(name, assets=text_assets).bundle.metrics["held_out_bits"]["value"]
        for name in (SMALL, PLAIN)
    }
    best = min(bits, key=bits.__getitem__)
    assert spec(page)["layout"]["title"]["text"].startswith(TITLES[best])
    assert all(f"**{value:.3f}**" in words(page) for value in bits.values())


def test_nets_of_another_text_are_left_out(
    app: App, text_assets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assets = shutil.copytree(text_assets, tmp_path / "assets")
    bundle = load_bundle(assets / f"textgen-{SMALL}", kind="textgen", command="")
    other = dataclasses.replace(
        bundle,
        name="textgen-shakespeare-small",
        config={**bundle.config, "title": "Of another book"},
        dataset={**bundle.dataset, "name": "tinyshakespeare"},
    )
    save_bundle(other, assets / "textgen-shakespeare-small")
    monkeypatch.setenv("LATENT_LAB_ASSETS", str(assets))
    names = {trace.get("name") for trace in spec(opened(app, VIEWS[2]))["data"]}
    assert names == set(TITLES.values())
    page = app(PAGE, {f"{PAGE}_model": "Of another book"})
    assert not page.exception
    assert "lesson printed" not in words(page)


def test_the_losses_of_the_lesson_are_in_its_file() -> None:
    rows = [row for topic in resources.lesson()["topics"] for row in topic["rows"]]
    (row,) = [row for row in rows if row["id"] == views.LESSON_ROW]
    assert row["history"] == [1.5152, 1.2892, 1.2544, 1.2218]


def test_experiments_set_what_they_name(app: App, text_assets: Path) -> None:
    page = opened(app, VIEWS[0])
    page.button(key=f"{PAGE}-try-0").click().run()
    assert page.selectbox(key=f"{PAGE}_epoch").value == 0
    for place in (1, 0):  # all epochs side by side, and back
        page.button(key=f"{PAGE}-try-{place}").click().run()
        assert not page.exception
    assert page.segmented_control(key=f"{PAGE}_view").value == VIEWS[0]


def test_without_any_net_the_page_says_how_to_make_one(app: App, empty_assets: Path) -> None:
    page = app(PAGE)
    assert not page.exception and any("--preset nietzsche" in code.value for code in page.code)
