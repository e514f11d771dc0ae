"""The page of what batch norm buys in one process, on trainings by a simple law."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.batchnorm.explore.sweep import SweepResults
from dashboard.app_pages.batchnorm_buys import views
from tests.dashboard.batchnorm_samples import PLAIN, WITH, fill_sweep, sweep_bundle, sweep_curves
from tests.dashboard.reading import spec, words

App = Callable[..., AppTest]
PAGE = "batchnorm_buys"


@pytest.fixture
def assets(empty_assets: Path) -> Path:
    return fill_sweep(empty_assets)


def opened(app: App, **query: str) -> AppTest:
    page = app(PAGE, {f"{PAGE}_{name}": value for name, value in query.items()})
    assert not page.exception
    return page


def results(best: dict[str, tuple[float, ...]], n_seeds: int = 3) -> SweepResults:
    return SweepResults(sweep_bundle(sweep_curves(best, n_seeds)))


def test_the_answer_is_on_the_page(app: App, assets: Path) -> None:
    page = opened(app)
    assert not page.warning
    said = words(page)
    assert "with batch norm it reaches **97.50 % ± 0.20** (learning rate 0.01)" in said
    assert "without it reaches **97.00 % ± 0.20** (learning rate 0.001): +0.50 points" in said
    assert "more than chance over 3 seeds each" in said
    assert "up to a learning rate of **0.01**, without up to **0.001**: 10 times as high" in said
    footer = "\n".join(line.value for line in page.caption).replace("\\", "")
    assert "98.95 %" in footer and "97.50 %" in footer


def test_a_difference_within_the_spread_is_called_chance() -> None:
    same = (0.96, 0.97, 0.97, 0.9601)
    said = views.answer(results({PLAIN: same, WITH: (0.96, 0.97, 0.9702, 0.96)}))
    assert "which is within chance over 3 seeds each" in said
    assert "Both train up to the same learning rate, 0.1" in said


def test_one_seed_proves_nothing() -> None:
    said = views.answer(results({PLAIN: (0.95,) * 4, WITH: (0.97,) * 4}, n_seeds=1))
    assert "of one training each, so it may be chance" in said and "±" not in said


def test_batch_norm_may_lose() -> None:
    worse = {PLAIN: (0.95, 0.97, 0.98, 0.98), WITH: (0.95, 0.96, 0.5, 0.5)}
    said = views.answer(results(worse))
    assert "−2.00 points, more than chance" in said
    assert "100 times as low" in said


def test_a_net_that_never_trains_is_named() -> None:
    said = views.answer(results({PLAIN: (0.5,) * 4, WITH: (0.97,) * 4}))
    assert "At none of these learning rates does the net without train" in said
    alone = views.answer(results({WITH: (0.97,) * 4}))
    assert "Only one of the two nets" in alone


def test_experiments_look_closer_and_go_on_to_the_curves(app: App, assets: Path) -> None:
    page = opened(app)
    page.button(key=f"{PAGE}-try-0").click().run()
    assert spec(page)["layout"]["yaxis"]["range"][0] == pytest.approx(90)
    page.button(key=f"{PAGE}-try-1").click().run()
    assert page.toggle(key=f"{PAGE}_dots").value and len(spec(page)["data"]) == 6
    page.button(key=f"{PAGE}-try-2").click().run()
    assert not page.exception
    assert "At a learning rate of 0.01 the trainings end at: with batch norm **97.50 %" in words(
        page
    )
    assert "without **50.00 % ± 0.00**, 3 of 3 trainings failed" in words(page)


@pytest.mark.parametrize("measure", ["accuracy", "loss", "training loss"])
@pytest.mark.parametrize("rate", ["0.0001", "0.001", "0.01", "0.1"])
def test_curves_of_every_rate_are_drawn(app: App, assets: Path, rate: str, measure: str) -> None:
    page = opened(app, view="curves", rate=rate, measure=measure)
    assert not page.warning and "nan" not in words(page)
    assert f"At a learning rate of {rate} " in words(page)


def test_the_curves_largest_rates_are_one_click(app: App, assets: Path) -> None:
    page = opened(app, view="curves", rate="0.0001")
    page.button(key=f"{PAGE}-try-1").click().run()
    assert page.select_slider(key=f"{PAGE}_rate").value == 1e-3


def test_trainings_that_all_failed_still_make_a_page(app: App, empty_assets: Path) -> None:
    fill_sweep(empty_assets, sweep_curves({PLAIN: (0.5,) * 4, WITH: (0.5,) * 4}))
    for view in ("by learning rate", "curves"):
        page = opened(app, view=view, measure="loss")
        assert "nan" not in words(page)


def test_without_a_bundle_the_page_says_how_to_make_one(app: App, empty_assets: Path) -> None:
    page = opened(app)
    assert any("--preset sweep" in code.value for code in page.code)


def test_a_bundle_of_another_kind_is_refused_in_a_sentence(app: App, empty_assets: Path) -> None:
    fill_sweep(empty_assets, sweep_curves().drop(columns="val_loss"))
    page = opened(app)
    assert "its table curves lacks val_loss" in words(page)
