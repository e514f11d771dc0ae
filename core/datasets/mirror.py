"""A mirror: a folder or a web server that holds the archives under their registered names."""

import hashlib
import json
import os
import re
import tempfile
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from core.datasets.download import check_url, hash_file, read_small
from core.datasets.registry import DataSet
from core.errors import DataError, InputError

MIRROR_VARIABLE = "LATENT_LAB_MIRROR"
SUMS = "SHA256SUMS"
HASH_CACHE = "mirror-hashes.json"

# A line of sha256sum: digits, a blank, a blank or a star, the name.
_SUM_LINE = re.compile(r"([0-9a-fA-F]{64}) [ *](?:\./)?(.+)")


@dataclass(frozen=True, slots=True)
class FolderMirror:
    """Archives in a folder, read in place."""

    folder: Path

    def __str__(self) -> str:
        return str(self.folder)

    def path(self, dataset: DataSet) -> Path | None:
        """Where the folder keeps the set, or None."""
        path = self.folder / dataset.filename
        return path if path.is_file() else None

    def expected_sha256(self, dataset: DataSet) -> str | None:
        """What the folder's SHA256SUMS says of the set, or None where it says nothing."""
        sums = self.folder / SUMS
        try:
            text = sums.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"cannot read {sums} ({error}); repair or remove it") from error
        return parse_sums(text, str(sums)).get(dataset.filename)

    def verified_sha256(self, dataset: DataSet, path: Path, cache_folder: Path) -> str:
        """The SHA-256 of the archive, compared with SHA256SUMS; hashed once per state of the file.

        Raises:
            DataError: The file differs from what SHA256SUMS says.
        """
        found = cached_hash(path, cache_folder)
        expected = self.expected_sha256(dataset)
        if expected is not None and found != expected:
            raise DataError(
                f"{path} has the SHA-256 {found}, but {SUMS} beside it says {expected}: the "
                "copy is damaged or another file; copy it to the mirror again"
            )
        return found


@dataclass(frozen=True, slots=True)
class WebMirror:
    """Archives on a web server."""

    url: str

    def __str__(self) -> str:
        return self.url

    def address(self, filename: str) -> str:
        """The address of a file on the server."""
        return f"{self.url.rstrip('/')}/{urllib.parse.quote(filename)}"

    def expected_sha256(self, dataset: DataSet) -> str | None:
        """What the server's SHA256SUMS says of the set, or None where it says nothing."""
        address = self.address(SUMS)
        body = read_small(address)
        if body is None:
            return None
        text = body.decode("utf-8", errors="replace")
        return parse_sums(text, address).get(dataset.filename)


def expanded(value: str | Path, name: str) -> Path:
    """Resolves ~ and ~user at the beginning of a path.

    Args:
        value: The path.
        name: Of the option or variable that holds it.

    Raises:
        InputError: There is no such user, or no home folder.
    """
    try:
        return Path(value).expanduser()
    except RuntimeError as error:
        raise InputError(
            f"{name} {str(value)!r} begins with the home folder of a user that is not known; write "
            "the folder out"
        ) from error


def resolve_mirror(override: str | Path | None = None) -> FolderMirror | WebMirror | None:
    """Decides which mirror to use: the argument, else LATENT_LAB_MIRROR, else none.

    Args:
        override: A folder, or an http or https address.

    Raises:
        InputError: The value is neither an existing folder nor an http or https address.
    """
    name, value = "--mirror", override
    if not value:
        name, value = MIRROR_VARIABLE, os.environ.get(MIRROR_VARIABLE)
    if not value:
        return None
    if "://" in str(value):
        check_url(str(value))
        return WebMirror(str(value))
    folder = expanded(value, name)
    if not folder.is_dir():
        raise InputError(
            f"{name} {str(value)!r} is not a folder; give an existing one, or an http or "
            "https address"
        )
    return FolderMirror(folder.absolute())


def parse_sums(text: str, origin: str) -> dict[str, str]:
    """Reads the output of sha256sum: file names to lower-case hex digits.

    Args:
        text: Lines of 64 hex digits, two blanks (or a blank and a star) and a name.
        origin: What to call the text in an error.

    Raises:
        DataError: A line is of another form.
    """
    sums = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _SUM_LINE.fullmatch(line.rstrip())
        if match is None:
            raise DataError(
                f"{origin}, line {number}, is not of the form 'SHA-256, two blanks, name'; make "
                f"the file again with: sha256sum * > {SUMS}"
            )
        sums[match[2]] = match[1].lower()
    return sums


def cached_hash(path: Path, cache_folder: Path) -> str:
    """The SHA-256 of a file, computed again only when its path, size or time of change differ.

    Args:
        path: The file.
        cache_folder: Where the record of hashes lies; one that cannot be written costs only time.
    """
    record = cache_folder / HASH_CACHE
    state = path.stat()
    # The key hides the path, so that the record tells nothing about other machines' folders.
    key = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:32]
    stamp = [state.st_size, state.st_mtime_ns]
    known = read_json(record)
    entry = known.get(key)
    if isinstance(entry, dict) and entry.get("stamp") == stamp and "sha256" in entry:
        return str(entry["sha256"])
    found = hash_file(path)
    known[key] = {"file": path.name, "stamp": stamp, "sha256": found}
    try:
        write_json(record, known)
    except OSError:
        pass  # a read-only cache: the next run hashes again
    return found


def read_json(path: Path) -> dict:
    """The object in a small JSON file; an empty one where there is none that can be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def write_json(path: Path, content: dict) -> None:
    """Writes a small JSON file in one step, so that a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8"
    ) as stream:
        try:
            json.dump(content, stream, indent=1)
            stream.write("\n")
            stream.close()
            os.replace(stream.name, path)
        except BaseException:
            Path(stream.name).unlink(missing_ok=True)
            raise
