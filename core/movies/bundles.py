"""A preset over several splits, as one bundle: weights of the first, figures of all."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from core.bundle import Bundle, over_seeds
from core.checkpoint import Checkpoints
from core.datasets.store import LocalData
from core.devices import describe_devices
from core.errors import InputError
from core.movies import bayes
from core.movies.als import AlsConfig
from core.movies.data import (
    MovieData,
    contiguous_folds,
    film_table,
    random_split,
    read_movielens,
)
from core.movies.model import RatingConfig
from core.movies.posterior import Posterior
from core.movies.presets import find_preset
from core.movies.train import Trained, gradient_predictor, mean_squared_error, train_one

KIND = "movies"
SPLIT_PROTOCOL = (
    "random 80/20 split, default_rng(seed).random(n) < 0.8; settings and epochs chosen on a part "
    "of train; predictions clipped to 0.5 to 5 stars"
)
FOLD_PROTOCOL = (
    "{} contiguous folds in file order, as ml-100k's own u1 to u5 are cut; settings chosen on a "
    "part of train of MovieLens latest-small 2016; predictions clipped to the scale"
)


def train(
    preset_name: str,
    local: LocalData,
    *,
    seed: int,
    n_seeds: int = 1,
    n_folds: int | None = None,
    n_epochs: int | None = None,
    n_devices: int = 1,
    checkpoint_dir: Path | None = None,
    resume: bool = False,
    command: str = "",
    progress: bool = False,
) -> Bundle:
    """Trains a preset on `n_seeds` splits and gathers what the explorer needs.

    Args:
        preset_name: one of `PRESETS`.
        local: the MovieLens archive.
        seed: of the first split and model; the others follow by one.
        n_seeds: splits; the weights of the first are kept, all are measured.
        n_folds: cross-validate on so many contiguous folds instead, all with the same seed.
        n_epochs: other than the preset's.
        n_devices: devices to split batches over.
        checkpoint_dir: where a killed run finds its way back; None for no checkpoints.
        resume: go on from there.
        command: the command line, for the card.
        progress: show bars on stderr.

    Returns:
        The bundle, not yet saved.

    Raises:
        InputError: an option is out of bounds.
        DataError: the archive is not what it should be.
    """
    if n_seeds < 1:
        raise InputError(f"seeds ({n_seeds}) should be at least 1")
    if seed < 0:
        raise InputError(f"seed ({seed}) should be 0 or more")
    if n_folds is not None and (n_folds < 2 or n_seeds > 1):
        raise InputError(f"folds ({n_folds}) should be at least 2, and leave --seeds at 1")
    preset, data = find_preset(preset_name), read_movielens(local)
    seeds = range(seed, seed + n_seeds) if n_folds is None else [seed] * n_folds
    runs = []
    for place, number in enumerate(seeds):
        checkpoints = None
        if checkpoint_dir is not None:
            run = {
                "preset": preset_name,
                "config": dataclasses.asdict(preset.config),
                "epochs": n_epochs,
                "seed": number,
                "folds": n_folds,
                "data": local.sha256,
            }
            checkpoints = Checkpoints(checkpoint_dir / f"run-{place}", run, resume=resume)
        label = f"movies {preset_name}" + (f", {place + 1}/{len(seeds)}" if seeds[1:] else "")
        trained = train_one(
            preset,
            data,
            seed=number,
            train=train_part(len(data.ratings), seed=number, n_folds=n_folds, fold=place),
            n_epochs=n_epochs,
            n_devices=n_devices,
            checkpoints=checkpoints,
            progress=label if progress else None,
        )
        if checkpoints is not None:
            checkpoints.close()
        runs.append(trained)
    return gather(preset_name, local, data, runs, command, n_folds=n_folds)


def train_part(
    n_ratings: int, *, seed: int, n_folds: int | None = None, fold: int = 0
) -> np.ndarray:
    """Returns what a run is trained on, bool[R]: a random split of `seed`, or all but one fold."""
    if n_folds is None:
        return random_split(n_ratings, seed=seed)
    return contiguous_folds(n_ratings, n_folds)[fold]


def gather(
    preset_name: str,
    local: LocalData,
    data: MovieData,
    runs: list[Trained],
    command: str,
    *,
    n_folds: int | None = None,
) -> Bundle:
    """Puts the runs of one preset on several splits of the same data into a bundle.

    Args:
        preset_name: one of `PRESETS`.
        local: the archive, for provenance.
        data: what it holds.
        runs: at least one; the weights of the first are kept.
        command: the command line that makes this bundle.
        n_folds: the runs are one each on so many contiguous folds; None for random splits.

    Returns:
        The bundle, not yet saved.
    """
    preset, first = find_preset(preset_name), runs[0]
    protocol = SPLIT_PROTOCOL if n_folds is None else FOLD_PROTOCOL.format(n_folds)
    n_train = int(train_part(len(data.ratings), seed=first.seed, n_folds=n_folds).sum())
    errors = np.array([run.val_mse for run in runs])
    metrics = {
        "val_mse": over_seeds(errors, "MSE", protocol),
        "val_rmse": over_seeds(np.sqrt(errors), "RMSE", protocol),
    }
    last = first.history[-1]["epoch"]
    arrays = dict(first.arrays)
    if not isinstance(first.config, bayes.Config):  # which has chosen the precision of each array
        arrays = {name: array.astype(np.float16) for name, array in arrays.items()}
    for epoch, snapshot in first.snapshots.items():
        for name in ("item_bias", "item_factors"):
            arrays[f"snapshot.{epoch}.{name}"] = snapshot[name].astype(np.float16)
    if "item_bias" in first.arrays:
        by_seed = np.stack([run.arrays["item_bias"] for run in runs])
        arrays["item_bias_by_seed"] = by_seed.astype(np.float16)
    config = dataclasses.asdict(first.config) | {
        "preset": preset_name,
        "title": preset.title,
        "offset": first.offset,
        "penalty": _penalty(first, n_train),
        "n_folds": n_folds,
        "n_epochs": last,
        "snapshots": [*sorted(first.snapshots), last],
        "n_users": data.n_users,
        "n_items": data.n_items,
    }
    counts = np.bincount(data.users, minlength=data.n_users).astype(np.int32)
    bundle = Bundle(
        kind=KIND,
        name=f"movies-{preset_name}",
        config=json.loads(json.dumps(config)),
        seeds={"split": first.seed, "model": first.seed},
        metrics=metrics,
        dataset=local.record(),
        arrays=arrays,
        tables={
            "films": film_table(data),
            "users": pd.DataFrame({"user_id": data.user_ids, "count": counts}),
        },
        documents={"history": {str(run.seed): run.history for run in runs}},
        device=describe_devices(),
        duration_s=sum(run.train_s for run in runs),
        command=command,
    )
    return dataclasses.replace(bundle, card=_card(bundle, runs))


def figures_only(bundle: Bundle) -> Bundle:
    """Leaves out weights and tables: for data sets whose films may not be passed on."""
    return dataclasses.replace(bundle, arrays={}, tables={})


def measure(bundle: Bundle, data: MovieData) -> dict[str, float]:
    """Measures a bundle's weights, as stored in half precision, on its own held-out part.

    Args:
        bundle: of this kind.
        data: the data set that it was trained on.

    Returns:
        "measured" and "recorded" mean squared error of the split whose weights the bundle holds.

    Raises:
        InputError: the data set has another number of users or films.
    """
    if not bundle.arrays:
        raise InputError(f"bundle ({bundle.name}) should hold weights; it has figures only")
    shape, wanted = (
        (data.n_users, data.n_items),
        (bundle.config["n_users"], bundle.config["n_items"]),
    )
    if shape != wanted:
        raise InputError(
            f"data ({data.name}) has {shape[0]} users and {shape[1]} films, the bundle "
            f"{wanted[0]} and {wanted[1]}; measure on {bundle.dataset['name']}"
        )
    held_out = ~train_part(
        len(data.ratings), seed=bundle.seeds["split"], n_folds=bundle.config.get("n_folds")
    )
    predict = predictor(bundle, data)
    predicted = predict(data.users[held_out], data.items[held_out])
    return {
        "measured": mean_squared_error(predicted, data.ratings[held_out]),
        "recorded": bundle.metrics["val_mse"]["per_seed"][0],
    }


def predictor(bundle: Bundle, data: MovieData) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Rebuilds any movie model from its bundle.

    Returns:
        `(users int32[N], items int32[N]) -> stars f32[N]`, not clipped.
    """
    if "mean_user" in bundle.arrays:
        posterior = Posterior.from_arrays(dict(bundle.arrays))
        return lambda users, items: posterior.predict(users, items)[0]
    arrays = {name: array.astype(np.float32) for name, array in bundle.arrays.items()}
    if "user_bias" not in arrays:
        fields = {field.name for field in dataclasses.fields(RatingConfig)}
        known = {name: value for name, value in bundle.config.items() if name in fields}
        return gradient_predictor(RatingConfig(**known), data, arrays)
    offset = bundle.config["offset"]

    def predict(users: np.ndarray, items: np.ndarray) -> np.ndarray:
        taste = (arrays["user_factors"][users] * arrays["item_factors"][items]).sum(axis=1)
        return offset + arrays["user_bias"][users] + arrays["item_bias"][items] + taste

    return predict


