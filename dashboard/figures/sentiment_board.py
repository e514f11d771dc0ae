"""Models of reviews side by side: who wins, what each confuses, and how far it can be trusted."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures import labels
from dashboard.figures.frames import STACKED_BELOW

_NAME, _LANE, _GAP = 26, 24, 14  # px of a model's name, of each of its numbers, below them
_LEAST = 1.7  # few models: their rows may grow so far
_BESIDE = 11  # px from a mark to its number
_SIDES = ("against", "for")


def leaderboard(
    board: pd.DataFrame,
    *,
    beside: Mapping[str, str] | None = None,
    chosen: str | None = None,
    width: int = 780,
    font_size: int = 13,
) -> go.Figure:
    """Draws the accuracy of every model, the best on top, each number on a line of its own.

    Args:
        board: a row a model: "name", "title", "clean", "clean_sd", "best_epoch", "lesson"; shares
            of 1, NaN where there is no number.
        beside: name of a model -> whose number "lesson" is; "the lesson's" by default.
        chosen: name of the model that is written in bold.
        width: of the figure, px.
        font_size: of the numbers, px.

    Returns:
        The figure. A filled dot with a line for ±1 sd is ours, a hollow one ours under the lesson's
        protocol, a diamond the lesson's or a paper's.
    """
    order = board.sort_values("clean", ascending=False, kind="stable")
    scale = font_size / 13
    is_beside = width >= STACKED_BELOW  # names; on a phone they stand above
    room = 0.3 * width if is_beside else width - 40
    titles = {
        row.name: labels.shortened(row.title, room, font_size + 2) for row in order.itertuples()
    }
    head = 0.0 if is_beside else _NAME * scale
    rows: list[dict[str, Any]] = []
    names: list[tuple[float, str]] = []
    borders: list[float] = []
    level = 0.0
    for row in order.itertuples():
        top = level
        level -= head
        spread = "" if np.isnan(row.clean_sd) else f" ± {100 * row.clean_sd:.2f}"
        owner = (beside or {}).get(row.name, "the lesson’s")
        marks = [
            ("clean", row.clean, f"{spread} here"),
            (
                "best_epoch",
                row.best_epoch,
                " here, best test epoch" if is_beside else " best epoch",
            ),
            ("lesson", row.lesson, f" {owner if is_beside else owner.removeprefix('the ')}"),
        ]
        for kind, value, words in marks:
            if np.isnan(value):
                continue
            level -= _LANE * scale
            rows.append(
                {
                    "kind": kind,
                    "y": level + _LANE * scale / 2,
                    "value": 100 * value,
                    "sd": 100 * row.clean_sd if kind == "clean" else np.nan,
                    "text": theme.percent(value) + words,
                    "title": theme.plain_html(row.title),
                }
            )
        html = theme.plain_html(titles[row.name])
        middle = (top + level) / 2 if is_beside else top - head / 2
        names.append((middle, f"<b>{html}</b>" if row.name == chosen else html))
        level -= _GAP * scale
        borders.append(level + _GAP * scale / 2)
    points = pd.DataFrame(rows, columns=["kind", "y", "value", "sd", "text", "title"])
    low, high = labels.padded(points["value"].to_numpy(float), 0.06)
    figure = go.Figure([_marks(points, kind) for kind in _MARKS])
    longest = max(labels.text_width(title, font_size + 2) for title in titles.values())
    left = round(longest) + 32 if is_beside else 16
    plot = width - left - 16
    figure.update_layout(
        annotations=[
            *(
                {
                    "x": 0,
                    "xref": "paper",
                    "y": at,
                    "text": name,
                    "xanchor": "right" if is_beside else "left",
                    "xshift": -14 if is_beside else 0,
                    "showarrow": False,
                    "font": {"size": font_size + 2},
                }
                for at, name in names
            ),
            *(
                _number(point, low, plot / (high - low), plot, font_size)
                for point in points.itertuples()
            ),
        ],
        shapes=[
            {
                "type": "line",
                "xref": "paper",
                "x0": -(left - 16) / plot,
                "x1": 1,
                "y0": at,
                "y1": at,
                "line": {"width": 1, "color": theme.FAINT},
            }
            for at in borders[:-1]
        ],
        height=round(max(-level, min(480, -level * _LEAST)) + 84),
        margin={"l": left, "r": 16, "t": 16, "b": 56},
        xaxis={
            "range": [low, high],
            "title": {"text": "accuracy on 25,000 test reviews (%)"},
            "nticks": max(4, round(plot / 130)),
            "zeroline": False,
        },
        yaxis={"range": [level, 0], "visible": False, "fixedrange": True},
        showlegend=False,
        uirevision="leaderboard",
    )
    return figure


_MARKS: dict[str, dict[str, Any]] = {
    "clean": {"symbol": "circle", "size": 13, "color": theme.BLUE},
    "best_epoch": {
        "symbol": "circle-open",
        "size": 12,
        "color": theme.BLUE,
        "line": {"width": 2.5},
    },
    "lesson": {"symbol": "diamond", "size": 12, "color": theme.GREY},
}


def _marks(points: pd.DataFrame, kind: str) -> go.Scatter:
    some = points[points["kind"] == kind]
    error = None
    if some["sd"].notna().any():
        error = {"array": some["sd"].fillna(0), "thickness": 2, "width": 0, "color": theme.BLUE}
    return go.Scatter(
        name=kind,
        x=some["value"],
        y=some["y"],
        mode="markers",
        marker=_MARKS[kind],
        error_x=error,
        customdata=some[["title", "text"]].to_numpy(),
        hovertemplate="%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
    )


def _number(
    point: Any, low: float, per_point: float, plot: float, font_size: float
) -> dict[str, Any]:
    """Writes a number beside its mark, on the side with room for it."""
    sd = 0.0 if np.isnan(point.sd) else point.sd  # the label begins where its line ends
    needs = labels.text_width(point.text, font_size + 1) + _BESIDE + sd * per_point
    at = (point.value - low) * per_point
    is_left = at + needs > plot and at > plot / 2
    text = theme.plain_html(point.text)
    return {
        "x": point.value - sd if is_left else point.value + sd,
        "y": point.y,
        "text": f"<b>{text}</b>" if point.kind == "clean" else text,
        "xanchor": "right" if is_left else "left",
        "xshift": -_BESIDE if is_left else _BESIDE,
        "showarrow": False,
        "font": {"size": font_size},
    }


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
