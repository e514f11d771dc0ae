"""A figure on a page: template, alternative text, and its exports as PNG, SVG and CSV."""

from collections.abc import Iterable
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import theme
from dashboard.components import from_files
from dashboard.components.page import look

# The figure's own camera button makes one format. These two press it for PNG or SVG, in the
# browser, so the figure keeps its zoom and nothing is rendered on the server.
_IMAGE_BUTTONS = from_files.component(__file__)

Selecting = Literal["points", "box", "lasso"]


def chart(
    figure: go.Figure,
    *,
    key: str,
    alt: str,
    data: pd.DataFrame,
    filename: str,
    on_select: Any = "ignore",
    selection_mode: Selecting | Iterable[Selecting] = ("points", "box", "lasso"),
    height: int | None = None,
) -> Any:
    """Draws a figure at full width with its exports.

    Args:
        figure: dressed in place for the visitor's theme.
        key: unique in the app; also finds the figure in the browser.
        alt: what the figure shows, for those who do not see it.
        data: what the figure draws, for the CSV.
        filename: of the exports, without an ending.
        on_select: as in `st.plotly_chart`.
        selection_mode: as in `st.plotly_chart`.
        height: in px; the theme's figure height by default.

    Returns:
        What `st.plotly_chart` returns: the selection if `on_select` asks for one.
    """
    page = look()
    if height is not None:
        figure.update_layout(height=height)
    event = st.plotly_chart(
        theme.apply(figure, dark=page.dark, present=page.present),
        width="stretch",
        theme=None,
        key=key,
        on_select=on_select,
        selection_mode=selection_mode,
        config=theme.chart_config(filename),
        alt=alt,
    )
    with st.popover("Export", icon=":material/download:", type="tertiary"):
        st.caption("Image for a slide, 1920 x 1080")
        _IMAGE_BUTTONS(data={"chart": key}, key=f"{key}-images")
        st.caption("What the figure draws")
        csv_button(data, filename=filename, key=f"{key}-csv", width="stretch")
    return event


def csv_button(table: pd.DataFrame, *, filename: str, key: str, **options: Any) -> None:
    """Draws a button that downloads a table, which is written only when it is pressed.

    Args:
        table: its index is left out.
        filename: without an ending.
        key: of the button.
        options: as in `st.download_button`.
    """
    st.download_button(
        "CSV",
        data=lambda: table.to_csv(index=False).encode("utf-8"),
        file_name=f"{filename}.csv",
        mime="text/csv",
        key=key,
        on_click="ignore",
        **options,
    )
