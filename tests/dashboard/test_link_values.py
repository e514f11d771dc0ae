"""Texts of links as values."""

import pytest

from core.errors import InputError
from dashboard.link_values import Choice, Meant


def meant(text: str) -> int:
    if "b" not in text:
        raise InputError("text should hold a b")
    return 1


def test_a_text_that_means_an_option_is_read_as_it() -> None:
    rule = Meant(Choice((0, 1, 2), "abc".__getitem__), meant, 2)
    assert [rule.read([text]) for text in ("a", "b", "1", "a b", "zzz")] == [0, 1, 1, 1, 2]
    assert rule.write(1) == ["b"]
    assert rule.allowed == "one of a, b, c"
    with pytest.raises(ValueError, match="single"):
        rule.read(["a", "b"])
