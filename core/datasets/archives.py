"""Readers of zip and tar archives, in place: nothing is ever unpacked to disk.

Archives come from the network, so nothing they say of themselves is believed: a name that leaves
the archive, a link, a device, an encrypted or an oversized member is refused, and sizes are counted
while reading. Every problem is one `DataError` that names the archive, the problem and the remedy.
"""

import gzip
import io
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

from core.datasets.registry import REGISTRY, get_command
from core.datasets.tarstream import Readable, TarSlice, TarStream
from core.errors import DataError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_MEMBER_BYTES = 2 << 30  # the largest table of the registry has 0.9 GB, the largest text 1.0

_BUFFER_BYTES = 1 << 18
_DRIVE = re.compile(r"[A-Za-z]:")
_DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    gzip.BadGzipFile,
    EOFError,
    NotImplementedError,  # a compression method that Python does not know
)


def member_names(path: Path) -> tuple[str, ...]:
    """Names of the files in an archive, in its order, without folders.

    A compressed tar is read through to the end for this.

    Raises:
        DataError: The archive is missing, damaged, or holds a member that is refused.
    """
    return tuple(name for name, _, _ in _walk(path))


def find_member(path: Path, name: str) -> str:
    """The full name of the one member called `name`, whatever folder it lies in.

    Args:
        path: The archive.
        name: A file name, with folders in front where that is needed to tell members apart.

    Raises:
        DataError: No member, or more than one, is called so.
    """
    names = member_names(path)
    found = [member for member in names if member == name or member.endswith(f"/{name}")]
    if len(found) == 1:
        return found[0]
    if not found:
        some = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
        raise DataError(
            f"{path} has no member {name!r}; it holds {len(names)} files: {some}; {_remedy(path)}"
        )
    raise DataError(
        f"{path} has {len(found)} members called {name!r}: {', '.join(found[:4])}; name one with "
        "its folder"
    )


def read_member(path: Path, member: str, *, max_bytes: int = MAX_MEMBER_BYTES) -> bytes:
    """The bytes of one member.

    For many members of a tar use `iter_members`, which reads the archive once.

    Args:
        path: The archive.
        member: Full name, as `find_member` gives it.
        max_bytes: The size above which a member is refused.

    Raises:
        DataError: The member is missing, refused or damaged.
    """
    with open_member(path, member, max_bytes=max_bytes) as stream:
        return stream.read()


@contextmanager
def open_member(
    path: Path, member: str, *, max_bytes: int = MAX_MEMBER_BYTES
) -> Iterator[BinaryIO]:
    """Opens one member for reading as a stream; arguments and errors as in `read_member`."""
    for name, size, opener in _walk(path):
        if name == member:
            _check_size(path, name, size, max_bytes)
            with ExitStack() as stack:
                with _damage(path, name):
                    source = stack.enter_context(opener())
                raw = _Counted(source, path, name, max_bytes)
                yield stack.enter_context(io.BufferedReader(raw, _BUFFER_BYTES))
            return
    raise DataError(f"{path} has no member {member!r}; {_remedy(path)}")


@contextmanager
def open_text(
    path: Path,
    member: str,
    *,
    encoding: str = "utf-8",
    max_bytes: int = MAX_MEMBER_BYTES,
    newline: str | None = None,
) -> Iterator[TextIO]:
    """Opens one member for reading as text, line by line where it is long.

    Args:
        path: The archive.
        member: Full name, as `find_member` gives it.
        encoding: Encoding of the text.
        max_bytes: The size above which a member is refused.
        newline: Line ends, as in the built-in `open`.

    Raises:
        DataError: As `read_member`, or the text is not of that encoding.
    """
    with open_member(path, member, max_bytes=max_bytes) as stream:
        try:
            with io.TextIOWrapper(stream, encoding=encoding, newline=newline) as text:
                yield text
        except UnicodeDecodeError as error:
            raise DataError(
                f"{path}: member {member} is not {encoding} text ({error.reason} at byte "
                f"0x{error.object[error.start]:02x}); {_remedy(path)}"
            ) from error


def iter_members(
    path: Path,
    *,
    prefix: str = "",
    suffix: str = "",
    predicate: Callable[[str], bool] | None = None,
    max_bytes: int = MAX_MEMBER_BYTES,
) -> Iterator[tuple[str, bytes]]:
    """Reads many members in one pass, in the archive's order.

    Args:
        path: The archive.
        prefix: What the full name must begin with.
        suffix: What the full name must end with.
        predicate: What else must hold for the full name.
        max_bytes: The size above which a chosen member is refused.

    Yields:
        Full name and bytes of each chosen member.

    Raises:
        DataError: The archive or a chosen member is damaged or refused.
    """
    for name, size, opener in _walk(path):
        if not (name.startswith(prefix) and name.endswith(suffix)):
            continue
        if predicate is not None and not predicate(name):
            continue
        _check_size(path, name, size, max_bytes)
        with _damage(path, name):
            with opener() as stream:
                content = stream.read(max_bytes + 1)
        # The true size may differ from the declared one: count.
        _check_size(path, name, len(content), max_bytes)
        yield name, content


