"""Several nets' trainings side by side, and what such figures share with that of one net."""

import textwrap
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures import labels, line_ends
from dashboard.figures.frames import STACKED_BELOW

_SYMBOLS = {"circle": "●", "square": "■", "diamond": "◆", "triangle-up": "▲", "x": "✕", "star": "★"}


def nets(
    table: pd.DataFrame,
    *,
    chosen: str,
    title: str,
    ngram: float | None = None,
    width: int = 780,
    font_size: int = 13,
) -> go.Figure:
    """Draws the surprise of several nets at text that they never saw, epoch by epoch.

    Args:
        table: a row a net and epoch: "title", "epoch", "held_out_bits".
        chosen: title of the net in colour.
        title: what the figure shows, as a finding.
        ngram: bits a character of a model that only counts.
        width: of the figure, px.
        font_size: of the words, px.

    Returns:
        The figure, from the first epoch on: before it all nets guess.
    """
    seen = table[table["epoch"] > 0]
    titles = list(dict.fromkeys(seen["title"]))
    values = seen["held_out_bits"].tolist() + ([ngram] if ngram is not None else [])
    low, high = labels.padded(np.array(values, float), 0.05)
    last = max(int(seen["epoch"].max()) if len(seen) else 1, 1)
    figure, ends = go.Figure(), []
    room = 0.26 * width
    for place in sorted(range(len(titles)), key=lambda place: titles[place] == chosen):
        name, is_chosen = titles[place], titles[place] == chosen
        rows = seen[seen["title"] == name].sort_values("epoch")
        symbol, letter = list(_SYMBOLS.items())[place % len(_SYMBOLS)]
        figure.add_trace(
            go.Scatter(
                name=theme.plain_html(name),
                x=rows["epoch"].tolist(),
                y=rows["held_out_bits"].astype(float).round(4).tolist(),
                mode="lines+markers",
                line={
                    "color": theme.BLUE if is_chosen else theme.GREY,
                    "width": 4 if is_chosen else 1.5,
                },
                marker={"symbol": symbol, "size": 10 if is_chosen else 7},
                hovertemplate="%{fullData.name}<br>epoch %{x}: %{y:.3f} bits<extra></extra>",
            )
        )
        lines = textwrap.wrap(name, max(8, int(room / (0.5 * font_size))))[:3]
        html = f"{letter} " + "<br>".join(map(theme.plain_html, lines))
        ends.append(
            (float(rows["held_out_bits"].iloc[-1]), f"<b>{html}</b>" if is_chosen else html)
        )
    if ngram is not None:
        ends.append((ngram, "counting"))
    heading, above = labels.headline(title, width - 32, font_size + 1)
    height = 620 if width < STACKED_BELOW else 560
    margin = {"l": 64, "r": round(room + 1.6 * font_size), "t": above + 8, "b": 64}
    n_lines = max((end.count("<br>") + 1 for _, end in ends), default=1)
    figure.update_layout(
        title={"text": heading},
        height=height,
        margin=margin,
        annotations=line_ends.end_labels(
            ends, (low, high), margin, font_size, n_lines=n_lines, height=height
        ),
        shapes=counting_line(ngram, 0.0, 1.0),
        xaxis={
            "title": {"text": "epoch of training"},
            "range": [1 - 0.04 * last, 1.03 * last] if last > 1 else [0.5, 1.5],
            "dtick": epoch_step(last, width - margin["l"] - margin["r"], font_size),
            "zeroline": False,
        },
        yaxis={
            "title": {"text": "bits a character, held-out text"},
            "range": [low, high],
            "automargin": False,
        },
        showlegend=False,
        uirevision="nets",
    )
    return figure


def counting_line(ngram: float | None, left: float, right: float) -> list[dict[str, Any]]:
    """Returns the line of a model that only counts, as shapes of a figure.

    Args:
        ngram: its bits a character; None for no line.
        left: where the line begins, as a share of the figure's inner width.
        right: where it ends.
    """
    if ngram is None:
        return []
    line = {"color": theme.GREY, "width": 2, "dash": "dashdot"}
    return [
        {"type": "line", "xref": "paper", "x0": left, "x1": right, "y0": ngram, "y1": ngram}
        | {"line": line}
    ]


def epoch_step(last: int, across: float, font_size: float) -> int:
    """Returns a distance of ticks at which their numbers do not touch."""
    most = max(across / (3 * font_size), 1)
    return next((step for step in (1, 2, 5, 10, 20, 50) if last / step <= most), last)
