"""What the filters of a convolutional net say of a sliding window, and the top n-grams of one."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard import theme
from dashboard.figures import labels
from dashboard.figures.frames import frame, heading, slider
from dashboard.figures.word_panel import BOLD

MOST_FRAMES = 120  # places that the browser plays
_MOST_BARS = 36_000  # of all frames together: they weigh 0.7 MB
_PANEL, _RUN = 220, 96  # px, what all filters say at a place; what one says along the review
_DECIMALS = 3  # of a value that is sent
_ROW = 27  # px, an n-gram of a list
_LIKED = "“%{customdata[0]}”: %{x:.2f}, in %{customdata[1]} reviews<extra></extra>"


def window(words: Sequence[str], place: int, size: int) -> list[str]:
    """Returns the words that a filter of one size sees around a place; "" beyond the review."""
    first = place - (size - 1) // 2
    return [words[at] if 0 <= at < len(words) else "" for at in range(first, first + size)]


def played(n_places: int, place: int, n_filters: int) -> range:
    """Returns the places with a frame: all of them, or as many as can be sent around one.

    Args:
        n_places: of the review.
        place: which one should be among them, in the middle if it can be.
        n_filters: bars of a frame.
    """
    most = min(MOST_FRAMES, max(_MOST_BARS // n_filters, 1))
    first = max(0, min(place - most // 2, n_places - most))
    return range(first, min(first + most, n_places))


def sliding_window(
    values: Mapping[int, np.ndarray],
    words: Sequence[str],
    *,
    chosen: tuple[int, int],
    place: int,
    width: int = 420,
    font_size: int = 13,
) -> go.Figure:
    """Draws what every filter says of the window, a panel for each size, with a frame a place.

    Below them runs what the chosen filter says along the whole review.

    Args:
        values: size -> f32[n, F], what each filter says of the window around each word; n > 0.
        words: n words.
        chosen: size and number of the filter that is drawn in the accent.
        place: of the window in the figure that is drawn first, from 0.
        width: of the figure, px.
        font_size: of the smallest letters, px.

    Returns:
        A figure with a frame for each of the places `played`, named by its number from 1. Traces:
        the bars of each size, the bars of the review's words, the point where the window is. A
        bar's custom data are a filter's size and number, and a place.
    """
    sizes = list(values)
    n_sizes = len(sizes)
    places = played(len(words), place, sum(said.shape[1] for said in values.values()))
    along = _rounded(values[chosen[0]][:, chosen[1]])
    rounded = {size: _rounded(said) for size, said in values.items()}
    is_whole = len(places) == len(words)  # then the slider's numbers serve the axis above it, too
    above_slider = font_size * (0.8 if is_whole else 2.2)
    gap, below = 5.6 * font_size, round(above_slider + 7.2 * font_size)
    # above the first heading is room for plotly's buttons
    margin = {**labels.margin(font_size, top=round(28 + 1.9 * font_size)), "b": below}
    plot = n_sizes * (_PANEL + gap) + _RUN
    room = width - margin["r"]

    def notes(at: int) -> list[str]:
        quotes = [_quoted(window(words, at, size), room, font_size + 1) for size in sizes]
        return [*quotes, f"<b>Filter {chosen[1] + 1}</b> along the review: {along[at]:.2f} here"]

    def moving(at: int) -> list[dict[str, Any]]:
        return [
            *(
                {
                    "type": "bar",
                    "y": rounded[size][at],
                    "customdata": [[size, number, at] for number in range(values[size].shape[1])],
                }
                for size in sizes
            ),
            {"type": "scatter", "x": [at + 1], "y": [along[at]]},
        ]

    figure = make_subplots(
        rows=n_sizes + 1,
        cols=1,
        row_heights=[_PANEL] * n_sizes + [_RUN],
        vertical_spacing=gap / plot,
    )
    first = moving(place)
    for row, (size, bars) in enumerate(zip(sizes, first, strict=False), start=1):
        numbers = np.arange(values[size].shape[1])
        is_chosen = (numbers == chosen[1]) & (size == chosen[0])
        figure.add_trace(
            {
                **bars,
                **_BARS,
                "x": (numbers + 1).tolist(),
                "marker": {
                    "color": np.where(is_chosen, theme.BLUE, theme.GREY).tolist(),
                    "line": {"width": 0},
                },
                "hovertemplate": "filter %{x}: %{y:.2f}<extra></extra>",
            },
            row=row,
            col=1,
        )
        figure.update_xaxes(_counting(len(numbers)), row=row)
    figure.add_trace(
        {
            **_BARS,
            "type": "bar",
            "x": list(range(1, len(words) + 1)),
            "y": along,
            "customdata": [[*chosen, at] for at in range(len(words))],
            "marker": {"color": theme.GREY, "line": {"width": 0}},
            "hovertext": [theme.plain_html(word) for word in words],
            "hovertemplate": "word %{x}, “%{hovertext}”: %{y:.2f}<extra></extra>",
        },
        row=n_sizes + 1,
        col=1,
    )
    figure.add_trace(
        {
            **first[-1],
            "mode": "markers",
            "marker": {"color": theme.BLUE, "size": 11},
            "cliponaxis": False,
            "hoverinfo": "skip",
            "showlegend": False,
        },
        row=n_sizes + 1,
        col=1,
    )
    figure.frames = [
        frame(
            str(at + 1),
            moving(at),
            [*range(n_sizes), n_sizes + 1],
            {"annotations": [{"text": text} for text in notes(at)]},
        )
        for at in places
    ]
    most = max(float(said.max()) for said in values.values())
    figure.update_yaxes(
        range=[0, 1.05 * (most or 1)], nticks=6, title_text="says", automargin=False
    )
    figure.update_yaxes(
        range=[0, 1.05 * (max(along) or 1)], nticks=3, title_text="", row=n_sizes + 1
    )
    figure.update_xaxes(automargin=False)
    figure.update_xaxes(title={"text": "filter", "standoff": 4}, row=n_sizes)
    figure.update_xaxes({**_counting(len(words)), "showticklabels": not is_whole}, row=n_sizes + 1)
    tops = [figure.layout[f"yaxis{row or ''}"].domain[1] for row in (0, *range(2, n_sizes + 2))]
    number = chosen[1] + 1
    figure.add_shape(  # where the chosen filter is, though it be silent
        type="rect",
        x0=number - 0.5,
        x1=number + 0.5,
        y0=0,
        y1=1,
        yref="y domain",
        fillcolor=theme.faded(theme.BLUE, 0.2),
        line={"width": 0},
        layer="below",
        row=sizes.index(chosen[0]) + 1,
        col=1,
    )
    figure.update_layout(
        height=round(plot) + margin["t"] + below,
        margin=margin,
        bargap=0.25,
        annotations=[
            {**heading(0, top, text), "xshift": -margin["l"]}
            for top, text in zip(tops, notes(place), strict=True)
        ],
        sliders=[
            slider(
                [str(at + 1) for at in places],
                [str(at + 1) for at in places],
                places.index(place),
                # the rail's ends stand in by 10 px; thus its steps lie below the bars
                pad={"t": above_slider, "b": 0, "l": -7, "r": -7},
                currentvalue={"prefix": "Window at word ", "xanchor": "left"},
            )
        ],
        uirevision="window",
        clickmode="event+select",
        hovermode="x",  # a silent filter has no bar to point at: its column stands for it
        dragmode=False,
    )
    return figure


# A click chooses a filter; it does not dim the others.
_BARS = {"showlegend": False, "unselected": {"marker": {"opacity": 1}}}


def top_ngrams(table: pd.DataFrame) -> go.Figure:
    """Draws the n-grams with the highest activation of one filter, the greatest on top.

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
        uirevision="top_ngrams",
    )
    return figure


