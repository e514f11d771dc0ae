"""The waterfall of a prediction, on parts whose sum is known."""

import numpy as np
import pandas as pd
import pytest

from dashboard import theme
from dashboard.figures import waterfall as figures

PARTS = pd.DataFrame(
    [
        ("mean of all ratings", "mean", 3.5),
        ("this user's bias", "user", -0.5),
        ("this film's bias", "film", 0.75),
        ("component 1", "component", 0.25),
        ("3 smaller components", "rest", -0.125),
    ],
    columns=["part", "kind", "stars"],
)


def test_the_bars_sum_to_the_prediction() -> None:
    figure = figures.waterfall(PARTS, 3.875)
    bars, ends = figure.data
    assert tuple(ends.x) == (3.5, 3.875)
    assert ends.x[0] + sum(bars.x) == 3.875
    assert list(bars.base) == [3.5, 3.0, 3.75, 4.0]
    assert bars.base[-1] + bars.x[-1] == 3.875


def test_colour_and_sign_agree() -> None:
    bars = figures.waterfall(PARTS, 3.875).data[0]
    for value, colour, (_, text) in zip(bars.x, bars.marker.color, bars.customdata, strict=True):
        assert colour == (theme.BLUE if value > 0 else theme.VERMILION)
        assert text[0] == ("+" if value > 0 else theme.MINUS)


def test_every_row_has_its_words_and_no_words_touch_a_bar() -> None:
    names = {"component 1": "Component 1\nfrom A\nto <b>"}
    figure = figures.waterfall(PARTS, 3.875, names=names)
    words = [note for note in figure.layout.annotations if note.xref == "paper"]
    assert [note.text for note in words][3] == "Component 1<br>from A<br>to &lt;b&gt;"
    assert words[-1].text == "Prediction"
    bars = figure.data[0]
    for note, middle in zip(words[1:-1], bars.y, strict=True):
        n_lines = note.text.count("<br>") + 1
        assert note.y - 18 * n_lines >= middle + bars.width / 2


def test_steps_start_where_the_last_one_ended() -> None:
    steps = figures.steps(PARTS)
    assert steps["start"].tolist() == [0.0, 3.5, 3.0, 3.75, 4.0]
    assert steps["end"].iloc[-1] == 3.875


def test_a_component_is_named_by_its_farthest_films() -> None:
    (pole,) = figures.poles(["a", "b", "c", "d"], np.array([[0.1], [-2.0], [3.0], [1.0]]), n=2)
    assert pole == (("b", "a"), ("c", "d"))
    assert pole.words == "from b, a to c, d"


@pytest.mark.parametrize(
    ("title", "short"),
    [
        ("Fargo", "Fargo"),
        ("Sunset Blvd. (a.k.a. Sunset Boulevard)", "Sunset Blvd."),
        ("Babe (1995)", "Babe (1995)"),
        ("Star Wars: Episode IV - A New Hope", "Star Wars: Episode…"),
    ],
)
def test_titles_are_shortened(title: str, short: str) -> None:
    assert figures.shortened(title) == short
