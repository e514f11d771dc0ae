"""Maps drawn while a visitor watches: one at a time on a server, with progress and a way to stop.

Importing this loads no training library; the thread of the first run does.
"""

import dataclasses
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from core.errors import InputError, LatentLabError
from core.words.explore import Frames
from core.words.explore.vectors import WordVectors
from core.words.tsne.config import (
    TsneConfig,
    check_perplexity,
    check_size,
    exaggeration_factors,
    exaggeration_phases,
)
from core.words.tsne.quality import align, measure

FEWEST_WORDS, MOST_WORDS = 8, 2000
MOST_WORDS_MULTIPLES = 500
MOST_ITERATIONS = 2000
MOST_MAPS = 12
_FRAMES = 100
_REMEMBERED = 8  # finished runs that are shown again without being drawn again
_AROUND = '"\u201c\u201d\u201e\u00ab\u00bb()[]{}'  # signs that a list puts around its words


@dataclasses.dataclass(frozen=True, slots=True)
class TsneSettings:
    """What a visitor may choose; the names are those of `core.words.tsne.config.TsneConfig`."""

    perplexity: float = 30.0
    n_iterations: int = 1000
    exaggeration: float = 12.0
    learning_rate: float | None = None
    start: str = "pca"
    seed: int = 0

    def pulls(self, iterations: np.ndarray) -> np.ndarray:
        """Returns the factor f64[T] on the attraction in given iterations, counted from 0."""
        phases = exaggeration_phases(self.n_iterations)
        return exaggeration_factors(iterations, self.exaggeration, *phases)

    def check(self, n_words: int) -> None:
        """Checks the bounds of a live run.

        Raises:
            InputError: one is not kept.
        """
        check_size(n_words, FEWEST_WORDS, MOST_WORDS)
        if not 1 <= self.n_iterations <= MOST_ITERATIONS:
            raise InputError(
                f"iterations ({self.n_iterations}) should be from 1 to {MOST_ITERATIONS:,}"
            )
        check_perplexity(self.perplexity, n_words)
        if not 1 <= self.exaggeration <= 100:
            raise InputError(f"exaggeration ({self.exaggeration:g}) should be from 1 to 100")
        if self.learning_rate is not None and not 0 < self.learning_rate < 1e6:
            raise InputError(
                f"learning rate ({self.learning_rate:g}) should be above 0 and below 1,000,000"
            )


@dataclasses.dataclass(frozen=True, slots=True)
class FinishedMap:
    """A finished map with its descent, drawn here or shipped.

    Attributes:
        settings: how it was drawn.
        frames: its descent; the last frame is the map.
        affinities: P, f32[N, N].
        table: word, rank, x, y, preservation (share of the 10 nearest that are nearest here too);
            N rows.
        kl: nats.
        trustworthiness: from 0 to 1; NaN for fewer than 21 words.
        seconds: of drawing, without loading and compiling where these were done before; None if it
            ships.
    """

    settings: TsneSettings
    frames: Frames
    affinities: sparse.csr_array
    table: pd.DataFrame
    kl: float
    trustworthiness: float
    seconds: float | None

    @property
    def words(self) -> list[str]:
        """Returns the words, the most frequent first where they were chosen by frequency."""
        return self.table["word"].tolist()

    @property
    def preservation(self) -> float:
        """Returns the mean share of neighbours that are kept."""
        return float(self.table["preservation"].mean())


