"""What all figures of a map of words share: where the map goes, and words in colour."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from dashboard import theme
from dashboard.figures import labels
from dashboard.figures.frames import STACKED_BELOW

MOST_ACCENTS = 6
SYMBOLS = ("diamond", "square", "triangle-up", "circle", "star", "cross")
ACCENTS = (theme.BLUE, theme.ORANGE, theme.GREEN, theme.VERMILION, theme.PURPLE, theme.SKY)
_SHARE = 0.67  # of the width that the map takes beside the curves
BOLD = 1.04  # letters of words in colour are wider by this


class Plot(NamedTuple):
    """The part of a figure that a map is drawn in."""

    is_stacked: bool
    margin: dict[str, Any]
    domain: tuple[float, float]  # of the map along x, shares of the plot
    rise: tuple[float, float]  # and along y
    size: labels.Size  # px


def plot(width: int, height: int, *, below: int, share: float = _SHARE) -> Plot:
    """Returns where the map goes in a figure of that size, beside or above what explains it.

    Args:
        width: of the figure, px.
        height: of the figure, px.
        below: px left free under the plot.
        share: of the width that the map takes where the rest stands beside it.
    """
    is_stacked = width < STACKED_BELOW
    margin = {"l": 52, "r": 10, "t": 56, "b": below, "autoexpand": False}
    domain, rise = ((0.0, 1.0), (0.5, 1.0)) if is_stacked else ((0.0, share), (0.0, 1.0))
    size = labels.Size(
        (width - margin["l"] - margin["r"]) * (domain[1] - domain[0]),
        (height - margin["t"] - margin["b"]) * (rise[1] - rise[0]),
    )
    return Plot(is_stacked, margin, domain, rise, size)


def extent(
    positions: np.ndarray, size: labels.Size, room: float = 1.1
) -> tuple[list[float], list[float]]:
    """Returns ranges of both axes that hold all points, a unit as long across as up."""
    low = positions.min(axis=0).astype(np.float64)
    high = positions.max(axis=0).astype(np.float64)
    middle = (low + high) / 2
    unit = room * max((high - low) / np.array(size)) or 1.0 / min(size)
    half = unit * np.array(size) / 2
    across, up = ([float(middle[a] - half[a]), float(middle[a] + half[a])] for a in (0, 1))
    return across, up


def accent_trace(
    words: Sequence[str],
    points: Mapping[str, Any],
    accents: Sequence[int],
    places: Mapping[int, str],
    font: Mapping[str, Any],
) -> dict[str, Any]:
    """Returns the trace of the words in colour: each with a symbol of its own and its label."""
    return {
        **points,
        "type": "scatter",
        "mode": "markers+text",
        "marker": {
            "color": list(ACCENTS[: len(accents)]),
            "symbol": list(SYMBOLS[: len(accents)]),
            "size": 12,
            "line": {"width": 1, "color": theme.GREY},
        },
        "text": [f"<b>{theme.plain_html(words[row])}</b>" for row in accents],
        "textposition": [places.get(row, "top center") for row in accents],
        "textfont": dict(font),
        "hoverinfo": "text",
    }
