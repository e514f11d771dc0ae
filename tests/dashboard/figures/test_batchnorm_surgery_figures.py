"""What the figures of the surgery draw, from tables alone."""

import numpy as np
import pandas as pd
import pytest

from dashboard.app_pages.batchnorm_surgery import layers_figure as figures

NAMES = {"notebook": "the notebook’s", "exact": "<b>exact", "random": "random"}
LAYERS = ["conv1", "fire2/squeeze1x1", "head"]
TABLE = pd.DataFrame(
    {
        "recipe": ["exact"] * 3 + ["notebook"] * 3,
        "layer": LAYERS * 2,
        "relative": [0.0, 1e-7, 2e-6, 0.5, 30.0, np.inf],
    }
)
BARS = pd.DataFrame(
    {
        "stage": ["before"] * 3 + ["after"] * 3,
        "left": [0.0, 1.0, 2.0] * 2,
        "right": [1.0, 2.0, 3.0] * 2,
        "count": [90, 0, 10, 50, 25, 25],
    }
)


def notes(figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


def differences(table=TABLE, **options):
    options = {"names": NAMES, "chosen": "exact", "title": "Who notices?", **options}
    return figures.differences(table, **options)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1e-12, "0"),
        (2.4e-7, "2e−7"),
        (0.0123, "1.2 %"),
        (0.5, "50 %"),
        (3.2, "320 %"),
        (1234.0, "1,234×"),
        (3e9, "3e9×"),
        (np.inf, "beyond all numbers"),
        (np.nan, "beyond all numbers"),
    ],
)
def test_differences_are_said_in_words(value: float, text: str) -> None:
    assert figures.relative(value) == text


@pytest.mark.parametrize("width", [340, 900])
def test_a_line_a_recipe_with_the_chosen_one_on_top(width: int) -> None:
    figure = differences(width=width)
    assert [trace.name for trace in figure.data] == ["the notebook’s", "&lt;b&gt;exact"]
    other, chosen = figure.data
    assert chosen.y == pytest.approx([-9, -7, np.log10(2e-6)], abs=1e-3)
    assert other.y[:2] == pytest.approx([np.log10(0.5), np.log10(30)], abs=1e-3)
    assert np.isfinite(other.y).all() and chosen.line.width > other.line.width
    assert list(chosen.customdata[1]) == ["fire2/squeeze1x1", "1e−7"]
    said = notes(figure)
    assert any("2e−6" in note and note.startswith("<b>■ &lt;b&gt;exact") for note in said)
    assert any("beyond all numbers" in note for note in said)


def test_what_nobody_notices_is_grey_and_on_the_axis() -> None:
    figure = differences()
    (grey,) = figure.layout.shapes
    low, high = figure.layout.yaxis.range
    assert grey.y1 == pytest.approx(-4) and low < -9 and high > 12
    texts = dict(zip(figure.layout.yaxis.tickvals, figure.layout.yaxis.ticktext, strict=True))
    assert "%" in texts[-2] and "×" in texts[2] and texts[12].startswith("≥")


def test_one_layer_is_enough() -> None:
    figure = differences(TABLE[TABLE["layer"] == "conv1"])
    low, high = figure.layout.xaxis.range
    assert low < 1 < high


def test_bars_after_stand_under_an_outline_of_before() -> None:
    figure = figures.activations(BARS, title="conv1")
    bars, outline = figure.data
    assert bars.y == (50, 25, 25) and bars.x == (0.5, 1.5, 2.5)
    assert max(outline.y) == pytest.approx(90)
    low, high = figure.layout.yaxis.range
    assert 10**low < 10 and min(outline.y) == pytest.approx(10**low)
    assert figure.layout.yaxis.type == "log"


def test_answers_fill_a_bar_a_net() -> None:
    table = pd.DataFrame({"net": ["with", "<i>"], "cat": [0.9, 0.05], "dog": [0.1, 0.95]})
    figure = figures.answers(table)
    cat, dog = figure.data
    assert cat.x == pytest.approx([90, 5]) and dog.x == pytest.approx([10, 95])
    assert cat.text == ("cat 90.00 %", "") and dog.text == ("", "dog 95.00 %")
    assert cat.y == ("with", "&lt;i&gt;")


def test_a_net_without_numbers_says_so_instead_of_a_bar() -> None:
    table = pd.DataFrame({"net": ["a", "b"], "cat": [0.9, np.nan], "dog": [0.1, np.nan]})
    figure = figures.answers(table)
    assert [note.y for note in figure.layout.annotations] == ["b"]
    assert figure.data[0].x == pytest.approx([90, 0])


def test_values_beyond_all_numbers_leave_the_outline_alone() -> None:
    empty = BARS.assign(count=[90, 0, 10, 0, 0, 0])
    figure = figures.activations(empty, title="conv1")
    assert set(figure.data[0].y) == {0} and max(figure.data[1].y) == pytest.approx(90)
