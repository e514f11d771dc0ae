"""How often a film was given each number of stars."""

import pandas as pd
import plotly.graph_objects as go

from dashboard import theme


def stars(histogram: pd.DataFrame, mean: float) -> go.Figure:
    """Draws how often a film was given each number of stars.

    Args:
        histogram: columns stars and count, as `MovieExplorer.histogram` returns it.
        mean: of the ratings, stars.
    """
    figure = go.Figure(
        go.Bar(
            x=histogram["stars"],
            y=histogram["count"],
            width=0.42,
            marker={"color": theme.GREY, "line": {"width": 0}},
            hovertemplate="%{x} stars: about %{y:,} ratings<extra></extra>",
        )
    )
    figure.add_vline(x=mean, line={"color": theme.ORANGE, "width": 2})
    figure.update_layout(
        annotations=[
            {
                "x": mean,
                "y": 1,
                "yref": "paper",
                "yanchor": "bottom",
                "text": f"mean {mean:.2f}",
                "showarrow": False,
            }
        ],
        height=230,
        xaxis={"title": {"text": "Stars"}, "dtick": 1, "range": [0.2, 5.3], "fixedrange": True},
        yaxis={"title": {"text": "Ratings"}, "rangemode": "tozero", "fixedrange": True},
        dragmode=False,
        margin={"t": 28, "b": 8, "l": 8, "r": 8},
        uirevision="stars",
    )
    return figure
