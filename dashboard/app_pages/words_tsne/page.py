"""How does t-SNE draw a map?"""

import functools

import numpy as np
import streamlit as st

from core.errors import InputError
from core.sentiment import FORMER_NAMES
from core.words.explore import live
from core.words.explore.ask import GET_GLOVE
from core.words.explore.vectors import WordVectors
from dashboard import resources, theme, view_state
from dashboard.app_pages.words_tsne import descent_figure as figures
from dashboard.app_pages.words_tsne import live_run, own_words, views
from dashboard.components import (
    choices,
    experiments,
    missing,
    page,
    provenance,
    share,
    width,
)
from dashboard.components.player import player
from dashboard.components.text import plain, sentence
from dashboard.figures import word_panel

PAGE = "words_tsne"
KEY_PROGRESS = live_run.KEY_PROGRESS
KEY_BUTTON = f"{PAGE}-run"
ONE, FORCES, MULTIPLES = "one run", "forces on a word", "small multiples"
FREQUENT, PASTED, NEAR = "most frequent", "my own", "around a word"
BUNDLES = ("words-maps-glove", "words-maps-sgns")
LESSON_WORDS = 500
MOST_NEAR = 1000
STARTS = {"pca": "PCA", "random": "random"}
MOST_PERPLEXITY = (live.MOST_WORDS - 1) // 3
TRIES = 5

page.header(
    "How does t-SNE draw a map?",
    "Words that are alike pull each other near, and every word pushes all others away.",
)
view = view_state.page(PAGE)
with missing.guard():
    maps = resources.word_maps((choices.here(BUNDLES) or BUNDLES)[0])
    usable = resources.vector_sets()
ready = live_run.shipped(maps)
usual = ready.map.settings if ready is not None else live.TsneSettings()
n_usual = len(ready.map.words) if ready is not None else LESSON_WORDS
titles = {maps.vectors_name: maps.title, **usable}

shown_in, words_in = st.columns([6, 6], vertical_alignment="bottom")
with shown_in:
    shown = view.segmented_control("view", "View", (ONE, FORCES, MULTIPLES), ONE)
with words_in:
    source = view.segmented_control("words", "Words", (FREQUENT, PASTED, NEAR), FREQUENT)
row = st.columns([3, 3, 3, 3, 4], vertical_alignment="bottom")
n_words, near, n_near = None, None, 0  # unless their controls are drawn
with row[0]:
    if source == FREQUENT:
        n_words = view.number_input(
            "n", "How many", live.FEWEST_WORDS, live.MOST_WORDS, n_usual, 50
        )
    elif source == NEAR:
        near = view.text_input("near", "Around the word", "water", max_chars=60)
with row[1]:
    perplexity = view.number_input(
        "perplexity",
        "Perplexity",
        1,
        MOST_PERPLEXITY,
        round(usual.perplexity),
        5,
        help="How many neighbours each word tries to keep, softly counted.",
    )
with row[2], st.popover("Settings", icon=":material/tune:", width="stretch"):
    if source == NEAR:
        n_near = view.number_input("n_near", "Its nearest words", 8, MOST_NEAR, 200, 50)
    vectors_name = view.selectbox(
        "vectors",
        "Vectors",
        list(titles),
        next(iter(titles)),
        titles.__getitem__,
        former=FORMER_NAMES,
    )
    begin = view.segmented_control("start", "Start", list(STARTS), usual.start, STARTS.__getitem__)
    seed = view.number_input("seed", "Seed of a random start", 0, 9999, 0)
    exaggeration = view.number_input(
        "exaggeration",
        "Early exaggeration (1 for none)",
        1,
        100,
        round(usual.exaggeration),
        help="Factor on the pulls.",
    )
    rate = view.number_input(
        "learning_rate",
        "Learning rate (0 for automatic)",
        0,
        999_999,
        0,
        100,
        help="Automatic is the number of words by the exaggeration, or by 4 if that is more.",
    )
    iterations = view.number_input(
        "iterations", "Iterations", 10, live.MOST_ITERATIONS, usual.n_iterations, 50
    )
    colour_place = st.container()
    is_whole = view.toggle("whole", "Forces: show the whole map")
    n_labels = view.slider("n_labels", "Words labelled, at most", 0, 80, 40, 5)
    opening = view.slider("from", "Frame shown first (% of the run)", 0, 100, 100, 5)
