"""Accuracy as lines with their names at the ends: over epochs, and over kinds of reviews."""

import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures import labels, line_ends
from dashboard.figures.frames import STACKED_BELOW

_HEIGHT = theme.FIGURE_HEIGHT
_SYMBOLS = {  # plotly's name of a mark -> the same as a letter, for the name at a line's end
    "circle": "●",
    "square": "■",
    "diamond": "◆",
    "triangle-up": "▲",
    "x": "✕",
    "triangle-down": "▼",
    "star": "★",
}
_RUNS = ("validation", "test")
_DODGE = 0.34  # of the way between two kinds, over which the models' dots are spread


def training(
    curves: pd.DataFrame, *, title: str, chosen_epoch: int, width: int = 780, font_size: int = 13
) -> go.Figure:
    """Draws accuracy over epochs: a thin line a seed, a thick one for their mean.

    Args:
        curves: of one model: "seed", "run" ("validation" or "test"), "epoch", "accuracy".
        title: what it shows, as a finding.
        chosen_epoch: how long the model that ships was trained.
        width: of the figure, px.
        font_size: of the words, px.

    Returns:
        The figure, from the first epoch on: before it all models guess.
    """
    seen = curves[curves["epoch"] > 0]
    low, high = labels.padded(100 * seen["accuracy"].to_numpy(float), 0.06)
    figure = go.Figure()
    ends: list[tuple[float, str]] = []
    last = max(int(seen["epoch"].max()) if len(seen) else 1, 1)
    for run in _RUNS:
        of_run = seen[seen["run"] == run]
        if of_run.empty:
            continue
        colour = theme.BLUE if run == "test" else theme.GREY
        for seed, rows in of_run.groupby("seed"):
            figure.add_trace(
                go.Scatter(
                    x=rows["epoch"],
                    y=100 * rows["accuracy"],
                    mode="lines+markers",
                    line={"color": colour, "width": 1},
                    marker={"size": 4},
                    opacity=0.6,
                    hovertemplate=f"{run}, seed {seed}<br>epoch %{{x}}: %{{y:.2f}} %"
                    "<extra></extra>",
                )
            )
        mean = 100 * of_run.groupby("epoch")["accuracy"].mean()
        figure.add_trace(
            go.Scatter(
                x=mean.index,
                y=mean,
                mode="lines+markers",
                line={"color": colour, "width": 4, "dash": "solid" if run == "test" else "dash"},
                marker={"size": 9, "symbol": "circle" if run == "test" else "square"},
                hovertemplate=f"{run}, mean<br>epoch %{{x}}: %{{y:.2f}} %<extra></extra>",
            )
        )
        ends.append((float(mean.iloc[-1]), f"{run}<br>{mean.iloc[-1]:.2f} %"))
    text, above = labels.headline(title, width - 32, font_size + 1)
    margin = {"l": 64, "r": round(7.5 * font_size), "t": above + 8, "b": 64}
    notes = line_ends.end_labels(ends, (low, high), margin, font_size, n_lines=2)
    is_early = chosen_epoch <= (1 + last) / 2
    figure.update_layout(
        title={"text": text},
        height=_HEIGHT,
        margin=margin,
        annotations=[
            *notes,
            {
                "x": chosen_epoch,
                "y": 0,
                "yref": "paper",
                "text": f"chosen: epoch {chosen_epoch}",
                "xanchor": "left" if is_early else "right",
                "yanchor": "bottom",
                "xshift": 6 if is_early else -6,
                "showarrow": False,
                "font": {"size": font_size},
            },
        ],
        shapes=[
            {
                "type": "line",
                "x0": chosen_epoch,
                "x1": chosen_epoch,
                "yref": "paper",
                "y0": 0,
                "y1": 1,
                "line": {"color": theme.GREY, "width": 1.5, "dash": "dot"},
            }
        ],
        xaxis={
            "title": {"text": "epoch"},
            "range": [0.9 if last > 1 else 0.5, last + (0.06 * (last - 1) if last > 1 else 0.5)],
            "dtick": max(1, round(last / 10)),
            "tick0": 1,
        },
        yaxis={"title": {"text": "accuracy (%)"}, "range": [low, high], "automargin": False},
        showlegend=False,
        uirevision="training",
    )
    return figure


