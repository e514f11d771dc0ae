"""Tables in archives: typed columns, and one clear line for what is wrong with a table."""

import csv
import io
import string
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.datasets import check_counts, lookup, read_csv_member, read_double_colon_member
from core.datasets.tables import UNIT_SEPARATOR, SingleSeparator
from core.errors import DataError, InputError

RATINGS = {"userId": np.int32, "movieId": np.int32, "rating": np.float32}
MOVIES = {"movieId": np.int32, "title": str, "genres": str}


@pytest.fixture
def pack(tmp_path):
    def make(body: str | bytes, name: str = "t.csv") -> Path:
        path = tmp_path / "t.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, body)
        return path

    return make


def error_line(call, *args, **kwargs) -> str:
    with pytest.raises(DataError) as caught:
        call(*args, **kwargs)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_types_order_and_choice_of_columns(pack):
    path = pack("timestamp,rating,userId,movieId\n9,0.5,1,31\n9,5.0,2,7\n")
    frame = read_csv_member(path, "t.csv", columns=RATINGS)
    assert list(frame.columns) == list(RATINGS)
    assert [frame[name].dtype for name in RATINGS] == [np.int32, np.int32, np.float32]
    assert frame["rating"].tolist() == [0.5, 5.0]
    assert frame["userId"].tolist() == [1, 2]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends(pack, end, last):
    body = end.join(["userId,movieId,rating", "1,2,3.5", "4,5,4.5"]) + (end if last else "")
    frame = read_csv_member(pack(body), "t.csv", columns=RATINGS)
    assert frame.values.tolist() == [[1, 2, 3.5], [4, 5, 4.5]]


def test_nothing_is_taken_for_a_missing_value(pack):
    path = pack('movieId,title,genres\n1,None,NA\n2,"Null, the film",nan\n3,,x\n')
    frame = read_csv_member(path, "t.csv", columns=MOVIES)
    assert frame["title"].tolist() == ["None", "Null, the film", ""]
    assert frame["genres"].tolist() == ["NA", "nan", "x"]


def test_byte_order_mark(pack):
    path = pack("\ufeffuserId,movieId,rating\n1,2,3\n".encode())
    assert len(read_csv_member(path, "t.csv", columns=RATINGS)) == 1


def test_without_header_and_without_quotes(pack):
    path = pack('1|"Quoted|x\n2|Caf\xe9|y\n'.encode("latin-1"))
    frame = read_csv_member(
        path,
        "t.csv",
        columns={"title": str, "id": np.int16},
        sep="|",
        encoding="latin-1",
        header=("id", "title", "rest"),
        quotes=False,
    )
    assert frame["title"].tolist() == ['"Quoted', "Café"]
    assert frame["id"].tolist() == [1, 2]


@pytest.mark.parametrize("body", ["userId,movieId,rating\n", "userId,movieId,rating"])
def test_no_rows(pack, body):
    frame = read_csv_member(pack(body), "t.csv", columns=RATINGS)
    assert len(frame) == 0
    assert [frame[name].dtype for name in RATINGS] == [np.int32, np.int32, np.float32]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("userId,movieId\n1,2\n", "no column rating; it has userId, movieId"),
        ("", "no column userId, movieId, rating; it has"),
        ("<html>\n", "no column userId, movieId, rating; it has <html>"),
        ("userId,movieId,rating\n1,2,3\n1,x,3\n", "line 3, column movieId: 'x' is no int32"),
        ("userId,movieId,rating\n1,2,3\n1,2.5,3\n", "line 3, column movieId: '2.5' is no int32"),
        ("userId,movieId,rating\n1,2,\n", "line 2, column rating: '' is no float32"),
        ("userId,movieId,rating\n1,2,nan\n", "line 2, column rating: 'nan' is no float32"),
        ("userId,movieId,rating\n1,2,inf\n", "line 2, column rating: 'inf' is no float32"),
        ("userId,movieId,rating\n1,99999999999,3\n", "column movieId: '99999999999' is no int32"),
        ("userId,movieId,rating\n1,2,3\n1,2\n", "line 3, has 2 fields instead of 3"),
        ("userId,movieId,rating\n1,2,3\n1,2,3,4\n", "line 3, has 4 fields instead of 3"),
        ('userId,movieId,rating\n1,2,"3\n', ""),
    ],
)
def test_what_is_wrong(pack, body, expected):
    message = error_line(read_csv_member, pack(body), "t.csv", columns=RATINGS)
    assert "t.zip, member t.csv" in message
    assert expected in message


def test_a_wrong_row_deep_inside(pack):
    rows = [f"{i},{i},4.5" for i in range(1, 200_001)]
    rows[150_000] = "7,seven,4.5"
    path = pack("userId,movieId,rating\n" + "\n".join(rows))
    message = error_line(read_csv_member, path, "t.csv", columns=RATINGS)
    assert "line 150002, column movieId: 'seven' is no int32" in message


def test_rows_of_uneven_length_in_a_table_with_quotes(pack):
    path = pack('movieId,title,genres\n1,"A, The",x\n2,B, The,y\n')
    message = error_line(read_csv_member, path, "t.csv", columns=MOVIES)
    assert "line 3, has 4 fields instead of 3" in message


def test_header_of_another_length(pack):
    message = error_line(
        read_csv_member, pack("1,2\n"), "t.csv", columns={"a": np.int8}, header=("a", "b", "c")
    )
    assert "line 1, has 2 fields instead of 3" in message