def _penalty(run: Trained, n_train: int) -> dict[str, float]:
    """States the model's L2 on a user as a ridge beside the sum over that user's ratings."""
    config = run.config
    if isinstance(config, AlsConfig):
        return {
            "bias_per_rating": config.l2_bias,
            "bias_constant": config.prior_bias,
            "factors_per_rating": config.l2_factors,
            "factors_constant": config.prior_factors,
        }
    if isinstance(config, bayes.Config):
        return {}
    # a penalty beside the mean over all ratings weighs as much as that many times it beside their
    # sum; a bias without any penalty gets a small one, since a page may ask with no rating at all
    return {
        "bias_per_rating": 0.0,
        "bias_constant": max(config.l2_bias * n_train, 0.1),
        "factors_per_rating": 0.0,
        "factors_constant": max(config.l2_factors * n_train, 0.1),
    }


def _card(bundle: Bundle, runs: list[Trained]) -> str:
    metric = bundle.metrics["val_mse"]
    spread = f" ± {metric['sd']:.4f} (sd)" if "sd" in metric else ""
    rows = "\n".join(
        f"| {place + 1} | {run.seed} | {run.val_mse:.4f} | {run.train_s:.2g} |"
        for place, run in enumerate(runs)
    )
    data = bundle.dataset
    return f"""# {bundle.name}

{bundle.config["title"].capitalize()}, trained on {data["title"]} ({data["version"]}).

Made by `{bundle.command}` on {bundle.device}.

## Figures
Held-out mean squared error: **{metric["value"]:.4f}**{spread} over {len(runs)} split(s).
Protocol: {metric["protocol"]}.

| run | seed | MSE | seconds of training |
|---|---|---|---|
{rows}

## What is inside
Weights of split seed {runs[0].seed} in half precision, snapshots of the films' weights during
training, and public counts of each film (number of ratings, mean, histogram of stars). No rating of
any person.

## Use and limits
For exploring and teaching. The ratings come from volunteers who chose what to watch and rate; a
bias is an opinion of those people, corrected for their strictness, not a measure of worth. Films
with few ratings stay near 0.

## Data
{data["citation"]}
Licence: {data["licence"]}
"""
