"""What every recipe of insertion does to a net, recorded on the validation photos.

The net is SqueezeNet, and classifies cats and dogs; see `core.batchnorm.surgery.cases` for which
ones there are. Statistics are measured on photos of train, loss and accuracy on all of valid.
"""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from core.batchnorm import BEST, CLASSES, DATA, KIND, SURGERY, WEIGHTS
from core.batchnorm.data import Photos, read_photos, some
from core.batchnorm.explore.surgery import SurgeryModel
from core.batchnorm.model import NetConfig, filled, insertion_points, place_of
from core.batchnorm.model.predictor import Predictor, accuracy_of, loss_of
from core.batchnorm.presets import SurgeryConfig
from core.batchnorm.surgery import EPSILON, statistics
from core.batchnorm.surgery.cases import (
    Case,
    NetAndPhotos,
    cases_of,
    fine_tuned,
    headlines,
    places_of,
    pretrained,
)
from core.batchnorm.surgery.operation import LayerSettings, Operation, batches, layer_settings
from core.batchnorm.train.row_log import row_log
from core.bundle import ASSETS, Bundle
from core.datasets.store import LocalData, Sources
from core.devices import describe_devices
from core.training_run import TrainingRun

BATCH = 50  # photos at once; in training mode they are normalised together


Statistics = dict[str, tuple[np.ndarray, np.ndarray]]  # place -> mean and variance, f32[C] each


def train(
    run: TrainingRun, config: SurgeryConfig, *, nets: Path = ASSETS / f"batchnorm-{BEST}"
) -> Bundle:
    """Tries every case on the validation photos.

    Args:
        run: seed and command; nothing is trained by epochs.
        config: the recipe.
        nets: the bundle with the fine-tuned net, where that one is operated on.

    Returns:
        The bundle, not yet saved.

    Raises:
        DataError: a data set is damaged.
        BundleError: the fine-tuned net is not there.
    """
    data_dir = run.sources.data_dir
    local, weights = run.sources.get(run.data or DATA), run.sources.get(WEIGHTS)
    if config.on == SURGERY:
        net = pretrained(config, local, weights, data_dir=data_dir)
    else:
        net = fine_tuned(config, local, nets, data_dir=data_dir)
    plan, arrays, train = net.plan, net.arrays, net.train
    valid = _whole_batches(net.valid, config)
    statistics = {
        n: _statistics(plan, arrays, train, n, seed=run.seed)
        for n in config.n_samples
        if n <= len(train)
    }
    operation = Operation(plan, arrays)
    before = Predictor(plan, arrays)(valid.images)
    cases = list(cases_of(plan, config, tuple(statistics)))
    what = {"surgery": dataclasses.asdict(config), "data": local.sha256}
    with row_log(run, "surgery", what) as log:
        how = {"initial": log.n_done, "total": len(cases), "disable": not run.progress}
        for case in tqdm(cases[log.n_done :], desc="surgery", unit="case", **how):
            found = outcome(operation, case, statistics, valid, before=before, seed=run.seed)
            log.add([dataclasses.asdict(case) | found])
    figures = _figures(before, Predictor(plan, net.exact)(valid.images), valid.labels)
    parts = pd.DataFrame(log.rows), net, statistics
    return gather_surgery(*parts, figures, config, local, run, n_valid=len(valid))


def outcome(
    operation: Operation,
    case: Case,
    statistics: dict[int, Statistics],
    photos: Photos,
    *,
    before: np.ndarray,
    seed: int = 0,
) -> dict[str, float]:
    """Measures one case.

    Args:
        operation: the net.
        case: what is done to it.
        statistics: by number of samples.
        photos: labelled ones, a whole number of batches.
        before: f32[N, classes], logits without batch norm.
        seed: of the recipe "random".

    Returns:
        "loss", "accuracy" and "max_abs_diff", the largest difference of a logit.
    """
    settings = layer_settings(
        operation.config,
        statistics[case.n_samples],
        places_of(operation.config, case.layers),
        recipe=case.recipe,
        epsilon=case.epsilon,
        seed=seed,
    )
    after = _concatenated(operation, photos, case.epsilon, settings, case.training)
    return {
        "loss": loss_of(after, photos.labels),
        "accuracy": accuracy_of(after, photos.labels),
        "max_abs_diff": float(np.abs(after - before).max()),
    }


def measure(bundle: Bundle, sources: Sources) -> dict[str, dict[str, float]]:
    """Measures the bundle's metrics again on the validation photos.

    Args:
        bundle: of `train`.
        sources: where the photos are looked for.

    Returns:
        Metrics with "measured" and "recorded".
    """
    model = SurgeryModel(bundle)
    settings = bundle.config["settings"]
    local = sources.get(bundle.dataset["name"])
    valid = read_photos(local, framing=model.framing, data_dir=sources.data_dir)["valid"]
    valid = _whole_batches(valid, SurgeryConfig(most_photos=settings["most_photos"]))
    seed = next(iter(bundle.seeds.values()))
    statistics = {n: model.statistics(n) for n in model.n_samples}
    before = _concatenated(
        model.operation, valid, EPSILON, model.layer_settings((), seed=seed), False
    )
    found = {}
    for name, case in headlines(max(model.n_samples)).items():
        figures = outcome(model.operation, case, statistics, valid, before=before, seed=seed)
        for figure in ("accuracy", "loss", "max_abs_diff"):
            metric = f"{name}_{figure}"
            if metric in bundle.metrics:
                recorded = bundle.metrics[metric]["value"]
                found[metric] = {"measured": figures[figure], "recorded": recorded}
    return found


