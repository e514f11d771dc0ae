"""What each model says of one review: a dot each, on the right side of the middle or the wrong."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures import labels

_ROW, _ROOMY, _EDGES = 46, 60, 104  # px of a row, of one of few, above and below all
_FULL = 380  # px that few rows may fill
_SIDE, _NARROW = 48, 420  # px beside the rows and between their words; below it a phone
_ABOVE = 11  # px from a dot up to its model's name
_SIDES = ("against", "for")
_MARKS = {True: ("right", "circle", theme.BLUE), False: ("wrong", "x", theme.VERMILION)}


def dots(
    said: pd.DataFrame,
    *,
    label: int,
    chosen: str | None = None,
    width: int = 600,
    font_size: int = 13,
) -> go.Figure:
    """Draws the probability that a review is for the film, by each model.

    Args:
        said: "title", "probability" (0 to 1) and "is_right" of each model, in the order to show.
        label: 1 if the review is for the film, 0 if against.
        chosen: the title that is written in bold.
        width: of the figure, px.
        font_size: of the words, px.

    Returns:
        The figure: the half where the truth lies is shaded; a wrong model has a cross and says so.
    """
    rows = list(range(len(said)))
    percent = 100 * said["probability"].to_numpy(float)
    figure = go.Figure([_marks(said, percent, is_right) for is_right in _MARKS])
    row_height = max(_ROW, min(_ROOMY, _FULL / max(len(said), 1))) * font_size / 13
    above = _ABOVE / row_height
    decimals = 0 if width < _NARROW else 1  # a phone's room is for the names
    notes: list[dict[str, Any]] = []
    for row, one in zip(rows, said.itertuples(), strict=True):
        verdict = f"{percent[row]:.{decimals}f} %, {_MARKS[bool(one.is_right)][0]}"
        room = width - _SIDE - labels.text_width(verdict, font_size + 2)
        name = labels.shortened(one.title, room, font_size + 2)
        line = {"y": row - above, "yanchor": "bottom", "showarrow": False}
        line["font"] = {"size": font_size + 1}
        notes += [
            line | {"x": 0, "xanchor": "left", "text": _bold(name, one.title == chosen)},
            line | {"x": 100, "xanchor": "right", "text": _bold(verdict, not one.is_right)},
        ]
    truth = 75 if label else 25
    notes.append(
        {
            "x": truth,
            "y": 1,
            "yref": "paper",
            "yanchor": "bottom",
            "yshift": 4,
            "text": f"<b>the writer is {_SIDES[label]}</b>",
            "showarrow": False,
            "font": {"size": font_size + 1},
        }
    )
    figure.update_layout(
        height=round(row_height * len(said)) + _EDGES,
        margin={"l": 16, "r": 16, "t": 36, "b": 16},
        annotations=notes,
        shapes=[
            {
                "type": "rect",
                "x0": truth - 25,
                "x1": truth + 25,
                "yref": "paper",
                "y0": 0,
                "y1": 1,
                "layer": "below",
                "line": {"width": 0},
                "fillcolor": theme.faded(theme.GREY, 0.16),
            },
            *(_line(x0=0, x1=100, y0=row, y1=row) for row in rows),
            # the middle, in each row alone: a line through all of them would cross the names
            *(
                _line(x0=50, x1=50, y0=row - above, y1=row + above)
                | {"line": {"color": theme.GREY, "width": 2}}
                for row in rows
            ),
        ],
        xaxis={
            "range": [-2, 102],
            "tickvals": [0, 25, 50, 75, 100],
            "ticktext": ["0 %", "25 %", "50 %", "75 %", "100 %"],
            "title": {"text": "probability: for the film"},
            "showgrid": False,
            "zeroline": False,
        },
        yaxis={"range": [len(said) - 0.6, -0.7], "visible": False, "fixedrange": True},
        showlegend=False,
        uirevision="dots",
    )
    return figure


def _marks(said: pd.DataFrame, percent: Any, is_right: bool) -> go.Scatter:
    word, symbol, colour = _MARKS[is_right]
    some = (said["is_right"] == is_right).to_numpy(bool)
    return go.Scatter(
        name=word,
        x=percent[some],
        y=some.nonzero()[0],
        mode="markers",
        marker={"symbol": symbol, "size": 14, "color": colour},
        customdata=[theme.plain_html(title) for title in said["title"][some]],
        hovertemplate=f"%{{customdata}}: %{{x:.2f}} % for, {word}<extra></extra>",
        cliponaxis=False,
    )


def _bold(text: str, is_bold: bool) -> str:
    html = theme.plain_html(text)
    return f"<b>{html}</b>" if is_bold else html


def _line(**ends: Any) -> dict[str, Any]:
    return {
        "type": "line",
        "layer": "below",
        "line": {"color": theme.FAINT, "width": 1},
        **ends,
    }
