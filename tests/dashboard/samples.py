"""Small bundles with known numbers, and the app on them."""

from pathlib import Path

import numpy as np

from core.bundle import Bundle, save_bundle

COMMAND = "python -m core train movies --seed 0"


def movies_bundle(
    name: str, value: float, *, version: str = "2016", sd: float | None = 0.0031
) -> Bundle:
    """Returns a bundle that measured `value` over five seeds."""
    metric = {
        "value": value,
        "unit": "mse",
        "protocol": "mean of split seeds 0 to 4",
        "per_seed": [value] * 5,
    }
    if sd is not None:
        metric["sd"] = sd
    return Bundle(
        kind="movies",
        name=name,
        config={"n_factors": 2},
        seeds={"split": 0},
        metrics={"val_mse": metric},
        dataset={
            "name": "ml-latest-small",
            "version": version,
            "licence": "research use",
            "citation": "Harper and Konstan (2015)",
            "sha256": "0" * 64,
            "url": "https://grouplens.org",
        },
        arrays={"user_bias": np.zeros(2, np.float32)},
        card="# A card\n",
        device="2 CPU cores",
        duration_s=4.2,
        command=COMMAND,
    )


def fill(assets: Path) -> Path:
    """Writes one bundle that passes, one that misses and one that does not compare."""
    save_bundle(movies_bundle("movies-lesson-dot", 1.5), assets / "movies-lesson-dot")
    save_bundle(movies_bundle("movies-bias", 0.7701), assets / "movies-bias")
    save_bundle(
        movies_bundle("movies-lesson-net", 0.79, version="2018"), assets / "movies-lesson-net"
    )
    return assets
