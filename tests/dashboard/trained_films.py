"""A small movie model with known numbers: films, users, factors, snapshots, a history."""

from pathlib import Path

import numpy as np
import pandas as pd

from core.bundle import Bundle, save_bundle
from core.movies.data import STARS

# The most rated first. Titles with marks that Markdown or HTML would read.
TITLES = ("Heat", "The Matrix", "The Matrix Reloaded", "M*A*S*H", "<b>Bold</b> & Sons", "$9.99")
N_FILMS, N_USERS, N_FACTORS, N_SEEDS = 80, 6, 8, 3
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
    arrays = {
        "user_bias": rng.normal(0, 0.3, N_USERS).astype(np.float32),
        "user_factors": rng.normal(0, 0.3, (N_USERS, N_FACTORS)).astype(np.float32),
        "item_bias": bias,
        "item_factors": factors.astype(np.float32),
        "item_bias_by_seed": (bias + rng.normal(0, 0.05, (N_SEEDS, N_FILMS))).astype(np.float32),
    }
    if snapshots:
        for epoch, share in zip(EPOCHS[:-1], (0.05, 0.5), strict=True):
            arrays[f"snapshot.{epoch}.item_bias"] = (share * bias[::-1]).astype(np.float32)
            arrays[f"snapshot.{epoch}.item_factors"] = (share * factors).astype(np.float32)
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
        tables={
            "films": films,
            "users": pd.DataFrame({"user_id": np.arange(1, N_USERS + 1), "count": 20}),
        },
        documents={"history": {"0": history}},
        card="# A sample\n",
        device="a test",
    )


def fill_trained(assets: Path, *names: str) -> Path:
    """Writes bundles of these names, "movies-bias" by default, and returns the folder."""
    for seed, name in enumerate(names or ("movies-bias",)):
        save_bundle(trained_bundle(name, seed=seed), assets / name)
    return assets
