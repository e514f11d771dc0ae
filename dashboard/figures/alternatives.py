"""What a net held likely at one place of a text."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures import labels

_SIGNS = {"\n": "↵", " ": "␣"}  # for what cannot be seen
OTHERS = "all others"
_ROW = 30  # px
_LEAST = 5e-5  # a share that counts as something


def sign(char: str) -> str:
    """Returns a character as it is shown alone: a space and the end of a line have signs."""
    return _SIGNS.get(char, char)


def likely(share: float) -> str:
    """Says how likely something is that can happen: as `theme.percent` does, in words at the ends.

    Args:
        share: above 0, at most 1.
    """
    return theme.percent(share).replace("<", "less than").replace(">", "more than")


def shares_at(
    taken: str,
    taken_share: float,
    likeliest: Sequence[str],
    shares: Sequence[float] | np.ndarray,
) -> pd.DataFrame:
    """Puts what could have come at a place into a table.

    Args:
        taken: the character that stands there.
        taken_share: its probability.
        likeliest: the likeliest characters, the best first.
        shares: their probabilities.

    Returns:
        A row a bar, in falling order, the others last: "char", "sign", "share", "is_taken".
    """
    rows = [
        {"char": char, "sign": sign(char), "share": float(share), "is_taken": char == taken}
        for char, share in zip(likeliest, shares, strict=True)
    ]
    if taken not in likeliest:
        rows.append({"char": taken, "sign": sign(taken), "share": taken_share, "is_taken": True})
    rest = 1.0 - sum(row["share"] for row in rows)
    if rest > _LEAST:
        rows.append({"char": OTHERS, "sign": OTHERS, "share": rest, "is_taken": False})
    return pd.DataFrame(rows)


def alternatives(
    table: pd.DataFrame, *, title: str, width: int = 460, font_size: int = 13
) -> go.Figure:
    """Draws the probabilities of what could have come at a place.

    Args:
        table: as `shares_at` gives it.
        title: what it shows.
        width: of the figure, px.
        font_size: of the words, px.

    Returns:
        The figure; the character that stands there has the colour and a mark.
    """
    rows = table.iloc[::-1]
    names = [
        f"<b>▸ {theme.plain_html(row.sign)}</b>" if row.is_taken else theme.plain_html(row.sign)
        for row in rows.itertuples()
    ]
    longest = max(labels.text_width(f"▸ {text}", font_size + 2) for text in table["sign"])
    heading, above = labels.headline(title, width - 32, font_size + 1)
    most = 100 * float(table["share"].max())
    texts = [likely(share) for share in rows["share"]]
    needs = labels.text_width(texts[int(rows["share"].argmax())], font_size + 1) + 12
    plot = max(width - longest - 48, 80)
    figure = go.Figure(
        go.Bar(
            x=(100 * rows["share"]).round(3).tolist(),
            y=list(range(len(rows))),
            orientation="h",
            marker={"color": [theme.BLUE if taken else theme.GREY for taken in rows["is_taken"]]},
            text=texts,
            textposition="outside",
            textfont={"size": font_size},
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    figure.update_layout(
        # from the figure's edge on, since the signs take much of the width from the bars
        title={"text": heading, "xref": "container", "x": 16 / width, "xanchor": "left"},
        height=round(above + _ROW * font_size / 13 * len(rows) + 56),
        margin={"l": round(longest) + 30, "r": 16, "t": above, "b": 52},
        bargap=0.3,
        xaxis={
            "title": {"text": "probability (%)"},
            "range": [0, most * plot / max(plot - needs, 40)],
            "zeroline": False,
            "nticks": 5,
        },
        yaxis={
            "tickvals": list(range(len(rows))),
            "ticktext": names,
            "tickfont": {"size": font_size + 2},
            "ticklabelstandoff": 6,
            "automargin": False,
            "showgrid": False,
            "fixedrange": True,
        },
        showlegend=False,
        uirevision="alternatives",
    )
    return figure
