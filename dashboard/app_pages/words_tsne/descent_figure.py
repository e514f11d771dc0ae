"""A map of words as gradient descent draws it: frames that the browser plays, with KL and size."""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures import labels, word_panel
from dashboard.figures.frames import STACKED_BELOW, frame, heading, slider

MOST_FRAMES = 60  # sent to the browser, whatever the run kept
HEIGHT, HEIGHT_STACKED = 660, 1000  # px


class Descent(NamedTuple):
    """A map during gradient descent."""

    iterations: np.ndarray  # i64[T], ascending
    positions: np.ndarray  # f32[T, N, 2]
    kl: np.ndarray  # f64[T], nats


def thinned(n_frames: int, most: int = MOST_FRAMES) -> np.ndarray:
    """Returns which of n frames are kept, evenly apart, the first and the last one among them."""
    step = max(1, -(-(n_frames - 1) // (most - 1)))
    kept = np.arange(0, n_frames, step)
    return kept if kept[-1] == n_frames - 1 else np.append(kept, n_frames - 1)


def widths(positions: np.ndarray) -> np.ndarray:
    """Returns how wide a map is in each frame: f64[T], the longer side."""
    return np.ptp(positions.astype(np.float64), axis=1).max(axis=1)


def scaled(positions: np.ndarray, size: labels.Size) -> np.ndarray:
    """Scales a map so that it fills axes from -1 to 1 across, a unit as long across as up.

    Args:
        positions: f[N, 2].
        size: of the plot, px.

    Returns:
        f32[N, 2].
    """
    across, up = word_panel.extent(positions, size)
    middle = np.array([sum(across), sum(up)]) / 2
    half = (across[1] - across[0]) / 2
    return ((positions - middle) / half).astype(np.float32)


def run(
    words: Sequence[str],
    descent: Descent,
    *,
    pulls: np.ndarray | None = None,
    accents: Sequence[int] = (),
    start: int | None = None,
    n_labels: int = 40,
    width: int = 780,
    font_size: int = 13,
    background: str = theme.LIGHT.background,
) -> go.Figure:
    """Draws the frames of a run with a slider, KL and the size of the map at their side.

    Args:
        words: N words, the most frequent first.
        descent: all frames that the run kept; at most `MOST_FRAMES` of them are sent.
        pulls: f[T], factor on the attraction in each frame; None for 1 in all of them.
        accents: rows of words in colour, always labelled.
        start: place among the run's frames of the one drawn first; the last by default.
        n_labels: at most so many words are labelled, placed for the last frame.
        width: of the figure, px.
        font_size: of the labels, px.
        background: of the page.

    Returns:
        A figure with a frame for each iteration kept, named by it. The map of each frame is scaled
        to the same axes, which no frame moves: see `frames.frame`. Traces: 0 all words, 1 labelled
        words, 2 words in colour, 3 and 4 KL and its present point, 5 and 6 the same of the width.
    """
    height = HEIGHT_STACKED if width < STACKED_BELOW else HEIGHT
    area = word_panel.plot(width, height, below=132)
    kept = thinned(len(descent.iterations))
    shown = int(kept[-1] if start is None else kept[np.abs(kept - start).argmin()])
    accents, others, places = _labelled(
        words, descent.positions[-1], accents, n_labels, area.size, font_size
    )
    other_rows = [label.index for label in others]
    pulls = np.ones(len(descent.iterations)) if pulls is None else pulls
    size_of = widths(descent.positions)
    size_of = np.where(size_of > 0, size_of, np.nan)  # a logarithm has no 0

    def moving(at: int) -> list[dict[str, Any]]:
        points = scaled(descent.positions[at], area.size)
        now = [int(descent.iterations[at])]
        return [
            {"type": "scatter", "x": points[:, 0], "y": points[:, 1]},
            {"type": "scatter", "x": points[other_rows, 0], "y": points[other_rows, 1]},
            {"type": "scatter", "x": points[accents, 0], "y": points[accents, 1]},
            {"type": "scatter", "x": now, "y": [float(descent.kl[at])]},
            {"type": "scatter", "x": now, "y": [float(size_of[at])]},
        ]

    def layout(at: int) -> dict[str, Any]:
        phase = ""
        if pulls[at] > 1:
            phase = f", attraction × {pulls[at]:.3g}"
        return {
            "title": {
                "text": f"Iteration {theme.count(int(descent.iterations[at]))}: "
                f"KL {descent.kl[at]:.3f}{phase}"
            }
        }

    first, now = moving(shown), layout(shown)
    font = labels.font(font_size, background)
    figure = go.Figure(
        [
            {
                **first[0],
                "mode": "markers",
                "marker": {"color": theme.GREY, "size": 5, "opacity": 0.5, "line": {"width": 0}},
                "hovertext": [theme.plain_html(word) for word in words],
                "hoverinfo": "text",
            },
            {
                **first[1],
                "mode": "markers+text",
                "marker": {"color": theme.GREY, "size": 5},
                "text": [theme.plain_html(label.text) for label in others],
                "textposition": [places[row] for row in other_rows],
                "textfont": font,
                "hoverinfo": "skip",
            },
            word_panel.accent_trace(words, first[2], accents, places, font),
            _curve(descent.iterations, descent.kl, "x2", "y2", "KL %{y:.3f}"),
            {**first[3], **_NOW, "xaxis": "x2", "yaxis": "y2"},
            _curve(descent.iterations, size_of, "x3", "y3", "%{y:.3g} wide"),
            {**first[4], **_NOW, "xaxis": "x3", "yaxis": "y3"},
        ]
    )
    figure.frames = [
        frame(str(int(descent.iterations[at])), moving(at), [0, 1, 2, 4, 6], layout(at))
        for at in kept
    ]
    _dress(
        figure,
        area,
        height,
        descent,
        int(descent.iterations[pulls.argmin()]) if pulls[0] > 1 >= pulls[-1] else 0,
        int(descent.iterations[-1]),
    )
    figure.update_layout(now)
    up = area.size.height / area.size.width
    fixed = {"showticklabels": False, "ticks": ""}
    figure.update_layout(
        xaxis={**fixed, "range": [-1, 1]},
        xaxis_title_text="t-SNE 1 (scaled to the map of each frame)",
        yaxis={**fixed, "range": [-up, up]},
    )
    figure.update_layout(
        title={"y": 0.985, "yanchor": "top"},
        sliders=[
            slider(
                [str(int(number)) for number in descent.iterations[kept]],
                [theme.count(int(number)) for number in descent.iterations[kept]],
                int(np.flatnonzero(kept == shown)[0]),
                pad={"t": 44, "b": 0, "l": 8, "r": 8},
                currentvalue={"prefix": "Iteration ", "xanchor": "left"},
            )
        ],
        uirevision=f"run {len(words)} {descent.kl[-1]}",
    )
    return figure


def progress(
    words: Sequence[str],
    positions: np.ndarray,
    curve: Sequence[tuple[int, float]],
    *,
    n_iterations: int,
    accents: Sequence[int] = (),
    n_labels: int = 30,
    width: int = 780,
    font_size: int = 13,
    background: str = theme.LIGHT.background,
) -> go.Figure:
    """Draws where the words are now and KL so far, while a run goes on.

    Args:
        words: N words, the most frequent first.
        positions: f[N, 2], the latest.
        curve: iteration and KL of each frame so far.
        n_iterations: that the run is to have.
        accents: rows of words in colour.
        n_labels: at most so many words are labelled.
        width: of the figure, px.
        font_size: of the labels, px.
        background: of the page.

    Returns:
        A figure without frames. Traces: 0 all words, 1 labelled words, 2 words in colour, 3 KL.
    """
    height = HEIGHT_STACKED if width < STACKED_BELOW else HEIGHT
    area = word_panel.plot(width, height, below=60)
    accents, others, places = _labelled(words, positions, accents, n_labels, area.size, font_size)
    points = np.asarray(positions, np.float32)
    rows = [label.index for label in others]
    font = labels.font(font_size, background)
    told = np.array(curve, np.float64).reshape(-1, 2)[:: max(1, len(curve) // 500)]
    figure = go.Figure(
        [
            go.Scatter(
                x=points[:, 0],
                y=points[:, 1],
                mode="markers",
                marker={"color": theme.GREY, "size": 5, "opacity": 0.5},
                hoverinfo="skip",
            ),
            go.Scatter(
                x=points[rows, 0],
                y=points[rows, 1],
                mode="text",
                text=[theme.plain_html(label.text) for label in others],
                textposition=[places[row] for row in rows],
                textfont=font,
                hoverinfo="skip",
            ),
            word_panel.accent_trace(
                words, {"x": points[accents, 0], "y": points[accents, 1]}, accents, places, font
            ),
            _curve(told[:, 0], told[:, 1], "x2", "y2", "KL %{y:.3f}"),
        ]
    )
    across, up = word_panel.extent(points, area.size)
    _dress(figure, area, height, None, 0, n_iterations)
    figure.update_layout(
        xaxis={"range": across},
        yaxis={"range": up},
        uirevision="progress",
    )
    return figure


def _labelled(
    words: Sequence[str],
    positions: np.ndarray,
    accents: Sequence[int],
    n_labels: int,
    size: labels.Size,
    font_size: int,
) -> tuple[list[int], list[labels.Label], dict[int, str]]:
    """Places labels for a frame, those of the words in colour first.

    Returns:
        The rows of the words in colour; the labels of other words, their indices being rows; and
        on which side of its point each label goes, by row.
    """
    accents = list(dict.fromkeys(accents))[: word_panel.MOST_ACCENTS]
    across, up = word_panel.extent(positions, size)
    candidates = [row for row in range(len(words)) if row not in set(accents)]
    order = np.array([*accents, *candidates[: 6 * n_labels]], np.int64)
    points = positions[order].astype(np.float64)
    found = labels.place(
        (points[:, 0] - across[0]) / (across[1] - across[0]),
        (points[:, 1] - up[0]) / (up[1] - up[0]),
        [labels.shortened(words[row], size.width / 2, font_size) for row in order],
        smallest=size,
        largest=labels.Size(max(size.width, 800), max(size.height, 500)),
        font_size=font_size * word_panel.BOLD,
        limit=n_labels + len(accents),
    )
    named = [dataclasses.replace(label, index=int(order[label.index])) for label in found]
    others = [label for label in named if label.index not in accents]
    return accents, others, {label.index: labels.textposition(label) for label in named}


_NOW = {"mode": "markers", "marker": {"color": theme.BLUE, "size": 11}, "hoverinfo": "skip"}


def _curve(x: np.ndarray, y: np.ndarray, xaxis: str, yaxis: str, said: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": x,
        "y": np.asarray(y, np.float32),
        "mode": "lines",
        "line": {"color": theme.GREY, "width": 2},
        "hovertemplate": f"iteration %{{x:,}}: {said}<extra></extra>",
        "xaxis": xaxis,
        "yaxis": yaxis,
    }


def _dress(
    figure: go.Figure,
    area: word_panel.Plot,
    height: int,
    descent: Descent | None,
    marked: int,
    n_iterations: int,
) -> None:
    """Gives a figure its axes: the map, KL, and the width of the map where a descent is known."""
    beside = (0.0, 1.0) if area.is_stacked else (area.domain[1] + 0.09, 1.0)
    upper, lower = ((0.26, 0.42), (0.0, 0.16)) if area.is_stacked else ((0.56, 0.95), (0.0, 0.39))
    if descent is None:
        upper = (0.2, 0.42) if area.is_stacked else (0.3, 0.95)
    ends = [-0.02 * n_iterations, 1.04 * n_iterations]
    small = {
        "range": ends,
        "domain": list(beside),
        "nticks": 4,
        "automargin": False,
        "fixedrange": True,
    }
    level = {"nticks": 4, "automargin": False, "fixedrange": True}
    map_axis = {
        "nticks": 5,
        "automargin": False,
        "zeroline": False,
        "ticklabelposition": "inside",
        "exponentformat": "power",
    }
    figure.update_layout(
        height=height,
        margin=area.margin,
        showlegend=False,
        xaxis={
            **map_axis,
            "domain": list(area.domain),
            "anchor": "y",
            "title": {"text": "t-SNE 1 (the axes follow the growth)", "standoff": 2},
        },
        yaxis={
            **map_axis,
            "domain": list(area.rise),
            "title": {"text": "t-SNE 2", "standoff": 2},
        },
        xaxis2={**small, "anchor": "y2"},
        yaxis2={**level, "domain": list(upper), "anchor": "x2", "rangemode": "tozero"},
        dragmode=False if area.is_stacked else "pan",
        annotations=[heading(beside[0], upper[1], "<b>KL (nats) by iteration</b>")],
    )
    if descent is None:
        return
    figure.update_layout(
        xaxis3={**small, "anchor": "y3"},
        yaxis3={
            **level,
            "domain": list(lower),
            "anchor": "x3",
            "type": "log",
            "exponentformat": "power",
            "dtick": _decades(widths(descent.positions)),
        },
    )
    figure.add_annotation(heading(beside[0], lower[1], "<b>Width of the map (log)</b>"))
    if 0 < marked < descent.iterations[-1]:
        for axis in ("2", "3"):
            figure.add_shape(
                type="line",
                x0=marked,
                x1=marked,
                y0=0,
                y1=1,
                xref=f"x{axis}",
                yref=f"y{axis} domain",
                line={"dash": "dash", "width": 1.5},
            )
        is_late = 2 * marked > descent.iterations[-1]
        figure.add_annotation(
            x=marked,
            y=0.04,
            xref="x2",
            yref="y2 domain",
            text="exaggeration ends",
            xanchor="right" if is_late else "left",
            yanchor="bottom",
            xshift=-4 if is_late else 4,
            showarrow=False,
            font={"size": 13},
        )


def _decades(values: np.ndarray) -> int:
    """Returns how many powers of ten lie between two ticks, so that there are three to five."""
    known = np.log10(values[values > 0])
    return max(1, round(float(np.ptp(known)) / 4)) if len(known) else 1
