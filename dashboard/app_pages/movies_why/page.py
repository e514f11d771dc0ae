"""Why does the model predict these stars for this rater and this film?"""

import functools

import numpy as np
import streamlit as st

from core.movies.explore import MIN_RATINGS_FACTORS
from core.movies.explore.made_up import MADE_UP_RATERS
from dashboard import resources, theme, view_state
from dashboard.components import experiments, missing, page, provenance, share, visitor
from dashboard.components import films as film_parts
from dashboard.components.chart import chart
from dashboard.components.experiments import Try
from dashboard.figures import waterfall as figures

YOU = "You"
WELL_KNOWN = 400  # the films that name a component are among the most rated
STRICTNESS = (
    (-0.6, "very strict"),
    (-0.2, "strict"),
    (0.2, "average"),
    (0.6, "generous"),
    (np.inf, "very generous"),
)

page.header(
    "Why this prediction?",
    "Pick a rater and a film: the prediction is a sum of the mean rating, two biases, and how well "
    "the film fits the rater's taste.",
)
view = view_state.page("movies_why")
with missing.guard():
    films = resources.movie_explorer("movies-bias")

labels = films.films["label"].tolist()
famous = int(films.top_by_count(1)[0])
chooser = st.columns([3, 4, 3])
notice, shown, folded = st.container(), st.container(), st.container()
with folded, page.details("Rate films yourself, to be the rater"):
    text = film_parts.ratings_text(view)
    st.page_link(
        "app_pages/movies_you/page.py",
        label="Rate films with stars on the page “You”; from there a link leads back here",
        icon=":material/star:",
    )
own_ratings = film_parts.read_ratings(films, text, notice)
given = {name: films.rows_of(ratings) for name, ratings in MADE_UP_RATERS.items()}
if own_ratings:
    given = {YOU: films.rows_of(own_ratings), **given}
raters = {name: films.new_user(ratings) for name, ratings in given.items()}
by_bias = sorted(raters, key=lambda name: raters[name].bias)
against = min(MADE_UP_RATERS, key=lambda name: raters[name].factors @ films.item_factors[famous])


def rater_label(name: str) -> str:
    """Names a rater with their strictness."""
    word = next(word for limit, word in STRICTNESS if raters[name].bias < limit)
    return f"{name} ({word})"


basis = films.components(n_components=None)
mapped = films.mapped()
n_factors = films.item_factors.shape[1]
n_known = min(WELL_KNOWN, len(mapped))

with chooser[0]:
    name = view.selectbox(
        "rater",
        "Rater, the strictest first",
        by_bias,
        YOU if own_ratings else against,
        rater_label,
        filter_mode="contains",
    )
with chooser[1]:
    film = view.selectbox(
        "film",
        "Film, the most rated first",
        films.search("", limit=len(labels)).tolist(),
        famous,
        labels.__getitem__,
        meant=functools.partial(film_parts.film_meant, films),
        filter_mode="contains",
    )
with chooser[2]:
    n_parts = view.slider("parts", "Components shown", 1, min(10, len(basis.explained)), 4)

rater = raters[name]
explanation = films.explain(rater, film, n_parts=n_parts)
parts, prediction = explanation.parts, explanation.prediction
sides = figures.poles(
    films.films["title"].iloc[mapped[:n_known]].tolist(), basis.coordinates[:n_known]
)
named = {
    f"component {number}": f"Component {number}\nfrom {', '.join(pole.low)}\n"
    f"to {', '.join(pole.high)}"
    for number, pole in enumerate(sides, start=1)
}
named |= {
    "mean of all ratings": "Mean of all ratings",
    "this user's bias": f"Rater's bias: {rater_label(name)}",
    "this film's bias": f"Film's bias: {figures.shortened(labels[film], 34)}",
    "taste for an average film": "Taste for an average film",
}


def in_a_line(part: str) -> str:
    """Names a part for running text."""
    return named.get(part, part).replace("\n", ", ", 1).replace("\n", " ")


stars = {kind: float(value) for kind, value in parts.groupby("kind")["stars"].sum().items()}
taste = sum(stars.get(kind, 0.0) for kind in ("taste", "component", "rest"))

