"""What every recipe of insertion does to a pre-trained net, recorded on the validation photos.

The net is SqueezeNet with a head that was fitted to its frozen features; it tells cats from dogs.
Statistics are measured on photos of train, loss and accuracy on all of valid.
"""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from core.batchnorm import CLASSES, SURGERY
from core.batchnorm.data import Photos, read_photos, some
from core.batchnorm.explorer import GROUPS, KIND, SurgeryModel
from core.batchnorm.head import fit_head, with_head
from core.batchnorm.insert import filled
from core.batchnorm.looking import Looker, loss_of, share_right
from core.batchnorm.model import FEATURES
from core.batchnorm.nets import RELU, NetConfig, insertion_points
from core.batchnorm.operating import Dial, Operation, batches, set_dials
from core.batchnorm.recipes import EPSILON, RECIPES
from core.batchnorm.start import halved, plain_start
from core.batchnorm.statistics import measure
from core.bundle import Bundle
from core.datasets.store import LocalData
from core.devices import describe_devices
from core.errors import InputError
from core.training_run import TrainingRun

_PENALTY = 1e-2  # of the head
_BATCH = 50  # photos at once; in training mode they are normalised together
_Statistics = dict[str, tuple[np.ndarray, np.ndarray]]


@dataclasses.dataclass(frozen=True, slots=True)
class SurgeryConfig:
    """What is tried.

    Attributes:
        size: side of the images, pixels.
        n_samples: photos on which statistics are measured.
        epsilons: added to the variance; the default, `EPSILON`, is one of them.
        most_photos: of train and of valid; None for all. For trying out.
        has_singles: try every layer alone as well.
    """

    size: int = 227
    n_samples: tuple[int, ...] = (8, 32, 128, 512)
    epsilons: tuple[float, ...] = (1e-5, 1e-3, 1e-1)
    most_photos: int | None = None
    has_singles: bool = True

    def __post_init__(self) -> None:
        """Checks the bounds."""
        if not self.n_samples or min(self.n_samples) < 1:
            raise InputError(f"n_samples ({self.n_samples}) should be at least 1 each")
        if EPSILON not in self.epsilons or min(self.epsilons) <= 0:
            raise InputError(f"epsilons ({self.epsilons}) should be above 0, {EPSILON} among them")


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """One surgery: where, how, and how the net is used then."""

    layers: str  # a place, or one of `GROUPS`
    recipe: str
    epsilon: float
    n_samples: int
    training: bool


def operate_on_photos(
    config: SurgeryConfig,
    local: LocalData,
    weights: LocalData,
    run: TrainingRun,
    *,
    data_dir: str | Path | None = None,
) -> Bundle:
    """Tries every case on the validation photos.

    Args:
        config: what is tried.
        local: the archive of photos.
        weights: SqueezeNet's weights.
        run: seed and command; nothing is trained by epochs.
        data_dir: folder of kept photos.

    Returns:
        The bundle, not yet saved.

    Raises:
        InputError: epochs or several devices are asked for.
        DataError: a data set is damaged.
    """
    if run.n_epochs is not None:
        raise InputError(f"epochs ({run.n_epochs}) should be left out: nothing is trained here")
    found = read_photos(local, data_dir=data_dir)
    train, valid = some(found["train"], config.most_photos), _judges(found["valid"], config)
    plan, arrays = plain_start(weights.path, size=config.size)
    look = Looker(plan, arrays, layer=FEATURES)
    head = fit_head(look(train.images), train.labels, penalty=_PENALTY)
    arrays = halved(with_head(arrays, head))
    exact = with_head(plain_start(weights.path, size=config.size)[1], head)
    statistics = {
        n: _statistics(plan, arrays, train, n, seed=run.seed)
        for n in config.n_samples
        if n <= len(train)
    }
    operation = Operation(plan, arrays)
    before = Looker(plan, arrays)(valid.images)
    cases = list(_cases(plan, config, tuple(statistics)))
    rows = [
        dataclasses.asdict(case)
        | outcome(operation, case, statistics, valid, before=before, seed=run.seed)
        for case in tqdm(cases, desc="surgery", unit="case", disable=not run.progress)
    ]
    figures = _figures(before, Looker(plan, exact)(valid.images), valid.labels)
    parts = pd.DataFrame(rows), plan, arrays, statistics
    return _bundle(*parts, figures, config, local, run, n_valid=len(valid))


