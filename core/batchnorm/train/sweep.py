"""What batch norm buys: the same training with and without it, over learning rates and seeds."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from core.batchnorm import DATA, KIND, NETS_COMPARED, PLAIN, SWEEP, WEIGHTS, WITH
from core.batchnorm.data import Photos, held_out, read_photos
from core.batchnorm.explore.sweep import CHANCE, CURVES, TRAINS, SweepResults
from core.batchnorm.presets import Recipe, SweepConfig
from core.batchnorm.train.fitting import Tuner, with_numbers
from core.batchnorm.train.row_log import RowLog, row_log
from core.batchnorm.train.start import measured, plain_start, with_norm
from core.bundle import Bundle, over_seeds
from core.datasets.store import LocalData, Sources
from core.devices import describe_devices
from core.errors import TrainingError
from core.training_run import TrainingRun


def train(run: TrainingRun, config: SweepConfig) -> Bundle:
    """Trains every net at every rate with every seed.

    The photos in `valid` are not looked at.

    Args:
        run: how; its numbers of epochs and seeds, if it has them, are those of every training.
        config: the recipe.

    Returns:
        The bundle, not yet saved; its table "curves" has a row a training and epoch.

    Raises:
        InputError: an option is out of bounds.
        DataError: a data set is damaged.
    """
    config, data_dir = with_numbers(config, run), run.sources.data_dir
    local, weights = run.sources.get(run.data or DATA), run.sources.get(WEIGHTS)
    photos = read_photos(local, data_dir=data_dir)["train"]
    what = {"sweep": dataclasses.asdict(config), "data": local.sha256}
    with row_log(run, "sweep", what) as log:
        _train_all(config, photos, weights.path, run, log)
    table = pd.DataFrame(log.rows)
    seconds = float(table["seconds"].sum())
    return gather_sweep(table[list(CURVES)], config, local, run, seconds=seconds)


def _train_all(
    config: SweepConfig, photos: Photos, weights: Path, run: TrainingRun, log: RowLog
) -> None:
    """Trains what a killed run has not, and logs a row an epoch of each training."""
    n_rates = len(config.rates)
    n_runs = len(NETS_COMPARED) * config.n_seeds * n_rates
    number = 0
    with tqdm(total=n_runs, desc="sweep", unit="run", disable=not run.progress) as bar:
        for net in NETS_COMPARED:
            tuner = None
            for seed in range(run.seed, run.seed + config.n_seeds):
                if number + n_rates <= log.n_done:
                    number += n_rates
                    bar.update(n_rates)
                    continue
                learned, held = _sides(config, photos, seed)
                start = plain_start(weights, size=config.recipe.size, has_maximum=False)
                if net == WITH:
                    start = with_norm(start, measured(start, learned, seed=seed))
                tuner = tuner or Tuner(start[0], config.recipe, len(learned), mesh=run.mesh)
                for rate in config.rates:
                    number += 1
                    bar.update()
                    if number <= log.n_done:
                        continue
                    fresh = _curve(tuner, start[1], learned, held, rate=rate, seed=seed)
                    log.add([{"net": net, "learning_rate": rate, "seed": seed} | r for r in fresh])
                    bar.set_postfix(net=net, rate=rate, accuracy=fresh[-1]["val_accuracy"])


def _sides(config: SweepConfig, photos: Photos, seed: int) -> tuple[Photos, Photos]:
    """Splits train; of a random order the first photos are taken, so that both classes stay."""
    is_held = held_out(photos, config.share, seed=seed)
    learned, held = np.flatnonzero(~is_held), np.flatnonzero(is_held)
    if config.most_photos is not None:
        draw = np.random.default_rng(seed)
        learned = np.sort(draw.permutation(learned)[: config.most_photos])
        held = np.sort(draw.permutation(held)[: config.most_photos])
    return photos.rows(learned), photos.rows(held)


def _curve(
    tuner: Tuner,
    arrays: dict[str, np.ndarray],
    learned: Photos,
    held: Photos,
    *,
    rate: float,
    seed: int,
) -> list[dict]:
    """Trains once; a row an epoch. Where the loss is no longer finite, the rest stay empty."""
    rows: list[dict] = []
    has_diverged = False
    try:
        tuner.fit(arrays, learned, held, learning_rate=rate, seed=seed, on_epoch=rows.append)
    except TrainingError:
        has_diverged = True
    curve = [
        {
            "epoch": row["epoch"],
            "train_loss": row["loss"],
            "val_loss": row["val_loss"],
            "val_accuracy": row["val_accuracy"],
            "has_diverged": has_diverged,
            "seconds": row["seconds"],
        }
        for row in rows
    ]
    for epoch in range(len(curve) + 1, tuner.recipe.n_epochs + 1):
        curve.append(
            {
                "epoch": epoch,
                "train_loss": None,
                "val_loss": None,
                "val_accuracy": CHANCE,  # weights that are no numbers guess
                "has_diverged": True,
                "seconds": 0.0,
            }
        )
    return curve


def gather_sweep(
    curves: pd.DataFrame, config: SweepConfig, local: LocalData, run: TrainingRun, *, seconds: float
) -> Bundle:
    """Puts curves into a bundle.

    Args:
        curves: a row a training and epoch, see `core.batchnorm.explore.sweep.CURVES`.
        config: what was trained.
        local: the photos, for provenance.
        run: seed and command.
        seconds: of training.

    Returns:
        The bundle, not yet saved.
    """
    curves = curves.astype({"train_loss": float, "val_loss": float})
    settings = {
        "content": SWEEP,
        "title": "What batch norm buys",
        "settings": dataclasses.asdict(config),
    }
    bundle = Bundle(
        kind=KIND,
        name=f"batchnorm-{SWEEP}",
        config=json.loads(json.dumps(settings)),
        seeds={"first of splits and orders": run.seed},
        metrics={},
        dataset=local.record(),
        arrays={},
        tables={"curves": curves},
        device=describe_devices(run.mesh),
        duration_s=seconds,
        command=run.command,
    )
    results = SweepResults(bundle)
    metrics = {}
    for net, name in ((PLAIN, "plain"), (WITH, "batch_norm")):
        largest = results.largest_rate(net)
        metrics[f"{name}_largest_rate"] = {
            "value": largest,
            "unit": "learning rate",
            "protocol": f"the largest rate at which every seed classifies {TRAINS:.0%} or more "
            "of the held-out photos correctly; 0 where there is none",
        }
        summary = results.summary
        best = summary[summary["net"] == net].sort_values("mean").iloc[-1]
        curve = curves[(curves["net"] == net) & (curves["learning_rate"] == best["learning_rate"])]
        last = curve[curve["epoch"] == curve["epoch"].max()].sort_values("seed")
        metrics[f"{name}_val_accuracy"] = over_seeds(
            last["val_accuracy"].to_numpy(),
            "accuracy",
            f"at the best rate, {best['learning_rate']:g}, after the last epoch, on a share of "
            f"{config.share:g} of train that was not learned from, drawn anew for every seed",
        )
    bundle = dataclasses.replace(bundle, metrics=metrics)
    return dataclasses.replace(bundle, card=_card(bundle, results))


def measure(bundle: Bundle, sources: Sources) -> dict[str, dict[str, float]]:
    """Trains the first seed of the best rate with batch norm again, and compares.

    Args:
        bundle: of `train`.
        sources: where the photos and SqueezeNet's weights are looked for.

    Returns:
        The accuracy of that training, with "measured" and "recorded". Training on another kind of
        device gives another order of sums, so a difference of a photo or two is to be expected.
    """
    local, weights = sources.get(bundle.dataset["name"]), sources.get(WEIGHTS)
    settings = dict(bundle.config["settings"])
    recipe = Recipe(**settings.pop("recipe"))
    rates = tuple(settings.pop("rates"))
    config = SweepConfig(rates=rates, recipe=recipe, **settings)
    results = SweepResults(bundle)
    summary = results.summary
    best = summary[summary["net"] == WITH].sort_values("mean").iloc[-1]["learning_rate"]
    seed = int(results.curves["seed"].min())
    learned, held = _sides(config, read_photos(local, data_dir=sources.data_dir)["train"], seed)
    start = plain_start(weights.path, size=recipe.size, has_maximum=False)
    start = with_norm(start, measured(start, learned, seed=seed))
    tuner = Tuner(start[0], recipe, len(learned))
    again = _curve(tuner, start[1], learned, held, rate=float(best), seed=seed)
    metric = bundle.metrics["batch_norm_val_accuracy"]
    return {
        "batch_norm_val_accuracy": {
            "measured": float(again[-1]["val_accuracy"]),
            "recorded": metric["per_seed"][0],
        }
    }


def _card(bundle: Bundle, results: SweepResults) -> str:
    settings, data = bundle.config["settings"], bundle.dataset
    recipe = settings["recipe"]
    n_photos = settings["most_photos"] or "all"
    rows = "\n".join(
        f"| {row.net} | {row.learning_rate:g} | {100 * row.mean:.2f} % | {100 * row.sd:.2f} % | "
        f"{row.n_seeds} | {row.n_failed} |"
        for row in results.summary.itertuples()
    )
    metrics = "\n".join(
        f"| {name} | {metric['value']:.4g} | {metric['protocol']} |"
        for name, metric in bundle.metrics.items()
    )
    return f"""# {bundle.name}

