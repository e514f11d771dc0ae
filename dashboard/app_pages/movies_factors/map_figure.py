"""The map of films: components of their factors as a scatter whose titles never overlap."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures import film_points, labels
from dashboard.figures.film_points import GL_FROM, ring
from dashboard.figures.labels import padded, plot_sizes

COLOURS = ("nothing", "genre", "year", "bias", "number of ratings")
_NARROW = 500  # px; a phone


class Axis(NamedTuple):
    """One component as an axis of the map."""

    values: np.ndarray  # f64[N], of the films drawn
    title: str  # with its share of the variance
    low_end: Sequence[str]  # titles at the low end, the farthest first
    high_end: Sequence[str]  # titles at the high end, the farthest first
    range: tuple[float, float] | None = None  # what is drawn of it; all by default

    @property
    def span(self) -> tuple[float, float]:
        """Returns what is drawn, padded so that no point lies on the edge."""
        return self.range or padded(self.values)


def film_map(
    films: pd.DataFrame,
    x: Axis,
    y: Axis,
    *,
    n_labels: int,
    colour_by: str = "nothing",
    genre: str = "",
    highlight: int | None = None,
    width: int = 600,
    height: int = 620,
    font_size: int = 13,
    background: str = theme.LIGHT.background,
) -> go.Figure:
    """Draws films along two components; the most rated ones that find room carry their title.

    Args:
        films: N films, the most rated first; columns label, title, year, genres, count, mean, bias,
            bias_sd; the index is the films' rows.
        x: component across.
        y: component up.
        n_labels: at most so many titles.
        colour_by: one of `COLOURS`.
        genre: whose films stand out with the colour by genre.
        highlight: row of a film that is ringed and gets its title first.
        width: of the figure, px.
        height: of the figure, px.
        font_size: of the titles, px.
        background: of the page, for the edge of the letters.

    Returns:
        One scatter with the films' rows in `customdata`; titles are annotations.
    """
    # A colour bar stands on top of the plot.
    margin = labels.margin(font_size, 40 + 3 * font_size if colour_by in COLOURS[2:] else 28)
    is_accent = films.index.to_numpy() == highlight
    order = np.argsort(~is_accent, kind="stable")  # the others stay in order of count
    titles = [labels.shortened(text, 0.55 * width, font_size) for text in films["label"]]
    placed = labels.place(
        _share(x.values[order], x.span),
        _share(y.values[order], y.span),
        [titles[place] for place in order],
        **plot_sizes(width, height, margin),
        font_size=font_size,
        limit=n_labels,
    )
    is_named = np.zeros(len(films), bool)
    is_named[order[[label.index for label in placed]]] = True
    scatter = go.Scattergl if len(films) > GL_FROM else go.Scatter
    figure = go.Figure(
        scatter(
            x=x.values,
            y=y.values,
            mode="markers",
            marker=_marker(films, is_named, colour_by, genre, font_size),
            customdata=film_points.customdata(films),
            hovertemplate=film_points.HOVER,
            showlegend=False,
        )
    )
    if is_accent.any():
        figure.add_trace(ring(scatter, x.values[is_accent], y.values[is_accent]))
    texts = [theme.plain_html(titles[place]) for place in order]
    if is_accent.any():
        texts[0] = f"<b>{texts[0]}</b>"
    figure.update_layout(
        annotations=labels.annotations(
            placed,
            x.values[order],
            y.values[order],
            texts,
            font=labels.font(font_size, background),
        )
        + _ends(x, y, width, height, margin, font_size),
        height=height,
        margin=margin,
        xaxis={"range": x.span, "automargin": False, "nticks": 6},
        yaxis={
            "range": y.span,
            "automargin": False,
            "nticks": 6,
            "ticklabelposition": "inside",
        },
        dragmode="lasso" if width > _NARROW else False,
        uirevision=f"{x.title} {y.title} {x.range} {y.range}",
    )
    return figure


def film_space(
    films: pd.DataFrame,
    axes: Sequence[Axis],
    *,
    n_labels: int,
    colour_by: str = "nothing",
    genre: str = "",
    highlight: int | None = None,
    font_size: int = 13,
    height: int = 620,
) -> go.Figure:
    """Draws films along three components, to be turned by hand; as `film_map` otherwise.

    Titles cannot be kept apart in a space that turns: the films farthest out carry theirs.
    """
    points = np.column_stack([axis.values for axis in axes])
    spans = np.ptp(points, axis=0)
    far = (((points - points.mean(axis=0)) / np.where(spans > 0, spans, 1)) ** 2).sum(axis=1)
    chosen = np.argsort(-far, kind="stable")[:n_labels]
    is_accent = films.index.to_numpy() == highlight
    is_named = is_accent.copy()
    is_named[chosen] = True
    marker = _marker(films, is_named, colour_by, genre, font_size)
    # A space has one opacity for all its points: the crowd steps back by its size.
    marker |= {"size": np.where(is_named, 6, 3), "opacity": 0.7}
    named = np.flatnonzero(is_named)
    figure = go.Figure(
        [
            go.Scatter3d(
                x=points[:, 0],
                y=points[:, 1],
                z=points[:, 2],
                mode="markers",
                marker=marker,
                customdata=film_points.customdata(films),
                hovertemplate=film_points.HOVER,
                showlegend=False,
            ),
            go.Scatter3d(
                x=points[named, 0],
                y=points[named, 1],
                z=points[named, 2],
                mode="text",
                text=[
                    f"<b>{theme.plain_html(text)}</b>" if accent else theme.plain_html(text)
                    for text, accent in zip(
                        films["title"].iloc[named], is_accent[named], strict=True
                    )
                ],
                textfont={"size": font_size},
                textposition="top center",
                hoverinfo="skip",
                showlegend=False,
            ),
        ]
    )
    figure.update_layout(
        height=height,
        scene={
            f"{name}axis": {
                "title": {"text": axis.title.replace(" of the variance", "")},
                "showticklabels": False,
            }
            for name, axis in zip("xyz", axes, strict=True)
        }
        | {"camera": {"eye": {"x": 1.5, "y": 1.5, "z": 1.0}}},
        margin={"l": 0, "r": 0, "t": 24, "b": 0},
        uirevision=" ".join(axis.title for axis in axes),
    )
    return figure


def _share(values: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    return (values - span[0]) / (span[1] - span[0])


def _marker(
    films: pd.DataFrame, is_named: np.ndarray, colour_by: str, genre: str, font_size: int
) -> dict[str, Any]:
    """Returns plotly's marker settings; what a colour says, size, symbol or hover text say too."""
    small = 4 if len(films) > 300 else 7
    size = np.where(is_named, small + 3, small)
    title = {"side": "top", "font": {"size": font_size}}
    bar = {"title": title, "thickness": 8, "len": 0.5, "orientation": "h"}
    bar |= {"x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom"}
    if colour_by == "genre":
        has_genre = np.array([genre in text.split("|") for text in films["genres"]], bool)
        return {
            **film_points.blue_and_grey(has_genre),
            "symbol": np.where(has_genre, "diamond", "circle"),
            "size": np.where(has_genre, size + 3, size),
            "opacity": np.where(has_genre, 0.95, 0.3),
            "line": {"width": 0},
        }
    if colour_by == "year":
        year = films["year"].to_numpy(np.float64)
        year[year == 0] = np.nan
        bar["title"]["text"] = "year"
        low, high = np.nanpercentile(year, [2, 100]) if np.isfinite(year).any() else (0, 1)
        return _scale(year, theme.MAGNITUDE, size, bar, cmin=low, cmax=high)
    if colour_by == "bias":
        bias = films["bias"].to_numpy(np.float64)
        limit = float(np.percentile(np.abs(bias), 98)) or 1.0
        bar["title"]["text"] = "bias (stars)"
        marker = _scale(bias, theme.SIGNED, size + 2, bar, cmin=-limit, cmax=limit)
        marker["line"] = {"width": 0.5, "color": theme.GREY}  # white points on a white page
        return marker
    if colour_by == "number of ratings":
        power = np.log10(films["count"].clip(lower=1).to_numpy(np.float64))
        ticks = np.arange(np.floor(power.min()), np.ceil(power.max()) + 0.1, 0.5)
        bar |= {"tickvals": ticks, "ticktext": [theme.count(round(10**tick)) for tick in ticks]}
        bar["title"]["text"] = "ratings"
        sizes = 4 + 12 * (power - power.min()) / max(float(np.ptp(power)), 1e-9)
        return _scale(power, theme.MAGNITUDE, sizes, bar)
    return {
        **film_points.blue_and_grey(is_named),
        "size": size,
        "opacity": np.where(is_named, 1.0, 0.4),
        "line": {"width": 0},
    }


