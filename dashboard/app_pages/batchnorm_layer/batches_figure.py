"""Batch norm and its batches: what one value becomes in them, and what the layer remembers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.app_pages.batchnorm_layer.steps_figure import HEIGHT, NARROW, signed
from dashboard.figures import labels, line_ends
from dashboard.figures.frames import heading

_N_BARS = 92  # of the histogram
_QUANTILES = (0.05, 0.25, 0.75, 0.95)
_SHOWN = (0.001, 0.999)  # quantiles of all outputs, between which the axis reaches


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
    is_narrow = width < NARROW
    names = [str(size) for size in sizes]
    at = list(sizes).index(chosen)
    bands = np.quantile(outputs, _QUANTILES, axis=1)  # (4, S)
    seen = np.array([*np.quantile(outputs[1:], _SHOWN), evaluation, 0.0])
    low, high = labels.padded(seen, 0.06)
    edges = np.linspace(low, high, _N_BARS + 1)
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
        height=HEIGHT,
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
    is_narrow = width < NARROW
    size = font_size if is_narrow else font_size + 2
    last = int(table["batch"].max())
    figure, layout, notes, shapes = go.Figure(), {}, [], []
    above, below, gap = round(2.2 * size), round(20 + 3 * font_size), 0.12
    side = round(8 * size if is_narrow else 10.5 * size)
    inner = (HEIGHT - above - below) * (1 - gap) / 2
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
        height=HEIGHT,
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


def noise_table(sizes: Sequence[int], outputs: np.ndarray) -> pd.DataFrame:
    """Returns what `noise` draws: the size, the outputs' mean, and their quantiles."""
    bands: dict[str, Any] = {
        f"quantile_{quantile:g}": np.quantile(outputs, quantile, axis=1) for quantile in _QUANTILES
    }
    return pd.DataFrame({"batch_size": list(sizes), "mean": outputs.mean(axis=1), **bands})
