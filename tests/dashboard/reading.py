"""What a page shows, read from an AppTest."""

import base64
import json
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest


def spec(page: AppTest, number: int = 0) -> dict:
    """Plotly's JSON of a chart, by its place on the page."""
    return json.loads(page.get("plotly_chart")[number].proto.spec)


def numbers(column: Any) -> np.ndarray:
    """A column of numbers of a trace, which Plotly writes as a list or as packed bytes."""
    if not isinstance(column, dict):
        return np.asarray(column)
    flat = np.frombuffer(base64.b64decode(column["bdata"]), column["dtype"])
    return flat.reshape([int(n) for n in column["shape"].split(",")]) if "shape" in column else flat


def text(page: AppTest) -> str:
    """All Markdown of the page, as it was written."""
    return "\n".join(block.value for block in page.markdown)


def words(page: AppTest) -> str:
    """The same without the backslashes that keep titles from being read as Markdown."""
    return text(page).replace("\\", "")
