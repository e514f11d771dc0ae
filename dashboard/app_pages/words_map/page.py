"""Where do words lie, and how far can the map be trusted?"""

import functools

import numpy as np
import pandas as pd
import streamlit as st

from core.errors import InputError
from core.words.explore import N_NEIGHBOURS
from dashboard import theme, view_state
from dashboard.app_pages.words_map import lookup, viewport, views
from dashboard.app_pages.words_map import map_figure as figures
from dashboard.app_pages.words_map import shades_figure as shades
from dashboard.app_pages.words_map.views import BOTH, KINDS, PCA, TSNE
from dashboard.components import experiments, page, provenance, selection, share, width
from dashboard.components.chart import chart
from dashboard.components.text import plain, sentence

COLOURS = ("nothing", "trust", "frequency", "axis")
DRAGS = {"zoom": "zoom", "move": "pan", "select": "lasso"}  # as plotly names them
_NARROWEST_PAIR = 360  # px of each of two maps side by side; less is a phone, one below the other
OWN_AXIS = "two words of yours"

page.header(
    "Where do words lie, and how far can the map be trusted?",
    "t-SNE puts words of alike vectors side by side. Zoom in for more of them, or look one up.",
)
view = view_state.page(views.PAGE)
boxes = st.columns([186, 190, 108, 148, 116], vertical_alignment="bottom", gap="small")
with boxes[4], st.popover("More", icon=":material/tune:", width="stretch"):
    maps = views.choose_maps(view, st.container())
    unusual = st.container()
sizes = sorted({record.n_words for record in maps.maps})
with boxes[0]:
    kind = view.segmented_control("map", "Map", KINDS, TSNE)
with boxes[1]:
    size = views.default_size(sizes)
    n_words = view.segmented_control("n", "Most frequent words", sizes, size, theme.count)
with boxes[2]:
    colour = view.selectbox("colour", "Colour", COLOURS, COLOURS[0])
with boxes[3]:
    searched = view.text_input(
        "word",
        "Fly to a word, or several",
        placeholder="school university",
        type="search",
        icon=":material/search:",
    )
with unusual:
    record = views.choose_record(view, maps, n_words)
    is_all = view.toggle(
        "all", "Draw all words that were fitted", help="The lesson fitted 500 and drew 350."
    )
    n_labels = view.slider("n_labels", "Words as text, at most", 0, 300, 150, 10)
    part_help = "Left, right, bottom and top in percent of the map; empty for all of it"
    parts = {
        name: view.text_input(name, label, max_chars=viewport.MOST_CHARS, help=part_help)
        for name, label in (("part", "Part shown of t-SNE"), ("part_pca", "Part shown of PCA"))
    }

fitted = maps.table(record)
kinds = (TSNE, PCA) if kind == BOTH else (kind,)
found = lookup.search(maps, record, searched)
table = fitted if found.out_of_sample is None else pd.concat([fitted, found.out_of_sample.table])
near = lookup.true_neighbours(maps, record, found)
if found.problems:
    st.info("  \n".join(plain(line) for line in found.problems), icon=":material/search_off:")
if larger := [size for size in sizes if size >= found.beyond > 0]:
    st.button(
        f"Take the map of {theme.count(min(larger))} words",
        key="words_map-larger",
        on_click=view.set,
        kwargs={"n": min(larger)},
    )

shade_of_all = None
if colour == "frequency":
    shade_of_all = shades.by_frequency(table["rank"].to_numpy())
