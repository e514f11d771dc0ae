"""Photos of cats and dogs as arrays: from the archive in place, or from a folder of one's own."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from core.batchnorm import CLASSES
from core.batchnorm.data.decoding import FORMATS, MIDDLE, MOST_BYTES, STORED, NoImage, decode
from core.datasets.archives import iter_members, member_names
from core.datasets.cached_folder import cached_folder
from core.datasets.part import disk_errors
from core.datasets.registry import check_counts
from core.datasets.store import LocalData
from core.datasets.store import data_dir as data_folder
from core.errors import DataError, InputError

PARTS = ("train", "valid")

_VERSION = 1  # of the cache: to be raised with any change of `decode` or of the reading below
_ENDINGS = (".jpg", ".jpeg", ".jfif", ".jpe", ".png", ".webp", ".gif", ".bmp")
_NO_PHOTOS = ("thumbs.db", "desktop.ini")  # of file managers, and whatever begins with a dot
_FOLDERS = tuple(f"{name}s" for name in CLASSES)


@dataclasses.dataclass(frozen=True, slots=True)
class Photos:
    """Squares with what is on them.

    Attributes:
        images: u8[N, S, S, 3], red, green, blue.
        labels: i32[N], index into `CLASSES`.
    """

    images: np.ndarray
    labels: np.ndarray

    def __post_init__(self) -> None:
        """Checks that both fit each other.

        Raises:
            DataError: they do not.
        """
        if self.images.ndim != 4 or self.images.shape[3] != 3 or self.images.dtype != np.uint8:
            raise DataError(f"photos ({self.images.shape}) should be uint8[N, S, S, 3]")
        if self.labels.shape != self.images.shape[:1]:
            raise DataError(f"there are {len(self.images)} photos and {len(self.labels)} labels")

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self, rows: np.ndarray) -> "Photos":
        """Takes some photos, by index or mask."""
        return Photos(self.images[rows], self.labels[rows])


def read_photos(
    local: LocalData, *, framing: str = MIDDLE, data_dir: str | Path | None = None
) -> dict[str, Photos]:
    """Opens the photos of an archive as squares of `STORED` pixels.

    The first call decodes every photo (about 2 ms each) and keeps the squares in the data folder;
    later ones map them into memory. They are named after the archive's SHA-256.

    Args:
        local: the archive of the data set "dogscats-sample" or "dogscats".
        framing: how a photo is made square, one of `core.batchnorm.data.decoding.FRAMINGS`.
        data_dir: folder of kept files instead of LATENT_LAB_DATA or ~/.cache/latent-lab.

    Returns:
        Photos by `PARTS`; cats and dogs in the archive's order.

    Raises:
        DataError: the archive is damaged, has other counts than registered, or holds a broken
            photo; or the data folder cannot be written.
    """
    kind = "" if framing == MIDDLE else f"-{framing}"
    name = f"{local.dataset.name}-{local.sha256[:16]}-{STORED}px{kind}-v{_VERSION}"
    folder = data_folder(data_dir) / "cache" / name
    with disk_errors(folder):
        found = cached_folder(
            folder,
            load=_load,
            write=lambda new: _save(local, framing, new),
            source=local.path,
        )
    if found is None:
        raise DataError(f"{folder} cannot be read back; delete it and run the same command again")
    return found


def read_folder(
    folder: Path,
    *,
    size: int = STORED,
    framing: str = MIDDLE,
    on_left_out: Callable[[Sequence[Path]], None] | None = None,
) -> Photos:
    """Reads a folder of one's own: photos in `cats/` and `dogs/`, known by content, not by name.

    Hidden files (macOS puts a `._` one beside each photo) and those of file managers are passed
    over.

    Args:
        folder: with both folders in it.
        size: side of the squares, pixels.
        framing: how a photo is made square, one of `core.batchnorm.data.decoding.FRAMINGS`.
        on_left_out: called with the other files that are no photos of a kind that is decoded, and
            with folders.

    Raises:
        InputError: a folder is missing or holds no photo, or a photo is unusable, or a file with
            the name of a photo is none; all of them are named, up to ten.
    """
    missing = [name for name in _FOLDERS if not (folder / name).is_dir()]
    if missing:
        raise InputError(
            f"--images ({folder}) should be a folder with {' and '.join(_FOLDERS)} in it; "
            f"{' and '.join(missing)} missing"
        )
    images, labels, problems, left_out = [], [], [], []
    for label, name in enumerate(_FOLDERS):
        n_left_out, paths = len(left_out), _listed(folder / name)
        for path in paths:
            try:
                if not path.is_file():  # a folder; a pipe would never end
                    left_out.append(path)
                    continue
                content = _content(path)
                images.append(decode(content, size=size, framing=framing, name=str(path)))
            except InputError as error:
                if isinstance(error, NoImage) and path.suffix.lower() not in _ENDINGS:
                    left_out.append(path)
                else:
                    problems.append(str(error))
            else:
                labels.append(label)
        if len(left_out) - n_left_out == len(paths):
            problems.append(f"{folder / name} should hold photos ({', '.join(FORMATS)})")
    if problems:
        more = f"; and {len(problems) - 10} more" if len(problems) > 10 else ""
        raise InputError("; ".join(problems[:10]) + more)
    if left_out and on_left_out is not None:
        on_left_out(left_out)
    return Photos(np.stack(images), np.array(labels, np.int32))


def held_out(photos: Photos, share: float, *, seed: int = 0) -> np.ndarray:
    """Draws the photos on which settings are chosen: as many of each class.

    Returns:
        bool[N], True for those that training must not see.

    Raises:
        InputError: the share leaves no photo on one of the sides.
    """
    draw = np.random.default_rng(seed)
    is_held = np.zeros(len(photos), bool)
    for label in range(len(CLASSES)):
        rows = np.flatnonzero(photos.labels == label)
        n_held = round(share * len(rows))
        if not 0 < n_held < len(rows):
            raise InputError(
                f"share ({share}) should leave photos on both sides of {len(rows)} "
                f"{CLASSES[label]}s"
            )
        is_held[draw.permutation(rows)[:n_held]] = True
    return is_held


def some(photos: Photos, most: int | None) -> Photos:
    """Takes photos of both classes for a try; all of them where there is no bound."""
    if most is None or most >= len(photos):
        return photos
    return photos.rows(np.linspace(0, len(photos) - 1, most).astype(int))


def _listed(folder: Path) -> list[Path]:
    """Returns what lies in a folder for people to see, in order of names."""
    try:
        return sorted(
            path
            for path in folder.iterdir()
            if not path.name.startswith(".") and path.name.lower() not in _NO_PHOTOS
        )
    except OSError as error:
        raise InputError(f"{folder} should be readable: {error.strerror}") from error


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path} should be readable: {error.strerror}") from error


def _place(name: str) -> tuple[str, int] | None:
    """Tells part and label of a member, None for what is no photo of the set."""
    parts = name.split("/")
    if len(parts) < 3 or not parts[-1].lower().endswith(_ENDINGS):
        return None
    part, folder = parts[-3:-1]
    return (part, _FOLDERS.index(folder)) if part in PARTS and folder in _FOLDERS else None


def _members(path: Path, framing: str) -> Iterator[tuple[str, int, np.ndarray]]:
    chosen = iter_members(path, predicate=lambda n: _place(n) is not None, max_bytes=MOST_BYTES)
    for name, content in chosen:
        place = _place(name)
        assert place is not None  # as the predicate has it
        part, label = place
        try:
            yield part, label, decode(content, size=STORED, framing=framing, name=name)
        except InputError as error:
            raise DataError(f"{path}: {error}") from error


def _save(local: LocalData, framing: str, folder: Path) -> None:
    places = [place for name in member_names(local.path) if (place := _place(name)) is not None]
    counts = {f"{part}_{name}": 0 for part in PARTS for name in _FOLDERS}
    for part, label in places:
        counts[f"{part}_{_FOLDERS[label]}"] += 1
    check_counts(local.dataset, counts)
    images: dict[str, np.memmap] = {}
    filled: dict[str, int] = dict.fromkeys(PARTS, 0)
    for part in PARTS:
        n_photos = sum(place[0] == part for place in places)
        if not n_photos:
            raise DataError(f"{local.path} has no member {part}/cats/*.jpg or {part}/dogs/*.jpg")
        # written piece by piece: the full set would fill the memory of a laptop
        images[part] = np.lib.format.open_memmap(
            folder / f"{part}.npy", "w+", np.uint8, (n_photos, STORED, STORED, 3)
        )
        labels = [label for at, label in places if at == part]
        np.save(folder / f"{part}-labels.npy", np.array(labels, np.int32), allow_pickle=False)
    for part, _, image in _members(local.path, framing):
        images[part][filled[part]] = image
        filled[part] += 1
    for array in images.values():
        array.flush()


def _load(folder: Path) -> dict[str, Photos] | None:
    """Maps what `_save` wrote; None if nothing is there, or something unusable."""
    try:
        return {
            part: Photos(
                np.load(folder / f"{part}.npy", mmap_mode="r", allow_pickle=False),
                np.load(folder / f"{part}-labels.npy", allow_pickle=False),
            )
            for part in PARTS
        }
    except (OSError, ValueError, EOFError, DataError):
        return None
