"""Small sets of vectors and maps of words, with planted groups, so that the answers are known.

In every set king is to man as queen to woman; with the inputs kept, king itself comes first. In
the vectors of the news (GloVe) bush is a politician, in those of the reviews it is a plant.
"""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.decomposition import PCA

from core.bundle import Bundle, save_bundle
from core.words.explore import MapExplorer, MapRecord
from core.words.explore.vectors import WordVectors
from core.words.tsne.quality import nearest_rows, neighbour_preservation, trustworthiness

N_WORDS, N_DIMS, N_KEPT = 200, 50, 20
N_FITTED, N_DRAWN = 120, 80  # as the lesson's 500 and 350
NASTY = ("<b>", "*x*", "$9.99", ":smile:", "&amp;", "[x](y)")
AXES = (("bad", "good"), ("man", "woman"))
OURS = ("sgns", "glove-reviews", "window")
TITLES = {
    "glove": "GloVe sample",
    "sgns": "skip-gram sample",
    "glove-reviews": "counts sample",
    "window": "windows sample",
}

# Every word of a group leans towards the group's dimension.
_GROUPS = {
    0: "president clinton obama senate republicans campaign democrat governor",
    1: "tree shrub garden leaf flower grass branch",
    5: "movie film scene actor director plot screen",
    12: "school university college student teacher class",
    13: "killed death murder dead war died",
    14: ". , : ; ( ) --",
    15: "the a of and to in is it that this",
}
# Words that are sums of dimensions; 3 is female, 4 is good, 16 and later only their own.
_SUMS: dict[str, dict[int, float]] = {
    "man": {6: 1, 3: -0.3},
    "woman": {6: 1, 3: 0.3},
    "king": {2: 1, 3: -0.3},
    "queen": {2: 1, 3: 0.3, 16: 0.9},
    "prince": {2: 0.7, 3: -0.4, 17: 1},
    "princess": {2: 0.5, 3: 0.4, 17: 1.1},
    "bad": {4: -1, 5: 0.3},
    "awful": {4: -1.2, 5: 0.3},
    "terrible": {4: -1.3, 5: 0.2},
    "boring": {4: -0.7, 5: 0.4},
    "good": {4: 1, 5: 0.3},
    "great": {4: 1.2, 5: 0.3},
    "superb": {4: 1.3, 5: 0.2},
    "okay": {4: 0.1, 5: 0.5, 18: 0.6},
    "paris": {7: 0.2, 8: 1, 10: 0.8},
    "france": {7: 1, 8: 0.2, 10: 0.8},
    "rome": {7: 0.2, 8: 1, 9: 0.8},
    "italy": {7: 1, 8: 0.2, 9: 0.8},
    "berlin": {7: 0.2, 8: 1, 11: 0.8},
    "germany": {7: 1, 8: 0.2, 11: 0.8},
}
_ONLY_NEWS, _ONLY_REVIEWS = "parliament", "cinematography"


def word_list(name: str = "sgns") -> list[str]:
    """Returns the `N_WORDS` words of a set, the most frequent first."""
    planted = [word for group in reversed(_GROUPS.values()) for word in group.split()]
    own = _ONLY_NEWS if name == "glove" else _ONLY_REVIEWS
    words = [*planted, *_SUMS, "bush", own, *NASTY]
    return [*words, *(f"filler{number}" for number in range(N_WORDS - len(words)))]


def matrix(name: str = "sgns") -> np.ndarray:
    """Returns the vectors f32[N_WORDS, N_DIMS] of a set."""
    rng = np.random.default_rng(["glove", *OURS].index(name))
    words = word_list(name)
    vectors = rng.normal(0, 0.04, (N_WORDS, N_DIMS))
    sums = {word: {dim: 1.0} for dim, group in _GROUPS.items() for word in group.split()} | _SUMS
    sums["bush"] = {0: 1, 19: 0.2} if name == "glove" else {1: 1, 19: 0.2}
    for row, word in enumerate(words):
        for dim, value in sums.get(word, {}).items():
            vectors[row, dim] += value
        if word not in sums:
            vectors[row, 20:] += rng.normal(0, 0.5, N_DIMS - 20)
    return vectors.astype(np.float32)


