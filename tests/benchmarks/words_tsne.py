"""t-SNE beside scikit-learn and openTSNE: seconds, KL and trustworthiness, in one run.

All three draw the most frequent GloVe words (50 dimensions, perplexity 30, 1,000 iterations, PCA
start, all cores). KL is measured alike for all: of the final coordinates from one and the same P.
Seconds contain everything from vectors to coordinates, and none keeps frames on the way; ours are
given with compiling apart.
A peer that is not installed is left out and said so.

    python tests/benchmarks/words_tsne.py [WORDS ...]      # default: 500 2000
    pip install -r tests/benchmarks/requirements.txt       # for openTSNE
"""

import importlib.util
import os
import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import jax.numpy as jnp

from core.datasets import ensure
from core.words.explore.glove import open_glove
from core.words.tsne import descent as rooms
from core.words.tsne.affinities import Affinities, affinities
from core.words.tsne.quality import nearest_rows, neighbour_preservation, trustworthiness

PERPLEXITY, ITERATIONS, RUNS = 30, 1000, 5


def ours(points: np.ndarray) -> np.ndarray:
    """Draws a map by `core.words.tsne.descent`."""
    config = rooms.TsneConfig(
        perplexity=PERPLEXITY, n_iterations=ITERATIONS, frame_every=ITERATIONS
    )
    return rooms.tsne(points, config).coordinates


def scikit_learn(points: np.ndarray) -> np.ndarray:
    """Draws a map by scikit-learn's Barnes-Hut tree, its default."""
    from sklearn.manifold import TSNE

    model = TSNE(
        perplexity=PERPLEXITY,
        max_iter=ITERATIONS,
        init="pca",
        random_state=0,
        n_jobs=os.cpu_count(),
    )
    return model.fit_transform(points)


def open_tsne(points: np.ndarray) -> np.ndarray:
    """Draws a map by openTSNE with its defaults: 250 exaggerated iterations and the rest."""
    from openTSNE import TSNE

    model = TSNE(
        perplexity=PERPLEXITY,
        early_exaggeration_iter=250,
        n_iter=ITERATIONS - 250,
        random_state=0,
        n_jobs=os.cpu_count(),
    )
    return np.asarray(model.fit(points))


def divergence(coordinates: np.ndarray, pairs: Affinities) -> float:
    """Returns KL of a map from P."""
    links = rooms._link_table(pairs)
    entropy = float(-(pairs.matrix.data * np.log(pairs.matrix.data)).sum())
    return float(rooms.cross_entropy(jnp.asarray(coordinates, jnp.float32), links)) - entropy


def report(
    name: str, points: np.ndarray, pairs: Affinities, coordinates: np.ndarray, seconds: list[float]
) -> None:
    """Prints one line about one library."""
    kept = neighbour_preservation(nearest_rows(points), coordinates).mean()
    say(
        f"  {name:14} {statistics.median(seconds):7.2f} s (of {RUNS}: {min(seconds):.2f} to "
        f"{max(seconds):.2f})   KL {divergence(coordinates, pairs):.4f}   "
        f"trustworthiness {trustworthiness(points, coordinates):.4f}   kept {kept:.4f}",
    )


def say(text: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    """Compares at each number of words."""
    vectors = open_glove(ensure("glove-6b"))
    libraries = {"Latent Lab": ours, "scikit-learn": scikit_learn}
    if importlib.util.find_spec("openTSNE"):
        libraries["openTSNE"] = open_tsne
    else:
        say("openTSNE is not installed: left out")
    for n_words in map(int, sys.argv[1:] or ("500", "2000")):
        points = np.array(vectors.matrix[:n_words])
        pairs = affinities(points, perplexity=PERPLEXITY)
        say(f"{n_words:,} words, {ITERATIONS:,} iterations, {os.cpu_count()} cores")
        begun = time.perf_counter()
        ours(points)
        first = time.perf_counter() - begun
        seconds: dict[str, list[float]] = {name: [] for name in libraries}
        drawn = {}
        for _ in range(RUNS):  # in turn, so that a slow moment of the machine meets them all
            for name, draw in libraries.items():
                begun = time.perf_counter()
                drawn[name] = draw(points)
                seconds[name].append(time.perf_counter() - begun)
        for name in libraries:
            report(name, points, pairs, drawn[name], seconds[name])
        medians = {name: statistics.median(times) for name, times in seconds.items()}
        mine = medians.pop("Latent Lab")
        fastest = min(medians, key=medians.__getitem__)
        ratios = [
            peer / own for peer, own in zip(seconds[fastest], seconds["Latent Lab"], strict=True)
        ]
        say(
            f"  compiling: {max(0.0, first - mine):.1f} s once for this number of words; then "
            f"{statistics.median(ratios):.1f} times faster than {fastest} (round by round "
            f"{min(ratios):.1f} to {max(ratios):.1f})"
        )


if __name__ == "__main__":
    main()
