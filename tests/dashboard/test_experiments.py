"""'Try this' on every page: what a button shows does not depend on what was clicked before."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.navigation import PAGES

App = Callable[..., AppTest]
SCRIPTS = [
    Path(entry.script).parent.name
    for entries in PAGES.values()
    for entry in entries
    if Path(entry.script).parent.name != "overview"
]
# They go on from what is shown, as their labels say: from this filter, this net, this text.
GO_ON = {
    "Hold it",
    "The loudest filter here",
    "Where this filter peaks",
    "The strictest rater, same film",
    "The most generous rater, same film",
    "The film where this rater's taste matters most",
    "The other order",
}


@pytest.fixture(autouse=True)
def shipped(no_glove: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LATENT_LAB_ASSETS", raising=False)


def shown(page: AppTest) -> tuple[dict[str, list[str]], list[str]]:
    """All controls' values, as the shared link has them, and all texts."""
    assert not page.exception
    link = next(code.value for code in page.code if "v=1" in code.value)
    fields = parse_qs(urlsplit(link).query, keep_blank_values=True)
    fields.pop("words_tsne_coloured", None)  # which words these are is up to the run on screen
    return fields, [field.value for field in page.text_area]


def labels(page: AppTest) -> dict[str, str]:
    """Label -> key of the page's experiments."""
    return {button.label: button.key for button in page.button if "-try-" in (button.key or "")}


def tried(page: AppTest, label: str) -> AppTest:
    page.button(key=labels(page)[label]).click().run()
    return page


@pytest.mark.parametrize("script", SCRIPTS)
def test_an_experiment_is_not_affected_by_the_one_before(app: App, script: str) -> None:
    first = list(labels(app(script)))
    alone = {label: shown(tried(app(script), label)) for label in first if label not in GO_ON}
    page = app(script)
    for label in [*first, *reversed(first)]:
        if label in labels(page):
            tried(page, label)
            if label not in GO_ON:
                assert shown(page) == alone[label], label
