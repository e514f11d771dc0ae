"""Rows of a table of many short trials, which a killed run finds again when it goes on."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from core.checkpoint import Checkpoints
from core.training_run import TrainingRun

_NOTHING = {"nothing": np.zeros(1)}  # rows are all there is to keep between two trials


class RowLog:
    """What the trials that are done have found.

    Args:
        saved: where rows are kept; None for nowhere.
    """

    def __init__(self, saved: Checkpoints | None) -> None:
        self._saved = saved
        found = saved.latest(_NOTHING) if saved is not None else None
        self.n_done: int = 0 if found is None else found.epoch
        self.rows: list[dict[str, Any]] = [] if found is None else found.record["rows"]
        self._n_saved = self.n_done

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Adds the rows of one more trial."""
        self.rows += [dict(row) for row in rows]
        self.n_done += 1
        if self._saved is not None and self._saved.due():
            self.save()

    def save(self) -> None:
        """Writes what is not written yet."""
        if self._saved is not None and self.n_done > self._n_saved:
            self._saved.save(self.n_done, _NOTHING, {"rows": self.rows})
            self._n_saved = self.n_done


@contextlib.contextmanager
def row_log(run: TrainingRun, name: str, what: Mapping[str, Any]) -> Iterator[RowLog]:
    """Opens the rows of a run, and writes the last ones when it ends, however it does.

    Args:
        run: says whether and where they are kept, and whether it goes on from there.
        name: of their folder.
        what: makes the run what it is, as JSON values.

    Raises:
        InputError: another run's lie there.
    """
    with run.checkpoints(name, what) as saved:
        log = RowLog(saved)
        try:
            yield log
        finally:
            log.save()
