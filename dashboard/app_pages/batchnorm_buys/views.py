"""What batch norm buys: the outcome by learning rate, the curves of a rate, and the answer."""

from typing import Any

import numpy as np
import pandas as pd
from streamlit.delta_generator import DeltaGenerator

from core.batchnorm.explore.sweep import CHANCE, TRAINS, SweepResults
from dashboard import theme, view_state
from dashboard.app_pages.batchnorm_buys import sweep_figure as figures
from dashboard.components import page, width
from dashboard.components.chart import chart

PAGE = "batchnorm_buys"
KEY = f"{PAGE}_main"
KEY_CURVES = f"{PAGE}_curves"
WITH, WITHOUT = "batch norm", "plain"
NAMES = {WITH: "with batch norm", WITHOUT: "without"}
WHOLE, UPPER = "from a guess", "the upper part"
METRIC = "batch_norm_val_accuracy"
EXPLAINED = (
    "Both nets begin with the same pre-trained weights and a new last layer of zeros; batch norm "
    "goes behind every convolution by the exact recipe, so both begin as the same function. They "
    "see the same photos in the same order with the same changes, at the same schedule of which "
    "the learning rate here is the highest point. Each seed holds back another part of train, on "
    "which accuracy is measured after the last epoch; the photos of the test were not looked at. "
    f"A training has failed if its loss is no number or its accuracy is below "
    f"{theme.percent(TRAINS)} in the end, and a rate trains if no seed failed at it."
)
_SPREAD = ["mean", "sd", "n_seeds"]
_SURE = 2.0  # standard errors that a difference must have to be more than chance


def largest_rates(results: SweepResults) -> dict[str, float | None]:
    """Returns the largest rate at which each net still trains; None where it never does."""
    return {net: results.largest_rate(net) or None for net in NAMES if net in results.nets}


def answer(results: SweepResults) -> str:
    """Says what batch norm buys, from the table alone: at the best rates, and how far rates go."""
    best = {net: row for net in NAMES if (row := _best(results.summary, net)) is not None}
    if len(best) < len(NAMES):
        return "Only one of the two nets was trained here: there is nothing to compare."
    said = [
        f"{NAMES[net]} it reaches **{_accuracy(*row[_SPREAD])}** "
        f"(learning rate {figures.rate(row['learning_rate'])})"
        for net, row in best.items()
    ]
    gain = 100 * (best[WITH]["mean"] - best[WITHOUT]["mean"])
    return (
        f"Each at its best rate, {said[0]} and {said[1]}: {theme.signed(gain)} points, "
        f"{_sureness(best[WITH], best[WITHOUT])}. {_reach(results)}"
    )


def by_rate(
    view: view_state.View, results: SweepResults, left: DeltaGenerator, right: DeltaGenerator
) -> None:
    """Draws the outcome by learning rate, and the answer; controls go `left` and `right`."""
    with left:
        axis = view.segmented_control("axis", "Axis", (WHOLE, UPPER), WHOLE)
    with right:
        has_dots = view.toggle("dots", "Every training as a dot")
    summary, curves_ = results.summary, results.curves
    ends = curves_[curves_["epoch"] == curves_["epoch"].max()]
    chart(
        figures.by_rate(
            summary,
            names=NAMES,
            largest=largest_rates(results),
            chance=CHANCE,
            floor=TRAINS if axis == UPPER else None,
            dots=ends if has_dots else None,
            title="How good is the net, by its learning rate?",
            width=width.known(KEY),
            font_size=page.look().letters,
        ),
        key=KEY,
        alt="Accuracy on validation photos by learning rate: "
        + "; ".join(
            f"{NAMES[row.net]} at {figures.rate(row.learning_rate)}: {theme.percent(row.mean)}"
            for row in summary.itertuples()
        ),
        data=summary,
        filename="batch-norm-rates",
    )
    page.what_you_see(answer(results))


