"""One process at a time works on a file: an advisory lock that dies with its holder."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: no lock; the final rename still keeps halves away from readers
    fcntl = None

# File systems without locks (some network mounts) answer one of these.
_UNSUPPORTED = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}


@contextmanager
def exclusive(path: Path, *, on_wait: Callable[[], None]) -> Iterator[bool]:
    """Holds the lock file `path` while the block runs, and removes it afterwards.

    The kernel frees the lock when its holder dies, so a killed process leaves nothing to clean up.

    Args:
        path: The lock file; made in an existing folder.
        on_wait: Called once, before waiting, when another holder is at work.

    Yields:
        Whether another holder had to be waited for.
    """
    if fcntl is None:
        yield False
        return
    waited = False
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            waited |= _lock(descriptor, on_wait if not waited else None)
            if _is_still(path, descriptor):
                break
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # the former holder removed this file: lock the new one
    try:
        yield waited
    finally:
        path.unlink(missing_ok=True)  # before the lock is freed, so that no two files are locked
        os.close(descriptor)


def _lock(descriptor: int, on_wait: Callable[[], None] | None) -> bool:
    """Locks an open file and says whether somebody else held it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if on_wait is not None:
            on_wait()
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return True
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
    return False


def _is_still(path: Path, descriptor: int) -> bool:
    """Whether `path` names the very file that is open."""
    try:
        there = os.stat(path)
    except FileNotFoundError:
        return False
    here = os.fstat(descriptor)
    return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)