def _scale(
    values: np.ndarray, scale: Any, size: np.ndarray, bar: dict[str, Any], **limits: float
) -> dict[str, Any]:
    return {
        "color": values,
        "colorscale": scale,
        "size": size,
        "opacity": 0.85,
        "colorbar": bar,
        "showscale": True,
        "line": {"width": 0},
        **limits,
    }


def _ends(
    x: Axis, y: Axis, width: int, height: int, margin: dict[str, Any], font_size: int
) -> list[dict[str, Any]]:
    """Returns the films at the ends of the axes, outside of the plot along each axis."""
    across = (width - margin["l"] - margin["r"]) / 2 - 14
    up = (height - margin["t"] - margin["b"]) / 2 - 14
    style = {"showarrow": False, "font": {"size": font_size, "color": theme.GREY}, "borderpad": 0}
    below = {"y": 0, "yref": "paper", "yanchor": "bottom", "yshift": -margin["b"] + 2, **style}
    beside = {"x": 0, "xref": "paper", "xanchor": "left", "xshift": -margin["l"] + 2, **style}

    def fitted(titles: Sequence[str], room: float) -> list[str]:
        """Returns as many titles as fit whole, or the first one cut."""
        room -= 1.2 * font_size  # the arrow
        for n_titles in range(len(titles), 1, -1):
            if labels.text_width(", ".join(titles[:n_titles]), font_size) <= room:
                return list(titles[:n_titles])
        return [labels.shortened(title, room, font_size) for title in titles[:1]]

    def low(titles: Sequence[str], room: float) -> str:
        return f"◀ {theme.plain_html(', '.join(fitted(titles, room)))}"

    def high(titles: Sequence[str], room: float) -> str:
        return f"{theme.plain_html(', '.join(fitted(titles, room)[::-1]))} ▶"

    # Annotations for the titles as well: plotly misplaces an axis title beside a colour bar
    # while the margins are fixed.
    title = {"showarrow": False, "font": {"size": font_size + 1}, "borderpad": 0}
    return [
        {"x": 0.5, "xref": "paper", "text": x.title, "y": 0, "yref": "paper", "yanchor": "top"}
        | {"yshift": -1.7 * font_size}
        | title,
        {"y": 0.5, "yref": "paper", "text": y.title, "x": 0, "xref": "paper", "textangle": -90}
        | {"xanchor": "right", "xshift": -4}
        | title,
        {"x": 0, "xref": "paper", "xanchor": "left", "text": low(x.low_end, across)} | below,
        {"x": 1, "xref": "paper", "xanchor": "right", "text": high(x.high_end, across)} | below,
        {"y": 0, "yref": "paper", "yanchor": "bottom", "textangle": -90}
        | {"text": low(y.low_end, up)}
        | beside,
        {"y": 1, "yref": "paper", "yanchor": "top", "textangle": -90}
        | {"text": high(y.high_end, up)}
        | beside,
    ]
