"""Films ranked by bias, both ends in one figure."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures import film_points, labels

ROW_HEIGHT = 22  # px for a film in a list
_FRAME = 110  # px of a list figure for axis and margins
_NARROW = 500  # px; on a phone a title stands above its bar
_PADDING = 8  # px between the zero line and a title


def best_and_worst(
    ranked: pd.DataFrame,
    n_ends: int,
    *,
    highlight: int | None = None,
    width: int = 780,
    font_size: int = 13,
) -> go.Figure:
    """Draws the films at both ends of a ranking as bars, titles on the free side of zero.

    Args:
        ranked: films in order of bias, the best first, as `MovieExplorer.ranking` returns them.
        n_ends: so many from each end; all films if there are no more.
        highlight: row of a film that is drawn in any case, in the accent colour.
        width: of the figure, px; titles are cut to fit it.
        font_size: of the titles, px.

    Returns:
        A bar a film, with the standard deviation of its bias where that is known.
    """
    places, gaps = _ends(ranked, n_ends, highlight)
    rows = ranked.iloc[[place for place in places if place is not None]]
    levels = -np.flatnonzero([place is not None for place in places])
    bias = rows["bias"].to_numpy(np.float64)
    spread = rows["bias_sd"].to_numpy(np.float64)
    is_accent = rows.index.to_numpy() == highlight
    colours = np.where(is_accent, theme.ORANGE, np.where(bias < 0, theme.VERMILION, theme.BLUE))

    is_narrow = width < _NARROW
    plot = width - 48
    room = plot if is_narrow else 0.44 * plot
    titles = [labels.shortened(text, room, font_size) for text in rows["label"]]
    beside = [] if is_narrow else titles
    low, high = _room(bias, np.nan_to_num(spread), beside, plot, font_size)
    padding = _PADDING * (high - low) / plot
    figure = go.Figure(
        go.Bar(
            x=bias,
            y=levels,
            orientation="h",
            width=0.4 if is_narrow else 0.72,
            marker={"color": colours, "line": {"width": 0}},
            error_x={
                "type": "data",
                "array": spread,
                "visible": bool(np.isfinite(spread).any()),
                "color": theme.GREY,
                "thickness": 1.5,
                "width": 3,
            },
            customdata=film_points.customdata(rows),
            hovertemplate=film_points.HOVER,
            showlegend=False,
        )
    )
    figure.add_trace(
        go.Scatter(
            x=np.full(len(rows), low) if is_narrow else np.where(bias < 0, padding, -padding),
            y=levels + 0.45 if is_narrow else levels,
            mode="text",
            text=[
                f"<b>{theme.plain_html(title)}</b>" if accent else theme.plain_html(title)
                for title, accent in zip(titles, is_accent, strict=True)
            ],
            textposition="middle right"
            if is_narrow
            else np.where(bias < 0, "middle right", "middle left"),
            textfont={"size": font_size},
            cliponaxis=False,
            hoverinfo="skip",
            showlegend=False,
        )
    )
    for level, text in gaps:
        figure.add_annotation(
            x=0, y=-level, text=f"<i>{text}</i>", showarrow=False, font={"color": theme.GREY}
        )
    figure.update_layout(
        height=max(theme.FIGURE_HEIGHT, len(places) * (38 if is_narrow else ROW_HEIGHT) + _FRAME),
        xaxis={
            "title": {"text": "Bias: stars above or below what its raters usually give"},
            "range": [low, high],
            "zeroline": True,
            "fixedrange": True,
        },
        yaxis={
            "range": [0.7 - len(places), 0.9],
            "showticklabels": False,
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
        dragmode=False,
        uirevision="best-and-worst",
    )
    return figure


def _ends(
    ranked: pd.DataFrame, n_ends: int, highlight: int | None
) -> tuple[list[int | None], list[tuple[int, str]]]:
    """Returns places in the ranking from top to bottom, None for a gap, and what the gaps say."""
    total = len(ranked)
    if total <= 2 * n_ends:
        return list(range(total)), []
    chosen = set(range(n_ends)) | set(range(total - n_ends, total))
    if highlight in ranked.index:
        chosen.add(int(ranked.index.get_loc(highlight)))
    places: list[int | None] = []
    gaps = []
    before = -1
    for place in sorted(chosen):
        if place - before > 1:
            n_films = place - before - 1
            gaps.append((len(places), f"{theme.count(n_films)} more film{'s' * (n_films > 1)}"))
            places.append(None)
        places.append(place)
        before = place
    return places, gaps


def _room(
    bias: np.ndarray, spread: np.ndarray, titles: list[str], plot: float, font_size: float
) -> tuple[float, float]:
    """Returns the x axis that gives bars as much room as the titles on the other side leave."""
    widths = np.array([labels.text_width(title, font_size) for title in titles]) + 2 * _PADDING
    left_titles = right_titles = float(_PADDING)
    if titles:
        left_titles = float(widths[bias >= 0].max(initial=_PADDING))
        right_titles = float(widths[bias < 0].max(initial=_PADDING))
    left_bars = 1.04 * float(np.max(-(bias - spread), initial=0.02))
    right_bars = 1.04 * float(np.max(bias + spread, initial=0.02))

    def needed(scale: float) -> float:
        return max(left_titles, left_bars * scale) + max(right_titles, right_bars * scale)

    low, high = 0.0, plot / max(left_bars, right_bars)
    for _ in range(40):  # bisection: px that one star may take
        middle = (low + high) / 2
        low, high = (middle, high) if needed(middle) <= plot else (low, middle)
    scale = max(low, 1e-6)
    return -max(left_titles / scale, left_bars), max(right_titles / scale, right_bars)
