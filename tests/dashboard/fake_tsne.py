"""A runner of t-SNE that draws nothing: words on a circle, done at once or on the way for ever."""

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from core.errors import InputError
from core.words.explore import Frames
from core.words.explore.live import FinishedMap, Run, TsneSettings, grid_of
from core.words.explore.vectors import WordVectors

KL_END = 0.25


def live_map(
    vectors: WordVectors, rows: np.ndarray, settings: TsneSettings, kl: Any
) -> FinishedMap:
    """Returns a made-up map: words on a circle that grows; KL as given."""
    n = len(rows)
    angle = 2 * np.pi * np.arange(n) / n
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    sizes = np.linspace(1e-4, 20, len(kl))
    positions = (sizes[:, None, None] * circle).astype(np.float32)
    graph = sparse.diags_array([1.0, 1.0], offsets=[1, -1], shape=(n, n)).tocsr()
    table = pd.DataFrame(
        {
            "word": [vectors.words[row] for row in rows],
            "rank": rows + 1,
            "x": positions[-1, :, 0],
            "y": positions[-1, :, 1],
            "preservation": np.full(n, 0.5),
        }
    )
    return FinishedMap(
        settings=settings,
        frames=Frames(np.arange(len(kl)) * 10, positions, np.array(kl)),
        affinities=graph / graph.sum(),
        table=table,
        kl=float(kl[-1]),
        trustworthiness=0.9,
        seconds=0.5,
    )


class FakeRunner:
    """Finishes at once, or not at all, or refuses; remembers what it was asked."""

    def __init__(self, does: str = "done") -> None:
        self.does = does
        self.kl = list(np.linspace(3, KL_END, 21))
        self.asked: list[tuple[TsneSettings, ...]] = []
        self.runs: list[Run] = []
        self.remembered: dict[Any, Run] = {}

    def known(self, vectors: WordVectors, rows: np.ndarray, settings: Any) -> Run | None:
        return self.remembered.get((vectors.name, rows.tobytes(), tuple(settings)))

    def submit(self, vectors: WordVectors, rows: np.ndarray, settings: TsneSettings) -> Run:
        return self._run(vectors, rows, (settings,))

    def multiples(
        self, vectors: WordVectors, rows: np.ndarray, perplexities: Any, seeds: Any, settings: Any
    ) -> Run:
        return self._run(vectors, rows, grid_of(settings, perplexities, seeds))

    def _run(self, vectors: WordVectors, rows: np.ndarray, plans: tuple[TsneSettings, ...]) -> Run:
        self.asked.append(plans)
        if self.does == "refuse":
            raise InputError("another map is being drawn on this server; try again")
        run = Run([vectors.words[row] for row in rows], sum(plan.n_iterations for plan in plans))
        self.runs.append(run)
        drawn = [live_map(vectors, rows, plan, self.kl) for plan in plans]
        if self.does == "run":
            run.iteration, run.kls = 20, [(0, 3.0), (10, 2.9), (20, 2.5)]
            run.positions = drawn[0].frames.positions[2]
            stop = run.stop

            def stopped() -> None:
                stop()
                run.maps = tuple(drawn)
                run.finish("stopped")

            run.stop = stopped  # type: ignore[method-assign]
        elif self.does == "fail":
            run.finish("failed", "the map diverged before iteration 20; lower learning_rate")
        else:
            run.maps = tuple(drawn)
            run.finish("done")
            self.remembered[vectors.name, rows.tobytes(), plans] = run
        return run
