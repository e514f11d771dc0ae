"""Where data sets live on this machine, and how they get there.

`ensure` is all that a reader needs: it answers with a file whose SHA-256 is known, taken from a
mirror's folder in place, from the data folder, or from the web.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from core.datasets.download import copy_from_folder, fetch, hash_file
from core.datasets.mirror import (
    MIRROR_VARIABLE,
    FolderMirror,
    WebMirror,
    expanded,
    read_json,
    resolve_mirror,
    write_json,
)
from core.datasets.part import disk_errors
from core.datasets.registry import DataSet, get_command, lookup
from core.errors import DataError, InputError

DATA_VARIABLE = "LATENT_LAB_DATA"
DEFAULT_FOLDER = "~/.cache/latent-lab"


class NoHome(InputError):
    """The data folder was left to its default, in the home folder of a user who has none."""


@dataclass(frozen=True, slots=True)
class LocalData:
    """A data set that lies on this machine.

    Attributes:
        dataset: What it is.
        path: The file.
        sha256: Its SHA-256, computed from its bytes, in lower-case hex.
        source: Where it came from: an address, or the folder of a mirror. For people at this
            machine; a bundle records what `record` gives instead.
    """

    dataset: DataSet
    path: Path
    sha256: str
    source: str

    def record(self) -> dict[str, str]:
        """What a bundle records of the data that it was made from."""
        return {
            "name": self.dataset.name,
            "title": self.dataset.title,
            "version": self.dataset.version,
            "licence": self.dataset.licence,
            "citation": self.dataset.citation,
            "url": self.dataset.url or self.dataset.homepage,
            "sha256": self.sha256,
        }


def data_dir(override: str | Path | None = None) -> Path:
    """The folder of kept data sets: the argument, LATENT_LAB_DATA, or ~/.cache/latent-lab.

    Raises:
        NoHome: Nothing is named, and this user has no home folder.
        InputError: The path names something that is not a folder.
    """
    named = override or os.environ.get(DATA_VARIABLE)
    if named:
        folder = expanded(named, "--data-dir" if override else DATA_VARIABLE).absolute()
    else:
        try:
            folder = Path(DEFAULT_FOLDER).expanduser().absolute()
        except RuntimeError as error:
            raise NoHome(
                "the data folder cannot be ~/.cache/latent-lab: this user has no home folder; name "
                f"another with --data-dir or {DATA_VARIABLE}"
            ) from error
    value = named or DEFAULT_FOLDER
    if folder.exists() and not folder.is_dir():
        name = "--data-dir" if override else DATA_VARIABLE
        raise InputError(f"{name} {str(value)!r} is a file; give a folder")
    return folder


_data_dir = data_dir  # the functions below have a parameter of that name


def ensure(
    name: str,
    *,
    data_dir: str | Path | None = None,
    mirror: str | Path | None = None,
    progress: bool = True,
    download: bool = True,
) -> LocalData:
    """Finds a data set on this machine, or fetches it.

    A folder mirror that has the file is read in place; next comes the file kept in the data folder;
    last the web, from an http mirror if there is one, else from the official address.

    Args:
        name: Short name in the registry.
        data_dir: Folder of kept files instead of LATENT_LAB_DATA or ~/.cache/latent-lab.
        mirror: Folder or http(s) address instead of LATENT_LAB_MIRROR.
        progress: Whether to draw a bar on stderr while fetching.
        download: Whether the web may be asked; if not, a missing set is an error.

    Raises:
        InputError: The name, the mirror or the folder is unusable.
        DataError: The set is missing, cannot be fetched, or differs from its checksum.
    """
    dataset, folder, source = lookup(name), _data_dir(data_dir), resolve_mirror(mirror)
    if isinstance(source, FolderMirror) and (path := source.path(dataset)):
        return LocalData(dataset, path, source.verified_sha256(dataset, path, folder), str(source))
    if (folder / dataset.filename).is_file():
        return _kept(dataset, folder)
    if not download:
        places = str(folder) + (f", {source}" if isinstance(source, FolderMirror) else "")
        raise DataError(
            f"the data set {dataset.name} is not here (looked in {places}); get it with: "
            f"{get_command(dataset)}"
        )
    return _download(dataset, folder, source, progress)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where data sets are looked for.

    Attributes:
        data_dir: Folder of kept files, also of what is made of data sets, instead of
            LATENT_LAB_DATA or ~/.cache/latent-lab.
        mirror: Folder or http(s) address instead of LATENT_LAB_MIRROR.
        here: Data sets by name that are given, and not looked for.
    """

    data_dir: Path | None = None
    mirror: str | Path | None = None
    here: Mapping[str, LocalData] = field(default_factory=dict)

    def get(self, name: str) -> LocalData:
        """Finds a data set on this machine, or fetches it; raises as `ensure` does."""
        if name in self.here:
            return self.here[name]
        return ensure(name, data_dir=self.data_dir, mirror=self.mirror)


