"""Trainings on data sets that a test has made itself."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax

from core.datasets.store import LocalData, Sources
from core.training_run import TrainingRun


def sources_with(*local: LocalData, data_dir: Path | None = None) -> Sources:
    """Where just these data sets are found."""
    return Sources(data_dir, here={one.dataset.name: one for one in local})


def run_on(*local: LocalData, data_dir: Path | None = None, **how: Any) -> TrainingRun:
    """A run of a training on these data sets."""
    return TrainingRun(sources=sources_with(*local, data_dir=data_dir), **how)


@contextlib.contextmanager
def compiled_in_haste() -> Iterator[None]:
    """Compiles with few of XLA's optimisations: such small nets compile longer than they train."""
    jax.config.update("jax_disable_most_optimizations", True)  # off unless asked for
    try:
        yield
    finally:
        jax.config.update("jax_disable_most_optimizations", False)
