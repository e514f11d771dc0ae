"""One batch norm layer: its values step by step, a batch's noise, and what the layer remembers."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures import labels, line_ends
from dashboard.figures.frames import heading

_HEIGHT = 600  # px
_NARROW = 460  # px of the figure, below which it is on a phone
_REACH, _N_BARS = 4.5, 45  # of a histogram: standard deviations on each side, and bars in all
_SPIKE = 0.008  # of the axis, half the width of a bar that stands for values which are all alike
_TALLEST = 0.66  # of a row, its tallest bar; the rest is for the row's words
_QUANTILES = (0.05, 0.25, 0.75, 0.95)
_SHOWN = (0.001, 0.999)  # quantiles of all outputs, between which the axis reaches


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
        size = font_size + 5 if width >= _NARROW else font_size + 2
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
        height=_HEIGHT,
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


def noise(
    sizes: Sequence[int],
    outputs: np.ndarray,
    *,
    chosen: int,
    evaluation: float,
    width: int = 780,
    font_size: int = 13,
) -> go.Figure:
    """Draws what one value becomes in random batches, by the size of the batch.

    Args:
        sizes: of the batches, rising.
        outputs: f[S, N], in N batches of each size.
        chosen: the size of which all outputs are drawn, beside.
        evaluation: what the value becomes in evaluation mode.
        width: of the figure, px.
        font_size: of the words, px.

    Returns:
        The figure: the middle 90 % and 50 % of the outputs over sizes, and a histogram.
    """
    is_narrow = width < _NARROW
    names = [str(size) for size in sizes]
    at = list(sizes).index(chosen)
    bands = np.quantile(outputs, _QUANTILES, axis=1)  # (4, S)
    seen = np.array([*np.quantile(outputs[1:], _SHOWN), evaluation, 0.0])
    low, high = labels.padded(seen, 0.06)
    edges = np.linspace(low, high, 2 * _N_BARS + 2)
    counts, _ = np.histogram(np.clip(outputs[at], low, high), edges)
    figure = go.Figure()
    for (lower, upper), strength, name in (((0, 3), 0.2, "90 %"), ((1, 2), 0.4, "50 %")):
        figure.add_trace(
            go.Scatter(
                name=f"the middle {name}",
                x=names + names[::-1],
                y=np.concatenate([bands[lower], bands[upper][::-1]]).round(4).tolist(),
                fill="toself",
                fillcolor=theme.faded(theme.GREY, strength),
                mode="lines",
                line={"width": 0},
                hoverinfo="skip",
            )
        )
    figure.add_trace(
        go.Scatter(
            name="mean of the outputs",
            x=names,
            y=outputs.mean(axis=1).round(4).tolist(),
            customdata=bands.T.round(2).tolist(),
            mode="lines+markers",
            line={"color": theme.GREY, "width": 2},
            marker={
                "color": [theme.BLUE if place == at else theme.GREY for place in range(len(sizes))],
                "size": [18 if place == at else 8 for place in range(len(sizes))],
                "opacity": 1,
            },
            hovertemplate="batches of %{x}: mean %{y:.2f}, nine of ten from %{customdata[0]:.2f} "
            "to %{customdata[3]:.2f}<extra></extra>",
        )
    )
    middle = (edges[:-1] + edges[1:]) / 2
    figure.add_trace(
        go.Bar(
            name=f"batches of {chosen}",
            orientation="h",
            x=(counts / counts.max()).tolist(),
            y=middle.round(4).tolist(),
            width=float(edges[1] - edges[0]),
            customdata=counts.tolist(),
            marker={"color": theme.BLUE, "line": {"width": 0}},
            hovertemplate="output near %{y:.2f}: %{customdata} batches<extra></extra>",
            xaxis="x2",
        )
    )
    size = font_size if is_narrow else font_size + 3
    figure.update_layout(
        height=_HEIGHT,
        margin={
            "l": round(16 + 3.4 * font_size),
            "r": 8,
            "t": round(2.4 * size),
            "b": round(28 + 3 * font_size),
        },
        bargap=0,
        xaxis={
            "type": "category",
            "tickvals": names[:: 2 if is_narrow else 1],
            "domain": [0, 0.66],
            "title": {"text": "values in the batch"},
            "tickfont": {"size": size},
            "tickangle": 0,
            "fixedrange": True,
        },
        xaxis2={"domain": [0.7, 1], "visible": False, "range": [0, 1.05], "fixedrange": True},
        yaxis={
            "title": {"text": "the same value, normalised"},
            "range": [low, high],
            "tickfont": {"size": size},
            "automargin": False,
            "fixedrange": True,
        },
        shapes=[
            {
                "type": "line",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": evaluation,
                "y1": evaluation,
                "line": {"color": theme.ORANGE, "width": 3, "dash": "dash"},
                "layer": "below",
            }
        ],
        annotations=[
            heading(0, 1, "9 of 10: grey" if is_narrow else "nine of ten lie in the grey band")
            | {"font": {"size": size}},
            heading(0.7, 1, f"<b>batches of {chosen}</b>") | {"font": {"size": size}},
            {
                "x": 0.01,
                "xref": "paper",
                "xanchor": "left",
                "y": evaluation,
                "yanchor": "bottom",
                "text": f"evaluation: {signed(evaluation)}",
                "font": {"size": size},
                "showarrow": False,
            },
        ],
        showlegend=False,
        uirevision="noise",
    )
    return figure


def running(
    table: pd.DataFrame,
    *,
    mean: float,
    sd: float,
    width: int = 780,
    font_size: int = 13,
) -> go.Figure:
    """Draws what a layer remembers of mean and spread, batch after batch.

    Args:
        table: a row a batch, from 0 for before the first: "batch", "kept_mean", "kept_sd",
            "batch_mean", "batch_sd" (missing at 0).
        mean: of all values.
        sd: their standard deviation.
        width: of the figure, px.
        font_size: of the words, px.

    Returns:
        The figure: two panels, one below the other.
    """
    is_narrow = width < _NARROW
    size = font_size if is_narrow else font_size + 2
    last = int(table["batch"].max())
    figure, layout, notes, shapes = go.Figure(), {}, [], []
    above, below, gap = round(2.2 * size), round(20 + 3 * font_size), 0.12
    side = round(8 * size if is_narrow else 10.5 * size)
    inner = (_HEIGHT - above - below) * (1 - gap) / 2
    for number, (what, truth) in enumerate((("mean", mean), ("spread", sd))):
        suffix = str(number + 1) if number else ""
        column = "sd" if what == "spread" else what
        bottom, top = ((1 + gap) / 2, 1.0) if not number else (0.0, (1 - gap) / 2)
        measured = table.dropna(subset=f"batch_{column}")
        values = table[[f"batch_{column}", f"kept_{column}"]].to_numpy(float).ravel()
        values = np.append(values[np.isfinite(values)], truth)
        low, high = labels.padded(values, 0.08)
        for name, rows, mode, style in (
            (f"batch_{column}", measured, "markers", {"marker": {"color": theme.GREY, "size": 6}}),
            (f"kept_{column}", table, "lines", {"line": {"color": theme.BLUE, "width": 5}}),
        ):
            figure.add_trace(
                go.Scatter(
                    name=f"{what} {'of the batch' if 'batch_' in name else 'remembered'}",
                    x=rows["batch"].tolist(),
                    y=rows[name].astype(float).round(4).tolist(),
                    mode=mode,
                    hovertemplate="%{fullData.name} %{x}: %{y:.3f}<extra></extra>",
                    yaxis=f"y{suffix}",
                    **style,
                )
            )
        layout[f"yaxis{suffix}"] = {
            "domain": [bottom, top],
            "range": [low, high],
            "tickfont": {"size": size},
            "nticks": 5,
            "automargin": False,
            "zeroline": False,
        }
        shapes.append(
            {
                "type": "line",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "yref": f"y{suffix}",
                "y0": truth,
                "y1": truth,
                "line": {"color": theme.ORANGE, "width": 3, "dash": "dash"},
            }
        )
        kept = float(table[f"kept_{column}"].iloc[-1])
        ends = [(kept, f"<b>kept {kept:.2f}</b>"), (truth, f"of all {truth:.2f}")]
        notes += [
            note | {"yref": f"y{suffix}"}
            for note in line_ends.end_labels(
                ends,
                (low, high),
                {"t": 0, "b": 0},
                size,
                n_lines=1,
                height=round(inner),
            )
        ]
        notes.append(
            heading(0, top, f"<b>{what}</b>: dots each batch, line kept") | {"font": {"size": size}}
        )
    figure.update_layout(
        height=_HEIGHT,
        margin={"l": round(20 + 2.4 * size), "r": side, "t": above, "b": below},
        xaxis={
            "title": {"text": "batches seen", "standoff": 6},
            "range": [-0.01 * last, last],
            "anchor": "y2",
            "tickfont": {"size": size},
            "zeroline": False,
            "automargin": False,
        },
        annotations=notes,
        shapes=shapes,
        showlegend=False,
        uirevision="running",
        **layout,
    )
    return figure


def stage_table(rows: Sequence[Stage]) -> pd.DataFrame:
    """Returns what `stages` draws: "stage", "left", "right", "count"."""
    return pd.concat([histogram(row.values).assign(stage=row.title) for row in rows])[
        ["stage", "left", "right", "count"]
    ]


def noise_table(sizes: Sequence[int], outputs: np.ndarray) -> pd.DataFrame:
    """Returns what `noise` draws: the size, the outputs' mean, and their quantiles."""
    bands: dict[str, Any] = {
        f"quantile_{quantile:g}": np.quantile(outputs, quantile, axis=1) for quantile in _QUANTILES
    }
    return pd.DataFrame({"batch_size": list(sizes), "mean": outputs.mean(axis=1), **bands})