def outcome(
    operation: Operation,
    case: Case,
    statistics: dict[int, _Statistics],
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
    dials = set_dials(
        operation.config,
        statistics[case.n_samples],
        places_of(operation.config, case.layers),
        recipe=case.recipe,
        epsilon=case.epsilon,
        seed=seed,
    )
    after = _concatenated(operation, photos, case.epsilon, dials, case.training)
    return {
        "loss": loss_of(after, photos.labels),
        "accuracy": share_right(after, photos.labels),
        "max_abs_diff": float(np.abs(after - before).max()),
    }


def places_of(plan: NetConfig, layers: str) -> tuple[str, ...]:
    """Returns the places that a case is about."""
    points = insertion_points(plan)
    if layers not in GROUPS:
        return (layers,)
    wants_relu = {"convolution": (False,), "relu": (True,), "both": (False, True)}[layers]
    return tuple(layer.name for layer in points if (layer.kind == RELU) in wants_relu)


def measure_surgery(
    bundle: Bundle, local: LocalData, *, data_dir: str | Path | None = None
) -> dict[str, dict[str, float]]:
    """Measures the bundle's metrics again on the validation photos.

    Args:
        bundle: of `operate_on_photos`.
        local: the archive of photos.
        data_dir: folder of kept photos.

    Returns:
        Metrics with "measured" and "recorded".
    """
    model = SurgeryModel(bundle)
    settings = bundle.config["settings"]
    valid = read_photos(local, data_dir=data_dir)["valid"]
    valid = _judges(valid, SurgeryConfig(most_photos=settings["most_photos"]))
    seed = next(iter(bundle.seeds.values()))
    statistics = {n: model.statistics(n) for n in model.n_samples}
    before = _concatenated(model.operation, valid, EPSILON, model.dials((), seed=seed), False)
    found = {}
    for name, case in _headlines(max(model.n_samples)).items():
        figures = outcome(model.operation, case, statistics, valid, before=before, seed=seed)
        for figure in ("accuracy", "loss", "max_abs_diff"):
            metric = f"{name}_{figure}"
            if metric in bundle.metrics:
                recorded = bundle.metrics[metric]["value"]
                found[metric] = {"measured": figures[figure], "recorded": recorded}
    return found


def _judges(valid: Photos, config: SurgeryConfig) -> Photos:
    """Mixes cats and dogs, which training mode normalises together; whole batches only."""
    photos = some(valid, config.most_photos)
    n_whole = max(len(photos) // _BATCH * _BATCH, min(len(photos), _BATCH))
    return photos.rows(np.random.default_rng(0).permutation(len(photos))[:n_whole])


def _concatenated(
    operation: Operation, photos: Photos, epsilon: float, dials: dict[str, Dial], training: bool
) -> np.ndarray:
    """Computes the logits of all photos."""
    return np.concatenate(
        [
            operation.logits(photos.images[rows], dials, epsilon, training=training)
            for rows in batches(len(photos), min(_BATCH, len(photos)))
        ]
    )


def _statistics(
    plan: NetConfig, arrays: dict[str, np.ndarray], photos: Photos, n: int, *, seed: int
) -> _Statistics:
    rows = np.sort(np.random.default_rng(seed).permutation(len(photos))[:n])
    places = [layer.name for layer in insertion_points(plan)]
    moments = measure(filled(plan, arrays), photos.images[rows], places)
    return {
        name: (found.mean.astype(np.float32), found.variance.astype(np.float32))
        for name, found in moments.items()
    }


def _cases(plan: NetConfig, config: SurgeryConfig, n_samples: tuple[int, ...]) -> Iterator[Case]:
    """Groups of layers in every way; single layers with the usual epsilon only."""
    for training in (False, True):
        for recipe in RECIPES:
            for n in n_samples:
                for epsilon in config.epsilons:
                    for group in GROUPS:
                        yield Case(group, recipe, epsilon, n, training)
                for layer in insertion_points(plan) if config.has_singles else ():
                    yield Case(layer.name, recipe, EPSILON, n, training)


def _headlines(n: int) -> dict[str, Case]:
    """The cases that stand in the metrics."""
    return {
        "exact": Case("convolution", "exact", EPSILON, n, False),
        "notebook": Case("convolution", "notebook", EPSILON, n, False),
        "random": Case("convolution", "random", EPSILON, n, False),
        "training": Case("convolution", "exact", EPSILON, n, True),
    }


def _figures(stored: np.ndarray, single: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """The net as it is, from logits of the rounded weights and of those in single precision."""
    accuracy = share_right(stored, labels)
    return {
        "accuracy": accuracy,
        "loss": loss_of(stored, labels),
        "half_precision": accuracy - share_right(single, labels),
    }


def _bundle(
    table: pd.DataFrame,
    plan: NetConfig,
    arrays: dict[str, np.ndarray],
    statistics: dict[int, _Statistics],
    before: dict[str, float],
    config: SurgeryConfig,
    local: LocalData,
    run: TrainingRun,
    *,
    n_valid: int,
) -> Bundle:
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
    for name, case in _headlines(n).items():
        row = table
        for field, value in dataclasses.asdict(case).items():
            row = row[row[field] == value]
        mode = f"training mode, batches of {_BATCH}" if case.training else "evaluation mode"
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
        "classes": list(CLASSES),
        "batch": _BATCH,
        "n_samples": list(statistics),
        "places": [
            {
                "name": layer.name,
                "kind": layer.kind,
                "n_channels": layer.n_channels,
                "place": "relu" if layer.kind == RELU else "convolution",
            }
            for layer in insertion_points(plan)
        ],
    }
    stored = {f"net.{name}": array for name, array in arrays.items()}
    for samples, found in statistics.items():
        for name, (mean, variance) in found.items():
            stored[f"statistics.{samples}.{name}.mean"] = mean
            stored[f"statistics.{samples}.{name}.variance"] = variance
    bundle = Bundle(
        kind=KIND,
        name=f"batchnorm-{SURGERY}",
        config=json.loads(json.dumps(settings)),
        seeds={"samples": run.seed},
        metrics=metrics,
        dataset=local.record(),
        arrays=stored,
        tables={"outcomes": table},
        device=describe_devices(),
        command=run.command,
    )
    return dataclasses.replace(bundle, card=_card(bundle))


def _card(bundle: Bundle) -> str:
    data = bundle.dataset
    rows = "\n".join(
        f"| {name} | {metric['value']:.4g} {metric['unit']} | {metric['protocol']} |"
        for name, metric in bundle.metrics.items()
    )
    return f"""# {bundle.name}

SqueezeNet 1.1, pre-trained on ImageNet, with a head that was fitted to its frozen features and
tells cats from dogs ({data["title"]}, {data["version"]}); and what becomes of it when batch norm is
put behind its layers by each of four recipes.

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
For seeing why gamma must be the root of variance plus epsilon. It is the net before any
fine-tuning.

## Data
{data["citation"]}
Licence: {data["licence"]}
"""
