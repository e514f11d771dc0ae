"""What a page, a notebook or the command line asks of maps and vectors that ship as bundles."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from core.bundle import ASSETS, Bundle, check_arrays, load_bundle
from core.datasets.store import Sources
from core.errors import BundleError, InputError
from core.spelling import Spellings
from core.typed_text import plain
from core.words import GLOVE, MAPS, OUR_VECTORS, VECTORS
from core.words.explore.vectors import WordVectors
from core.words.tsne.quality import N_NEIGHBOURS, align, places, stability

__all__ = [
    "N_NEIGHBOURS",
    "Frames",
    "MapExplorer",
    "MapRecord",
    "align",
    "open_set",
    "open_vectors",
    "open_vectors_at",
    "stability",
    "words_name",
]


def words_name(n_words: int, distance: str) -> str:
    """Returns what a bundle calls the most frequent words by a distance."""
    return f"n{n_words}-{distance}"


@dataclasses.dataclass(frozen=True, slots=True)
class MapRecord:
    """One map of a bundle: how it was drawn and how good it is.

    Attributes:
        name: unique in the bundle.
        n_words: so many most frequent words were fitted.
        n_drawn: so many of them are drawn at first.
        perplexity: of t-SNE.
        start: "pca" or "random".
        seed: of a random start.
        distance: what t-SNE was given: "euclidean" for the raw vectors, "cosine" for vectors of
            length 1.
        n_iterations: of gradient descent.
        kl: divergence of the map from the affinities, nats.
        trustworthiness: from 0 to 1, of 10 neighbours.
        pca_trustworthiness: the same of the first two principal components.
        preservation: mean share of a word's 10 nearest that are its 10 nearest on the map.
        pca_preservation: the same of the first two principal components.
        has_frames: whether positions during the descent are kept.
    """

    name: str
    n_words: int
    n_drawn: int
    perplexity: float
    start: str
    seed: int
    distance: str
    n_iterations: int
    kl: float
    trustworthiness: float
    pca_trustworthiness: float
    preservation: float
    pca_preservation: float
    has_frames: bool

    @property
    def words_name(self) -> str:
        """Returns what maps of the same words by the same distance share."""
        return words_name(self.n_words, self.distance)


@dataclasses.dataclass(frozen=True, slots=True)
class Frames:
    """A map during its descent.

    Attributes:
        iterations: i64[T].
        positions: f32[T, N, 2].
        kl: f64[T], nats.
    """

    iterations: np.ndarray
    positions: np.ndarray
    kl: np.ndarray


class MapExplorer:
    """Maps of one set of vectors, opened for questions; never changes.

    Args:
        bundle: of kind "words" that holds maps.
        where: its folder, for messages.

    Raises:
        BundleError: it holds something else, or parts are missing.

    Attributes:
        bundle: as given.
        title: of the vectors, for people.
        vectors_name: of the vectors, for programs.
        words: columns word, rank (1 is the most frequent) and, where known, count.
        maps: every map that ships.
        axes: pairs of words on whose axis the position of every word ships.
    """

    def __init__(self, bundle: Bundle, where: Path | None = None) -> None:
        where = where or Path(bundle.name)
        if bundle.config.get("content") != MAPS:
            raise BundleError(where, ["it holds no maps"])
        problems = [
            f"table {name} is missing"
            for name in ("words", "neighbours")
            if name not in bundle.tables
        ]
        if "maps" not in bundle.documents:
            problems.append("document maps is missing")
        if problems:
            raise BundleError(where, problems)
        self.bundle = bundle
        self.title: str = bundle.config["title"]
        self.vectors_name: str = bundle.config["vectors"]
        self.n_dims: int = bundle.config["n_dims"]
        self.maps = tuple(MapRecord(**record) for record in bundle.documents["maps"])
        words = bundle.tables["words"]
        self.words = words.assign(rank=np.arange(1, len(words) + 1))
        self.axes = tuple((low, high) for low, high in bundle.config["axes"])
        check_arrays(bundle, self._shapes(), where=where)
        self._row = {word: row for row, word in enumerate(self.words["word"])}
        self._spellings = Spellings(list(self.words["word"]))

    def table(self, record: MapRecord) -> pd.DataFrame:
        """Returns the words of a map and where they lie.

        Columns are those of `words`, x and y, pca_x and pca_y (the first two principal components),
        preservation and pca_preservation (share of the 10 nearest that are nearest on the map).
        The index is the word's row.
        """
        place = self.bundle.arrays[f"map.{record.name}.coordinates"]
        pca = self.bundle.arrays[f"set.{record.words_name}.pca"]
        kept = self.bundle.arrays[f"map.{record.name}.preservation"].astype(np.float64)
        pca_kept = self.bundle.arrays[f"set.{record.words_name}.pca_preservation"]
        return self.words.iloc[: record.n_words].assign(
            x=place[:, 0],
            y=place[:, 1],
            pca_x=pca[:, 0],
            pca_y=pca[:, 1],
            preservation=kept,
            pca_preservation=pca_kept.astype(np.float64),
        )

    def axis_positions(self, low: str, high: str, n_words: int) -> np.ndarray:
        """Returns where the most frequent words lie on a shipped axis: cosines f64[n_words].

        Raises:
            InputError: that axis does not ship.
        """
        if (low, high) not in self.axes:
            known = ", ".join(f"{a} to {b}" for a, b in self.axes)
            raise InputError(f"axis ({low} to {high}) should be one of {known}")
        column = self.axes.index((low, high))
        return self.bundle.arrays["axes"][:n_words, column].astype(np.float64)

    def find(self, word: str) -> int:
        """Returns the row of a word, in plain signs or lower case where the exact form is absent.

        Raises:
            InputError: the word is on no map; names the nearest spellings.
        """
        tidy = plain(word).strip()
        for form in (word, tidy, tidy.lower()):
            if form in self._row:
                return self._row[form]
        near = self._spellings.nearest_spellings(tidy.lower(), limit=3) if tidy else []
        remedy = f"; did you mean {', '.join(near)}?" if near else ""
        raise InputError(
            f"word ({tidy[:40]}) is not among the {len(self.words):,} most frequent words of "
            f"{self.title}{remedy}"
        )

    def true_neighbours(self, record: MapRecord, row: int, n: int = N_NEIGHBOURS) -> pd.DataFrame:
        """Returns a word's nearest words in all dimensions, among those of a map.

        Returns:
            row, word, rank, distance (as t-SNE was given), cosine, map_place and pca_place (1 is
            the nearest on that map), is_kept (map_place is at most n); the nearest first.

        Raises:
            InputError: the word is not on that map, or n is above what ships.
        """
        self._check(record, row, n)
        arrays, name = self.bundle.arrays, f"set.{record.words_name}"
        rows = arrays[f"{name}.neighbours"][row, :n].astype(np.int64)
        map_places, pca_places = (
            places(points, points[row], own=row)[rows]
            for points in (arrays[f"map.{record.name}.coordinates"], arrays[f"{name}.pca"])
        )
        cosine = arrays[f"{name}.cosines"][row, :n].astype(np.float64)
        return self.words.iloc[rows].assign(
            row=rows,
            distance=arrays[f"{name}.distances"][row, :n].astype(np.float64),
            cosine=cosine,
            map_place=map_places,
            pca_place=pca_places,
            is_kept=map_places <= n,
        )

    def neighbours(self, row: int, n: int = N_NEIGHBOURS) -> pd.DataFrame:
        """Returns a word's nearest words by cosine among all of the vectors: word, rank, cosine.

        Raises:
            InputError: n is above what ships, or the word has no list.
        """
        table = self.bundle.tables["neighbours"]
        most = self._check_n(n)
        if not 0 <= row < len(table) // most:
            raise InputError(f"row ({row}) should be from 0 to {len(table) // most - 1}")
        return table.iloc[row * most : row * most + n].reset_index(drop=True)

    def frames(self, record: MapRecord) -> Frames:
        """Returns the positions of a map during its descent.

        Raises:
            InputError: they were not kept.
        """
        self._check_frames(record)
        arrays, name = self.bundle.arrays, f"map.{record.name}"
        return Frames(
            arrays[f"{name}.frame_iterations"],
            arrays[f"{name}.frames"].astype(np.float32)
            * arrays[f"{name}.frame_scales"][:, None, None],
            arrays[f"{name}.frame_kl"].astype(np.float64),
        )

    def affinities(self, record: MapRecord) -> sparse.csr_array:
        """Returns P of a map whose descent was kept: f32[N, N].

        Raises:
            InputError: it was not kept.
        """
        self._check_frames(record)
        arrays, name = self.bundle.arrays, f"map.{record.name}.affinities"
        parts = arrays[f"{name}.values"].astype(np.float32), arrays[f"{name}.columns"]
        return sparse.csr_array(
            (*parts, arrays[f"{name}.starts"]), (record.n_words, record.n_words)
        )

    def _check(self, record: MapRecord, row: int, n: int) -> None:
        if not 0 <= row < record.n_words:
            word = self.words["word"].iloc[row] if 0 <= row < len(self.words) else row
            raise InputError(
                f"word ({word}) is not on the map of the {record.n_words:,} most frequent words; "
                "choose a map of more words"
            )
        self._check_n(n)

    def _check_n(self, n: int) -> int:
        """Returns how many neighbours of a word ship, if they are enough."""
        most = int(self.bundle.config["n_neighbours"])
        if not 1 <= n <= most:
            raise InputError(f"n ({n}) should be from 1 to {most}, the neighbours that ship")
        return most

    def _check_frames(self, record: MapRecord) -> None:
        if not record.has_frames:
            raise InputError(f"map ({record.name}) ships without the frames of its descent")

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        k = int(self.bundle.config["n_neighbours"])
        shapes: dict[str, tuple[int, ...]] = {"axes": (len(self.words), len(self.axes))}
        for record in self.maps:
            shapes[f"map.{record.name}.coordinates"] = (record.n_words, 2)
            shapes[f"map.{record.name}.preservation"] = (record.n_words,)
            name = f"set.{record.words_name}"
            shapes[f"{name}.pca"] = (record.n_words, 2)
            shapes[f"{name}.pca_preservation"] = (record.n_words,)
            for part in ("neighbours", "cosines", "distances"):
                shapes[f"{name}.{part}"] = (record.n_words, k)
        return shapes


def open_vectors(bundle: Bundle, where: Path | None = None) -> WordVectors:
    """Opens vectors that ship as a bundle.

    Args:
        bundle: of kind "words" that holds vectors.
        where: its folder, for messages.

    Raises:
        BundleError: it holds something else, or parts are missing.
    """
    where = where or Path(bundle.name)
    if bundle.config.get("content") != VECTORS:
        raise BundleError(where, ["it holds no vectors"])
    table = bundle.tables.get("words")
    if table is None:
        raise BundleError(where, ["table words is missing"])
    check_arrays(bundle, {"vectors": (len(table), None)}, where=where)
    return WordVectors(
        str(bundle.config["method"]),
        str(bundle.config["title"]),
        list(table["word"]),
        bundle.arrays["vectors"].astype(np.float32),
        counts=table["count"].to_numpy().copy() if "count" in table else None,
    )


def open_set(name: str, sources: Sources, *, n_dims: int = 50) -> WordVectors:
    """Opens a set of vectors by name.

    Args:
        name: "glove" or one of `OUR_VECTORS`.
        sources: where GloVe's archive is looked for.
        n_dims: of GloVe's vectors.

    Raises:
        InputError: there is none of that name.
        DataError: GloVe's archive is missing or damaged.
        BundleError: the bundle is missing or damaged.
    """
    if name == GLOVE:
        from core.words.explore.glove import open_glove

        return open_glove(sources.get("glove-6b"), n_dims=n_dims, data_dir=sources.data_dir)
    if name not in OUR_VECTORS:
        raise InputError(f"--vectors ({name}) should be one of {', '.join((GLOVE, *OUR_VECTORS))}")
    return open_vectors_at(ASSETS / f"words-{name}", name)


def open_vectors_at(folder: Path, preset: str) -> WordVectors:
    """Opens the bundle of vectors in a folder; `preset` is what trains it where there is none.

    Raises:
        BundleError: the bundle is missing or damaged.
    """
    command = f"python -m core train words --preset {preset} --out {folder}"
    return open_vectors(load_bundle(folder, kind="words", command=command), folder)
