"""Small bundles of batch norm: trainings by a simple law, and the surgery on a random net."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.batchnorm import BEST as TUNED
from core.batchnorm import KIND, SURGERY, SWEEP
from core.batchnorm.data.decoding import MIDDLE, SQUEEZED
from core.bundle import Bundle, over_seeds, save_bundle

WITH, PLAIN = "batch norm", "plain"
RATES = (1e-4, 1e-3, 1e-2, 1e-1)
BEST = {PLAIN: (0.950, 0.970, 0.5, 0.5), WITH: (0.955, 0.965, 0.975, 0.6)}  # at the end, by rate
N_SEEDS, N_EPOCHS = 3, 4
DATASET = {"name": "dogscats-sample", "version": "2017", "licence": "research use", "sha256": "0"}


def _bundle(name: str, config: dict[str, Any], **more: Any) -> Bundle:
    """What all bundles of the topic have alike, by what `config` says of the content."""
    return Bundle(
        kind=KIND,
        name=f"{KIND}-{name}",
        config=config,
        dataset=DATASET,
        card=f"# {config['title']}\n",
        device="2 CPU cores",
        duration_s=90.0,
        command=f"python -m core train batchnorm --preset {name}",
        **more,
    )


def sweep_curves(
    best: dict[str, tuple[float, ...]] | None = None, n_seeds: int = N_SEEDS
) -> pd.DataFrame:
    """Trainings that rise by half of what is left each epoch; a loss that is lost where 0.5."""
    rows = []
    for net, ends in (best or BEST).items():
        for rate, end in zip(RATES, ends, strict=True):
            for seed in range(n_seeds):
                for epoch in range(1, N_EPOCHS + 1):
                    has_diverged = end == 0.5
                    left = 0.5 ** (epoch - 1) * (end - 0.5) * (epoch < N_EPOCHS)
                    accuracy = end - left + 0.002 * (seed - (n_seeds - 1) / 2) * (end > 0.5)
                    rows.append(
                        {
                            "net": net,
                            "learning_rate": rate,
                            "seed": seed,
                            "epoch": epoch,
                            "train_loss": np.nan if has_diverged else 1 - accuracy,
                            "val_loss": np.nan if has_diverged else 1.2 * (1 - accuracy),
                            "val_accuracy": accuracy,
                            "has_diverged": has_diverged,
                        }
                    )
    return pd.DataFrame(rows)


def sweep_bundle(curves: pd.DataFrame | None = None) -> Bundle:
    """The bundle of such trainings."""
    curves = sweep_curves() if curves is None else curves
    return _bundle(
        SWEEP,
        {"content": SWEEP, "title": "What batch norm buys"},
        seeds={"first of splits and orders": 0},
        metrics={
            "batch_norm_val_accuracy": over_seeds(
                np.array([0.973, 0.975, 0.977]), "accuracy", "at the best rate, on held-out photos"
            )
        },
        arrays={},
        tables={"curves": curves},
    )


def fill_sweep(assets: Path, curves: pd.DataFrame | None = None) -> Path:
    """Writes the trainings into an assets folder."""
    save_bundle(sweep_bundle(curves), assets / f"batchnorm-{SWEEP}")
    return assets


SIZE = 48  # px: the smallest that leaves something behind the last pool
N_SAMPLES = (4, 8)
EPSILONS = (1e-3, 1e-1)


def surgery_bundle(name: str = SURGERY, seed: int = 0) -> Bundle:
    """The surgery on a net of random weights, by the core's own code; few cases are recorded.

    Args:
        name: of the surgery; the pre-trained net sees the middle of photos, the other all of them.
        seed: of the weights.
    """
    from flax import nnx

    from core.batchnorm.data import Photos
    from core.batchnorm.explore.drawings import draw
    from core.batchnorm.model import RELU, Net, insertion_points
    from core.batchnorm.model.predictor import accuracy_of, loss_of
    from core.batchnorm.surgery import RECIPES
    from core.batchnorm.surgery.cases import Case
    from core.batchnorm.surgery.operation import Operation, layer_settings
    from core.batchnorm.surgery.statistics import measure
    from core.batchnorm.surgery.train import outcome
    from core.batchnorm.train.start import plan_of
    from core.loop import named_arrays

    plan = plan_of(SIZE, with_norm=False)
    net = Net(plan, rngs=nnx.Rngs(seed))
    arrays = {name: np.asarray(array) for name, array in named_arrays(nnx.state(net)).items()}
    photos = Photos(draw(8, size=SIZE, seed=1), np.arange(8, dtype=np.int32) % 2)
    points = insertion_points(plan)
    statistics = {
        n: {
            name: (found.mean.astype(np.float32), found.variance.astype(np.float32))
            for name, found in measure(
                net, photos.images[:n], [p.name for p in points], batch_size=N_SAMPLES[0]
            ).items()
        }
        for n in N_SAMPLES
    }
    operation = Operation(plan, arrays)
    cases = [
        Case(layers, recipe, epsilon, N_SAMPLES[-1], training)
        for layers in ("convolution", points[0].name)
        for recipe in RECIPES
        for epsilon in (EPSILONS if layers == "convolution" else EPSILONS[:1])
        for training in (False, True)
    ]
    off = layer_settings(plan, statistics[N_SAMPLES[0]], (), recipe="exact", epsilon=1e-3)
    before = operation.logits(photos.images, off, 1e-3, training=False)
    table = pd.DataFrame(
        dataclasses.asdict(case) | outcome(operation, case, statistics, photos, before=before)
        for case in cases
    )

    def metric(value: float, unit: str) -> dict[str, object]:
        return {"value": float(value), "unit": unit, "protocol": "on 8 drawings"}

    def recorded(recipe: str, figure: str) -> float:
        return table[(table["recipe"] == recipe) & (table["layers"] == "convolution")][figure].iloc[
            0
        ]

    stored = {f"net.{name}": array.astype(np.float16) for name, array in arrays.items()}
    for n, found in statistics.items():
        for place, (mean, variance) in found.items():
            stored[f"statistics.{n}.{place}.mean"] = mean
            stored[f"statistics.{n}.{place}.variance"] = variance
    return _bundle(
        name,
        {
            "content": SURGERY,
            "title": "The surgery",
            "size": SIZE,
            "framing": MIDDLE if name == SURGERY else SQUEEZED,
            "n_samples": list(N_SAMPLES),
            "places": [
                {
                    "name": point.name,
                    "kind": point.kind,
                    "n_channels": point.n_channels,
                    "place": "relu" if point.kind == RELU else "convolution",
                }
                for point in points
            ],
        },
        seeds={"samples": 0},
        metrics={
            "before_accuracy": metric(accuracy_of(before, photos.labels), "accuracy"),
            "before_loss": metric(loss_of(before, photos.labels), "nats"),
        }
        | {
            f"{recipe}_{figure}": metric(recorded(recipe, figure), unit)
            for recipe in ("exact", "notebook", "random")
            for figure, unit in (("accuracy", "accuracy"), ("loss", "nats"))
        },
        arrays=stored,
        tables={"outcomes": table},
    )


def fill_surgery(assets: Path, name: str = SURGERY, *, seed: int = 0) -> Path:
    """Writes the surgery into an assets folder."""
    save_bundle(surgery_bundle(name, seed), assets / f"batchnorm-{name}")
    return assets


def best_bundle() -> Bundle:
    """Fine-tuned nets of random weights, without and with batch norm."""
    from flax import nnx

    from core.batchnorm import LAST
    from core.batchnorm.model import Net
    from core.batchnorm.train.start import plan_of
    from core.loop import named_arrays

    arrays = {}
    for seed, prefix in enumerate(("without", "with")):
        net = Net(plan_of(SIZE, with_norm=prefix == "with"), rngs=nnx.Rngs(seed))
        for name, array in named_arrays(nnx.state(net)).items():
            arrays[f"{prefix}.{name}"] = np.asarray(array)
    return _bundle(
        TUNED,
        {
            "content": TUNED,
            "title": "Cat or dog",
            "size": SIZE,
            "sizes": [SIZE],
            "framing": SQUEEZED,
            "settings": {"reads": list(LAST)},
        },
        seeds={"splits and nets": 0},
        metrics={
            "accuracy_with": over_seeds(np.array([0.97, 0.98]), "accuracy", "on 8 drawings"),
        },
        arrays=arrays,
    )


def fill_best(assets: Path) -> Path:
    """Writes the fine-tuned nets into an assets folder."""
    save_bundle(best_bundle(), assets / f"batchnorm-{TUNED}")
    return assets