def _whole_batches(valid: Photos, config: SurgeryConfig) -> Photos:
    """Mixes cats and dogs, which training mode normalises together; whole batches only."""
    photos = some(valid, config.most_photos)
    n_whole = max(len(photos) // BATCH * BATCH, min(len(photos), BATCH))
    return photos.rows(np.random.default_rng(0).permutation(len(photos))[:n_whole])


def _concatenated(
    operation: Operation,
    photos: Photos,
    epsilon: float,
    settings: dict[str, LayerSettings],
    training: bool,
) -> np.ndarray:
    """Computes the logits of all photos."""
    return np.concatenate(
        [
            operation.logits(photos.images[rows], settings, epsilon, training=training)
            for rows in batches(len(photos), min(BATCH, len(photos)))
        ]
    )


def _statistics(
    plan: NetConfig, arrays: dict[str, np.ndarray], photos: Photos, n: int, *, seed: int
) -> Statistics:
    rows = np.sort(np.random.default_rng(seed).permutation(len(photos))[:n])
    places = [layer.name for layer in insertion_points(plan)]
    moments = statistics.measure(filled(plan, arrays), photos.images[rows], places)
    return {
        name: (found.mean.astype(np.float32), found.variance.astype(np.float32))
        for name, found in moments.items()
    }


def _figures(stored: np.ndarray, single: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """The net as it is, from logits of the rounded weights and of those in single precision."""
    accuracy = accuracy_of(stored, labels)
    return {
        "accuracy": accuracy,
        "loss": loss_of(stored, labels),
        "half_precision": accuracy - accuracy_of(single, labels),
    }


def gather_surgery(
    table: pd.DataFrame,
    net: NetAndPhotos,
    statistics: dict[int, Statistics],
    before: dict[str, float],
    config: SurgeryConfig,
    local: LocalData,
    run: TrainingRun,
    *,
    n_valid: int,
) -> Bundle:
    """Puts what was found into a bundle.

    Args:
        table: a row a case: the fields of `Case`, "loss", "accuracy" and "max_abs_diff".
        net: the net.
        statistics: by number of samples.
        before: "accuracy" and "loss" of the net as it is, and "half_precision", what rounding the
            weights adds to the accuracy.
        config: what was tried.
        local: the photos, for provenance.
        run: seed and command.
        n_valid: photos that were looked at.

    Returns:
        The bundle, not yet saved.
    """
    n = max(statistics)
    where = f"the {n_valid} photos in valid"
    metrics = {
        f"before_{name}": {
            "value": before[name],
            "unit": unit,
            "protocol": f"the net as it is, on {where}",
        }
        for name, unit in (("accuracy", "accuracy"), ("loss", "nats"))
    }
    for name, case in headlines(n).items():
        row = table
        for field, value in dataclasses.asdict(case).items():
            row = row[row[field] == value]
        mode = f"training mode, batches of {BATCH}" if case.training else "evaluation mode"
        protocol = (
            f"{case.recipe} batch norm behind every convolution, statistics of {n} photos of "
            f"train, {mode}, on {where}"
        )
        for figure, unit in (("accuracy", "accuracy"), ("loss", "nats"), ("max_abs_diff", "logit")):
            value = float(row[figure].iloc[0])
            if np.isfinite(value):  # JSON knows no other numbers; the table keeps them
                metrics[f"{name}_{figure}"] = {"value": value, "unit": unit, "protocol": protocol}
    metrics["half_precision_accuracy"] = {
        "value": before["half_precision"],
        "unit": "accuracy",
        "protocol": f"what rounding the weights adds to the accuracy on {where}",
    }
    settings = {
        "content": SURGERY,
        "title": "The surgery",
        "settings": dataclasses.asdict(config),
        "size": config.size,
        "framing": net.framing,
        "reads": net.reads,
        "classes": list(CLASSES),
        "batch": BATCH,
        "n_samples": list(statistics),
        "places": [
            {
                "name": layer.name,
                "kind": layer.kind,
                "n_channels": layer.n_channels,
                "place": place_of(layer),
            }
            for layer in insertion_points(net.plan)
        ],
    }
    stored = {f"net.{name}": array for name, array in net.arrays.items()}
    for samples, found in statistics.items():
        for name, (mean, variance) in found.items():
            stored[f"statistics.{samples}.{name}.mean"] = mean
            stored[f"statistics.{samples}.{name}.variance"] = variance
    bundle = Bundle(
        kind=KIND,
        name=f"batchnorm-{config.on}",
        config=json.loads(json.dumps(settings)),
        seeds={"samples": run.seed},
        metrics=metrics,
        dataset=local.record(),
        arrays=stored,
        tables={"outcomes": table},
        device=describe_devices(),
        command=run.command,
    )
    return dataclasses.replace(bundle, card=_card(bundle, net))


def _card(bundle: Bundle, net: NetAndPhotos) -> str:
    data = bundle.dataset
    rows = "\n".join(
        f"| {name} | {metric['value']:.4g} {metric['unit']} | {metric['protocol']} |"
        for name, metric in bundle.metrics.items()
    )
    return f"""# {bundle.name}

SqueezeNet 1.1, {net.described} ({data["title"]}, {data["version"]}). And what becomes of it
when batch norm is put behind its layers by each of four recipes.

Made by `{bundle.command}` on {bundle.device}. `python -m core evaluate assets/{bundle.name}`
measures it again.

## Figures
| metric | value | protocol |
|---|---|---|
{rows}

## What is inside
Weights in half precision; mean and variance of every layer over {bundle.config["n_samples"]} photos
of train; a table with loss, accuracy and the largest difference of a logit in
{len(bundle.tables["outcomes"]):,} cases. No photo. SqueezeNet's weights are those of
https://github.com/rcmalli/keras-squeezenet (MIT).

## Use and limits
For seeing why gamma must be the root of variance plus epsilon.

## Data
{data["citation"]}
Licence: {data["licence"]}
"""
