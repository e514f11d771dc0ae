"""What a page shows, read from an AppTest."""

import json

from streamlit.testing.v1 import AppTest


def spec(page: AppTest, number: int = 0) -> dict:
    """Plotly's JSON of a chart, by its place on the page."""
    return json.loads(page.get("plotly_chart")[number].proto.spec)


def text(page: AppTest) -> str:
    """All Markdown of the page, as it was written."""
    return "\n".join(block.value for block in page.markdown)


def words(page: AppTest) -> str:
    """The same without the backslashes that keep titles from being read as Markdown."""
    return text(page).replace("\\", "")
