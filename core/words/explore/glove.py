"""GloVe's vectors, opened in a moment: read once from their text, then memory-mapped.

The text of 400,000 words takes seconds to read, so what was read is kept in the data folder: the
words, the vectors, and the vectors at length 1.
"""

import contextlib
import json
import os
import sys
import zlib
from pathlib import Path

import numpy as np

from core.datasets import store
from core.datasets.cached_folder import cached_folder
from core.datasets.glove_text import DATA_SET, check_size, read_glove, text_blocks
from core.datasets.mirror import read_json, resolve_mirror
from core.datasets.registry import check_counts, lookup
from core.datasets.store import LocalData
from core.words.explore.vectors import WordVectors, unit_rows

_VERSION = 1  # of the cache; another number makes every older cache unknown
_WORDS, _MATRIX, _UNIT, _RECORD = "words.txt", "vectors.f32", "unit.f32", "record.json"
_CHUNK_BYTES = 4 << 20


def open_glove(
    local: LocalData, *, n_dims: int = 50, data_dir: str | Path | None = None
) -> WordVectors:
    """Opens GloVe for questions; the first time, reads the text and keeps what it read.

    Where the data folder cannot be written the vectors are read into memory, each time.

    Args:
        local: the archive (or text), and its SHA-256.
        n_dims: one of `core.datasets.glove_text.SIZES`.
        data_dir: the data folder instead of LATENT_LAB_DATA or ~/.cache/latent-lab.

    Returns:
        The vectors, memory-mapped: they take memory only as far as they are asked for.

    Raises:
        InputError: `n_dims` is none of `core.datasets.glove_text.SIZES`.
        DataError: as in `read_glove`; or the file has another number of words than registered.
    """
    check_size(n_dims)
    name = f"glove-{n_dims}d-{local.sha256[:16]}-v{_VERSION}"
    folder = store.data_dir(data_dir) / "cache" / name
    # a folder that is only readable, or a full disk: it works without a cache
    with contextlib.suppress(OSError):
        vectors = cached_folder(
            folder,
            load=lambda found: _open_cache(found, local, n_dims),
            write=lambda new: _write_cache(new, local, n_dims),
            source=local.path,
        )
        if vectors is not None:
            return vectors
    words, matrix = read_glove(local.path, n_dims=n_dims)
    check_counts(local.dataset, {"words": len(words)})
    return WordVectors("glove", _title(n_dims), words, matrix)


def glove_if_here(
    *,
    n_dims: int = 50,
    data_dir: str | Path | None = None,
    mirror: str | Path | None = None,
) -> WordVectors | None:
    """GloVe if its archive lies on this machine, else None; nothing is fetched.

    Args:
        n_dims: one of `core.datasets.glove_text.SIZES`.
        data_dir: the data folder instead of LATENT_LAB_DATA or ~/.cache/latent-lab.
        mirror: folder or address instead of LATENT_LAB_MIRROR.

    Raises:
        InputError: an argument is unusable.
        DataError: the archive is here but damaged, or does not hold this size.
    """
    source = resolve_mirror(mirror)
    try:
        folder = store.data_dir(data_dir)
    except store.NoHome:
        return None
    if store.locate(lookup(DATA_SET), folder=folder, mirror=source) is None:
        return None
    local = store.ensure(DATA_SET, data_dir=data_dir, mirror=mirror, progress=False, download=False)
    return open_glove(local, n_dims=n_dims, data_dir=data_dir)


def _open_cache(folder: Path, local: LocalData, n_dims: int) -> WordVectors | None:
    """The vectors that an earlier run kept, or None where they are absent or not whole."""
    record = read_json(folder / _RECORD)
    if record.get("key") != _key(local, n_dims):
        return None
    try:
        if not all(_is_whole(folder / name, record[name]) for name in (_WORDS, _MATRIX, _UNIT)):
            return None
        words = (folder / _WORDS).read_bytes().decode().split("\n")
        matrix, unit = (
            np.memmap(folder / name, np.float32, mode="r", shape=(len(words), n_dims))
            for name in (_MATRIX, _UNIT)
        )
        return WordVectors("glove", _title(n_dims), words, matrix, unit=unit)
    except (OSError, ValueError, TypeError, KeyError):
        return None  # damaged in a way of its own: it is built again


def _is_whole(path: Path, kept: dict) -> bool:
    """Whether a kept file is what was written; read again only if it was touched since."""
    state = path.stat()
    if state.st_size != kept["size_bytes"]:
        return False
    return state.st_mtime_ns == kept["mtime_ns"] or _checksum(path) == kept["crc32"]


def _write_cache(folder: Path, local: LocalData, n_dims: int) -> None:
    """Reads the text into a new folder, part by part."""
    n_words = 0
    with (
        (folder / _WORDS).open("wb") as words,
        (folder / _MATRIX).open("wb") as matrix,
        (folder / _UNIT).open("wb") as unit,
    ):
        for names, block in text_blocks(local.path, n_dims):
            words.write(("\n" if n_words else "").encode() + "\n".join(names).encode())
            matrix.write(block.data)
            unit.write(unit_rows(block).data)
            n_words += len(names)
        for stream in (words, matrix, unit):
            stream.flush()
            os.fsync(stream.fileno())
    check_counts(local.dataset, {"words": n_words})
    record = {"key": _key(local, n_dims)}
    for name in (_WORDS, _MATRIX, _UNIT):
        state = (folder / name).stat()
        record[name] = {
            "size_bytes": state.st_size,
            "mtime_ns": state.st_mtime_ns,
            "crc32": _checksum(folder / name),
        }
    (folder / _RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")


def _key(local: LocalData, n_dims: int) -> dict:
    """What a cache was made from."""
    order = sys.byteorder  # of the numbers, where a folder is shared between machines
    return {"version": _VERSION, "sha256": local.sha256, "n_dims": n_dims, "byte_order": order}


def _checksum(path: Path) -> int:
    crc = 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            crc = zlib.crc32(chunk, crc)
    return crc


def _title(n_dims: int) -> str:
    return f"GloVe 6B, {n_dims} dimensions"
