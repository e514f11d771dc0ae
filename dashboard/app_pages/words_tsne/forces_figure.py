"""What pulls one word on a map and what pushes it away: arrows on the map and bars beside it."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures import labels
from dashboard.figures.frames import STACKED_BELOW, heading
from dashboard.figures.word_panel import BOLD, Plot, extent, plot

N_STRONGEST = 6  # of each kind
_HEIGHT, _HEIGHT_STACKED = 600, 900  # px
_LONGEST = 0.3  # of the shorter side of the window, for the longest arrow
_THIN, _THICK = 1.5, 4
_SMALL = 0.04  # of the strongest force; words below it need not be in the window
_ROOM = 0.2  # of the map, at least so much of it is shown


def strongest(table: pd.DataFrame, n: int = N_STRONGEST) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Returns the words that pull most and those that push most, the strongest first.

    Args:
        table: columns row, attraction and repulsion, one row for each other word.
        n: of each kind; words without any pull are left out.
    """
    pulls = table[table["attraction"] > 0].nlargest(n, "attraction")
    return pulls, table.nlargest(n, "repulsion")


def sums(positions: np.ndarray, table: pd.DataFrame, row: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns all pulls and all pushes on a word, as vectors f64[2] that point where it goes."""
    toward = _toward(positions, table, row)
    pull = (table["attraction"].to_numpy()[:, None] * toward).sum(axis=0)
    return pull, -(table["repulsion"].to_numpy()[:, None] * toward).sum(axis=0)


def forces(
    words: Sequence[str],
    positions: np.ndarray,
    table: pd.DataFrame,
    row: int,
    *,
    is_near: bool = True,
    width: int = 780,
    font_size: int = 13,
    background: str = theme.LIGHT.background,
) -> go.Figure:
    """Draws the map around a word with arrows, and the strongest forces as bars.

    Args:
        words: N words, the most frequent first.
        positions: f[N, 2].
        table: columns row, attraction and repulsion, one row for each word but this one.
        row: the word.
        is_near: show the part of the map that exerts the strongest forces, not all of it.
        width: of the figure, px.
        font_size: of the labels, px.
        background: of the page.

    Returns:
        A figure. Traces: 0 all words, their rows in `customdata`; 1 the word itself; 2 the bars,
        pulls to the right and pushes to the left; 3 their words.
    """
    height = _HEIGHT_STACKED if width < STACKED_BELOW else _HEIGHT
    area = plot(width, height, below=56, share=0.6)
    loudest = strongest(table)
    loud = list(dict.fromkeys([row, *(other for part in loudest for other in part["row"])]))
    points = np.asarray(positions, np.float64)
    across, up = _window(points, row, loudest, area, is_near=is_near)
    span = np.array([across[1] - across[0], up[1] - up[0]])
    found = _place_labels(
        words, points, loud, (across, up), area, font_size, n_others=14 if is_near else 8
    )
    texts = [theme.plain_html(word) for word in words]
    bold = {label.index for label in found} & set(loud)
    shown = [f"<b>{text}</b>" if place in bold else text for place, text in enumerate(texts)]
    small = points.astype(np.float32)
    bars, levels = _bars(*loudest)
    furthest = float(bars["value"].abs().max()) or 1.0
    figure = go.Figure(
        [
            *_map_traces(small, texts, row, loudest),
            *_bar_traces(bars, levels, furthest, words, font_size),
        ]
    )
    beside = [0.0, 1.0] if area.is_stacked else [area.domain[1] + 0.05, 1.0]
    level = [0.06, 0.4] if area.is_stacked else [0.03, 0.94]
    figure.update_layout(
        height=height,
        margin=area.margin,
        showlegend=False,
        **_map_axes(area, across, up),
        **_bar_axes(beside, level, furthest, levels[-1]),
        annotations=[
            *labels.annotations(
                found,
                small[:, 0].tolist(),
                small[:, 1].tolist(),
                shown,
                font=labels.font(font_size, background),
            ),
            *_arrows(points, table, row, loudest, float(_LONGEST * span.min())),
            heading(beside[0], level[1], "<b>← pushes it away · pulls it near →</b>"),
        ],
        title={
            "text": f"Forces on {labels.shortened(texts[row], width / 2, font_size + 4)}",
            "y": 0.985,
            "yanchor": "top",
        },
        dragmode=False if area.is_stacked else "pan",
        uirevision=f"forces {row} {len(words)} {is_near}",
    )
    return figure


def _window(
    points: np.ndarray,
    row: int,
    loudest: tuple[pd.DataFrame, pd.DataFrame],
    area: Plot,
    *,
    is_near: bool,
) -> tuple[list[float], list[float]]:
    """Returns the ranges of both axes: around what exerts the strongest forces, or of the map."""
    shown = points[_loudest(row, *loudest)] if is_near else points
    across, up = extent(shown, area.size, 1.6 if is_near else 1.1)
    least = _ROOM * np.ptp(points[:, 0])
    return (
        _at_least(across, least),
        _at_least(up, least * area.size.height / area.size.width),
    )


def _place_labels(
    words: Sequence[str],
    points: np.ndarray,
    loud: list[int],
    window: tuple[list[float], list[float]],
    area: Plot,
    font_size: int,
    n_others: int,
) -> list[labels.Label]:
    """Finds room for the words of the strongest forces first, then for some others."""
    (left, right), (bottom, top) = window
    order = np.array([*loud, *(other for other in range(len(words)) if other not in set(loud))])
    found = labels.place(
        (points[order, 0] - left) / (right - left),
        (points[order, 1] - bottom) / (top - bottom),
        [labels.shortened(words[one], area.size.width / 2, font_size) for one in order],
        smallest=area.size,
        largest=labels.Size(max(area.size.width, 760), max(area.size.height, 560)),
        font_size=font_size * BOLD,
        limit=len(loud) + n_others,
    )
    return [dataclasses.replace(label, index=int(order[label.index])) for label in found]


def _map_traces(
    points: np.ndarray,
    texts: list[str],
    row: int,
    loudest: tuple[pd.DataFrame, pd.DataFrame],
) -> list[go.Scatter]:
    """Returns all words, those of the strongest forces in colour, and the word itself as a star."""
    pulls, pushes = loudest
    color = np.full(len(texts), theme.GREY, object)
    color[pushes["row"].to_numpy()] = theme.VERMILION
    color[pulls["row"].to_numpy()] = theme.BLUE
    return [
        go.Scatter(
            x=points[:, 0],
            y=points[:, 1],
            mode="markers",
            marker={"color": list(color), "size": 7, "line": {"width": 0}},
            opacity=0.8,
            customdata=np.arange(len(texts))[:, None],
            hovertext=texts,
            hoverinfo="text",
        ),
        go.Scatter(
            x=points[[row], 0],
            y=points[[row], 1],
            mode="markers",
            marker={"color": theme.ORANGE, "size": 15, "symbol": "star"},
            hoverinfo="skip",
        ),
    ]


def _bars(pulls: pd.DataFrame, pushes: pd.DataFrame) -> tuple[pd.DataFrame, list[float]]:
    """Returns a row for each bar with its signed value and colour, and where the bars stand."""
    bars = pd.concat(
        [
            pulls.assign(value=pulls["attraction"], color=theme.BLUE),
            pushes.assign(value=-pushes["repulsion"], color=theme.VERMILION),
        ]
    )
    levels = [-float(place) - (0.8 if place >= len(pulls) else 0.0) for place in range(len(bars))]
    return bars, levels


def _bar_traces(
    bars: pd.DataFrame,
    levels: list[float],
    furthest: float,
    words: Sequence[str],
    font_size: int,
) -> list[go.Bar | go.Scatter]:
    """Returns the bars, and their words on the other side of zero."""
    return [
        go.Bar(
            x=bars["value"].to_numpy(),
            y=levels,
            orientation="h",
            marker={"color": list(bars["color"])},
            hovertemplate="%{x:.2e}<extra></extra>",
            width=0.8,
            xaxis="x2",
            yaxis="y2",
        ),
        go.Scatter(
            x=np.where(bars["value"] > 0, -0.03, 0.03) * furthest,
            y=levels,
            mode="text",
            text=[theme.plain_html(labels.shortened(words[r], 130, 13)) for r in bars["row"]],
            textposition=["middle left" if v > 0 else "middle right" for v in bars["value"]],
            textfont={"size": font_size},
            cliponaxis=False,
            hoverinfo="skip",
            xaxis="x2",
            yaxis="y2",
        ),
    ]


def _map_axes(area: Plot, across: list[float], up: list[float]) -> dict[str, dict[str, Any]]:
    shared = {"nticks": 5, "automargin": False, "zeroline": False}
    return {
        "xaxis": {
            **shared,
            "range": across,
            "domain": list(area.domain),
            "anchor": "y",
            "title": {"text": "t-SNE 1", "standoff": 2},
        },
        "yaxis": {
            **shared,
            "range": up,
            "domain": list(area.rise),
            "ticklabelposition": "inside",
            "title": {"text": "t-SNE 2", "standoff": 2},
        },
    }


def _bar_axes(
    beside: list[float], level: list[float], furthest: float, lowest: float
) -> dict[str, dict[str, Any]]:
    shared = {"automargin": False, "fixedrange": True}
    return {
        "xaxis2": {
            **shared,
            "zeroline": True,
            "domain": beside,
            "anchor": "y2",
            "range": [-1.05 * furthest, 1.05 * furthest],
            "nticks": 3,
            "exponentformat": "power",
            "title": {"text": "Force (gradient of KL)", "standoff": 2},
        },
        "yaxis2": {
            **shared,
            "zeroline": False,
            "domain": level,
            "anchor": "x2",
            "range": [lowest - 0.6, 0.6],
            "showticklabels": False,
            "showgrid": False,
        },
    }


def _at_least(ends: list[float], length: float) -> list[float]:
    """Returns a range made longer, about its middle, if it is shorter than a length."""
    more = max(0.0, length - (ends[1] - ends[0])) / 2
    return [ends[0] - more, ends[1] + more]


def _loudest(row: int, pulls: pd.DataFrame, pushes: pd.DataFrame) -> list[int]:
    """Returns the word and those whose force is not small beside the strongest one."""
    least = _SMALL * max(pulls["attraction"].max() if len(pulls) else 0, pushes["repulsion"].max())
    near = pd.concat(
        [pulls["row"][pulls["attraction"] >= least], pushes["row"][pushes["repulsion"] >= least]]
    )
    return list(dict.fromkeys([row, *near]))


def _toward(positions: np.ndarray, table: pd.DataFrame, row: int) -> np.ndarray:
    """Returns unit vectors f64[M, 2] from a word to each word of the table."""
    gaps = np.asarray(positions, np.float64)
    gaps = gaps[table["row"].to_numpy()] - gaps[row]
    length = np.hypot(gaps[:, 0], gaps[:, 1])[:, None]
    return gaps / np.where(length > 0, length, 1)


def _arrows(
    positions: np.ndarray,
    table: pd.DataFrame,
    row: int,
    loudest: tuple[pd.DataFrame, pd.DataFrame],
    longest: float,
) -> list[dict[str, object]]:
    """Returns arrows of the strongest forces, thin, and of both sums, thick, on one scale."""
    pulls, pushes = loudest
    pull, push = sums(positions, table, row)
    thin = [
        *(
            (v, theme.BLUE)
            for v in pulls["attraction"].to_numpy()[:, None] * _toward(positions, pulls, row)
        ),
        *(
            (v, theme.VERMILION)
            for v in -pushes["repulsion"].to_numpy()[:, None] * _toward(positions, pushes, row)
        ),
    ]
    arrows = [(v, color, _THIN) for v, color in thin]
    arrows += [(pull, theme.BLUE, _THICK), (push, theme.VERMILION, _THICK)]
    scale = longest / (max(float(np.hypot(*vector)) for vector, _, _ in arrows) or 1.0)
    x, y = (float(value) for value in positions[row])
    return [
        {
            "x": x + scale * float(vector[0]),
            "y": y + scale * float(vector[1]),
            "ax": x,
            "ay": y,
            "xref": "x",
            "yref": "y",
            "axref": "x",
            "ayref": "y",
            "text": "",
            "showarrow": True,
            "arrowhead": 2,
            "arrowwidth": wide,
            "arrowsize": 1 if wide == _THICK else 1.2,
            "arrowcolor": color,
            "standoff": 0,
        }
        for vector, color, wide in arrows
        if np.hypot(*vector) > 0
    ]
