"""The page of the surgery in one process, on a net of random weights."""

import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.batchnorm import CLASSES, SURGERY, TUNED_SURGERY
from core.batchnorm.explore.surgery import Surgery, SurgeryModel
from core.bundle import load_bundle
from dashboard import resources, theme
from dashboard.app_pages.batchnorm_surgery import views
from tests.dashboard.batchnorm_samples import fill_best, fill_surgery
from tests.dashboard.reading import spec, words

App = Callable[..., AppTest]
PAGE = "batchnorm_surgery"
NAMES = list(views.NAMES.values())


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assets = tmp_path_factory.mktemp("surgery") / "assets"
    assets.mkdir()
    return fill_surgery(assets)


@pytest.fixture
def assets(table: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LATENT_LAB_ASSETS", str(table))
    return table


def open_surgery(assets: Path, name: str = SURGERY) -> SurgeryModel:
    return SurgeryModel(load_bundle(assets / f"batchnorm-{name}", kind="batchnorm"))


def opened(app: App, **query: str | list[str]) -> AppTest:
    page = app(PAGE, {f"{PAGE}_{name}": value for name, value in query.items()})
    assert not page.exception
    return page


def upload(page: AppTest, data: bytes, name: str = "mine.png") -> AppTest:
    page.file_uploader[0].upload(name, data, "image/png")
    page.run()
    assert not page.exception
    return page


def photo(kind: str = "PNG", size: tuple[int, int] = (64, 80)) -> bytes:
    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8)
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def test_the_notebooks_recipe_is_shown_first_and_breaks_the_net(app: App, assets: Path) -> None:
    page = opened(app)
    assert not page.warning
    said = words(page)
    assert "With the recipe “notebook” (blue) the first layer that notices is **conv1**" in said
    lines = {trace["name"]: trace for trace in spec(page)["data"]}
    assert set(lines) == set(NAMES)
    assert min(lines["notebook"]["y"]) > 0 and max(lines["exact"]["y"]) < -4
    assert lines["notebook"]["line"]["width"] > lines["exact"]["line"]["width"]
    footer = "\n".join(line.value for line in page.caption).replace("\\", "")
    assert "4.7634" in footer and "1.5168 before it" in footer


def test_the_exact_recipe_goes_unnoticed(app: App, assets: Path) -> None:
    page = opened(app)
    page.button(key=f"{PAGE}-try-1").click().run()
    assert not page.exception
    assert "With the recipe “exact” (blue) no layer notices" in words(page)
    assert re.search(r"the loss stays at .* and the accuracy stays at", words(page))
    values = spec(page, 1)["data"]
    before = max(values[1]["y"])
    assert max(values[0]["y"]) == pytest.approx(before, rel=1e-3)
    numbers = {metric.label: metric.value for metric in page.metric}
    model = open_surgery(assets)
    assert numbers["Accuracy"].startswith(f"{100 * model.operate(()).accuracy_before:.2f}")


def test_in_training_mode_not_even_the_exact_recipe_fits(app: App, assets: Path) -> None:
    page = opened(app)
    page.button(key=f"{PAGE}-try-4").click().run()
    assert "not even the exact recipe fits" in words(page)


def test_what_was_not_recorded_is_said(app: App, assets: Path) -> None:
    page = opened(app, layers="relus", recipe="exact")
    assert any("Loss and accuracy were recorded for" in line.value for line in page.caption)
    assert [metric.label for metric in page.metric] == ["Difference"]
    page = opened(app, recipe="exact", epsilon="1")
    assert "no layer notices" in words(page)
    assert [metric.label for metric in page.metric] == ["Difference"]


def test_layers_are_chosen_by_group_and_by_name(app: App, assets: Path) -> None:
    model = open_surgery(assets)
    every = model.layers["name"].tolist()
    assert views.places(model, ["convolution", "relu"]) == tuple(every)
    assert views.places(model, [every[3], every[0]]) == (every[0], every[3])
    page = opened(app, layers=["conv1", "relu_conv1"])
    assert page.selectbox(key=f"{PAGE}_layer").options == ["conv1", "relu_conv1"]


def test_without_a_layer_nothing_happens(app: App, assets: Path) -> None:
    page = opened(app, layers="")
    assert "Nothing was put in, so nothing changed" in words(page)
    assert len(page.get("plotly_chart")) == 1
    assert {metric.label: metric.value for metric in page.metric}["Difference"] == "0"


@pytest.mark.parametrize("number", range(5))
def test_every_experiment_runs(app: App, assets: Path, number: int) -> None:
    page = opened(app, layers="relus", mode="train")
    page.button(key=f"{PAGE}-try-{number}").click().run()
    assert not page.exception and "nan" not in words(page)
    assert len(page.metric) == (1 if number == 2 else 3)  # relus were not recorded here


