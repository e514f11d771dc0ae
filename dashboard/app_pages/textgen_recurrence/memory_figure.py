"""Who remembers what: shares of right answers as lines, and what each model says of one text."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures import labels, line_ends
from dashboard.figures.frames import STACKED_BELOW

_MARKS = {  # plotly's name of a mark -> the same as a letter, for the name at a line's end
    "square": "■",
    "diamond": "◆",
    "triangle-up": "▲",
    "circle": "●",
}
_TOP = 104  # % at the upper edge, so that no mark is cut
_ROW, _LEAST_SHARE = 46, 0.005  # px of a model's row; smaller shares are not written


class Mark(NamedTuple):
    """A vertical line: where it stands on the axis of classes, its words, and fewer for a phone."""

    place: float
    text: str
    short: str


def distance_labels(borders: Sequence[int]) -> list[str]:
    """Names the classes that begin at some borders: "up to 7", "8–15", ..., "128 on"."""
    ends = [f"{low}–{high - 1}" for low, high in zip(borders, borders[1:], strict=False)]
    return [f"up to {borders[1] - 1}", *ends[1:], f"{borders[-1]} on"]


def place_among(value: float, borders: Sequence[int]) -> float:
    """Returns where a value stands on an axis with a class at 0, at 1, and so on."""
    return float(np.interp(value, [*borders, 2 * borders[-1]], np.arange(len(borders) + 1) - 0.5))


def shares(
    table: pd.DataFrame,
    *,
    accent: str,
    title: str,
    axis: str,
    guess: float,
    guess_text: str,
    mark: Mark | None = None,
    height: int = theme.FIGURE_HEIGHT,
    width: int = 780,
    font_size: int = 13,
) -> go.Figure:
    """Draws how many answers of each model were right, class by class.

    Args:
        table: a row a model and class: "title" (of the model), "at" (place of the class, from 0),
            "label" (of the class), "short" (the same on a phone), "n" (questions), "accuracy".
        accent: the title of the model in colour.
        title: what the figure shows, as a finding.
        axis: what the classes are, with their unit.
        guess: the share that is right by chance.
        guess_text: what is said of it; on a phone up to its comma.
        mark: a border to point out.
        height: of the figure, px.
        width: of the figure, px.
        font_size: of the words, px.
    """
    classes = table.drop_duplicates("at").sort_values("at")
    last = int(classes["at"].max())
    is_narrow = width < STACKED_BELOW
    figure = go.Figure()
    ends: list[tuple[float, str]] = []
    titles = list(dict.fromkeys(table["title"]))
    for name in sorted(titles, key=accent.__eq__):
        rows = table[table["title"] == name].sort_values("at")
        symbol, letter = list(_MARKS.items())[titles.index(name) % len(_MARKS)]
        is_accent = name == accent
        value = 100 * rows["accuracy"]
        figure.add_trace(
            go.Scatter(
                name=theme.plain_html(name),
                x=rows["at"].tolist(),
                y=value.tolist(),
                mode="lines+markers",
                line={
                    "color": theme.BLUE if is_accent else theme.GREY,
                    "width": 4 if is_accent else 2,
                },
                marker={"size": 11 if is_accent else 9, "symbol": symbol},
                cliponaxis=False,
                customdata=rows[["label", "n"]].to_numpy().tolist(),
                hovertemplate="%{fullData.name}, %{customdata[0]}: %{y:.2f} % right<br>"
                "%{customdata[1]:,} questions<extra></extra>",
            )
        )
        text = f"{letter} {theme.plain_html(name)}<br>{theme.percent(float(value.iloc[-1]) / 100)}"
        ends.append((float(value.iloc[-1]), f"<b>{text}</b>" if is_accent else text))
    text, above = labels.headline(title, width - 32, font_size + 1)
    longest = max(labels.text_width(f"{name} ●", font_size + 1) for name in titles)
    margin = {"l": 64, "r": round(max(longest, 5.2 * font_size) + 14), "t": above + 8}
    margin["b"] = round(3.4 * font_size + 40)
    notes = line_ends.end_labels(ends, (0, _TOP), margin, font_size, n_lines=2, height=height)
    notes.append(
        {
            "x": -0.3,
            "y": 100 * guess,
            "text": guess_text.partition(",")[0] if is_narrow else guess_text,
            "xanchor": "left",
            "yanchor": "top",
            "showarrow": False,
            "font": {"size": font_size},
        }
    )
    lines = [_line(y0=100 * guess, y1=100 * guess, x0=0, x1=1, xref="paper")]
    if mark is not None and -0.5 < mark.place < last + 0.5:
        lines.append(_line(x0=mark.place, x1=mark.place, y0=0, y1=1, yref="paper"))
        notes.append(
            {
                "x": mark.place,
                "y": 0,
                "yref": "paper",
                "yanchor": "bottom",
                "text": mark.short if is_narrow else mark.text,
                "xanchor": "left",
                "align": "left",
                "xshift": 4,
                "showarrow": False,
                "font": {"size": font_size},
            }
        )
    figure.update_layout(
        title={"text": text},
        height=height,
        margin=margin,
        annotations=notes,
        shapes=lines,
        xaxis={
            "title": {"text": axis},
            "range": [-0.4, last + 0.2],
            "tickvals": classes["at"].tolist(),
            "ticktext": [
                f"{theme.plain_html(label)}<br>{'' if is_narrow else 'n = '}{theme.count(int(n))}"
                for label, n in zip(
                    classes["short" if is_narrow else "label"], classes["n"], strict=True
                )
            ],
            "tickangle": 0,
            "showgrid": False,
            "zeroline": False,
        },
        yaxis={
            "title": {"text": "right (%)"},
            "range": [0, _TOP],
            "tickvals": [0, 25, 50, 75, 100],
            "automargin": False,
        },
        showlegend=False,
        uirevision="shares",
    )
    return figure


def closing_tag(
    table: pd.DataFrame,
    *,
    titles: Mapping[str, str],
    right: str | None,
    font_size: int = 13,
) -> go.Figure:
    """Draws which name each model would close, as a table of probabilities.

    Args:
        table: a row a model, the probability of each name, and "other", in columns of that name.
        titles: model -> what it is called.
        right: the column that is right; None where there is none.
        font_size: of the words, px.
    """
    models, names = table["model"].tolist(), [name for name in table if name != "model"]
    values = table[names].to_numpy(float)
    best = values.argmax(axis=1)
    written = [
        [_share_text(share, is_best=at == best[row]) for at, share in enumerate(shares_of)]
        for row, shares_of in enumerate(values)
    ]
    is_right = [right is not None and names[at] == right for at in best]
    verdicts = ["" if right is None else " ✓" if one else " ✗" for one in is_right]
    rows, columns = list(range(len(models))), list(range(len(names)))
    figure = go.Figure(
        go.Heatmap(
            z=values.tolist(),
            y=rows,
            x=columns,
            zmin=0,
            zmax=1,
            colorscale=[[0, theme.faded(theme.BLUE, 0)], [1, theme.faded(theme.BLUE, 0.6)]],
            showscale=False,
            xgap=2,
            ygap=6,
            customdata=[[[titles[model_name], name] for name in names] for model_name in models],
            hovertemplate="%{customdata[0]}: “%{customdata[1]}” with %{z:.2%}<extra></extra>",
        )
    )
    figure.add_trace(  # a heat map's own words suit its colours laid on white, not on a dark page
        go.Scatter(
            x=columns * len(rows),
            y=[row for row in rows for _ in columns],
            text=[words for line in written for words in line],
            mode="text",
            textfont={"size": font_size + 1},
            hoverinfo="skip",
            showlegend=False,
        )
    )
    frame = _column_frame(names.index(right), len(models)) if right in names else []
    figure.update_layout(
        height=round(_ROW * len(models) + 1.4 * font_size + 38),
        margin={"l": 8, "r": 8, "t": round(30 + 1.4 * font_size), "b": 8},
        shapes=frame,
        xaxis={
            "tickvals": columns,
            "ticktext": [f"<b>{name}</b>" if name == right else name for name in names],
            "side": "top",
            "ticks": "",
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
        yaxis={
            "tickvals": rows,
            "ticktext": [
                f"{theme.plain_html(titles[model_name])}<b>{verdict}</b>"
                for model_name, verdict in zip(models, verdicts, strict=True)
            ],
            "autorange": "reversed",
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
        uirevision="closing",
    )
    return figure


def _share_text(share: float, *, is_best: bool) -> str:
    """Writes a probability in %, the best in bold; nothing for a small one."""
    if share < _LEAST_SHARE:
        return ""
    return f"<b>{100 * share:.0f}</b>" if is_best else f"{100 * share:.0f}"


def _column_frame(at: int, n_rows: int) -> list[dict[str, Any]]:
    return [
        {
            "type": "rect",
            "x0": at - 0.5,
            "x1": at + 0.5,
            "y0": -0.5,
            "y1": n_rows - 0.5,
            "line": {"color": theme.BLUE, "width": 3},
        }
    ]


def _line(**where: Any) -> dict[str, Any]:
    line = {"color": theme.GREY, "width": 1.5, "dash": "dot"}
    return {"type": "line", "layer": "below", "line": line, **where}
