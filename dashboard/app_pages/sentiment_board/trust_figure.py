"""How far a model of reviews can be trusted: confusion, reliability, ROC."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures import labels

_SIDES = ("against", "for")


def confusion(
    counts: pd.DataFrame, *, title: str, width: int = 780, font_size: int = 13
) -> go.Figure:
    """Draws what a model said by what was true, in four fields.

    Args:
        counts: "label" and "said" (0 against, 1 for), "count", "share" of all reviews.
        title: what it shows, as a finding.
        width: of the figure, px.
        font_size: of the words, px; the counts are larger.

    Returns:
        The figure: right fields have a blue ground, wrong ones a grey one, and both say so.
    """
    text, above = labels.headline(title, width - 32, font_size + 1)
    grid = np.zeros((2, 2))
    notes = []
    for row in counts.itertuples():
        is_right = row.label == row.said
        grid[row.label, row.said] = is_right
        verdict = "right" if is_right else "wrong"
        notes.append(
            {
                "x": row.said,
                "y": row.label,
                "text": f"<b><span style='font-size:{round(1.8 * font_size)}px'>"
                f"{theme.count(row.count)}</span></b><br>{theme.percent(row.share)}<br>"
                f"{verdict}: said {_SIDES[row.said]}",
                "showarrow": False,
                "font": {"size": font_size + 1},
            }
        )
    figure = go.Figure(
        go.Heatmap(
            x=[0, 1],
            y=[0, 1],
            z=grid,
            zmin=0,
            zmax=1,
            colorscale=[[0, theme.faded(theme.GREY, 0.22)], [1, theme.faded(theme.BLUE, 0.4)]],
            showscale=False,
            xgap=6,
            ygap=6,
            hoverinfo="skip",
        )
    )
    ticks = {"tickvals": [0, 1], "showgrid": False, "zeroline": False, "fixedrange": True}
    ticks["tickfont"] = {"size": font_size + 1}
    figure.update_layout(
        title={"text": text},
        annotations=notes,
        margin={"l": 16, "r": 16, "t": above + 8, "b": 16},
        xaxis=ticks | {"ticktext": list(_SIDES), "title": {"text": "what the model says"}},
        yaxis=ticks | {"ticktext": list(_SIDES), "title": {"text": "what the writer meant"}},
        uirevision="confusion",
    )
    return figure


def reliability(
    bins: pd.DataFrame, *, title: str, width: int = 780, font_size: int = 13
) -> go.Figure:
    """Draws what came true by what a model had said.

    Args:
        bins: "low", "high", "count", "predicted", "actual"; shares of 1.
        title: what it shows, as a finding.
        width: of the figure, px.
        font_size: of the words, px.

    Returns:
        The figure; dots grow with the number of reviews.
    """
    text, above = labels.headline(title, width - 32, font_size + 1)
    most = max(int(bins["count"].max()), 1) if len(bins) else 1
    figure = go.Figure(
        [
            _diagonal(),
            go.Scatter(
                x=100 * bins["predicted"],
                y=100 * bins["actual"],
                mode="lines+markers",
                line={"color": theme.BLUE, "width": 2},
                marker={
                    "color": theme.BLUE,
                    "opacity": 0.85,
                    "size": (7 + 27 * np.sqrt(bins["count"] / most)).tolist(),
                    "line": {"width": 0},
                },
                customdata=bins["count"],
                hovertemplate="said %{x:.1f} %, true of %{y:.1f} %<br>%{customdata:,} reviews"
                "<extra></extra>",
                cliponaxis=False,
            ),
        ]
    )
    figure.update_layout(
        title={"text": text},
        annotations=[
            _corner(0.02, 0.9, "left", "above: for the film<br>more often than it said"),
            _corner(0.98, 0.12, "right", "below: less often<br>than it said"),
        ],
        margin={"l": 16, "r": 20, "t": above, "b": 16},
        xaxis=_percent_axis("the model says: for the film, with a probability of (%)", width),
        yaxis=_percent_axis("reviews that are for the film (%)", width),
        showlegend=False,
        uirevision="reliability",
    )
    return figure


def roc(
    curves: Mapping[str, pd.DataFrame],
    areas: Mapping[str, float],
    *,
    chosen: str,
    title: str,
    width: int = 780,
    font_size: int = 13,
) -> go.Figure:
    """Draws ROC curves with the areas under them.

    Args:
        curves: title of each model -> "fpr" and "tpr", from 0 to 1.
        areas: title of each model -> the area under its curve.
        chosen: the title of the one in colour.
        title: what the figure shows, as a finding.
        width: of the figure, px.
        font_size: of the words, px.
    """
    text, above = labels.headline(title, width - 32, font_size + 1)
    figure = go.Figure(_diagonal(theme.FAINT))
    for name in sorted(curves, key=lambda name: name == chosen):
        is_chosen = name == chosen
        figure.add_trace(
            go.Scatter(
                name=theme.plain_html(name),
                x=100 * curves[name]["fpr"],
                y=100 * curves[name]["tpr"],
                mode="lines",
                line={
                    "color": theme.BLUE if is_chosen else theme.GREY,
                    "width": 4 if is_chosen else 1.5,
                },
                hovertemplate="%{fullData.name}<br>finds %{y:.1f} %, takes %{x:.1f} % of the "
                "others along<extra></extra>",
            )
        )
    step = round(1.6 * font_size)
    order = sorted(areas, key=areas.__getitem__)
    notes = []
    for place, name in enumerate(order):
        line = f"{labels.shortened(name, 0.56 * width, font_size)}  {areas[name]:.4f}"
        html = theme.plain_html(line)
        notes.append(
            _corner(0.985, 0.03, "right", f"<b>{html}</b>" if name == chosen else html)
            | {"yanchor": "bottom", "yshift": place * step, "font": {"size": font_size}}
        )
    notes.append(
        _corner(0.985, 0.03, "right", "area under the curve (AUC)")
        | {"yanchor": "bottom", "yshift": len(order) * step + 2, "font": {"size": font_size}}
    )
    figure.update_layout(
        title={"text": text},
        annotations=notes,
        margin={"l": 16, "r": 20, "t": above, "b": 16},
        xaxis=_percent_axis("reviews against the film, taken along (%)", width)
        | {"showgrid": False},
        yaxis=_percent_axis("reviews for the film, found (%)", width) | {"showgrid": False},
        showlegend=False,
        uirevision="roc",
    )
    return figure


def _diagonal(colour: str = theme.GREY) -> go.Scatter:
    return go.Scatter(
        x=[0, 100],
        y=[0, 100],
        mode="lines",
        line={"color": colour, "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
    )


def _corner(x: float, y: float, side: str, text: str) -> dict[str, Any]:
    return {
        "x": x,
        "y": y,
        "xref": "paper",
        "yref": "paper",
        "xanchor": side,
        "align": side,
        "text": text,
        "showarrow": False,
    }


def _percent_axis(title: str, width: int) -> dict[str, Any]:
    lines = title.replace(", ", ",<br>", 1) if width < 480 else title
    return {
        "range": [-2, 102],
        "tickvals": [0, 25, 50, 75, 100],
        "title": {"text": lines},
        "zeroline": False,
    }
