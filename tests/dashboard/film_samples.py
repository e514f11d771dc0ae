"""A small movie model, as trained ones look: films and their factors, all with many ratings."""

from pathlib import Path

import numpy as np
import pandas as pd

from core.bundle import Bundle, save_bundle
from core.movies.explore import MovieExplorer

# Ids of MovieLens that the You page offers or rates; the first is the most rated film.
IDS = (260, 296, 318, 356, 912, 923, 903, 904, 1196, 1210, 1374, 1721, 1, 593, 780, 597, 2671)
NASTY = "<b>M*A*S*H</b> $9.99 & [x](y) :smile:"
N_FILMS, N_FACTORS = 60, 4
N_SIDE = 12  # three genres, and what is known of a year


def films_bundle(name: str = "movies-bias") -> Bundle:
    """Returns a model of 60 films and 4 factors; film 2 has `NASTY` for a title."""
    rng = np.random.default_rng(0)
    ids = [*IDS, *(number for number in range(5000, 5000 + N_FILMS - len(IDS)))]
    titles = [f"Film {number}" for number in ids]
    titles[2] = NASTY
    films = pd.DataFrame(
        {
            "movie_id": np.array(ids, np.int32),
            "title": titles,
            "year": np.full(N_FILMS, 1994, np.int32),
            "genres": ["Drama|War" if place % 2 else "Comedy" for place in range(N_FILMS)],
            "count": np.arange(300, 300 - N_FILMS, -1),
            "mean": np.full(N_FILMS, 3.5),
            **{f"stars_{half / 2:.1f}": np.full(N_FILMS, 3) for half in range(1, 11)},
        }
    )
    return Bundle(
        kind="movies",
        name=name,
        config={
            "offset": 3.5,
            "penalty": {
                "bias_per_rating": 0.0,
                "bias_constant": 1.0,
                "factors_per_rating": 0.1,
                "factors_constant": 1.0,
            },
        },
        seeds={"split": 0},
        metrics={"val_mse": {"value": 0.77, "unit": "MSE", "protocol": "a split"}},
        dataset={"name": "sample", "version": "2016", "licence": "none"},
        arrays={
            "rater_bias_quantiles": np.linspace(-1.5, 1.5, 21).astype(np.float32),
            "item_bias": np.linspace(0.9, -0.9, N_FILMS).astype(np.float32),
            "item_factors": rng.normal(0, 0.5, (N_FILMS, N_FACTORS)).astype(np.float32),
            "expected.item_bias.kernel": np.zeros((N_SIDE, 1), np.float32),
            "expected.item_bias.offset": np.zeros(1, np.float32),
            "expected.item_factors.kernel": np.zeros((N_SIDE, N_FACTORS), np.float32),
            "expected.item_factors.offset": np.zeros(N_FACTORS, np.float32),
        },
        tables={"films": films},
        card="# Sample\n",
        device="2 CPU cores",
        duration_s=1.0,
        command="python -m core train movies",
    )


def explorer() -> MovieExplorer:
    """Returns the model opened for questions."""
    return MovieExplorer(films_bundle())


def fill_films(assets: Path) -> Path:
    """Writes the model into an assets folder."""
    save_bundle(films_bundle(), assets / "movies-bias")
    return assets