def is_safe_name(name: str) -> bool:
    """Whether a member's name stays inside the archive on every system.

    Refused: empty names, absolute ones, a part `..`, drive letters, NUL; back slashes count as
    separators.
    """
    parts = name.replace("\\", "/").split("/")
    return (
        bool(name)
        and "\0" not in name
        and parts[0] != ""
        and ".." not in parts
        and not any(_DRIVE.match(part) for part in parts[:1])
    )


# Name, declared size, and how to open a member while the walk stands at it.
_Opener = Callable[[], AbstractContextManager[Readable]]
_Entry = tuple[str, int, _Opener]


def _walk(path: Path) -> Iterator[_Entry]:
    """Goes through the files of an archive in its order, refusing what is unsafe on the way."""
    try:
        with path.open("rb") as stream:
            magic = stream.read(4)
    except OSError as error:
        raise DataError(
            f"cannot read {path} ({(error.strerror or str(error)).lower()}); {_remedy(path)}"
        ) from error
    # By content, not by name: a saved error page is called .zip as well.
    entries = _walk_zip(path) if magic[:2] == b"PK" else _walk_tar(path, magic[:2] == b"\x1f\x8b")
    for name, size, opener in entries:
        if not is_safe_name(name):
            raise DataError(
                f"{path} holds the member {name!r}, which leaves the archive: refused; "
                f"{_remedy(path)}"
            )
        yield name, size, opener


def _walk_zip(path: Path) -> Iterator[_Entry]:
    with ExitStack() as stack:
        with _damage(path, None):
            archive = stack.enter_context(zipfile.ZipFile(path))
        for info in archive.infolist():
            if info.is_dir():
                continue
            if info.flag_bits & 0x1:
                raise DataError(f"{path}: member {info.filename} is encrypted: refused")

            def opener(info: zipfile.ZipInfo = info) -> AbstractContextManager[Readable]:
                return archive.open(info)

            yield info.filename, info.file_size, opener


def _walk_tar(path: Path, is_gzip: bool) -> Iterator[_Entry]:
    with ExitStack() as stack:
        raw = stack.enter_context(gzip.open(path) if is_gzip else path.open("rb"))
        stream = TarStream(raw)
        with _damage(path, None):
            # the stub asks for `write` and `close`, which reading does without
            archive = stack.enter_context(
                tarfile.TarFile(fileobj=stream, mode="r")  # pyright: ignore[reportArgumentType]
            )
        while True:
            with _damage(path, None):
                info = archive.next()
            if info is None:
                break
            # else a list of 100,000 headers grows along; the stub lacks the attribute
            archive.members.clear()  # pyright: ignore[reportAttributeAccessIssue]
            if info.isdir():
                continue
            if not info.isreg() or info.issparse():
                raise DataError(
                    f"{path}: member {info.name} is a link, a device or sparse: refused; "
                    f"{_remedy(path)}"
                )

            def opener(size: int = info.size) -> TarSlice:
                return TarSlice(stream, size)

            yield info.name, info.size, opener
        with _damage(path, None):
            stream.check_end()


class _Counted(io.RawIOBase):
    """A member as a raw stream that counts its bytes and translates damage."""

    def __init__(self, source: Readable, path: Path, member: str, max_bytes: int) -> None:
        super().__init__()
        self._source, self._path, self._member, self._max_bytes = source, path, member, max_bytes
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        buffer = memoryview(buffer)
        with _damage(self._path, self._member):
            chunk = self._source.read(len(buffer))
        self._count += len(chunk)
        _check_size(self._path, self._member, self._count, self._max_bytes)
        buffer[: len(chunk)] = chunk
        return len(chunk)


@contextmanager
def _damage(path: Path, member: str | None) -> Iterator[None]:
    """Turns what zipfile, tarfile and zlib raise into one DataError."""
    try:
        yield
    except (*_DAMAGE, OSError) as error:
        where = f", member {member}," if member else ""
        detail = str(error).strip().rstrip(".") or type(error).__name__
        raise DataError(
            f"{path}{where} is cut, damaged or no zip or tar archive ({detail}); {_remedy(path)}"
        ) from error


def _check_size(path: Path, member: str, size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise DataError(
            f"{path}: member {member} has more than {max_bytes:,} bytes: refused; {_remedy(path)}"
        )


def _remedy(path: Path) -> str:
    """What to do about a bad archive, with the exact command where the registry knows the file."""
    for dataset in REGISTRY.values():
        if dataset.filename == path.name:
            return f"delete it and run: {get_command(dataset)}"
    return "replace it by a whole copy"
