"""What the map of words shows: which map, which part of it, which words stand out, a selection."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.words.explore import N_NEIGHBOURS, MapExplorer, MapRecord
from dashboard import resources, theme, view_state
from dashboard.app_pages.words_map import map_figure as figures
from dashboard.app_pages.words_map.lookup import Search
from dashboard.app_pages.words_map.map_figure import Lit, Window
from dashboard.components import choices, missing, selection
from dashboard.components.text import plain

PAGE = "words_map"
BUNDLES = {"words-maps-glove": "GloVe", "words-maps-sgns": "ours, from reviews"}
TSNE, PCA, BOTH = "t-SNE", "PCA", "both"
KINDS = (TSNE, PCA, BOTH)
KEPT, TORN = "\N{BLACK CIRCLE}", "\N{WHITE DIAMOND}"  # as the marks of the figure
N_LISTED = 5  # words in each list beside the map

_DEFAULT_WORDS = 2000


@dataclasses.dataclass(frozen=True)
class Pane:
    """One of the two pictures of the same words.

    Attributes:
        kind: `TSNE` or `PCA`.
        words: those drawn, the most frequent first; columns word, rank, x, y, preservation; the
            index is the explorer's rows.
        marked: what stands out.
        everything: the window of all of it.
        rest: what is shown of it while nobody says otherwise: around what stands out.
        revision: of the map.
        tag: of map and search, for which a part is meant.
    """

    kind: str
    words: pd.DataFrame
    marked: Lit
    everything: Window
    rest: Window
    revision: str
    tag: str

    @property
    def key(self) -> str:
        """Returns the chart's key."""
        return "words_map_main" if self.kind == TSNE else "words_map_pca"

    @property
    def part(self) -> str:
        """Returns the name of the control that says which part is shown."""
        return "part" if self.kind == TSNE else "part_pca"


def choose_maps(view: view_state.View, where: DeltaGenerator) -> MapExplorer:
    """Draws the choice of vectors if several have maps, and opens it; ends the page without any."""
    name = choices.bundle(view, "vectors", "Vectors", BUNDLES, where)
    with missing.guard():
        return resources.word_maps(name)


def opening(
    view: view_state.View, maps: MapExplorer
) -> tuple[dict[str, object], Sequence[MapRecord]]:
    """Returns the controls' values that choose the usual vectors, and the maps of these."""
    if "vectors" not in view.controls:
        return {}, maps.maps
    usual = choices.here(BUNDLES)[0]
    with missing.guard():
        return {"vectors": usual}, resources.word_maps(usual).maps


def default_size(sizes: Sequence[int]) -> int:
    """Returns the number of words of the first view."""
    return _DEFAULT_WORDS if _DEFAULT_WORDS in sizes else sizes[0]


def choose_record(view: view_state.View, maps: MapExplorer, n_words: int) -> MapRecord:
    """Draws the choice among the maps of so many words: perplexity, then start."""
    fitting = [record for record in maps.maps if record.n_words == n_words]
    perplexities = list(dict.fromkeys(record.perplexity for record in fitting))
    perplexity = view.segmented_control(
        "perplexity",
        "Perplexity: roughly how many neighbours a word should keep",
        sorted(perplexities),
        perplexities[0],
        lambda value: f"{value:g}",
    )
    runs = {run_name(record): record for record in fitting if record.perplexity == perplexity}
    run = view.selectbox("run", "Start of t-SNE", list(runs), next(iter(runs)))
    return runs[run]


def settings(record: MapRecord) -> dict[str, object]:
    """Returns the controls' values that choose a map."""
    return {
        "n": record.n_words,
        "perplexity": record.perplexity,
        "run": run_name(record),
    }


def run_name(record: MapRecord) -> str:
    """Returns what tells maps of one perplexity apart."""
    start = "PCA" if record.start == "pca" else f"random, seed {record.seed}"
    return f"{start}, {record.distance} distance"


def draw_panes(
    table: pd.DataFrame,
    record: MapRecord,
    kinds: Sequence[str],
    n_drawn: int,
    searched: str,
    found: Search,
    near: pd.DataFrame | None,
) -> list[Pane]:
    """Returns the pictures of the most frequent words of a map and of those that stand out.

    Args:
        table: of the map, from the explorer, and of the words that were put onto it.
        record: the map.
        kinds: `TSNE`, `PCA` or both of them.
        n_drawn: so many most frequent words.
        searched: the search as it was typed.
        found: by it.
        near: the true neighbours, if it found one word.
    """
    is_drawn = table.index.to_numpy() < n_drawn
    rows = found.rows
    is_drawn[[*rows, *(near["row"] if near is not None else ())]] = True
    drawn = table[is_drawn]
    placed = [row for row in rows if row >= record.n_words]
    panes = []
    for kind in kinds:
        prefix, name = ("", record.name) if kind == TSNE else ("pca_", record.words_name)
        words = pd.DataFrame(
            {
                "word": drawn["word"],
                "rank": drawn["rank"],
                "x": drawn[f"{prefix}x"].astype(np.float64),
                "y": drawn[f"{prefix}y"].astype(np.float64),
                "preservation": drawn[f"{prefix}preservation"],
            }
        )
        marked = Lit(rows, placed=placed)
        if near is not None:
            places = near["map_place" if kind == TSNE else "pca_place"].to_numpy()
            marked = Lit(rows, near["row"].to_numpy(), places <= N_NEIGHBOURS, placed)
        everything = figures.whole(words["x"].to_numpy(), words["y"].to_numpy())
        around = words.loc[marked.all_rows, ["x", "y"]].to_numpy()
        rest = everything
        if len(around):
            rest = figures.around(around[:, 0], around[:, 1], everything, len(words))
        tag = f"{name} {searched}".strip()
        panes.append(Pane(kind, words, marked, everything, rest, name, tag))
    return panes