def sample_vectors(name: str = "sgns") -> WordVectors:
    """Returns a set opened for questions; "glove" stands for the one with an archive."""
    counts = np.arange(N_WORDS, 0, -1) * 10
    return WordVectors(name, TITLES[name], word_list(name), matrix(name), counts=counts)


def vectors_bundle(name: str = "sgns") -> Bundle:
    """Returns a set of vectors of our own as a bundle."""
    return Bundle(
        kind="words",
        name=f"words-{name}",
        config={"content": "vectors", "method": name, "title": TITLES[name], "n_dims": N_DIMS},
        seeds={"model": 0, "split": 0},
        metrics={"heldout_loss": {"value": 3.2, "unit": "nats", "protocol": "made up for tests"}},
        dataset=_dataset("imdb"),
        arrays={"vectors": matrix(name).astype(np.float16)},
        tables={
            "words": pd.DataFrame(
                {"word": word_list(name), "count": np.arange(N_WORDS, 0, -1) * 10}
            )
        },
        documents={"history": []},
        card="# A sample\n",
        device="a test",
        duration_s=1.0,
        command=f"python -m core train words --preset {name}",
    )


def maps_bundle(name: str = "glove") -> Bundle:
    """Returns maps of a set: linear ones instead of t-SNE, laid out as the real ones are."""
    vectors = sample_vectors(name)
    records, arrays = [], {}
    for distance, n_words in (("euclidean", N_FITTED), ("cosine", N_WORDS)):
        points = np.array((vectors.unit if distance == "cosine" else vectors.matrix)[:n_words])
        arrays |= _facts_of_words(f"set.n{n_words}-{distance}", points)
        plans = [(30.0, "pca", 0)]
        if distance == "euclidean":
            plans += [(p, "random", seed) for p in (5.0, 30.0) for seed in range(2)]
        for perplexity, start, seed in plans:
            record, drawn = _draw(points, distance, perplexity, start, seed)
            records.append(record)
            arrays |= drawn
    rows = nearest_rows(np.array(vectors.unit), N_KEPT)
    return Bundle(
        kind="words",
        name=f"words-maps-{name}",
        config={
            "content": "maps",
            "vectors": name,
            "title": vectors.title,
            "n_dims": N_DIMS,
            "n_neighbours": N_KEPT,
            "axes": [list(pair) for pair in AXES],
        },
        seeds={"first of the maps": 0},
        metrics={"trustworthiness": {"value": 0.9, "unit": "share", "protocol": "made up"}},
        dataset=_dataset("glove-6b" if name == "glove" else "imdb"),
        arrays=arrays
        | {"axes": np.stack([vectors.along(*pair) for pair in AXES], 1).astype(np.float16)},
        tables={
            "words": pd.DataFrame({"word": vectors.words, "count": vectors.counts}),
            "neighbours": pd.DataFrame(
                {
                    "word": np.array(vectors.words, object)[rows.ravel()],
                    "rank": rows.ravel() + 1,
                    "cosine": np.einsum("nkd,nd->nk", vectors.unit[rows], vectors.unit).ravel(),
                }
            ),
        },
        documents={"maps": [dataclasses.asdict(record) for record in records]},
        card="# A sample\n",
        device="a test",
        duration_s=1.0,
        command=f"python -m core words maps --vectors {name}",
    )


def fill_words(assets: Path, *names: str) -> Path:
    """Writes bundles by name, all vectors of ours and both maps by default; returns the folder."""
    every = (*(f"words-{name}" for name in OURS), "words-maps-glove", "words-maps-sgns")
    for name in names or every:
        which = name.removeprefix("words-")
        is_maps = which.startswith("maps-")
        bundle = maps_bundle(which.removeprefix("maps-")) if is_maps else vectors_bundle(which)
        save_bundle(bundle, assets / name)
    return assets


