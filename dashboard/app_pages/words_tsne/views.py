"""The three views of a map drawn by t-SNE: its descent, the forces on a word, many maps."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from core.words.explore import MapExplorer, stability
from core.words.explore.forces import forces
from core.words.explore.live import MOST_ITERATIONS, MOST_WORDS, MOST_WORDS_MULTIPLES
from dashboard import theme, view_state
from dashboard.app_pages.words_tsne import descent_figure as figures
from dashboard.app_pages.words_tsne import forces_figure, multiples_figure
from dashboard.app_pages.words_tsne.live_run import Drawn, Grid
from dashboard.components import page, width
from dashboard.components.chart import chart
from dashboard.components.text import plain
from dashboard.figures.selection import selected_rows

KEY, KEY_FORCES = "words_tsne_main", "words_tsne_forces"
KEY_GRID, KEY_STABILITY = "words_tsne_grid", "words_tsne_stability"
_N_NEAREST = 10
_SHRUNK = 0.1  # of its first width: a map that is said to shrink


def one_run(
    drawn: Drawn,
    accents: Sequence[int],
    *,
    opening: int,
    n_labels: int,
    font_size: int,
    background: str,
) -> None:
    """Draws the frames of a run and says what they show.

    Args:
        drawn: the run.
        accents: rows of words in colour.
        opening: share of the run, in %, at which the figure opens.
        n_labels: words labelled at most.
        font_size: px.
        background: of the page.
    """
    found = drawn.map
    words, frames = found.words, found.frames
    figure = figures.run(
        words,
        drawn.descent,
        pulls=found.settings.pulls(frames.iterations),
        accents=accents,
        start=round(opening / 100 * (len(frames.iterations) - 1)),
        n_labels=n_labels,
        width=width.known(KEY),
        font_size=font_size,
        background=background,
    )
    if drawn.is_complete and not drawn.is_settled:
        st.warning(
            f"The steps were too large: KL still rose {drawn.rises} times in the last quarter of "
            f"the run and ended at {found.kl:.2f}. The map diverged rather than settled, and its "
            "shape means nothing. Lower the learning rate; 0 is automatic.",
            icon=":material/error:",
        )
    chart(
        figure,
        key=KEY,
        alt=f"Map of {len(words)} words in {len(figure.frames)} frames from the start to the end "
        "of t-SNE, with KL and the width of the map by iteration",
        data=found.table,
        filename="words-tsne",
    )
    sizes = figures.widths(frames.positions)
    smallest = float(sizes.min())
    least = plain(f"{smallest:.1g}") if smallest > 0 else "almost nothing"
    page.what_you_see(
        f"{theme.count(len(words))} words of {plain(drawn.title)}, perplexity "
        f"{found.settings.perplexity:g}: {plain(drawn.origin)}. KL falls from {frames.kl[0]:.2f} "
        f"to **{frames.kl[-1]:.2f}** nats in {theme.count(int(frames.iterations[-1]))} "
        f"iterations, and {100 * found.preservation:.0f} % of the words that were "
        "nearest in all dimensions are nearest on the map. The map starts "
        f"{plain(f'{sizes[0]:.2g}')} wide, "
        + (
            f"shrinks to {least} while pulls are exaggerated "
            if smallest < _SHRUNK * sizes[0]
            else ""
        )
        + f"and ends {plain(f'{sizes[-1]:.3g}')} wide: each frame is scaled to it."
    )


def forces_on(
    drawn: Drawn,
    row: int,
    view: view_state.View,
    *,
    is_near: bool,
    font_size: int,
    background: str,
) -> None:
    """Draws what attracts and what repels a word at the last frame, and says it.

    Args:
        drawn: the run.
        row: the word.
        view: the page's controls; a click on the map sets `word`.
        is_near: show the part of the map with the strongest forces only.
        font_size: px.
        background: of the page.
    """
    words, positions = drawn.map.words, drawn.map.frames.positions[-1]
    table = forces(positions, drawn.map.affinities, row)

    def choose_clicked() -> None:
        clicked = selected_rows(st.session_state.get(KEY_FORCES))
        if len(clicked) == 1:
            view.set(word=words[clicked[0]])

    chart(
        forces_figure.forces(
            words,
            positions,
            table,
            row,
            is_near=is_near,
            width=width.known(KEY_FORCES),
            font_size=font_size,
            background=background,
        ),
        key=KEY_FORCES,
        alt=f"Arrows and bars: the words that pull {words[row]} near and those that push it away",
        data=table.assign(word=[words[other] for other in table["row"]]),
        filename="words-tsne-forces",
        on_select=choose_clicked,
        selection_mode="points",
    )
    pulls, pushes = forces_figure.strongest(table, 1)
    pull, push = (float(np.hypot(*v)) for v in forces_figure.sums(positions, table, row))
    left = float(np.hypot(table["dx"].sum(), table["dy"].sum()))
    share = f"{100 * left / max(pull, push):.2g} %" if max(pull, push) > 0 else "nothing"
    if pulls.empty:
        strongest = "nothing pulls it"
    else:
        strongest = f"pulled most by **{plain(words[int(pulls['row'].iloc[0])])}**"
    page.what_you_see(
        f"**{plain(words[row])}** at the last frame: {strongest}, pushed most by "
        f"**{plain(words[int(pushes['row'].iloc[0])])}**. Thick arrows are the sums of all pulls "
        f"(blue) and of all pushes (vermilion). {plain(share)} of them is left over: where both "
        "cancel, the word rests. Click another word to take it."
    )


def small_multiples(grid: Grid, accents: Sequence[int], *, font_size: int, background: str) -> None:
    """Draws maps by perplexity and seed, and which words keep their neighbours.

    Args:
        grid: the maps.
        accents: rows of words in colour.
        font_size: px.
        background: of the page.
    """
    words = grid.words
    flat = grid.maps.reshape(-1, len(words), 2)
    n_near = min(_N_NEAREST, len(words) - 1)
    table = pd.DataFrame({"word": words, "stability": stability(flat, n_neighbors=n_near)})
    chart(
        multiples_figure.grid(
            words,
            grid.maps,
            grid.perplexities,
            grid.seeds,
            accents=accents,
            width=width.known(KEY_GRID),
            font_size=font_size,
            background=background,
        ),
        key=KEY_GRID,
        alt=f"{len(flat)} maps of {len(words)} words: a row for each perplexity, a column for each "
        "seed, all turned onto the first",
        data=_long(grid),
        filename="words-tsne-multiples",
    )
    ends = table.sort_values("stability", ascending=False, kind="stable")
    between = [
        float(stability(row, n_neighbors=n_near).mean()) for row in grid.maps if len(row) > 1
    ]
    changed = [
        f"{100 * (1 - share):.0f} % at perplexity {perplexity:g}"
        for perplexity, share in zip(grid.perplexities, between, strict=False)
    ]
    seeds = f"Another seed alone changes {', '.join(changed)}." if changed else ""
    page.what_you_see(
        f"The same {theme.count(len(words))} words of {plain(grid.title)} in {len(flat)} maps from "
        "random starts, turned, mirrored and scaled onto the first. From map to map a word keeps "
        f"{100 * table['stability'].mean():.0f} % of its {n_near} neighbours; most stable is "
        f"**{plain(ends['word'].iloc[0])}**, least **{plain(ends['word'].iloc[-1])}**. {seeds}"
    )
    with page.details("Which words keep their neighbours from map to map"):
        chart(
            multiples_figure.stability(table),
            key=KEY_STABILITY,
            alt="Bars: the words that keep most and fewest of their neighbours from map to map",
            data=ends,
            filename="words-tsne-stability",
        )


def explain(maps: MapExplorer) -> None:
    """Draws the formula, how a map may be read, and what a visitor may ask for.

    Args:
        maps: what ships.
    """
    record = next((record for record in maps.maps if record.has_frames), None)
    shipped = ""
    if record is not None:
        vectors = "as they are" if record.distance == "euclidean" else "at length 1"
        shipped = f", in the run that ships {vectors}"
    with page.details("What is minimised, and how to read the map"):
        st.latex(
            r"""\begin{aligned}
