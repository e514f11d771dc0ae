"""Draws the maps that ship, and measures what each of them keeps of the words' neighbours."""

import dataclasses
import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from core.bundle import ASSETS, Bundle, load_bundle
from core.datasets.store import Sources
from core.devices import describe_devices
from core.training_run import TrainingRun
from core.words import GLOVE, MAPS
from core.words.explore import MapRecord, open_set, words_name
from core.words.explore.vectors import WordVectors
from core.words.presets import MapsPreset
from core.words.tsne import quality
from core.words.tsne.affinities import Affinities, affinities, nearest_points
from core.words.tsne.config import TsneConfig
from core.words.tsne.descent import Tsne, first_positions, scaled_components, tsne
from core.words.tsne.quality import (
    N_NEIGHBOURS,
    nearest_rows,
    neighbour_preservation,
    trustworthiness,
)

LESSON_WORDS, LESSON_DRAWN = 500, 350
N_KEPT = 20  # neighbours that ship for each word
# Pairs whose axis ships: opposites that even small corpora know.
AXES = (
    ("bad", "good"),
    ("man", "woman"),
    ("small", "large"),
    ("old", "new"),
    ("war", "peace"),
    ("city", "country"),
    ("past", "future"),
    ("science", "art"),
)


@dataclasses.dataclass(frozen=True, slots=True)
class MapPlan:
    """One map to draw.

    Attributes:
        n_words: so many most frequent words.
        distance: "euclidean" (the vectors as they are) or "cosine" (at length 1).
        config: of t-SNE.
        n_drawn: words drawn at first; None for all.
        keeps_frames: whether the descent ships too.
    """

    n_words: int
    distance: str
    config: TsneConfig
    n_drawn: int | None = None
    keeps_frames: bool = False

    @property
    def name(self) -> str:
        """Returns a name that is unique among the plans."""
        start = "pca" if self.config.start == "pca" else f"s{self.config.seed}"
        words = words_name(self.n_words, self.distance)
        return f"{words}-p{self.config.perplexity:g}-{start}"


def shipped_plans() -> tuple[MapPlan, ...]:
    """Returns the maps that ship: the lesson's first, with variants of perplexity and seed."""
    plans = [
        MapPlan(LESSON_WORDS, "euclidean", TsneConfig(), LESSON_DRAWN, keeps_frames=True),
        *(
            MapPlan(LESSON_WORDS, "euclidean", TsneConfig(perplexity=p), LESSON_DRAWN)
            for p in (5.0, 100.0)
        ),
        *(
            MapPlan(
                LESSON_WORDS,
                "euclidean",
                TsneConfig(perplexity=p, start="random", seed=s),
                LESSON_DRAWN,
            )
            for p in (5.0, 30.0, 100.0)
            for s in range(3)
        ),
        *(MapPlan(2000, "cosine", TsneConfig(perplexity=p)) for p in (30.0, 10.0, 100.0)),
        MapPlan(2000, "cosine", TsneConfig(start="random", seed=1)),
        *(MapPlan(10_000, "cosine", TsneConfig(perplexity=p)) for p in (30.0, 100.0)),
    ]
    return tuple(plans)


def train(run: TrainingRun, preset: MapsPreset) -> Bundle:
    """Draws the maps that ship of a set of vectors.

    Args:
        run: how.
        preset: which set.

    Returns:
        The bundle, not yet saved.

    Raises:
        DataError: GloVe's archive is missing or damaged.
        BundleError: the vectors' bundle is missing or damaged.
    """
    vectors = open_set(preset.vectors, run.sources)
    if preset.vectors == GLOVE:
        dataset: dict[str, Any] = run.sources.get("glove-6b").record()
    else:
        dataset = dict(load_bundle(ASSETS / f"words-{preset.vectors}", kind="words").dataset)
    return draw_maps(vectors, dataset, command=run.command, progress=run.progress)


