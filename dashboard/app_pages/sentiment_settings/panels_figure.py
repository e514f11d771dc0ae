"""Accuracy by one setting of a net, a panel for each setting."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard import theme
from dashboard.figures import labels
from dashboard.figures.frames import heading

_WIDE = 640  # px, from which the panels stand side by side
_PANEL = 230  # px, the height of one below the other
_SYMBOLS = ("circle", "square", "diamond", "x")


def panels(
    table: pd.DataFrame,
    *,
    names: Mapping[str, str],
    standard: Mapping[str, float],
    titles: Mapping[str, str],
    chosen: str,
    width: int = 780,
    font_size: int = 13,
) -> go.Figure:
    """Draws accuracy over the values of each setting, a line a net, seeds as bars.

    Args:
        table: a row a net, setting and value: "preset", "setting", "value", "accuracy", "low",
            "high" (shares of 1), "epoch", "seeds".
        names: setting -> its name, in the order of the panels.
        standard: setting -> the value that the other panels are drawn at.
        titles: net -> its title.
        chosen: the net in colour.
        width: of the figure, px; on a narrow one the panels stand below each other.
        font_size: of the letters, px.

    Returns:
        The figure. Values stand at even distances, for they grow by factors.
    """
    settings = [setting for setting in names if (table["setting"] == setting).any()]
    is_wide = width >= _WIDE
    n_rows, n_columns = (1, len(settings)) if is_wide else (len(settings), 1)
    figure = make_subplots(
        rows=n_rows,
        cols=n_columns,
        shared_yaxes=is_wide,
        horizontal_spacing=0.03,
        vertical_spacing=0.0 if n_rows == 1 else 0.36 / n_rows,
    )
    presets = sorted(table["preset"].unique(), key=lambda preset: (preset == chosen, preset))
    for at, setting in enumerate(settings):
        place = {"row": 1 if is_wide else at + 1, "col": at + 1 if is_wide else 1}
        of_setting = table[table["setting"] == setting]
        values = np.sort(of_setting["value"].unique())
        for preset in presets:
            rows = of_setting[of_setting["preset"] == preset].sort_values("value")
            figure.add_trace(
                _line(rows, values, titles[preset], preset == chosen, presets.index(preset)),
                **place,
            )
        figure.update_xaxes(
            tickvals=list(range(len(values))),
            ticktext=[_written(value) for value in values],
            range=[-0.4, len(values) - 0.6],
            tickangle=0,
            zeroline=False,
            **place,
        )
        if standard.get(setting) in values:
            figure.add_vline(
                int(np.searchsorted(values, standard[setting])),
                line={"color": theme.GREY, "width": 1.5, "dash": "dot"},
                **place,
            )
    low, high = labels.padded(100 * table[["low", "high"]].to_numpy(float).ravel(), 0.06)
    figure.update_yaxes(range=[low, high], automargin=False)
    figure.update_yaxes(title_text="accuracy (%)", col=1)
    top = round(3.4 * font_size)
    numbers = range(1, len(settings) + 1)
    axes = [(figure.layout[f"xaxis{n if n > 1 else ''}"], figure.layout[_y(n)]) for n in numbers]
    figure.update_layout(
        height=theme.FIGURE_HEIGHT if is_wide else _PANEL * n_rows + 2 * top + 56,
        margin={"l": 64, "r": 16, "t": 2 * top if is_wide else top + 56, "b": 48},
        annotations=[
            heading(x.domain[0], y.domain[1], names[setting])
            for setting, (x, y) in zip(settings, axes, strict=True)
        ],
        legend={"orientation": "h", "x": 0, "y": 1, "yref": "container", "yanchor": "top"},
        showlegend=True,
        uirevision="settings",
    )
    seen: set[str] = set()
    for trace in figure.data:
        trace.showlegend = trace.name not in seen
        seen.add(trace.name)
    return figure


def _line(
    rows: pd.DataFrame, values: np.ndarray, title: str, is_chosen: bool, number: int
) -> go.Scatter:
    accuracy = 100 * rows["accuracy"].to_numpy(float)
    colour = theme.BLUE if is_chosen else theme.GREY
    return go.Scatter(
        name=theme.plain_html(title),
        legendgroup=title,
        x=np.searchsorted(values, rows["value"]),
        y=accuracy,
        error_y={
            "array": 100 * rows["high"] - accuracy,
            "arrayminus": accuracy - 100 * rows["low"],
            "thickness": 1.2,
            "width": 3,
            "color": colour,
        },
        mode="lines+markers",
        line={"color": colour, "width": 3 if is_chosen else 2},
        marker={"size": 9, "symbol": _SYMBOLS[number % len(_SYMBOLS)]},
        customdata=np.stack(
            [rows["value"].map(_written), rows["epoch"].map("{:.0f}".format)], axis=1
        ),
        hovertemplate="%{customdata[0]}: %{y:.2f} %, best after epoch %{customdata[1]}"
        f"<extra>{theme.plain_html(title)}</extra>",
    )


def _written(value: float) -> str:
    return theme.count(int(value)) if value >= 1 else f"{value:g}"


def _y(number: int) -> str:
    return f"yaxis{number if number > 1 else ''}"
