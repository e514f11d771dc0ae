"""What was computed from an archive, kept in a folder: whole or not at all, made once for all.

Whoever needs it says how such a folder is read and how one is written; here is what keeps halves
away from readers, and two processes from the same work.
"""

import secrets
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

from core.datasets.lock import exclusive

T = TypeVar("T")


def cached_folder(
    folder: Path,
    *,
    load: Callable[[Path], T | None],
    write: Callable[[Path], None],
    source: Path,
) -> T | None:
    """Opens a cached folder, or makes it first, while other processes wait.

    Args:
        folder: The final name; what else lies there is replaced.
        load: Opens a folder; None where it is absent, or holds something unusable.
        write: Fills a new, empty folder.
        source: What is read meanwhile, for those who wait.

    Returns:
        What `load` gives; None where it refuses even what `write` has just written.

    Raises:
        OSError: The disk is full, or the parent folder cannot be written.
    """
    found = load(folder)
    if found is not None:
        return found
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = folder.with_name(f"{folder.name}.lock")
    with exclusive(lock, on_wait=lambda: _announce_wait(source)):
        found = load(folder)  # another process may have been at it while this one waited
        if found is None:
            _replace(folder, write)
            found = load(folder)
    return found


def _replace(folder: Path, write: Callable[[Path], None]) -> None:
    """Writes to a folder beside the place and renames it; needs the lock."""
    for stale in folder.parent.glob(f".{folder.name}.*"):  # of a process that was killed
        shutil.rmtree(stale, ignore_errors=True)
    new = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    new.mkdir()
    try:
        write(new)
        if folder.is_dir():
            shutil.rmtree(folder)
        else:
            folder.unlink(missing_ok=True)
        new.rename(folder)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


def _announce_wait(source: Path) -> None:
    tqdm.write(f"another process is reading {source.name}: waiting for it", file=sys.stderr)
