"""What goes on in a net while it reads: a cell along a text, its gates, and what it depends on."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures import labels
from dashboard.figures.alternatives import sign

NINE_TENTHS = 0.9
_LETTER = 0.75  # of the letter size, the least width of a character that is written on an axis
_DECIMALS = 3  # of a value that is sent
_ROW = 22  # px, a cell's
_CONTEXT = 12  # characters of a hover to each side


def fits(width: int, font_size: int) -> int:
    """Returns how many characters can be written along the axis of a figure so wide, px."""
    return max(12, int((width - 90) / (_LETTER * font_size)))


def reach(shares: np.ndarray, part: float = NINE_TENTHS) -> int:
    """Returns how many of the last characters have so much of all influence, f64[n] -> 1 to n."""
    reached = int(np.searchsorted(np.cumsum(shares[::-1]), part * shares.sum())) + 1
    return min(reached, len(shares))


def trace(
    values: np.ndarray,
    text: str,
    spans: Sequence[tuple[int, int]],
    *,
    title: str,
    spans_text: str = "",
    place: int | None = None,
    height: int = 300,
    width: int = 780,
    font_size: int = 13,
) -> go.Figure:
    """Draws what a cell remembers along a text.

    Args:
        values: f32[N], after each character.
        text: of N characters.
        spans: first and last character of each part to point out.
        title: what the figure shows.
        spans_text: what these parts are.
        place: of a character to point out.
        height: of the figure, px.
        width: of the figure, px.
        font_size: of the words, px.
    """
    places = np.arange(len(text))
    marks, letters = _ticks(text, 0, width, font_size)
    heading, above = labels.headline(title, width - 32, font_size + 1)
    figure = go.Figure(
        go.Scatter(
            x=places.tolist(),
            y=_rounded(values),
            mode="lines",
            line={"color": theme.BLUE, "width": 2, "shape": "hvh"},
            fill="tozeroy",
            fillcolor=theme.faded(theme.BLUE, 0.12),
            customdata=_contexts(text),
            hovertemplate="%{customdata}<br>%{y:.2f}<extra></extra>",
        )
    )
    shapes: list[dict[str, Any]] = [
        {
            "type": "rect",
            "layer": "below",
            "x0": first - 0.5,
            "x1": last + 0.5,
            "yref": "paper",
            "y0": 0,
            "y1": 1,
            "fillcolor": theme.faded(theme.GREY, 0.22),
            "line": {"width": 0},
        }
        for first, last in spans
    ]
    if place is not None:
        line = {"color": theme.GREY, "width": 2, "dash": "dot"}
        shapes.append(
            {"type": "line", "x0": place, "x1": place, "yref": "paper", "y0": 0, "y1": 1}
            | {"line": line}
        )
    figure.update_layout(
        title={"text": heading},
        height=height,
        margin={"l": 56, "r": 16, "t": above, "b": round(3.6 * font_size)},
        shapes=shapes,
        annotations=[
            {
                "x": 1,
                "y": 1,
                "xref": "paper",
                "yref": "paper",
                "xanchor": "right",
                "yanchor": "bottom",
                "text": theme.plain_html(spans_text),
                "showarrow": False,
                "font": {"size": font_size},
            }
        ]
        if spans_text and spans
        else [],
        xaxis={
            "title": {"text": "character of the text"},
            "range": [-0.5, max(len(text) - 0.5, 0.5)],
            "showgrid": False,
            "zeroline": False,
            **({"tickvals": marks, "ticktext": letters, "tickangle": 0} if letters else {}),
        },
        yaxis={"title": {"text": "remembers"}, "automargin": False},
        showlegend=False,
        uirevision="trace",
    )
    return figure


def gates(
    values: np.ndarray,
    text: str,
    cells: Sequence[int],
    *,
    first: int,
    title: str,
    is_signed: bool,
    width: int = 780,
    font_size: int = 13,
) -> go.Figure:
    """Draws one gate of some cells along a part of a text.

    Args:
        values: f32[n, C], of C cells at each of n characters.
        text: of n characters.
        cells: numbers of the cells, from 0.
        first: place of the first character in the whole text.
        title: what the figure shows.
        is_signed: from -1 to 1, else from 0 to 1.
        width: of the figure, px.
        font_size: of the words, px.
    """
    marks, letters = _ticks(text, first, width, font_size)
    heading, above = labels.headline(title, width - 32, font_size + 1)
    rows = list(range(len(cells)))
    names = [f"cell {cell + 1}" for cell in cells]
    figure = go.Figure(
        go.Heatmap(
            z=[_rounded(row) for row in values.T],
            x=(np.arange(len(text)) + first).tolist(),
            y=rows,
            customdata=[[f"{context}<br>{name}" for context in _contexts(text)] for name in names],
            zmin=-1 if is_signed else 0,
            zmax=1,
            colorscale=theme.SIGNED if is_signed else theme.MAGNITUDE,
            colorbar={
                "orientation": "h",
                "thickness": 10,
                "x": 1,
                "xanchor": "right",
                "len": 0.5,
                "y": 1,
                "yanchor": "bottom",
                "tickvals": [-1, 0, 1] if is_signed else [0, 0.5, 1],
                "ticktext": [f"{theme.MINUS}1", "0", "+1"]
                if is_signed
                else ["closed", "half", "open"],
                "outlinewidth": 0,
            },
            hovertemplate="%{customdata}: %{z:.2f}<extra></extra>",
        )
    )
    figure.update_layout(
        title={"text": heading},
        height=round(_ROW * len(cells) + above + 7 * font_size),
        margin={
            "l": round(5.2 * font_size),
            "r": 16,
            "t": above + round(2.4 * font_size),
            "b": round(4 * font_size),
        },
        xaxis={
            "title": {"text": f"characters {first + 1} to {first + len(text)}"},
            "tickvals": marks,
            "ticktext": letters,
            "tickangle": 0,
            "showgrid": False,
            "zeroline": False,
        },
        yaxis={
            "tickvals": rows,
            "ticktext": names,
            "autorange": "reversed",
            "showgrid": False,
            "zeroline": False,
        },
        uirevision="gates",
    )
    return figure


def influence(
    shares: np.ndarray,
    text: str,
    *,
    n_near: int,
    title: str,
    width: int = 780,
    height: int = 420,
    font_size: int = 13,
) -> go.Figure:
    """Draws how far a prediction depends on each character before it, the latest at the right.

    Args:
        shares: f64[n], of all influence, of the last n characters.
        text: these n characters.
        n_near: so many of them have nine tenths of the influence.
        title: what the figure shows, as a finding.
        width: of the figure, px.
        height: of the figure, px.
        font_size: of the words, px.
    """
    back = np.arange(len(text), 0, -1)
    heading, above = labels.headline(title, width - 32, font_size + 1)
    most = 100 * float(shares.max(initial=0)) or 1.0
    letters = fits(width, font_size) >= len(text)
    figure = go.Figure(
        go.Bar(
            x=(-back).tolist(),
            y=_rounded(100 * shares),
            marker={
                "color": [theme.BLUE if at <= n_near else theme.GREY for at in back.tolist()],
                "line": {"width": 0},
            },
            customdata=[
                [context, at] for context, at in zip(_contexts(text), back.tolist(), strict=True)
            ],
            hovertemplate="%{customdata[0]}<br>%{customdata[1]} back: %{y:.2f} %<extra></extra>",
        )
    )
    is_inside = n_near <= len(text)
    figure.update_layout(
        title={"text": heading},
        height=height,
        bargap=0.15,
        margin={"l": 56, "r": 16, "t": above, "b": round(4 * font_size)},
        shapes=[
            {
                "type": "line",
                "x0": -n_near - 0.5,
                "x1": -n_near - 0.5,
                "yref": "paper",
                "y0": 0,
                "y1": 1,
                "line": {"color": theme.GREY, "width": 2, "dash": "dot"},
            }
        ]
        if is_inside
        else [],
        annotations=[
            {
                "x": -n_near - 0.5,
                "y": 1,
                "yref": "paper",
                "xanchor": "right" if n_near < 0.6 * len(text) else "left",
                "xshift": -6 if n_near < 0.6 * len(text) else 6,
                "yanchor": "top",
                "text": f"90 % lies within {n_near} {'character' if n_near == 1 else 'characters'}",
                "showarrow": False,
                "font": {"size": font_size},
            }
        ]
        if is_inside
        else [],
        xaxis={
            "title": {"text": "characters back" + ("" if letters else " from the prediction")},
            "range": [-len(text) - 0.5, -0.5],
            "showgrid": False,
            "zeroline": False,
            **(
                {
                    "tickvals": (-back).tolist(),
                    "ticktext": [_written(char) for char in text],
                    "tickangle": 0,
                }
                if letters
                else {}
            ),
        },
        yaxis={
            "title": {"text": "share of the influence (%)"},
            "range": [0, 1.12 * most],
            "automargin": False,
        },
        showlegend=False,
        uirevision="influence",
    )
    return figure


def _ticks(text: str, first: int, width: int, font_size: int) -> tuple[list[int], list[str]]:
    """Returns where characters stand and what is written there; nothing where there is no room."""
    if len(text) > fits(width, font_size):
        return [], []
    return list(range(first, first + len(text))), [_written(char) for char in text]


def _written(char: str) -> str:
    return theme.plain_html(sign(char))


def _contexts(text: str) -> list[str]:
    """Returns each character in bold among its neighbours, in plotly's HTML."""
    signs = [_written(char) if char == "\n" else theme.plain_html(char) for char in text]
    return [
        f"…{''.join(signs[max(at - _CONTEXT, 0) : at])}<b>{_written(char)}</b>"
        f"{''.join(signs[at + 1 : at + 1 + _CONTEXT])}…"
        for at, char in enumerate(text)
    ]


def _rounded(values: np.ndarray) -> list[float]:
    return np.asarray(values, np.float64).round(_DECIMALS).tolist()
