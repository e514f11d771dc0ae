"""Maps of the same words side by side, by perplexity and seed: what stays, and what is chance."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures import labels, word_panel
from dashboard.figures.frames import STACKED_BELOW

N_ENDS = 10  # most and least stable words
_GAP = 0.012  # between panels, share of the plot
_ROW = 26  # px, of a bar


def grid(
    words: Sequence[str],
    maps: np.ndarray,
    perplexities: Sequence[float],
    seeds: Sequence[int],
    *,
    accents: Sequence[int] = (),
    width: int = 780,
    font_size: int = 13,
    background: str = theme.LIGHT.background,
) -> go.Figure:
    """Draws a panel a map: a row of panels a perplexity, a column a seed.

    Args:
        words: N words.
        maps: f[P, S, N, 2], each aligned onto the first.
        perplexities: P of them, for the rows.
        seeds: S of them, for the columns.
        accents: rows of words in the same colour, symbol and with a label in every panel.
        width: of the figure, px.
        font_size: of the labels, px.
        background: of the page.

    Returns:
        A figure with two traces a panel, all words and the words in colour, row by row. Panels of
        a row share their scale.
    """
    n_rows, n_columns = len(perplexities), len(seeds)
    is_narrow = width < STACKED_BELOW
    side = (width - 40) / n_columns
    height = round(n_rows * max(side * (1.0 if is_narrow else 0.72), 120) + 70)
    margin = {"l": 34, "r": 6, "t": 64 if is_narrow else 34, "b": 6, "autoexpand": False}
    size = labels.Size(
        (width - 40) / n_columns - _GAP * width, (height - 40) / n_rows - _GAP * height
    )
    accents = list(dict.fromkeys(accents))[: word_panel.MOST_ACCENTS]
    font = labels.font(font_size, background)
    # In a narrow panel the labels would cover the map: the legend says the same.
    named = [] if is_narrow else accents
    figure = go.Figure()
    for down in range(n_rows):
        every = maps[down].reshape(-1, 2)
        across, up = word_panel.extent(every, size)
        for right in range(n_columns):
            number = down * n_columns + right
            suffix = "" if number == 0 else str(number + 1)
            axes = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
            points = maps[down, right].astype(np.float32)
            figure.add_trace(
                {
                    "type": "scattergl" if len(words) * n_rows * n_columns > 6000 else "scatter",
                    "x": points[:, 0],
                    "y": points[:, 1],
                    "mode": "markers",
                    "marker": {"color": theme.GREY, "size": 3, "opacity": 0.55},
                    "hovertext": [theme.plain_html(word) for word in words],
                    "hoverinfo": "text",
                    "showlegend": False,
                    **axes,
                }
            )
            spot = {"x": points[accents, 0], "y": points[accents, 1]}
            places = _sides(words, points, named, across, up, size, font_size)
            trace = word_panel.accent_trace(words, spot, accents, places, font)
            trace["text"] = [
                text if row in places else ""
                for row, text in zip(accents, trace["text"], strict=True)
            ]
            trace["marker"] = {**trace["marker"], "size": 9}
            trace["hovertext"] = [theme.plain_html(words[row]) for row in accents]
            figure.add_trace({**trace, **axes, "showlegend": False})
            bare = {"showticklabels": False, "showgrid": False, "zeroline": False, "ticks": ""}
            box = {**bare, "showline": True, "mirror": True, "linecolor": theme.GREY}
            figure.update_layout(
                {
                    f"xaxis{suffix}": {
                        **box,
                        "range": across,
                        "domain": _part(right, n_columns),
                        "anchor": axes["yaxis"],
                    },
                    f"yaxis{suffix}": {
                        **box,
                        "range": up,
                        "domain": _part(n_rows - 1 - down, n_rows),
                        "anchor": axes["xaxis"],
                    },
                }
            )
    if is_narrow:
        for place, row in enumerate(accents):
            figure.add_trace(
                go.Scatter(
                    x=[None],
                    y=[None],
                    mode="markers",
                    name=theme.plain_html(words[row]),
                    marker={
                        "color": word_panel.ACCENTS[place],
                        "symbol": word_panel.SYMBOLS[place],
                        "size": 9,
                    },
                )
            )
    figure.update_layout(
        height=height,
        margin=margin,
        showlegend=is_narrow and bool(accents),
        legend={"y": 1, "yanchor": "bottom", "yref": "paper", "borderwidth": 0},
        annotations=[
            *(
                _note(
                    (_part(right, n_columns)[0] + _part(right, n_columns)[1]) / 2,
                    1,
                    f"seed {seed}",
                    xanchor="center",
                    yanchor="bottom",
                )
                for right, seed in enumerate(seeds)
                if not is_narrow
            ),
            *(
                _note(
                    0,
                    sum(_part(n_rows - 1 - down, n_rows)) / 2,
                    f"perplexity {perplexity:g}",
                    xanchor="right",
                    yanchor="middle",
                    xshift=-8,
                    textangle=-90,
                )
                for down, perplexity in enumerate(perplexities)
            ),
        ],
        dragmode="pan" if not is_narrow else False,
        uirevision=f"grid {len(words)} {n_rows} {n_columns}",
    )
    return figure


def stability(table: pd.DataFrame, n: int = N_ENDS) -> go.Figure:
    """Draws the words that keep their neighbours from map to map, and those that do not.

    Args:
        table: columns word and stability, from 0 to 1.
        n: words at each end; all of them if there are no more than twice as many.

    Returns:
        Bars, the most stable word on top. Trace 0 holds them.
    """
    order = table.sort_values("stability", ascending=False, kind="stable")
    is_cut = len(order) > 2 * n
    shown = pd.concat([order.iloc[:n], order.iloc[-n:]]) if is_cut else order
    levels = [
        -float(place) - (1.0 if is_cut and place >= n else 0.0) for place in range(len(shown))
    ]
    figure = go.Figure(
        go.Bar(
            x=shown["stability"].to_numpy(np.float64),
            y=levels,
            orientation="h",
            marker={"color": theme.GREY},
            text=[f"{100 * share:.0f} %" for share in shown["stability"]],
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    figure.update_layout(
        height=round(_ROW * (len(shown) + 1) + 90),
        xaxis={
            "title": {"text": "Share of 10 map neighbours kept from map to map"},
            "range": [0, 1.12],
            "tickformat": ".0%",
            "tickvals": [0, 0.5, 1],
            "fixedrange": True,
        },
        yaxis={
            "tickmode": "array",
            "tickvals": levels,
            "ticktext": [theme.plain_html(labels.shortened(w, 150, 13)) for w in shown["word"]],
            "showgrid": False,
            "fixedrange": True,
        },
        dragmode=False,
        uirevision="stability",
    )
    if is_cut:
        figure.add_annotation(
            x=0,
            y=-float(n),
            xanchor="left",
            text=f"<i>{theme.count(len(order) - 2 * n)} more words</i>",
            showarrow=False,
        )
    return figure


def _part(place: int, of: int) -> list[float]:
    size = (1 - _GAP * (of - 1)) / of
    start = place * (size + _GAP)
    return [start, min(1.0, start + size)]


def _sides(
    words: Sequence[str],
    points: np.ndarray,
    named: Sequence[int],
    across: Sequence[float],
    up: Sequence[float],
    size: labels.Size,
    font_size: int,
) -> dict[int, str]:
    """Returns on which side of its point each label goes; words without room are left out."""
    spots = points[list(named)].astype(np.float64)
    found = labels.place(
        (spots[:, 0] - across[0]) / (across[1] - across[0]),
        (spots[:, 1] - up[0]) / (up[1] - up[0]),
        [words[row] for row in named],
        smallest=size,
        largest=size,
        font_size=font_size * word_panel.BOLD,
        limit=len(named),
    )
    return {named[label.index]: labels.textposition(label) for label in found}


def _note(x: float, y: float, text: str, **options: object) -> dict[str, object]:
    return {
        "x": x,
        "y": y,
        "xref": "paper",
        "yref": "paper",
        "text": text,
        "showarrow": False,
        **options,
    }