number, figure = shown.columns([2, 7])
with number:
    st.metric("Predicted stars", f"{prediction:.2f}")
    if not 0.5 <= prediction <= 5:
        st.markdown(
            f"Outside the scale: shown to a visitor as **{min(max(prediction, 0.5), 5):.1f}**."
        )
    st.markdown(
        f"**{theme.signed(stars['user'])}** from the rater  \n"
        f"**{theme.signed(stars['film'])}** from the film  \n"
        f"**{theme.signed(taste)}** from taste, where the two meet"
    )
    if film in given[name]:
        st.markdown(f"Given by this rater: **{visitor.stars_words(given[name][film])}**")
with figure:
    chart(
        figures.waterfall(parts, prediction, names=named),
        key="movies_why_main",
        alt=f"Waterfall from the mean rating {stars['mean']:.2f} to the prediction {prediction:.2f}"
        f" of {rater_label(name)} for {labels[film]}: rater {stars['user']:+.2f}, film "
        f"{stars['film']:+.2f}, taste {taste:+.2f}",
        data=figures.steps(parts).assign(name=[in_a_line(part) for part in parts["part"]]),
        filename="movies-why",
    )

n_unnamed = len(basis.explained) - n_parts
signed_parts = parts[~parts["kind"].isin(["mean", "rest"])]
largest = signed_parts.iloc[int(signed_parts["stars"].abs().argmax())]
what_you_see = (
    f"From the mean of all ratings, {stars['mean']:.2f} stars, to the {prediction:.2f} that "
    f"{'you are' if name == YOU else f'the rater “{name}” is'} predicted to give "
    f"{page.plain(labels[film])}. The largest single step: "
    f"{page.plain(in_a_line(largest['part']))}, {theme.signed(largest['stars'])}. Taste "
    f"{'adds' if taste >= 0 else 'takes'} {abs(taste):.2f} in all. Blue bars and + raise the "
    "prediction, vermilion bars and − lower it."
    + (
        ""
        if films.films["has_factors"][film]
        else f" This film has fewer than {MIN_RATINGS_FACTORS} ratings: its factors are those that "
        "its genres and year let expect."
    )
)
matters = int(mapped[np.argmax(np.abs(films.item_factors[mapped] @ rater.factors))])
with shown:
    page.what_you_see(what_you_see)
    experiments.draw(
        view,
        [
            Try("The strictest rater, same film", {"rater": by_bias[0]}, goes_on=True),
            Try("The most generous rater, same film", {"rater": by_bias[-1]}, goes_on=True),
            Try("The film where this rater's taste matters most", {"film": matters}, goes_on=True),
        ],
    )

with folded, page.details("The formula, with the numbers of this prediction"):
    st.latex(r"\hat r_{ui} = \mu + b_u + b_i + p_u \cdot q_i")
    st.latex(
        f"{prediction:.3f} = {stars['mean']:.3f} {stars['user']:+.3f} {stars['film']:+.3f} "
        f"{taste:+.3f}"
    )
    st.markdown(
        f"The last term sums {n_factors} products, one for each factor of the rater and the film. "
        "Single factors mean little, so they are turned to their principal components first, which "
        "leaves the sum as it is. Each component then adds the rater's place on its axis times "
        "the film's; what the rater's taste makes of a film in the middle of all is a part of its "
        f"own. A component is named by its farthest films among the {n_known} most rated"
        + (
            f"; the {theme.counted(n_unnamed, 'component')} that are not shown are added up to one "
            "part without a name."
            if n_unnamed > 1
            else "."
        )
    )
    st.markdown(
        "The raters here are made up, or you: nobody's row of the data set is in this app. A "
        f"rater's bias and factors are the exact solution of a ridge problem for the "
        f"{len(given[name])} ratings that they gave, shown here:"
    )
    st.dataframe(
        {
            "film": [labels[row] for row in given[name]],
            "stars": [visitor.stars_words(stars) for stars in given[name].values()],
        },
        hide_index=True,
    )
    shown = parts.assign(part=[in_a_line(part) for part in parts["part"]])[["part", "stars"]]
    st.dataframe(
        shown,
        hide_index=True,
        column_config={"stars": st.column_config.NumberColumn(format="%+.4f")},
    )
share.popover(view)
provenance.footer(films.bundle, lesson="movies-bias")
