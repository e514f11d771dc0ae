from itertools import islice

import numpy as np
import pytest

from core import reviews as reviews_module
from core.errors import DataError
from core.reviews import PARTS, Reviews, collect, read_reviews, texts_of, tokenise_archive
from tests.core.archive_samples import KEPT, write_archive

MEMBERS = {
    "aclImdb/test/pos/0_10.txt": "Never, never!",
    "aclImdb/test/neg/0_1.txt": "a bad end",
    "aclImdb/train/pos/0_9.txt": "A good film",
    "aclImdb/train/neg/0_2.txt": "A BAD end",
    "aclImdb/train/neg/1_4.txt": "<br />",  # no token at all
    "aclImdb/train/unsup/0_0.txt": "a good film",
    "aclImdb/train/urls_pos.txt": "http",
    "aclImdb/README": "read me",
    "aclImdb/imdb.vocab": "the",
}


@pytest.fixture
def local(tmp_path):
    return write_archive(tmp_path / "reviews.tar.gz", MEMBERS)


def texts(reviews):
    ends = zip(reviews.starts[:-1], reviews.starts[1:], strict=True)
    return [" ".join(reviews.words[k] for k in reviews.tokens[low:high]) for low, high in ends]


def test_reads_every_review_in_order_with_part_number_and_stars(local):
    reviews = tokenise_archive(local)
    assert texts(reviews) == [
        "never , never !",
        "a bad end",
        "a good film",
        "a bad end",
        "",
        "a good film",
    ]
    parts = [PARTS[part] for part in reviews.parts]
    assert parts == ["test_pos", "test_neg", "train_pos", "train_neg", "train_neg", "train_unsup"]
    assert reviews.stars.tolist() == [10, 1, 9, 2, 4, 0]
    assert reviews.numbers.tolist() == [0, 0, 0, 0, 1, 0]
    assert reviews.n_reviews == 6
    assert reviews.words == ("never", ",", "!", "a", "bad", "end", "good", "film")
    assert reviews.cases.tolist() == [1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 0, 0, 0, 0]
    names = ("tokens", "starts", "parts", "stars", "numbers", "cases")
    types = [getattr(reviews, name).dtype.str[1:] for name in names]
    assert types == ["i4", "i8", "u1", "u1", "i4", "u1"]


def test_rows_of_some_parts_ascend(local):
    reviews = tokenise_archive(local)
    assert reviews.rows("train_neg").tolist() == [3, 4]
    assert reviews.rows("train_neg", "test_pos").tolist() == [0, 3, 4]
    assert reviews.rows().tolist() == []


def test_select_takes_any_rows_in_the_order_asked():
    reviews = collect(
        [(["a", "b"], "train_pos", 0, 7), ([], "train_neg", 0, 1), (["b"], "test_neg", 0, 2)]
    )
    tokens, starts = reviews.select(np.array([2, 0, 1, 2]))
    assert tokens.tolist() == [1, 0, 1, 1]
    assert starts.tolist() == [0, 1, 3, 3, 4]
    tokens, starts = reviews.select(np.array([], np.int64))
    assert tokens.tolist() == []
    assert starts.tolist() == [0]


def test_first_of_each_drops_repeats_and_empty_reviews_by_the_order_given(local):
    reviews = tokenise_archive(local)
    assert reviews.first_of_each(np.arange(6)).tolist() == [0, 1, 2]
    assert reviews.first_of_each(np.arange(6)[::-1]).tolist() == [5, 3, 0]
    assert reviews.first_of_each(np.array([4])).tolist() == []


def test_reviews_that_share_a_beginning_are_not_the_same():
    reviews = collect([(["a"], "train_pos", 0, 7), (["a", "b"], "train_pos", 1, 7)])
    assert reviews.first_of_each(np.arange(2)).tolist() == [0, 1]


