"""Messages of core as sentences."""

import pytest

from dashboard.components.text import sentence


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("word (x) is unknown", "Word (x) is unknown."),
        ("did you mean y?", "Did you mean y?"),
        ("It ends well.", "It ends well."),
    ],
)
def test_a_message_is_shown_as_a_sentence(message: str, shown: str) -> None:
    assert sentence(message) == shown
    assert sentence(ValueError(message)) == shown
