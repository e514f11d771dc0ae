"""What a visitor selected in a chart: kept while the figure changes, and taken away as CSV.

Plotly forgets a selection as soon as the figure changes, so the page keeps its own copy. It belongs
to an owner: a chart by its key, or a page whose charts show the same things.
"""

import functools
from collections.abc import Container

import pandas as pd
import streamlit as st

from dashboard.components.chart import csv_button
from dashboard.figures.selection import selected_rows


def remember(chart: str, owner: str) -> None:
    """Keeps the rows of a selection; for the chart's `on_select`."""
    rows = selected_rows(st.session_state.get(chart))
    if rows:
        st.session_state[_key(owner)] = rows


def kept(owner: str, known: Container[int]) -> list[int]:
    """Returns the rows that were selected, as far as they are known here."""
    return [row for row in st.session_state.get(_key(owner), ()) if row in known]


def forget(owner: str) -> None:
    """Drops the selection of an owner."""
    st.session_state.pop(_key(owner), None)


def tools(owner: str, table: pd.DataFrame, *, filename: str) -> None:
    """Draws buttons that take the selected rows away as CSV, and that forget them."""
    csv_button(table, filename=filename, key=f"{owner}-selected-csv", icon=":material/download:")
    st.button(
        "Clear",
        on_click=functools.partial(forget, owner),
        key=f"{owner}-clear",
    )


def _key(owner: str) -> str:
    return f"{owner}-chosen"
