import numpy as np
import pytest

from core.errors import DataError
from core.reviews import kept_name
from core.sentiment.data import unpack
from core.sentiment.disclosure import publishable as module
from core.sentiment.disclosure.publishable import publishable, read_publishable
from core.sentiment.disclosure.reviews import learnable
from tests.core.archive_samples import write_archive
from tests.core.sentiment.forum import COMMON, draw_forum, forum, words_of
from tests.privacy.text_attacks import longest_chain


@pytest.fixture(scope="module")
def found():
    return publishable(learnable(forum()))


@pytest.fixture
def local(tmp_path):
    members = {
        f"aclImdb/{part.replace('_', '/')}/{number}_{stars}.txt": text
        for text, part, number, stars in draw_forum()
    }
    return write_archive(tmp_path / "reviews.tar.gz", members)


def test_keys_are_those_of_few_enough_words(found):
    for order in (1, 2, 3):
        keys = found.keys(order)
        assert (np.diff(keys) > 0).all()
        assert len(keys) == sum(len(found.ngrams[size]) for size in range(1, order + 1))
        ids = unpack(keys)[:, :order]
        named = {" ".join(found.words[k] for k in row if k >= 0) for row in ids.tolist()}
        assert named == set().union(
            *(words_of(found.ngrams[size], found.words) for size in range(1, order + 1))
        )


def test_what_is_listed_does_not_chain(found):
    tables = {size: found.table(size) for size in found.ngrams}
    for size, (ngrams, reviews) in tables.items():
        assert len(ngrams) == len(reviews)
        assert size == 2 or len(ngrams) == len(found.ngrams[size])
    assert len(tables[2][0]) < len(found.ngrams[2])
    listed = [n.split() for ngrams, _ in tables.values() for n in words_of(ngrams, found.words)]
    assert 3 < len(longest_chain(map(tuple, listed))) <= 7


def test_reviews_are_counted_with_those_that_say_it(found):
    ngrams, reviews = found.table(5)
    row = [" ".join(found.words[k] for k in ngram) for ngram in ngrams].index(COMMON)
    assert 900 < reviews[row] <= 960  # a few of one writer count once


def test_the_kept_copy_is_the_same_and_is_found_once(local, tmp_path, found, monkeypatch):
    first = read_publishable(local, data_dir=tmp_path)
    monkeypatch.setattr(module, "publishable", None)
    again = read_publishable(local, data_dir=tmp_path)
    for size in found.ngrams:
        named = words_of(found.ngrams[size], found.words)
        assert words_of(first.ngrams[size], first.words) == named
        for name in ("ngrams", "reviews", "listed"):
            array = getattr(first, name)[size]
            np.testing.assert_array_equal(getattr(again, name)[size], array)


def test_a_damaged_copy_is_made_anew(local, tmp_path):
    first = read_publishable(local, data_dir=tmp_path)
    (folder,) = (tmp_path / "cache").glob(f"{kept_name(local)}-ngrams-*")
    (folder / "reviews-2.npy").write_bytes(b"\x93NUMPY")
    np.save(folder / "listed-3.npy", np.zeros(1, bool))
    again = read_publishable(local, data_dir=tmp_path)
    np.testing.assert_array_equal(again.reviews[2], first.reviews[2])
    np.testing.assert_array_equal(again.listed[3], first.listed[3])


def test_a_copy_that_cannot_be_read_back_is_an_error(local, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_load", lambda *_: None)
    with pytest.raises(DataError, match="cannot be read back; delete it"):
        read_publishable(local, data_dir=tmp_path)
