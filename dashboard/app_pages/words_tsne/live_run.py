"""Runs of t-SNE on a page: whose words, what is running, what has been drawn."""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from core.errors import InputError
from core.words.explore import MapExplorer, align
from core.words.explore.live import FinishedMap, Run, TsneSettings
from dashboard import theme
from dashboard.app_pages.words_tsne import descent_figure
from dashboard.app_pages.words_tsne.again import run_again

ONE, MULTIPLES = "one", "multiples"  # what a run draws
KEY_PROGRESS = "words_tsne_progress"
SEEDS = (0, 1, 2)
_PAUSE, _LONG_PAUSE = 0.6, 2.0  # s between two looks at a run: at its map, at its bar alone
_IN_COLOUR = ("school", "university", "killed", "death", "president", "war", "two", "year")
_N_IN_COLOUR = 4
_ACTIVE, _OWN, _PROBLEM = "words_tsne-active", "words_tsne-own", "words_tsne-problem"
_RISE, _MOST_RISES = 1e-3, 1  # nats; of a run that has come to rest


@dataclasses.dataclass(frozen=True)
class Drawn:
    """A map to be shown.

    Attributes:
        title: of the vectors.
        map: shipped or drawn here.
        is_complete: it was not stopped.
    """

    title: str
    map: FinishedMap
    is_complete: bool = True

    @property
    def descent(self) -> descent_figure.Descent:
        """Returns what a figure needs of the frames."""
        frames = self.map.frames
        return descent_figure.Descent(frames.iterations, frames.positions, frames.kl)

    @property
    def rises(self) -> int:
        """Returns how often KL rose in the last quarter of the run: 0 or 1 where it settled."""
        kl = self.map.frames.kl
        return int((np.diff(kl[-max(2, len(kl) // 4) :]) > _RISE).sum())

    @property
    def is_settled(self) -> bool:
        """Says whether the steps were small enough for KL to come down at the end."""
        return self.rises <= _MOST_RISES

    @property
    def origin(self) -> str:
        """Says where it comes from."""
        if self.map.seconds is None:
            return "the run that ships with the app"
        if self.is_complete:
            return f"drawn here in {theme.seconds(self.map.seconds)}"
        return (
            f"stopped at iteration {theme.count(int(self.map.frames.iterations[-1]))} of "
            f"{theme.count(self.map.settings.n_iterations)}"
        )


@dataclasses.dataclass(frozen=True)
class Grid:
    """Maps of the same words by perplexity and seed, aligned onto the first.

    Attributes:
        title: of the vectors.
        words: N words.
        perplexities: P of them.
        seeds: S of them.
        maps: f64[P, S, N, 2].
    """

    title: str
    words: list[str]
    perplexities: tuple[float, ...]
    seeds: tuple[int, ...]
    maps: np.ndarray


class Active(NamedTuple):
    """A run that this visitor started."""

    kind: str  # ONE or MULTIPLES
    key: tuple[Any, ...]  # what it is of
    run: Run
    title: str  # of the vectors


def shipped(maps: MapExplorer) -> Drawn | None:
    """Returns the first map of a bundle that kept its descent, or None."""
    record = next((record for record in maps.maps if record.has_frames), None)
    if record is None:
        return None
    settings = TsneSettings(
        perplexity=record.perplexity,
        n_iterations=record.n_iterations,
        start=record.start,
        seed=record.seed,
    )
    found = FinishedMap(
        settings=settings,
        frames=maps.frames(record),
        affinities=maps.affinities(record),
        table=maps.table(record)[["word", "rank", "x", "y", "preservation"]],
        kl=record.kl,
        trustworthiness=record.trustworthiness,
        seconds=None,
    )
    return Drawn(maps.title, found)


def shipped_grid(maps: MapExplorer) -> Grid | None:
    """Returns the maps with a random start that a bundle has, or None if they fill no grid."""
    records = [record for record in maps.maps if record.start == "random"]
    if not records:
        return None
    of = records[0].n_words, records[0].distance
    found = {(r.perplexity, r.seed): r for r in records if (r.n_words, r.distance) == of}
    perplexities = tuple(sorted({perplexity for perplexity, _ in found}))
    seeds = tuple(sorted({seed for _, seed in found}))
    if len(found) != len(perplexities) * len(seeds) or len(found) < 2:
        return None
    tables = [maps.table(found[p, s]) for p in perplexities for s in seeds]
    places = [table[["x", "y"]].to_numpy(np.float64) for table in tables]
    aligned = np.stack([align(place, places[0]) for place in places])
    return Grid(
        maps.title,
        tables[0]["word"].tolist(),
        perplexities,
        seeds,
        aligned.reshape(len(perplexities), len(seeds), -1, 2),
    )


def grid_here(run: Run, title: str) -> Grid | None:
    """Returns the whole rows of panels that a run has finished, or None if there is none."""
    n_rows = len(run.maps) // len(SEEDS)
    if not n_rows:
        return None
    places = [found.table[["x", "y"]].to_numpy(np.float64) for found in run.maps]
    maps = np.stack(places[: n_rows * len(SEEDS)])
    return Grid(
        title,
        list(run.words),
        tuple(run.maps[place * len(SEEDS)].settings.perplexity for place in range(n_rows)),
        SEEDS,
        maps.reshape(n_rows, len(SEEDS), -1, 2),
    )


def perplexities(n_words: int) -> tuple[float, ...]:
    """Returns up to three perplexities that differ much and fit a number of words."""
    bound = (n_words - 1) // 3
    chosen = (5, 30, 100) if bound >= 100 else (bound / 9, bound / 3, bound)
    return tuple(sorted({float(max(1, round(value))) for value in chosen}))


def in_colour(words: list[str], *, is_around: bool) -> list[str]:
    """Returns words that are coloured at first: some that lie apart, whatever the words are.

    Args:
        words: of the map.
        is_around: they are the neighbours of the first one, which then comes first.
    """
    known = set(words)
    usual = [word for word in _IN_COLOUR if word in known]
    spread = words[:: max(1, len(words) // _N_IN_COLOUR)]
    chosen = [*words[:1], *usual, *spread] if is_around else [*usual, *spread]
    return list(dict.fromkeys(chosen))[:_N_IN_COLOUR]


def start(kind: str, key: tuple[Any, ...], title: str, submit: Callable[[], Run]) -> None:
    """Starts a run for this visitor, or keeps the sentence that says why not.

    Args:
        kind: ONE or MULTIPLES.
        key: what it is of, to find it again.
        title: of the vectors.
        submit: asks the runner.
    """
    st.session_state.pop(_PROBLEM, None)
    try:
        st.session_state[_ACTIVE] = Active(kind, key, submit(), title)
    except InputError as error:
        st.session_state[_PROBLEM] = str(error)


def was_running() -> bool:
    """Returns whether this visitor's run went on when the page was last drawn; before `active`."""
    return _ACTIVE in st.session_state


def active() -> Active | None:
    """Returns this visitor's run while it goes on; puts a finished one where `own` finds it."""
    found = st.session_state.get(_ACTIVE)
    if found is None or found.run.state == "running":
        return found
    del st.session_state[_ACTIVE]
    if found.run.state == "failed":
        st.session_state[_PROBLEM] = found.run.error
    elif found.kind == MULTIPLES and len(found.run.maps) < len(SEEDS):
        st.session_state[_PROBLEM] = (
            "the run was stopped before its first row of maps was finished; run it again"
        )
    elif found.run.maps:
        st.session_state[f"{_OWN}-{found.kind}"] = found
    return None


def own(kind: str) -> Active | None:
    """Returns the last run that this visitor finished or stopped."""
    return st.session_state.get(f"{_OWN}-{kind}")


def forget() -> None:
    """Forgets this visitor's runs, so that what ships is shown again."""
    for kind in (ONE, MULTIPLES):
        st.session_state.pop(f"{_OWN}-{kind}", None)


def problem() -> str | None:
    """Returns why the last run did not start or failed."""
    return st.session_state.get(_PROBLEM)


def show_progress(found: Active, figure: Callable[[Run, np.ndarray], Any] | None) -> None:
    """Draws how far a run is now; `follow` brings the next look at it.

    Args:
        found: the run.
        figure: makes a figure of it and its positions; None for the bar alone.
    """
    run = found.run
    share = min(1.0, run.iteration / max(1, run.n_iterations))
    text = f"Iteration {theme.count(run.iteration)} of {theme.count(run.n_iterations)}"
    if found.kind == MULTIPLES:
        text += f", {len(run.maps)} maps finished"
    curve = list(run.kls)
    text += f", KL {curve[-1][1]:.3f}" if curve else ": getting ready"
    with st.container():  # of one place on the page, however much is in it
        st.progress(share, text=text)
        positions = run.positions
        if figure is not None and positions is not None:
            st.plotly_chart(
                figure(run, positions),
                width="stretch",
                theme=None,
                key=KEY_PROGRESS,
                config={"displayModeBar": False, "showSendToCloud": False},
                alt=f"Map of {len(run.words)} words at iteration {run.iteration}, and KL so far",
            )


def follow(*, is_drawn: bool) -> None:
    """Runs the page again soon, while a run goes on; call it below everything else.

    Args:
        is_drawn: the map is shown as it grows, rather than the bar alone beside another view.
    """
    run_again("words_tsne-again", pause=_PAUSE if is_drawn else _LONG_PAUSE)