word_place = row[4].container()
own_place, notice, above = st.container(), st.container(), st.container()

settings = live.TsneSettings(
    float(perplexity),
    iterations,
    float(exaggeration),
    float(rate) or None,
    begin,
    seed if begin == "random" else 0,  # a PCA start has nothing random
)
with own_place:
    pasted = own_words.words_area(view) if source == PASTED else ""
with missing.guard():
    vectors = resources.word_vectors(vectors_name) if vectors_name in usable else None
runner = resources.tsne_runner()
is_grid = shown == MULTIPLES
kind = live_run.MULTIPLES if is_grid else live_run.ONE
rows, refused = None, ""
asked: tuple[WordVectors, np.ndarray] | None = None  # of what a run can draw
try:
    if vectors is not None:
        if source == FREQUENT:
            rows = live.choose_words(vectors, most_frequent=n_words)
        elif source == PASTED:
            rows = live.choose_words(vectors, pasted=pasted)
        else:
            rows = live.choose_words(vectors, near=near, n_near=n_near)
        if not is_grid:
            settings.check(len(rows))
        elif len(rows) > live.MOST_WORDS_MULTIPLES:
            raise InputError(
                f"words ({len(rows):,}) should be at most {live.MOST_WORDS_MULTIPLES} for small "
                "multiples, which draw up to nine maps; choose fewer"
            )
        asked = vectors, rows
except InputError as error:
    refused = str(error)
spread = live_run.perplexities(len(asked[1])) if asked is not None else ()
plans = live.grid_of(settings, spread, live_run.SEEDS) if is_grid else (settings,)
key = (vectors_name, asked[1].tobytes() if asked is not None else b"", plans)
n_shipped = n_words if vectors_name == maps.vectors_name and source == FREQUENT else None

pressed = st.session_state.get(KEY_BUTTON, False) and not live_run.was_running()
tried = [st.session_state.get(f"{PAGE}-try-{number}", False) for number in range(TRIES)]
if tried[-1]:
    live_run.forget()
elif asked is not None and live_run.active() is None and (pressed or any(tried)):
    submit = (
        functools.partial(runner.multiples, *asked, spread, live_run.SEEDS, settings)
        if is_grid
        else functools.partial(runner.submit, *asked, settings)
    )
    live_run.start(kind, key, titles[vectors_name], submit)
active = live_run.active()
with row[3]:
    # One key for both: of two buttons the browser keeps the old one beside the new one for a
    # moment, the new one moves when it goes, and a click on it is lost.
    if active is None:
        st.button(
            "Run",
            type="primary",
            icon=":material/play_arrow:",
            key=KEY_BUTTON,
            disabled=asked is None,
            help=f"At most {theme.count(live.MOST_WORDS)} words and "
            f"{theme.count(live.MOST_ITERATIONS)} iterations; this server draws one map at a time.",
            width="stretch",
        )
    else:
        st.button(
            "Stop the run",
            help="Keeps what has been drawn so far.",
            icon=":material/stop:",
            key=KEY_BUTTON,
            on_click=active.run.stop,
            width="stretch",
        )

with notice:
    if refused:
        st.warning(plain(sentence(refused)), icon=":material/error:")
        bound = (len(rows) - 1) // 3 if rows is not None else 0
        if not is_grid and 1 <= bound < perplexity:
            st.button(
                f"Use perplexity {bound}",
                key=f"{PAGE}-bound",
                on_click=view.set,
                kwargs={"perplexity": float(bound)},
            )
        if source == PASTED and vectors is not None:
            own_words.offer_to_leave_out(vectors, pasted, view)
    elif vectors is None:
        st.info(
            f"The vectors of {plain(titles[vectors_name])} are not on this server, so only "
            "the run that ships can be shown. Choose other vectors under Settings for a run of "
            f"your own, or fetch these with `{GET_GLOVE}`.",
            icon=":material/cloud_off:",
        )
    if problem := live_run.problem():
        st.warning(plain(sentence(problem)), icon=":material/error:")

own = live_run.own(kind)
found = own.run if own is not None and own.key == key else None
grid, drawn = (live_run.shipped_grid(maps), None) if is_grid else (None, ready)
if is_grid:
    is_current = (
        grid is not None
        and n_shipped == len(grid.words)
        and (iterations, exaggeration, rate) == (usual.n_iterations, usual.exaggeration, 0)
    )
