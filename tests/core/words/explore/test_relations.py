"""Which analogies have an answer that everybody knows."""

import pytest

from core.words.explore.relations import as_written, expected


@pytest.mark.parametrize(
    ("words", "right"),
    [
        (("paris", "france", "rome"), "italy"),
        (("France", "Paris", " Italy "), "rome"),
        (("paris", "rome", "france"), "italy"),
        (("man", "king", "woman"), "queen"),
        (("man", "woman", "king"), "queen"),
        (("queen", "king", "woman"), "man"),
        (("paris", "italy", "rome"), None),
        (("good", "better", "bad"), None),
        (("london", "england", "paris"), None),  # England is not its only country
    ],
)
def test_the_answer_is_known_only_where_nobody_would_differ(
    words: tuple[str, str, str], right: str | None
) -> None:
    assert expected(*words) == right


def test_names_are_written_with_a_capital() -> None:
    assert [as_written(word) for word in ("rome", "italy", "king")] == ["Rome", "Italy", "king"]
