"""The sum behind an analogy, drawn out in a plane: a step between two words, put to a third."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.app_pages.words_neighbours.lists_figure import GAP, SIDE, n_across
from dashboard.figures import labels

_APART = 9  # px from a point to its word
# Where a word stands: plotly's xanchor and yanchor, then the shift to the right and up.
_ABOVE, _BELOW, _BESIDE = (
    ("center", "bottom", 0, 1),
    ("center", "top", 0, -1),
    ("left", "middle", 1, 0),
)
_NARROWEST = 250  # px that a picture needs
_MOST_LETTERS = 24  # of a word


def parallelograms(
    planes: Sequence[tuple[str, pd.DataFrame]], *, width: int = 780, font_size: int = 14
) -> go.Figure:
    """Draws the sum b - a + c of an analogy, a picture a set.

    Args:
        planes: title of the set, and its points: role (a, b, c, answer, sum), word, x, y.
        width: of the figure, px.
        font_size: of the words, px.

    Returns:
        The arrow from a to b, the same arrow put to c, whose tip is the sum, and the answer.
    """
    across = n_across(len(planes), width, round(_NARROWEST * font_size / 14))
    down = -(-len(planes) // across)
    plot = max(width - SIDE, 200)
    size = (plot - GAP * (across - 1)) / across
    height = min(280, max(220, round(size)))
    figure = go.Figure()
    notes: list[dict[str, Any]] = []
    for number, (title, points) in enumerate(planes):
        suffix = str(number + 1) if number else ""
        left = (number % across) * (size + GAP) / plot
        top = 1 - (number // across) / down
        notes += _add_plane(
            figure, title, points, suffix, labels.Size(size, height - 40), font_size
        )
        figure.layout[f"yaxis{suffix}"].domain = [
            max(0, top - (1 - 6 / height) / down),
            top - 34 / height / down,
        ]
        figure.layout[f"xaxis{suffix}"].domain = [left, min(left + size / plot, 1)]
    figure.update_layout(
        annotations=notes,
        height=down * height + 24,
        margin={"l": 16, "r": 16, "t": 12, "b": 12},
        dragmode=False,
        showlegend=False,
        uirevision="parallelograms",
    )
    return figure


def _add_plane(
    figure: go.Figure,
    title: str,
    points: pd.DataFrame,
    suffix: str,
    room: labels.Size,
    font_size: int,
) -> list[dict[str, Any]]:
    at = {role: (x, y) for role, x, y in zip(points["role"], points["x"], points["y"], strict=True)}
    axes = {"xref": f"x{suffix}", "yref": f"y{suffix}"}
    notes: list[dict[str, Any]] = [
        {
            "x": at[tip][0],
            "y": at[tip][1],
            "ax": at[start][0],
            "ay": at[start][1],
            "axref": axes["xref"],
            "ayref": axes["yref"],
            **axes,
            "text": "",
            "showarrow": True,
            "arrowhead": 2,
            "arrowwidth": 2.5,
            "arrowcolor": colour,
            "standoff": 5,
            "startstandoff": 5,
        }
        for start, tip, colour in (("a", "b", theme.GREY), ("c", "sum", theme.ORANGE))
    ]
    sides = [at["a"], at["c"], (None, None), at["b"], at["sum"]]
    figure.add_trace(
        go.Scatter(
            x=[x for x, _ in sides],
            y=[y for _, y in sides],
            mode="lines",
            line={"color": theme.GREY, "width": 1, "dash": "dot"},
            hoverinfo="skip",
            xaxis=f"x{suffix}",
            yaxis=f"y{suffix}",
        )
    )
    symbols = {"answer": "circle", "sum": "diamond-open"}
    colours = {"answer": theme.BLUE, "sum": theme.ORANGE}
    figure.add_trace(
        go.Scatter(
            x=points["x"],
            y=points["y"],
            mode="markers",
            marker={
                "size": 11,
                "symbol": [symbols.get(role, "circle") for role in points["role"]],
                "color": [colours.get(role, theme.GREY) for role in points["role"]],
                "line": {"width": 2},
            },
            customdata=[theme.plain_html(word) for word in points["word"]],
            hovertemplate="%{customdata}<extra></extra>",
            xaxis=f"x{suffix}",
            yaxis=f"y{suffix}",
        )
    )
    words = dict(zip(points["role"], points["word"], strict=True))
    window = _window(points, room, font_size)
    for letter, other, span in (("x", "y", window[0]), ("y", "x", window[1])):
        figure.layout[f"{letter}axis{suffix}"] = {
            "range": span,
            "anchor": f"{other}{suffix}",
            "visible": False,
            "fixedrange": True,
        }
    sides_of = {
        "a": _BELOW,
        "b": _BELOW,
        "c": _ABOVE,
        "answer": _ABOVE if at["answer"][1] >= at["sum"][1] else _BESIDE,
    }
    notes += [
        {
            "x": at[role][0],
            "y": at[role][1],
            "xanchor": xanchor,
            "yanchor": yanchor,
            "xshift": _APART * right,
            "yshift": _APART * up,
            "text": theme.plain_html(words[role][:_MOST_LETTERS]),
            "showarrow": False,
            "font": {"size": font_size},
            **axes,
        }
        for role, (xanchor, yanchor, right, up) in sides_of.items()
    ]
    name = theme.plain_html(labels.shortened(title, room.width, font_size + 1))
    notes.append(
        {
            "x": 0,
            "y": 1,
            "xref": f"x{suffix} domain",
            "yref": f"y{suffix} domain",
            "xanchor": "left",
            "yanchor": "bottom",
            "text": f"<b>{name}</b>",
            "showarrow": False,
            "font": {"size": font_size + 1},
        }
    )
    return notes


def _window(
    points: pd.DataFrame, room: labels.Size, font_size: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Returns ranges of both axes in one scale, with room for the words beside the points."""
    widths = {
        role: labels.text_width(word[:_MOST_LETTERS], font_size)
        for role, word in zip(points["role"], points["word"], strict=True)
    }
    left = max(widths["a"], widths["c"]) / 2 + _APART
    right = max(widths["b"] / 2, widths["answer"]) + 2 * _APART
    x, y = points["x"].to_numpy(), points["y"].to_numpy()
    across, up = max(room.width - left - right, 40), max(room.height - 4 * font_size, 40)
    scale = max(float(np.ptp(x)) / across, float(np.ptp(y)) / up, 1e-9)  # units in a px
    free = across * scale - float(np.ptp(x))
    low = float(x.min()) - left * scale - free / 2
    middle, half = float(y.max() + y.min()) / 2, scale * room.height / 2
    return (low, low + scale * room.width), (middle - half, middle + half)
