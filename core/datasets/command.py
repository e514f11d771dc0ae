"""`data list` and `data get`: what there is, and bringing it here."""

import argparse
import json
import sys
from pathlib import Path

from core.datasets.mirror import FolderMirror, resolve_mirror
from core.datasets.registry import REGISTRY, DataSet, lookup
from core.datasets.store import LocalData, Sources, data_dir, keep, locate
from core.interrupts import STOPPED, when_stopped


def register(subparsers: argparse._SubParsersAction) -> None:
    """Adds the command `data` with its two actions."""
    data = subparsers.add_parser("data", help="list the data sets, or bring them here")
    actions = data.add_subparsers(title="actions", metavar="ACTION", required=True)

    listing = actions.add_parser("list", help="show every data set and whether it is here")
    add_places(listing)
    listing.set_defaults(run=run_list)

    get = actions.add_parser(
        "get",
        help="download data sets, or copy them from a mirror's folder",
        description="Downloads data sets into the data folder and checks them. An interrupted "
        "download goes on where it stopped when the command is run again.",
    )
    get.add_argument("names", nargs="+", metavar="NAME", help="short names, as in 'data list'")
    add_places(get)
    get.set_defaults(run=run_get)


def add_places(parser: argparse.ArgumentParser) -> None:
    """Adds --mirror, --data-dir and --json, which all commands that read data sets share."""
    parser.add_argument(
        "--mirror",
        metavar="DIR_OR_URL",
        help="take the archives from this folder or web server (default: LATENT_LAB_MIRROR)",
    )
    parser.add_argument(
        "--data-dir",
        metavar="DIR",
        help="folder of kept data sets (default: LATENT_LAB_DATA, else ~/.cache/latent-lab)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def sources_of(args: argparse.Namespace) -> Sources:
    """Returns where data sets are looked for, as the options of `add_places` say."""
    return Sources(args.data_dir, args.mirror)


def run_list(args: argparse.Namespace) -> None:
    """Prints a table, or one JSON object, of every data set and where it lies.

    Raises:
        InputError: The mirror or the data folder is unusable.
    """
    folder, mirror = data_dir(args.data_dir), resolve_mirror(args.mirror)
    places = {
        dataset.name: locate(dataset, folder=folder, mirror=mirror) for dataset in REGISTRY.values()
    }
    if args.json:
        _print_json(
            {
                "data_dir": str(folder),
                "mirror": None if mirror is None else str(mirror),
                "datasets": [_describe(REGISTRY[name], path) for name, path in places.items()],
            }
        )
        return
    rows = [("name", "version", "size", "licence", "here")]
    for name, path in places.items():
        dataset = REGISTRY[name]
        if path is None:
            here = "no" if dataset.url else "no (mirror only)"
        else:
            here = "in the mirror" if _is_in(path, mirror) else "kept"
        size = dataset.size_bytes if path is None else path.stat().st_size
        rows.append((name, dataset.version, _size(size), dataset.licence, here))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (
            cell.rjust(width) if column == 2 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        sys.stdout.write("  ".join(cells).rstrip() + "\n")
    sys.stdout.write(f"\ndata folder: {folder}\n")
    if mirror is not None:
        sys.stdout.write(f"mirror: {mirror}\n")


def run_get(args: argparse.Namespace) -> None:
    """Brings the named data sets into the data folder and prints where each one lies.

    Raises:
        InputError: A name, the mirror or the data folder is unusable; nothing was fetched.
        DataError: A set cannot be had or differs from its checksum.
    """
    for name in args.names:
        lookup(name)  # a wrong last name must not show after an hour of downloads
    kept = []
    for name in dict.fromkeys(args.names):
        with when_stopped(lambda: f"{STOPPED}; the same command goes on where it was"):
            local = keep(name, data_dir=args.data_dir, mirror=args.mirror)
        kept.append(local)
        if not args.json:
            _print_kept(local)
    if args.json:
        _print_json(
            {
                "datasets": [
                    {
                        "name": local.dataset.name,
                        "path": str(local.path),
                        "sha256": local.sha256,
                        "size_bytes": local.path.stat().st_size,
                        "source": local.source,
                    }
                    for local in kept
                ]
            }
        )


def _print_kept(local: LocalData) -> None:
    dataset = local.dataset
    sys.stdout.write(
        f"{dataset.name}: {local.path}\n"
        f"  from     {local.source}\n"
        f"  SHA-256  {local.sha256}\n"
        f"  licence  {dataset.licence}\n"
        f"  cite     {dataset.citation}\n"
    )


def _describe(dataset: DataSet, path: Path | None) -> dict[str, object]:
    return {
        "name": dataset.name,
        "title": dataset.title,
        "version": dataset.version,
        "filename": dataset.filename,
        "url": dataset.url,
        "size_bytes": dataset.size_bytes,
        "sha256": dataset.sha256,
        "licence": dataset.licence,
        "citation": dataset.citation,
        "homepage": dataset.homepage,
        "expected": dict(dataset.expected),
        "note": dataset.note,
        "here": path is not None,
        "path": None if path is None else str(path),
        "local_size_bytes": None if path is None else path.stat().st_size,
    }


def _is_in(path: Path, mirror: object) -> bool:
    return isinstance(mirror, FolderMirror) and path.parent == mirror.folder


def _size(size_bytes: int | None) -> str:
    if size_bytes is None:
        return "?"
    return f"{size_bytes / 1e6:,.1f} MB"


def _print_json(content: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(content, ensure_ascii=False) + "\n")
