"""What one setting does to a net, from recorded trainings (`core.sentiment.settings`)."""

import pandas as pd


def effects(runs: pd.DataFrame) -> pd.DataFrame:
    """Sums up trainings: each value of a setting at its best epoch.

    Args:
        runs: "preset", "setting", "value", "seed", "epoch", "accuracy" and "loss", a row a training
            and epoch.

    Returns:
        A row a preset, setting and value: "accuracy" (mean over seeds at the epoch of the lowest
        mean loss), "low" and "high" of the seeds, "epoch", "seeds".
    """
    by_epoch = runs.groupby(["preset", "setting", "value", "epoch"], sort=False)
    means = by_epoch.agg(
        loss=("loss", "mean"),
        accuracy=("accuracy", "mean"),
        low=("accuracy", "min"),
        high=("accuracy", "max"),
        seeds=("seed", "nunique"),
    ).reset_index()
    best = means.groupby(["preset", "setting", "value"], sort=False)["loss"].idxmin()
    return means.loc[best].drop(columns="loss").reset_index(drop=True)
