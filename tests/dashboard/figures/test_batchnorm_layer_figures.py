"""What the figures of one batch norm layer draw, from arrays alone."""

import numpy as np
import pandas as pd
import pytest

from dashboard.app_pages.batchnorm_layer import batches_figure
from dashboard.app_pages.batchnorm_layer import steps_figure as figures

VALUES = np.random.default_rng(0).normal(3, 2, 5000)
SIZES = [1, 2, 4]
OUTPUTS = np.stack([np.zeros(100), np.repeat([-1.0, 1.0], 50), np.linspace(0, 1.7, 100)])


def notes(figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


def test_a_histogram_moves_with_its_values() -> None:
    table = figures.histogram(VALUES)
    moved = figures.histogram(5 * VALUES - 1)
    assert table["count"].sum() == len(VALUES)
    assert moved["count"].tolist() == table["count"].tolist()
    np.testing.assert_allclose(moved["left"], 5 * table["left"] - 1)


def test_values_that_are_alike_are_one_bar() -> None:
    table = figures.histogram(np.full(7, 2.5))
    assert table.to_dict("records") == [{"left": 2.5, "right": 2.5, "count": 7}]
    figure = figures.stages([figures.Stage("in", np.zeros(9)), figures.Stage("out", np.zeros(9))])
    assert all(bar.width[0] > 0 for bar in figure.data[:2])


def test_stages_stand_over_one_axis_and_the_first_is_outlined_over_the_last() -> None:
    rows = [
        figures.Stage("goes in", VALUES),
        figures.Stage("<b>norm", (VALUES - VALUES.mean()) / VALUES.std()),
        figures.Stage("comes out", VALUES),
    ]
    figure = figures.stages(rows)
    assert [trace.type for trace in figure.data] == ["bar"] * 3 + ["scatter"]
    assert [trace.yaxis for trace in figure.data] == ["y", "y2", "y3", "y3"]
    outline, bars = figure.data[3], figure.data[2]
    assert max(outline.y) == max(bars.y) == 1
    for middle, width, height in zip(bars.x, bars.width, bars.y, strict=True):
        edges = [x for x, y in zip(outline.x, outline.y, strict=True) if y == height]
        assert min(edges) <= middle - width / 2 + 1e-9 and middle + width / 2 - 1e-9 <= max(edges)
    said = notes(figure)
    assert "<b>&lt;b&gt;norm</b>" in said and "mean 0.00, spread 1.00" in said
    low, high = figure.layout.xaxis.range
    assert low < min(bars.x) and max(bars.x) < high and low < 0 < high


def test_the_table_of_stages_says_which_bar_is_whose() -> None:
    table = figures.stage_table([figures.Stage("a", VALUES), figures.Stage("b", VALUES + 1)])
    assert table.columns.tolist() == ["stage", "left", "right", "count"]
    assert table.groupby("stage")["count"].sum().to_dict() == {"a": 5000, "b": 5000}


@pytest.mark.parametrize("width", [340, 900])
def test_noise_shows_the_bands_the_chosen_size_and_evaluation(width: int) -> None:
    figure = batches_figure.noise(SIZES, OUTPUTS, chosen=2, evaluation=1.4, width=width)
    wide, narrow, mean, bars = figure.data
    assert wide.y[1] == -1 and wide.y[4] == 1  # 5 % and 95 % of batches of two
    assert mean.y == pytest.approx([0, 0, 0.85], abs=1e-3)
    assert [size == max(mean.marker.size) for size in mean.marker.size] == [False, True, False]
    assert sum(bars.customdata) == 100 and bars.name == "batches of 2"
    assert figure.layout.shapes[0].y0 == 1.4
    assert "evaluation: +1.40" in notes(figure)
    low, high = figure.layout.yaxis.range
    assert low < -1 and high > 1.65


def test_the_table_of_noise_has_a_row_a_size() -> None:
    table = batches_figure.noise_table(SIZES, OUTPUTS)
    assert table["batch_size"].tolist() == SIZES
    assert table["quantile_0.05"].tolist()[:2] == [0, -1]


@pytest.mark.parametrize("width", [340, 900])
def test_running_draws_what_is_kept_beside_what_is_true(width: int) -> None:
    table = pd.DataFrame(
        {
            "batch": [0, 1, 2],
            "kept_mean": [0.0, 1.0, 2.0],
            "kept_sd": [1.0, 1.5, 1.75],
            "batch_mean": [np.nan, 2.5, 3.5],
            "batch_sd": [np.nan, 2.0, 2.5],
        }
    )
    figure = batches_figure.running(table, mean=3.0, sd=2.0, width=width)
    dots, line, *_ = figure.data
    assert list(dots.x) == [1, 2] and list(line.y) == [0, 1, 2]
    assert [shape.y0 for shape in figure.layout.shapes] == [3.0, 2.0]
    for said in ("<b>kept 2.00</b>", "of all 3.00", "<b>kept 1.75</b>", "of all 2.00"):
        assert said in notes(figure)


def test_a_mean_that_rounds_to_zero_has_no_sign() -> None:
    assert figures.signed(-0.001) == "0.00"
    assert figures.signed(-0.5) == "−0.50" and figures.signed(0.5) == "+0.50"
