"""t-SNE: gradient against finite differences and the paper's formula, planted clusters, frames."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from core.errors import InputError
from core.words.tsne import descent as rooms
from core.words.tsne.affinities import affinities
from core.words.tsne.config import TsneConfig
from core.words.tsne.descent import (
    attraction,
    cross_entropy,
    first_positions,
    gradient,
    repulsion,
    scaled_components,
    tsne,
)


@pytest.fixture(scope="module")
def planted() -> tuple[np.ndarray, np.ndarray]:
    """Six groups of 30 in 20 dimensions whose means are far apart, and the group of each point."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(6), 30)
    means = 3 * rng.standard_normal((6, 20))
    return (means[groups] + rng.standard_normal((180, 20))).astype(np.float32), groups


@pytest.fixture(scope="module")
def some() -> tuple[jax.Array, rooms._Links, np.ndarray]:
    """Positions of 30 points, and P of other coordinates of theirs, as table and as matrix."""
    rng = np.random.default_rng(1)
    pairs = affinities(rng.standard_normal((30, 5)), perplexity=5)
    positions = jnp.asarray(2 * rng.standard_normal((30, 2)), jnp.float32)
    return positions, rooms._link_table(pairs), pairs.matrix.toarray().astype(np.float64)


def divergence(positions: np.ndarray, pairs: np.ndarray) -> float:
    """KL(P || Q) in float64, straight from the paper."""
    distances = ((positions[:, None] - positions[None]) ** 2).sum(2)
    weights = 1 / (1 + distances)
    np.fill_diagonal(weights, 0)
    is_pair = pairs > 0
    q = weights / weights.sum()
    return float((pairs[is_pair] * np.log(pairs[is_pair] / q[is_pair])).sum())


def test_gradient_equals_finite_differences(some: tuple) -> None:
    positions, links, pairs = some
    found = np.asarray(gradient(positions, links), np.float64)
    exact, step = np.asarray(positions, np.float64), 1e-5
    for row in range(0, 30, 3):
        for axis in range(2):
            ahead, behind = exact.copy(), exact.copy()
            ahead[row, axis] += step
            behind[row, axis] -= step
            slope = (divergence(ahead, pairs) - divergence(behind, pairs)) / (2 * step)
            assert found[row, axis] == pytest.approx(slope, abs=2e-6)


def test_exaggeration_multiplies_the_attraction_alone(some: tuple) -> None:
    positions, links, _ = some
    more = gradient(positions, links, 12.0) - gradient(positions, links, 1.0)
    np.testing.assert_allclose(more, 4 * 11 * attraction(positions, links), atol=1e-6)


def test_cross_entropy_equals_the_formula(some: tuple) -> None:
    positions, links, pairs = some
    entropy = -(pairs[pairs > 0] * np.log(pairs[pairs > 0])).sum()
    expected = divergence(np.asarray(positions, np.float64), pairs)
    assert float(cross_entropy(positions, links)) - entropy == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("spread", [1e-4, 1.0, 100.0])
@pytest.mark.parametrize("n_points", [5, 64, 301])
def test_both_ways_of_repulsion_are_the_formula_in_tiles(
    monkeypatch: pytest.MonkeyPatch, spread: float, n_points: int
) -> None:
    monkeypatch.setattr(rooms, "_TILE_ELEMENTS", 16 * n_points)
    monkeypatch.setattr(rooms, "_TILE_ROWS_GPU", 40)
    positions = spread * np.random.default_rng(n_points).standard_normal((n_points, 2))
    positions = positions.astype(np.float32)
    gaps = (positions[:, None] - positions[None]).astype(np.float64)
    weights = 1 / (1 + (gaps**2).sum(2))
    np.fill_diagonal(weights, 0)
    push = (weights[..., None] ** 2 * gaps).sum(1)
    for by_reduction in (False, True):
        found, total = repulsion(jnp.asarray(positions), by_reduction=by_reduction)
        assert float(total) == pytest.approx(weights.sum(), rel=1e-5)
        np.testing.assert_allclose(found, push, atol=1e-5 * np.abs(push).max())


def test_many_small_pushes_from_afar_add_up() -> None:
    """The sum of y_i times push_i is the far field's; sums of w^2 y_j lose some to rounding."""
    side = np.arange(48, dtype=np.float32)
    positions = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2) - side.mean()
    gaps = (positions[:, None] - positions[None]).astype(np.float64)
    lengths = (gaps**2).sum(2)
    exact = (lengths / (1 + lengths) ** 2).sum() / 2
    push, _ = repulsion(jnp.asarray(positions))
    assert float((positions.astype(np.float64) * np.asarray(push)).sum()) == pytest.approx(
        exact, rel=2e-6
    )


def test_planted_groups_come_apart(planted: tuple[np.ndarray, np.ndarray]) -> None:
    points, groups = planted

    def accuracy(coordinates: np.ndarray) -> float:
        # each half judged by the other: 10 nearest points on the map
        even = np.arange(len(groups)) % 2 == 0
        judge = KNeighborsClassifier(10).fit(coordinates[even], groups[even])
        return judge.score(coordinates[~even], groups[~even])

    start = first_positions(points, TsneConfig(start="random", seed=3))
    assert accuracy(start) < 0.5
    drawn = tsne(points, TsneConfig(perplexity=15, n_iterations=400, start="random", seed=3))
    np.testing.assert_array_equal(drawn.frames[0], start)
    assert accuracy(drawn.coordinates) > 0.98
    assert drawn.kl < 1.0 < drawn.frame_kl[0]


