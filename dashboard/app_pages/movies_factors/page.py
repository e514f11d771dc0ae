"""What do the latent factors mean?"""

import functools

import streamlit as st

from core.movies.explore import MIN_RATINGS_FACTORS
from dashboard import theme, view_state
from dashboard.app_pages.movies_factors import (
    correlations_figure,
    map_figure,
    training_figure,
    views,
)
from dashboard.components import experiments, page, provenance, selection, share, width
from dashboard.components import films as film_parts
from dashboard.components.chart import chart

KEY, KEY_TRAINING = "movies_factors_main", "movies_factors_training"
MAP, MEANING, TRAINING = "map", "genres and years", "during training"
METHODS = {"factors": "usual PCA of the factors", "lesson": "the lesson's, of the transposed"}

page.header(
    "What do the latent factors mean?",
    "The model gave every film 50 numbers that nobody named. Their principal components put alike "
    "films side by side, and the films at the ends of an axis tell what it is about.",
)
view = view_state.page("movies_factors")
left, middle, right = st.columns([13, 8, 9], vertical_alignment="bottom")
films = film_parts.choose_model(view, middle)
with left:
    shown = view.segmented_control("view", "View", (MAP, MEANING, TRAINING), MAP)
with right:
    film = film_parts.find_box(view, films)
numbers = views.component_numbers(films)
boxes = st.columns([3, 3, 4, 2, 3], vertical_alignment="bottom")
with boxes[0]:
    first = view.selectbox("x", "Across", numbers, 1, views.component_name)
with boxes[1]:
    second = view.selectbox("y", "Up", numbers, 2, views.component_name)
with boxes[2]:
    colour = view.selectbox("colour", "Colour", map_figure.COLOURS, "nothing")
with boxes[3]:
    is_space = view.toggle("space", "3-D")
n_most = len(films.mapped())
with boxes[4], st.popover("More", icon=":material/tune:", width="stretch"):
    method = view.segmented_control(
        "method", "Components", list(METHODS), "factors", METHODS.__getitem__
    )
    n_labels = view.slider("n_labels", "Titles, at most", 0, 150, 60, 5)
    drawn = view.slider(
        "films",
        "Films drawn, by their rank in number of ratings",
        1,
        n_most,
        (1, n_most),
        help="The components themselves always come from all of them.",
    )
    genre = view.selectbox("genre", "Genre that stands out (colour: genre)", films.genres, "Drama")
    third = view.selectbox("z", "Third component (3-D)", numbers, 3, views.component_name)
    zoom_x = view.slider("zoom_x", "Part shown, across (%)", 0, 100, (0, 100))
    zoom_y = view.slider("zoom_y", "Part shown, up (%)", 0, 100, (0, 100))
    epoch = view.select_slider(
        "epoch",
        "Epoch shown first (during training)",
        films.epochs or (0,),
        films.epochs[-1] if films.epochs else 0,
    )

chosen = views.choose(films, method, drawn)
view.on_opening(functools.partial(selection.forget, KEY))
look = page.look()
highlight = film if film in chosen.films.index else None
if film is not None and highlight is None:
    if films.films["has_factors"][film]:
        remedy = "Widen “Films drawn” under More."
    else:
        remedy = (
            f"It has fewer than {MIN_RATINGS_FACTORS} ratings, too few for factors to be shown."
        )
    st.info(
        f"{page.plain(films.films['label'][film])} is not among the films drawn. {remedy}",
        icon=":material/location_off:",
    )
if first == second and shown != MEANING:
    st.info("Both axes show the same component; choose another one for Across or Up.")
axes = [chosen.axis(number) for number in (first, second, third)]
best = {number: chosen.ends(number) for number in dict.fromkeys((first, second, third))}
n_drawn = theme.count(len(chosen.films))

if selection.kept(KEY, chosen.films.index):
    view.withhold("the selected films")
