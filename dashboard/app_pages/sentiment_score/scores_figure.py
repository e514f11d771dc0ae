"""What every model says of one text: a bar each, from the middle towards its side."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from dashboard import theme

_ROW, _EDGES = 48, 90  # px
_BAR = 0.42  # of a row; the model's name stands above it


def scores(
    table: pd.DataFrame, *, chosen: str | None = None, pinned: Sequence[float] | None = None
) -> go.Figure:
    """Draws the probability that a review is for the film, by each model.

    Args:
        table: "title" and "probability" (0 to 1) of each model, in the order to show.
        chosen: the title that is written in bold.
        pinned: probabilities of a second text, drawn as hollow diamonds.

    Returns:
        The figure; its bars begin at 50 %, where a model cannot tell.
    """
    titles = [theme.plain_html(title) for title in table["title"]]
    rows = list(range(len(titles)))
    percent = table["probability"].to_numpy() * 100
    figure = go.Figure(
        go.Bar(
            x=percent - 50,
            base=50,
            y=rows,
            orientation="h",
            width=_BAR,
            marker={"color": [theme.BLUE if value >= 50 else theme.VERMILION for value in percent]},
            customdata=list(zip(titles, percent, strict=True)),
            hovertemplate="%{customdata[0]}: %{customdata[1]:.2f} % for<extra></extra>",
            showlegend=False,
        )
    )
    if pinned is not None:
        figure.add_trace(
            go.Scatter(
                x=[value * 100 for value in pinned],
                y=rows,
                mode="markers",
                name="the pinned text",
                showlegend=True,
                marker={
                    "symbol": "diamond-open",
                    "size": 15,
                    "color": theme.ORANGE,
                    "line": {"width": 3},
                },
                customdata=titles,
                hovertemplate="%{customdata}: %{x:.2f} % for, of the pinned text<extra></extra>",
            )
        )
    bold = theme.plain_html(chosen) if chosen else None
    notes = [
        {
            "x": 0,
            "y": row - _BAR / 2,
            "text": f"<b>{title}</b>" if title == bold else title,
            "xanchor": "left",
            "yanchor": "bottom",
            "showarrow": False,
        }
        for row, title in zip(rows, titles, strict=True)
    ]
    notes += [
        {
            "x": max(value, 50),
            "y": row,
            "text": f"<b>{word(value)}</b>",
            "showarrow": False,
            "xanchor": "left",
            "xshift": 8,
        }
        for row, value in zip(rows, percent, strict=True)
    ]
    figure.update_layout(
        height=_ROW * len(titles) + _EDGES,
        annotations=notes,
        xaxis={
            "range": [-2, 132],
            "tickvals": [0, 25, 50, 75, 100],
            "ticktext": ["0 %", "25 %", "50 %", "75 %", "100 %"],
            "title": {"text": "probability: for the film"},
            "zeroline": False,
        },
        yaxis={"range": [len(titles) - 0.5, -0.8], "visible": False},
        shapes=[
            {
                "type": "line",
                "x0": 50,
                "x1": 50,
                "y0": row - _BAR / 2,  # beside the bar only: a long name stands across the middle
                "y1": row + _BAR / 2,
                "line": {"color": theme.GREY, "width": 2},
            }
            for row in rows
        ],
        uirevision="scores",
    )
    return figure


def word(percent: float) -> str:
    """Says on which side a model is, and how sure: "for, 93 %", "against, 81 %"."""
    side, sure = ("for", percent) if percent >= 50 else ("against", 100 - percent)
    return f"{side}, {sure:.0f} %"
