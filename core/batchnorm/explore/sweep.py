"""Trainings over learning rates, with and without batch norm, as a page asks for them."""

from pathlib import Path

import pandas as pd

from core.bundle import Bundle
from core.errors import BundleError, pick

CURVES = (
    *("net", "learning_rate", "seed", "epoch"),
    *("train_loss", "val_loss", "val_accuracy", "has_diverged"),
)
TRAINS = 0.9  # accuracy at the end from which a training counts as one that works
CHANCE = 0.5  # of two classes with as many photos each


class SweepResults:
    """The bundle "batchnorm-sweep".

    Args:
        bundle: as loaded.
        folder: where it came from, for messages.

    Raises:
        BundleError: it lacks its table.
    """

    def __init__(self, bundle: Bundle, folder: Path | None = None) -> None:
        curves = bundle.tables.get("curves")
        missing = [c for c in CURVES if curves is None or c not in curves.columns]
        if missing:
            problem = f"its table curves lacks {', '.join(missing)}"
            raise BundleError(folder or Path(bundle.name), [problem])
        self.bundle = bundle
        self.curves: pd.DataFrame = curves

    @property
    def nets(self) -> tuple[str, ...]:
        """What was compared: "plain" and "batch norm"."""
        return tuple(dict.fromkeys(self.curves["net"]))

    @property
    def rates(self) -> tuple[float, ...]:
        """Highest learning rates, ascending."""
        return tuple(sorted(set(self.curves["learning_rate"])))

    @property
    def summary(self) -> pd.DataFrame:
        """A row a net and rate, after the last epoch.

        "net", "learning_rate", "mean" and "sd" of the accuracy over seeds, "n_seeds", and
        "n_failed": trainings that ended without a finite loss or with an accuracy below `TRAINS`.
        """
        last = self.curves[self.curves["epoch"] == self.curves["epoch"].max()]
        last = last.assign(fails=last["has_diverged"] | (last["val_accuracy"] < TRAINS))
        grouped = last.groupby(["net", "learning_rate"], sort=True)
        found = grouped.agg(
            mean=("val_accuracy", "mean"),
            sd=("val_accuracy", "std"),
            n_seeds=("seed", "nunique"),
            n_failed=("fails", "sum"),
        ).reset_index()
        found["sd"] = found["sd"].fillna(0.0)  # one seed has no spread
        order = {net: at for at, net in enumerate(self.nets)}
        return found.sort_values(
            ["net", "learning_rate"], key=lambda c: c.map(order) if c.name == "net" else c
        ).reset_index(drop=True)

    def largest_rate(self, net: str) -> float:
        """Returns the largest rate at which every training of a net works; 0 where none does.

        Raises:
            InputError: there is no such net.
        """
        pick("net", net, dict.fromkeys(self.nets))
        summary = self.summary
        works = summary[(summary["net"] == net) & (summary["n_failed"] == 0)]
        return float(works["learning_rate"].max()) if len(works) else 0.0
