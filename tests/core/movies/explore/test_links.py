"""A visitor's ratings through the link and back."""

import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.movies.explore.links import MOST_CHARACTERS, MOST_RATINGS, decode, encode

HALVES = st.integers(1, 10).map(lambda half: half / 2)
RATINGS = st.dictionaries(st.integers(1, 999_999_999), HALVES, max_size=MOST_RATINGS)


def test_the_example() -> None:
    assert encode({318: 4.5, 858: 4.0}) == "318-9.858-8"
    read = decode("318-9.858-8", {318, 858})
    assert read.ratings == {318: 4.5, 858: 4.0} and read.problem == ""


@given(RATINGS)
def test_every_set_of_ratings_comes_back_in_its_order(ratings: dict[int, float]) -> None:
    text = encode(ratings)
    assert list(decode(text, set(ratings)).ratings.items()) == list(ratings.items())
    assert quote(text, safe="") == text and len(text) <= MOST_CHARACTERS


@given(st.text(max_size=60) | st.text(string.digits + ".-", max_size=60))
def test_no_text_is_too_foolish(text: str) -> None:
    read = decode(text, {1, 22, 318})
    assert set(read.ratings) <= {1, 22, 318}
    assert all(0.5 <= stars <= 5 for stars in read.ratings.values())
    assert encode(read.ratings) == encode(decode(encode(read.ratings), {1, 22, 318}).ratings)
    if text.strip():
        assert read.ratings or read.problem
    assert "\n" not in read.problem or "\n" in text


@pytest.mark.parametrize(
    "piece", ["", "1", "1-", "-5", "1-0", "1-11", "1--2", "1-5x", "١-5", "1e3-5"]
)
def test_pieces_that_are_no_rating_are_named(piece: str) -> None:
    read = decode(f"318-9.{piece}", {1, 318})
    assert read.ratings == {318: 4.5}
    assert read.nonsense == (piece,) and f"“{piece}”" in read.problem


def test_unknown_films_are_named_and_only_counted_when_many() -> None:
    read = decode(".".join(f"{number}-8" for number in range(1, 7)), {1})
    assert read.ratings == {1: 4.0}
    assert "“2”, “3”, “4”, and 2 more" in read.problem


def test_too_many_ratings_are_cut_but_the_first_ones_may_change() -> None:
    ids = range(1, MOST_RATINGS + 4)
    read = decode(".".join([*(f"{number}-8" for number in ids), "1-2"]), set(ids))
    assert len(read.ratings) == MOST_RATINGS and read.n_left_out == 3
    assert read.ratings[1] == 1.0 and "3 go beyond the 50" in read.problem
    with pytest.raises(InputError, match=r"ratings \(53\) should be at most 50"):
        encode(dict.fromkeys(ids, 4.0))


@pytest.mark.parametrize(
    ("movie_id", "stars"), [(1, 0.0), (1, 5.5), (1, 0.3), (-1, 4.0), (10**9, 4.0)]
)
def test_what_a_link_cannot_hold_is_refused(movie_id: int, stars: float) -> None:
    with pytest.raises(InputError, match="should be a movie id"):
        encode({movie_id: stars})
