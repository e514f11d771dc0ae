"""A preset over several splits, as one bundle: weights of the first, figures of all."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.bundle import Bundle
from core.checkpoint import Checkpoints
from core.datasets.store import LocalData
from core.devices import describe_devices
from core.errors import InputError
from core.movies.als import AlsConfig
from core.movies.data import MovieData, film_table, read_movielens
from core.movies.presets import find_preset
from core.movies.train import Trained, train_one

KIND = "movies"
PROTOCOL = (
    "random 80/20 split, default_rng(seed).random(n) < 0.8; settings and epochs chosen on a part of "
    "train; predictions clipped to 0.5 to 5 stars"
)


def train(
    preset_name: str,
    local: LocalData,
    *,
    seed: int,
    n_seeds: int = 1,
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
    preset, data = find_preset(preset_name), read_movielens(local)
    runs = []
    for number in range(seed, seed + n_seeds):
        checkpoints = None
        if checkpoint_dir is not None:
            run = {
                "preset": preset_name,
                "config": dataclasses.asdict(preset.config),
                "epochs": n_epochs,
                "seed": number,
                "data": local.sha256,
            }
            checkpoints = Checkpoints(checkpoint_dir / f"seed-{number}", run, resume=resume)
        label = f"movies {preset_name}" + (f", seed {number}" if n_seeds > 1 else "")
        trained = train_one(
            preset,
            data,
            seed=number,
            n_epochs=n_epochs,
            n_devices=n_devices,
            checkpoints=checkpoints,
            progress=label if progress else None,
        )
        if checkpoints is not None:
            checkpoints.close()
        runs.append(trained)
    return _bundle(preset_name, local, data, runs, command)


def _bundle(
    preset_name: str, local: LocalData, data: MovieData, runs: list[Trained], command: str
) -> Bundle:
    preset, first = find_preset(preset_name), runs[0]
    errors = [run.val_mse for run in runs]
    metric = {
        "value": float(np.mean(errors)),
        "unit": "MSE",
        "per_seed": errors,
        "seeds": [run.seed for run in runs],
        "protocol": PROTOCOL,
    }
    if len(runs) > 1:
        metric["sd"] = float(np.std(errors, ddof=1))
    last = first.history[-1]["epoch"]
    arrays = {name: array.astype(np.float16) for name, array in first.arrays.items()}
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
        "penalty": _penalty(first, int(round(0.8 * len(data.ratings)))),
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
        metrics={"val_mse": metric},
        dataset={
            "name": local.dataset.name,
            "title": local.dataset.title,
            "version": local.dataset.version,
            "licence": local.dataset.licence,
            "citation": local.dataset.citation,
            "url": local.dataset.url or local.dataset.homepage,
            "sha256": local.sha256,
        },
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


def _penalty(run: Trained, n_train: int) -> dict[str, float]:
    """States the model's L2 on a user's bias and factors as a ridge on sums over that user's ratings."""
    config = run.config
    if isinstance(config, AlsConfig):
        return {
            "bias_per_rating": config.l2_bias,
            "bias_constant": config.prior_bias,
            "factors_per_rating": config.l2_factors,
            "factors_constant": config.prior_factors,
        }
    # a penalty beside the mean over all ratings weighs as much as that many times it beside their sum;
    # a bias without any penalty gets a small one, since a page may ask with no rating at all
    return {
        "bias_per_rating": 0.0,
        "bias_constant": max(config.l2_bias * n_train, 0.1),
        "factors_per_rating": 0.0,
        "factors_constant": max(config.l2_factors * n_train, 0.1),
    }


def _card(bundle: Bundle, runs: list[Trained]) -> str:
    metric = bundle.metrics["val_mse"]
    spread = f" ± {metric['sd']:.4f} (sd)" if "sd" in metric else ""
    rows = "\n".join(f"| {run.seed} | {run.val_mse:.4f} | {run.train_s:.2g} |" for run in runs)
    data = bundle.dataset
    return f"""# {bundle.name}

{bundle.config["title"].capitalize()}, trained on {data["title"]} ({data["version"]}).

Made by `{bundle.command}` on {bundle.device}.

## Figures
Held-out mean squared error: **{metric["value"]:.4f}**{spread} over {len(runs)} split(s).
Protocol: {metric["protocol"]}.

| split seed | MSE | seconds of training |
|---|---|---|
{rows}

## What is inside
Weights of split seed {runs[0].seed} in half precision, snapshots of the films' weights during training, and
public counts of each film (number of ratings, mean, histogram of stars). No rating of any person.

## Use and limits
For exploring and teaching. The ratings come from volunteers who chose what to watch and rate; a bias is
an opinion of those people, corrected for their strictness, not a measure of worth. Films with few ratings
stay near 0.

## Data
{data["citation"]}
Licence: {data["licence"]}
"""
