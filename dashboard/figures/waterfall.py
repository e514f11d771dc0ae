"""One prediction taken apart: a waterfall from the mean of all ratings to the predicted stars."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme

SHOWN_TITLE = 20  # characters of a title among others
# In px; the y axis counts px from the top, so that words and bars never touch.
_BAR, _GAP, _LINE = 24, 10, 22
_EDGES = 110  # above and below the rows
_OTHER_NAMES = re.compile(r"\s*\((?!\d{4}\)).*?\)")  # "(a.k.a. ...)", but not the year


class Poles(NamedTuple):
    """The films that lie farthest out on either side of a component."""

    low: tuple[str, ...]
    high: tuple[str, ...]

    @property
    def words(self) -> str:
        """Names the component by its films: from X, Y to Z, W."""
        return f"from {', '.join(self.low)} to {', '.join(self.high)}"


def poles(titles: Sequence[str], coordinates: np.ndarray, *, n: int = 2) -> list[Poles]:
    """Finds the films that name each component.

    Args:
        titles: of N films.
        coordinates: f[N, K], the films along K components.
        n: films on each side, the farthest first.

    Returns:
        K pairs of sides.
    """
    order = np.argsort(coordinates, axis=0, kind="stable")
    short = [shortened(title) for title in titles]
    return [
        Poles(
            tuple(short[row] for row in column[:n]),
            tuple(short[row] for row in column[::-1][:n]),
        )
        for column in order.T
    ]


def shortened(title: str, length: int = SHOWN_TITLE) -> str:
    """Leaves out a title's other names, and cuts it where it is too long to stand among others."""
    title = _OTHER_NAMES.sub("", title)
    return title if len(title) <= length else f"{title[: length - 1].rstrip(' -:,')}…"


def steps(parts: pd.DataFrame) -> pd.DataFrame:
    """Adds where each part starts and ends, in stars, when they are laid end to end.

    Args:
        parts: column stars, the mean first.

    Returns:
        The same rows with start and end; the end of the last row is the sum of all.
    """
    end = parts["stars"].cumsum()
    return parts.assign(start=end - parts["stars"], end=end)


def waterfall(
    parts: pd.DataFrame, prediction: float, *, names: Mapping[str, str] | None = None
) -> go.Figure:
    """Draws the parts of a prediction, each bar starting where the one above ended.

    Args:
        parts: columns part (words), kind and stars; the first row is the mean.
        prediction: what they sum to, in stars.
        names: words to show for a part instead of its own, as plain text.

    Returns:
        The figure; blue bars and + raise the prediction, vermilion bars and a minus sign lower it.
    """
    names = names or {}
    rows = steps(parts)
    labels = [*(names.get(part, part) for part in rows["part"]), "Prediction"]
    mean, bars = rows.iloc[0], rows.iloc[1:]
    figure = go.Figure()
    places, notes = label_rows(figure, labels)
    ends = [float(mean["end"]), prediction]
    figure.add_trace(signed_bars(places[1:-1], bars["stars"], labels[1:-1], base=bars["start"]))
    figure.add_trace(
        go.Scatter(
            x=ends,
            y=places[[0, -1]],
            mode="markers",
            marker={"symbol": "diamond", "size": 17, "color": theme.GREY},
            customdata=[[theme.plain_html(labels[0])], ["Prediction"]],
            hovertemplate="%{customdata[0]}<br>%{x:.3f} stars<extra></extra>",
        )
    )
    # Values stand right of the bar whatever its sign: they never run into the connecting lines.
    notes += [
        value_note(max(row["start"], row["end"]), place, theme.signed(row["stars"]))
        for place, (_, row) in zip(places[1:-1], bars.iterrows(), strict=True)
    ]
    notes += [
        value_note(end, place, f"<b>{end:.2f}</b>", shift=12)
        for end, place in zip(ends, places[[0, -1]], strict=True)
    ]
    connections = [
        {
            "type": "line",
            "x0": end,
            "x1": end,
            "y0": place - _BAR / 2,
            "y1": following + _BAR / 2,
            "line": {"width": 1.5, "color": theme.FAINT, "dash": "dot"},
            "layer": "below",
        }
        for place, following, end in zip(places[:-1], places[1:], rows["end"], strict=True)
    ]
    low = min(rows["end"].min(), prediction)
    high = max(rows["end"].max(), prediction)
    pad = max(high - low, 0.2) * 0.12
    figure.update_layout(uirevision="why", annotations=notes, shapes=connections)
    figure.update_xaxes(
        title={"text": "stars"},
        range=[low - pad, high + 2 * pad],
        dtick=next((tick for tick in (0.05, 0.1, 0.25, 0.5) if (high - low) / tick <= 5), 1.0),
    )
    return figure


def signed_bars(
    places: np.ndarray,
    stars: Sequence[float] | np.ndarray,
    labels: Sequence[str],
    *,
    base: Sequence[float] = (),
) -> go.Bar:
    """Returns bars for the places of `label_rows`, blue for more and vermilion for less.

    Args:
        places: f64[R], the bars' middles.
        stars: their signed lengths.
        labels: plain text for the hover.
        base: where each starts; 0 if left out.
    """
    return go.Bar(
        orientation="h",
        y=places,
        base=list(base) or None,
        x=list(stars),
        width=_BAR,
        marker={
            "color": [theme.BLUE if value >= 0 else theme.VERMILION for value in stars],
            "line": {"width": 0},
        },
        customdata=[
            [theme.plain_html(label).replace("\n", "<br>"), theme.signed(value, 3)]
            for label, value in zip(labels, stars, strict=True)
        ],
        hovertemplate="%{customdata[0]}<br>%{customdata[1]} stars<extra></extra>",
    )


def label_rows(
    figure: go.Figure, labels: Sequence[str]
) -> tuple[np.ndarray, list[dict[str, object]]]:
    """Places each row's words above its bar, so that a phone has the full width for both.

    Args:
        figure: changed in place: height and y axis.
        labels: plain text, one a row from the top; a line break divides a long one.

    Returns:
        f64[R], the middle of each row's bar on the y axis, and the words as annotations, for the
        layout to take all at once: one by one takes plotly quadratic time.
    """
    texts = [theme.plain_html(label).replace("\n", "<br>") for label in labels]
    words = np.array([_LINE * (label.count("\n") + 1) for label in labels], float)
    tops = -np.concatenate(([0.0], np.cumsum(words + _BAR + _GAP)))
    notes: list[dict[str, object]] = [
        {
            "x": 0,
            "xref": "paper",
            "xanchor": "left",
            "y": top,
            "yanchor": "top",
            "text": text,
            "align": "left",
            "showarrow": False,
        }
        for text, top in zip(texts, tops[:-1], strict=True)
    ]
    figure.update_yaxes(
        range=[tops[-1], 0],
        showticklabels=False,
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )
    figure.update_layout(showlegend=False, height=float(-tops[-1]) + _EDGES)
    return tops[:-1] - words - _BAR / 2, notes


def value_note(x: float, place: float, text: str, *, shift: int = 4) -> dict[str, object]:
    """Returns the annotation of a value right of `x` in a row of `label_rows`."""
    return {
        "x": x,
        "y": place,
        "text": text,
        "xanchor": "left",
        "xshift": shift,
        "showarrow": False,
    }
