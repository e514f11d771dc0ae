"""New words on an old map: near their own kind, without moving anything."""

import numpy as np
import pytest

from core.errors import InputError
from core.words import placing
from core.words.affinities import neighbourhood as jax_neighbourhood
from core.words.placing import neighbourhood, place
from core.words.tsne import TsneConfig, tsne


@pytest.fixture(scope="module")
def planted() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Four groups: 120 points on a map, 20 left out; points, map, new points, their groups."""
    rng = np.random.default_rng(0)
    groups = np.tile(np.arange(4), 35)
    points = (4 * rng.standard_normal((4, 10)))[groups] + rng.standard_normal((140, 10))
    drawn = tsne(points[:120], TsneConfig(perplexity=15, n_iterations=300))
    return points[:120], drawn.coordinates, points[120:], groups


def test_new_points_fall_among_their_own(planted: tuple) -> None:
    reference, coordinates, new, groups = planted
    found = place(new, reference, coordinates)
    gaps = ((found[:, None] - coordinates[None]) ** 2).sum(2)
    nearest = groups[:120][np.argsort(gaps, axis=1)[:, :5]]
    assert (nearest == groups[120:, None]).all()


def test_a_known_point_comes_back_near_its_place(planted: tuple) -> None:
    reference, coordinates, _, _ = planted
    found = place(reference[:10], reference, coordinates)
    spread = coordinates.std()
    assert np.median(np.hypot(*(found - coordinates[:10]).T)) < 0.15 * spread


def test_a_place_does_not_depend_on_the_others(planted: tuple) -> None:
    reference, coordinates, new, _ = planted
    before = coordinates.copy()
    together = place(new[:5], reference, coordinates)
    np.testing.assert_array_equal(place(new[3:4], reference, coordinates)[0], together[3])
    np.testing.assert_array_equal(coordinates, before)


def test_a_place_is_a_minimum(planted: tuple) -> None:
    reference, coordinates, new, _ = planted
    spot = place(new[:1], reference, coordinates)[0]
    distances = ((reference - new[0]) ** 2).sum(1)
    near = np.argsort(distances)[:15]
    pull = neighbourhood(distances[near], 5)
    exact = coordinates.astype(np.float64)
    best = placing._divergence(spot, exact, near, pull)
    for step in ([1e-2, 0], [-1e-2, 0], [0, 1e-2], [0, -1e-2]):
        assert placing._divergence(spot + step, exact, near, pull) > best - 1e-7


def test_slope_equals_finite_differences() -> None:
    rng = np.random.default_rng(1)
    coordinates, spot = rng.standard_normal((20, 2)), np.array([0.3, -0.7])
    near, pull = np.arange(6), rng.dirichlet(np.ones(6))
    slope = placing._gradient(spot, coordinates, near, pull)
    for axis in range(2):
        step = np.eye(2)[axis] * 1e-6
        ahead = placing._divergence(spot + step, coordinates, near, pull)
        behind = placing._divergence(spot - step, coordinates, near, pull)
        assert slope[axis] == pytest.approx((ahead - behind) / 2e-6, abs=1e-6)


def test_both_neighbourhoods_are_one_formula() -> None:
    distances = np.random.default_rng(2).exponential(size=(5, 15))
    ours = [neighbourhood(row, 5) for row in distances]
    np.testing.assert_allclose(ours, jax_neighbourhood(distances, 5.0), atol=2e-5)


def test_bad_numbers_are_refused(planted: tuple) -> None:
    reference, coordinates, new, _ = planted
    with pytest.raises(InputError, match=r"perplexity \(50\) should be from 1 to 40.0"):
        place(new, reference, coordinates, perplexity=50)
    with pytest.raises(InputError, match=r"coordinates \(119\)"):
        place(new, reference, coordinates[:-1])
    assert place(new[:0], reference, coordinates).shape == (0, 2)