elif colour == "axis":
    pairs = {f"{low} – {high}": (low, high) for low, high in maps.axes}
    vectors = lookup.vectors_of(maps)
    options = [*pairs, *([OWN_AXIS] if vectors is not None else [])]
    ends, first_word, second_word = st.columns([6, 5, 5], vertical_alignment="bottom")
    if options:
        with ends:
            axis = view.selectbox("axis", "From one word to another", options, options[0])
        try:
            if axis == OWN_AXIS:
                with first_word:
                    low = view.text_input("low", "From", "cheap", max_chars=40)
                with second_word:
                    high = view.text_input("high", "To", "expensive", max_chars=40)
                assert vectors is not None  # else there is no such option
                rows = vectors.rows_or_absent(table["word"])
                positions = np.where(rows < 0, 0, vectors.along(low, high, rows))
            else:
                low, high = pairs[axis]
                positions = maps.axis_positions(low, high, record.n_words)
                if found.out_of_sample is not None:
                    assert vectors is not None  # they have put the words there
                    rows = vectors.find_all(found.out_of_sample.table["word"])
                    positions = np.append(positions, vectors.along(low, high, rows))
            shade_of_all = shades.by_axis(positions, low, high)
        except InputError as error:
            st.info(plain(sentence(error)), icon=":material/search_off:")
    else:
        st.info("No axis ships with these maps.")

n_drawn = record.n_words if is_all else record.n_drawn
panes = views.draw_panes(table, record, kinds, n_drawn, searched.strip(), found, near)
chosen = selection.kept(views.PAGE, fitted.index)
view.on_opening(functools.partial(selection.forget, views.PAGE))
look = page.look()
assumed = 360 if kind == BOTH else 540  # px, until the browser has told
room = width.known(panes[0].key, assumed)
is_phone = room < _NARROWEST_PAIR if kind == BOTH else room <= figures.NARROW
shares = {TSNE: record.preservation, PCA: record.pca_preservation}
places = st.columns(2, gap="small") if kind == BOTH else st.columns([17, 6], gap="medium")
frames = [(place.container(), place.container(horizontal=True)) for place in places[: len(panes)]]
with frames[0][1]:
    drag = view.segmented_control(
        "drag", "Dragging will", list(DRAGS), "zoom", label_visibility="collapsed"
    )
states = []
for pane, (frame, tools) in zip(panes, frames, strict=True):
    try:
        window = viewport.read(parts[pane.part], pane)
    except InputError as error:
        st.info(plain(sentence(error)), icon=":material/crop:")
        window = pane.rest
    shade = shade_of_all and shade_of_all.of(pane.words.index.to_numpy())
    if colour == "trust":
        shade = shades.by_preservation(pane.words["preservation"].to_numpy())
    figure = figures.word_map(
        pane.words,
        window,
        title=f"{pane.kind} keeps {views.share(shares[pane.kind])} of each word's "
        f"{N_NEIGHBOURS} nearest",
        axes="axes without unit"
        if pane.kind == TSNE
        else "component 1 across, component 2 up, no unit",
        revision=pane.revision,
        shade=shade,
        lit=pane.marked,
        ringed=chosen,
        n_labels=n_labels,
        drag=False if is_phone else DRAGS[drag],  # a finger scrolls the page
        width=room,
        height=520 if is_phone else 600,
        font_size=look.letters,
        background=theme.surface(dark=look.dark).background,
    )
    states.append((window, figures.n_words_as_text(figure)))
    with frame:
        chart(
            figure,
            key=pane.key,
            alt=f"{pane.kind} map of {theme.count(len(pane.words))} words",
            data=table.loc[pane.words.index],
            filename=f"words-{pane.kind.lower()}",
            on_select=functools.partial(selection.remember, pane.key, views.PAGE),
        )
    with tools:
        viewport.buttons(view, pane, window, views.closest(pane))
    viewport.watch(view, pane)

with st.container() if kind == BOTH else places[1]:
    if near is not None:
        views.neighbour_list(view, near, kinds, table["word"][found.rows[0]])
    elif len(found.rows) > 1:
        views.pair_list(maps, record, table, found, panes)
    else:
        views.extremes(view, panes[0], states[0][0])
if chosen:
    view.withhold("the selected words")
    views.selection_table(fitted, chosen)

