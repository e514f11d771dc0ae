"""Titles never overlap, stay inside, and go to the most important films first."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.figures import labels
from dashboard.figures.labels import Size

SMALL, LARGE = Size(300, 250), Size(1200, 620)


def boxes_at(
    placed: list[labels.Label], x: np.ndarray, y: np.ndarray, size: Size, font_size: float
) -> np.ndarray:
    return np.array(
        [
            labels.box(one, x[one.index] * size.width, y[one.index] * size.height, font_size)
            for one in placed
        ]
    ).reshape(-1, 4)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 60),
    font_size=st.sampled_from([13, 18]),
    share=st.floats(0, 1),
)
def test_no_two_labels_overlap_at_any_size(seed: int, n: int, font_size: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.beta(2, 2, n), rng.beta(2, 2, n)
    texts = ["".join(rng.choice(list("iW e(1994)é"), rng.integers(1, 40))) for _ in range(n)]
    placed = labels.place(x, y, texts, smallest=SMALL, largest=LARGE, font_size=font_size, limit=n)
    size = Size(*(np.array(SMALL) + share * (np.array(LARGE) - np.array(SMALL))))
    boxes = boxes_at(placed, x, y, size, font_size)
    left, right, bottom, top = boxes.T
    slack = 1e-6
    assert (left >= -slack).all() and (right <= size.width + slack).all()
    assert (bottom >= -slack).all() and (top <= size.height + slack).all()
    for i in range(len(boxes)):
        for j in range(i):
            apart_x = right[i] <= left[j] + slack or right[j] <= left[i] + slack
            apart_y = top[i] <= bottom[j] + slack or top[j] <= bottom[i] + slack
            assert apart_x or apart_y, (placed[i], placed[j])


def test_the_first_of_two_films_at_one_place_gets_the_label() -> None:
    x = y = np.array([0.5, 0.5])
    placed = labels.place(
        x, y, ["first", "second"], smallest=SMALL, largest=LARGE, font_size=13, limit=5
    )
    assert placed[0].index == 0 and placed[0].xanchor == "left"
    assert all(one.index == 0 or one.xanchor != "left" for one in placed)


def test_points_outside_and_beyond_the_limit_get_no_label() -> None:
    x, y = np.array([-0.1, 0.2, 0.2, 0.2]), np.array([0.5, 0.1, 0.5, 0.9])
    placed = labels.place(
        x, y, ["out", "a", "b", "c"], smallest=SMALL, largest=LARGE, font_size=13, limit=2
    )
    assert [one.text for one in placed] == ["a", "b"]


def test_a_label_turns_inwards_at_the_right_edge() -> None:
    (placed,) = labels.place(
        np.array([0.99]),
        np.array([0.5]),
        ["The Godfather (1972)"],
        smallest=SMALL,
        largest=LARGE,
        font_size=13,
        limit=1,
    )
    assert placed.xanchor == "right" and placed.xshift < 0


def test_the_width_of_a_text_as_measured_in_a_browser() -> None:
    # 8.7713 letter sizes in Chromium, with Source Sans
    measured = 8.7713 * 13
    assert measured <= labels.text_width("The Godfather (1972)", 13) <= 1.05 * measured


@pytest.mark.parametrize("width", [20, 60, 300])
def test_a_shortened_text_fits(width: float) -> None:
    text = labels.shortened("The Lord of the Rings: The Two Towers (2002)", width, 13)
    assert labels.text_width(text, 13) <= width
    assert text.endswith("…") or width == 300


def test_annotations_carry_their_film() -> None:
    x, y, texts = np.array([0.2, 0.8]), np.array([0.2, 0.8]), ["one", "two"]
    placed = labels.place(x, y, texts, smallest=SMALL, largest=LARGE, font_size=13, limit=2)
    made = labels.annotations(placed, x * 10, y * 10, ["<b>one</b>", "two"])
    assert [(one["x"], one["y"], one["text"]) for one in made] == [
        (2.0, 2.0, "<b>one</b>"),
        (8.0, 8.0, "two"),
    ]
    assert not any(one["showarrow"] for one in made)
