"""Small bundles of batch norm: trainings over learning rates, by a simple law."""

from pathlib import Path

import numpy as np
import pandas as pd

from core.batchnorm import SWEEP
from core.bundle import Bundle, over_seeds, save_bundle

WITH, PLAIN = "batch norm", "plain"
RATES = (1e-4, 1e-3, 1e-2, 1e-1)
BEST = {PLAIN: (0.950, 0.970, 0.5, 0.5), WITH: (0.955, 0.965, 0.975, 0.6)}  # at the end, by rate
N_SEEDS, N_EPOCHS = 3, 4
DATASET = {"name": "dogscats-sample", "version": "2017", "licence": "research use", "sha256": "0"}


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
    return Bundle(
        kind="batchnorm",
        name=f"batchnorm-{SWEEP}",
        config={"content": SWEEP, "title": "What batch norm buys"},
        seeds={"first of splits and orders": 0},
        metrics={
            "batch_norm_val_accuracy": over_seeds(
                np.array([0.973, 0.975, 0.977]), "accuracy", "at the best rate, on held-out photos"
            )
        },
        dataset=DATASET,
        arrays={},
        tables={"curves": curves},
        card="# What batch norm buys\n",
        device="2 CPU cores",
        duration_s=90.0,
        command="python -m core train batchnorm --preset sweep",
    )


def fill_sweep(assets: Path, curves: pd.DataFrame | None = None) -> Path:
    """Writes the trainings into an assets folder."""
    save_bundle(sweep_bundle(curves), assets / f"batchnorm-{SWEEP}")
    return assets
