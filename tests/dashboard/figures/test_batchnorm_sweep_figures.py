"""What the figures of trainings draw, from tables alone."""

import numpy as np
import pandas as pd
import pytest

from dashboard.app_pages.batchnorm_buys import sweep_figure as figures
from tests.dashboard.batchnorm_samples import PLAIN, RATES, WITH, sweep_curves

NAMES = {WITH: "with <b>norm", PLAIN: "without"}
SUMMARY = pd.DataFrame(
    {
        "net": [PLAIN] * 3 + [WITH] * 3,
        "learning_rate": [1e-3, 1e-2, 1e-1] * 2,
        "mean": [0.96, 0.97, 0.5, 0.95, 0.96, 0.98],
        "sd": [0.01, 0.0, 0.0, 0.02, 0.01, 0.01],
        "n_seeds": 3,
        "n_failed": [0, 0, 3, 0, 0, 0],
    }
)
LARGEST = {PLAIN: 1e-2, WITH: 1e-1}


def notes(figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


def named(figure, name: str):
    (trace,) = [trace for trace in figure.data if trace.name == name]
    return trace


def by_rate(**options):
    options = {"names": NAMES, "largest": LARGEST, "chance": 0.5, "title": "How?", **options}
    return figures.by_rate(SUMMARY, **options)


@pytest.mark.parametrize("width", [340, 900])
def test_outcomes_stand_over_their_rates_with_bands(width: int) -> None:
    figure = by_rate(width=width)
    band, line = figure.data[2], named(figure, "with &lt;b&gt;norm")
    assert line.x == pytest.approx([-3, -2, -1]) and line.y == pytest.approx([95, 96, 98])
    assert band.y == pytest.approx([93, 95, 97, 99, 97, 97])
    assert [line.dash for line in (shape.line for shape in figure.layout.shapes)] == [
        "dot",
        "dot",
        "dash",
    ]
    assert [shape.x0 for shape in figure.layout.shapes[:2]] == pytest.approx([-2, -1])
    assert {"■ trains up to 0.01", "● trains up to 0.1", "a guess"} <= set(notes(figure))
    assert figure.layout.yaxis.range[0] == pytest.approx(47)


def test_the_upper_part_begins_at_its_floor_and_has_no_guess() -> None:
    figure = by_rate(floor=0.9)
    low, high = figure.layout.yaxis.range
    assert low == 90 and 98 < high <= 102
    assert "a guess" not in notes(figure) and len(figure.layout.shapes) == 2


def test_a_net_that_never_trains_has_no_upright_line() -> None:
    figure = by_rate(largest={WITH: 1e-1, PLAIN: None})
    assert not any("■ trains" in note for note in notes(figure))
    assert len(figure.layout.shapes) == 2


def test_every_training_is_a_dot() -> None:
    curves = sweep_curves()
    ends = curves[curves["epoch"] == curves["epoch"].max()]
    figure = by_rate(dots=ends)
    dots = [trace for trace in figure.data if str(trace.marker.symbol).endswith("-open")]
    assert [len(trace.x) for trace in dots] == [len(RATES) * 3] * 2
    assert sorted(dots[1].y)[-1] == pytest.approx(97.7)


@pytest.mark.parametrize("measure", figures.MEASURES)
@pytest.mark.parametrize("width", [340, 900])
def test_curves_have_a_band_over_seeds(measure: str, width: int) -> None:
    rows = sweep_curves()
    rows = rows[rows["learning_rate"] == RATES[0]]
    figure = figures.curves(rows, names=NAMES, measure=measure, title="How?", width=width)
    assert len(figure.data) == 4
    line = named(figure, "without")
    if measure == "accuracy":
        assert line.y[-1] == pytest.approx(95.0)
        assert line.customdata[-1][:2] == pytest.approx([94.8, 95.2])
    low, high = figure.layout.yaxis.range
    assert low <= min(line.y) and max(line.y) <= high


def test_a_net_that_failed_at_once_is_named_without_a_line() -> None:
    rows = sweep_curves()
    rows = rows[rows["learning_rate"] == 1e-2]
    figure = figures.curves(rows, names=NAMES, measure="loss", title="How?")
    assert len(figure.data) == 2
    assert "■ without<br>failed at once" in notes(figure)
    failed = rows[rows["net"] == PLAIN]
    alone = figures.curves(failed, names=NAMES, measure="loss", title="How?")
    assert not alone.data and np.isfinite(alone.layout.yaxis.range).all()


def test_one_seed_that_runs_away_does_not_flatten_the_others() -> None:
    rows = sweep_curves({WITH: (0.955,) * 4}, n_seeds=20)
    rows = rows[rows["learning_rate"] == RATES[0]].reset_index(drop=True)
    rows.loc[len(rows) - 1, "val_loss"] = 1e6
    figure = figures.curves(rows, names=NAMES, measure="loss", title="How?")
    assert figure.layout.yaxis.range[1] < 2


def test_rates_are_written_without_exponents() -> None:
    assert [figures.rate(value) for value in (3e-5, 0.01, 0.3, 1.0)] == [
        "0.00003",
        "0.01",
        "0.3",
        "1",
    ]
