"""The map and the ranking after each epoch of training, as frames that the browser plays."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures import film_points, labels
from dashboard.figures.frames import STACKED_BELOW, frame, heading, slider
from dashboard.figures.labels import padded, plot_sizes

N_TOP = 10
_FINAL = "rgba(0, 114, 178, 0.45)"  # the blue, so that text on it reads on both pages
_SHARE = 0.58  # of the width that the map takes beside the ranking


class Epoch(NamedTuple):
    """The films after an epoch of training."""

    number: int
    points: np.ndarray  # f64[N, 2], on the axes of the finished model
    bias: np.ndarray  # f64[N], stars
    error: float | None = None  # held-out mean squared error


def training(
    films: pd.DataFrame,
    epochs: Sequence[Epoch],
    *,
    axis_titles: tuple[str, str],
    start: int | None = None,
    n_labels: int = 16,
    width: int = 780,
    font_size: int = 13,
) -> go.Figure:
    """Draws the map and the ten best films of an epoch, with a slider and a button over all epochs.

    Args:
        films: N films, the most rated first; columns as for `movies_map.film_map`.
        epochs: what the model was after each of them, the finished model last.
        axis_titles: of the two components.
        start: number of the epoch that is drawn first; the last by default.
        n_labels: at most so many titles in the map.
        width: of the figure, px.
        font_size: of the titles, px.

    Returns:
        A figure with a frame an epoch, named by its number. Traces 0 to 2: all films, the titled
        films, the bars of the ten highest biases; trace 3 holds the bars' titles.
    """
    room = _Room(width)
    both = np.concatenate([epoch.points for epoch in epochs])
    ranges = padded(both[:, 0]), padded(both[:, 1])
    final = set(_top(epochs[-1].bias))
    titles = [
        labels.shortened(text, min(room.map_width / 2, room.bar_width) - 24, font_size)
        for text in films["label"].iloc[: 4 * n_labels]
    ]

    def changing(epoch: Epoch) -> list[dict[str, Any]]:
        """Returns what of each trace changes from epoch to epoch."""
        return [
            *_points(epoch, titles, ranges, room, n_labels, font_size),
            *_best(epoch, films, final, room, font_size),
        ]

    shown = next((epoch for epoch in epochs if epoch.number == start), epochs[-1])
    figure = go.Figure(_traces(films, changing(shown), font_size))
    figure.frames = [
        frame(
            str(epoch.number),
            [
                {"type": kind, **data}
                for kind, data in zip(
                    ("scattergl", "scattergl", "bar", "scatter"), changing(epoch), strict=True
                )
            ],
            [0, 1, 2, 3],
            {"title": {"text": _headline(epoch, epochs)}},
        )
        for epoch in epochs
    ]
    highest = max(float(max(epoch.bias.max() for epoch in epochs)), 0.05)
    figure.update_layout(
        title={"text": _headline(shown, epochs), "y": 0.985, "yanchor": "top"},
        height=room.height,
        margin=room.margin,
        showlegend=False,
        **_axes(room, axis_titles, ranges, highest),
        annotations=[
            heading(
                room.domains["xaxis2"][0],
                room.domains["yaxis2"][1],
                "<b>Best by bias</b>  (● in the final ten)",
            )
        ],
        sliders=[_slider(epochs, shown, room.margin["b"], room.is_stacked)],
        updatemenus=[_buttons(room.margin["b"])],
        dragmode="pan" if not room.is_stacked else False,
        uirevision=f"training {axis_titles}",
    )
    return figure


class _Room:
    """Where the map and the ranking lie in a figure of a width, in px and in its shares."""

    def __init__(self, width: int) -> None:
        self.is_stacked = width < STACKED_BELOW
        self.height = 960 if self.is_stacked else 680
        bottom = 150 if self.is_stacked else 130
        self.margin = {"l": 40, "r": 8, "t": 56, "b": bottom, "autoexpand": False}
        plot_width = width - self.margin["l"] - self.margin["r"]
        across, up = (1.0, 0.56) if self.is_stacked else (_SHARE, 1.0)
        self.map_width = across * plot_width
        self.bar_width = plot_width if self.is_stacked else 0.36 * plot_width
        self.sizes = {  # of the map alone
            name: labels.Size(size.width * across, size.height * up)
            for name, size in plot_sizes(width, self.height, self.margin).items()
        }
        self.domains = (
            {"xaxis": [0, 1], "xaxis2": [0, 1], "yaxis": [0.44, 1], "yaxis2": [0, 0.34]}
            if self.is_stacked
            else {"xaxis": [0, _SHARE], "xaxis2": [0.64, 1], "yaxis": [0, 1], "yaxis2": [0, 0.94]}
        )


def _points(
    epoch: Epoch,
    titles: Sequence[str],
    ranges: tuple[tuple[float, float], tuple[float, float]],
    room: _Room,
    n_labels: int,
    font_size: int,
) -> list[dict[str, Any]]:
    """Returns the map of an epoch: all films, and those with a title."""
    points, known = epoch.points.astype(np.float32), epoch.points[: len(titles)]
    x, y = ((known[:, place] - low) / (high - low) for place, (low, high) in enumerate(ranges))
    placed = labels.place(x, y, titles, **room.sizes, font_size=font_size, limit=n_labels)
    named = [label.index for label in placed]
    return [
        {"x": points[:, 0], "y": points[:, 1]},
        {
            "x": points[named, 0],
            "y": points[named, 1],
            "text": [theme.plain_html(label.text) for label in placed],
            "textposition": [labels.textposition(label) for label in placed],
        },
    ]


def _best(
    epoch: Epoch, films: pd.DataFrame, final: set[int], room: _Room, font_size: int
) -> list[dict[str, Any]]:
    """Returns the ranking of an epoch: bars, and the titles on them."""
    best = _top(epoch.bias)
    names = [
        labels.shortened(films["label"].iloc[row], room.bar_width - 36, font_size) for row in best
    ]
    return [
        {
            "x": epoch.bias[best],
            "marker": {"color": [_FINAL if row in final else theme.FAINT for row in best]},
            "customdata": film_points.customdata(
                films.iloc[best].assign(bias=epoch.bias[best], bias_sd=np.nan)
            ),
        },
        {
            "text": [
                ("● " if row in final else "○ ") + theme.plain_html(name)
                for row, name in zip(best, names, strict=True)
            ]
        },
    ]


def _traces(films: pd.DataFrame, first: list[dict[str, Any]], font_size: int) -> list[Any]:
    """Returns the four traces as they are drawn first."""
    n_top = len(first[3]["text"])
    levels = -np.arange(n_top)
    return [
        go.Scattergl(
            **first[0],
            mode="markers",
            marker={"color": theme.GREY, "size": 4, "opacity": 0.4, "line": {"width": 0}},
            hovertext=[theme.plain_html(label) for label in films["label"]],
            hoverinfo="text",
        ),
        go.Scattergl(
            **first[1],
            mode="markers+text",
            marker={"color": theme.BLUE, "size": 7},
            hoverinfo="skip",
            textfont={"size": font_size},
        ),
        go.Bar(
            **first[2],
            y=levels,
            orientation="h",
            width=0.8,
            xaxis="x2",
            yaxis="y2",
            hovertemplate=film_points.HOVER,
        ),
        go.Scatter(
            **first[3],
            x=np.zeros(n_top),
            y=levels,
            mode="text",
            textposition="middle right",
            textfont={"size": font_size},
            cliponaxis=False,
            hoverinfo="skip",
            xaxis="x2",
            yaxis="y2",
        ),
    ]


def _axes(
    room: _Room,
    titles: tuple[str, str],
    ranges: tuple[tuple[float, float], tuple[float, float]],
    highest: float,
) -> dict[str, dict[str, Any]]:
    """Returns the axes of the map and of the ranking, whose bars are at most `highest` long."""
    return {
        "xaxis": {
            "title": {"text": titles[0], "standoff": 2},
            "range": ranges[0],
            "domain": room.domains["xaxis"],
            "anchor": "y",
            "nticks": 6,
            "automargin": False,
        },
        "yaxis": {
            "title": {"text": titles[1], "standoff": 2},
            "range": ranges[1],
            "domain": room.domains["yaxis"],
            "nticks": 6,
            "automargin": False,
            "ticklabelposition": "inside",
        },
        "xaxis2": {
            "title": {"text": "Bias (stars)", "standoff": 2},
            "range": [0, 1.02 * highest],
            "domain": room.domains["xaxis2"],
            "anchor": "y2",
            "nticks": 4,
            "automargin": False,
            "fixedrange": True,
        },
        "yaxis2": {
            "domain": room.domains["yaxis2"],
            "anchor": "x2",
            "range": [0.6 - N_TOP, 0.6],
            "showticklabels": False,
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
    }


def _top(bias: np.ndarray) -> list[int]:
    return np.argsort(-bias, kind="stable")[:N_TOP].tolist()


def _headline(epoch: Epoch, epochs: Sequence[Epoch]) -> str:
    text = f"After epoch {epoch.number} of {epochs[-1].number}"
    if epoch.number == 0:
        text = "Before training"
    if epoch.error is not None:
        text += f": held-out error {theme.mse(epoch.error)}"
    return text


def _slider(epochs: Sequence[Epoch], shown: Epoch, bottom: int, is_stacked: bool) -> dict[str, Any]:
    numbers = [str(epoch.number) for epoch in epochs]
    return slider(
        numbers,
        numbers,
        numbers.index(str(shown.number)),
        x=0.36 if is_stacked else 0.2,
        len=0.64 if is_stacked else 0.8,
        pad={"t": bottom - 84, "b": 0, "l": 8, "r": 8},
        currentvalue={"prefix": "Epoch ", "xanchor": "left"},
    )


def _buttons(bottom: int) -> dict[str, Any]:
    play = {
        "mode": "immediate",
        "fromcurrent": True,
        "frame": {"duration": 700, "redraw": True},
        "transition": {"duration": 0},
    }
    stop = {"mode": "immediate", "frame": {"duration": 0, "redraw": False}}
    return {
        "type": "buttons",
        "direction": "right",
        "showactive": False,
        "x": 0,
        "xanchor": "left",
        "y": 0,
        "yanchor": "top",
        "pad": {"t": bottom - 66, "r": 8},
        # The same on both pages, light and dark: plotly paints a pointed-at button nearly white.
        "bgcolor": theme.LIGHT.grid,
        "bordercolor": theme.GREY,
        "font": {"color": theme.LIGHT.text},
        "buttons": [
            {"label": "▶ Play", "method": "animate", "args": [None, play]},
            {"label": "❚❚", "method": "animate", "args": [[None], stop]},
        ],
    }