def keep(
    name: str,
    *,
    data_dir: str | Path | None = None,
    mirror: str | Path | None = None,
    progress: bool = True,
) -> LocalData:
    """Brings a data set into the data folder, copying it from a folder mirror where there is one.

    Args and errors are those of `ensure`; a set that is kept already is checked and left alone.
    """
    dataset, folder, source = lookup(name), _data_dir(data_dir), resolve_mirror(mirror)
    destination = folder / dataset.filename
    if destination.is_file():
        return _kept(dataset, folder)
    if isinstance(source, FolderMirror) and (path := source.path(dataset)):
        sha256 = copy_from_folder(
            path, destination, expected_sha256=source.expected_sha256(dataset), progress=progress
        )
        return _record(dataset, destination, sha256, str(source))
    return _download(dataset, folder, source, progress)


def locate(
    dataset: DataSet, *, folder: Path, mirror: FolderMirror | WebMirror | None
) -> Path | None:
    """Where `ensure` would read the set without fetching or hashing anything, or None."""
    if isinstance(mirror, FolderMirror) and (path := mirror.path(dataset)):
        return path
    path = folder / dataset.filename
    return path if path.is_file() else None


def _download(
    dataset: DataSet, folder: Path, mirror: FolderMirror | WebMirror | None, progress: bool
) -> LocalData:
    """Fetches a set from the web mirror, else from its official address, and records it."""
    destination = folder / dataset.filename
    if isinstance(mirror, WebMirror):
        # Sizes and checksums of the registry are the official archive's; a mirror has its own.
        url, size, sha256 = mirror.address(dataset.filename), None, mirror.expected_sha256(dataset)
    elif dataset.url:
        url, size, sha256 = dataset.url, dataset.size_bytes, dataset.sha256
    else:
        tried = f"{mirror} does not have it" if mirror else "no mirror is set"
        raise DataError(
            f"{dataset.name} has no official download (any more) and {tried}; put "
            f"{dataset.filename} into {folder}, or name a mirror that has it with --mirror "
            f"DIR_OR_URL or {MIRROR_VARIABLE}"
        )
    found = fetch(url, destination, expected_size=size, expected_sha256=sha256, progress=progress)
    return _record(dataset, destination, found, url)


def _record_path(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def _record(dataset: DataSet, path: Path, sha256: str, source: str) -> LocalData:
    """Writes the record beside a kept file."""
    state = path.stat()
    with disk_errors(_record_path(path)):
        write_json(
            _record_path(path),
            {
                "name": dataset.name,
                "version": dataset.version,
                "sha256": sha256,
                "size_bytes": state.st_size,
                "mtime_ns": state.st_mtime_ns,
                "source": source,
                "fetched": datetime.now(UTC).isoformat(timespec="seconds"),
                "licence": dataset.licence,
            },
        )
    return LocalData(dataset, path, sha256, source)


def _kept(dataset: DataSet, folder: Path) -> LocalData:
    """The kept file; hashed again only when its size or time of change differ from the record."""
    path = folder / dataset.filename
    record = read_json(_record_path(path))
    state = path.stat()
    known = record.get("sha256")
    source = str(record.get("source", "placed by hand"))
    if known and (record.get("size_bytes"), record.get("mtime_ns")) == (
        state.st_size,
        state.st_mtime_ns,
    ):
        return LocalData(dataset, path, str(known), source)
    found = hash_file(path)
    if known and found != known:
        raise DataError(
            f"{path} changed since it was fetched (SHA-256 {found} instead of {known}); delete it "
            f"and run: {get_command(dataset)}"
        )
    try:
        return _record(dataset, path, found, source)
    except DataError:  # a data folder that is only readable: the next run hashes again
        return LocalData(dataset, path, found, source)
