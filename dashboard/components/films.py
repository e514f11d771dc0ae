"""What the pages about films share: which model, which film, and the film's card."""

from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import InputError
from core.movies.explore import (
    HISTOGRAM_STEP,
    MIN_RATINGS_BIAS,
    MIN_RATINGS_FACTORS,
    MovieExplorer,
)
from dashboard import resources, theme, view_state
from dashboard.components import choices, missing, visitor
from dashboard.components.chart import chart
from dashboard.components.text import plain
from dashboard.figures.selection import selected_rows
from dashboard.figures.stars import stars

MODELS = {"movies-bias": "ours", "movies-lesson-bias": "the lesson's recipe"}
N_SIMILAR = 8


def choose_model(view: view_state.View, where: DeltaGenerator) -> MovieExplorer:
    """Draws the choice of model if several are there, and opens it; ends the page without any.

    Args:
        view: the page's controls; the choice is called `model`.
        where: the container of the choice.
    """
    name = choices.bundle(view, "model", "Model", MODELS, where)
    with missing.guard():
        return resources.movie_explorer(name)


def ratings_text(view: view_state.View) -> str:
    """Draws the box for the visitor's ratings as a link holds them, called `ratings`."""
    return view.text_input(
        "ratings",
        "Movie id, a dash, half stars from 1 to 10; a dot between ratings",
        max_chars=visitor.MOST_CHARACTERS,
        placeholder="318-9.858-8",
    )


def read_ratings(films: MovieExplorer, text: str, notice: DeltaGenerator) -> dict[int, float]:
    """Reads what the box says, movie id -> stars, and warns of what is unusable.

    Args:
        films: the model.
        text: of the box.
        notice: where a warning goes.
    """
    link = visitor.read(films, text)
    if link.problem:
        notice.warning(plain(link.problem), icon=":material/link_off:")
    return link.ratings


def find_box(view: view_state.View, films: MovieExplorer, label: str = "Find a film") -> int | None:
    """Draws the search box for one film, called `film`, and says what to do if it finds none.

    Args:
        view: the page's controls.
        films: where to look.
        label: of the box.

    Returns:
        The film's row, or None.
    """
    text = view.text_input(
        "film",
        label,
        placeholder="a part of its title",
        type="search",
        live="300ms",
        icon=":material/search:",
    )
    if not text.strip():
        return None
    try:
        return films.find(text)
    except InputError:
        found = films.search(text, limit=6).tolist()
    if not found:
        near = films.suggest(text)
        st.info(
            f"No film here is called “{plain(text)}”. "
            + ("Did you mean one of these?" if near else "Try one word of its title."),
            icon=":material/search_off:",
        )
        film_buttons(view, near, key=f"{view.name}-near")
        return None
    labels = [films.films["label"][row] for row in found]
    st.caption(f"Several titles fit; this is the most rated one, {plain(labels[0])}. Or:")
    film_buttons(view, labels[1:], key=f"{view.name}-fits")
    return found[0]


def film_meant(films: MovieExplorer, text: str) -> int:
    """Returns the row of the film that a text means: of that name, or the most rated that fits.

    Raises:
        InputError: there is none; names those spelled alike.
    """
    try:
        return films.find(text)
    except InputError:
        found = films.search(text, limit=1).tolist()
        if found:
            return found[0]
        raise


def errors_by_epoch(films: MovieExplorer) -> dict[int, float]:
    """Returns the held-out mean squared error after each epoch, of the run that made the model."""
    history = films.bundle.documents.get("history") or {}
    run = next(iter(history.values()), ())
    return {line["epoch"]: line["val_mse"] for line in run if "val_mse" in line}


def film_buttons(view: view_state.View, labels: list[str], *, key: str) -> None:
    """Draws a button a film, which chooses it."""
    with st.container(horizontal=True, gap="small"):
        choices.buttons(view, "film", ((label, plain(label)) for label in labels), key=key)


def take_selection(view: view_state.View, films: MovieExplorer, key: str) -> None:
    """Chooses the film that was just clicked in a chart; for the chart's `on_select`.

    Args:
        view: the page's controls, among them `film`.
        films: whose rows the chart's points carry.
        key: of the chart.
    """
    rows = selected_rows(st.session_state.get(key))
    if len(rows) == 1:
        view.set(film=films.films["label"][rows[0]])


def card(view: view_state.View, films: MovieExplorer, film: int, ranked: pd.DataFrame) -> None:
    """Draws what there is to know of one film.

    Args:
        view: the page's controls, among them `film`, which the buttons of similar films set.
        films: the model.
        film: the film's row.
        ranked: the ranking that the ranks refer to, before any filter.
    """
    row = films.films.loc[film]
    with st.container(border=True):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            st.markdown(f"#### {plain(row['label'])}", width="content")
            st.button(
                "Close",
                key=f"{view.name}-close",
                icon=":material/close:",
                type="tertiary",
                on_click=view.set,
                kwargs={"film": ""},
            )
        numbers, picture, near = st.columns([4, 5, 5], gap="medium")
        numbers.markdown("  \n".join(_facts(row, film, ranked)))
        if not row["has_factors"]:
            picture.markdown(
                f"It has fewer than {MIN_RATINGS_FACTORS} ratings. Its histogram and its factors "
                "are left out, so that nobody's rating can be found from them."
            )
            return
        with picture:
            histogram = films.histogram(film)
            chart(
                stars(histogram, float(row["mean"])),
                key=f"{view.name}_stars",
                alt=f"Bars: how often {row['label']} was given each number of stars, to the "
                f"nearest {HISTOGRAM_STEP}",
                data=histogram,
                filename="film-stars",
            )
        with near:
            st.markdown("**Most similar films** by what the model learned, with their cosine")
            _similar(view, films, film)


def _facts(row: Any, film: int, ranked: pd.DataFrame) -> list[str]:
    spread = f" ± {row['bias_sd']:.2f}" if pd.notna(row["bias_sd"]) else ""
    genres = plain(row["genres"].replace("|", ", ") or "no genre listed")
    if not row["has_bias"]:
        return [
            genres,
            f"fewer than **{MIN_RATINGS_BIAS}** ratings: too few for a bias and a rank",
            f"of its genres and year the model expects a bias of {theme.signed(row['bias'])}",
        ]
    facts = [
        genres,
        f"**{theme.count(int(row['count']))}** ratings",
        f"mean **{row['mean']:.2f}** stars",
        f"bias **{theme.signed(row['bias'])}**{spread}",
    ]
    if film not in ranked.index:
        return [*facts, f"not among the {theme.count(len(ranked))} most rated films, so no rank"]
    place = ranked.loc[film]
    total = theme.count(len(ranked))
    return [
        *facts,
        f"rank by mean **{theme.count(int(place['mean_rank']))}** of {total}",
        f"rank by bias **{theme.count(int(place['bias_rank']))}** of {total}",
    ]


def _similar(view: view_state.View, films: MovieExplorer, film: int) -> None:
    similar = films.similar(film, n=N_SIMILAR)
    lines = (
        (label, f"{plain(label)} {plain(theme.signed(cosine))}")
        for label, cosine in zip(similar["label"], similar["similarity"], strict=True)
    )
    with st.container(gap=None):
        choices.buttons(view, "film", lines, key=f"{view.name}-near-film")