class Run:
    """One map, or several, on the way; a page reads this while a thread writes it.

    Attributes:
        words: that are being drawn.
        n_iterations: of all maps together.
        iteration: how far.
        kls: iteration and KL of each frame of the current map.
        positions: f32[N, 2] of the latest frame, or None.
        state: "running", "done", "stopped" (by the visitor; `maps` hold what was reached) or
            "failed".
        error: a sentence, if it failed.
        maps: what is finished.
    """

    def __init__(self, words: list[str], n_iterations: int) -> None:
        self.words = words
        self.n_iterations = n_iterations
        self.iteration = 0
        self.kls: list[tuple[int, float]] = []
        self.positions: np.ndarray | None = None
        self.state = "running"
        self.error = ""
        self.maps: tuple[FinishedMap, ...] = ()
        self._stop = threading.Event()
        self._finished = threading.Event()

    @property
    def is_running(self) -> bool:
        """Returns whether the thread still works on it."""
        return self.state == "running"

    def stop(self) -> None:
        """Asks the thread to stop at its next frame."""
        self._stop.set()

    def should_stop(self) -> bool:
        """Returns whether somebody asked for it."""
        return self._stop.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until it is no longer running; returns whether it came to that."""
        return self._finished.wait(timeout)

    def finish(self, state: str, error: str = "") -> None:
        """Called by the thread at the end."""
        self.error = error
        self.state = state
        self._finished.set()


class TsneRunner:
    """Draws maps one at a time, and remembers the last few."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._current: Run | None = None
        self._remembered: OrderedDict[tuple, Run] = OrderedDict()

    def known(
        self, vectors: WordVectors, rows: np.ndarray, settings: Sequence[TsneSettings]
    ) -> Run | None:
        """Returns the finished run of the same words and settings, if it is remembered."""
        with self._lock:
            return self._remembered.get(_key(vectors, rows, settings))

    def submit(self, vectors: WordVectors, rows: np.ndarray, settings: TsneSettings) -> Run:
        """Starts drawing a map.

        Args:
            vectors: of the words.
            rows: i64[N], which words; different ones.
            settings: how.

        Returns:
            The run, which goes on by itself; the remembered one if this was drawn before.

        Raises:
            InputError: a bound is not kept, or another map is being drawn.
        """
        settings.check(len(rows))
        return self._start(vectors, rows, (settings,))

    def multiples(
        self,
        vectors: WordVectors,
        rows: np.ndarray,
        perplexities: Sequence[float],
        seeds: Sequence[int],
        settings: TsneSettings,
    ) -> Run:
        """Starts drawing the same words with several perplexities and random starts.

        Returns:
            The run; its maps come in the order of perplexities, each with all seeds, and are turned
            onto the first one.

        Raises:
            InputError: a bound is not kept, or another map is being drawn.
        """
        check_size(len(rows), FEWEST_WORDS, MOST_WORDS_MULTIPLES)
        if not 1 <= len(perplexities) * len(seeds) <= MOST_MAPS:
            raise InputError(
                f"maps ({len(perplexities) * len(seeds)}) should be from 1 to {MOST_MAPS}"
            )
        plans = grid_of(settings, perplexities, seeds)
        for plan in plans:
            plan.check(len(rows))
        return self._start(vectors, rows, plans)

    def _start(
        self, vectors: WordVectors, rows: np.ndarray, plans: tuple[TsneSettings, ...]
    ) -> Run:
        rows = np.asarray(rows, np.int64)
        key = _key(vectors, rows, plans)
        with self._lock:
            if key in self._remembered:
                self._remembered.move_to_end(key)
                return self._remembered[key]
            if self._current is not None and self._current.is_running:
                raise InputError(
                    "another map is being drawn on this server, which draws one at a time; try "
                    "again in a few seconds"
                )
            run = Run(
                [vectors.words[row] for row in rows], sum(plan.n_iterations for plan in plans)
            )
            self._current = run
        threading.Thread(
            target=self._work, args=(run, key, vectors, rows, plans), daemon=True, name="t-sne"
        ).start()
        return run

    def _work(
        self,
        run: Run,
        key: tuple,
        vectors: WordVectors,
        rows: np.ndarray,
        plans: tuple[TsneSettings, ...],
    ) -> None:
        state, error = "failed", "the map could not be drawn; try other settings"
        try:
            points = np.array(vectors.unit[rows], np.float32)
            for plan in plans:
                drawn = _draw(run, points, rows, plan)
                if run.maps:
                    drawn = _turned(drawn, run.maps[0])
                run.maps = (*run.maps, drawn)
                if run.should_stop():
                    break
            state, error = ("stopped" if run.should_stop() else "done"), ""
        except LatentLabError as problem:
            error = str(problem)
        finally:
            if state == "done":
                with self._lock:
                    self._remembered[key] = run
                    while len(self._remembered) > _REMEMBERED:
                        self._remembered.popitem(last=False)
            run.finish(state, error)


