import io
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.datasets import ensure, lookup
from core.datasets.store import LocalData
from core.errors import DataError, InputError
from core.movies.data import (
    STARS,
    assemble,
    contiguous_folds,
    film_table,
    random_split,
    read_movielens,
    side_information,
    split_title,
)
from tests.core.movies.samples import checkerboard


@pytest.mark.parametrize(
    ("name", "users", "films", "genres", "first"),
    [
        ("ml-latest-small-2016", 671, 9066, 19, "Toy Story"),
        ("ml-latest-small", 610, 9724, 19, "Toy Story"),
        ("ml-100k", 943, 1682, 18, "Toy Story"),
    ],
)
def test_the_real_archives_have_their_known_content(
    mirror, tmp_path, name, users, films, genres, first
):
    data = read_movielens(ensure(name, mirror=mirror, data_dir=tmp_path))
    assert (data.n_users, data.n_items, len(data.genres)) == (users, films, genres)
    assert data.titles[0] == first and data.years[0] == 1995
    table = film_table(data)
    assert table["count"].sum() == len(data.ratings)
    assert (table["count"] > 0).all()
    stars = table[[f"stars_{s:.1f}" for s in STARS]].to_numpy()
    np.testing.assert_allclose(stars @ STARS / stars.sum(axis=1), table["mean"], rtol=1e-6)
    assert len(set(zip(data.titles, data.years.tolist(), strict=True))) == films


def test_the_lessons_edition_has_the_lessons_count_of_stars(mirror, tmp_path):
    data = read_movielens(ensure("ml-latest-small-2016", mirror=mirror, data_dir=tmp_path))
    stars, counts = np.unique(data.ratings, return_counts=True)
    known = {0.5: 1101, 1: 3326, 1.5: 1687, 2: 7271, 2.5: 4449}
    known |= {3: 20064, 3.5: 10538, 4: 28750, 4.5: 7723, 5: 15095}
    assert dict(zip(stars.tolist(), counts.tolist(), strict=True)) == known
    toy_story = data.titles.index("Toy Story")
    assert "Animation" in {
        g for g, has in zip(data.genres, data.has_genre[toy_story], strict=True) if has
    }


def small_archive(path, name, ratings, films):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}/ratings.dat", ratings)
        archive.writestr(f"{name}/movies.dat", films)
    return LocalData(lookup(name), path, "0" * 64, "test")


def test_ml_1m_layout_is_read_and_its_counts_are_missed(tmp_path, monkeypatch):
    ratings = "1::10::5::978300760\n2::10::3::978302109\n2::20::4::978301968\n"
    films = "10::Misérables, Les (1995)::Drama|Musical\n20::Heat (1995)::Action\n".encode("latin-1")
    local = small_archive(tmp_path / "ml-1m.zip", "ml-1m", ratings, films)
    with pytest.raises(DataError, match="3 ratings instead of 1,000,209"):
        read_movielens(local)
    monkeypatch.setattr("core.movies.data.check_counts", lambda dataset, found: None)
    data = read_movielens(local)
    assert data.titles == ("Les Misérables", "Heat")
    assert data.users.tolist() == [0, 1, 1] and data.ratings.tolist() == [5, 3, 4]
    assert data.genres == ("Action", "Drama", "Musical")


@pytest.mark.parametrize("name", ["ml-25m", "ml-32m"])
def test_the_large_editions_share_the_csv_layout(tmp_path, monkeypatch, name):
    monkeypatch.setattr("core.movies.data.check_counts", lambda dataset, found: None)
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(
            f"{name}/ratings.csv", "userId,movieId,rating,timestamp\n1,7,0.5,1\n3,7,4.5,1\n"
        )
        archive.writestr(
            f"{name}/movies.csv",
            "movieId,title,genres\n"
            '7,"American President, The (1995)",Comedy\n'
            '8,"None",(no genres listed)\n',
        )
    data = read_movielens(LocalData(lookup(name), tmp_path / "x.zip", "0" * 64, "test"))
    assert data.titles == ("The American President",) and data.user_ids.tolist() == [1, 3]


