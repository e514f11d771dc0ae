"""The rows of what is selected in a figure."""

import pytest

from dashboard.figures.selection import selected_rows


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (None, []),
        ({"selection": {"points": []}}, []),
        ({"selection": {"points": [{"customdata": [7, "a"]}, {"customdata": [7]}, {}]}}, [7]),
        ({"selection": {"points": [{"customdata": {"0": 5, "1": "a"}}]}}, [5]),
    ],
)
def test_the_rows_of_a_selection(event: object, expected: list[int]) -> None:
    assert selected_rows(event) == expected


def test_only_points_that_carry_a_row_are_selected() -> None:
    points = [{"customdata": {"0": 4.0, "1": 5.0}}, {"customdata": [2, 3]}, {}, {"customdata": [4]}]
    assert selected_rows({"selection": {"points": points}}) == [4, 2]
    assert selected_rows(None) == []