def test_frames_tell_the_story(planted: tuple[np.ndarray, np.ndarray]) -> None:
    points, _ = planted
    heard = []
    config = TsneConfig(perplexity=15, n_iterations=95, frame_every=20)
    drawn = tsne(points, config, on_frame=lambda i, kl, places: heard.append((i, kl, places)))
    np.testing.assert_array_equal(drawn.frame_iterations, [0, 20, 40, 60, 80, 95])
    assert drawn.frames.shape == (6, 180, 2)
    np.testing.assert_array_equal(drawn.frames[-1], drawn.coordinates)
    assert drawn.frame_kl[-1] == drawn.kl
    assert [frame[0] for frame in heard] == list(drawn.frame_iterations)
    np.testing.assert_array_equal(heard[-1][2], drawn.coordinates)
    assert drawn.frames[0][:, 0].std() == pytest.approx(1e-4, rel=1e-3)
    np.testing.assert_allclose(drawn.coordinates.mean(0), 0, atol=1e-4)


def test_frames_do_not_change_the_map(planted: tuple[np.ndarray, np.ndarray]) -> None:
    points, _ = planted
    few = tsne(points, TsneConfig(perplexity=15, n_iterations=60, frame_every=60))
    many = tsne(points, TsneConfig(perplexity=15, n_iterations=60, frame_every=7))
    np.testing.assert_allclose(few.coordinates, many.coordinates, rtol=1e-4, atol=1e-6)


def test_same_seed_same_map(planted: tuple[np.ndarray, np.ndarray]) -> None:
    points, _ = planted
    config = TsneConfig(perplexity=15, n_iterations=50, start="random", seed=5)
    again = tsne(points, config).coordinates
    np.testing.assert_array_equal(tsne(points, config).coordinates, again)
    other = tsne(points, TsneConfig(perplexity=15, n_iterations=50, start="random", seed=6))
    assert np.abs(other.coordinates - again).max() > 0


def test_it_stops_when_asked(planted: tuple[np.ndarray, np.ndarray]) -> None:
    points, _ = planted
    seen = []
    config = TsneConfig(perplexity=15, n_iterations=500, frame_every=10)
    drawn = tsne(
        points,
        config,
        on_frame=lambda i, kl, places: seen.append(i),
        should_stop=lambda: len(seen) >= 4,
    )
    assert drawn.frame_iterations[-1] == 30
    assert len(drawn.frames) == 4


@pytest.mark.parametrize(
    ("config", "before", "middle", "after"),
    [
        (TsneConfig(n_iterations=1000), (49, 12.0), (325, 12**0.5), (600, 1.0)),
        (
            TsneConfig(exaggerated_iterations=250, decay_iterations=0),
            (249, 12.0),
            (249.5, 12.0),
            (250, 1.0),
        ),
    ],
)
def test_exaggeration_is_eased_or_dropped(
    config: TsneConfig, before: tuple, middle: tuple, after: tuple
) -> None:
    schedule = rooms._Schedule(config.exaggeration, *config.exaggeration_phases, 0.0)
    for iteration, expected in (before, middle, after):
        exaggeration, rate, _ = schedule.at(jnp.asarray(iteration), 1200)
        assert float(exaggeration) == pytest.approx(expected, rel=1e-5)
        assert float(rate) == pytest.approx(1200 / max(expected, 4), rel=1e-5)


def test_principal_components_equal_scikit_learn(planted: tuple[np.ndarray, np.ndarray]) -> None:
    from sklearn.decomposition import PCA

    points, _ = planted
    ours, theirs = scaled_components(points), PCA(2).fit_transform(points)
    theirs = theirs / theirs[:, 0].std()
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs), atol=1e-4)
    line = np.outer(np.arange(5.0), [1.0])
    assert scaled_components(line).shape == (5, 2)


def test_a_known_p_is_drawn_without_points(planted: tuple[np.ndarray, np.ndarray]) -> None:
    points, _ = planted
    config = TsneConfig(perplexity=15, n_iterations=40)
    pairs = affinities(points, perplexity=15)
    direct = tsne(points, config)
    given = tsne(pairs, config, start=first_positions(points, config))
    np.testing.assert_array_equal(direct.coordinates, given.coordinates)
    with pytest.raises(InputError, match="start should be given"):
        tsne(pairs, config)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n_iterations": 0}, r"n_iterations \(0\) should be at least 1"),
        ({"exaggeration": 0.5}, r"exaggeration \(0.5\) should be at least 1"),
        ({"decay_iterations": -1}, r"decay_iterations \(-1\) should be at least 0"),
        ({"learning_rate": 0.0}, r"learning_rate \(0\) should be above 0"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"start": "pcs"}, r"start \(pcs\) should be one of pca, random"),
    ],
)
def test_bad_settings_are_refused(options: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        TsneConfig(**options)


def test_a_start_of_another_shape_is_refused(planted: tuple[np.ndarray, np.ndarray]) -> None:
    with pytest.raises(InputError, match=r"start has shape \(3, 2\), expected \(180, 2\)"):
        tsne(planted[0], TsneConfig(perplexity=15), start=np.zeros((3, 2), np.float32))
