"""The net of three steps, written out: what it holds, what it expects, and what it costs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures import labels

_GAP = 0.2  # of a column, between two of them
_DECIMALS = 3  # of a value that is sent
_BAR, _BAR_ROW = 0.4, 52  # of a row; px of a row
_NEXT_ROW = 30  # px, a character that may come next


def steps(
    inputs: np.ndarray,
    states: np.ndarray,
    chars: Sequence[str],
    *,
    merge: str,
    title: str,
    width: int = 420,
    font_size: int = 13,
) -> go.Figure:
    """Draws what a net makes of each character, and what it holds behind it.

    Args:
        inputs: f32[3, H], what each character says; 0 or more.
        states: f32[3, H], what is held once that is merged in; -1 to 1.
        chars: three, as they are written.
        merge: how, in a word.
        title: what the figure shows.
        width: of the figure, px.
        font_size: of the words, px.

    Returns:
        Images of H numbers, in rows: below those of the characters, above those that are held.
    """
    n_steps, n_units = inputs.shape
    side = int(np.ceil(np.sqrt(n_units)))
    column = (width - 16) / n_steps * (1 - _GAP)
    heading, top = labels.headline(title, width - 32, font_size + 1)
    between, below, above = 3.6 * font_size, 2.6 * font_size, 2 * font_size + top
    plot = 2 * column + between
    figure = go.Figure()
    layout: dict[str, Any] = {}
    notes: list[dict[str, Any]] = []
    most = float(np.abs(inputs).max()) or 1.0
    for at in range(n_steps):
        left = (at + _GAP / 2) / n_steps
        right = (at + 1 - _GAP / 2) / n_steps
        middle = (left + right) / 2
        for row, (values, scale, what) in enumerate(
            (
                (inputs[at], most, f"what {chars[at]} says"),
                (states[at], 1.0, f"held after step {at + 1}"),
            )
        ):
            number = 2 * at + row + 1
            name = "" if number == 1 else str(number)
            figure.add_trace(
                go.Heatmap(
                    z=_image(values / scale, side),
                    customdata=_image(values, side),
                    xaxis=f"x{name}",
                    yaxis=f"y{name}",
                    zmin=-1,
                    zmax=1,
                    colorscale=theme.SIGNED,
                    showscale=False,
                    hoverongaps=False,
                    hovertemplate=f"{theme.plain_html(what)}: %{{customdata:.2f}}<extra></extra>",
                )
            )
            bare = {"visible": False, "fixedrange": True}
            low = row * (column + between) / plot
            layout[f"xaxis{name}"] = {**bare, "domain": [left, right], "anchor": f"y{name}"}
            layout[f"yaxis{name}"] = {
                **bare,
                "domain": [low, low + column / plot],
                "anchor": f"x{name}",
                "autorange": "reversed",
            }
        notes.append(
            _note(middle, 0, f"<b>{theme.plain_html(chars[at])}</b>", font_size + 6, yanchor="top")
        )
        notes.append(_note(left, 1, f"state {at + 1}", font_size, xanchor="left", yanchor="bottom"))
        # arrows: up from what a character says, and on from the state before
        upper, lower = (column + between) / plot, column / plot
        notes.append(_arrow(middle, upper, 0, between - 6))
        if at:
            place = (column + between + column / 2) / plot
            notes.append(_arrow(left, place, -(width - 16) / n_steps * _GAP, 0))
        if at == n_steps - 1:
            notes.append(
                _note(middle, (upper + lower) / 2, merge, font_size, xanchor="right", xshift=-8)
            )
    figure.update_layout(
        title={"text": heading},
        height=round(plot + above + below),
        margin={"l": 8, "r": 8, "t": round(above), "b": round(below), "autoexpand": False},
        annotations=notes,
        uirevision="steps",
        **layout,
    )
    return figure


def expected(
    table: pd.DataFrame,
    *,
    title: str,
    names: Sequence[str],
    height: int | None = None,
    width: int = 420,
    font_size: int = 13,
) -> go.Figure:
    """Draws the likeliest next characters, by each of two nets.

    Args:
        table: a row a character, the likeliest first: "char" as it is written, and a column of
            probabilities for each of `names`.
        title: what the figure shows.
        names: the nets, the one in colour first.
        height: of the figure, px; what its bars need by default.
        width: of the figure, px.
        font_size: of the words, px.
    """
    rows = list(range(len(table)))
    figure = go.Figure()
    for number, name in enumerate(names):
        figure.add_trace(
            go.Bar(
                name=name,
                x=(100 * table[name]).tolist(),
                y=rows,
                orientation="h",
                marker={
                    "color": theme.GREY if number else theme.BLUE,
                    "pattern": {"shape": "/" if number else ""},
                },
                customdata=table["char"].tolist(),
                hovertemplate="%{fullData.name}: “%{customdata}” with %{x:.2f} %<extra></extra>",
            )
        )
    text, above = labels.headline(title, width - 32, font_size + 1)
    figure.update_layout(
        title={"text": text},
        barmode="group",
        bargap=0.3,
        height=height or round(_NEXT_ROW * len(rows) + above + 6.5 * font_size),
        margin={"l": 40, "r": 16, "t": above + round(2 * font_size), "b": round(4 * font_size)},
        xaxis={"title": {"text": "probability (%)"}, "rangemode": "tozero"},
        yaxis={
            "tickvals": rows,
            "ticktext": [f"<b>{theme.plain_html(char)}</b>" for char in table["char"]],
            "autorange": "reversed",
            "showgrid": False,
            "zeroline": False,
            "ticklabelstandoff": 8,
        },
        legend={"y": 1, "yanchor": "bottom", "traceorder": "normal"},
        uirevision="expected",
    )
    return figure


def bits(table: pd.DataFrame, *, title: str, width: int = 780, font_size: int = 13) -> go.Figure:
    """Draws the surprise at a text that nobody has read, a bar a model; shorter is better.

    Args:
        table: "title", "bits" (a character) and "sees" (what) of each model, in order.
        title: what the figure shows, as a finding.
        width: of the figure, px.
        font_size: of the words, px.
    """
    rows = list(range(len(table)))
    values = table["bits"].tolist()
    best = min(values)
    text, above = labels.headline(title, width - 32, font_size + 1)
    names = [
        labels.shortened(f"{name}: sees {sees}", width - 40, font_size + 1)
        for name, sees in zip(table["title"], table["sees"], strict=True)
    ]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=rows,
            orientation="h",
            width=_BAR,
            marker={"color": [theme.BLUE if value == best else theme.GREY for value in values]},
            customdata=table["title"].map(theme.plain_html).tolist(),
            hovertemplate="%{customdata}: %{x:.4f} bits a character<extra></extra>",
        )
    )
    notes = [
        {
            "x": 0,
            "y": row - _BAR / 2,
            "text": theme.plain_html(name),
            "xanchor": "left",
            "yanchor": "bottom",
            "showarrow": False,
        }
        for row, name in enumerate(names)
    ]
    notes += [
        {
            "x": value,
            "y": row,
            "text": f"<b>{value:.4f}</b>",
            "xanchor": "left",
            "xshift": 6,
            "showarrow": False,
        }
        for row, value in enumerate(values)
    ]
    figure.update_layout(
        title={"text": text},
        height=_BAR_ROW * len(rows) + above + 72,
        margin={"l": 16, "r": 16, "t": above, "b": 56},
        annotations=notes,
        xaxis={
            "title": {"text": "surprise (bits a character), less is better"},
            "range": [0, 1.18 * max(values)],
        },
        yaxis={"range": [len(rows) - 0.5, -0.8], "visible": False},
        uirevision="bits",
    )
    return figure


def _image(values: np.ndarray, side: int) -> list[list[float | None]]:
    padded = np.full(side * side, np.nan)
    padded[: len(values)] = values
    return [
        [None if np.isnan(value) else round(float(value), _DECIMALS) for value in row]
        for row in padded.reshape(side, side)
    ]


def _note(x: float, y: float, text: str, size: int, **options: Any) -> dict[str, Any]:
    return {
        "x": x,
        "y": y,
        "xref": "paper",
        "yref": "paper",
        "text": text,
        "showarrow": False,
        "font": {"size": size},
        **options,
    }


def _arrow(x: float, y: float, ax: float, ay: float) -> dict[str, Any]:
    """Returns an arrow to a place, from so many px beside and below it."""
    return {
        "x": x,
        "y": y,
        "xref": "paper",
        "yref": "paper",
        "ax": ax,
        "ay": ay,
        "text": "",
        "showarrow": True,
        "arrowhead": 2,
        "arrowwidth": 2,
        "arrowcolor": theme.GREY,
        "standoff": 3,
    }
