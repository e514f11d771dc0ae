"""What a net holds after stories of two word orders, on a map."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures import labels

_MARKS = ("circle", "diamond")


def states(
    table: pd.DataFrame,
    *,
    place: str,
    year: str,
    title: str,
    statements: tuple[str, str],
    background: str = theme.LIGHT.background,
    height: int = theme.FIGURE_HEIGHT,
    width: int = 420,
    font_size: int = 13,
) -> go.Figure:
    """Draws a state as a point, the two orders of one meaning joined by a line.

    Args:
        table: a row a story: "place", "year", "order" (two of them), "x", "y".
        place: of the story in colour.
        year: of the story in colour.
        title: what the figure shows, as a finding.
        statements: how the story sounds in each order, in the order of their appearance.
        background: colour of the page, for an edge around words.
        height: of the figure, px.
        width: of the figure, px.
        font_size: of the words, px.

    Returns:
        Traces: the lines of all pairs, the chosen pair's line, then the points of each order and
        the chosen story's among them.
    """
    orders = list(dict.fromkeys(table["order"]))
    paired = table.pivot(index=["place", "year"], columns="order", values=["x", "y"])
    x, y = ([], [])
    for pair in paired.index:
        x += [*(float(paired.loc[pair, ("x", order)]) for order in orders), None]
        y += [*(float(paired.loc[pair, ("y", order)]) for order in orders), None]
    is_chosen = (table["place"] == place) & (table["year"] == year)
    chosen = table[is_chosen].set_index("order").loc[orders]
    figure = go.Figure(
        [
            go.Scatter(
                x=x,
                y=y,
                mode="lines",
                line={"color": theme.FAINT, "width": 1},
                hoverinfo="skip",
                showlegend=False,
            ),
            go.Scatter(
                x=chosen["x"].tolist(),
                y=chosen["y"].tolist(),
                mode="lines",
                line={"color": theme.BLUE, "width": 3},
                hoverinfo="skip",
                showlegend=False,
            ),
        ]
    )
    for order, mark in zip(orders, _MARKS, strict=True):
        of_order = table["order"] == order
        for rows, is_one in ((table[of_order & ~is_chosen], False), (chosen.loc[[order]], True)):
            figure.add_trace(
                go.Scatter(
                    name=theme.plain_html(order),
                    x=rows["x"].tolist(),
                    y=rows["y"].tolist(),
                    mode="markers",
                    marker={
                        "symbol": mark,
                        "size": 16 if is_one else 9,
                        "color": theme.BLUE if is_one else theme.GREY,
                        "opacity": 1 if is_one else 0.65,
                    },
                    customdata=rows[["place", "year"]].to_numpy().tolist(),
                    hovertemplate="%{customdata[0]}, %{customdata[1]}, %{fullData.name}"
                    "<extra></extra>",
                    showlegend=not is_one,
                )
            )
    text, above = labels.headline(title, width - 32, font_size + 1)
    figure.update_layout(
        title={"text": text},
        height=height,
        margin={"l": 48, "r": 12, "t": above + round(2.6 * font_size), "b": round(4 * font_size)},
        annotations=[
            _named(chosen.loc[order], line, chosen, labels.font(font_size, background), width)
            for order, line in zip(orders, statements, strict=True)
        ],
        xaxis={"title": {"text": "first principal component"}, "zeroline": False},
        yaxis={"title": {"text": "second"}, "zeroline": False},
        legend={"y": 1, "yanchor": "bottom"},
        uirevision="states",
    )
    return figure


def _named(
    point: pd.Series, line: str, chosen: pd.DataFrame, font: dict[str, Any], width: int
) -> dict[str, object]:
    """Writes a story beside its point, on the side that has more room."""
    is_left = point["x"] <= chosen["x"].mean()
    is_low = point["y"] <= chosen["y"].mean()
    text = labels.shortened(line, 0.55 * width, font["size"] + 1)
    return {
        "x": float(point["x"]),
        "y": float(point["y"]),
        "text": f"<b>{theme.plain_html(text)}</b>",
        "xanchor": "left" if is_left else "right",
        "yanchor": "top" if is_low else "bottom",
        "yshift": -10 if is_low else 10,
        "showarrow": False,
        "font": font,
    }
