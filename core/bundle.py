"""The one format of a trained thing: a folder that a page, a notebook or a script can trust.

A bundle folder holds `bundle.json` (what it is, how it was made, how good it is, and the SHA-256 of
every other file), `weights.safetensors`, tables as Parquet, small documents as JSON, and `CARD.md`
for people. It is written to a temporary folder beside its place and renamed, so a reader sees all
of it or none. Nothing in it is ever executed on loading.
"""

import contextlib
import dataclasses
import datetime
import hashlib
import importlib.metadata
import io
import json
import os
import re
import secrets
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import safetensors
import safetensors.numpy

from core.errors import BundleError, BundleNotFound, InputError

ASSETS = Path(__file__).resolve().parents[1] / "assets"  # the bundles that ship
SCHEMA_VERSION = 1
MANIFEST = "bundle.json"
WEIGHTS = "weights.safetensors"
CARD = "CARD.md"
RECORDED_LIBRARIES = ("jax", "flax", "optax", "numpy", "pandas", "scikit-learn", "safetensors")

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\.(safetensors|parquet|json|md)")
_DROPPINGS = (".DS_Store", "Thumbs.db", "desktop.ini")
_TABLE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_FIELDS_IN_MANIFEST = (
    "kind",
    "name",
    "config",
    "seeds",
    "metrics",
    "dataset",
    "device",
    "duration_s",
    "created",
    "libraries",
    "command",
)


@dataclasses.dataclass(frozen=True, slots=True)
class Bundle:
    """A trained thing in memory, all of it NumPy, pandas and JSON values.

    Attributes:
        kind: topic that reads it, e.g. "movies".
        name: folder name in `assets/`, e.g. "movies-bias".
        config: the model's configuration, enough to rebuild it.
        seeds: every seed that took part, by what it seeded; where several follow each other, the
            first of them.
        metrics: name -> {"value", "unit", "protocol", optionally "sd" and "per_seed"}.
        dataset: {"name", "version", "licence", "citation", "sha256", "url"} of the training data.
        arrays: weights and other arrays by dotted name.
        tables: data frames by name; each becomes `<name>.parquet`.
        documents: JSON values by name; each becomes `<name>.json`.
        card: text of CARD.md.
        device: where it was trained, in words.
        duration_s: seconds of training, without compilation where the topic can tell them apart.
        command: the command line that makes it again.
        created: UTC time in ISO 8601.
        libraries: version of each library that took part.
    """

    kind: str
    name: str
    config: Mapping[str, Any]
    seeds: Mapping[str, int]
    metrics: Mapping[str, Mapping[str, Any]]
    dataset: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray]
    tables: Mapping[str, pd.DataFrame] = dataclasses.field(default_factory=dict)
    documents: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    card: str = ""
    device: str = ""
    duration_s: float = 0.0
    command: str = ""
    created: str = dataclasses.field(
        default_factory=lambda: datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    )
    libraries: Mapping[str, str] = dataclasses.field(default_factory=lambda: library_versions())


def library_versions() -> dict[str, str]:
    """Returns the versions of Python and of the libraries that shape a result."""
    versions = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in RECORDED_LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # a reader of bundles needs neither jax nor flax
    return versions


def over_seeds(values: np.ndarray, unit: str, protocol: str) -> dict[str, Any]:
    """Makes an entry of `Bundle.metrics` of one figure a seed: mean, spread, each, protocol."""
    metric = {
        "value": float(values.mean()),
        "unit": unit,
        "per_seed": values.tolist(),
        "protocol": protocol,
    }
    return metric | ({"sd": float(values.std(ddof=1))} if len(values) > 1 else {})


def check_arrays(
    bundle: Bundle, expected: Mapping[str, tuple[int | None, ...]], *, where: Path
) -> None:
    """Checks that a bundle holds the arrays that its reader needs, and reports all faults at once.

    Args:
        bundle: the bundle to look at; arrays beyond `expected` are allowed.
        expected: name -> shape, with None for a free dimension.
        where: the bundle's folder, for the message.

    Raises:
        BundleError: an array is missing, has another shape, or holds values that are not finite.
    """
    problems = []
    for name, shape in expected.items():
        array = bundle.arrays.get(name)
        if array is None:
            problems.append(f"array {name} is missing")
        elif len(array.shape) != len(shape) or any(
            want is not None and want != got for want, got in zip(shape, array.shape, strict=True)
        ):
            wanted = "x".join("?" if size is None else str(size) for size in shape)
            got = "x".join(map(str, array.shape))
            problems.append(f"array {name} has shape {got}, expected {wanted}")
        elif array.dtype.kind == "f" and not np.isfinite(array).all():
            problems.append(f"array {name} holds values that are not finite")
    if problems:
        raise BundleError(where, problems)