def _counting(n: int) -> dict[str, Any]:
    """Returns an axis over the numbers 1 to n, with some ten whole ones written at it."""
    step = next((step for step in (1, 2, 5, 10, 20) if n <= 10 * step), 50)
    return {"range": [0.5, n + 0.5], "tick0": 0, "dtick": step}


def _rounded(values: np.ndarray) -> list[Any]:
    return np.round(np.asarray(values, float), _DECIMALS).tolist()


def _quoted(words: Sequence[str], room: float, font_size: float) -> str:
    """Returns what a window sees on one line, its middle in bold, as plotly's HTML."""
    size = len(words)
    said = f"{size} {'word' if size == 1 else 'words'}: “"
    font_size *= BOLD
    shown = [word or "·" for word in words]
    room -= labels.text_width(f"{said}{' ' * (size - 1)}”", font_size)
    widths = [labels.text_width(word, font_size) for word in shown]
    if sum(widths) > room:
        most = _cap(widths, room)
        shown = [labels.shortened(word, most, font_size) for word in shown]
    shown = [theme.plain_html(word) for word in shown]
    middle = (size - 1) // 2
    shown[middle] = f"<b>{shown[middle]}</b>"
    return f"{said}{' '.join(shown)}”"


def _cap(widths: Sequence[float], room: float) -> float:
    """Returns the width to which the widest are cut, so that all of them fill the room."""
    share = room
    for n_left, width in zip(range(len(widths), 0, -1), sorted(widths), strict=True):
        share = room / n_left
        if width > share:
            break
        room -= width
    return share