def test_the_kept_copy_is_the_same_and_spares_the_archive(local, tmp_path):
    first = read_reviews(local, data_dir=tmp_path / "data")
    local.path.unlink()
    again = read_reviews(local, data_dir=tmp_path / "data")
    for name in ("tokens", "starts", "parts", "stars", "numbers", "cases"):
        np.testing.assert_array_equal(getattr(again, name), getattr(first, name))
    assert again.words == first.words
    assert [path.name for path in (tmp_path / "data" / "cache").iterdir()] == [KEPT]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("numbers.npy", None),
        ("words.txt", b"one word"),
        ("words.txt", b"\xff"),
        ("tokens.npy", b"\x93NUMPY"),
        ("stars.npy", b""),
        ("parts.npy", None),
        ("cases.npy", None),
    ],
)
def test_a_damaged_copy_is_made_anew(local, tmp_path, name, content):
    expected = texts(read_reviews(local, data_dir=tmp_path))
    damaged = tmp_path / "cache" / KEPT / name
    damaged.unlink()
    if content is not None:
        damaged.write_bytes(content)
    assert texts(read_reviews(local, data_dir=tmp_path)) == expected
    assert damaged.stat().st_size > 10


def test_an_archive_with_other_counts_is_refused(tmp_path):
    expected = {"train_pos": 12_500, "test_neg": 1}
    local = write_archive(tmp_path / "reviews.tar.gz", MEMBERS, expected)
    with pytest.raises(DataError, match="has 1 train pos instead of 12,500;"):
        read_reviews(local, data_dir=tmp_path)
    assert not (tmp_path / "cache" / KEPT).exists()


def test_a_review_in_another_encoding_is_refused(tmp_path):
    local = write_archive(tmp_path / "reviews.tar.gz", {"aclImdb/test/pos/0_9.txt": b"caf\xe9"})
    with pytest.raises(DataError, match="test/pos/0_9.txt is not UTF-8"):
        tokenise_archive(local)


@pytest.mark.parametrize("name", ["0_11", "0_", "0_-1", "0_9a", "film", "7", "a_7", "1_2_3"])
def test_a_file_name_without_stars_is_refused(tmp_path, name):
    local = write_archive(tmp_path / "reviews.tar.gz", {f"aclImdb/train/pos/{name}.txt": "good"})
    with pytest.raises(DataError, match=rf"{name}.txt should be named NUMBER_STARS.txt"):
        tokenise_archive(local)


def test_an_archive_without_reviews_is_refused(tmp_path):
    local = write_archive(tmp_path / "reviews.tar.gz", {"aclImdb/train/urls_pos.txt": "a film"})
    with pytest.raises(DataError, match="has no member train/pos"):
        tokenise_archive(local)


def test_inconsistent_reviews_name_each_problem():
    one, two = np.zeros(1, np.uint8), np.zeros(2, np.uint8)
    with pytest.raises(DataError, match="do not cover the tokens; there are 2 stars; a token is"):
        Reviews(np.array([0, 1], np.int32), np.array([0, 1]), ("a",), one, two, one, two)
    with pytest.raises(DataError, match="a review ends before it begins"):
        Reviews(np.zeros(3, np.int32), np.array([0, 2, 1, 3]), ("a",), *[np.zeros(3)] * 4)


def test_a_word_is_the_same_however_it_is_written():
    reviews = collect([(["An", "AN", "aN", "A", "I", "4", "."], "train_pos", 0, 7)])
    assert reviews.words == ("an", "a", "i", "4", ".")
    assert reviews.tokens.tolist() == [0, 0, 0, 1, 2, 3, 4]
    assert reviews.cases.tolist() == [1, 2, 0, 1, 1, 0, 0]


def test_the_real_archive_begins_as_expected(mirror):
    found = list(islice(reviews_module._members(mirror / "aclImdb_v1.tar.gz"), 300))
    reviews = collect(found)
    assert 290 < len(reviews.first_of_each(np.arange(300))) <= 300  # a few stand there twice
    assert 40_000 < len(reviews.tokens) < 140_000
    frequent = np.argsort(-np.bincount(reviews.tokens))[:5]
    assert {reviews.words[k] for k in frequent} <= {"the", ".", ",", "and", "a", "of", "to"}
    stars = {"pos": range(7, 11), "neg": range(1, 5), "unsup": range(1)}
    assert all(given in stars[part.split("_")[1]] for _, part, _, given in found)


def test_a_text_without_tokens_has_none():
    assert texts_of(np.array([0, 2, 2, 3])).tolist() == [0, 0, 2]
    assert texts_of(np.array([0])).tolist() == []
