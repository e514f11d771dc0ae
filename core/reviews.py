"""The film reviews of the data set "imdb" as token ids: read once, then memory-mapped.

All 100,000 reviews are read, labelled and unlabelled, in the order of the archive and with
everything that repeats; which of them may be learned from is for their readers to say.
"""

import dataclasses
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from core.datasets.archives import iter_members
from core.datasets.cached_folder import cached_folder
from core.datasets.part import disk_errors
from core.datasets.registry import check_counts
from core.datasets.store import LocalData
from core.datasets.store import data_dir as data_folder
from core.errors import DataError
from core.tokens import tokenize_as_written

PARTS = ("train_pos", "train_neg", "train_unsup", "test_pos", "test_neg")

PLAIN, CAPITALISED, ALL_CAPITALS = range(3)  # how a token is written

_VERSION = 3  # of the cache: to be raised with any change of `tokenize` or of the reading below
_ARRAYS = ("tokens", "starts", "parts", "stars", "numbers", "cases")


@dataclasses.dataclass(frozen=True, slots=True)
class Reviews:
    """Reviews as ids of words, in the archive's order.

    Attributes:
        tokens: i32[T], the words of all reviews one after the other.
        starts: i64[R + 1], where each review begins in `tokens`; the last is T.
        words: the V words, in order of their first occurrence.
        parts: u8[R], index into `PARTS`.
        stars: u8[R], 1 to 10; 0 for reviews whose stars were withheld.
        numbers: i32[R], of each review within its part. Reviews of one film have numbers near each
            other.
        cases: u8[T], how each word is written: `PLAIN`, `CAPITALISED` (its first letter), or
            `ALL_CAPITALS` (two letters or more).
    """

    tokens: np.ndarray
    starts: np.ndarray
    words: tuple[str, ...]
    parts: np.ndarray
    stars: np.ndarray
    numbers: np.ndarray
    cases: np.ndarray

    def __post_init__(self) -> None:
        """Checks that the parts fit each other.

        Raises:
            DataError: lists every way in which they do not.
        """
        problems = []
        if len(self.starts) < 1 or self.starts[0] != 0 or self.starts[-1] != len(self.tokens):
            problems.append("the reviews do not cover the tokens")
        elif np.any(np.diff(self.starts) < 0):
            problems.append("a review ends before it begins")
        for name in ("parts", "stars", "numbers"):
            if len(getattr(self, name)) != len(self.starts) - 1:
                problems.append(f"there are {len(getattr(self, name)):,} {name}")
        if len(self.cases) != len(self.tokens):
            problems.append(f"there are {len(self.cases):,} cases")
        if len(self.tokens) and not 0 <= self.tokens.max() < len(self.words):
            problems.append("a token is no word")
        if problems:
            raise DataError("the reviews are inconsistent: " + "; ".join(problems))

    @property
    def n_reviews(self) -> int:
        """Number of reviews R."""
        return len(self.starts) - 1

    def rows(self, *parts: str) -> np.ndarray:
        """Returns the rows of some of `PARTS`, ascending."""
        return np.flatnonzero(np.isin(self.parts, [PARTS.index(part) for part in parts]))

    def select(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Takes some reviews out.

        Args:
            rows: i64[N].

        Returns:
            Their tokens i32[M] one after the other, and where each begins, i64[N + 1].
        """
        return select_rows(self.tokens, self.starts, rows)

    def first_of_each(self, rows: np.ndarray) -> np.ndarray:
        """Leaves out, of some rows, empty reviews and those whose very tokens stand in an earlier.

        Args:
            rows: i64[N]; which comes first is decided by this order.

        Returns:
            The rows that stay, in the same order.
        """
        seen: set[bytes] = {b""}
        stay = []
        for row in rows:
            content = self.tokens[self.starts[row] : self.starts[row + 1]].tobytes()
            if content not in seen:
                seen.add(content)
                stay.append(row)
        return np.array(stay, np.int64)


def select_rows(
    tokens: np.ndarray, starts: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Takes some texts out of many; see `Reviews.select`."""
    lengths = np.diff(starts)[rows]
    new_starts = np.concatenate([[0], np.cumsum(lengths)])
    at = np.arange(new_starts[-1]) + np.repeat(starts[rows] - new_starts[:-1], lengths)
    return np.asarray(tokens[at]), new_starts


def read_reviews(local: LocalData, *, data_dir: str | Path | None = None) -> Reviews:
    """Opens the reviews, tokenised, with every word that occurs.

    The first call reads the archive (about 30 s) and keeps ids and words in the data folder; later
    ones map them into memory. The kept files are named after the archive's SHA-256.

    Args:
        local: the archive of the data set "imdb".
        data_dir: folder of kept files instead of LATENT_LAB_DATA or ~/.cache/latent-lab.

    Raises:
        DataError: the archive is damaged or has other counts than registered, or the data folder
            cannot be written.
    """
    folder = data_folder(data_dir) / "cache" / kept_name(local)
    with disk_errors(folder):
        reviews = cached_folder(
            folder,
            load=_load,
            write=lambda new: _save(tokenise_archive(local), new),
            source=local.path,
        )
    if reviews is None:
        raise DataError(f"{folder} cannot be read back; delete it and run the same command again")
    return reviews


def kept_name(local: LocalData) -> str:
    """Returns the name of what is kept of an archive: another one for another way to read it."""
    return f"imdb-{local.sha256[:16]}-v{_VERSION}"


def tokenise_archive(local: LocalData) -> Reviews:
    """Reads the archive itself; see `read_reviews`, which keeps the result."""
    reviews = collect(_members(local.path))
    counts = np.bincount(reviews.parts, minlength=len(PARTS)).tolist()
    check_counts(local.dataset, dict(zip(PARTS, counts, strict=True)))
    if not reviews.n_reviews:
        raise DataError(f"{local.path} has no member train/pos/*.txt, nor one of another part")
    return reviews


def collect(found: Iterable[tuple[list[str], str, int, int]]) -> Reviews:
    """Gives ids to words as they come.

    Args:
        found: tokens as they are written, part, number and stars of each review.
    """
    ids, cases_of = _Ids(), _Cases()
    tokens, starts, numbers = array("i"), array("q", [0]), array("i")
    parts, all_stars, cases = array("B"), array("B"), array("B")
    for words, part, number, stars in found:
        tokens.extend(map(ids.__getitem__, words))
        cases.extend(map(cases_of.__getitem__, words))
        starts.append(len(tokens))
        parts.append(PARTS.index(part))
        numbers.append(number)
        all_stars.append(stars)
    return Reviews(
        np.array(tokens, np.int32),
        np.array(starts, np.int64),
        tuple(ids.of_words),
        np.array(parts, np.uint8),
        np.array(all_stars, np.uint8),
        np.array(numbers, np.int32),
        np.array(cases, np.uint8),
    )


class _Ids(dict):
    """The id of each word by each way of writing it."""

    def __init__(self) -> None:
        self.of_words: dict[str, int] = {}

    def __missing__(self, written: str) -> int:
        number = self.of_words.setdefault(written.lower(), len(self.of_words))
        self[written] = number
        return number


class _Cases(dict):
    """How each word is written."""

    def __missing__(self, written: str) -> int:
        case = PLAIN
        if written[:1].isupper():
            case = ALL_CAPITALS if len(written) > 1 and written.isupper() else CAPITALISED
        self[written] = case
        return case


def texts_of(starts: np.ndarray) -> np.ndarray:
    """Returns the text of each token, i32[T], if each of R begins in `starts`, i64[R + 1]."""
    return np.repeat(np.arange(len(starts) - 1, dtype=np.int32), np.diff(starts))


def words_beside(
    tokens: np.ndarray, texts: np.ndarray, places: np.ndarray, distance: int, *, outside: int
) -> np.ndarray:
    """Returns the word so far behind each place (before it, if below 0), i64[M].

    Args:
        tokens: i32[T], one text after the other.
        texts: i32[T], the text of each.
        places: i64[M], into `tokens`.
        distance: in words.
        outside: what to return beyond the begin or the end of the text.
    """
    there = places + distance
    inside = (there >= 0) & (there < len(tokens))
    there = np.clip(there, 0, max(len(tokens) - 1, 0))
    inside &= texts[there] == texts[places]
    return np.where(inside, tokens[there], np.int64(outside))


def _members(path: Path) -> Iterator[tuple[list[str], str, int, int]]:
    for name, content in iter_members(path, suffix=".txt", predicate=_is_review):
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DataError(f"{path}: member {name} is not UTF-8 ({error.reason})") from error
        yield tokenize_as_written(text), _part(name), *_number_and_stars(name, path)


def _part(name: str) -> str:
    return "_".join(name.split("/")[-3:-1])


def _is_review(name: str) -> bool:
    return _part(name) in PARTS


def _number_and_stars(name: str, archive: Path) -> tuple[int, int]:
    """What the file name says: NUMBER_STARS.txt, with 0 stars where they were withheld."""
    number, _, stars = name.rpartition("/")[2].removesuffix(".txt").partition("_")
    if not (number.isdecimal() and stars.isdecimal() and int(stars) <= 10 and len(number) < 9):
        raise DataError(f"{archive}: member {name} should be named NUMBER_STARS.txt, 0 to 10 stars")
    return int(number), int(stars)


def _save(reviews: Reviews, folder: Path) -> None:
    for name in _ARRAYS:
        np.save(folder / f"{name}.npy", getattr(reviews, name), allow_pickle=False)
    (folder / "words.txt").write_text("\n".join(reviews.words), encoding="utf-8")


def _load(folder: Path) -> Reviews | None:
    """Maps what `_save` wrote; None if nothing is there, or something unusable."""
    try:
        arrays = {
            name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
            for name in _ARRAYS
        }
        words = (folder / "words.txt").read_text(encoding="utf-8").split("\n")
        return Reviews(**arrays, words=tuple(words))
    except (OSError, ValueError, EOFError, DataError):
        return None
