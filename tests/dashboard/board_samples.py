"""Small sentiment bundles with a table of test reviews and trainings, for the leaderboard."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from core.bundle import Bundle, save_bundle
from tests.dashboard.review_samples import review_bundle

N_REVIEWS = 400
CLEAN = {  # name -> accuracy under the clean protocol
    "mlp": 0.8809,
    "cnn": 0.8942,
    "cnn-glove-tuned": 0.9003,
    "multicnn": 0.9031,
    "lstm": 0.8790,
    "nbsvm": 0.9195,
    "max-cnn": 0.9048,
}
TITLES = {
    "cnn-glove-tuned": "CNN on GloVe, then tuned",
    "multicnn": "CNN, windows of 3 to 5",
}
SEEDS = (0, 1, 2)
N_EPOCHS = 4


def reviews(noise: float = 1.0, seed: int = 0, n_reviews: int = N_REVIEWS) -> pd.DataFrame:
    """A bundle's table of test reviews; the same reviews for every seed and noise."""
    rng = np.random.default_rng(7)
    labels = np.repeat([0, 1], n_reviews // 2)
    table = pd.DataFrame(
        {
            "label": labels.astype(np.uint8),
            "words": rng.integers(20, 600, n_reviews).astype(np.uint16),
            "negations": rng.integers(0, 12, n_reviews).astype(np.uint8),
            "rare": rng.uniform(0, 0.2, n_reviews).astype(np.float32),
        }
    )
    logits = (2 * labels - 1) * 1.5 + np.random.default_rng(seed).normal(0, noise, n_reviews)
    return table.assign(logit=logits.astype(np.float32))


def history(best: float) -> dict[str, dict[str, list[dict[str, float]]]]:
    """Trainings whose test accuracy is best after epoch 3, and on validation after epoch 2."""
    rises = {"validation": (0, -0.03, -0.01, -0.015, -0.02), "full": (0, -0.02, -0.002, 0, -0.01)}
    return {
        kind: {
            str(seed): [
                {"epoch": epoch, "seconds": 1.0}
                | {
                    f"{'val' if kind == 'validation' else 'test'}_{what}": value
                    for what, value in (
                        ("accuracy", (best + rise if epoch else 0.5) + 0.001 * (seed - 1)),
                        ("loss", 0.7 - 0.1 * epoch),
                    )
                }
                for epoch, rise in enumerate(rises[kind])
            ]
            for seed in SEEDS
        }
        for kind in rises
    }


def board_bundle(name: str) -> Bundle:
    """Makes one of the models as a bundle with everything that the leaderboard reads."""
    kin = {"cnn-glove-tuned": "cnn", "multicnn": "cnn"}
    bundle = review_bundle(kin.get(name, name))
    clean, unit = CLEAN[name], {"unit": "accuracy", "protocol": "seeds 0 to 2"}
    per_seed = [clean - 0.001, clean, clean + 0.001]
    metrics: dict[str, Mapping[str, object]] = {
        "test_accuracy": unit | {"value": clean, "per_seed": per_seed, "sd": 0.001},
        "val_accuracy": unit | {"value": clean - 0.01, "per_seed": per_seed, "sd": 0.001},
        "lesson_accuracy": unit | {"value": clean + 0.002, "per_seed": per_seed, "sd": 0.001},
        "calibration_error": {"value": 0.01, "unit": "share", "protocol": "", "per_seed": [0.01]},
    }
    if name == "nbsvm":
        metrics = {key: {**metrics[key]} for key in ("test_accuracy", "val_accuracy")}
        for metric in metrics.values():
            metric.pop("sd")
            metric["per_seed"] = [metric["value"]]
    if name == "cnn-glove-tuned":
        metrics["frozen_accuracy"] = unit | {"value": clean - 0.005, "per_seed": per_seed}
        metrics["undistilled_accuracy"] = unit | {"value": clean - 0.01, "per_seed": per_seed}
    return dataclasses.replace(
        bundle,
        name=f"sentiment-{name}",
        config={**bundle.config, "title": TITLES.get(name, bundle.config["title"])},
        metrics=metrics,
        tables={**bundle.tables, "test": reviews(8 * (1 - clean), seed=len(name))},
        documents={"history": {} if name == "nbsvm" else history(clean)},
    )


def fill_board(assets: Path, names: tuple[str, ...] = tuple(CLEAN)) -> Path:
    """Writes the models' bundles to an assets folder and returns it."""
    for name in names:
        save_bundle(board_bundle(name), assets / f"sentiment-{name}")
    return assets
