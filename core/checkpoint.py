"""Resumable training: what a killed run needs to go on exactly where it stopped.

Orbax writes the arrays (sharded where they are sharded, each host its own, one folder an epoch,
renamed when complete), the first host the rest, as JSON; several hosts need one folder that all of
them see. Checkpoints are scaffolding: they lie beside the bundle to come and go once it is written.
"""

import contextlib
import dataclasses
import json
import logging
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp
import safetensors
import safetensors.numpy

from core.devices import all_hosts, is_first_host, wait_for_hosts
from core.errors import DataError, InputError

# Orbax announces every save at INFO and its own internals at WARNING; a progress bar is shown
# instead.
logging.getLogger("absl").setLevel(logging.ERROR)

_RUN, _EPOCHS, _SNAPSHOT = "run.json", "epochs", "snapshot-"


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
        self._run = json.loads(json.dumps(run))
        self._manager: ocp.CheckpointManager | None = None
        self._is_given_up = False
        recorded = self._recorded_run(resume)
        if resume and recorded is not None and recorded != self._run:
            changed = sorted(
                key
                for key in recorded.keys() | self._run.keys()
                if recorded.get(key) != self._run.get(key)
            )
            raise InputError(
                f"the checkpoints in {directory} are of a run with other {', '.join(changed)}; "
                "give the same options, or leave --resume out to start anew"
            )
        # What an earlier run left goes when there is something new: until then, --resume finds it.
        self._is_stale = recorded is not None and not resume
        wait_for_hosts("what earlier runs left is read")
        if recorded is None:
            self._begin()
        _OPEN.add(self)

    def _begin(self) -> None:
        if is_first_host():
            self._directory.mkdir(parents=True, exist_ok=True)
            temporary = self._directory / f"{_RUN}.tmp"
            temporary.write_text(json.dumps(self._run), encoding="utf-8")
            temporary.replace(self._directory / _RUN)
        wait_for_hosts("the checkpoints have a folder")

    def _opened(self) -> ocp.CheckpointManager:
        """Returns Orbax's manager, which starts threads: not before there is work for it."""
        if self._manager is None:
            self._manager = ocp.CheckpointManager(
                self._directory / _EPOCHS,
                options=ocp.CheckpointManagerOptions(
                    max_to_keep=2, enable_async_checkpointing=False, cleanup_tmp_directories=True
                ),
            )
        return self._manager

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Lets a run go on without checkpoints where none can be written, and says so once."""
        try:
            if self._is_stale:
                if is_first_host():
                    shutil.rmtree(self._directory)
                self._begin()
                self._is_stale = False
            yield
        except (OSError, ValueError, RuntimeError, safetensors.SafetensorError) as error:
            self._is_given_up = True
            said = (str(error).splitlines() or [type(error).__name__])[0][:200]
            sys.stderr.write(f"\nno more checkpoints, the run goes on without: {said}\n")
            with contextlib.suppress(Exception):  # a manager in disorder; what it began must go
                self.close()
            for begun in self._directory.rglob("*tmp*"):
                shutil.rmtree(begun, ignore_errors=True)
                if begun.is_file():
                    begun.unlink()

    def _recorded_run(self, resume: bool) -> dict[str, Any] | None:
        path = self._directory / _RUN
        if not path.is_file():
            if self._directory.is_dir() and any(self._directory.iterdir()):
                raise InputError(f"{self._directory} holds other files; choose another --out")
            return None
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            if resume:
                raise DataError(
                    f"{path} cannot be read; leave --resume out to start anew"
                ) from error
            return {}

    def due(self) -> bool:
        """Says whether it is time for the next save, in which all hosts take part."""
        is_time = time.monotonic() - self._last_save >= self._every_s
        return all_hosts(is_time and not self._is_given_up)

    def save(self, epoch: int, tree: Any, record: Mapping[str, Any]) -> None:
        """Writes the state after an epoch; a reader sees a whole checkpoint or none."""
        if self._is_given_up:
            return
        with self._writing():
            self._opened().save(
                epoch,
                args=ocp.args.Composite(
                    tree=ocp.args.StandardSave(tree), record=ocp.args.JsonSave(dict(record))
                ),
            )
        self._last_save = time.monotonic()

    def save_snapshot(self, epoch: int, arrays: Mapping[str, np.ndarray]) -> None:
        """Keeps the arrays of a snapshot, so that a resumed run has the early ones too."""
        if self._is_given_up:
            return
        path = self._directory / f"{_SNAPSHOT}{epoch:06d}.safetensors"
        temporary = path.with_suffix(".tmp")
        with self._writing():
            if is_first_host():
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
        if self._is_stale or not (self._directory / _EPOCHS).is_dir():
            return None
        manager = self._opened()
        epoch = manager.latest_step()
        if epoch is None:
            return None
        target = jax.tree.map(ocp.utils.to_shape_dtype_struct, like)
        try:
            found = manager.restore(
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
        for path in sorted(self._directory.glob(f"{_SNAPSHOT}*.safetensors")):
            at = int(path.stem.rpartition("-")[2])
            if at <= epoch:
                snapshots[at] = safetensors.numpy.load_file(path)
        return Resumed(epoch, found["tree"], dict(found["record"]), snapshots)

    def close(self) -> None:
        """Waits for pending writes and lets go of the folder."""
        _OPEN.discard(self)
        if self._manager is not None:
            self._manager.close()
            self._manager = None

    def delete(self) -> None:
        """Removes the folder, once the bundle is safe."""
        self.close()
        shutil.rmtree(self._directory, ignore_errors=True)


_OPEN: set[Checkpoints] = set()


def close_all() -> None:
    """Closes what a run left open because it failed or was stopped."""
    for checkpoints in list(_OPEN):
        checkpoints.close()


def clear_unused(scaffold: Path) -> bool:
    """Removes the folders of a run's checkpoints that hold none.

    Args:
        scaffold: a folder of folders, or none.

    Returns:
        Whether checkpoints are left, from which the run can go on.
    """
    if not scaffold.is_dir():
        return False
    for folder in scaffold.iterdir():
        saved = [*folder.glob(f"{_EPOCHS}/[0-9]*"), *folder.glob(f"{_SNAPSHOT}*")]
        others = (
            {path.name for path in folder.iterdir()} - {_RUN, _EPOCHS} if folder.is_dir() else 1
        )
        if not saved and not others:
            shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):  # something is left in it
        scaffold.rmdir()
    return scaffold.is_dir()
