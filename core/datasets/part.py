"""A file under construction: what arrived so far lies in `NAME.part`, never under the final name.

Beside it `NAME.part.json` keeps where the bytes come from and the server's validators, so that a
later run can ask for the rest, and for the rest of the same file only.
"""

import errno
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tqdm import tqdm

from core.datasets.lock import exclusive
from core.errors import DataError

CHUNK_BYTES = 1 << 18


class Part:
    """The bytes that arrived so far, their SHA-256 and where they come from.

    Use `building` to make one: it holds the lock.

    Attributes:
        destination: The final name.
        size: Bytes that lie in the part file.
        origin: What `restart` recorded about the source: url, etag, last_modified, size.
        arrived_meanwhile: Whether another process finished this very file while we waited for it.
    """

    def __init__(self, destination: Path, *, waited: bool) -> None:
        self.destination = destination
        self.path = destination.with_name(destination.name + ".part")
        self.arrived_meanwhile = waited and destination.is_file()
        self._sidecar = destination.with_name(destination.name + ".part.json")
        self.origin = self._read_origin()
        self._file = self.path.open("r+b" if self.path.exists() else "w+b", buffering=0)
        self._hash = hashlib.sha256()
        self.size = 0
        while chunk := self._file.read(CHUNK_BYTES):
            self._hash.update(chunk)
            self.size += len(chunk)

    def restart(self, origin: Mapping[str, str | int | None]) -> None:
        """Forgets all bytes and records what the next ones come from."""
        with disk_errors(self.destination):
            # In this order: bytes without a record are never taken up again.
            self._sidecar.unlink(missing_ok=True)
            self._file.seek(0)
            self._file.truncate()
            self._hash, self.size, self.origin = hashlib.sha256(), 0, dict(origin)
            self._sidecar.write_text(json.dumps(self.origin), encoding="utf-8")

    def append(self, chunk: bytes) -> None:
        """Adds bytes at the end; they survive this process from here on."""
        with disk_errors(self.destination):
            view = memoryview(chunk)
            while view:  # an unbuffered write may take a part only
                view = view[self._file.write(view) :]
        self._hash.update(chunk)
        self.size += len(chunk)

    def require_space(self, missing: int) -> None:
        """Raises DataError where the disk cannot take `missing` more bytes."""
        free = shutil.disk_usage(self.destination.parent).free
        if missing > free:
            raise DataError(_disk_full(self.destination, f"needs {missing:,} bytes, has {free:,}"))

    def finish(self, *, expected_size: int | None, expected_sha256: str | None) -> str:
        """Checks the bytes, gives them their final name and returns their SHA-256.

        Raises:
            DataError: Size or SHA-256 differ; nothing is left of the part.
        """
        found = self._hash.hexdigest()
        problem = None
        if expected_size is not None and self.size != expected_size:
            problem = f"has {self.size:,} bytes instead of {expected_size:,}"
        elif expected_sha256 is not None and found != expected_sha256:
            problem = f"has the SHA-256 {found} instead of {expected_sha256}"
        if problem:
            source = self.origin.get("url")
            self.discard()
            raise DataError(
                f"{self.destination.name} from {source} {problem}: it was deleted; run the same "
                "command again, and if this comes back, the source serves another file"
            )
        with disk_errors(self.destination):
            os.fsync(self._file.fileno())
            self._file.close()
            os.replace(self.path, self.destination)
            self._sidecar.unlink(missing_ok=True)
        return found

    def discard(self) -> None:
        """Deletes the part and what was recorded about it."""
        self._file.close()
        self._sidecar.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Leaves the part as it is, for a later run; an empty one goes."""
        self._file.close()
        if self.size == 0:
            self.discard()

    def _read_origin(self) -> dict[str, str | int | None]:
        try:
            origin = json.loads(self._sidecar.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return origin if isinstance(origin, dict) else {}


@contextmanager
def building(destination: Path) -> Iterator[Part]:
    """Opens the part of `destination` for this process alone.

    Args:
        destination: The final name; its folder is made.

    Yields:
        The part, with whatever an earlier run left in it.

    Raises:
        DataError: The folder cannot be written.
    """
    with ExitStack() as stack:
        with disk_errors(destination):
            destination.parent.mkdir(parents=True, exist_ok=True)
            lock = exclusive(
                destination.with_name(destination.name + ".lock"),
                on_wait=lambda: announce_wait(destination),
            )
            part = Part(destination, waited=stack.enter_context(lock))
        stack.callback(part.close)
        yield part


def announce_wait(destination: Path) -> None:
    """Tells people on stderr why nothing moves."""
    tqdm.write(f"another process is fetching {destination.name}: waiting for it", file=sys.stderr)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turns errors of the local disk into one DataError that names the folder and the remedy."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DataError(_disk_full(path, os.strerror(error.errno).lower())) from error
        reason = error.strerror or str(error)
        raise DataError(
            f"cannot write {path.name} in {path.parent} ({reason.lower()}); choose another folder "
            "with --data-dir or LATENT_LAB_DATA"
        ) from error


def _disk_full(path: Path, detail: str) -> str:
    return (
        f"the disk of {path.parent} is full ({detail}) while writing {path.name}; free some "
        "space, or choose another folder with --data-dir or LATENT_LAB_DATA, then run the same "
        "command again"
    )
