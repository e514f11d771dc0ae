"""Trainings on data sets that a test has made itself."""

from pathlib import Path
from typing import Any

from core.datasets.store import LocalData, Sources
from core.training_run import TrainingRun


def sources_with(*local: LocalData, data_dir: Path | None = None) -> Sources:
    """Where just these data sets are found."""
    return Sources(data_dir, here={one.dataset.name: one for one in local})


def run_on(*local: LocalData, data_dir: Path | None = None, **how: Any) -> TrainingRun:
    """A run of a training on these data sets."""
    return TrainingRun(sources=sources_with(*local, data_dir=data_dir), **how)