def test_wrong_encoding(pack):
    for body in (b"movieId,title,genres\n1,Caf\xe9,x\n", b"movieId,title,g\xe9\n1,a,x\n"):
        message = error_line(read_csv_member, pack(body), "t.csv", columns=MOVIES)
        assert "is not utf-8 text" in message


def test_separator_of_two_characters(pack):
    with pytest.raises(InputError, match="read_double_colon_member"):
        read_csv_member(pack("a::b\n"), "t.csv", columns={"a": str}, sep="::")


def test_oversized_table(pack):
    path = pack("userId,movieId,rating\n" + "1,2,3\n" * 1000)
    message = error_line(read_csv_member, path, "t.csv", columns=RATINGS, max_bytes=1000)
    assert "more than 1,000 bytes" in message


def test_double_colons(pack):
    path = pack("1::Caf\xe9: Part 2 (1995)::Drama|War\n2::B::\n".encode("latin-1"), "m.dat")
    frame = read_double_colon_member(
        path, "m.dat", columns=MOVIES, header=("movieId", "title", "genres")
    )
    assert frame.values.tolist() == [[1, "Café: Part 2 (1995)", "Drama|War"], [2, "B", ""]]


def test_double_colons_wrong(pack):
    header = ("movieId", "title", "genres")
    path = pack("1::A::x\n2::B\n", "m.dat")
    message = error_line(read_double_colon_member, path, "m.dat", columns=MOVIES, header=header)
    assert "line 2, has 2 fields instead of 3" in message
    path = pack(b"1::A\x1fB::x\n", "m.dat")
    message = error_line(read_double_colon_member, path, "m.dat", columns=MOVIES, header=header)
    assert "0x1f" in message


CELLS = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from(',"\n '))


@given(st.lists(st.tuples(CELLS, st.integers(-(2**31), 2**31 - 1), CELLS), max_size=20))
def test_csv_round_trip(tmp_path_factory, rows):
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["first", "number", "last"])
    writer.writerows(rows)
    path = tmp_path_factory.mktemp("csv") / "t.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("t.csv", text.getvalue())
    columns = {"last": str, "number": np.int32, "first": str}
    frame = read_csv_member(path, "t.csv", columns=columns)
    assert list(frame.itertuples(index=False, name=None)) == [(c, b, a) for a, b, c in rows]


FIELDS = st.text(string.ascii_letters + ": é\"',", max_size=12).filter(
    lambda field: "::" not in field and not field.endswith(":")
)


@given(st.lists(st.tuples(st.integers(0, 10**9), FIELDS, FIELDS), max_size=20))
def test_double_colon_round_trip(tmp_path_factory, rows):
    body = "".join(f"{number}::{title}::{rest}\n" for number, title, rest in rows)
    path = tmp_path_factory.mktemp("dat") / "t.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("t.dat", body.encode("latin-1"))
    frame = read_double_colon_member(
        path, "t.dat", columns=MOVIES, header=("movieId", "title", "genres")
    )
    assert list(frame.itertuples(index=False, name=None)) == rows


class Dribble(io.RawIOBase):
    """Gives bytes in pieces of chosen lengths."""

    def __init__(self, pieces: list[bytes]) -> None:
        super().__init__()
        self._pieces = list(pieces)

    def read(self, size: int = -1) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""


@given(st.lists(st.text(":ab\n", min_size=1).map(str.encode)), st.integers(1, 9))
def test_replacing_in_a_stream_equals_replacing_at_once(pieces, buffer_size):
    stream = io.BufferedReader(SingleSeparator(Dribble(pieces), "t"), buffer_size)
    assert stream.read() == b"".join(pieces).replace(b"::", UNIT_SEPARATOR)


@pytest.mark.parametrize("name", ["ml-latest-small-2016", "ml-latest-small"])
def test_real_movielens(mirror, name):
    dataset = lookup(name)
    path = mirror / dataset.filename
    ratings = read_csv_member(path, "ml-latest-small/ratings.csv", columns=RATINGS)
    movies = read_csv_member(path, "ml-latest-small/movies.csv", columns=MOVIES)
    tags = read_csv_member(path, "ml-latest-small/tags.csv", columns={"tag": str})
    check_counts(
        dataset,
        {
            "ratings": len(ratings),
            "users": ratings["userId"].nunique(),
            "rated_movies": ratings["movieId"].nunique(),
            "movies": len(movies),
            "tags": len(tags),
        },
    )


def test_real_movielens_100k(mirror):
    dataset = lookup("ml-100k")
    path = mirror / dataset.filename
    ratings = read_csv_member(
        path,
        "ml-100k/u.data",
        columns={"user": np.int32, "item": np.int32},
        sep="\t",
        header=("user", "item", "rating", "timestamp"),
    )
    movies = read_csv_member(
        path,
        "ml-100k/u.item",
        columns={"title": str},
        sep="|",
        encoding="latin-1",
        quotes=False,
        header=("item", "title", *(f"field{i}" for i in range(22))),
    )
    assert "Misérables, Les (1995)" in set(movies["title"])
    check_counts(
        dataset,
        {
            "ratings": len(ratings),
            "users": ratings["user"].nunique(),
            "movies": len(movies),
            "rated_movies": ratings["item"].nunique(),
        },
    )
