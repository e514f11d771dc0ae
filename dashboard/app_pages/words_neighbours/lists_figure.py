"""Lists of words from several sets side by side, with lines between those that they share."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures import labels

SHARED, INPUT = "\N{BLACK CIRCLE}", "\N{BLACK DIAMOND}"  # marks, as colour alone tells too little
NARROWEST = 172  # px that a list needs
GAP = 34  # px between lists, where the lines run
_ROW = 42  # px of a word on a page; more room is shared out
_HEAD = 1.75  # rows that the name of a set takes
_BAR = 0.15  # of a row
SIDE = 32  # px of the figure's margins


@dataclasses.dataclass(frozen=True)
class Panel:
    """One list.

    Attributes:
        title: of the set.
        subtitle: what it has learned from.
        values: what the numbers beside the words are.
        table: word, rank, cosine, nearest first; is_shared and is_input as far as they are known;
            `note`, a text a word, where something stands beside its cosine; `hover`, lines more.
    """

    title: str
    subtitle: str
    table: pd.DataFrame
    values: str = "cosine"


def n_across(n_panels: int, width: int, narrowest: int = NARROWEST) -> int:
    """Returns how many panels stand in one row of a figure, as evenly as they can."""
    fitting = max(1, min(n_panels, (width - SIDE + GAP) // (narrowest + GAP)))
    n_rows = -(-n_panels // fitting)
    return -(-n_panels // n_rows)


def word_lists(
    panels: Sequence[Panel], *, title: str, width: int = 780, font_size: int = 14
) -> go.Figure:
    """Draws lists of words with their cosines as bars.

    Args:
        panels: at least one.
        title: what they show, as a finding.
        width: of the figure, px; lists stand side by side as far as it allows.
        font_size: of the words, px.

    Returns:
        Each word over a bar from 0 to 1. Words that stand in several lists carry a mark and the
        accent colour, and lines join them between neighbouring lists; words of the question carry
        another mark.
    """
    across = n_across(len(panels), width, round(NARROWEST * font_size / 14))
    down = -(-len(panels) // across)
    plot = max(width - SIDE, NARROWEST)
    size = (plot - GAP * (across - 1)) / across
    n_rows = max((len(panel.table) for panel in panels), default=1)
    block = n_rows + _HEAD + 0.4
    lefts = [(number % across) * (size + GAP) for number in range(len(panels))]
    tops = [-(number // across) * block for number in range(len(panels))]

    figure = go.Figure()
    _add_links(figure, panels, lefts, tops, size)
    for panel, left, top in zip(panels, lefts, tops, strict=True):
        _add_panel(figure, panel, left, top, size, font_size)
    heads = [
        _head(panel, left, top, size, font_size)
        for panel, left, top in zip(panels, lefts, tops, strict=True)
    ]
    wanted = down * block * _ROW * font_size / 14
    least = theme.FIGURE_HEIGHT if n_rows >= 8 else 0
    text, above = labels.headline(title, plot, font_size)
    figure.update_layout(
        annotations=heads,
        title={"text": text},
        height=round(max(wanted + above + 12, least)),
        margin={"l": 16, "r": 16, "t": above, "b": 8},
        xaxis={"range": [0, plot], "visible": False, "fixedrange": True},
        yaxis={"range": [-down * block + 0.3, 0.1], "visible": False, "fixedrange": True},
        barmode="overlay",
        dragmode=False,
        hovermode="closest",
        showlegend=False,
        uirevision="word-lists",
    )
    return figure


def _add_links(
    figure: go.Figure,
    panels: Sequence[Panel],
    lefts: Sequence[float],
    tops: Sequence[float],
    size: float,
) -> None:
    """Joins what two lists that stand side by side share."""
    x: list[float | None] = []
    y: list[float | None] = []
    for number in range(len(panels) - 1):
        if tops[number] != tops[number + 1]:
            continue
        here, there = (panels[place].table["word"] for place in (number, number + 1))
        place = {word: row for row, word in enumerate(there)}
        for row, word in enumerate(here):
            if word not in place:
                continue
            begin, end = lefts[number] + size + 2, lefts[number + 1] - 4
            x += [begin, end, None]
            y += [_level(tops[number], row), _level(tops[number], place[word]), None]
    if x:
        figure.add_trace(
            go.Scatter(
                x=x,
                y=y,
                mode="lines",
                line={"color": theme.BLUE, "width": 2},
                hoverinfo="skip",
            )
        )


def _add_panel(
    figure: go.Figure, panel: Panel, left: float, top: float, size: float, font_size: int
) -> None:
    table = panel.table
    is_shared, is_input = _flag(table, "is_shared"), _flag(table, "is_input")
    notes = table["note"].tolist() if "note" in table else [""] * len(table)
    values = [
        f"{cosine:.2f}{f' · {note}' if note else ''}".replace("-", theme.MINUS)
        for cosine, note in zip(table["cosine"], notes, strict=True)
    ]
    marks = np.where(is_input, f"{INPUT} ", np.where(is_shared, f"{SHARED} ", ""))
    beside = max((labels.text_width(value, font_size) for value in values), default=0)
    room = size - beside - 8
    words = [
        labels.shortened(f"{mark}{word}", room, font_size)
        for mark, word in zip(marks, table["word"], strict=True)
    ]
    level = np.array([_level(top, row) for row in range(len(table))])
    colours = np.where(is_input, theme.ORANGE, np.where(is_shared, theme.BLUE, theme.GREY))
    hover = _hover(table)
    for name, base, length, colour in (
        ("track", 0, np.full(len(table), size), theme.FAINT),
        ("cosine", 0, size * np.clip(table["cosine"].to_numpy(np.float64), 0, 1), colours),
    ):
        figure.add_trace(
            go.Bar(
                name=name,
                x=length,
                y=level - 0.42,
                base=np.full(len(table), left + base),
                width=_BAR if name == "cosine" else 0.03,
                orientation="h",
                marker={"color": colour, "line": {"width": 0}},
                customdata=hover,
                hovertemplate="%{customdata}<extra></extra>",
            )
        )
    for x, texts, position in ((left, words, "middle right"), (left + size, values, "middle left")):
        figure.add_trace(
            go.Scatter(
                x=np.full(len(table), x),
                y=level,
                mode="text",
                text=[theme.plain_html(text) for text in texts],
                textposition=position,
                textfont={"size": font_size},
                customdata=hover,
                hovertemplate="%{customdata}<extra></extra>",
                cliponaxis=False,
            )
        )


def _head(panel: Panel, left: float, top: float, size: float, font_size: int) -> dict[str, Any]:
    small = max(font_size - 1, theme.MINIMUM_FONT)
    title = theme.plain_html(labels.shortened(panel.title, size, font_size + 2))
    below = "<br>".join(
        theme.plain_html(labels.shortened(line, size, small))
        for line in (panel.subtitle, panel.values)
    )
    return {
        "x": left,
        "y": top,
        "xanchor": "left",
        "yanchor": "top",
        "align": "left",
        "showarrow": False,
        "text": f"<b>{title}</b><br><span style='font-size:{small}px'>{below}</span>",
        "font": {"size": font_size + 1},
    }


def _level(top: float, row: int) -> float:
    return top - _HEAD - row - 0.35


def _flag(table: pd.DataFrame, name: str) -> np.ndarray:
    return table[name].to_numpy(bool) if name in table else np.zeros(len(table), bool)


def _hover(table: pd.DataFrame) -> list[str]:
    more = table["hover"] if "hover" in table else [""] * len(table)
    return [
        "<br>".join(
            [
                f"<b>{theme.plain_html(word)}</b>",
                f"cosine {cosine:.3f}",
                f"rank {theme.count(int(rank))} by frequency",
                *([theme.plain_html(line)] if line else []),
            ]
        )
        for word, cosine, rank, line in zip(
            table["word"], table["cosine"], table["rank"], more, strict=True
        )
    ]