def curves(
    view: view_state.View, results: SweepResults, left: DeltaGenerator, right: DeltaGenerator
) -> list[tuple[str, dict[str, Any]]]:
    """Draws the trainings at one learning rate, and says how they end.

    Args:
        view: the page's controls.
        results: the trainings.
        left: place of the choice of the learning rate.
        right: place of the choice of the measure.

    Returns:
        The view's experiments.
    """
    largest = {net: rate for net, rate in largest_rates(results).items() if rate}
    with left:
        rate = view.select_slider(
            "rate",
            "Learning rate",
            results.rates,
            max(largest.values(), default=results.rates[-1]),
            figures.rate,
        )
    with right:
        measure = view.segmented_control("measure", "Measure", list(figures.MEASURES), "accuracy")
    rows = results.curves[results.curves["learning_rate"] == rate]
    ends = results.summary[results.summary["learning_rate"] == rate]
    said = "; ".join(
        f"{NAMES[row.net]} **{_accuracy(row.mean, row.sd, row.n_seeds)}**"
        + (f", {row.n_failed} of {row.n_seeds} trainings failed" if row.n_failed else "")
        for row in ends.sort_values(
            "net", key=lambda nets: nets.map(list(NAMES).index)
        ).itertuples()
    )
    chart(
        figures.curves(
            rows,
            names=NAMES,
            measure=measure,
            title=f"How do both learn at a learning rate of {figures.rate(rate)}?",
            width=width.known(KEY_CURVES),
            font_size=page.look().letters,
        ),
        key=KEY_CURVES,
        alt=f"{measure.capitalize()} by epoch at a learning rate of {figures.rate(rate)}; at the "
        "end " + said.replace("**", ""),
        data=rows,
        filename="batch-norm-curves",
    )
    n_seeds = int(ends["n_seeds"].max())
    page.what_you_see(
        f"At a learning rate of {figures.rate(rate)} the trainings end at: {said}. "
        + (
            f"Bands reach from the worst to the best of {n_seeds} seeds, lines are their mean."
            if n_seeds > 1
            else "There is one training of each, so nobody knows what chance does."
        )
    )
    return [
        *((f"The largest rate {NAMES[net]}", {"rate": rate}) for net, rate in largest.items()),
        ("The smallest rate", {"rate": results.rates[0]}),
        ("The loss", {"measure": "loss"}),
    ]


def table(results: SweepResults) -> pd.DataFrame:
    """Returns the summary for people to read."""
    rows = results.summary
    return pd.DataFrame(
        {
            "net": rows["net"].map(NAMES),
            "learning rate": rows["learning_rate"].map(figures.rate),
            "accuracy": rows["mean"].map(theme.percent),
            "± points": (100 * rows["sd"]).map("{:.2f}".format),
            "seeds": rows["n_seeds"],
            "failed": rows["n_failed"],
        }
    )


def _best(summary: pd.DataFrame, net: str) -> pd.Series | None:
    rows = summary[(summary["net"] == net) & summary["mean"].notna()]
    return rows.loc[rows["mean"].idxmax()] if len(rows) else None


def _accuracy(mean: float, sd: float, n_seeds: int) -> str:
    return theme.percent(mean) + (f" ± {100 * sd:.2f}" if n_seeds > 1 else "")


def _sureness(one: pd.Series, other: pd.Series) -> str:
    if min(one["n_seeds"], other["n_seeds"]) < 2:
        return "of one training each, so it may be chance"
    error = np.sqrt(sum(row["sd"] ** 2 / row["n_seeds"] for row in (one, other)))
    is_sure = abs(one["mean"] - other["mean"]) > _SURE * error
    seeds = f"{int(min(one['n_seeds'], other['n_seeds']))} seeds each"
    return f"{'more than' if is_sure else 'which is within'} chance over {seeds}"


def _reach(results: SweepResults) -> str:
    """Says up to which learning rate each net trains."""
    largest = largest_rates(results)
    ours, other = largest.get(WITH), largest.get(WITHOUT)
    if ours is None or other is None:
        missing = NAMES[WITH if ours is None else WITHOUT]
        return f"At none of these learning rates does the net {missing} train."
    if np.isclose(ours, other):
        return f"Both train up to the same learning rate, {figures.rate(ours)}."
    factor = max(ours, other) / min(ours, other)
    return (
        f"With batch norm it trains up to a learning rate of **{figures.rate(ours)}**, without up "
        f"to **{figures.rate(other)}**: {factor:.3g} times as "
        f"{'high' if ours > other else 'low'}."
    )