def draw_maps(
    vectors: WordVectors,
    dataset: dict[str, Any],
    plans: Sequence[MapPlan] | None = None,
    *,
    axes: Iterable[tuple[str, str]] = AXES,
    command: str = "",
    progress: bool = False,
) -> Bundle:
    """Draws maps of vectors and gathers them as a bundle, without the vectors themselves.

    Args:
        vectors: what to draw, most frequent words first.
        dataset: what the vectors come from, as a bundle records it.
        plans: the maps; None for those that ship.
        axes: pairs of words; one with a word that is unknown is left out.
        command: that makes the bundle, for its card.
        progress: whether to draw a bar on stderr.

    Returns:
        A bundle of kind "words" named "words-maps-NAME".
    """
    plans = shipped_plans() if plans is None else tuple(plans)
    started = time.perf_counter()
    arrays: dict[str, np.ndarray] = {}
    records: list[MapRecord] = []
    known: dict[tuple[str, float], Affinities] = {}
    of_pca: dict[str, dict[str, float]] = {}
    for plan in tqdm(plans, desc="maps", unit="map", disable=not progress):
        points = fitted_points(vectors, plan.n_words, plan.distance)
        words = words_name(plan.n_words, plan.distance)
        if words not in of_pca:
            facts, of_pca[words] = _facts_of_words(f"set.{words}", points)
            arrays |= facts
        key = words, plan.config.perplexity
        if key not in known:
            known[key] = affinities(points, perplexity=plan.config.perplexity)
        drawn = tsne(known[key], plan.config, start=first_positions(points, plan.config))
        true = arrays[f"set.{words}.neighbours"][:, :N_NEIGHBOURS]
        kept = neighbour_preservation(true, drawn.coordinates)
        arrays[f"map.{plan.name}.coordinates"] = drawn.coordinates
        arrays[f"map.{plan.name}.preservation"] = kept.astype(np.float16)
        if plan.keeps_frames:
            arrays |= _descent(f"map.{plan.name}", drawn)
        records.append(
            MapRecord(
                name=plan.name,
                n_words=plan.n_words,
                n_drawn=plan.n_drawn or plan.n_words,
                perplexity=plan.config.perplexity,
                start=plan.config.start,
                seed=plan.config.seed,
                distance=plan.distance,
                n_iterations=plan.config.n_iterations,
                kl=drawn.kl,
                trustworthiness=trustworthiness(points, drawn.coordinates),
                preservation=float(kept.mean()),
                has_frames=plan.keeps_frames,
                **of_pca[words],
            )
        )
    n_words = max(plan.n_words for plan in plans)
    usable = [pair for pair in axes if all(word in vectors for word in pair)]
    positions = [vectors.along(low, high, np.arange(n_words)) for low, high in usable]
    arrays["axes"] = np.reshape(positions, (len(usable), n_words)).T.astype(np.float16)
    first = records[0]
    bundle = Bundle(
        kind="words",
        name=f"words-maps-{vectors.name}",
        config={
            "content": MAPS,
            "vectors": vectors.name,
            "title": vectors.title,
            "n_dims": vectors.n_dims,
            "n_neighbours": N_KEPT,
            "axes": usable,
        },
        seeds={"first of the maps": min(record.seed for record in records)},
        metrics={
            "trustworthiness": _metric(
                first.trustworthiness,
                f"map {first.name}, {N_NEIGHBOURS} neighbours; of the first two principal "
                f"components {first.pca_trustworthiness:.4f}",
                "share",
            ),
            "preservation": _metric(
                first.preservation,
                f"map {first.name}: share of a word's {N_NEIGHBOURS} nearest words that are its "
                f"nearest on the map; of the first two principal components "
                f"{first.pca_preservation:.4f}",
                "share",
            ),
            "kl": _metric(first.kl, f"map {first.name}, of the map from its affinities", "nats"),
        },
        dataset=dataset,
        arrays=arrays,
        tables={
            "words": _words(vectors, n_words),
            "neighbours": _neighbours(vectors, n_words),
        },
        documents={"maps": [dataclasses.asdict(record) for record in records]},
        card="",
        device=describe_devices(),
        duration_s=time.perf_counter() - started,
        command=command,
    )
    return dataclasses.replace(bundle, card=_card(bundle, records))


def measure(bundle: Bundle, sources: Sources) -> dict[str, dict[str, float]]:
    """Measures the first map of a bundle again from its coordinates and the vectors.

    Args:
        bundle: of maps.
        sources: where GloVe's archive is looked for, if the maps are of its vectors.

    Returns:
        "trustworthiness" and "preservation": "measured" and "recorded" each.

    Raises:
        DataError: GloVe's archive is missing or damaged.
        BundleError: the vectors' bundle is missing or damaged.
    """
    return measure_on(bundle, open_set(bundle.config["vectors"], sources))


def measure_on(bundle: Bundle, vectors: WordVectors) -> dict[str, dict[str, float]]:
    """Measures the first map on vectors that are open already; see `measure`."""
    record = MapRecord(**bundle.documents["maps"][0])
    points = fitted_points(vectors, record.n_words, record.distance)
    coordinates = bundle.arrays[f"map.{record.name}.coordinates"]
    kept, trusted = quality.measure(points, coordinates)
    return {
        "trustworthiness": {
            "measured": trusted,
            "recorded": bundle.metrics["trustworthiness"]["value"],
        },
        "preservation": {
            "measured": float(kept.mean()),
            "recorded": bundle.metrics["preservation"]["value"],
        },
    }