def grid_of(
    settings: TsneSettings, perplexities: Sequence[float], seeds: Sequence[int]
) -> tuple[TsneSettings, ...]:
    """Returns the settings of every map of small multiples, all seeds of a perplexity together."""
    return tuple(
        dataclasses.replace(settings, perplexity=float(p), start="random", seed=int(s))
        for p in perplexities
        for s in seeds
    )


def split_words(text: str) -> list[str]:
    """Returns pasted words in their order: spaces, commas, semicolons and line ends part them.

    Quotation marks and brackets around a word go; a word of such signs, or with some inside, stays.
    """
    parts = re.split(r"[\s,;\u3001\uff0c\uff1b]+", text)
    return [_bare(part) for part in parts if part]


def _bare(part: str) -> str:
    inside = part.strip(_AROUND)
    return inside if inside and not set(inside) & set(_AROUND) else part


def choose_words(
    vectors: WordVectors,
    *,
    pasted: str | None = None,
    most_frequent: int | None = None,
    near: str | None = None,
    n_near: int = 100,
    most: int = MOST_WORDS,
) -> np.ndarray:
    """Finds the rows of a set of words: pasted ones, the most frequent, or those near a word.

    Args:
        vectors: which know the words.
        pasted: words as `split_words` parts them; repeats count once.
        most_frequent: so many most frequent words.
        near: a word, itself among the result.
        n_near: so many of its nearest words.
        most: words at the most.

    Returns:
        i64[N], different rows.

    Raises:
        InputError: not exactly one of the three is given, the set is too small or too large, or
            words are unknown (all counted, the first ones named, with near spellings).
    """
    if sum(choice is not None for choice in (pasted, most_frequent, near)) != 1:
        raise InputError("words should be chosen in one way: pasted, most frequent, or near a word")
    if most_frequent is not None:
        check_size(most_frequent, FEWEST_WORDS, min(most, len(vectors)))
        return np.arange(most_frequent)
    if near is not None:
        check_size(n_near + 1, FEWEST_WORDS, min(most, len(vectors), 1001))
        found = vectors.neighbours(near, n=n_near)["row"].to_numpy(np.int64)
        return np.concatenate([[vectors.find(near)], found])
    assert pasted is not None  # one of the three is given
    words = list(dict.fromkeys(split_words(pasted)))
    check_size(len(words), FEWEST_WORDS, most)
    rows = np.array(list(dict.fromkeys(vectors.find_all(words).tolist())), np.int64)
    check_size(len(rows), FEWEST_WORDS, most)
    return rows


def _key(vectors: WordVectors, rows: np.ndarray, settings: Sequence[TsneSettings]) -> tuple:
    return vectors.name, np.asarray(rows, np.int64).tobytes(), tuple(settings)


def _draw(run: Run, points: np.ndarray, rows: np.ndarray, settings: TsneSettings) -> FinishedMap:
    from core.words.tsne.descent import tsne  # loads jax: here, in the run's own thread

    before = run.iteration
    run.kls = []

    def on_frame(iteration: int, kl: float, positions: np.ndarray) -> None:
        run.iteration = before + iteration
        run.kls.append((iteration, kl))
        run.positions = positions

    config = TsneConfig(
        **dataclasses.asdict(settings), frame_every=max(1, settings.n_iterations // _FRAMES)
    )
    started = time.perf_counter()
    drawn = tsne(points, config, on_frame=on_frame, should_stop=run.should_stop)
    seconds = time.perf_counter() - started
    preserved, trusted = measure(points, drawn.coordinates)
    frames = Frames(drawn.frame_iterations, drawn.frames, drawn.frame_kl)
    table = pd.DataFrame(
        {
            "word": run.words,
            "rank": rows + 1,
            "x": drawn.coordinates[:, 0],
            "y": drawn.coordinates[:, 1],
            "preservation": preserved,
        }
    )
    return FinishedMap(
        settings=settings,
        frames=frames,
        affinities=drawn.affinities.matrix,
        table=table,
        kl=drawn.kl,
        trustworthiness=trusted,
        seconds=seconds,
    )


def _turned(drawn: FinishedMap, onto: FinishedMap) -> FinishedMap:
    places = align(drawn.frames.positions[-1], onto.frames.positions[-1])
    return dataclasses.replace(drawn, table=drawn.table.assign(x=places[:, 0], y=places[:, 1]))
