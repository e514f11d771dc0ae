"""Messages of core and lists of things in sentences."""

import pytest

from dashboard.components.text import listed, sentence


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


def test_parts_are_listed_as_a_sentence_does() -> None:
    assert listed(["a"]) == "a"
    assert listed(iter(["a", "b"])) == "a and b"
    assert listed(["a", "b", "c"]) == "a, b and c"
