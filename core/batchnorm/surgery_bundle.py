"""What was tried on the photos, as a bundle: the net, its statistics, and a table of outcomes."""

import dataclasses
import json

import numpy as np
import pandas as pd

from core.batchnorm import CLASSES, KIND, SURGERY
from core.batchnorm.nets import insertion_points, place_of
from core.batchnorm.subjects import Subject
from core.batchnorm.surgery_cases import SurgeryConfig, headlines
from core.bundle import Bundle
from core.datasets.store import LocalData
from core.devices import describe_devices
from core.training_run import TrainingRun

BATCH = 50  # photos at once; in training mode they are normalised together
Statistics = dict[str, tuple[np.ndarray, np.ndarray]]  # place -> mean and variance, f32[C] each


def gather_surgery(
    table: pd.DataFrame,
    subject: Subject,
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
        subject: the net.
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
        "framing": subject.framing,
        "reads": subject.reads,
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
            for layer in insertion_points(subject.plan)
        ],
    }
    stored = {f"net.{name}": array for name, array in subject.arrays.items()}
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
    return dataclasses.replace(bundle, card=_card(bundle, subject))


def _card(bundle: Bundle, subject: Subject) -> str:
    data = bundle.dataset
    rows = "\n".join(
        f"| {name} | {metric['value']:.4g} {metric['unit']} | {metric['protocol']} |"
        for name, metric in bundle.metrics.items()
    )
    return f"""# {bundle.name}

SqueezeNet 1.1, {subject.described} ({data["title"]}, {data["version"]}). And what becomes of it
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