pane, (window, n_texts) = panes[0], states[0]
own = pane.words[pane.words.index < record.n_words]
n_shown = int(window.holds(own["x"].to_numpy(), own["y"].to_numpy()).sum())
n_all, n_fitted = theme.count(len(own)), theme.count(record.n_words)
sentences = [
    (
        f"All {n_all} words"
        if window == pane.everything
        else f"{theme.count(n_shown)} of {n_all} words"
    )
    + ("" if len(own) == record.n_words else f" of the {n_fitted} fitted")
    + f" of {plain(maps.title)}, placed by "
    + (f"t-SNE with perplexity {record.perplexity:g}" if pane.kind == TSNE else "PCA")
    + f"; {n_texts} are written out.",
    f"Of a word's {N_NEIGHBOURS} nearest words t-SNE keeps "
    f"**{views.share(record.preservation)}** near and PCA "
    f"**{views.share(record.pca_preservation)}**; trustworthiness "
    f"{record.trustworthiness:.3f} and {record.pca_trustworthiness:.3f} of 1.",
]
if near is not None:
    column = "map_place" if pane.kind == TSNE else "pca_place"
    torn = near[near[column] > N_NEIGHBOURS]
    sentence = f"{len(near) - len(torn)} of the {len(near)} lit words are kept near"
    if len(torn):
        worst = torn.loc[torn[column].idxmax()]
        place = theme.count(int(worst[column]))
        sentence += f"; **{plain(worst['word'])}** lies farthest off, at place {place}"
    sentences.append(f"{sentence}.")
if found.out_of_sample is not None:
    sentences.append(lookup.out_of_sample_sentence(found))
if chosen:
    sentences.append(f"{theme.count(len(chosen))} selected words are ringed.")
page.what_you_see(" ".join(sentences))

start, usual = views.opening(view, maps)
lesson = next((one for one in usual if one.n_drawn < one.n_words), usual[0])
largest = max(usual, key=lambda one: one.n_words)
experiments.draw(
    view,
    [
        ("The lesson's map", {**start, **views.settings(lesson)}),
        *(
            (label, {**start, **views.settings(where), "word": words})
            for label, where, words in (
                ("School by university", lesson, "school university"),
                ("Killed by death", lesson, "killed death"),
                ("Where punctuation lies", lesson, "( ) : ; / \" ' - -- ?"),
                ("Bush by a president, not by tree", largest, "bush clinton tree"),
            )
        ),
    ],
)
with page.details("How far to trust the map"):
    st.markdown(
        "**Neighbours kept** (preservation) is, for each word, the share of its "
        f"{N_NEIGHBOURS} nearest words in all {maps.n_dims} dimensions that are also among its "
        f"{N_NEIGHBOURS} nearest on the map. By chance it would be "
        f"{theme.percent(min(N_NEIGHBOURS / max(record.n_words - 1, 1), 1))}."
    )
    st.markdown(
        "**Trustworthiness** looks for strangers: words $j$ that are near $i$ on the map without "
        "being near in truth. Each costs by how far down it stands in the true order "
        "$r(i, j)$; 1 means that there are none (Venna and Kaski, 2001):"
    )
    st.latex(
        r"T = 1 - \frac{2}{N k (2N - 3k - 1)} \sum_i \sum_{j \in U_k(i)} \bigl(r(i, j) - k\bigr),"
        rf"\quad N = {record.n_words},\; k = {N_NEIGHBOURS}"
    )
    st.markdown(
        "**What not to read from it.** t-SNE cares for who is near whom. How large a cluster is, "
        "how dense it is and how far two clusters lie apart mean little; they change with "
        "perplexity, start and seed. Left, right, up and down mean nothing. A word with two "
        "senses, like *bush*, has one place, which its more frequent sense takes."
    )
    st.markdown(
        f"This map: {theme.count(record.n_words)} words by {record.distance} distance, perplexity "
        f"{record.perplexity:g}, start {plain(views.run_name(record))}, "
        f"{theme.count(record.n_iterations)} iterations, divergence {record.kl:.4f} nats."
    )
share.popover(view)
width.ask(panes[0].key, assumed)
provenance.footer(maps.bundle)
