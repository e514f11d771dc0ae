"""Buttons that lead to another page, from addresses in which controls stand."""

import ast
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.review_samples import TITLES, fill_reviews

App = Callable[..., AppTest]
ROOT = Path(__file__).resolve().parents[2]
FROM, TO = "sentiment_reviews", "sentiment_score"
QUERIES: tuple[Mapping[str, str], ...] = (
    {},
    {f"{FROM}_who": "No matter who"},
    {f"{FROM}_source": "Your reviews", f"{FROM}_model": TITLES["mlp"], f"{FROM}_place": "3"},
    {"present": "true", f"{FROM}_place": "2"},
    {"present": "true", "lock": "who", "v": "1", f"{FROM}_source": "Your reviews"},
)


@pytest.mark.parametrize("query", QUERIES)
def test_a_review_is_taken_to_score_from_any_address(
    app: App, empty_assets: Path, query: Mapping[str, str]
) -> None:
    fill_reviews(empty_assets)
    page = app(FROM, query)
    (button,) = [one for one in page.button if one.label == "Take it to Score"]
    (review,) = page.text
    button.click().run()
    assert not page.exception
    assert page.text_area(key="sentiment-text").value == review.value
    assert not [name for name in page.query_params if name.startswith(FROM)]


def test_pages_are_switched_in_one_place() -> None:
    """`st.switch_page` alone raises as soon as a control of the page stands in the address."""
    callers = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "dashboard").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "switch_page"
    }
    assert callers == {"dashboard/components/switch.py"}
