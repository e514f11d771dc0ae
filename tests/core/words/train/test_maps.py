"""Bundles of maps, and the explorer that reads them: planted groups whose answers are known."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from core.bundle import Bundle, load_bundle, save_bundle
from core.errors import BundleError, InputError
from core.words.explore import MapExplorer, open_vectors
from core.words.explore.vectors import WordVectors
from core.words.train.maps import MapPlan, draw_maps, measure_on, shipped_plans
from core.words.tsne.config import TsneConfig
from tests.dashboard.word_samples import find_map

DATASET = {
    "name": "planted",
    "version": "1",
    "licence": "none",
    "citation": "",
    "sha256": "0" * 64,
    "url": "",
}
PLANS = (
    MapPlan(60, "euclidean", TsneConfig(perplexity=8, n_iterations=120), 40, keeps_frames=True),
    MapPlan(60, "euclidean", TsneConfig(perplexity=8, n_iterations=60, start="random", seed=2)),
    MapPlan(90, "cosine", TsneConfig(perplexity=8, n_iterations=120)),
)


@pytest.fixture(scope="module")
def vectors() -> WordVectors:
    """Ninety words in three groups: word w7 belongs to group 7 % 3."""
    rng = np.random.default_rng(0)
    groups = np.arange(90) % 3
    matrix = 4 * np.eye(3, 8)[groups] + 0.5 * rng.standard_normal((90, 8))
    words = [f"w{row}" for row in range(90)]
    words[0], words[1] = "low", "high"
    counts = np.arange(90, 0, -1)
    return WordVectors("planted", "Planted words", words, matrix.astype(np.float32), counts=counts)


@pytest.fixture(scope="module")
def bundle(vectors: WordVectors, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    drawn = draw_maps(
        vectors, DATASET, PLANS, axes=[("low", "high"), ("low", "nobody")], command="draw"
    )
    folder = save_bundle(drawn, tmp_path_factory.mktemp("maps") / "words-maps-planted")
    return load_bundle(folder, kind="words")


@pytest.fixture(scope="module")
def maps(bundle: Bundle) -> MapExplorer:
    return MapExplorer(bundle)


def nearest_on_map(places: np.ndarray, row: int, n: int) -> np.ndarray:
    """Rows of the n nearest other words on a map."""
    gaps = np.hypot(*(places - places[row]).astype(np.float64).T)
    gaps[row] = np.inf
    return np.argsort(gaps, kind="stable")[:n]


def test_the_bundle_says_what_it_is(bundle: Bundle, maps: MapExplorer) -> None:
    assert maps.title == "Planted words"
    assert maps.axes == (("low", "high"),)  # the one whose words are known
    assert [record.name for record in maps.maps] == [
        "n60-euclidean-p8-pca",
        "n60-euclidean-p8-s2",
        "n90-cosine-p8-pca",
    ]
    assert list(maps.words.columns) == ["word", "count", "rank"]
    assert not any("vectors" in name for name in bundle.arrays)
    assert "| 60 | euclidean | 8 | random, seed 2 |" in bundle.card


def test_every_group_lies_together(maps: MapExplorer) -> None:
    for record in maps.maps[::2]:
        for row in (0, 5, 31):
            near = maps.true_neighbours(record, row, 10)
            assert (near["row"] % 3 == row % 3).all()
            assert near["is_kept"].mean() > 0.3
            places = maps.table(record)[["x", "y"]].to_numpy()
            assert (nearest_on_map(places, row, 10) % 3 == row % 3).all()
            assert (maps.neighbours(row, 10)["rank"] % 3 == (row + 1) % 3).all()


def test_neighbours_equal_brute_force(maps: MapExplorer, vectors: WordVectors) -> None:
    record = find_map(maps, 60)
    points = vectors.matrix[:60].astype(np.float64)
    gaps = np.linalg.norm(points - points[7], axis=1)
    gaps[7] = np.inf
    order = np.argsort(gaps)[:12]
    near = maps.true_neighbours(record, 7, 12)
    np.testing.assert_array_equal(near["row"], order)
    np.testing.assert_allclose(near["distance"], gaps[order], rtol=2e-3)
    lengths = np.linalg.norm(points, axis=1)
    np.testing.assert_allclose(
        near["cosine"], points[order] @ points[7] / (lengths[order] * lengths[7]), atol=1e-3
    )
    everywhere = maps.neighbours(7, 20)
    expected = vectors.neighbours("w7", n=20)
    assert list(everywhere["word"]) == list(expected["word"])
    np.testing.assert_allclose(everywhere["cosine"], expected["cosine"], atol=1e-4)


def test_places_agree_in_both_directions(maps: MapExplorer) -> None:
    record = find_map(maps, 60)
    near = maps.true_neighbours(record, 4, 20).set_index("row")
    table = maps.table(record)
    for axes, column in ((["x", "y"], "map_place"), (["pca_x", "pca_y"], "pca_place")):
        there = nearest_on_map(table[axes].to_numpy(), 4, 20)
        assert set(there) & set(near.index)
        for place, row in enumerate(there, start=1):
            if row in near.index:
                assert near[column][row] == place


def test_preservation_is_of_this_map(maps: MapExplorer) -> None:
    record = find_map(maps, 60)
    table = maps.table(record)
    assert len(table) == record.n_words
    kept = maps.true_neighbours(record, 11, 10)["is_kept"].mean()
    assert table["preservation"][11] == pytest.approx(kept, abs=1e-3)
    assert table["preservation"].mean() == pytest.approx(record.preservation, abs=1e-3)
    assert table["pca_preservation"].mean() == pytest.approx(record.pca_preservation, abs=1e-3)


def test_the_descent_ships_where_it_was_kept(maps: MapExplorer) -> None:
    record = find_map(maps, 60)
    frames = maps.frames(record)
    assert frames.iterations[0] == 0
    assert frames.iterations[-1] == 120
    table = maps.table(record)
    np.testing.assert_allclose(frames.positions[-1], table[["x", "y"]], atol=0.05)
    assert frames.kl[-1] == pytest.approx(record.kl, abs=1e-4)
    pairs = maps.affinities(record)
    assert pairs.shape == (60, 60)
    assert pairs.sum() == pytest.approx(1, abs=1e-4)
    with pytest.raises(InputError, match="without the frames"):
        maps.frames(maps.maps[1])
    with pytest.raises(InputError, match="without the frames"):
        maps.affinities(maps.maps[2])


def test_axes_hold_cosines(maps: MapExplorer, vectors: WordVectors) -> None:
    found = maps.axis_positions("low", "high", 60)
    np.testing.assert_allclose(found, vectors.along("low", "high", np.arange(60)), atol=1e-3)
    with pytest.raises(InputError, match=r"axis \(high to low\) should be one of low to high"):
        maps.axis_positions("high", "low", 60)


def test_words_are_found_or_suggested(maps: MapExplorer) -> None:
    assert maps.find(" LOW ") == maps.find("\uff2c\uff4f\u00adw\u200b") == 0
    with pytest.raises(InputError, match=r"word \(hgih\) .* did you mean high"):
        maps.find("hgih")
    with pytest.raises(InputError, match=r"word \(\) is not among the 90"):
        maps.find("  ")


def test_bad_numbers_are_refused(maps: MapExplorer) -> None:
    record = find_map(maps, 60)
    with pytest.raises(InputError, match=r"word \(w75\) is not on the map of the 60 most"):
        maps.true_neighbours(record, 75)
    with pytest.raises(InputError, match=r"n \(21\) should be from 1 to 20"):
        maps.true_neighbours(record, 1, 21)
    with pytest.raises(InputError, match=r"n \(0\) should be from 1 to 20"):
        maps.neighbours(1, 0)
    with pytest.raises(InputError, match="row"):
        maps.neighbours(90)


def test_a_map_is_measured_again(bundle: Bundle, vectors: WordVectors) -> None:
    for values in measure_on(bundle, vectors).values():
        assert values["measured"] == pytest.approx(values["recorded"], abs=1e-6)


def test_faults_are_all_named(bundle: Bundle, vectors: WordVectors) -> None:
    arrays = dict(bundle.arrays)
    arrays.pop("axes")
    arrays["map.n90-cosine-p8-pca.coordinates"] = np.zeros((3, 2), np.float32)
    with pytest.raises(BundleError, match=r"array axes is missing.*has shape 3x2, expected 90x2"):
        MapExplorer(dataclasses.replace(bundle, arrays=arrays))
    with pytest.raises(BundleError, match=r"words is missing.*maps is missing"):
        MapExplorer(dataclasses.replace(bundle, tables={}, documents={}))
    with pytest.raises(BundleError, match="holds no vectors"):
        open_vectors(bundle)
    as_vectors = {**bundle.config, "content": "vectors", "method": "m"}
    with pytest.raises(BundleError, match="holds no maps"):
        MapExplorer(dataclasses.replace(bundle, config=as_vectors))
    with pytest.raises(BundleError, match="vectors is missing"):
        open_vectors(dataclasses.replace(bundle, config=as_vectors))


def test_shipped_plans_have_names_of_their_own() -> None:
    plans = shipped_plans()
    assert len({plan.name for plan in plans}) == len(plans)
    assert plans[0].n_words == 500
    assert plans[0].n_drawn == 350


def test_what_ships_is_whole() -> None:
    root = Path(__file__).resolve().parents[4] / "assets"
    for name in ("glove", "sgns"):
        maps = MapExplorer(load_bundle(root / f"words-maps-{name}", kind="words"))
        lesson = find_map(maps, 500)
        assert (lesson.n_drawn, lesson.distance, lesson.has_frames) == (350, "euclidean", True)
        assert {record.n_words for record in maps.maps} == {500, 2000, 10_000}
        for record in maps.maps:
            assert record.preservation > record.pca_preservation
            assert record.trustworthiness > record.pca_trustworthiness