def by_slice(
    table: pd.DataFrame,
    *,
    axis: str,
    chosen: str,
    title: str,
    width: int = 780,
    font_size: int = 13,
) -> go.Figure:
    """Draws the accuracy of models on kinds of reviews, with intervals.

    Args:
        table: a row a model and kind: "title" (of the model), "bin" (place of the kind), "label"
            (of the kind), "count", "accuracy", "low", "high"; shares of 1.
        axis: what the kinds are, with their unit.
        chosen: the title of the model in colour.
        title: what the figure shows, as a finding.
        width: of the figure, px.
        font_size: of the words, px.
    """
    kinds = table.drop_duplicates("bin").sort_values("bin")
    models = list(dict.fromkeys(table["title"]))
    low, high = labels.padded(100 * table[["low", "high"]].to_numpy(float).ravel(), 0.04)
    figure = go.Figure()
    ends: list[tuple[float, str]] = []
    room = 0.27 * width
    for place in sorted(range(len(models)), key=lambda place: models[place] == chosen):
        name = models[place]
        rows = table[table["title"] == name].sort_values("bin")
        is_chosen = name == chosen
        symbol, letter = list(_SYMBOLS.items())[place % len(_SYMBOLS)]
        shift = _DODGE * (place / (len(models) - 1) - 0.5) if len(models) > 1 else 0.0
        value = 100 * rows["accuracy"]
        figure.add_trace(
            go.Scatter(
                name=theme.plain_html(name),
                x=rows["bin"] + shift,
                y=value,
                mode="lines+markers",
                line={
                    "color": theme.BLUE if is_chosen else theme.GREY,
                    "width": 4 if is_chosen else 1.5,
                },
                marker={
                    "size": 11 if is_chosen else 8,
                    "symbol": symbol,
                },
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": 100 * rows["high"] - value,
                    "arrayminus": value - 100 * rows["low"],
                    "thickness": 2 if is_chosen else 1,
                    "width": 4,
                },
                customdata=rows[["label", "count"]].to_numpy(),
                hovertemplate="%{fullData.name}<br>%{customdata[0]}: %{y:.2f} %<br>"
                "%{customdata[1]:,} reviews<extra></extra>",
            )
        )
        html = "<br>".join(theme.plain_html(line) for line in _lines(name, room, font_size))
        html = f"{letter} {html}" if len(models) > 1 else html
        ends.append((float(value.iloc[-1]), f"<b>{html}</b>" if is_chosen else html))
    text, above = labels.headline(title, width - 32, font_size + 1)
    n_lines = max(end.count("<br>") + 1 for _, end in ends)
    longest = max(
        labels.text_width(line, font_size + 1)
        for name in models
        for line in _lines(name, room, font_size)
    )
    is_narrow = width < STACKED_BELOW
    margin = {"l": 64, "r": round(longest + 16 + 1.2 * font_size), "t": above + 8}
    margin["b"] = 116 if is_narrow else 80
    figure.update_layout(
        title={"text": text},
        height=_HEIGHT,
        margin=margin,
        annotations=line_ends.end_labels(ends, (low, high), margin, font_size, n_lines=n_lines),
        xaxis={
            "title": {"text": f"{axis}<br>and number of reviews" if is_narrow else axis},
            "range": [-0.4, len(kinds) - 1 + 0.3],
            "tickvals": kinds["bin"].tolist(),
            "ticktext": [
                _broken(label, is_narrow) + f"<br>{'' if is_narrow else 'n = '}{theme.count(count)}"
                for label, count in zip(kinds["label"], kinds["count"], strict=True)
            ],
            "tickangle": 0,
            "showgrid": False,
            "zeroline": False,
        },
        yaxis={"title": {"text": "accuracy (%)"}, "range": [low, high], "automargin": False},
        showlegend=False,
        uirevision="slices",
    )
    return figure


def _lines(text: str, room: float, font_size: float) -> list[str]:
    """Breaks a name into at most three lines that fit, and shortens the last one."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        fits = labels.text_width(longer, font_size + 1) <= room
        if lines and (fits or len(lines) == 3):
            lines[-1] = longer
        else:
            lines.append(word)
    return [labels.shortened(line, room, font_size + 1) for line in lines]


def _broken(label: str, is_narrow: bool) -> str:
    """Returns a tick's label, over two lines where there is little room."""
    html = theme.plain_html(label)
    if not is_narrow:
        return html
    if html.startswith("up to "):
        return html.replace("up to ", "up to<br>", 1)
    for before in (" to ", " and "):
        html = html.replace(before, f"<br>{before.strip()} ", 1)
    return html
