"""Bias against mean rating: what correcting for the raters changes, film by film and in rank."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures import film_points, labels
from dashboard.figures.film_points import GL_FROM, ring
from dashboard.figures.labels import padded, plot_sizes

_FRAME = 110  # px of a list figure for axis and margins


def bias_against_mean(
    films: pd.DataFrame,
    *,
    highlight: int | None = None,
    width: int = 780,
    font_size: int = 13,
    n_labels: int = 30,
    background: str = theme.LIGHT.background,
) -> go.Figure:
    """Draws each film's bias over its mean rating, and names those far from the usual.

    Args:
        films: as `MovieExplorer.ranking` returns them.
        highlight: row of a film that is named and drawn in the accent colour.
        width: of the figure, px.
        font_size: of the titles, px.
        n_labels: at most so many titles.
        background: of the page, for the edge of the letters.

    Returns:
        A point a film, its area the number of ratings; the dashed line is the usual bias of films
        with that mean.
    """
    mean, bias = films["mean"].to_numpy(np.float64), films["bias"].to_numpy(np.float64)
    count = films["count"].to_numpy(np.float64)
    usual = usual_bias(films)
    x_range, y_range = padded(mean), padded(bias)
    is_accent = films.index.to_numpy() == highlight
    # All traces alike: WebGL lies above SVG and would cover the ring and the line.
    scatter = go.Scattergl if len(films) > GL_FROM else go.Scatter
    order = _most_telling(films, bias - usual, is_accent)
    texts = [labels.shortened(text, 0.45 * width, font_size) for text in films["label"]]
    placed = labels.place(
        (mean[order] - x_range[0]) / (x_range[1] - x_range[0]),
        (bias[order] - y_range[0]) / (y_range[1] - y_range[0]),
        [texts[i] for i in order],
        **plot_sizes(width, theme.FIGURE_HEIGHT, labels.margin(font_size)),
        font_size=font_size,
        limit=n_labels,
    )
    is_named = np.zeros(len(films), bool)
    is_named[order[[label.index for label in placed]]] = True
    figure = go.Figure(
        scatter(
            x=mean,
            y=bias,
            mode="markers",
            marker={
                "size": np.sqrt(count),
                "sizemode": "diameter",
                "sizeref": max(np.sqrt(count.max()) / 26, 1e-9),
                "sizemin": 3,
                **film_points.blue_and_grey(is_named),
                "opacity": np.where(is_named, 0.9, 0.35),
                "line": {"width": 0},
            },
            customdata=film_points.customdata(films),
            hovertemplate=film_points.HOVER,
            showlegend=False,
        )
    )
    ends = np.array([mean.min(), mean.max()])
    figure.add_trace(
        scatter(
            x=ends,
            y=np.interp(ends, np.sort(mean), usual[np.argsort(mean)]),
            mode="lines",
            line={"color": theme.GREY, "dash": "dash", "width": 2},
            hoverinfo="skip",
            showlegend=False,
        )
    )
    if is_accent.any():
        figure.add_trace(ring(scatter, mean[is_accent], bias[is_accent]))
    shown = [theme.plain_html(texts[i]) for i in order]
    if is_accent.any():
        shown[0] = f"<b>{shown[0]}</b>"
    figure.update_layout(
        annotations=labels.annotations(
            placed, mean[order], bias[order], shown, font=labels.font(font_size, background)
        )
        + [
            _corner("▲ better than such a mean promises: strict raters", 0.01, 0.99),
            _corner("▼ worse than such a mean promises: generous raters", 0.99, 0.01),
        ],
        xaxis={"title": {"text": "Mean rating (stars)"}, "range": x_range, "zeroline": False},
        yaxis={"title": {"text": "Bias (stars)"}, "range": y_range},
        margin=labels.margin(font_size),
        dragmode="pan" if width > 500 else False,
        uirevision="bias-against-mean",
    )
    return figure


def reversals(
    films: pd.DataFrame,
    n_each: int,
    *,
    highlight: int | None = None,
    width: int = 780,
    font_size: int = 13,
) -> go.Figure:
    """Draws how far films move in rank when the mean is corrected for who rated.

    Args:
        films: as `MovieExplorer.ranking` returns them.
        n_each: so many of the films that rise most, and of those that fall most.
        highlight: row of a film that is drawn in any case, in the accent colour.
        width: of the figure, px; titles are cut to fit it.
        font_size: of the titles, px.

    Returns:
        A line a film, from its rank by mean (ring) to its rank by bias (dot).
    """
    rows = largest_reversals(films, n_each)
    n_extra = int(highlight in films.index and highlight not in rows.index)
    if n_extra:
        rows = pd.concat([rows, films.loc[[highlight]]])
    moved = rows["reversal"].to_numpy()
    n_rising, n_moving = int((moved[: len(rows) - n_extra] > 0).sum()), len(rows) - n_extra
    groups = (
        (0, n_rising, "▲ Liked by strict raters"),
        (n_rising, n_moving, "▼ Loved by generous raters"),
        (n_moving, len(rows), "The film you look for"),
    )
    levels = np.empty(len(rows))
    headings = []
    top = 0.0
    for first, last, heading in groups:
        if last > first:  # a line for the heading, then a line a film
            headings.append((top + 0.85, heading))
            levels[first:last] = top - np.arange(last - first)
            top -= last - first + 1
    colours = np.where(
        rows.index.to_numpy() == highlight,
        theme.ORANGE,
        np.where(moved > 0, theme.BLUE, theme.VERMILION),
    )
    before, after = rows["mean_rank"].to_numpy(), rows["bias_rank"].to_numpy()
    data = film_points.customdata(rows)
    words = [
        f"rank {theme.count(first)} by mean, {theme.count(last)} by bias"
        for first, last in zip(before.tolist(), after.tolist(), strict=True)
    ]
    figure = go.Figure()
    for colour in dict.fromkeys(colours.tolist()):
        mine = np.flatnonzero(colours == colour)
        lines = np.column_stack([before[mine], after[mine], np.full(len(mine), np.nan)])
        figure.add_trace(
            go.Scatter(
                x=lines.ravel(),
                y=np.repeat(levels[mine], 3),
                mode="lines",
                line={"color": colour, "width": 4},
                opacity=0.5,
                hoverinfo="skip",
                showlegend=False,
            )
        )
    for name, ranks, symbol in (
        ("rank by mean rating", before, "circle-open"),
        ("rank by bias", after, "circle"),
    ):
        figure.add_trace(
            go.Scatter(
                x=ranks,
                y=levels,
                mode="markers",
                name=name,
                marker={
                    "symbol": symbol,
                    "size": 12,
                    "color": colours,
                    "line": {"width": 2, "color": colours},
                },
                customdata=data,
                text=words,
                hovertemplate="%{customdata[1]}<br>%{text}<extra></extra>",
            )
        )
    title_width = 0.42 * width
    figure.update_layout(
        annotations=[
            {
                "x": 0,
                "xref": "paper",
                "y": level,
                "text": f"<b>{text}</b>",
                "showarrow": False,
                "xanchor": "left",
                "xshift": 4,
                "yanchor": "middle",
                "font": {"size": font_size + 1},
            }
            for level, text in headings
        ],
        height=max(theme.FIGURE_HEIGHT, (len(rows) + len(headings) + 1) * 26 + _FRAME),
        xaxis={
            "title": {"text": "Rank among these films, 1 is best"},
            "zeroline": False,
            "fixedrange": True,
            "rangemode": "tozero",
        },
        yaxis={
            "tickvals": levels,
            "ticktext": [
                theme.plain_html(labels.shortened(text, title_width, font_size))
                for text in rows["label"]
            ],
            "range": [levels.min(initial=0) - 0.7, 1.4],
            "zeroline": False,
            "fixedrange": True,
            "tickfont": {"size": font_size},
        },
        dragmode=False,
        uirevision="reversals",
    )
    return figure


def usual_bias(films: pd.DataFrame) -> np.ndarray:
    """Returns the bias that films with the same mean usually have, f64[N]: a fitted line."""
    mean, bias = films["mean"].to_numpy(np.float64), films["bias"].to_numpy(np.float64)
    spread = mean - mean.mean()
    total = float(spread @ spread)
    slope = float(spread @ bias) / total if total > 0 else 0.0
    return bias.mean() + slope * spread


def largest_reversals(films: pd.DataFrame, n_each: int) -> pd.DataFrame:
    """Returns the films that rise most and those that fall most, the largest rise first."""
    moved = films[films["reversal"] != 0].sort_values("reversal", ascending=False, kind="stable")
    rising, falling = moved[moved["reversal"] > 0], moved[moved["reversal"] < 0]
    return pd.concat([rising.head(n_each), falling.tail(n_each)])


def _most_telling(films: pd.DataFrame, off_line: np.ndarray, is_accent: np.ndarray) -> np.ndarray:
    """Returns places of films worth a title, in turn: far from the line, extreme, much rated."""
    bias = films["bias"].to_numpy()
    kinds = [
        np.argsort(-films["count"].to_numpy(), kind="stable"),
        np.argsort(-off_line, kind="stable"),
        np.argsort(off_line, kind="stable"),
        np.argsort(-bias, kind="stable"),
        np.argsort(bias, kind="stable"),
    ]
    turns = np.column_stack([kind[:40] for kind in kinds]).ravel()
    order = dict.fromkeys([*np.flatnonzero(is_accent).tolist(), *turns.tolist()])
    return np.array(list(order), int)


def _corner(text: str, x: float, y: float) -> dict[str, Any]:
    return {
        "x": x,
        "y": y,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left" if x < 0.5 else "right",
        "yanchor": "top" if y > 0.5 else "bottom",
        "text": text,
        "showarrow": False,
        "font": {"color": theme.GREY},
    }
