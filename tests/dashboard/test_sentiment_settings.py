"""What settings do: drawn from recorded trainings, from one net's alone, and from none."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.bundle import Bundle, save_bundle
from dashboard.app_pages.sentiment_settings.panels_figure import panels
from tests.dashboard.reading import spec, words

App = Callable[..., AppTest]
PAGE = "sentiment_settings"
STANDARD = {"n_ids": 5000.0, "length": 500.0, "dropout": 0.7}
VALUES = {"n_ids": (500, 5000), "length": (50, 500), "dropout": (0.0, 0.7)}


def recorded(presets: tuple[str, ...] = ("mlp", "cnn"), n_seeds: int = 2) -> pd.DataFrame:
    """Accuracies that grow with each setting, best after the first of two epochs."""
    return pd.DataFrame(
        [
            {
                "preset": preset,
                "setting": setting,
                "value": float(value),
                "seed": seed,
                "epoch": epoch,
                "accuracy": 0.8 + 0.02 * place + 0.01 * number + 0.004 * seed - 0.001 * epoch,
                "loss": 0.3 + 0.1 * epoch,
            }
            for number, preset in enumerate(presets)
            for setting, values in VALUES.items()
            for place, value in enumerate(values)
            for seed in range(n_seeds)
            for epoch in (1, 2)
        ]
    )


def fill(folder: Path, **options: object) -> None:
    runs = recorded(**options)
    presets = list(runs["preset"].unique())
    bundle = Bundle(
        kind="sentiment",
        name="sentiment-settings",
        config={"presets": presets, "standard": dict.fromkeys(presets, STANDARD)},
        seeds={"model": 0},
        metrics={},
        dataset={"name": "imdb", "title": "IMDB", "licence": "free"},
        arrays={},
        tables={"runs": runs},
        card="made by hand",
    )
    save_bundle(bundle, folder / bundle.name)


def test_every_setting_has_a_panel_and_its_finding(app: App, empty_assets: Path) -> None:
    fill(empty_assets)
    page = app(PAGE)
    assert not page.exception and not page.warning
    said = words(page).replace("\N{NO-BREAK SPACE}", " ")
    assert "a vocabulary of 5,000 words does best (82.10 %), 2.00 points above" in said
    assert "a dropout of 0.7 in the hidden layer does best" in said
    assert "worst to the best of 2 seeds" in said
    notes = [note["text"] for note in spec(page)["layout"]["annotations"]]
    assert len(notes) == 3
    assert len(page.dataframe[0].value) == 2 * 6


def test_another_net_is_brought_forward_by_a_link(app: App, empty_assets: Path) -> None:
    fill(empty_assets)
    page = app(PAGE, {f"{PAGE}_net": "cnn"})
    assert not page.exception and not page.warning
    assert "does best (83.10 %)" in words(page).replace("\N{NO-BREAK SPACE}", " ")


def test_one_net_with_one_seed_is_enough(app: App, empty_assets: Path) -> None:
    fill(empty_assets, presets=("cnn",), n_seeds=1)
    page = app(PAGE)
    assert not page.exception and not page.warning
    assert "worst to the best" not in words(page)


def test_without_trainings_the_page_names_the_command(app: App, empty_assets: Path) -> None:
    page = app(PAGE)
    assert not page.exception
    assert "--preset settings" in words(page) + "".join(box.value for box in page.code)


@pytest.mark.parametrize("width", [330, 900])
def test_panels_stand_side_by_side_where_there_is_room(width: int) -> None:
    runs = recorded().drop(columns="loss")
    table = runs[runs["epoch"] == 1].assign(
        low=lambda rows: rows["accuracy"] - 0.01, high=lambda rows: rows["accuracy"] + 0.01, seeds=1
    )
    table = table[table["seed"] == 0]
    figure = panels(
        table,
        names={"length": "Length", "n_ids": "Vocabulary", "dropout": "Dropout"},
        standard=STANDARD,
        titles={"mlp": "Hidden", "cnn": "<b>CNN</b>"},
        chosen="cnn",
        width=width,
    )
    tops = {figure.layout[f"yaxis{n}"].domain[1] for n in ("", 2, 3)}
    assert len(tops) == (1 if width > 600 else 3)
    assert [trace.showlegend for trace in figure.data] == [True, True, False, False, False, False]
    assert "<b>" not in figure.data[1].name
    assert list(figure.layout.xaxis2.ticktext) == ["500", "5,000"]
    np.testing.assert_allclose(figure.data[0].y, [79.9, 81.9])  # of the net behind
