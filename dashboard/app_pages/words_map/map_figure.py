"""The map of words: words as text where there is room, points for the rest, neighbours as lines."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.app_pages.words_map.shades_figure import Shade, marker
from dashboard.figures import labels
from dashboard.figures.labels import padded, plot_sizes

GL_FROM = 1000  # points; fewer are drawn as SVG, which stays sharp in an export
NARROW = 500  # px; a phone

_MOST_CANDIDATES = 800  # words that compete for room: the most frequent ones in view
_LEAST_WORDS = 60  # that a view around words would show at least, were they spread evenly
_HOVER = (
    "<b>%{hovertext}</b><br>number %{customdata[1]:,.0f} by frequency"
    "<br>%{customdata[2]:.0%} of its 10 nearest words near it here<extra></extra>"
)


class Window(NamedTuple):
    """The part of a map that is shown, in the map's own units."""

    left: float
    right: float
    bottom: float
    top: float

    @property
    def size(self) -> tuple[float, float]:
        """Returns width and height."""
        return self.right - self.left, self.top - self.bottom

    def holds(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Says which points lie inside, bool[N]."""
        return (x >= self.left) & (x <= self.right) & (y >= self.bottom) & (y <= self.top)


class Lit(NamedTuple):
    """Words that were searched, and the true neighbours of a single one."""

    rows: Sequence[int] = ()
    neighbours: np.ndarray = np.empty(0, np.int64)  # rows i64[K]
    is_kept: np.ndarray = np.empty(0, bool)  # bool[K]: also near on this map
    placed: Sequence[int] = ()  # those of rows that were not fitted but put onto the map

    @property
    def all_rows(self) -> list[int]:
        """Returns every row once, the searched words first."""
        return list(dict.fromkeys([*self.rows, *self.neighbours.tolist()]))


def whole(x: np.ndarray, y: np.ndarray) -> Window:
    """Returns the window of all of a map, with some room around."""
    return Window(*padded(x), *padded(y))


def around(x: np.ndarray, y: np.ndarray, everything: Window, n_words: int) -> Window:
    """Returns a window around some points, with room for their words.

    Args:
        x: f[K], K at least 1.
        y: f[K].
        everything: the window of all of the map; the new one is at most as large.
        n_words: on the map.
    """
    least = min(np.sqrt(_LEAST_WORDS / n_words), 1.0)
    sides = []
    for values, size in zip((x, y), everything.size, strict=True):
        low, high = float(values.min()), float(values.max())
        length = min(max(1.5 * (high - low), least * size), size)
        sides += [(low + high - length) / 2, (low + high + length) / 2]
    return Window(*sides)


def word_map(
    words: pd.DataFrame,
    window: Window,
    *,
    title: str,
    axes: str,
    revision: str,
    shade: Shade | None = None,
    lit: Lit | None = None,
    ringed: Sequence[int] = (),
    n_labels: int = 150,
    drag: str | bool = "zoom",
    width: int = 600,
    height: int = 600,
    font_size: int = 13,
    background: str = theme.LIGHT.background,
) -> go.Figure:
    """Draws words at their places; those that find room, the most frequent first, as text.

    Args:
        words: N words, the most frequent first; columns word, rank, x, y, preservation (0 to 1);
            the index is the words' rows.
        window: the part that is shown.
        title: the finding above the map.
        axes: what the axes are.
        revision: the same as long as it is the same map, so that the browser keeps its tools.
        shade: colour of the points, a value a word; None for grey.
        lit: words that stand out; all of them are among `words`.
        ringed: rows of words that are selected elsewhere.
        n_labels: at most so many words as text.
        drag: what dragging does, as plotly names it: "zoom", "pan" or "lasso"; False for nothing.
        width: of the figure, px.
        height: of the figure, px.
        font_size: of the words, px.
        background: of the page, for the edge of the letters.

    Returns:
        Points with the words' rows in `customdata`, the only trace that carries them; words are
        annotations.
    """
    lit = lit or Lit()
    x, y = words["x"].to_numpy(np.float64), words["y"].to_numpy(np.float64)
    margin = {"l": 8, "r": 8, "t": 34 if shade is None else 48 + 3 * font_size, "b": 32}
    margin["autoexpand"] = False
    places = {row: place for place, row in enumerate(words.index)}
    first = [places[row] for row in lit.all_rows]
    order = _candidates(window.holds(x, y), first)
    span_x, span_y = window.size
    texts = [labels.shortened(word, 0.5 * width, font_size) for word in words["word"].iloc[order]]
    placed = labels.place(
        (x[order] - window.left) / span_x,
        (y[order] - window.bottom) / span_y,
        texts,
        **plot_sizes(width, height, margin),
        font_size=font_size,
        limit=n_labels,
    )
    n_bold = len(lit.rows)
    htmls = [theme.plain_html(text) for text in texts]
    htmls[:n_bold] = [f"<b>{text}</b>" for text in htmls[:n_bold]]
    scatter = go.Scattergl if len(words) > GL_FROM else go.Scatter
    figure = go.Figure(_lines(x, y, lit, places))
    figure.add_trace(
        scatter(
            x=x,
            y=y,
            mode="markers",
            marker=marker(len(order), shade, font_size),
            hovertext=[theme.plain_html(word) for word in words["word"]],
            customdata=np.column_stack(
                [words.index.to_numpy(), words["rank"], words["preservation"]]
            ).astype(np.float32),
            hovertemplate=_HOVER,
            showlegend=False,
        )
    )
    figure.add_traces(_marks(scatter, x, y, lit, places, ringed))
    figure.update_layout(
        annotations=labels.annotations(
            placed, x[order], y[order], htmls, font=labels.font(font_size, background)
        )
        + _names(title, "" if len(lit.neighbours) and width <= NARROW else axes, margin, font_size),
        height=height,
        margin=margin,
        xaxis=_bare_axis(window.left, window.right),
        yaxis=_bare_axis(window.bottom, window.top),
        legend={"x": 0, "xanchor": "left", "y": 0, "yanchor": "top", "itemclick": False}
        | {"itemdoubleclick": False, "font": {"size": font_size}},
        dragmode=drag,
        uirevision=revision,
    )
    return figure


def n_words_as_text(figure: go.Figure) -> int:
    """Returns how many words of a map are drawn as text."""
    return sum(note.xref != "paper" for note in figure.layout.annotations)


def _candidates(is_shown: np.ndarray, first: Sequence[int]) -> np.ndarray:
    """Returns places of the words that compete for room, the more important ones first."""
    is_first = np.zeros(len(is_shown), bool)
    is_first[list(first)] = True
    rest = np.flatnonzero(is_shown & ~is_first)[:_MOST_CANDIDATES]
    return np.concatenate([np.array(first, np.int64), rest])


def _bare_axis(low: float, high: float) -> dict[str, Any]:
    # Neither the coordinates of t-SNE nor those of a component are worth a number.
    return {
        "range": [low, high],
        "showticklabels": False,
        "showgrid": False,
        "zeroline": False,
        "showline": True,
        "mirror": True,
        "automargin": False,
    }


def _names(title: str, axes: str, margin: dict[str, Any], font_size: int) -> list[dict[str, Any]]:
    """Returns the finding above the map, and what the axes are below it."""
    style = {"xref": "paper", "yref": "paper", "showarrow": False, "borderpad": 0}
    # Annotations: plotly drops a figure's title beside a horizontal colour bar.
    above = {"x": 0, "xanchor": "left", "y": 1, "yanchor": "top", "yshift": margin["t"] - 6}
    below = {"x": 1, "xanchor": "right", "y": 0, "yanchor": "top", "yshift": -6}
    return [
        {"text": title, "font": {"size": font_size + 2}} | above | style,
        {"text": axes, "font": {"size": font_size, "color": theme.GREY}} | below | style,
    ]


def _lines(x: np.ndarray, y: np.ndarray, lit: Lit, places: dict[int, int]) -> list[go.Scatter]:
    """Returns lines from a word to its true neighbours, those that the map keeps near apart."""
    if not len(lit.neighbours):
        return []
    centre = places[lit.rows[0]]
    traces = []
    for is_kept, name, colour, dash in (
        (True, "kept near", theme.BLUE, "solid"),
        (False, "torn apart", theme.VERMILION, "dash"),
    ):
        ends = [places[row] for row in lit.neighbours[lit.is_kept == is_kept]]
        if not ends:
            continue
        line_x, line_y = np.full((2, len(ends), 3), np.nan)
        line_x[:, 0], line_y[:, 0] = x[centre], y[centre]
        line_x[:, 1], line_y[:, 1] = x[ends], y[ends]
        traces.append(
            go.Scatter(
                x=line_x.ravel(),
                y=line_y.ravel(),
                mode="lines",
                line={"color": colour, "width": 2, "dash": dash},
                name=f"{len(ends)} {name}",
                hoverinfo="skip",
                showlegend=True,
            )
        )
    return traces


def _marks(
    scatter: type[go.Scatter] | type[go.Scattergl],
    x: np.ndarray,
    y: np.ndarray,
    lit: Lit,
    places: dict[int, int],
    ringed: Sequence[int],
) -> list[go.Scatter | go.Scattergl]:
    """Returns the marks on lit and on selected words; they carry no rows, so no lasso counts them.

    They are of the class of the points: WebGL lies above SVG, so all must be alike.
    """
    kept, torn = lit.neighbours[lit.is_kept], lit.neighbours[~lit.is_kept]
    kinds = (
        (
            ringed,
            {"symbol": "circle-open", "size": 11, "color": theme.ORANGE, "line": {"width": 2}},
        ),
        (kept, {"symbol": "circle", "size": 9, "color": theme.BLUE}),
        (torn, {"symbol": "diamond-open", "size": 10, "color": theme.VERMILION}),
        (
            [row for row in lit.rows if row not in lit.placed],
            {"symbol": "circle-open", "size": 14, "color": theme.ORANGE, "line": {"width": 3}},
        ),
        (
            lit.placed,
            {"symbol": "square-open", "size": 13, "color": theme.ORANGE, "line": {"width": 3}},
        ),
    )
    traces = []
    for rows, style in kinds:
        ends = [places[row] for row in rows if row in places]
        if ends:
            traces.append(
                scatter(
                    x=x[ends],
                    y=y[ends],
                    mode="markers",
                    marker=style,
                    hoverinfo="skip",
                    showlegend=False,
                )
            )
    return traces