def check_replaceable(
    directory: str | os.PathLike[str], *, asked: str | os.PathLike[str] | None = None
) -> None:
    """Checks that a bundle may be written to a folder: a new one, an empty one, or a bundle.

    `save_bundle` checks it too; a training run asks first, rather than after its hours of work.

    Args:
        directory: the folder.
        asked: its name in the message, where it is another.

    Raises:
        InputError: something else is there, or the folder lies in another bundle.
    """
    target = Path(directory)
    name = target if asked is None else asked
    outer = next((p for p in target.absolute().parents if (p / MANIFEST).is_file()), None)
    if outer is not None:
        raise InputError(f"{name} lies in the bundle {outer}; choose another --out")
    if not target.exists():
        return
    if not target.is_dir():
        raise InputError(
            f"{name} exists and is no bundle, so it is not replaced; choose another --out"
        )
    others = {path.name for path in target.iterdir() if not _is_ours(path.name, target)}
    if (target / MANIFEST).is_file():
        others -= _names_in(target)
        if others:
            some = ", ".join(sorted(others)[:3])
            raise InputError(
                f"{name} holds other files beside the bundle ({some}), so it is not replaced; move "
                "them away, or choose another --out"
            )
    elif others:
        raise InputError(
            f"{name} exists and is no bundle, so it is not replaced; choose another --out"
        )


def is_fixed(directory: str | os.PathLike[str]) -> bool:
    """Says whether a folder exists and cannot, or should not, be exchanged for another.

    So it is with a mounted disk, a folder in one that may not be written, and the one in which the
    user stands: they would look into the old one, which is gone.
    """
    target = Path(directory).absolute()
    if not target.is_dir():
        return False
    with contextlib.suppress(OSError):
        here = Path.cwd()
        if here == target or target in here.parents:
            return True
    return os.path.ismount(target) or not takes_files(target.parent)


def takes_files(folder: Path) -> bool:
    """Says whether files may be made in a folder, renamed and removed."""
    return os.access(folder, os.W_OK | os.X_OK)


def save_bundle(bundle: Bundle, directory: str | os.PathLike[str]) -> Path:
    """Writes a bundle so that a reader sees all of it or, until the last moment, the old one.

    Args:
        bundle: what to write.
        directory: the folder that becomes the bundle; replaced if it is a bundle already.

    Returns:
        The folder.

    Raises:
        InputError: the folder exists and is no bundle, or a table or document has an unusable name.
    """
    target = Path(directory).resolve()
    check_replaceable(target, asked=directory)
    contents = _contents(bundle)
    manifest: dict[str, Any] = {"schema_version": SCHEMA_VERSION}
    manifest |= {field: getattr(bundle, field) for field in _FIELDS_IN_MANIFEST}
    manifest["files"] = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in sorted(contents.items())
    }
    contents[MANIFEST] = _json_bytes(manifest)

    if is_fixed(target):
        _write_inside(target, contents)
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    suffix = secrets.token_hex(4)
    fresh = target.with_name(f".{target.name}.{suffix}.tmp")
    fresh.mkdir()
    try:
        _write_all(fresh, contents)
        if target.exists():
            retired = target.with_name(f".{target.name}.{suffix}.old")
            target.rename(retired)
            try:
                fresh.rename(target)
            except OSError:
                retired.rename(target)
                raise
            shutil.rmtree(retired)
        else:
            fresh.rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return target


def _write_inside(target: Path, contents: Mapping[str, bytes]) -> None:
    """Writes a bundle into a folder that stays: the manifest last, without which it is none."""
    retired = _names_in(target) if (target / MANIFEST).is_file() else set()
    fresh = target / f".{target.name}.{secrets.token_hex(4)}.tmp"
    fresh.mkdir()
    try:
        _write_all(fresh, contents)
        (target / MANIFEST).unlink(missing_ok=True)
        for name in sorted(contents, key=lambda name: name == MANIFEST):
            (fresh / name).replace(target / name)
        for name in retired - contents.keys():
            (target / name).unlink(missing_ok=True)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _write_all(folder: Path, contents: Mapping[str, bytes]) -> None:
    for name, content in contents.items():
        with (folder / name).open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


def _names_in(folder: Path) -> set[str]:
    """Returns the names of a bundle's files, as far as they can be told from its manifest."""
    try:
        files = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
        return {MANIFEST, *(name for name in files if _FILE_NAME.fullmatch(name))}
    except (OSError, ValueError, TypeError, KeyError):
        return {path.name for path in folder.iterdir() if _FILE_NAME.fullmatch(path.name)}


def _is_ours(name: str, folder: Path) -> bool:
    """Tells scaffolding of a run, and what file managers leave behind, from files of people."""
    return name.startswith(f".{folder.absolute().name}.") or name in _DROPPINGS


