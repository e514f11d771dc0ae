"""How far a map can be trusted: known answers, and scikit-learn's own figure."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.manifold import trustworthiness as sklearn_trustworthiness

from core.errors import InputError
from core.words.tsne import quality
from core.words.tsne.quality import (
    align,
    nearest_rows,
    neighbour_preservation,
    stability,
    trustworthiness,
)


@pytest.mark.parametrize("tile", [2**22, 200])
def test_trustworthiness_equals_scikit_learn(monkeypatch: pytest.MonkeyPatch, tile: int) -> None:
    monkeypatch.setattr(quality, "_TILE_ELEMENTS", tile)
    rng = np.random.default_rng(0)
    points = rng.standard_normal((90, 6))
    for coordinates in (points[:, :2], rng.standard_normal((90, 2))):
        for k in (1, 10, 40):
            expected = sklearn_trustworthiness(points, coordinates, n_neighbors=k)
            assert trustworthiness(points, coordinates, n_neighbors=k) == pytest.approx(expected)


def test_a_map_that_is_the_truth_keeps_everything() -> None:
    points = np.random.default_rng(1).standard_normal((60, 2))
    assert trustworthiness(points, points) == 1
    np.testing.assert_array_equal(neighbour_preservation(nearest_rows(points), points), 1)


def test_preservation_counts_shared_neighbours() -> None:
    # on a line 0 1 2 3 4: truth says 2's nearest are 1 and 3, the map puts 4 in the place of 3
    true = nearest_rows(np.array([[0.0], [1.0], [2.0], [3.0], [4.0]]) * [[1.0, 0.0]], 2)
    places = np.array([[0, 0], [1, 0], [2, 0], [4, 0], [3, 0]], float)
    kept = neighbour_preservation(true, places)
    assert kept[2] == 0.5
    assert kept[0] == 1


@given(
    angle=st.floats(0, 6.28),
    scale=st.floats(0.1, 10),
    mirrored=st.booleans(),
    shift=st.tuples(st.floats(-9, 9), st.floats(-9, 9)),
)
@settings(max_examples=25, deadline=None)
def test_align_undoes_a_turn_a_mirror_a_scale_and_a_shift(
    angle: float, scale: float, mirrored: bool, shift: tuple[float, float]
) -> None:
    onto = np.random.default_rng(2).standard_normal((25, 2)) * [3, 1]
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = scale * (onto * [-1 if mirrored else 1, 1]) @ turn + shift
    np.testing.assert_allclose(align(moved, onto), onto, atol=1e-8)


def test_align_of_points_at_one_spot_is_the_middle() -> None:
    onto = np.array([[0.0, 0.0], [2.0, 4.0]])
    np.testing.assert_array_equal(align(np.ones((2, 2)), onto), [[1, 2], [1, 2]])


def test_stability_of_equal_and_of_unrelated_maps() -> None:
    rng = np.random.default_rng(3)
    one, other = rng.standard_normal((2, 400, 2))
    np.testing.assert_array_equal(stability(np.stack([one, 2 * one[:, ::-1] + 5])), 1)
    assert stability(np.stack([one, other])).mean() < 0.1  # chance: 10 of 399
    mixed = stability(np.stack([one, one, other]))
    assert mixed.mean() == pytest.approx(1 / 3, abs=0.05)


def test_bad_numbers_are_refused() -> None:
    points = np.zeros((5, 2))
    with pytest.raises(InputError, match=r"n_neighbors \(5\) should be from 1 to 4"):
        nearest_rows(points, 5)
    with pytest.raises(InputError, match="less than half"):
        trustworthiness(points, points, n_neighbors=3)
    with pytest.raises(InputError, match=r"maps \(1\) should be at least 2"):
        stability(np.zeros((1, 20, 2)))


def test_a_map_is_measured_by_what_there_is():
    points = np.random.default_rng(0).normal(size=(30, 5))
    kept, trusted = quality.measure(points, points[:, :2])
    expected = quality.neighbour_preservation(quality.nearest_rows(points), points[:, :2])
    np.testing.assert_array_equal(kept, expected)
    assert trusted == quality.trustworthiness(points, points[:, :2])
    for few in (4, 20):  # three neighbours; and too few for a trustworthiness of ten
        kept, trusted = quality.measure(points[:few], points[:few])
        assert (kept == 1).all()
        assert np.isnan(trusted)


def test_places_count_from_the_nearest():
    points = np.array([[3.0, 0], [1, 0], [1, 0], [0, 2]])
    assert quality.places(points, np.zeros(2)).tolist() == [4, 1, 2, 3]
    # the second of two that coincide is still its own nearest
    assert quality.places(points, points[2], own=2).tolist() == [2, 1, 0, 3]
