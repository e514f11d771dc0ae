"""Resumable training: what a killed run needs to go on exactly where it stopped.

Orbax writes the arrays (sharded where they are sharded, one folder an epoch, renamed when
complete), JSON the rest. Checkpoints are scaffolding: they lie beside the bundle to come and go
once it is written.
"""

import dataclasses
import json
import logging
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp
import safetensors.numpy

from core.errors import DataError, InputError

# Orbax announces every save at INFO and its own internals at WARNING; a progress bar is shown
# instead.
logging.getLogger("absl").setLevel(logging.ERROR)

_RUN = "run.json"


@dataclasses.dataclass(frozen=True, slots=True)
class Resumed:
    """What a checkpoint holds: `tree` as it was after `epoch`, and the run's `record` till then."""

    epoch: int
    tree: Any
    record: dict[str, Any]
    snapshots: dict[int, dict[str, np.ndarray]]


class Checkpoints:
    """The checkpoints of one run, in a folder of their own.

    Args:
        directory: the folder; made if needed.
        run: what makes this run what it is (config, seed, SHA-256 of the data ...), as JSON values.
        resume: go on from what lies there; else it is deleted.
        every_s: seconds between two saves; 0 saves after each epoch. A save costs about 0.15 s, and
            a resumed run repeats what came after the last one with the same result.

    Raises:
        InputError: the folder holds another run's checkpoints, or no checkpoints but other files.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        run: Mapping[str, Any],
        *,
        resume: bool,
        every_s: float = 10.0,
    ) -> None:
        self._directory = Path(directory).absolute()
        self._every_s = every_s
        self._last_save = time.monotonic()
        run = json.loads(json.dumps(run))
        recorded = self._recorded_run()
        if resume and recorded is not None and recorded != run:
            changed = sorted(
                key for key in recorded.keys() | run.keys() if recorded.get(key) != run.get(key)
            )
            raise InputError(
                f"the checkpoints in {directory} are of a run with other {', '.join(changed)}; "
                "give the same options, or leave --resume out to start anew"
            )
        if not resume and recorded is not None:
            shutil.rmtree(self._directory)
        self._directory.mkdir(parents=True, exist_ok=True)
        temporary = self._directory / f"{_RUN}.tmp"
        temporary.write_text(json.dumps(run), encoding="utf-8")
        temporary.replace(self._directory / _RUN)
        self._manager = ocp.CheckpointManager(
            self._directory / "epochs",
            options=ocp.CheckpointManagerOptions(
                max_to_keep=2, enable_async_checkpointing=False, cleanup_tmp_directories=True
            ),
        )

    def _recorded_run(self) -> dict[str, Any] | None:
        path = self._directory / _RUN
        if not path.is_file():
            if self._directory.is_dir() and any(self._directory.iterdir()):
                raise InputError(f"{self._directory} holds other files; choose another --out")
            return None
        return json.loads(path.read_text(encoding="utf-8"))

    def due(self) -> bool:
        """Says whether it is time for the next save."""
        return time.monotonic() - self._last_save >= self._every_s

    def save(self, epoch: int, tree: Any, record: Mapping[str, Any]) -> None:
        """Writes the state after an epoch; a reader sees a whole checkpoint or none."""
        self._manager.save(
            epoch,
            args=ocp.args.Composite(
                tree=ocp.args.StandardSave(tree), record=ocp.args.JsonSave(dict(record))
            ),
        )
        self._last_save = time.monotonic()

    def save_snapshot(self, epoch: int, arrays: Mapping[str, np.ndarray]) -> None:
        """Keeps the arrays of a snapshot, so that a resumed run has the early ones too."""
        path = self._directory / f"snapshot-{epoch:06d}.safetensors"
        temporary = path.with_suffix(".tmp")
        safetensors.numpy.save_file(dict(arrays), temporary)
        temporary.replace(path)

    def latest(self, like: Any) -> Resumed | None:
        """Reads the newest checkpoint.

        Args:
            like: a pytree of arrays with the structure, shapes and shardings of what was saved.

        Returns:
            The checkpoint, or None where the run has none yet.

        Raises:
            DataError: the newest checkpoint cannot be read.
        """
        epoch = self._manager.latest_step()
        if epoch is None:
            return None
        target = jax.tree.map(ocp.utils.to_shape_dtype_struct, like)
        try:
            found = self._manager.restore(
                epoch,
                args=ocp.args.Composite(
                    tree=ocp.args.StandardRestore(target), record=ocp.args.JsonRestore()
                ),
            )
        except (ValueError, OSError) as error:
            raise DataError(
                f"the checkpoint of epoch {epoch} in {self._directory} cannot be read "
                f"({str(error).splitlines()[0]}); leave --resume out to start anew"
            ) from error
        snapshots = {}
        for path in sorted(self._directory.glob("snapshot-*.safetensors")):
            at = int(path.stem.rpartition("-")[2])
            if at <= epoch:
                snapshots[at] = safetensors.numpy.load_file(path)
        return Resumed(epoch, found["tree"], dict(found["record"]), snapshots)

    def close(self) -> None:
        """Waits for pending writes and lets go of the folder."""
        self._manager.close()

    def delete(self) -> None:
        """Removes the folder, once the bundle is safe."""
        self.close()
        shutil.rmtree(self._directory, ignore_errors=True)
