"""An embedding look-up against a product, and the gradient against finite differences."""

import numpy as np

from core.movies.explore import lookup

RNG = np.random.default_rng(0)
TABLE = RNG.normal(size=(40, 5)).astype(np.float32)
USER = RNG.normal(size=5)


def test_a_lookup_is_exactly_a_product() -> None:
    for row in (0, 7, 39):
        both = lookup.proof(TABLE, row)
        assert both.max_difference == 0
        np.testing.assert_array_equal(both.multiplied, TABLE[row])


def test_the_gradient_is_that_of_the_squared_error_and_touches_one_row() -> None:
    row, stars, bias = 7, 4.0, 0.3

    def squared_error(table: np.ndarray) -> float:
        return float((table[row] @ USER + bias - stars) ** 2)

    table = TABLE.astype(np.float64)
    change = lookup.gradient(table, row, USER, float(table[row] @ USER + bias), stars)
    assert change.touched.tolist() == [row]
    step = 1e-6
    for factor in range(5):
        moved = table.copy()
        moved[row, factor] += step
        slope = (squared_error(moved) - squared_error(table)) / step
        np.testing.assert_allclose(change.factors[row, factor], slope, rtol=1e-4)
    assert change.bias[row] == 2 * change.error


def test_a_rating_that_was_expected_touches_nothing() -> None:
    assert len(lookup.gradient(TABLE, 3, USER, 4.0, 4.0).touched) == 0


def test_the_measurement_is_in_order() -> None:
    times = lookup.measure(TABLE)
    assert 0 < times.low <= times.ratio <= times.high
    assert times.lookup_s > 0 and times.product_s > 0
