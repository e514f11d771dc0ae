"""Words along an axis between two words, and in the plane of two such axes, as text."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.app_pages.words_neighbours.lists_figure import n_across
from dashboard.figures import labels

_LANE = 1.55  # height of a lane of words, in letter sizes
_MOST_LANES = 8  # above and below the middle together
_FRAME = 82  # px of a strip's figure for the axis and margins
_SIDE = 32
_SPACE = 7  # px between two words of a lane
_NARROWEST = 330  # px that a plane needs
_PLANE_MARGIN = 34  # px between planes


def strips(
    bands: Sequence[tuple[str, pd.DataFrame]],
    low: str,
    high: str,
    *,
    title: str,
    width: int = 780,
    font_size: int = 14,
) -> go.Figure:
    """Draws words where they lie between two others, a strip a set, on one common scale.

    Args:
        bands: title of the set, and word and position (cosine with the axis); the words that
            matter more come first, and those without room become a tick only.
        low: the word at the negative end.
        high: the word at the positive end.
        title: what the strips show, as a finding.
        width: of the figure, px.
        font_size: of the words, px.

    Returns:
        Words as text that do not overlap, centred over their position, and a tick each.
    """
    plot = max(width - _SIDE, 200)
    reach = max((float(t["position"].abs().max()) for _, t in bands if len(t)), default=0.1)
    reach = 1.02 * max(reach, 0.05)
    figure = go.Figure()
    notes: list[dict[str, Any]] = []
    top = 0.0
    for name, table in bands:
        position = table["position"].to_numpy(np.float64)
        lanes = lanes_of((position / reach + 1) / 2 * plot, table["word"].tolist(), plot, font_size)
        used = [lane for lane in lanes if lane is not None]
        above, below = max([*used, 0]), -min([*used, 0])
        middle = top - 1.6 - above
        _add_strip(figure, table, lanes, middle, middle - below - 1, font_size)
        notes.append(
            {
                "x": 0,
                "xref": "paper",
                "y": top,
                "xanchor": "left",
                "yanchor": "top",
                "text": f"<b>{theme.plain_html(labels.shortened(name, plot, font_size + 1))}</b>",
                "showarrow": False,
                "font": {"size": font_size + 1},
            }
        )
        top = middle - below - 1.9
    text, above_plot = labels.headline(title, plot, font_size)
    height = round(-top * _LANE * font_size + above_plot + _FRAME)
    figure.update_layout(
        annotations=notes,
        title={"text": text},
        height=max(height, theme.FIGURE_HEIGHT if width > 500 else 420),
        margin={"l": 16, "r": 16, "t": above_plot, "b": 56, "autoexpand": False},
        xaxis={
            "range": [-reach, reach],
            "title": {
                "text": f"← {theme.plain_html(low)} · cosine with the axis · "
                f"{theme.plain_html(high)} →"
            },
            "zeroline": True,
            "zerolinecolor": theme.FAINT,
            "zerolinewidth": 2,
            "fixedrange": True,
        },
        yaxis={"range": [top, 0.2], "visible": False, "fixedrange": True},
        dragmode=False,
        hovermode="closest",
        showlegend=False,
        uirevision=f"strips-{low}-{high}",
    )
    return figure


def planes(
    tables: Sequence[tuple[str, pd.DataFrame]],
    across: tuple[str, str],
    up: tuple[str, str],
    *,
    title: str,
    width: int = 780,
    font_size: int = 14,
    background: str = theme.LIGHT.background,
) -> go.Figure:
    """Draws words in the plane of two axes, a plane a set.

    Args:
        tables: title of the set, and word, x and y (cosines with both axes); the words that
            matter more come first and get their text first.
        across: words at the left and right end.
        up: words at the lower and upper end.
        title: what the planes show, as a finding.
        width: of the figure, px.
        font_size: of the words, px.
        background: of the page, for the edge of letters.

    Returns:
        A point a word, with text that does not overlap.
    """
    n_columns = n_across(len(tables), width, round(_NARROWEST * font_size / 14))
    n_rows = -(-len(tables) // n_columns)
    plot = max(width - _SIDE, 200)
    size = (plot - _PLANE_MARGIN * (n_columns - 1)) / n_columns
    height = min(560, max(320, round(1.1 * size)))
    text, above_plot = labels.headline(title, plot, font_size)
    spans = [_span([table[letter] for _, table in tables]) for letter in ("x", "y")]
    figure = go.Figure()
    notes: list[dict[str, Any]] = []
    block = height + 74
    total = n_rows * block + above_plot + 16
    inner = n_rows * block
    for number, (name, table) in enumerate(tables):
        suffix = str(number + 1) if number else ""
        left = (number % n_columns) * (size + _PLANE_MARGIN) / plot
        top = 1 - (number // n_columns) * block / inner
        room = labels.Size(size, height - 30)
        notes += _add_plane(figure, table, suffix, room, spans, font_size, background)
        common = {
            "zeroline": True,
            "zerolinecolor": theme.FAINT,
            "fixedrange": True,
            "showgrid": False,
            "showticklabels": False,
        }
        figure.update_layout(
            {
                f"xaxis{suffix}": {
                    **common,
                    "domain": [left, min(1.0, left + size / plot)],
                    "range": spans[0],
                    "anchor": f"y{suffix}",
                    "title": {"text": _between(across, size, font_size)},
                },
                f"yaxis{suffix}": {
                    **common,
                    "domain": [max(0.0, top - height / inner), top - 30 / inner],
                    "range": spans[1],
                    "anchor": f"x{suffix}",
                },
            }
        )
        above = theme.plain_html(labels.shortened(name, size, font_size + 1))
        ends = (
            (0, 1, "left", "bottom", f"<b>{above}</b>"),
            (0, 1, "left", "top", f"↑ {theme.plain_html(up[1])}"),
            (0, 0, "left", "bottom", f"↓ {theme.plain_html(up[0])}"),
        )
        notes += [
            {
                "x": x,
                "y": y,
                "xref": f"x{suffix} domain",
                "yref": f"y{suffix} domain",
                "xanchor": xanchor,
                "yanchor": yanchor,
                "text": text,
                "showarrow": False,
                "font": {"size": font_size},
            }
            for x, y, xanchor, yanchor, text in ends
        ]
    figure.update_layout(
        title={"text": text},
        annotations=notes,
        height=total,
        margin={"l": 16, "r": 16, "t": above_plot, "b": 16, "autoexpand": False},
        dragmode=False,
        hovermode="closest",
        showlegend=False,
        uirevision="planes",
    )
    return figure


def lanes_of(
    x: np.ndarray, texts: Sequence[str], plot: float, font_size: float
) -> list[int | None]:
    """Gives words that are centred at their place a lane, so that none overlap.

    Args:
        x: f[N], centres, px.
        texts: N words; the first ones choose first.
        plot: width of the plot, px.
        font_size: px.

    Returns:
        A lane each: 0 the middle, 1 above, -1 below, and so on; None without room.
    """
    order = [0]
    for number in range(1, _MOST_LANES // 2 + 1):
        order += [number, -number]
    taken: dict[int, list[tuple[float, float]]] = {lane: [] for lane in order}
    lanes: list[int | None] = []
    for centre, text in zip(x, texts, strict=True):
        half = labels.text_width(text, font_size) / 2 + _SPACE / 2
        low, high = centre - half, centre + half
        free = (
            lane
            for lane in order
            if low >= -_SIDE / 2
            and high <= plot + _SIDE / 2
            and all(high <= begin or end <= low for begin, end in taken[lane])
        )
        lane = next(free, None)
        if lane is not None:
            taken[lane].append((low, high))
        lanes.append(lane)
    return lanes


def _add_strip(
    figure: go.Figure,
    table: pd.DataFrame,
    lanes: Sequence[int | None],
    middle: float,
    floor: float,
    font_size: int,
) -> None:
    position = table["position"].to_numpy(np.float64)
    hover = [
        f"<b>{theme.plain_html(word)}</b> {theme.signed(value, 3)}"
        for word, value in zip(table["word"], position, strict=True)
    ]
    figure.add_trace(
        go.Scatter(
            x=position,
            y=np.full(len(table), floor),
            mode="markers",
            marker={
                "symbol": "line-ns",
                "size": 12,
                "line": {
                    "width": 2,
                    "color": np.where(position < 0, theme.VERMILION, theme.BLUE).tolist(),
                },
            },
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    heights = {row: middle + lane for row, lane in enumerate(lanes) if lane is not None}
    has_room = list(heights)
    figure.add_trace(
        go.Scatter(
            x=position[has_room],
            y=list(heights.values()),
            mode="text",
            text=[theme.plain_html(table["word"].iloc[row]) for row in has_room],
            textposition="middle center",
            textfont={"size": font_size},
            customdata=[hover[row] for row in has_room],
            hovertemplate="%{customdata}<extra></extra>",
            cliponaxis=False,
        )
    )


def _add_plane(
    figure: go.Figure,
    table: pd.DataFrame,
    suffix: str,
    room: labels.Size,
    spans: Sequence[tuple[float, float]],
    font_size: int,
    background: str,
) -> list[dict[str, Any]]:
    """Draws the points of one plane, and returns the words that have room."""
    words = table["word"].tolist()
    figure.add_trace(
        go.Scatter(
            x=table["x"],
            y=table["y"],
            mode="markers",
            marker={"size": 6, "color": theme.GREY},
            customdata=[
                f"<b>{theme.plain_html(word)}</b><br>across {theme.signed(x, 3)}, up "
                f"{theme.signed(y, 3)}"
                for word, x, y in zip(words, table["x"], table["y"], strict=True)
            ],
            hovertemplate="%{customdata}<extra></extra>",
            xaxis=f"x{suffix}",
            yaxis=f"y{suffix}",
        )
    )
    placed = labels.place(
        _share(table["x"], spans[0]),
        _share(table["y"], spans[1]),
        words,
        smallest=room,
        largest=room,
        font_size=font_size,
        limit=len(words),
    )
    return labels.annotations(
        placed,
        table["x"].tolist(),
        table["y"].tolist(),
        [theme.plain_html(word) for word in words],
        font=labels.font(font_size, background),
        xref=f"x{suffix}",
        yref=f"y{suffix}",
    )


def _span(columns: Sequence[pd.Series]) -> tuple[float, float]:
    """Returns the extent of all columns and 0, with some room."""
    low = min(0.0, *(float(column.min()) for column in columns))
    high = max(0.0, *(float(column.max()) for column in columns))
    room = 0.08 * (high - low) or 0.1
    return low - room, high + room


def _share(values: pd.Series, span: tuple[float, float]) -> np.ndarray:
    return (values.to_numpy(np.float64) - span[0]) / (span[1] - span[0])


def _between(ends: tuple[str, str], width: float, font_size: int) -> str:
    text = f"← {ends[0]} · {ends[1]} →"
    return theme.plain_html(labels.shortened(text, width, font_size))
