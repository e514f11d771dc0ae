"""The folder that a command is going to fill: found fit before hours of work, held for one run.

What a run needs besides the bundle (its checkpoints, a lock, the bundle while it is written) lies
beside the folder, or inside it where there is no room beside it: `--out .`, a mounted disk.
"""

import contextlib
import dataclasses
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from core.bundle import (
    ASSETS,
    Bundle,
    check_replaceable,
    is_fixed,
    read_manifest,
    save_bundle,
    takes_files,
)
from core.datasets.lock import exclusive
from core.errors import InputError, LatentLabError
from core.failures import reason

_SPARE_BYTES = 1 << 20  # beside a bundle, for a lock and checkpoints
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclasses.dataclass(frozen=True, slots=True)
class OutputFolder:
    """Where a bundle is to lie.

    Attributes:
        asked: as it was named.
        path: absolute, without symbolic links.
        scaffold: folder of the run's checkpoints.
    """

    asked: Path
    path: Path
    scaffold: Path

    def save(self, bundle: Bundle) -> None:
        """Writes the bundle; where that fails, keeps it elsewhere.

        Raises:
            LatentLabError: it could not be written here; the message says where it lies instead.
        """
        try:
            save_bundle(bundle, self.path)
        except OSError as error:
            kept = _keep(self.path.name, lambda place: save_bundle(bundle, place))
            if kept is None:
                raise
            raise LatentLabError(
                f"{self.asked} cannot be written ({reason(error)}); the bundle lies in {kept} "
                "instead: move it where you want it"
            ) from error


@contextlib.contextmanager
def output_folder(
    asked: Path, *, needed: int, option: str = "--out", is_held_elsewhere: bool = False
) -> Iterator[OutputFolder]:
    """Finds out whether a bundle can be written to a folder, and holds the folder meanwhile.

    Folders that were made for it, and are not needed after all, are removed at the end.

    Args:
        asked: as a person named it.
        needed: bytes that it will take.
        option: by which it was named.
        is_held_elsewhere: another host of the same run sees to all of this.

    Raises:
        InputError: it cannot be a bundle's folder, or cannot be written.
        LatentLabError: the disk is full, or another run is at work there.
    """
    label = f"{option} ({_short(asked)})"
    path = _resolved(asked, label)
    check_replaceable(path, asked=asked)
    beside = path if is_fixed(path) else path.parent
    out = OutputFolder(asked, path, beside / f".{path.name}.checkpoints")
    if is_held_elsewhere:
        yield out
        return
    made = []
    try:
        made = _make(beside, label)
        with _held(beside / f".{path.name}.lock", label):
            _check_room(beside, f".{path.name}.", label, needed + _SPARE_BYTES)
            yield out
    finally:
        for folder in reversed(made):
            with contextlib.suppress(OSError):  # something lies in it: then it was needed
                folder.rmdir()


def bytes_of(topic: str, preset: str) -> int:
    """Estimates the size of a bundle by the one that ships, or else by the topic's largest."""
    sizes = {}
    for folder in ASSETS.glob(f"{topic}-*"):
        with contextlib.suppress(LatentLabError):
            files = read_manifest(folder)["files"]
            sizes[folder.name] = sum(file["bytes"] for file in files.values())
    return sizes.get(f"{topic}-{preset}", max(sizes.values(), default=0))


def check_file(asked: Path, *, needed: int = 1) -> None:
    """Checks that a file can be written, before the work for it is done.

    Args:
        asked: the file as a person named it; may exist, or be a pipe or device.
        needed: bytes that it will take, 1 or more.

    Raises:
        InputError: it is a folder, lies in none, or must not be written.
        LatentLabError: the disk is full.
    """
    label = f"--out ({_short(asked)})"
    path = _resolved(asked, label)
    if path.is_dir():
        raise InputError(f"{label} is a folder; name a file in it")
    if not path.parent.is_dir():
        raise InputError(f"{label} should lie in a folder that exists")
    is_new = not path.exists()
    try:
        if is_new or path.is_file():
            path.open("ab").close()
            if is_new:
                path.unlink()
        elif not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise _unwritable(label, error) from error
    if (is_new or path.is_file()) and takes_files(path.parent):
        _check_room(path.parent, f".{path.name}.", label, needed)


