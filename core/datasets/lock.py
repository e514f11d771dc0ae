"""One process at a time works on a file: a lock file beside it, of `filelock`, on any system."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

# File systems without locks (some network mounts) answer one of these; the final rename still keeps
# halves away from readers there.
_UNSUPPORTED = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}


@contextmanager
def exclusive(path: Path, *, on_wait: Callable[[], None]) -> Iterator[bool]:
    """Holds the lock file `path` while the block runs, and removes it afterwards.

    The system frees the lock when its holder dies, so a killed process keeps nobody waiting.

    Args:
        path: The lock file; made in an existing folder.
        on_wait: Called once, before waiting, when another holder is at work.

    Yields:
        Whether another holder had to be waited for.
    """
    lock = FileLock(path, fallback_to_soft=False)
    try:
        waited = _acquire(lock, on_wait)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        waited = False
    try:
        yield waited
    finally:
        if os.name == "posix":
            # Before the lock is freed, and filelock takes no lock on a file that is gone, so no two
            # files are locked. On Windows an open file stays, and filelock itself removes it.
            path.unlink(missing_ok=True)
        lock.release()


def _acquire(lock: FileLock, on_wait: Callable[[], None]) -> bool:
    """Acquires a lock and says whether somebody else held it."""
    try:
        lock.acquire(timeout=0)
    except Timeout:
        on_wait()
        lock.acquire()
        return True
    return False
