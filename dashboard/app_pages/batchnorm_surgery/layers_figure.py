"""Batch norm put into a trained net: what each layer notices, and its values before and after."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures import labels, line_ends

FLOOR = 1e-9  # smaller differences, and none at all, are drawn here
UNNOTICED = 1e-4  # relative difference that the lab allows an exact recipe
_HEIGHT = 600  # px
_NARROW = 560  # px of the figure, below which names are short
_CEILING = 1e12  # larger differences, and infinite ones, are drawn here
_SYMBOLS = {"circle": "●", "square": "■", "diamond": "◆", "triangle-up": "▲"}


def relative(value: float) -> str:
    """Formats a relative difference: as a percentage, as times, or as a power of ten."""
    if not np.isfinite(value):
        return "beyond all numbers"
    if value < FLOOR:
        return "0"
    if value < 1e-4:
        return f"{value:.0e}".replace("e-0", "e-").replace("-", theme.MINUS)
    if value < 10:
        return f"{100 * value:.2g} %" if value < 0.995 else f"{100 * value:.0f} %"
    return f"{value:,.0f}×" if value < 1e6 else f"{value:.0e}×".replace("+0", "").replace("+", "")


def differences(
    table: pd.DataFrame,
    *,
    names: Mapping[str, str],
    chosen: str,
    title: str,
    width: int = 780,
    font_size: int = 13,
) -> go.Figure:
    """Draws how far each layer's values are from those without batch norm, a line a recipe.

    Args:
        table: a row a recipe and layer, in the order of the net: "recipe", "layer", "relative"
            (largest difference, as a share of the largest value).
        names: recipe -> what it is called at the end of its line.
        chosen: the recipe in colour.
        title: what the figure shows, as a finding.
        width: of the figure, px.
        font_size: of the words, px.

    Returns:
        The figure, with powers of ten at even distances.
    """
    is_narrow = width < _NARROW
    size = font_size if is_narrow else font_size + 2
    layers = list(dict.fromkeys(table["layer"]))
    heights = np.log10(table["relative"].fillna(np.inf).clip(FLOOR, _CEILING))
    table = table.assign(height=heights, at=table["layer"].map(layers.index) + 1)
    low = float(np.floor(min(heights.min(), np.log10(UNNOTICED)) - 1))  # room for the words
    high = float(np.ceil(max(heights.max(), 0.0) + 0.3))
    figure, ends = go.Figure(), []
    recipes = [name for name in names if (table["recipe"] == name).any()]
    for name in sorted(recipes, key=chosen.__eq__):
        rows = table[table["recipe"] == name].sort_values("at")
        is_chosen = name == chosen
        symbol, letter = list(_SYMBOLS.items())[recipes.index(name) % len(_SYMBOLS)]
        figure.add_trace(
            go.Scatter(
                name=theme.plain_html(names[name]),
                x=rows["at"].tolist(),
                y=rows["height"].round(3).tolist(),
                mode="lines+markers",
                line={
                    "color": theme.BLUE if is_chosen else theme.GREY,
                    "width": 5 if is_chosen else 2,
                },
                marker={"size": 10 if is_chosen else 7, "symbol": symbol},
                cliponaxis=False,
                customdata=list(
                    zip(
                        rows["layer"].map(theme.plain_html),
                        rows["relative"].fillna(np.inf).map(relative),
                        strict=True,
                    )
                ),
                hovertemplate="%{customdata[0]}: %{customdata[1]}<extra>%{fullData.name}</extra>",
            )
        )
        last = rows.iloc[-1]
        text = (
            f"{letter} {theme.plain_html(names[name])}<br>"
            f"{relative(float(last['relative']) if pd.notna(last['relative']) else np.inf)}"
        )
        ends.append((float(last["height"]), f"<b>{text}</b>" if is_chosen else text))
    heading, above = labels.headline(title, width - 32, font_size + 1)
    side = max(labels.text_width(f"● {names[name]}", size) for name in recipes) * 1.06
    margin = {"l": round(5.4 * size), "r": round(side + 12), "t": above + 8}
    margin["b"] = round(3.2 * size + 24)
    step = 2 if high - low > 7 else 1
    ticks = np.arange(step * np.ceil(low / step), high + 1, step)  # 100 % is among them
    figure.update_layout(
        title={"text": heading},
        height=_HEIGHT,
        margin=margin,
        xaxis={
            "title": {"text": "layer, from the photo to the answer"},
            "range": [0.5, max(len(layers), 2) + 0.3],
            "tickfont": {"size": size},
            "dtick": max(1, round(len(layers) / (4 if is_narrow else 12))),
            "tick0": 1,
            "showgrid": False,
            "zeroline": False,
            "automargin": False,
        },
        yaxis={
            "title": {"text": "difference, share of the largest value", "standoff": 4},
            "range": [low, high],
            "tickvals": ticks.tolist(),
            "ticktext": [
                ("≥ " if tick == np.log10(_CEILING) else "") + _tick(tick) for tick in ticks
            ],
            "tickfont": {"size": size},
            "zeroline": False,
            "automargin": False,
        },
        shapes=[
            {
                "type": "rect",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": low,
                "y1": np.log10(UNNOTICED),
                "fillcolor": theme.faded(theme.GREY, 0.14),
                "line": {"width": 0},
                "layer": "below",
            }
        ],
        annotations=[
            *line_ends.end_labels(ends, (low, high), margin, size, n_lines=2, height=_HEIGHT),
            {
                "x": 0.01,
                "xref": "paper",
                "xanchor": "left",
                "y": low,
                "yanchor": "bottom",
                "text": "grey: too small to notice",
                "font": {"size": size},
                "showarrow": False,
            },
        ],
        showlegend=False,
        uirevision="differences",
    )
    return figure


def activations(
    table: pd.DataFrame, *, title: str, width: int = 780, font_size: int = 13
) -> go.Figure:
    """Draws a layer's values before the surgery as an outline, and after it as bars.

    Args:
        table: a row a stage and bar: "stage" ("before" or "after"), "left", "right", "count".
        title: of the figure.
        width: of the figure, px.
        font_size: of the words, px.

    Returns:
        The figure. The share of the values grows by factors: most values behind a relu are 0.
    """
    size = font_size + 2 if width >= _NARROW else font_size
    shares = table["count"] / table.groupby("stage")["count"].transform("sum").clip(lower=1)
    table = table.assign(percent=100 * shares)
    before, after = (table[table["stage"] == stage] for stage in ("before", "after"))
    positive = table.loc[table["percent"] > 0, "percent"]
    low = float(np.log10(positive.min())) - 0.3 if len(positive) else -3.0
    edges = np.append(before["left"].to_numpy(), before["right"].to_numpy()[-1:])
    heights = before["percent"].clip(lower=10**low).to_numpy()
    figure = go.Figure(
        [
            go.Bar(
                name="after",
                x=((after["left"] + after["right"]) / 2).tolist(),
                y=after["percent"].tolist(),
                width=(after["right"] - after["left"]).tolist(),
                customdata=after[["left", "right"]].to_numpy(),
                marker={"color": theme.BLUE, "line": {"width": 0}},
                hovertemplate="after, %{customdata[0]:.3g} to %{customdata[1]:.3g}: %{y:.3g} %"
                "<extra></extra>",
            ),
            go.Scatter(
                name="before",
                x=np.repeat(edges, 2).tolist(),
                y=[10**low, *np.repeat(heights, 2).tolist(), 10**low],
                mode="lines",
                line={"color": theme.ORANGE, "width": 3},
                hoverinfo="skip",
            ),
        ]
    )
    text, above = labels.headline(title, width - 32, font_size + 1)
    figure.update_layout(
        title={"text": text},
        height=420,
        margin={"l": round(5 * size), "r": 12, "t": above, "b": round(3.2 * size + 20)},
        bargap=0,
        xaxis={
            "title": {"text": "value of the activation"},
            "tickfont": {"size": size},
            "automargin": False,
        },
        yaxis={
            "type": "log",
            "title": {"text": "share of the values (%)"},
            "range": [low, 2.1],
            "tickfont": {"size": size},
            "dtick": 1,
            "tickformat": "~g",
            "automargin": False,
        },
        showlegend=False,
        uirevision="activations",
    )
    return figure


def answers(table: pd.DataFrame, *, width: int = 780, font_size: int = 13) -> go.Figure:
    """Draws what a net says of one photo, without and with batch norm.

    Args:
        table: a row a net: "net" (in words), "cat" and "dog" (shares of 1; missing where the net
            gives no numbers).
        width: of the figure, px.
        font_size: of the words, px.

    Returns:
        The figure: a bar a net, its left part cat and its right part dog.
    """
    size = font_size + 2
    nets = [theme.plain_html(name) for name in table["net"]]
    figure = go.Figure()
    for name, colour in (("cat", theme.BLUE), ("dog", theme.ORANGE)):
        shares = table[name].astype(float).fillna(0.0)
        figure.add_trace(
            go.Bar(
                name=name,
                orientation="h",
                x=(100 * shares).tolist(),
                y=nets,
                text=[f"{name} {theme.percent(share)}" if share >= 0.2 else "" for share in shares],
                textposition="inside",
                insidetextanchor="middle",
                textfont={"size": size, "color": "white" if name == "cat" else "black"},
                marker={"color": colour, "line": {"width": 0}},
                hovertemplate=f"{name}: %{{x:.2f}} %<extra>%{{y}}</extra>",
            )
        )
    notes = [
        {
            "x": 0,
            "y": net,
            "xanchor": "left",
            "xshift": 6,
            "text": "no numbers any more",
            "font": {"size": size},
            "showarrow": False,
        }
        for net, share in zip(nets, table["cat"], strict=True)
        if not np.isfinite(share)
    ]
    figure.update_layout(
        annotations=notes,
        barmode="stack",
        bargap=0.2,
        height=90 + 46 * len(nets),
        margin={"l": 8, "r": 16, "t": 16, "b": 56},
        xaxis={
            "title": {"text": "probability (%)"},
            "range": [0, 100],
            "tickfont": {"size": font_size + 1},
        },
        yaxis={"autorange": "reversed", "tickfont": {"size": size}, "automargin": True},
        showlegend=False,
        uirevision="answers",
    )
    return figure


def _tick(exponent: float) -> str:
    """Writes a power of ten of a share as people say it."""
    if exponent < -4:
        return f"10<sup>{theme.MINUS}{abs(exponent):.0f}</sup>"
    if exponent <= 0:
        return f"{100 * 10**exponent:g} %"
    return f"{10**exponent:g}×" if exponent <= 3 else f"10<sup>{exponent:.0f}</sup>×"
