"""What each component goes along with: genres, year, bias, number of ratings."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme

_ROW = 26  # px


def correlation_chart(correlations: pd.DataFrame, *, sort_by: int = 1) -> go.Figure:
    """Draws correlations of components with properties of films as a table of coloured numbers.

    Args:
        correlations: columns property, component (from 1) and correlation, as
            `core.movies.explore.components.correlations` returns them.
        sort_by: the component whose correlations order the rows, the largest on top.

    Returns:
        A heat map; the colour scale is centred at 0, and every cell says its number.
    """
    table = correlations.pivot(index="property", columns="component", values="correlation")
    table = table.sort_values(sort_by, ascending=True, kind="stable", na_position="first")
    values = table.to_numpy(np.float64)
    limit = float(np.nanmax(np.abs(values))) if np.isfinite(values).any() else 1.0
    figure = go.Figure(
        go.Heatmap(
            x=[f"Component {number}" for number in table.columns],
            y=[theme.plain_html(name) for name in table.index],
            z=values,
            colorscale=theme.SIGNED,
            zmin=-limit,
            zmax=limit,
            text=[
                [theme.signed(value) if np.isfinite(value) else "–" for value in row]
                for row in values
            ],
            texttemplate="%{text}",
            hovertemplate="%{x} and %{y}: r = %{text}<extra></extra>",
            colorbar={"title": {"text": "r", "side": "top"}, "thickness": 10},
            xgap=2,
            ygap=2,
        )
    )
    figure.update_layout(
        height=max(theme.FIGURE_HEIGHT, len(table) * _ROW + 90),
        xaxis={"side": "top", "type": "category", "showgrid": False, "fixedrange": True},
        yaxis={"type": "category", "showgrid": False, "fixedrange": True},
        dragmode=False,
        uirevision="correlations",
    )
    return figure
