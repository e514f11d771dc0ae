"""Films as points of a figure: what each carries for hover and selection, and the found one."""

import math
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures.selection import ROW

TEXT = 1  # place of a film's hover text in `customdata`
GL_FROM = 1000  # points; fewer are drawn as SVG, which stays sharp in an export
HOVER = "%{customdata[1]}<extra></extra>"


def customdata(films: pd.DataFrame) -> np.ndarray:
    """Returns object[N, 2]: each film's row, and its hover text for `HOVER`.

    The text is whole, not a column a fact, because plotly copies these arrays element by element.

    Args:
        films: columns label, genres ("A|B"), count, mean (stars), bias (stars), and bias_sd; the
            index is the films' rows.
    """
    columns = np.empty((len(films), 2), object)
    columns[:, ROW] = films.index.tolist()
    names = ("label", "genres", "count", "mean", "bias", "bias_sd")
    columns[:, TEXT] = [
        f"<b>{theme.plain_html(label)}</b><br>"
        f"{theme.plain_html(genres.replace('|', ', ')) or 'no genre listed'}<br>"
        f"{theme.count(count)} ratings, mean {mean:.2f} stars<br>"
        f"bias {theme.signed(bias)}{f' ± {spread:.2f}' if math.isfinite(spread) else ''}"
        for label, genres, count, mean, bias, spread in zip(
            *(films[name].tolist() for name in names), strict=True
        )
    ]
    return columns


def blue_and_grey(is_blue: np.ndarray) -> dict[str, Any]:
    """Returns marker settings that colour some points blue and the rest grey.

    Colours go as numbers: plotly checks names one by one, 0.1 s for 2,000 points.
    """
    scale = [[0, theme.GREY], [1, theme.BLUE]]
    return {"color": is_blue.astype(np.int8), "colorscale": scale, "cmin": 0, "cmax": 1}


def ring(
    scatter: type[go.Scatter] | type[go.Scattergl], x: np.ndarray, y: np.ndarray
) -> go.Scatter | go.Scattergl:
    """Returns the ring around the film that somebody looks for.

    Args:
        scatter: the class of the figure's points: WebGL lies above SVG, so both must be alike.
        x: f64[1].
        y: f64[1].
    """
    return scatter(
        x=x,
        y=y,
        mode="markers",
        marker={
            "symbol": "circle-open",
            "size": 20,
            "color": theme.ORANGE,
            "line": {"width": 3, "color": theme.ORANGE},
        },
        hoverinfo="skip",
        showlegend=False,
    )
