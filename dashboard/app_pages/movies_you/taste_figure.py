"""A visitor among the films: the map coloured by predicted stars, and what each rating did."""

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures.waterfall import label_rows, shortened, signed_bars, value_note

SHADES = ("predicted stars", "your taste alone")
MAP_HEIGHT = 640  # px
MOST_EFFECTS = 12  # bars
SHOWN_TITLE = 20  # characters of a title on the map
# Titles are thinned for a map of this many px, which is narrower than most screens.
_THIN_WIDTH, _THIN_HEIGHT = 430, 480
RISE = 20  # px of a title above its film
_LETTER, _LINE = 7.5, 24  # px, about, of the letters in a figure
_PLATE = {"bgcolor": "rgba(255, 255, 255, 0.85)", "font": {"color": theme.LIGHT.text}}


def shade_range(films: pd.DataFrame, shade: str) -> tuple[float, float]:
    """Returns the stars at both ends of the colour scale of `taste_map`."""
    if shade == SHADES[1]:
        reach = max(float(films["taste"].abs().quantile(0.99)), 0.05)
        return -reach, reach
    low, high = (float(value) for value in films["prediction"].quantile([0.01, 0.99]))
    return low, max(high, low + 0.1)


def taste_map(
    films: pd.DataFrame, *, shade: str, you: Sequence[float], axes: tuple[str, str]
) -> go.Figure:
    """Draws the films on two components, coloured for one visitor, and the visitor among them.

    Args:
        films: columns x, y, title, label, prediction (stars), taste (what the visitor's factors
            add, in stars), stars (given by the visitor, NaN if not rated) and rank (1 the best
            recommendation, NaN if not recommended).
        shade: one of `SHADES`.
        you: the visitor's x and y; an arrow goes on in this direction, in which these two
            components raise a film's prediction fastest.
        axes: titles of the two axes.

    Returns:
        The figure: circles are films, diamonds the films rated, a plate with a star the visitor.
    """
    is_signed = shade == SHADES[1]
    values = films["taste"] if is_signed else films["prediction"]
    low, high = shade_range(films, shade)
    figure = go.Figure()
    rated = films["stars"].notna()
    for chosen, symbol, size in ((films[~rated], "circle", 8), (films[rated], "diamond", 16)):
        figure.add_trace(
            go.Scattergl(
                x=chosen["x"].to_numpy(),
                y=chosen["y"].to_numpy(),
                mode="markers",
                marker={
                    "symbol": symbol,
                    "size": size,
                    "color": values[chosen.index].to_numpy(),
                    "coloraxis": "coloraxis",
                    "line": {"width": 2 if symbol == "diamond" else 0.5, "color": theme.GREY},
                },
                hovertext=_hover(chosen),
                hovertemplate="%{hovertext}<extra></extra>",
            )
        )
    notes: list[dict[str, object]] = []
    far = np.abs(films[["x", "y"]].to_numpy()).max(initial=1e-9)
    length = float(np.hypot(you[0], you[1]))
    if rated.any() and length > 0:
        end = np.asarray(you) / length * 0.8 * far
        notes.append(
            {
                "x": end[0],
                "y": end[1],
                "ax": you[0],
                "ay": you[1],
                "axref": "x",
                "ayref": "y",
                "text": "",
                "showarrow": True,
                "arrowhead": 2,
                "arrowwidth": 3,
                "arrowcolor": theme.PURPLE,
            }
        )
    wanted = pd.concat([films[rated], films[films["rank"] <= 5].sort_values("rank")])
    for row in thinned(wanted, films[["x", "y"]], keep_clear=[(you[0], you[1])]):
        film = wanted.loc[row]
        notes.append(
            {
                "x": film["x"],
                "y": film["y"],
                "text": theme.plain_html(shortened(film["title"], SHOWN_TITLE)),
                "yshift": RISE,
                "showarrow": False,
                **_PLATE,
            }
        )
    notes.append(
        {
            **_PLATE,
            "x": you[0],
            "y": you[1],
            "text": "<b>★ you</b>",
            "showarrow": False,
            "bgcolor": theme.PURPLE,
            "bordercolor": theme.LIGHT.text,
            "borderpad": 3,
        }
    )
    figure.update_layout(
        showlegend=False,
        uirevision="you",
        annotations=notes,
        height=MAP_HEIGHT,
        coloraxis={
            "colorscale": theme.SIGNED if is_signed else theme.MAGNITUDE,
            "cmin": low,
            "cmax": high,
            "colorbar": {
                "title": {
                    "text": "stars that your taste adds" if is_signed else "predicted stars",
                    "side": "top",
                },
                "orientation": "h",
                "x": 0,
                "xanchor": "left",
                "y": 1,
                "yanchor": "bottom",
                "len": 1,
                "thickness": 12,
                "tickformat": "+.2f" if is_signed else ".1f",
            },
        },
        xaxis={"title": {"text": axes[0]}, "zeroline": False},
        yaxis={"title": {"text": axes[1]}, "zeroline": False},
    )
    return figure