if shown == MAP:
    picture, lists = st.columns([17, 5], gap="small")
    with picture:
        if is_space:
            figure = map_figure.film_space(
                chosen.films,
                axes,
                n_labels=min(n_labels, 20),
                colour_by=colour,
                genre=genre,
                highlight=highlight,
                font_size=look.letters,
            )
        else:
            figure = map_figure.film_map(
                chosen.films,
                views.zoomed(axes[0], zoom_x),
                views.zoomed(axes[1], zoom_y),
                n_labels=n_labels,
                colour_by=colour,
                genre=genre,
                highlight=highlight,
                width=width.known(KEY, 600),
                font_size=look.letters,
                background=theme.surface(dark=look.dark).background,
            )
        chart(
            figure,
            key=KEY,
            alt=f"Map of {n_drawn} films by the components {first} and {second} of their factors",
            data=chosen.table((first, second, third)),
            filename="movies-factors",
            on_select="ignore" if is_space else functools.partial(selection.remember, KEY, KEY),
        )
        views.selection_table(view, chosen, KEY, axes[:2])
    with lists:
        for number in (first, second, third) if is_space else dict.fromkeys((first, second)):
            views.draw_ends(number, best[number], few=is_space)
    drawn_numbers = list(dict.fromkeys((first, second, third) if is_space else (first, second)))
    page.what_you_see(
        f"{n_drawn} films by {views.said_of(chosen, drawn_numbers)}"
        + ("" if is_space else " Draw a lasso around films to list them.")
    )
elif shown == MEANING:
    table = chosen.correlations(films.genres)
    chart(
        correlations_figure.correlation_chart(table, sort_by=first),
        key=KEY,
        alt="Table of correlations of each component with genres, year, bias and number of ratings",
        data=table,
        filename="movies-factors-correlations",
    )
    known = table.dropna(subset=["correlation"])
    if known.empty:
        st.info("These films are too few, or too much alike, to correlate anything. Draw more.")
    else:
        strongest = known.loc[known["correlation"].abs().idxmax()]
        page.what_you_see(
            f"How far each component goes along with what is known of {n_drawn} films, from −1 to "
            f"+1, ordered by component {first}. The strongest is component "
            f"{strongest['component']} with **{page.plain(strongest['property'])}** "
            f"({theme.signed(strongest['correlation'])}). Numbers near 0 mean that a component is "
            "something else."
        )
elif len(films.epochs) < 2:
    st.info(
        "This model keeps no snapshots of its training. Train it again with the command on its "
        "card, which keeps them.",
        icon=":material/movie_off:",
    )
else:
    errors = film_parts.errors_by_epoch(films)
    figure = training_figure.training(
        chosen.films,
        chosen.epochs(films, (first, second), errors),
        axis_titles=(axes[0].title, axes[1].title),
        start=epoch,
        width=width.known(KEY_TRAINING),
        font_size=look.letters,
    )
    chart(
        figure,
        key=KEY_TRAINING,
        alt=f"Map of {n_drawn} films and the ten best by bias, after each epoch of training",
        data=chosen.history(films, (first, second)),
        filename="movies-factors-training",
    )
    page.what_you_see(
        f"The map and the ten films with the highest bias after each of {len(films.epochs)} epochs "
        "that were kept, all on the axes of the finished model, so that nothing flips. Press Play "
        "or move the slider, and watch the map take shape while the ranking settles."
    )

lesson = {"method": "lesson", "x": 1, "y": 3, "films": (min(51, n_most), min(100, n_most))}
if "model" in view.controls:
    lesson["model"] = "movies-lesson-bias"
experiments.draw(
    view,
    [
        ("The lesson's own picture", {**lesson, "n_labels": 50}),
        ("Where bias lies on the map", {"colour": "bias", "n_labels": 40}),
        ("Watch it being learned", {"view": TRAINING, "epoch": (films.epochs or (0,))[0]}),
    ],
    kept=("model",),
    starts_again=True,
)
with page.details("How the components are found"):
    st.markdown(
        f"The factors of the {theme.count(n_most)} films with {MIN_RATINGS_FACTORS} ratings or "
        "more are a matrix $Q$ of one row a film. **Usual PCA** "
        "takes the mean of each factor away and looks for the directions $v_k$ along which films "
        "differ most; a film lies at"
    )
    st.latex(
        r"c_{ik} = (q_i - \bar q) \cdot v_k, \quad "
        r"(Q - \bar q)^\top (Q - \bar q)\, v_k = \lambda_k v_k"
    )
    st.markdown(
        "**The lesson's** way runs PCA on $Q^\\top$: it takes the mean of each film's own factors "
        "away, and the components are unit vectors over films. The axes come out alike, not the "
        "same. Signs are arbitrary; the largest coordinate of each component is made positive."
    )
share.popover(view)
width.ask(KEY_TRAINING if shown == TRAINING else KEY, 780 if shown == TRAINING else 600)
provenance.footer(films.bundle, lesson="movies-bias")
