"""Trainings with and without batch norm: the outcome by learning rate, and curves by epoch."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures import labels, line_ends

_HEIGHT = 600  # px
_NARROW = 560  # px of the figure, below which names are short
_STYLES = ((theme.BLUE, "circle", "●"), (theme.ORANGE, "square", "■"))  # and the mark's letter


class Measure(NamedTuple):
    """A column of the curves, and how it is drawn.

    Attributes:
        column: of the table.
        axis: title of its axis.
        is_share: drawn as a percentage.
    """

    column: str
    axis: str
    is_share: bool


MEASURES = {
    "accuracy": Measure("val_accuracy", "validation accuracy (%)", True),
    "loss": Measure("val_loss", "validation loss", False),
    "training loss": Measure("train_loss", "loss while training", False),
}


def rate(value: float) -> str:
    """Formats a learning rate: 0.3, 0.00003."""
    return np.format_float_positional(value, precision=3, fractional=False, trim="-")


def by_rate(
    summary: pd.DataFrame,
    *,
    names: Mapping[str, str],
    largest: Mapping[str, float | None],
    chance: float,
    title: str,
    floor: float | None = None,
    dots: pd.DataFrame | None = None,
    width: int = 780,
    font_size: int = 13,
) -> go.Figure:
    """Draws the outcome of the trainings by learning rate, seeds as bands.

    Args:
        summary: a row a net and rate: "net", "learning_rate", "mean", "sd" (shares of 1),
            "n_seeds", "n_failed".
        names: net -> its name; the first one is blue.
        largest: net -> the largest rate that still trains, None where none does.
        chance: accuracy of a guess, share of 1.
        title: what the figure shows, as a finding.
        floor: accuracy at which the axis begins; a little below a guess by default.
        dots: a row a training, to be drawn as a dot: "net", "learning_rate", "val_accuracy".
        width: of the figure, px.
        font_size: of the words, px.

    Returns:
        The figure. A band reaches one standard deviation up and down; an upright line stands at
        each net's largest rate.
    """
    is_narrow = width < _NARROW
    size = font_size if is_narrow else font_size + 2
    figure, ends, notes, shapes = go.Figure(), [], [], []
    rates = np.sort(summary["learning_rate"].unique())
    low = 100 * (chance - 0.03 if floor is None else floor)
    high = min(102.0, 100 * float(summary["mean"].max()) + 0.12 * (100 - low))
    nets = [net for net in names if (summary["net"] == net).any()]
    for number, net in enumerate(reversed(nets)):
        colour, symbol, letter = _STYLES[list(names).index(net)]
        rows = summary[summary["net"] == net].sort_values("learning_rate")
        at = np.log10(rows["learning_rate"]).tolist()
        mean, sd = 100 * rows["mean"], 100 * rows["sd"].fillna(0)
        figure.add_trace(_band(at, mean - sd, mean + sd, colour))
        figure.add_trace(
            go.Scatter(
                name=theme.plain_html(names[net]),
                x=at,
                y=mean.tolist(),
                mode="lines+markers",
                line={"color": colour, "width": 4},
                marker={"size": 11, "symbol": symbol},
                customdata=[
                    [rate(row.learning_rate), 100 * row.sd, row.n_seeds, row.n_failed]
                    for row in rows.fillna({"sd": 0.0}).itertuples()
                ],
                hovertemplate="learning rate %{customdata[0]}: %{y:.2f} ± %{customdata[1]:.2f} %"
                "<br>%{customdata[2]} seeds, %{customdata[3]} of them failed"
                "<extra>%{fullData.name}</extra>",
            )
        )
        if dots is not None:
            figure.add_trace(_dots(dots[dots["net"] == net], colour, symbol))
        ends.append(
            (max(float(mean.iloc[-1]), low), f"<b>{letter} {theme.plain_html(names[net])}</b>")
        )
        limit = largest.get(net)
        if limit is not None:
            place = float(np.log10(limit))
            shapes.append(
                {
                    "type": "line",
                    "x0": place,
                    "x1": place,
                    "yref": "paper",
                    "y0": 0,
                    "y1": 1,
                    "line": {"color": colour, "width": 3, "dash": "dot"},
                    "layer": "below",
                }
            )
            notes.append(
                {
                    "x": place,
                    "xanchor": "center",
                    "yref": "paper",
                    "y": 1,
                    "yshift": round((0.1 + 1.3 * number) * size),
                    "yanchor": "bottom",
                    "text": f"{letter} trains up to {rate(limit)}",
                    "font": {"size": size},
                    "showarrow": False,
                }
            )
    heading, above = labels.headline(title, width - 32, font_size + 1)
    margin = _margin(round(above + 2.7 * size), [names[net] for net in nets], size)
    extent = (low, high)
    figure.update_layout(
        title={"text": heading, "y": 1 - 14 / _HEIGHT, "yanchor": "top"},
        height=_HEIGHT,
        margin=margin,
        annotations=[
            *line_ends.end_labels(ends, extent, margin, size, n_lines=1, height=_HEIGHT),
            *notes,
            *([_guess_text(100 * chance, size)] if 100 * chance > low else []),
        ],
        shapes=[*shapes, *([_guess(100 * chance)] if 100 * chance > low else [])],
        xaxis={
            "title": {"text": "learning rate"},
            "tickvals": np.log10(rates)[:: 2 if is_narrow and len(rates) > 5 else 1].tolist(),
            "ticktext": [rate(one) for one in rates][:: 2 if is_narrow and len(rates) > 5 else 1],
            "tickangle": 0,
            "range": list(labels.padded(np.log10(rates), 0.05)),
            "tickfont": {"size": size},
            "zeroline": False,
            "automargin": False,
        },
        yaxis={
            "title": {"text": "accuracy on validation photos (%)", "standoff": 4},
            "range": list(extent),
            "tickfont": {"size": size},
            "zeroline": False,
            "automargin": False,
        },
        showlegend=False,
        uirevision="by_rate",
    )
    return figure


def curves(
    table: pd.DataFrame,
    *,
    names: Mapping[str, str],
    measure: str,
    title: str,
    width: int = 780,
    font_size: int = 13,
) -> go.Figure:
    """Draws the trainings at one learning rate, epoch by epoch, seeds as bands.

    Args:
        table: a row a net, seed and epoch: "net", "seed", "epoch", and the measure's column.
        names: net -> its name; the first one is blue.
        measure: one of `MEASURES`.
        title: what the figure shows, as a finding.
        width: of the figure, px.
        font_size: of the words, px.

    Returns:
        The figure. A band reaches from the lowest to the highest seed, the line is their mean.
        Where a seed's value is no number the training had failed: it is left out.
    """
    size = font_size if width < _NARROW else font_size + 2
    column, axis, is_share = MEASURES[measure]
    values = table[column].astype(float) * (100 if is_share else 1)
    trained = [net for net in names if (table["net"] == net).any()]
    table = table.assign(value=values.where(np.isfinite(values))).dropna(subset="value")
    usable = table["value"]
    extent = labels.padded(usable.to_numpy(), 0.06)
    if not is_share and len(usable):  # one seed that runs away should not flatten all others
        top = float(usable.quantile(0.98)) * 1.1
        extent = (min(0.0, float(usable.min())), max(top, float(usable.median()) * 1.5, 1e-3))
    figure, ends = go.Figure(), []
    nets = [net for net in names if (table["net"] == net).any()]
    for net in reversed(trained):
        colour, symbol, letter = _STYLES[list(names).index(net)]
        if net not in nets:
            ends.append((extent[1], f"{letter} {theme.plain_html(names[net])}<br>failed at once"))
            continue
        groups = table[table["net"] == net].groupby("epoch")["value"]
        mean, low, high = groups.mean(), groups.min(), groups.max()
        figure.add_trace(_band(mean.index.tolist(), low, high, colour))
        figure.add_trace(
            go.Scatter(
                name=theme.plain_html(names[net]),
                x=mean.index.tolist(),
                y=mean.round(4).tolist(),
                mode="lines+markers",
                line={"color": colour, "width": 4},
                marker={"size": 9, "symbol": symbol},
                customdata=np.stack([low, high, groups.count()], axis=1),
                hovertemplate="epoch %{x}: %{y:.4g}, seeds from %{customdata[0]:.4g} to "
                "%{customdata[1]:.4g}<extra>%{fullData.name}</extra>",
            )
        )
        ends.append(
            (
                min(float(mean.iloc[-1]), extent[1]),
                f"<b>{letter} {theme.plain_html(names[net])}</b>",
            )
        )
    heading, above = labels.headline(title, width - 32, font_size + 1)
    margin = _margin(above, [names[net] for net in trained] + ["failed at once"], size)
    figure.update_layout(
        title={"text": heading, "y": 1 - 14 / _HEIGHT, "yanchor": "top"},
        height=_HEIGHT,
        margin=margin,
        annotations=line_ends.end_labels(ends, extent, margin, size, n_lines=2, height=_HEIGHT),
        xaxis={
            "title": {"text": "epoch of training"},
            "tickfont": {"size": size},
            "dtick": max(1, round(len(table["epoch"].unique()) / 8)),
            "zeroline": False,
            "automargin": False,
        },
        yaxis={
            "title": {"text": axis, "standoff": 4},
            "range": list(extent),
            "tickfont": {"size": size},
            "zeroline": False,
            "automargin": False,
        },
        showlegend=False,
        uirevision=f"curves-{measure}",
    )
    return figure


def _band(x: list[float], low: pd.Series, high: pd.Series, colour: str) -> go.Scatter:
    return go.Scatter(
        x=[*x, *x[::-1]],
        y=[*low.round(4), *high.round(4)[::-1]],
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=theme.faded(colour, 0.25),
        hoverinfo="skip",
    )


def _dots(rows: pd.DataFrame, colour: str, symbol: str) -> go.Scatter:
    # Side by side rather than over each other: those of a net lie along a short line.
    order = rows.groupby("learning_rate").cumcount()
    return go.Scatter(
        x=(np.log10(rows["learning_rate"]) + 0.016 * (order - order.max() / 2)).tolist(),
        y=(100 * rows["val_accuracy"]).tolist(),
        mode="markers",
        marker={
            "size": 9,
            "symbol": f"{symbol}-open",
            "color": colour,
            "line": {"width": 2},
        },
        customdata=rows["learning_rate"].map(rate).tolist(),
        hovertemplate="one training at %{customdata}: %{y:.2f} %<extra></extra>",
    )


def _margin(above: int, names: list[str], size: float) -> dict[str, int]:
    side = max((labels.text_width(f"● {name}", size) for name in names), default=0.0)
    return {
        "l": round(4.4 * size),
        "r": round(1.08 * side + 12),
        "t": above + 8,
        "b": round(3.2 * size + 24),
    }


def _guess(chance: float) -> dict[str, Any]:
    line = {"color": theme.GREY, "width": 2, "dash": "dash"}
    at = {"xref": "paper", "x0": 0, "x1": 1, "y0": chance, "y1": chance}
    return {"type": "line", **at, "line": line, "layer": "below"}


def _guess_text(chance: float, size: float) -> dict[str, Any]:
    return {
        "x": 0.01,
        "xref": "paper",
        "xanchor": "left",
        "y": chance,
        "yanchor": "bottom",
        "text": "a guess",
        "font": {"size": size},
        "showarrow": False,
    }