def test_a_photo_gets_an_answer_by_each_recipe(app: App, assets: Path) -> None:
    page = upload(opened(app, recipe="exact"), photo())
    cat, dog = spec(page, 2)["data"]
    assert cat["y"] == ["as it is", *NAMES]
    assert np.add(cat["x"], dog["x"]) == pytest.approx([100] * 5)
    assert cat["x"][0] == pytest.approx(cat["x"][-1], abs=0.01)
    assert "As it is, the net says **" in words(page)
    pictures = [block.proto.body for block in page.get("html")]
    assert any("data:image/png;base64" in body for body in pictures)
    assert "mine" not in str(dict(page.query_params))


def test_a_photo_gets_an_answer_from_the_fine_tuned_nets_too(
    app: App, assets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = tmp_path / "assets"
    shutil.copytree(assets, more)
    monkeypatch.setenv("LATENT_LAB_ASSETS", str(fill_best(more)))
    picture = photo(size=(64, 200))
    page = upload(opened(app, recipe="exact"), picture)
    cat, dog = spec(page, 2)["data"]
    assert cat["y"] == ["as it is", *NAMES, "fine-tuned, without", "fine-tuned, with"]
    seen = resources.best_nets().classify(picture)
    assert cat["x"][-2:] == pytest.approx([100 * seen.without[0], 100 * seen.with_norm[0]])
    assert np.add(cat["x"], dog["x"]) == pytest.approx([100] * 7)
    assert f"says **{CLASSES[int(seen.with_norm.argmax())]}, " in words(page)
    assert "it sees all of your photo, squeezed into a square" in words(page)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "mine.png"),
        (b"no image at all", "mine.png"),
        (photo()[:200], "cut or broken"),
        (photo(size=(8, 8)), "16"),
    ],
)
def test_a_file_that_is_no_photo_gets_a_sentence(
    app: App, assets: Path, data: bytes, message: str
) -> None:
    page = upload(opened(app, recipe="exact"), data)
    (said,) = [box.value.replace("\\", "") for box in page.warning]
    assert message in said and said.endswith((".", "?"))
    assert "no layer notices" in words(page)


def test_a_name_with_markup_stays_text(app: App, assets: Path) -> None:
    page = upload(opened(app), b"nothing", "<b>*x*</b>.png")
    assert any(r"\<b\>\*x\*" in box.value for box in page.warning)


def test_a_net_that_lost_its_numbers_is_told(monkeypatch: pytest.MonkeyPatch, assets: Path) -> None:
    found = open_surgery(assets).operate(("conv1",), "notebook")
    lost = Surgery(
        found.differences.assign(relative=np.nan),
        found.histograms,
        np.inf,
        0.5,
        np.inf,
        0.9,
        0.5,
    )
    said = views.said("notebook", views.Operation(("conv1",), 1e-3, 8, False, 0, "surgery"), lost)
    assert "beyond all numbers" in said and "**∞**" in said and "nan" not in said


def footer(page: AppTest) -> str:
    return page.caption[-1].value.replace("\\", "")


def test_another_net_can_be_chosen(
    app: App, assets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = opened(app)
    assert f"{PAGE}-try-5" not in {button.key for button in alone.button}
    both = tmp_path / "assets"
    shutil.copytree(assets, both)
    fill_surgery(both, TUNED_SURGERY, seed=1)
    monkeypatch.setenv("LATENT_LAB_ASSETS", str(both))
    page = opened(app, recipe="exact")
    assert "by batchnorm-surgery" not in footer(page)
    first = open_surgery(both).operate(()).loss_before
    page.button(key=f"{PAGE}-try-5").click().run()
    assert not page.exception
    second = open_surgery(both, TUNED_SURGERY).operate(()).loss_before
    assert first != pytest.approx(second, rel=1e-3)
    assert f"stays at **{theme.mse(second)}**" in words(page)
    assert "by batchnorm-surgery" in footer(page)  # the lesson's figure is compared with that one
    # a photo is shown to the net that was chosen, and as that one sees photos: whole
    page = upload(page, photo(size=(64, 200)))
    (picture,) = [b.proto.body for b in page.get("html") if "data:image" in b.proto.body]
    assert "Your photo, squeezed" in picture


def test_without_a_bundle_the_page_says_how_to_make_one(app: App, empty_assets: Path) -> None:
    page = opened(app)
    assert any("--preset surgery" in code.value for code in page.code)


def test_an_operation_is_done_once(assets: Path) -> None:
    how = ("surgery", "exact", ("conv1",), 1e-3, 8, False, 0)
    assert resources.surgery(*how) is resources.surgery(*how)