else:
    is_current = (
        drawn is not None and n_shipped == len(drawn.map.words) and settings == drawn.map.settings
    )
if found is None and asked is not None and not is_current:
    found = runner.known(*asked, plans)
is_current = is_current or found is not None
title = titles[vectors_name]
if not is_current and own is not None:
    found, title = own.run, own.title  # the last run of this visitor rather than the shipped one
if found is not None and is_grid:
    grid = live_run.grid_here(found, title) or grid
elif found is not None:
    drawn = live_run.Drawn(title, found.maps[0], is_complete=found.state == "done")

drawing = active if active is not None and active.kind == live_run.ONE and shown == ONE else None
if drawing is not None:
    words = drawing.run.words
else:
    words = grid.words if grid is not None else drawn.map.words if drawn is not None else []
look = page.look()
background = theme.surface(dark=look.dark).background
at_first = live_run.in_colour(words, is_around=source == NEAR)
with colour_place:
    coloured = view.multiselect(
        "coloured",
        "Words in colour",
        words,
        at_first,
        max_selections=word_panel.MOST_ACCENTS - 1,
    )
with word_place:
    word = view.selectbox("word", "One word", words, at_first[0]) if words else ""
place_of = {text: place for place, text in enumerate(words)}
accents = [place_of[text] for text in dict.fromkeys([word, *coloured]) if text in place_of]
dressed = {"font_size": look.letters, "background": background}

if active is not None:

    def draw_now(run: live.Run, positions: np.ndarray) -> object:
        """Draws the run as it stands."""
        figure = figures.progress(
            run.words,
            positions,
            list(run.kls),
            n_iterations=run.n_iterations,
            accents=accents,
            n_labels=n_labels,
            width=width.known(KEY_PROGRESS),
            **dressed,
        )
        return theme.apply(figure, dark=look.dark, present=look.present)

    live_run.show_progress(active, draw_now if drawing is not None else None)
elif not is_current and asked is not None:
    notice.info(
        "Nobody has drawn these settings yet: press **Run**. "
        + ("Until then you see another run." if words else ""),
        icon=":material/play_circle:",
    )
key_shown = KEY_PROGRESS
if words and drawing is None:
    with above:
        if shown == ONE:
            player(views.KEY)
        elif shown == FORCES:
            st.caption("Click a word on the map, or choose it here.")
        else:
            st.caption("Each row a perplexity, each column a seed of the random start.")
    if shown == ONE and drawn is not None:
        key_shown = views.KEY
        views.one_run(drawn, accents, opening=opening, n_labels=n_labels, **dressed)
    elif shown == FORCES and drawn is not None:
        key_shown = views.KEY_FORCES
        views.forces_on(drawn, place_of[word], view, is_near=not is_whole, **dressed)
    elif grid is not None:
        key_shown = views.KEY_GRID
        views.small_multiples(grid, accents, **dressed)
elif not words:
    st.info(
        "No run ships with this app's files. Choose words and press **Run**.",
        icon=":material/play_circle:",
    )

start = {
    "perplexity": usual.perplexity,
    "start": usual.start,
    "exaggeration": usual.exaggeration,
    "learning_rate": 0.0,
    "iterations": float(usual.n_iterations),
}
if usable:
    start["vectors"] = vectors_name if vectors is not None else next(iter(usable))
again = {**start, "view": ONE, "words": FREQUENT, "vectors": next(iter(titles))}
if "n" in view.controls:
    again["n"] = float(n_usual)
one = {**start, "view": ONE}
experiments.draw(
    view,
    [
        ("Perplexity 2", {**one, "perplexity": 2.0}),
        ("Perplexity 100", {**one, "perplexity": 100.0}),
        ("Random start, no exaggeration", {**one, "start": "random", "exaggeration": 1.0}),
        ("Learning rate far too high", {**one, "learning_rate": 100_000.0}),
        ("The shipped run again", again),
    ],
    kept=("words", "n", "near", "n_near"),
)
views.explain(maps)
share.popover(view)
width.ask(key_shown)
provenance.footer(maps.bundle)
if active is not None:
    live_run.follow(is_drawn=drawing is not None)
