"""Out-of-sample points: near their own kind, without moving anything; copies, bad vectors."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from core.errors import InputError
from core.words.explore import MapExplorer, out_of_sample
from core.words.explore.out_of_sample import (
    OutOfSampleWords,
    neighbourhood,
    transform,
    transform_words,
)
from core.words.explore.vectors import WordVectors
from core.words.tsne.affinities import neighbourhood as jax_neighbourhood
from core.words.tsne.config import TsneConfig
from core.words.tsne.descent import tsne
from tests.dashboard.word_samples import (
    N_FITTED,
    N_WORDS,
    find_map,
    maps_bundle,
    sample_vectors,
    word_list,
)

COPY, MIXED = N_WORDS, N_WORDS + 1  # rows of two more words: school again, school and teacher


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
    found = transform(new, reference, coordinates)
    gaps = ((found[:, None] - coordinates[None]) ** 2).sum(2)
    nearest = groups[:120][np.argsort(gaps, axis=1)[:, :5]]
    assert (nearest == groups[120:, None]).all()


def test_a_known_point_comes_back_near_its_place(planted: tuple) -> None:
    reference, coordinates, _, _ = planted
    found = transform(reference[:10], reference, coordinates)
    spread = coordinates.std()
    assert np.median(np.hypot(*(found - coordinates[:10]).T)) < 0.15 * spread


def test_a_place_does_not_depend_on_the_others(planted: tuple) -> None:
    reference, coordinates, new, _ = planted
    before = coordinates.copy()
    together = transform(new[:5], reference, coordinates)
    np.testing.assert_array_equal(transform(new[3:4], reference, coordinates)[0], together[3])
    np.testing.assert_array_equal(coordinates, before)


def test_a_place_is_a_minimum(planted: tuple) -> None:
    reference, coordinates, new, _ = planted
    spot = transform(new[:1], reference, coordinates)[0]
    distances = ((reference - new[0]) ** 2).sum(1)
    near = np.argsort(distances)[:15]
    pull = neighbourhood(distances[near], 5)
    exact = coordinates.astype(np.float64)
    best = out_of_sample._divergence(spot, exact, near, pull)
    for step in ([1e-2, 0], [-1e-2, 0], [0, 1e-2], [0, -1e-2]):
        assert out_of_sample._divergence(spot + step, exact, near, pull) > best - 1e-7


def test_slope_equals_finite_differences() -> None:
    rng = np.random.default_rng(1)
    coordinates, spot = rng.standard_normal((20, 2)), np.array([0.3, -0.7])
    near, pull = np.arange(6), rng.dirichlet(np.ones(6))
    slope = out_of_sample._gradient(spot, coordinates, near, pull)
    for axis in range(2):
        step = np.eye(2)[axis] * 1e-6
        ahead = out_of_sample._divergence(spot + step, coordinates, near, pull)
        behind = out_of_sample._divergence(spot - step, coordinates, near, pull)
        assert slope[axis] == pytest.approx((ahead - behind) / 2e-6, abs=1e-6)


def test_both_neighbourhoods_are_one_formula() -> None:
    distances = np.random.default_rng(2).exponential(size=(5, 15))
    ours = [neighbourhood(row, 5) for row in distances]
    np.testing.assert_allclose(ours, jax_neighbourhood(distances, 5.0), atol=2e-5)


def test_bad_numbers_are_refused(planted: tuple) -> None:
    reference, coordinates, new, _ = planted
    with pytest.raises(InputError, match=r"perplexity \(50\) should be from 1 to 40.0"):
        transform(new, reference, coordinates, perplexity=50)
    with pytest.raises(InputError, match=r"coordinates \(119\)"):
        transform(new, reference, coordinates[:-1])
    assert transform(new[:0], reference, coordinates).shape == (0, 2)


@pytest.fixture(scope="module")
def vectors() -> WordVectors:
    """The sample and two more words."""
    sample = sample_vectors("sgns")
    school, teacher = (sample.matrix[sample.find(word)] for word in ("school", "teacher"))
    matrix = np.concatenate([sample.matrix, [school, school + teacher]])
    counts = np.arange(len(matrix), 0, -1)
    return WordVectors(
        "sgns", sample.title, [*sample.words, "lycee", "tutor"], matrix, counts=counts
    )


@pytest.fixture(scope="module")
def maps() -> MapExplorer:
    return MapExplorer(maps_bundle("sgns"))


@pytest.fixture(scope="module")
def found(maps: MapExplorer, vectors: WordVectors) -> OutOfSampleWords:
    return transform_words(maps, find_map(maps, N_FITTED), vectors, [COPY, MIXED])


def test_a_copy_has_the_neighbours_of_its_original(
    maps: MapExplorer, found: OutOfSampleWords
) -> None:
    record = find_map(maps, N_FITTED)
    school = maps.find("school")
    near = found.neighbours[N_FITTED]
    assert near["word"].iloc[0] == "school"
    assert near[["distance", "cosine"]].iloc[0].tolist() == pytest.approx([0, 1], abs=1e-6)
    others = maps.true_neighbours(record, school, 9)
    assert near["word"].tolist()[1:] == others["word"].tolist()
    np.testing.assert_allclose(
        near["distance"][1:], others["distance"], atol=2e-3
    )  # half precision
    assert list(near.columns) == list(others.columns)


def test_components_are_those_of_the_fitted_words(
    maps: MapExplorer, vectors: WordVectors, found: OutOfSampleWords
) -> None:
    pca = PCA(2, random_state=0).fit(vectors.matrix[:N_FITTED])
    expected = pca.transform(vectors.matrix[[COPY, MIXED]])
    np.testing.assert_allclose(found.table[["pca_x", "pca_y"]], expected, atol=1e-4)


def test_they_lie_among_their_own(maps: MapExplorer, found: OutOfSampleWords) -> None:
    own = {"school", "university", "college", "student", "teacher", "class"}
    for near in found.neighbours.values():
        assert set(near["word"][:5]) <= own
        assert near.loc[near["map_place"] == 1, "word"].isin(own).all()
    assert found.table["preservation"].between(0.4, 1).all()
    assert found.table["word"].tolist() == ["lycee", "tutor"]
    assert found.table["rank"].tolist() == [N_WORDS + 1, N_WORDS + 2]
    assert found.table["count"].tolist() == [2, 1]
    assert list(found.table.columns) == list(maps.table(find_map(maps, N_FITTED)).columns)


def test_true_places_count_the_words_between(
    maps: MapExplorer, vectors: WordVectors, found: OutOfSampleWords
) -> None:
    near = found.neighbours[N_FITTED + 1]
    for place, row in enumerate(near["row"], start=1):
        assert found.true_place(N_FITTED + 1, row) == place
    gaps = np.linalg.norm(vectors.matrix[:N_FITTED] - vectors.matrix[COPY], axis=1)
    between = np.linalg.norm(vectors.matrix[MIXED] - vectors.matrix[COPY])
    assert found.true_place(N_FITTED, N_FITTED + 1) == (gaps < between).sum() + 1
    assert found.true_place(maps.find("school"), N_FITTED) == 1


def test_a_map_of_unit_vectors_measures_unit_vectors(
    maps: MapExplorer, vectors: WordVectors
) -> None:
    record = find_map(maps, N_WORDS)
    found = transform_words(maps, record, vectors, [MIXED])
    gaps = np.linalg.norm(vectors.unit[:N_WORDS] - vectors.unit[MIXED], axis=1)
    assert found.neighbours[N_WORDS]["row"].tolist() == np.argsort(gaps)[:10].tolist()


def test_other_vectors_are_refused(maps: MapExplorer) -> None:
    words = ["wrong", *word_list("sgns")[1:]]
    other = WordVectors("other", "Others", words, sample_vectors("sgns").matrix)
    with pytest.raises(InputError, match=r"vectors \(Others\) should hold every word of the map"):
        transform_words(maps, find_map(maps, N_FITTED), other, [5])