def write_file(asked: Path, text: str) -> None:
    """Writes a text that took work to make; where that fails, keeps it elsewhere.

    Raises:
        LatentLabError: it could not be written here; the message says where it lies instead.
    """
    path = asked.resolve()
    content = text.encode("utf-8")
    try:
        if path.exists() and not (path.is_file() and takes_files(path.parent)):
            path.write_bytes(content)  # a pipe or device, or a file in a folder that is only read
            return
        fresh = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            fresh.write_bytes(content)
            if path.exists():
                fresh.chmod(path.stat().st_mode & 0o7777)
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as error:
        kept = _keep(path.name, lambda place: place.write_bytes(content))
        if kept is None:
            raise
        raise LatentLabError(
            f"{asked} cannot be written ({reason(error)}); the result lies in {kept} instead: move "
            "it where you want it"
        ) from error


def write_output(text: str, name: str) -> None:
    """Writes a text that took work to make to standard output; what that refuses is kept elsewhere.

    Args:
        text: all of it.
        name: of the file that keeps it.

    Raises:
        BrokenPipeError: the reader has gone, and wants no more.
        LatentLabError: it could not be written; the message says where it lies instead.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except LatentLabError as error:
        kept = _keep(name, lambda place: place.write_bytes(text.encode("utf-8")))
        raise LatentLabError(
            f"{error}; the result lies in {kept}" if kept is not None else str(error)
        ) from error


def _keep(name: str, write: Callable[[Path], object]) -> Path | None:
    """Writes a result to wherever there is room for it; None where there is nowhere."""
    for folder in _shelters():
        with contextlib.suppress(OSError):
            shelter = Path(tempfile.mkdtemp(prefix="latent-lab-", dir=folder))
            try:
                write(shelter / name)
                return shelter / name
            except OSError:
                shutil.rmtree(shelter, ignore_errors=True)
    return None


def _resolved(asked: Path, label: str) -> Path:
    try:
        path = asked.absolute().resolve()
        path.exists()
    except (OSError, RuntimeError) as error:  # a loop of links; a name that is too long
        why = reason(error) if isinstance(error, OSError) else "its symbolic links form a loop"
        raise InputError(f"{label} cannot be used: {why}; choose another") from error
    if not path.name:
        raise InputError(f"{label} should name a folder below it")
    return path


def _short(path: Path) -> str:
    name = str(path)
    return name if len(name) <= 80 else f"{name[:80]}..."


def _make(folder: Path, label: str) -> list[Path]:
    """Makes a folder with those above it; returns the new ones from the outside in."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    made = []
    try:
        for new in reversed(missing):
            new.mkdir(exist_ok=True)
            made.append(new)
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, f"{folder} is not a folder")
    except OSError as error:
        for new in reversed(made):
            new.rmdir()
        raise _unwritable(label, error) from error
    return made


@contextlib.contextmanager
def _held(lock: Path, label: str) -> Iterator[None]:
    def refuse() -> None:
        raise LatentLabError(
            f"{label} is being written by another run: wait for its end, or choose another"
        )

    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(exclusive(lock, on_wait=refuse))
        except OSError as error:
            raise _unwritable(label, error) from error
        yield


def _check_room(folder: Path, prefix: str, label: str, needed: int) -> None:
    """Takes the room that is needed for a moment, which finds quotas and read-only disks too."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=prefix, suffix=".tmp") as probe:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(probe.fileno(), 0, needed)
            else:
                probe.write(bytes(needed))
                probe.flush()
    except OSError as error:
        if error.errno in _FULL:
            raise LatentLabError(
                f"{label} lies on a disk that is full: about {needed / 1e6:.2g} MB are needed; "
                "free some space, or choose another"
            ) from error
        raise _unwritable(label, error) from error


def _unwritable(label: str, error: OSError) -> InputError:
    return InputError(f"{label} cannot be written ({reason(error)}); choose another")


def _shelters() -> Iterator[Path]:
    """Yields folders that may take a result for which there is no room in its own place."""
    with contextlib.suppress(OSError):  # there is none that can be written
        yield Path(tempfile.gettempdir())
    with contextlib.suppress(RuntimeError):
        yield Path.home()
    yield Path.cwd()
