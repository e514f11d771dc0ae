"""The leaderboard of models of reviews: who wins, by how much, and what the lesson had."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures import labels
from dashboard.figures.frames import STACKED_BELOW

_NAME, _LANE, _GAP = 26, 24, 14  # px of a model's name, of each of its numbers, below them
_LEAST = 1.7  # few models: their rows may grow so far
_BESIDE = 11  # px from a mark to its number


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
    is_beside = width >= STACKED_BELOW  # names; on a phone they stand above
    room = 0.3 * width if is_beside else width - 40
    titles = {
        row.name: labels.shortened(row.title, room, font_size + 2) for row in order.itertuples()
    }
    lines = _lay_out(order, titles, beside or {}, chosen, is_beside=is_beside, scale=font_size / 13)
    low, high = labels.padded(lines.points["value"].to_numpy(float), 0.06)
    figure = go.Figure([_marks(lines.points, kind) for kind in _MARKS])
    longest = max(labels.text_width(title, font_size + 2) for title in titles.values())
    left = round(longest) + 32 if is_beside else 16
    plot = width - left - 16
    names = [_name(at, text, is_beside, font_size) for at, text in lines.names]
    numbers = [
        _number(point, low, plot / (high - low), plot, font_size)
        for point in lines.points.itertuples()
    ]
    figure.update_layout(
        annotations=[*names, *numbers],
        shapes=[_border(at, -(left - 16) / plot) for at in lines.borders[:-1]],
        height=round(max(lines.depth, min(480, lines.depth * _LEAST)) + 84),
        margin={"l": left, "r": 16, "t": 16, "b": 56},
        xaxis={
            "range": [low, high],
            "title": {"text": "accuracy on 25,000 test reviews (%)"},
            "nticks": max(4, round(plot / 130)),
            "zeroline": False,
        },
        yaxis={"range": [-lines.depth, 0], "visible": False, "fixedrange": True},
        showlegend=False,
        uirevision="leaderboard",
    )
    return figure


class _Lines(NamedTuple):
    """Where everything stands, in px from the top down: 0, then below it.

    Attributes:
        points: a row a number: "kind", "y", "value", "sd" (%), "text" and "title".
        names: place and text of each model's name.
        borders: below each model.
        depth: of all of them.
    """

    points: pd.DataFrame
    names: list[tuple[float, str]]
    borders: list[float]
    depth: float


def _lay_out(
    order: pd.DataFrame,
    titles: Mapping[str, str],
    owners: Mapping[str, str],
    chosen: str | None,
    *,
    is_beside: bool,
    scale: float,
) -> _Lines:
    """Gives each number a line of its own, those of a model below each other."""
    head = 0.0 if is_beside else _NAME * scale
    rows: list[dict[str, Any]] = []
    names: list[tuple[float, str]] = []
    borders: list[float] = []
    level = 0.0
    for model in order.itertuples():
        top = level
        level -= head
        for kind, value, words in _numbers_of(model, owners, is_beside=is_beside):
            level -= _LANE * scale
            rows.append(
                {
                    "kind": kind,
                    "y": level + _LANE * scale / 2,
                    "value": 100 * value,
                    "sd": 100 * model.clean_sd if kind == "clean" else np.nan,
                    "text": theme.percent(value) + words,
                    "title": theme.plain_html(model.title),
                }
            )
        html = theme.plain_html(titles[model.name])
        middle = (top + level) / 2 if is_beside else top - head / 2
        names.append((middle, f"<b>{html}</b>" if model.name == chosen else html))
        level -= _GAP * scale
        borders.append(level + _GAP * scale / 2)
    points = pd.DataFrame(rows, columns=["kind", "y", "value", "sd", "text", "title"])
    return _Lines(points, names, borders, -level)


def _numbers_of(
    model: Any, owners: Mapping[str, str], *, is_beside: bool
) -> list[tuple[str, float, str]]:
    """Returns kind, value and words of each number that a model has."""
    spread = "" if np.isnan(model.clean_sd) else f" ± {100 * model.clean_sd:.2f}"
    owner = owners.get(model.name, "the lesson’s")
    numbers = [
        ("clean", model.clean, f"{spread} here"),
        ("best_epoch", model.best_epoch, " here, best test epoch" if is_beside else " best epoch"),
        ("lesson", model.lesson, f" {owner if is_beside else owner.removeprefix('the ')}"),
    ]
    return [number for number in numbers if not np.isnan(number[1])]


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


def _name(at: float, text: str, is_beside: bool, font_size: int) -> dict[str, Any]:
    return {
        "x": 0,
        "xref": "paper",
        "y": at,
        "text": text,
        "xanchor": "right" if is_beside else "left",
        "xshift": -14 if is_beside else 0,
        "showarrow": False,
        "font": {"size": font_size + 2},
    }


def _border(at: float, begin: float) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "paper",
        "x0": begin,
        "x1": 1,
        "y0": at,
        "y1": at,
        "line": {"width": 1, "color": theme.FAINT},
    }


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