def read_manifest(
    directory: str | os.PathLike[str], *, command: str = "python -m core train --help"
) -> dict[str, Any]:
    """Reads and checks `bundle.json` alone, for pages that only need figures of a bundle.

    Args:
        directory: the bundle's folder.
        command: the command that makes this bundle, for the message when there is none.

    Returns:
        The manifest as a dict with every field of `Bundle` that is no file, and "files".

    Raises:
        BundleNotFound: no bundle lies there.
        BundleError: the manifest is damaged, foreign or of a newer schema.
    """
    folder = Path(directory)
    path = folder / MANIFEST
    try:
        if not path.is_file():
            raise BundleNotFound(folder, command)
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BundleError(folder, [f"{MANIFEST} is unreadable ({error.strerror})"]) from error
    except (ValueError, RecursionError) as error:
        raise BundleError(folder, [f"{MANIFEST} is not valid JSON ({error})"]) from error
    if not isinstance(manifest, dict) or "schema_version" not in manifest:
        raise BundleError(folder, [f"{MANIFEST} is not a Latent Lab manifest"])
    version = manifest["schema_version"]
    if not isinstance(version, int) or not 1 <= version <= SCHEMA_VERSION:
        raise BundleError(
            folder,
            [f"schema version {version!r} is newer than {SCHEMA_VERSION}; update Latent Lab"],
        )
    problems = [
        f"{MANIFEST} lacks {field}"
        for field in (*_FIELDS_IN_MANIFEST, "files")
        if field not in manifest
    ]
    for field in ("config", "seeds", "metrics", "dataset", "libraries", "files"):
        if not isinstance(manifest.get(field, {}), dict):
            problems.append(f"{field} in {MANIFEST} is not an object")
    if problems:
        raise BundleError(folder, problems)
    if not all(type(seed) is int for seed in manifest["seeds"].values()):
        raise BundleError(folder, [f"seeds in {MANIFEST} are not all whole numbers"])
    return manifest


def load_bundle(
    directory: str | os.PathLike[str],
    *,
    kind: str | None = None,
    command: str = "python -m core train --help",
) -> Bundle:
    """Loads a bundle and verifies the SHA-256 of every file in it.

    Args:
        directory: the bundle's folder.
        kind: refuse a bundle of another kind.
        command: the command that makes this bundle, for the message when there is none.

    Returns:
        The bundle, in memory.

    Raises:
        BundleNotFound: no bundle lies there.
        BundleError: lists every file that is missing, changed or unreadable.
    """
    folder = Path(directory)
    manifest = read_manifest(folder, command=command)
    if kind is not None and manifest["kind"] != kind:
        raise BundleError(folder, [f"it is of kind {manifest['kind']!r}, expected {kind!r}"])

    problems: list[str] = []
    arrays: dict[str, np.ndarray] = {}
    tables: dict[str, pd.DataFrame] = {}
    documents: dict[str, Any] = {}
    card = ""
    for name, record in manifest["files"].items():
        content = _verified_content(folder, name, record, problems)
        if content is None:
            continue
        stem, _, ending = name.rpartition(".")
        try:
            if ending == "safetensors":
                arrays = safetensors.numpy.load(content)
            elif ending == "parquet":
                tables[stem] = pd.read_parquet(io.BytesIO(content))
            elif ending == "json":
                documents[stem] = json.loads(content)
            else:
                card = content.decode("utf-8")
        except (ValueError, OSError, safetensors.SafetensorError) as error:
            problems.append(f"{name} is unreadable ({_first_line(error)})")
    if problems:
        raise BundleError(folder, problems)
    fields: dict[str, Any] = {field: manifest[field] for field in _FIELDS_IN_MANIFEST}
    return Bundle(**fields, arrays=arrays, tables=tables, documents=documents, card=card)


def _contents(bundle: Bundle) -> dict[str, bytes]:
    contents = {
        WEIGHTS: safetensors.numpy.save(
            {name: np.asarray(array, order="C") for name, array in bundle.arrays.items()}
        ),
        CARD: bundle.card.encode("utf-8"),
    }
    for name in (*bundle.tables, *bundle.documents):
        if not _TABLE_NAME.fullmatch(name) or f"{name}.json" == MANIFEST:
            raise InputError(f"table or document name {name!r} must be letters, digits, _ and -")
    for name, table in bundle.tables.items():
        buffer = io.BytesIO()
        table.to_parquet(buffer, index=False)
        contents[f"{name}.parquet"] = buffer.getvalue()
    for name, document in bundle.documents.items():
        contents[f"{name}.json"] = _json_bytes(document)
    return contents


def _verified_content(folder: Path, name: str, record: Any, problems: list[str]) -> bytes | None:
    if not _FILE_NAME.fullmatch(name):  # a manifest must not point outside its own folder
        problems.append(f"{name!r} is no allowed file name")
        return None
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        problems.append(f"{name} is missing or unreadable ({error.strerror})")
        return None
    expected = record.get("sha256") if isinstance(record, dict) else None
    if hashlib.sha256(content).hexdigest() != expected:
        problems.append(f"{name} does not match its SHA-256")
        return None
    return content


def _json_bytes(value: Any) -> bytes:
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:160] if str(error) else type(error).__name__