p_{j|i} &\propto e^{-\lVert x_i - x_j \rVert^2 / 2 \sigma_i^2},
\quad p_{ij} = \frac{p_{j|i} + p_{i|j}}{2N} \\
q_{ij} &= \frac{w_{ij}}{\sum_{k \ne l} w_{kl}},
\quad w_{ij} = \frac{1}{1 + \lVert y_i - y_j \rVert^2} \\
\mathrm{KL} &= \sum_{i \ne j} p_{ij} \log \frac{p_{ij}}{q_{ij}}, \quad
\frac{\partial\, \mathrm{KL}}{\partial y_i} = 4 \sum_j (p_{ij} - q_{ij})\, w_{ij}\, (y_i - y_j)
\end{aligned}"""
        )
        st.markdown(
            "**Perplexity** sets each width σ so that a word has about that many neighbours that "
            "count. It must be at most a third of the other words. **Early exaggeration** "
            "multiplies all p, wholly for the first twentieth of the iterations and then less and "
            "less, until it is gone after three fifths of them. Strong groups form early and can "
            "still pass each other; where groups are weak, as among frequent words, the pulls win "
            "everywhere and the map shrinks towards one point, to spread once they ease off. "
            "**Automatic learning rate** is N by the exaggeration of the moment, at most N / 4. "
            "All maps start 10⁻⁴ small, where every word is as near to every other.\n\n"
            "**Reading the map.** Who is next to whom means something; how large a cluster is, how "
            "far two clusters lie apart, and which way is up mean little, because σ differs from "
            "word to word and the push fades with distance. What another seed or perplexity "
            "changes is not in the data. KL compares only at the same words and perplexity.\n\n"
            f"**Limits.** At most {theme.count(MOST_WORDS)} words, {MOST_WORDS_MULTIPLES} for "
            f"small multiples, and {theme.count(MOST_ITERATIONS)} iterations; the server draws one "
            "map at a time and remembers the last few. Of a run's frames at most "
            f"{figures.MOST_FRAMES} are sent, evenly apart. Vectors are taken at length 1 in runs "
            f"drawn here{shipped}.\n\nSources: van der Maaten and Hinton "
            "(2008), *Visualizing Data using t-SNE*; Wattenberg, Viégas and Johnson (2016), *How "
            "to Use t-SNE Effectively*; Kobak and Berens (2019) for start and learning rate."
        )


def _long(grid: Grid) -> pd.DataFrame:
    """Returns every panel's places in one table."""
    return pd.concat(
        [
            pd.DataFrame({"word": grid.words, "x": places[:, 0], "y": places[:, 1]}).assign(
                perplexity=perplexity, seed=seed
            )
            for perplexity, row in zip(grid.perplexities, grid.maps, strict=True)
            for seed, places in zip(grid.seeds, row, strict=True)
        ],
        ignore_index=True,
    )
