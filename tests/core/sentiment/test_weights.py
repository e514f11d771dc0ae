import numpy as np
import pytest

from core.sentiment.weights import restored, rounded


def test_numbers_are_halved_and_integers_stay():
    arrays = {"a": np.array([1 + 2**-12, 0.5], np.float32), "keys": np.array([2**40 + 1])}
    small = rounded(arrays)
    assert {name: array.dtype for name, array in small.items()} == {
        "a": np.float16,
        "keys": np.int64,
    }
    found = restored(small)
    assert found["a"].tolist() == [1, 0.5] and found["a"].dtype == np.float32
    assert found["keys"].tolist() == [2**40 + 1]


@pytest.mark.parametrize("name", ["words", "net.words", "net.views.table", "hidden.kernel"])
def test_the_largest_tables_take_a_byte_a_number_and_little_error(name):
    rng = np.random.default_rng(0)
    words = (rng.normal(size=(50, 3)) * [1, 1e-3, 100]).astype(np.float32)
    words[:, 2] = 0
    arrays = {name: words, "bias": np.ones(3, np.float32)}
    small = rounded(arrays)
    assert small[name].dtype == np.int8
    found = restored(small)
    assert set(found) == set(arrays)
    error = np.abs(found[name] - words).max(axis=0)
    assert (error <= 0.005 * np.abs(words).max(axis=0)).all()
    assert found[name].dtype == np.float32
