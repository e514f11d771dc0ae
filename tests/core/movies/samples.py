"""Small rating data with a known answer."""

import dataclasses
import functools
from pathlib import Path

import numpy as np
import pandas as pd

from core.bundle import Bundle
from core.datasets import lookup
from core.datasets.store import LocalData
from core.movies.data import MovieData, assemble
from core.movies.train import gather
from core.movies.train.als import AlsConfig
from core.movies.train.one_split import train_one
from core.movies.train.presets import Preset

TOY = LocalData(lookup("ml-latest-small-2016"), Path("toy.zip"), "0" * 64, "test")


def checkerboard(n: int = 24, seed: int = 0, share: float = 0.7) -> MovieData:
    """Even users love even films and hate odd ones, odd users the other way round."""
    rng = np.random.default_rng(seed)
    users, items = np.divmod(np.arange(n * n), n)
    ratings = np.where((users + items) % 2 == 0, 4.5, 1.5)
    keep = rng.random(n * n) < share
    return tables(users[keep] + 1, items[keep] + 1, ratings[keep], n)


def planted_biases(n_users: int = 60, n_items: int = 40, seed: int = 0):
    """Ratings that are mean + user bias + film bias; returns the data and the film biases."""
    rng = np.random.default_rng(seed)
    user_bias, item_bias = rng.normal(0, 0.5, n_users), rng.normal(0, 0.5, n_items)
    users, items = np.divmod(np.arange(n_users * n_items), n_items)
    keep = rng.random(len(users)) < 0.6
    stars = np.clip(3 + user_bias[users] + item_bias[items], 0.5, 5)[keep]
    return tables(users[keep] + 1, items[keep] + 1, stars, n_items), item_bias


def tables(users, items, ratings, n_films) -> MovieData:
    frame = pd.DataFrame({"user": users, "movie": items, "rating": ratings.astype(np.float32)})
    films = pd.DataFrame(
        {
            "movie": np.arange(1, n_films + 1),
            "title": [f"Film {k}, The ({1950 + k % 60})" for k in range(1, n_films + 1)],
            "genres": ["Comedy|Drama" if k % 2 else "Action" for k in range(1, n_films + 1)],
        }
    )
    return assemble("toy", frame, films)


def with_rare_films(data: MovieData) -> MovieData:
    """Leaves the last film 9 ratings, and the three before it 20, so that less of them ships."""
    keep = np.ones(len(data.ratings), bool)
    for film, most in ((47, 9), (46, 20), (45, 20), (44, 20)):
        keep[np.flatnonzero(data.items == film)[most:]] = False
    return dataclasses.replace(
        data, users=data.users[keep], items=data.items[keep], ratings=data.ratings[keep]
    )


@functools.cache
def movie_bundle() -> Bundle:
    """A bundle of the checkerboard, trained on two splits, with snapshots.

    Of its 48 films all but the last few have 30 ratings or more, and the last one has 9.
    """
    data = with_rare_films(checkerboard(48, share=0.9))
    preset = Preset("toy", AlsConfig(n_factors=4), n_epochs=4, snapshots=(0, 1, 2))
    runs = [train_one(preset, data, seed=seed) for seed in (0, 1)]
    bundle = gather("bias", TOY, data, runs, "python -m core train movies")
    return dataclasses.replace(bundle, name="movies-bias")
