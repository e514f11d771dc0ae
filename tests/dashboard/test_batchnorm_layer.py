"""The page of one layer in one process: its steps, the noise of a batch, its memory."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.app_pages.batchnorm_layer import views
from tests.dashboard.reading import spec, words

App = Callable[..., AppTest]
PAGE = "batchnorm_layer"
LAYER, NOISE, MODES = "One layer", "A batch’s noise", "Train and evaluate"


def opened(app: App, view: str = LAYER, **query: str) -> AppTest:
    page = app(PAGE, {f"{PAGE}_{name}": value for name, value in {"view": view, **query}.items()})
    assert not page.exception
    return page


def formula(page: AppTest) -> str:
    return page.get("latex")[0].value if page.get("latex") else page.latex[0].value


@pytest.mark.parametrize("view", [LAYER, NOISE, MODES])
def test_every_view_is_drawn_without_any_bundle(app: App, empty_assets: Path, view: str) -> None:
    page = opened(app, view)
    assert not page.warning
    assert len(page.get("plotly_chart")) == 1
    assert "What you see" in words(page) and "nan" not in words(page)
    assert any("1.5168 before it" in line.value.replace("\\", "") for line in page.caption)


def test_the_exact_recipe_puts_the_values_back(app: App, empty_assets: Path) -> None:
    page = opened(app, mean="-2.5", sd="1.5", epsilon="1")
    assert "A value moved by up to" in words(page)
    page.button(key=f"{PAGE}-try-0").click().run()
    assert not page.exception
    assert "They are back where they were" in words(page)
    bars, outline = spec(page)["data"][2], spec(page)["data"][3]
    assert max(bars["y"]) == max(outline["y"]) == 1
    assert r"x + 0 \end" in formula(page) and r"= 1\,x" in formula(page)


def test_the_notebooks_recipe_and_a_forgotten_epsilon_do_not(app: App, empty_assets: Path) -> None:
    page = opened(app)
    page.button(key=f"{PAGE}-try-1").click().run()
    assert "come out with mean **+3.00** and spread **4.00**" in words(page)
    assert r"\gamma = \sigma^2" in formula(page)
    page.button(key=f"{PAGE}-try-2").click().run()
    assert page.select_slider(key=f"{PAGE}_epsilon").value == 1.0
    assert "and spread **1.79**" in words(page)  # 2 * 2 / sqrt(5)


def test_the_notebooks_recipe_is_right_for_a_variance_of_one(app: App, empty_assets: Path) -> None:
    page = opened(app, recipe=views.NOTEBOOK, sd="1", epsilon="0")
    assert "They are back where they were" in words(page)


def test_gamma_and_beta_by_hand(app: App, empty_assets: Path) -> None:
    page = opened(app, gamma="-2", beta="1.5")
    assert "with mean **+1.50** and spread **2.00**" in words(page)
    assert r"-2 \cdot" in formula(page)
    page.selectbox(key=f"{PAGE}_recipe").set_value(views.EXACT).run()
    assert not page.exception
    assert not [one for one in page.slider if one.key == f"{PAGE}_gamma"]


def test_a_channel_that_does_not_vary_gets_a_sentence(app: App, empty_assets: Path) -> None:
    page = opened(app, sd="0", epsilon="0")
    assert any("needs an epsilon above 0" in box.value for box in page.warning)
    page = opened(app, sd="0", epsilon="0.001")
    assert not page.warning and "They are" not in words(page)


def test_two_groups_stay_two(app: App, empty_assets: Path) -> None:
    page = opened(app, recipe=views.EXACT)
    page.button(key=f"{PAGE}-try-3").click().run()
    heights = spec(page)["data"][2]["y"]
    low = min(heights[15:30])
    assert low < 0.2 * max(heights[:20]) and low < 0.2 * max(heights[25:])


def test_a_batch_of_one_is_zero(app: App, empty_assets: Path) -> None:
    page = opened(app, NOISE)
    assert "nine times of ten from" in words(page)
    page.button(key=f"{PAGE}-try-0").click().run()
    assert "every value becomes 0" in words(page)
    assert r"n = 1:\ \hat x" in formula(page) and r"= 0 \pm 0.00" in formula(page)
    page.button(key=f"{PAGE}-try-1").click().run()
    assert "only the sign tells who is larger" in words(page)


def test_too_few_batches_leave_the_start_in_the_average(app: App, empty_assets: Path) -> None:
    page = opened(app, MODES)
    page.button(key=f"{PAGE}-try-0").click().run()
    assert "Of the start, 0 and 1, 61 % is still in the average" in words(page)  # 0.99 ** 50
    assert len(spec(page)["data"][0]["x"]) == 50
    page.button(key=f"{PAGE}-try-2").click().run()
    assert "Of the start" not in words(page)


@pytest.mark.parametrize("batch", ["1", "2", "256"])
def test_batches_of_every_size_are_followed(app: App, empty_assets: Path, batch: str) -> None:
    page = opened(app, MODES, batch=batch, batches="500", momentum="0", sd="0")
    assert not page.warning and "nan" not in words(page)


def test_views_keep_the_controls_they_share(app: App, empty_assets: Path) -> None:
    page = opened(app, mean="1.25")
    page.segmented_control(key=f"{PAGE}_view").set_value(MODES).run()
    assert page.slider(key=f"{PAGE}_mean").value == 1.25


def test_a_bad_link_is_told(app: App, empty_assets: Path) -> None:
    page = opened(app, mean="99")
    assert any(
        "must be a number from -5 to 5" in box.value.replace("\\", "") for box in page.warning
    )
