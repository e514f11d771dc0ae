"""Which points of a figure are selected, read from what Streamlit tells."""

from collections.abc import Mapping
from typing import Any

ROW = 0  # place of a point's row in its `customdata`


def selected_rows(event: Mapping[str, Any] | None) -> list[int]:
    """Returns the rows of the selected points, each once, in their order.

    Args:
        event: what `st.plotly_chart` returns, or what session state has under its key; points
            without `customdata` are left out.
    """
    points = event["selection"]["points"] if event else []
    rows = []
    for point in points:
        data = point.get("customdata")
        # Plotly gives the columns as a list, Streamlit at times as a mapping of their numbers.
        if isinstance(data, dict):
            data = list(data.values())
        if data:
            rows.append(int(data[ROW]))
    return list(dict.fromkeys(rows))
