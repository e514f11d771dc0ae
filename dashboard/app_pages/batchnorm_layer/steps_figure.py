"""One batch norm layer: its values, step by step."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures import labels
from dashboard.figures.frames import heading

HEIGHT = 600  # px
NARROW = 460  # px of the figure, below which it is on a phone
_REACH, _N_BARS = 4.5, 45  # of a histogram: standard deviations on each side, and bars in all
_SPIKE = 0.008  # of the axis, half the width of a bar that stands for values which are all alike
_TALLEST = 0.66  # of a row, its tallest bar; the rest is for the row's words


class Stage(NamedTuple):
    """Values on their way through the layer.

    Attributes:
        title: what they are, in a few words.
        values: f[N].
    """

    title: str
    values: np.ndarray


def signed(value: float) -> str:
    """Formats a value with its sign and two decimals; what rounds to zero has none."""
    return theme.signed(value) if abs(value) >= 0.005 else "0.00"


def histogram(values: np.ndarray) -> pd.DataFrame:
    """Counts values in bars that lie at the same place in units of their own spread.

    Shifting and stretching the values shifts and stretches the bars and leaves the counts.

    Args:
        values: f[N], finite.

    Returns:
        A row a bar: "left", "right", "count"; a single one of no width for values that are alike.
    """
    mean, sd = float(values.mean()), float(values.std())
    if sd <= 1e-12 * max(abs(mean), 1.0):
        return pd.DataFrame({"left": [mean], "right": [mean], "count": [len(values)]})
    edges = np.linspace(-_REACH, _REACH, _N_BARS + 1)
    inside = np.clip((values - mean) / sd, -_REACH, _REACH)
    counts, _ = np.histogram(inside, edges)
    return pd.DataFrame(
        {"left": mean + sd * edges[:-1], "right": mean + sd * edges[1:], "count": counts}
    )


def stages(rows: Sequence[Stage], *, width: int = 780, font_size: int = 13) -> go.Figure:
    """Draws the values after each step as bars, a row a step, over one axis.

    Args:
        rows: the steps; the first is what goes in and is outlined again over the last.
        width: of the figure, px.
        font_size: of the words, px.

    Returns:
        The figure. In each row the tallest bar is as tall as in the others, so shapes compare.
    """
    tables = [histogram(row.values) for row in rows]
    low = min(float(table["left"].min()) for table in tables)
    high = max(float(table["right"].max()) for table in tables)
    low, high = min(low, 0.0), max(high, 0.0)
    spike = _SPIKE * (high - low or 1.0)
    figure, notes, layout = go.Figure(), [], {}
    share = 1 / len(rows)
    for number, (row, table) in enumerate(zip(rows, tables, strict=True)):
        suffix = str(number + 1) if number else ""
        is_last = number == len(rows) - 1
        bottom = 1 - (number + 1) * share
        layout[f"yaxis{suffix}"] = {
            "domain": [bottom, bottom + share * 0.94],
            "range": [0, 1 / _TALLEST],
            "visible": False,
            "fixedrange": True,
        }
        figure.add_trace(_bars(table, row.title, spike, is_last, f"y{suffix}"))
        mean, sd = float(row.values.mean()), float(row.values.std())
        size = font_size + 5 if width >= NARROW else font_size + 2
        notes.append(
            heading(0, bottom + share * 0.94, "")
            | {
                "yanchor": "top",
                "yshift": -2,
                "text": f"<b>{theme.plain_html(row.title)}</b>",
                "font": {"size": size},
            }
        )
        notes.append(
            notes[-1]
            | {
                "x": 1,
                "xanchor": "right",
                "text": f"mean {signed(mean)}, spread {sd:.2f}",
            }
        )
    if len(rows) > 1:
        figure.add_trace(_outline(tables[0], spike, f"y{len(rows)}"))
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": 12, "b": round(20 + 3 * font_size)},
        barmode="overlay",
        bargap=0,
        annotations=notes,
        shapes=[
            {
                "type": "line",
                "xref": "paper",
                "yref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": number * share,
                "y1": number * share,
                "line": {"color": theme.GREY, "width": 1},
            }
            for number in range(len(rows))
        ],
        xaxis={
            "title": {"text": "value of the activation", "standoff": 6},
            "range": list(labels.padded(np.array([low, high]))),
            "anchor": f"y{len(rows)}" if len(rows) > 1 else "y",
            "tickfont": {"size": font_size + 2},
            "automargin": False,
        },
        showlegend=False,
        uirevision="stages",
        **layout,
    )
    return figure


def _bars(table: pd.DataFrame, title: str, spike: float, is_accent: bool, axis: str) -> go.Bar:
    widths = np.maximum(table["right"] - table["left"], 2 * spike if len(table) == 1 else 0)
    return go.Bar(
        name=theme.plain_html(title),
        x=((table["left"] + table["right"]) / 2).tolist(),
        y=(table["count"] / table["count"].max()).tolist(),
        width=widths.tolist(),
        customdata=table[["left", "right", "count"]].to_numpy(),
        marker={"color": theme.BLUE if is_accent else theme.GREY, "line": {"width": 0}},
        hovertemplate="%{customdata[0]:.2f} to %{customdata[1]:.2f}: %{customdata[2]} values"
        "<extra>%{fullData.name}</extra>",
        yaxis=axis,
    )


def _outline(table: pd.DataFrame, spike: float, axis: str) -> go.Scatter:
    left, right = table["left"].to_numpy(), table["right"].to_numpy()
    if len(table) == 1:
        left, right = left - spike, right + spike
    heights = (table["count"] / table["count"].max()).to_numpy()
    return go.Scatter(
        name="what went in",
        x=np.concatenate([np.repeat(left, 2), [right[-1]] * 2]).tolist(),
        y=np.concatenate([[0], np.repeat(heights, 2), [0]]).tolist(),
        mode="lines",
        line={"color": theme.ORANGE, "width": 3},
        hoverinfo="skip",
        yaxis=axis,
    )


def stage_table(rows: Sequence[Stage]) -> pd.DataFrame:
    """Returns what `stages` draws: "stage", "left", "right", "count"."""
    return pd.concat([histogram(row.values).assign(stage=row.title) for row in rows])[
        ["stage", "left", "right", "count"]
    ]