SqueezeNet 1.1, pre-trained on ImageNet, fine-tuned to classify cats and dogs ({data["title"]},
{data["version"]}), as it is and with batch norm put behind every convolution so that nothing
changed at first: all layers, the same budget, over learning rates and seeds.

Made by `{bundle.command}` on {bundle.device} in {bundle.duration_s:.0f} s of training. `python -m
core evaluate assets/{bundle.name}` trains one of them again.

## Figures
| metric | value | protocol |
|---|---|---|
{metrics}

| net | rate | mean accuracy | spread (sd) | seeds | failed |
|---|---|---|---|---|---|
{rows}

Accuracy after the last epoch, on photos of train that were not learned from; the photos in valid
were not looked at. A training has failed when its loss is no longer finite, or when it ends with
less than {TRAINS:.0%} classified correctly.

## Settings
{recipe["n_epochs"]} epochs of {n_photos} photos, batches of {recipe["batch_size"]},
{recipe["optimizer"]}, images of {recipe["size"]} pixels, random cuts of at least
{recipe["least_area"]:g} of a photo and mirror images, a rate that rises over
a tenth of the steps and then falls along half a cosine; a head of zeros on average-pooled features.

## Use and limits
For seeing how the learning rate matters with and without batch norm. One net, one small data set,
one schedule: it says nothing of nets that are trained from the start.

## Data
{data["citation"]}
Licence: {data["licence"]}
"""
