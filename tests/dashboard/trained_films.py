"""A small movie model with known numbers: films, factors, snapshots, a history."""

from pathlib import Path

import numpy as np
import pandas as pd

from core.bundle import Bundle, save_bundle
from core.movies.data import STARS
from core.movies.disclosure import withhold_films

# The most rated first. Titles with marks that Markdown or HTML would read.
TITLES = ("Heat", "The Matrix", "The Matrix Reloaded", "M*A*S*H", "<b>Bold</b> & Sons", "$9.99")
N_FILMS, N_FACTORS = 80, 8
N_RANKED, N_MAPPED = 79, 75  # films with 10 ratings or more, and with 30 or more
N_SIDE = 12  # three genres, and what is known of a year
EPOCHS = (0, 1, 3)


def trained_bundle(name: str = "movies-bias", *, seed: int = 0, snapshots: bool = True) -> Bundle:
    """Returns a bundle of `N_FILMS` films; film 0 is the most rated, film 79 the least."""
    rng = np.random.default_rng(seed)
    count = np.arange(N_FILMS, 0, -1) * 5
    mean = rng.uniform(1.5, 4.5, N_FILMS).astype(np.float32)
    films = pd.DataFrame(
        {
            "movie_id": np.arange(1, N_FILMS + 1, dtype=np.int32),
            "title": [*TITLES, *(f"Film number {n}" for n in range(len(TITLES), N_FILMS))],
            "year": np.arange(1940, 1940 + N_FILMS, dtype=np.int32),
            "genres": [("Drama", "Comedy|Drama", "War", "")[n % 4] for n in range(N_FILMS)],
            "count": count.astype(np.int32),
            "mean": mean,
            **{f"stars_{stars:.1f}": (count // 10).astype(np.int32) for stars in STARS},
        }
    )
    bias = (mean - 3.0 + rng.normal(0, 0.3, N_FILMS)).astype(np.float32)
    factors = rng.normal(0, np.linspace(1.0, 0.2, N_FACTORS), (N_FILMS, N_FACTORS))
    ranked, mapped = bias[:N_RANKED], factors[:N_MAPPED].astype(np.float32)
    arrays = {
        "rater_bias_quantiles": np.linspace(-1, 1, 21).astype(np.float32),
        "item_bias": ranked,
        "item_factors": mapped,
        "item_bias_sd": rng.uniform(0.01, 0.1, N_RANKED).astype(np.float16),
        "expected.item_bias.kernel": np.zeros((N_SIDE, 1), np.float32),
        "expected.item_bias.offset": np.full(1, -0.25, np.float32),
        "expected.item_factors.kernel": np.zeros((N_SIDE, N_FACTORS), np.float32),
        "expected.item_factors.offset": np.zeros(N_FACTORS, np.float32),
    }
    if snapshots:
        for epoch, share in zip(EPOCHS[:-1], (0.05, 0.5), strict=True):
            arrays[f"snapshot.{epoch}.item_bias"] = (share * ranked[::-1]).astype(np.float32)
            arrays[f"snapshot.{epoch}.item_factors"] = share * mapped
    history = [{"epoch": epoch, "val_mse": 1 - epoch / 10} for epoch in EPOCHS]
    return Bundle(
        kind="movies",
        name=name,
        config={
            "offset": 3.0,
            "penalty": {
                "bias_constant": 1.0,
                "bias_per_rating": 0.0,
                "factors_constant": 2.0,
                "factors_per_rating": 0.1,
            },
            "snapshots": list(EPOCHS) if snapshots else [],
        },
        seeds={"model": seed, "split": 0},
        metrics={"val_mse": {"value": 0.75, "unit": "mse", "protocol": "made up for tests"}},
        dataset={"name": "sample", "version": "2016", "licence": "none"},
        arrays=arrays,
        tables={"films": withhold_films(films)},
        documents={"history": {"0": history}},
        card="# A sample\n",
        device="a test",
    )


def fill_trained(assets: Path, *names: str) -> Path:
    """Writes bundles of these names, "movies-bias" by default, and returns the folder."""
    for seed, name in enumerate(names or ("movies-bias",)):
        save_bundle(trained_bundle(name, seed=seed), assets / name)
    return assets