def thinned(
    wanted: pd.DataFrame,
    among: pd.DataFrame,
    *,
    keep_clear: Collection[tuple[float, float]] = (),
) -> list[int]:
    """Chooses whose titles to write so that none covers another; the first ones win.

    Args:
        wanted: columns x, y and title, the most important first.
        among: columns x and y of all points, which say how far the axes reach.
        keep_clear: points where another label stands.

    Returns:
        Index values of `wanted`.
    """
    low = among.min()
    per_px = (among.max() - low) / pd.Series({"x": _THIN_WIDTH, "y": _THIN_HEIGHT})
    per_px = per_px.where(per_px > 0, 1.0)
    taken = [_box(point, 7, low, per_px, rise=0) for point in keep_clear]
    chosen = []
    for row, film in wanted.iterrows():
        length = len(shortened(film["title"], SHOWN_TITLE))
        box = _box((film["x"], film["y"]), length, low, per_px)
        fits = box[0] >= 0 and box[2] <= _THIN_WIDTH
        if fits and not any(_touch(box, other) for other in taken):
            taken.append(box)
            chosen.append(row)
    return chosen


def effects(labels: Sequence[str], stars: Sequence[float] | np.ndarray, *, what: str) -> go.Figure:
    """Draws what each rating did.

    Args:
        labels: the ratings in words, e.g. "★★★★ Fargo (1996)".
        stars: signed effect of each.
        what: what they changed, for the axis.

    Returns:
        The figure: the `MOST_EFFECTS` largest, the largest on top.
    """
    changes = np.asarray(stars, float)
    order: list[int] = np.argsort(-np.abs(changes), kind="stable")[:MOST_EFFECTS].tolist()
    largest, changes = [labels[place] for place in order], changes[order]
    figure = go.Figure()
    places, notes = label_rows(figure, largest)
    figure.add_trace(signed_bars(places, changes, largest))
    notes += [
        value_note(max(value, 0.0), place, theme.signed(value, 3))
        for place, value in zip(places, changes, strict=True)
    ]
    low, high = min(changes.min(initial=0), 0.0), max(changes.max(initial=0), 0.0)
    pad = max(high - low, 0.02)
    figure.update_xaxes(
        title={"text": f"change of {what}, in stars"}, range=[low - 0.05 * pad, high + 0.3 * pad]
    )
    figure.update_layout(uirevision="effects", annotations=notes)
    return figure


def _hover(films: pd.DataFrame) -> np.ndarray:
    # One array of whole texts: plotly walks nested lists of parts value by value.
    given = ["" if np.isnan(s) else f"<br>you gave {s:g}" for s in films["stars"]]
    texts = [
        f"{theme.plain_html(label)}<br>predicted {prediction:.2f} stars<br>your taste "
        f"{theme.signed(taste)}{more}"
        for label, prediction, taste, more in zip(
            films["label"], films["prediction"], films["taste"], given, strict=True
        )
    ]
    return np.array(texts, dtype=object)


Box = tuple[float, float, float, float]


def _box(
    point: Sequence[float], length: int, low: pd.Series, per_px: pd.Series, rise: int = RISE
) -> Box:
    x = (point[0] - low["x"]) / per_px["x"]
    y = (point[1] - low["y"]) / per_px["y"] + rise
    half = length * _LETTER / 2
    return x - half, y - _LINE / 2, x + half, y + _LINE / 2


def _touch(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