def _facts_of_words(name: str, points: np.ndarray) -> dict[str, np.ndarray]:
    rows = nearest_rows(points, N_KEPT)
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    pca = PCA(2, random_state=0).fit_transform(points).astype(np.float32)
    kept = neighbour_preservation(rows[:, :10], pca)
    return {
        f"{name}.pca": pca,
        f"{name}.pca_preservation": kept.astype(np.float16),
        f"{name}.neighbours": rows.astype(np.int32),
        f"{name}.cosines": np.einsum("nkd,nd->nk", unit[rows], unit).astype(np.float16),
        f"{name}.distances": np.linalg.norm(points[rows] - points[:, None], axis=2).astype(
            np.float16
        ),
    }


def _draw(
    points: np.ndarray, distance: str, perplexity: float, start: str, seed: int
) -> tuple[MapRecord, dict[str, np.ndarray]]:
    n_words, has_frames = len(points), (distance, start) == ("euclidean", "pca")
    rng = np.random.default_rng(seed)
    # the strongest of the groups' dimensions says where on a circle a word lies
    group = np.abs(points[:, :20]).argmax(axis=1) * 2 * np.pi / 20
    place = 40 * np.stack([np.cos(group), np.sin(group)], axis=1) + 6 * points[:, 20:22]
    if start == "random":
        turn = rng.uniform(0, 6)
        place = place @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    place = (place + rng.normal(0, 15 / perplexity, place.shape)).astype(np.float32)
    true = nearest_rows(points)
    kept = neighbour_preservation(true, place)
    begin = "pca" if start == "pca" else f"s{seed}"
    name = f"n{n_words}-{distance}-p{perplexity:g}-{begin}"
    pca = PCA(2, random_state=0).fit_transform(points)
    record = MapRecord(
        name=name,
        n_words=n_words,
        n_drawn=N_DRAWN if distance == "euclidean" else n_words,
        perplexity=perplexity,
        start=start,
        seed=seed,
        distance=distance,
        n_iterations=100,
        kl=1.5,
        trustworthiness=trustworthiness(points, place),
        pca_trustworthiness=trustworthiness(points, pca),
        preservation=float(kept.mean()),
        pca_preservation=float(neighbour_preservation(true, pca).mean()),
        has_frames=has_frames,
    )
    arrays = {
        f"map.{name}.coordinates": place,
        f"map.{name}.preservation": kept.astype(np.float16),
    }
    if has_frames:
        graph = sparse.csr_array(
            (np.ones(true.size), true.ravel(), np.arange(n_words + 1) * true.shape[1]),
            (n_words, n_words),
        )
        graph = sparse.csr_array(graph + graph.T)
        arrays |= {
            f"map.{name}.frames": np.stack([place, place, place]).astype(np.float16),
            f"map.{name}.frame_scales": np.array([0.01, 0.5, 1], np.float32),
            f"map.{name}.frame_iterations": np.array([0, 50, 100], np.int32),
            f"map.{name}.frame_kl": np.array([4.0, 2.0, 1.5], np.float32),
            f"map.{name}.affinities.values": (graph.data / graph.sum()).astype(np.float32),
            f"map.{name}.affinities.columns": graph.indices.astype(np.int32),
            f"map.{name}.affinities.starts": graph.indptr.astype(np.int32),
        }
    return record, arrays


def _dataset(name: str) -> dict[str, str]:
    return {
        "name": name,
        "version": "1.0",
        "licence": "none",
        "citation": "A sample",
        "sha256": "0" * 64,
        "url": "https://example.org",
    }


def find_map(maps: MapExplorer, n_words: int) -> MapRecord:
    """Returns the first map of so many words that starts at the principal components."""
    return next(r for r in maps.maps if (r.n_words, r.start) == (n_words, "pca"))