def fitted_points(vectors: WordVectors, n_words: int, distance: str) -> np.ndarray:
    """Returns what t-SNE is given, f32[n_words, D]: raw vectors, or those of length 1."""
    return np.array(vectors.points(distance)[:n_words], np.float32)


def _facts_of_words(
    name: str, points: np.ndarray
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Returns what all maps of the same words by the same distance share: arrays, and figures."""
    pca = scaled_components(points)
    rows = nearest_rows(points, N_KEPT)
    near = points[rows]  # (N, K, D)
    lengths = np.linalg.norm(points, axis=1)
    cosines = np.einsum("nkd,nd->nk", near, points) / (lengths[rows] * lengths[:, None])
    kept = neighbour_preservation(rows[:, :N_NEIGHBOURS], pca)
    arrays = {
        f"{name}.pca": pca,
        f"{name}.pca_preservation": kept.astype(np.float16),
        f"{name}.neighbours": rows.astype(np.int32),
        f"{name}.distances": np.linalg.norm(near - points[:, None], axis=2).astype(np.float16),
        f"{name}.cosines": cosines.astype(np.float16),
    }
    return arrays, {
        "pca_trustworthiness": trustworthiness(points, pca),
        "pca_preservation": float(kept.mean()),
    }


def _descent(name: str, drawn: Tsne) -> dict[str, np.ndarray]:
    matrix = drawn.affinities.matrix
    # Exaggeration shrinks a map to almost nothing before it spreads, which half precision cannot
    # hold: each frame is kept in units of its own largest coordinate.
    scales = np.maximum(np.abs(drawn.frames).max(axis=(1, 2)), np.finfo(np.float32).tiny)
    return {
        f"{name}.frames": (drawn.frames / scales[:, None, None]).astype(np.float16),
        f"{name}.frame_scales": scales.astype(np.float32),
        f"{name}.frame_iterations": drawn.frame_iterations.astype(np.int32),
        f"{name}.frame_kl": drawn.frame_kl.astype(np.float32),
        f"{name}.affinities.values": matrix.data.astype(np.float32),
        f"{name}.affinities.columns": matrix.indices.astype(np.int32),
        f"{name}.affinities.starts": matrix.indptr.astype(np.int32),
    }


def _words(vectors: WordVectors, n_words: int) -> pd.DataFrame:
    table = pd.DataFrame({"word": vectors.words[:n_words]})
    return table if vectors.counts is None else table.assign(count=vectors.counts[:n_words])


def _neighbours(vectors: WordVectors, n_words: int) -> pd.DataFrame:
    """Returns the nearest of all words for each of the first ones, one block of rows a word."""
    rows, distances = nearest_points(np.asarray(vectors.unit), N_KEPT, n_first=n_words)
    return pd.DataFrame(
        {
            "word": np.array(vectors.words, object)[rows.ravel()],
            "rank": rows.ravel() + 1,
            "cosine": (1 - distances.ravel() / 2).round(4),  # of vectors of length 1
        }
    )


def _metric(value: float, protocol: str, unit: str) -> dict[str, Any]:
    return {"value": float(value), "protocol": protocol, "unit": unit}


def _card(bundle: Bundle, records: Sequence[MapRecord]) -> str:
    lines = "\n".join(
        f"| {r.n_words:,} | {r.distance} | {r.perplexity:g} | "
        f"{'PCA' if r.start == 'pca' else f'random, seed {r.seed}'} | {r.kl:.4f} | "
        f"{r.trustworthiness:.4f} | {r.preservation:.4f} |"
        for r in records
    )
    first = records[0]
    return f"""# Maps of {bundle.config["title"]}

t-SNE maps of the most frequent words: coordinates, each word's {N_KEPT} nearest words with cosines
(among the map's words, and among all), the share of its {N_NEIGHBOURS} nearest that each map keeps,
and positions on {len(bundle.config["axes"])} axes between two words. No vector is in this bundle.

| words | distance | perplexity | start | KL, nats | trustworthiness | neighbours kept |
|---|---|---|---|---|---|---|
{lines}

The first two principal components of the first map's words have a trustworthiness of
{first.pca_trustworthiness:.4f} and keep {first.pca_preservation:.4f}.

Data: {bundle.dataset["name"]} ({bundle.dataset["version"]}), licence {bundle.dataset["licence"]}.
{bundle.dataset["citation"]}

Made in {bundle.duration_s:.0f} s on {bundle.device} by:

    {bundle.command}
"""