def closest(pane: Pane) -> Window | None:
    """Returns the part around a word and those of its neighbours that lie nearest to it.

    These are all that the picture keeps, but at least two; None unless one word is searched.
    """
    if not len(pane.marked.neighbours):
        return None
    points = pane.words.loc[pane.marked.all_rows, ["x", "y"]].to_numpy()
    gaps = np.hypot(*((points - points[0]) / pane.everything.size).T)
    n_kept = max(int(pane.marked.is_kept.sum()), 2)
    some = points[np.argsort(gaps, kind="stable")[: 1 + n_kept]]
    return figures.around(some[:, 0], some[:, 1], pane.everything, len(pane.words))


def share(value: float) -> str:
    """Formats a share of ten neighbours, for which decimals would say too much: 45 %."""
    return f"{100 * value:.0f} %"


def word_buttons(view: view_state.View, lines: Mapping[str, str], *, key: str) -> None:
    """Draws a button a word, which flies to it.

    Args:
        view: the page's controls, among them `word`.
        lines: what stands behind each word, in Markdown.
        key: of the list.
    """
    texts = ((word, f"{plain(word)} {line}") for word, line in lines.items())
    with st.container(gap=None):
        choices.buttons(view, "word", texts, key=key)


def neighbour_list(
    view: view_state.View, near: pd.DataFrame, kinds: Sequence[str], word: str
) -> None:
    """Draws the true neighbours of a word with their places on the map."""
    lines = {}
    for row in near.to_dict("records"):
        places = {TSNE: int(row["map_place"]), PCA: int(row["pca_place"])}
        text = ", ".join(
            f"{KEPT if places[kind] <= N_NEIGHBOURS else TORN} "
            + (f"{kind} " if len(kinds) > 1 else "")
            + theme.count(places[kind])
            for kind in kinds
        )
        lines[row["word"]] = f":small[· {row['cosine']:.2f} · {text}]"
    st.markdown(f"**Nearest to {plain(word)}**  \n:small[cosine · place on the map]")
    word_buttons(view, lines, key="words_map-near")
    st.caption(f"{KEPT} among its {N_NEIGHBOURS} nearest on the map, {TORN} torn apart")


def pair_list(
    maps: MapExplorer, record: MapRecord, table: pd.DataFrame, found: Search, shown: Sequence[Pane]
) -> None:
    """Draws how near the first of several words is to each of the others, in truth and as drawn."""
    first, *others = found.rows
    n_most = min(int(maps.bundle.config["n_neighbours"]), record.n_words - 1)
    true: list[int] = []
    if first < record.n_words:
        true = maps.true_neighbours(record, first, n_most)["row"].tolist()
    st.markdown(f"**From {plain(table['word'][first])}**  \n:small[place among its nearest words]")
    for row in others:
        if found.out_of_sample and max(first, row) >= record.n_words:
            place = theme.count(found.out_of_sample.true_place(first, row))
        else:
            place = theme.count(true.index(row) + 1) if row in true else f"beyond {n_most}"
        places = [f"in truth {place}"]
        for pane in shown:
            points = pane.words[["x", "y"]]
            gaps = np.hypot(*(points - points.loc[first]).to_numpy().T)
            n_nearer = int((gaps < gaps[points.index.get_loc(row)]).sum())
            places.append(f"on {pane.kind} {theme.count(max(n_nearer, 1))}")
        st.markdown(f"{plain(table['word'][row])} :small[· {', '.join(places)}]")


def extremes(view: view_state.View, pane: Pane, window: Window) -> None:
    """Draws the words in view whose neighbours the picture kept best, and those it tore most."""
    x, y = pane.words["x"].to_numpy(), pane.words["y"].to_numpy()
    some = pane.words[window.holds(x, y)]
    for name, best_first in (("Kept best", True), ("Torn most", False)):
        st.markdown(f"**{name}**")
        order = some["preservation"].sort_values(ascending=not best_first, kind="stable")
        chosen = some.loc[order.index[:N_LISTED]]
        lines = {
            word: f":small[· {N_NEIGHBOURS * kept:.0f} of {N_NEIGHBOURS}]"
            for word, kept in zip(chosen["word"], chosen["preservation"], strict=True)
        }
        word_buttons(view, lines, key=f"{pane.key}-{name.replace(' ', '-').lower()}")


def selection_table(table: pd.DataFrame, rows: Sequence[int]) -> None:
    """Draws the selected words with their coordinates, to be taken away as CSV."""
    chosen = table.loc[list(rows)].sort_values("rank")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(chosen)} word{'s' * (len(chosen) > 1)} selected**", width="content")
        selection.tools(PAGE, chosen, filename="words-selected")
    number = st.column_config.NumberColumn
    st.dataframe(
        chosen,
        hide_index=True,
        height=min(320, 38 + 35 * len(chosen)),
        column_config={
            "word": "Word",
            "rank": number("Rank"),
            "count": number("Count"),
            "x": number("t-SNE x", format="%.2f"),
            "y": number("t-SNE y", format="%.2f"),
            "pca_x": number("PCA x", format="%.2e"),
            "pca_y": number("PCA y", format="%.2e"),
            "preservation": number("Kept, t-SNE", format="percent"),
            "pca_preservation": number("Kept, PCA", format="percent"),
        },
    )
