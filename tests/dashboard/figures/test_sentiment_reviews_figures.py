"""The figure of one review: where dots lie, what is said of them, names that fit."""

import pandas as pd
import plotly.graph_objects as go
import pytest

from dashboard.app_pages.sentiment_reviews.dots_figure import dots
from dashboard.figures import labels

SAID = pd.DataFrame(
    {
        "title": [
            "One",
            "<b>Two</b>",
            "A model of a very long name, with windows of 3 to 5",
            "You",
        ],
        "probability": [0.9, 0.1, 0.499, 0.5001],
        "is_right": [True, False, False, True],
    }
)


def texts(figure: go.Figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


def test_right_and_wrong_differ_by_shape_word_and_colour() -> None:
    right, wrong = dots(SAID, label=1).data
    assert (right.name, list(right.x), list(right.y)) == ("right", [90, 50.01], [0, 3])
    assert (wrong.name, list(wrong.y)) == ("wrong", [1, 2])
    assert right.marker.symbol != wrong.marker.symbol and right.marker.color != wrong.marker.color
    shown = texts(dots(SAID, label=1))
    assert "90.0 %, right" in shown and "<b>10.0 %, wrong</b>" in shown


@pytest.mark.parametrize(("label", "half"), [(1, (50, 100)), (0, (0, 50))])
def test_the_half_of_the_truth_is_shaded(label: int, half: tuple[int, int]) -> None:
    figure = dots(SAID, label=label)
    (shade,) = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert (shade.x0, shade.x1) == half
    assert f"<b>the writer is {('against', 'for')[label]}</b>" in texts(figure)


def test_names_are_text_and_the_chosen_one_is_bold() -> None:
    shown = texts(dots(SAID, label=1, chosen="One"))
    assert "<b>One</b>" in shown and "&lt;b&gt;Two&lt;/b&gt;" in shown
    assert dots(SAID, label=1).data[1].customdata[0] == "&lt;b&gt;Two&lt;/b&gt;"


@pytest.mark.parametrize("width", [300, 360, 600, 1200])
@pytest.mark.parametrize("font_size", [13, 18])
def test_name_and_verdict_share_a_line(width: int, font_size: int) -> None:
    figure = dots(SAID, label=0, width=width, font_size=font_size)
    for row in range(len(SAID)):
        pair = [n for n in figure.layout.annotations if n.yanchor == "bottom" and n.yref != "paper"]
        name, verdict = pair[2 * row], pair[2 * row + 1]
        used = sum(labels.text_width(note.text, font_size + 1) for note in (name, verdict))
        assert name.y == verdict.y and (used < width or "&lt;" in name.text)


def test_one_model_is_enough() -> None:
    figure = dots(SAID.head(1), label=1)
    assert figure.layout.height > 100 and not len(figure.data[1].x)
