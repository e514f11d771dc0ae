"""P of t-SNE: perplexity, symmetry, and the independent formula."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.words.tsne import affinities as rooms
from core.words.tsne.affinities import affinities, nearest_points, neighbourhood


def reference_affinities(points: np.ndarray, perplexity: float) -> np.ndarray:
    """P as van der Maaten and Hinton write it, row by row, over all pairs, in float64."""
    n_points = len(points)
    points = points.astype(np.float64)
    conditional = np.zeros((n_points, n_points))
    for row in range(n_points):
        distances = ((points - points[row]) ** 2).sum(1)
        others = np.arange(n_points) != row
        low, high = 1e-10, 1e10
        for _ in range(200):
            beta = np.sqrt(low * high)
            weights = np.exp(-beta * (distances[others] - distances[others].min()))
            weights /= weights.sum()
            entropy = -(weights * np.log(np.maximum(weights, 1e-300))).sum()
            low, high = (beta, high) if entropy > np.log(perplexity) else (low, beta)
        conditional[row, others] = weights
    return (conditional + conditional.T) / (2 * n_points)


def test_all_pairs_equal_the_papers_formula() -> None:
    points = np.random.default_rng(0).standard_normal((40, 5)).astype(np.float32)
    found = affinities(points, perplexity=7, n_neighbors=39)
    np.testing.assert_allclose(
        found.matrix.toarray(), reference_affinities(points, 7), atol=2e-7, rtol=2e-3
    )


def test_neighbours_hold_nearly_all_of_the_weight() -> None:
    points = np.random.default_rng(1).standard_normal((200, 10)).astype(np.float32)
    full = affinities(points, perplexity=10, n_neighbors=199).matrix.toarray()
    near = affinities(points, perplexity=10).matrix.toarray()
    assert np.abs(full - near).sum() < 0.1
    assert (near > 0).sum() < (full > 0).sum() / 2


@given(
    n_points=st.sampled_from([8, 40]),  # each size compiles anew
    perplexity=st.floats(1, 2),
    seed=st.integers(0, 1000),
    scale=st.sampled_from([1e-4, 1.0, 1e4]),
)
@settings(max_examples=15, deadline=None)
def test_p_is_a_symmetric_distribution(
    n_points: int, perplexity: float, seed: int, scale: float
) -> None:
    points = scale * np.random.default_rng(seed).standard_normal((n_points, 3))
    matrix = affinities(points.astype(np.float32), perplexity=perplexity, n_neighbors=7).matrix
    assert matrix.sum() == pytest.approx(1, abs=1e-5)
    assert abs(matrix - matrix.T).max() < 1e-8
    assert (matrix.diagonal() == 0).all()
    assert (matrix.data >= 0).all()


@pytest.mark.parametrize("perplexity", [1.5, 5.0, 20.0])
def test_every_row_has_the_perplexity(perplexity: float) -> None:
    distances = np.random.default_rng(2).exponential(size=(30, 60)).astype(np.float32)
    weights = np.asarray(neighbourhood(distances, perplexity), np.float64)
    entropy = -(weights * np.log(np.maximum(weights, 1e-300))).sum(1)
    np.testing.assert_allclose(np.exp(entropy), perplexity, rtol=1e-3)
    np.testing.assert_allclose(weights.sum(1), 1, rtol=1e-5)


def test_points_at_one_spot_share_evenly() -> None:
    points = np.zeros((12, 4), np.float32)
    found = affinities(points, perplexity=3, n_neighbors=11).matrix.toarray()
    np.testing.assert_allclose(found[~np.eye(12, dtype=bool)], 1 / (12 * 11), rtol=1e-5)


def test_nearest_equals_brute_force_in_small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    points = np.random.default_rng(3).standard_normal((53, 6)).astype(np.float32)
    monkeypatch.setattr(rooms, "_TILE_ELEMENTS", 53 * 8)  # seven tiles, the last one overlapping
    rows, distances = nearest_points(points, 5)
    exact = ((points[:, None].astype(np.float64) - points[None]) ** 2).sum(2)
    np.fill_diagonal(exact, np.inf)
    np.testing.assert_array_equal(rows, np.argsort(exact, axis=1)[:, :5])
    np.testing.assert_allclose(distances, np.sort(exact, axis=1)[:, :5], rtol=1e-5)
    first, _ = nearest_points(points, 5, n_first=9)
    np.testing.assert_array_equal(first, rows[:9])


def test_bad_numbers_are_refused() -> None:
    points = np.random.default_rng(4).standard_normal((10, 3)).astype(np.float32)
    with pytest.raises(InputError, match=r"perplexity \(5\) should be from 1 to 3 for 10 words"):
        affinities(points, perplexity=5)
    with pytest.raises(InputError, match="at least 16 words"):
        affinities(points, perplexity=5)
    with pytest.raises(InputError, match=r"perplexity \(nan\)"):
        affinities(points, perplexity=float("nan"))
    with pytest.raises(InputError, match=r"points \(3\) should be at least 4"):
        affinities(points[:3], perplexity=1)
    with pytest.raises(InputError, match="n_neighbors"):
        affinities(points, perplexity=3, n_neighbors=2)
    points[3, 1] = np.nan
    with pytest.raises(InputError, match="finite"):
        affinities(points, perplexity=2)
