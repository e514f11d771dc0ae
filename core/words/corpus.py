"""The reviews as token ids: read once from the archive, then memory-mapped from the data folder.

Only train/pos, train/neg and train/unsup are read: 75,000 reviews and 20 million tokens. No label
is looked at, and no review of the test part. A review whose tokens stand in an earlier one is left
out (unsup repeats some), so that what is held out is new.
"""

import dataclasses
from array import array
from collections import defaultdict
from pathlib import Path

import numpy as np

from core.datasets.archives import iter_members
from core.datasets.kept import kept
from core.datasets.part import disk_errors
from core.datasets.registry import check_counts
from core.datasets.store import LocalData
from core.datasets.store import data_dir as data_folder
from core.errors import DataError, InputError
from core.words.tokens import tokenize

PARTS = ("pos", "neg", "unsup")
HELD_OUT_SHARE = 0.05

_VERSION = 1  # of the cache: to be raised with any change of `tokenize` or of the reading below


@dataclasses.dataclass(frozen=True, slots=True)
class Corpus:
    """Reviews as ids of words; the ids count from the most frequent word.

    Attributes:
        tokens: i32[T], the words of all reviews one after the other.
        starts: i64[R + 1], where each review begins in `tokens`; the last is T.
        words: the V words, most frequent first, ties in alphabetical order.
        counts: i64[V], how often each stands in `tokens`.
    """

    tokens: np.ndarray
    starts: np.ndarray
    words: tuple[str, ...]
    counts: np.ndarray

    def __post_init__(self) -> None:
        """Checks that the parts fit each other.

        Raises:
            DataError: lists every way in which they do not.
        """
        problems = []
        if len(self.words) != len(self.counts):
            problems.append(f"{len(self.words):,} words have {len(self.counts):,} counts")
        if len(self.starts) < 1 or self.starts[0] != 0 or self.starts[-1] != len(self.tokens):
            problems.append("the reviews do not cover the tokens")
        elif np.any(np.diff(self.starts) < 0):
            problems.append("a review ends before it begins")
        if len(self.counts) and np.any(np.diff(self.counts) > 0):
            problems.append("the words are not sorted by count")
        if int(self.counts.sum()) != len(self.tokens):
            problems.append(f"the counts do not sum to the {len(self.tokens):,} tokens")
        if problems:
            raise DataError("the corpus is inconsistent: " + "; ".join(problems))

    @property
    def n_reviews(self) -> int:
        """Number of reviews R."""
        return len(self.starts) - 1

    @property
    def n_words(self) -> int:
        """Number of words V."""
        return len(self.words)

    def limited(self, *, min_count: int = 1, max_words: int | None = None) -> "Corpus":
        """Leaves out the rare words, and closes the gaps that they leave in the reviews.

        So word2vec does it: the words around a rare one become neighbours.

        Args:
            min_count: fewest occurrences of a word that stays, at least 1.
            max_words: most words that stay.

        Raises:
            InputError: nothing would be left.
        """
        n_words = int(np.searchsorted(-self.counts, -min_count, side="right"))
        n_words = n_words if max_words is None else min(n_words, max_words)
        if n_words < 1:
            raise InputError(
                f"min_count ({min_count}) and max_words ({max_words}) should leave a word; the "
                f"most frequent has {int(self.counts.max(initial=0)):,} occurrences"
            )
        known = self.tokens < n_words
        kept_before = np.concatenate([[0], np.cumsum(known)])
        return Corpus(
            self.tokens[known],
            kept_before[self.starts],
            self.words[:n_words],
            np.asarray(self.counts[:n_words]),
        )

    def select(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Takes some reviews out.

        Args:
            chosen: bool[R].

        Returns:
            Their tokens i32[N], and for each token the row of its review, i32[N].
        """
        reviews = np.repeat(np.arange(self.n_reviews, dtype=np.int32), np.diff(self.starts))
        inside = np.repeat(chosen, np.diff(self.starts))
        return np.asarray(self.tokens[inside]), reviews[inside]


def held_out_reviews(n_reviews: int, *, seed: int, share: float = HELD_OUT_SHARE) -> np.ndarray:
    """Draws the reviews that training never sees: bool[R], about `share` of them.

    Raises:
        InputError: there are too few reviews to have some on either side.
    """
    chosen = np.random.default_rng(seed).random(n_reviews) < share
    if chosen.all() or not chosen.any():
        raise InputError(f"reviews ({n_reviews}) should be enough to hold {share:.0%} of them out")
    return chosen


@dataclasses.dataclass(frozen=True, slots=True)
class Split:
    """The reviews on either side, and how often each word stands in the training ones.

    Attributes:
        tokens: i32[T], ids of the training reviews.
        reviews: i32[T], the review of each.
        held_tokens: i32[H], ids of the held-out reviews.
        held_reviews: i32[H].
        counts: i64[V], over `tokens`.
    """

    tokens: np.ndarray
    reviews: np.ndarray
    held_tokens: np.ndarray
    held_reviews: np.ndarray
    counts: np.ndarray

    @property
    def n_words(self) -> int:
        """Number of words V."""
        return len(self.counts)


def split_corpus(corpus: Corpus, *, seed: int) -> Split:
    """Holds some reviews out; the same ones for the same seed."""
    held_out = held_out_reviews(corpus.n_reviews, seed=seed)
    tokens, reviews = corpus.select(~held_out)
    counts = np.bincount(tokens, minlength=corpus.n_words)
    return Split(tokens, reviews, *corpus.select(held_out), counts)


def count_corpus(reviews: list[list[str]]) -> Corpus:
    """Makes a corpus of tokenised reviews; see `read_corpus` for the archive."""
    collector = _Collector()
    for tokens in reviews:
        collector.add(tokens)
    return collector.finish()


def read_corpus(local: LocalData, *, data_dir: str | Path | None = None) -> Corpus:
    """Opens the reviews of the train and unsup parts, tokenised, with every word that occurs.

    The first call reads the archive (about 20 s) and keeps ids and words in the data folder; later
    ones map them into memory. The kept files are named after the archive's SHA-256.

    Args:
        local: the archive of the data set "imdb".
        data_dir: folder of kept files instead of LATENT_LAB_DATA or ~/.cache/latent-lab.

    Raises:
        DataError: the archive is damaged or has other counts than registered, or the data folder
            cannot be written.
    """
    folder = data_folder(data_dir) / f"imdb-tokens-{local.sha256[:16]}-v{_VERSION}"
    with disk_errors(folder):
        corpus = kept(
            folder,
            load=_load,
            write=lambda new: _save(tokenise_archive(local), new),
            source=local.path,
        )
    if corpus is None:
        raise DataError(f"{folder} cannot be read back; delete it and run the same command again")
    return corpus


def tokenise_archive(local: LocalData) -> Corpus:
    """Reads the archive itself, in its order; see `read_corpus`, which keeps the result."""
    collector, found = _Collector(), {f"train_{part}": 0 for part in PARTS}
    for name, content in iter_members(local.path, suffix=".txt", predicate=_is_wanted):
        found[f"train_{_part(name)}"] += 1
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DataError(f"{local.path}: member {name} is not UTF-8 ({error.reason})") from error
        collector.add(tokenize(text))
    check_counts(local.dataset, found)
    if not collector.n_reviews:
        raise DataError(f"{local.path} has no member train/pos/*.txt, train/neg/ or train/unsup/")
    return collector.finish()


class _Collector:
    """Gives ids to words as they come, and sorts them by frequency at the end."""

    def __init__(self) -> None:
        self._ids: defaultdict[str, int] = defaultdict()
        self._ids.default_factory = self._ids.__len__
        self._tokens = array("i")
        self._starts = array("q", [0])
        self._seen: set[bytes] = set()

    @property
    def n_reviews(self) -> int:
        return len(self._starts) - 1

    def add(self, tokens: list[str]) -> None:
        """Adds a review unless its very tokens were added before."""
        ids = array("i", map(self._ids.__getitem__, tokens))
        content = ids.tobytes()
        if not ids or content in self._seen:
            return
        self._seen.add(content)
        self._tokens.extend(ids)
        self._starts.append(len(self._tokens))

    def finish(self) -> Corpus:
        words = np.array(list(self._ids), dtype=object)
        tokens = np.frombuffer(self._tokens, np.int32)
        counts = np.bincount(tokens, minlength=len(words))
        order = np.lexsort((words.astype(str), -counts))
        new_id = np.empty(len(words), np.int32)
        new_id[order] = np.arange(len(words), dtype=np.int32)
        starts = np.frombuffer(self._starts, np.int64)
        return Corpus(new_id[tokens], starts, tuple(words[order]), counts[order])


def _part(name: str) -> str:
    return name.split("/")[-2]


def _is_wanted(name: str) -> bool:
    parts = name.split("/")
    return len(parts) >= 3 and parts[-3] == "train" and parts[-2] in PARTS


def _save(corpus: Corpus, folder: Path) -> None:
    for name in ("tokens", "starts", "counts"):
        np.save(folder / f"{name}.npy", getattr(corpus, name), allow_pickle=False)
    (folder / "words.txt").write_text("\n".join(corpus.words), encoding="utf-8")


def _load(folder: Path) -> Corpus | None:
    """Maps what `_save` wrote; None if nothing is there, or something unusable."""
    try:
        arrays = {
            name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
            for name in ("tokens", "starts", "counts")
        }
        words = (folder / "words.txt").read_text(encoding="utf-8").split("\n")
        return Corpus(**arrays, words=tuple(words))
    except (OSError, ValueError, EOFError, DataError):
        return None
