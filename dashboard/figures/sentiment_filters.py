"""What the filters of a convolutional net say of one window, and what excites one of them most."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard import theme

_PANEL, _EDGES = 220, 110  # px
_ROW = 27  # px, an n-gram of a list
_LIKED = "“%{customdata[0]}”: %{x:.2f}, in %{customdata[1]} reviews<extra></extra>"


def window_bars(
    values: Mapping[int, np.ndarray],
    windows: Mapping[int, Sequence[str]],
    *,
    chosen: tuple[int, int],
    most: float,
) -> go.Figure:
    """Draws what every filter says of the window around one word, a panel for each size.

    Args:
        values: size -> f32[F].
        windows: size -> the words in that window; "" where it reaches beyond the review.
        chosen: size and number of the filter that is drawn in the accent.
        most: the top of the scale, the same for every place of the window.

    Returns:
        The figure; a bar's custom data are its filter's size and number.
    """
    sizes = list(values)
    titles = [
        f"{size} {'word' if size == 1 else 'words'}: {_quoted(windows[size])}" for size in sizes
    ]
    figure = make_subplots(rows=len(sizes), cols=1, subplot_titles=titles, vertical_spacing=0.16)
    for row, size in enumerate(sizes, start=1):
        numbers = np.arange(len(values[size]))
        is_chosen = (numbers == chosen[1]) & (size == chosen[0])
        figure.add_trace(
            go.Bar(
                x=(numbers + 1).tolist(),
                y=np.asarray(values[size], float).tolist(),
                marker={
                    "color": np.where(is_chosen, theme.BLUE, theme.GREY).tolist(),
                    "line": {"width": 0},
                },
                customdata=[[size, int(number)] for number in numbers],
                hovertemplate="filter %{x}: %{y:.2f}<extra></extra>",
                showlegend=False,
            ),
            row=row,
            col=1,
        )
    figure.update_annotations(x=0, xanchor="left")
    figure.update_yaxes(range=[0, max(most, 1e-6) * 1.05], title_text="says")
    figure.update_xaxes(title_text="filter", row=len(sizes), col=1)
    figure.update_layout(
        height=max(_PANEL * len(sizes) + _EDGES, 480),
        bargap=0.25,
        uirevision="window",
        clickmode="event+select",
        dragmode=False,
    )
    return figure


def favourites(table: pd.DataFrame) -> go.Figure:
    """Draws the n-grams that excite one filter most, the strongest on top.

    Args:
        table: "ngram", "value" and "reviews", by rank.

    Returns:
        The figure; each n-gram stands in its bar's row.
    """
    names = [theme.plain_html(name) for name in table["ngram"]]
    rows = list(range(len(table)))
    figure = go.Figure(
        go.Bar(
            x=table["value"],
            y=rows,
            orientation="h",
            marker={"color": theme.faded(theme.BLUE, 0.35)},
            customdata=list(zip(names, table["reviews"], strict=True)),
            hovertemplate=_LIKED,
            showlegend=False,
        )
    )
    figure.update_layout(
        height=_ROW * len(table) + 90,
        annotations=[
            {"x": 0, "y": row, "text": name, "xanchor": "left", "xshift": 6, "showarrow": False}
            for row, name in zip(rows, names, strict=True)
        ],
        xaxis={"title": {"text": "what the filter says"}, "rangemode": "tozero"},
        yaxis={"range": [len(table) - 0.5, -0.5], "visible": False},
        margin={"t": 16},
        uirevision="favourites",
    )
    return figure


def _quoted(words: Sequence[str]) -> str:
    return "“" + " ".join(theme.plain_html(word) if word else "·" for word in words) + "”"