def test_another_kind_of_data_set_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"data set \(nietzsche\) should be one of"):
        read_movielens(LocalData(lookup("nietzsche"), tmp_path, "", ""))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Godfather, The (1972)", ("The Godfather", 1972)),
        ("godfather, the", ("the godfather", 0)),
        ("Avventura, L' (Adventure, The) (1960)", ("L'Avventura (Adventure, The)", 1960)),
        ("Misérables, Les (1995)", ("Les Misérables", 1995)),
        ("Big Bang Theory, The (2007-)", ("The Big Bang Theory", 2007)),
        ("Fawlty Towers (1975-1979)", ("Fawlty Towers", 1975)),
        ("2001: A Space Odyssey (1968)", ("2001: A Space Odyssey", 1968)),
        (
            "Good, the Bad and the Ugly, The (Buono, il brutto, il cattivo, Il) (1966)",
            ("The Good, the Bad and the Ugly (Buono, il brutto, il cattivo, Il)", 1966),
        ),
        ("Women of '69, Unboxed", ("Women of '69, Unboxed", 0)),
        ("(500) Days of Summer (2009)", ("(500) Days of Summer", 2009)),
        ("(1984)", ("(1984)", 1984)),
        ("Diplomatic Immunity (2009\u2013 )", ("Diplomatic Immunity", 2009)),
        ("Some Title (1983))", ("Some Title", 1983)),
        ("Giving, The (1995) (V)", ("The Giving", 1995)),
        ("Terrible Joe Moran (1984) (TV)", ("Terrible Joe Moran", 1984)),
        ("Bear, The (1988) (Ours, L')", ("The Bear (Ours, L')", 1988)),
        ("Some Title (1997/II)", ("Some Title", 1997)),
        ("Some Title (c. 1950) [TV Mini-Series]", ("Some Title", 1950)),
        ("Some Title ( 1967 )", ("Some Title", 1967)),
        ("Some Title (1999", ("Some Title", 1999)),
        ("Doctor Who (2005-present)", ("Doctor Who", 2005)),
        ("Some Title (1995) Director's Cut", ("Some Title Director's Cut", 1995)),
        ("Class (Class of 1984) (1982)", ("Class (Class of 1984)", 1982)),
        ("Class (Class of 1984)", ("Class (Class of 1984)", 0)),
        ("Numbers (3000)", ("Numbers (3000)", 0)),
        ("", ("", 0)),
    ],
)
def test_titles_are_taken_apart(text, expected):
    assert split_title(text) == expected


@given(st.text(max_size=60))
def test_any_title_is_taken_apart_without_losing_it(text):
    title, year = split_title(text)
    assert isinstance(title, str) and year >= 0
    assert bool(title) == bool(text.strip())


def test_doubled_titles_are_told_apart():
    films = pd.DataFrame(
        {"movie": [1, 2, 3], "title": ["Hamlet (2000)"] * 2 + ["Hamlet (1996)"], "genres": "Drama"}
    )
    ratings = pd.DataFrame({"user": [1, 1, 1], "movie": [1, 2, 3], "rating": [3.0, 4.0, 5.0]})
    assert assemble("toy", ratings, films).titles == ("Hamlet [1]", "Hamlet [2]", "Hamlet")


@pytest.mark.parametrize(
    ("ratings", "message"),
    [
        ({"user": [1], "movie": [9], "rating": [3.0]}, "ratings of films that it does not list"),
        ({"user": [1], "movie": [1], "rating": [5.5]}, "outside 0.5 to 5.0 stars"),
        ({"user": [1], "movie": [1], "rating": [float("nan")]}, "outside 0.5 to 5.0 stars"),
        ({"user": [], "movie": [], "rating": []}, "no ratings"),
    ],
)
def test_tables_that_do_not_fit_are_refused(ratings, message):
    films = pd.DataFrame({"movie": [1], "title": ["Heat (1995)"], "genres": ["Action"]})
    with pytest.raises(DataError, match=message):
        assemble("toy", pd.DataFrame(ratings), films)


def test_a_film_listed_twice_is_refused():
    films = pd.read_csv(io.StringIO("movie,title,genres\n1,A (1990),x\n1,A (1990),x"))
    with pytest.raises(DataError, match="lists a film twice"):
        assemble("toy", pd.DataFrame({"user": [1], "movie": [1], "rating": [3.0]}), films)


def test_the_split_is_the_stated_formula():
    np.testing.assert_array_equal(
        random_split(50, seed=3), np.random.default_rng(3).random(50) < 0.8
    )


@given(n=st.integers(5, 400), k=st.integers(2, 5))
def test_folds_test_every_rating_once(n, k):
    folds = contiguous_folds(n, k)
    assert len(folds) == k
    assert (np.sum([~fold for fold in folds], axis=0) == 1).all()
    for fold in folds:
        assert np.diff(np.flatnonzero(~fold)).max(initial=1) == 1


def test_side_information_describes_genre_and_year():
    data = checkerboard()
    side = side_information(data.years, data.has_genre)
    n_genres = len(data.genres)
    assert side.shape == (data.n_items, n_genres + 9) and np.isfinite(side).all()
    np.testing.assert_array_equal(side[:, :n_genres], data.has_genre)
    film_of_1960 = data.years.tolist().index(1960)
    assert side[film_of_1960, n_genres:].tolist() == pytest.approx(
        [-1.5, 2.25, 0, 1, 0, 0, 0, 0, 0]
    )
