"""Why does the model predict these stars for this rater and this film?"""

import numpy as np
import streamlit as st

from dashboard import resources, theme, view_state
from dashboard.components import missing, page, provenance
from dashboard.components.chart import chart
from dashboard.figures import movies_why as figures

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
    "Pick a rater and a film: the prediction is a sum, and every part of it has a name.",
)
view = view_state.page("movies_why")
with missing.guard():
    films = resources.movie_explorer("movies-bias")

labels = films.films["label"].tolist()
user_ids, biases = films.users["user_id"].tolist(), films.users["bias"].tolist()
by_bias = np.argsort(biases, kind="stable").tolist()
famous = int(films.top_by_count(1)[0])
against = int(np.argmin(films.user_factors @ films.item_factors[famous]))


def rater(row: int) -> str:
    """Names a rater by id and strictness."""
    word = next(word for limit, word in STRICTNESS if biases[row] < limit)
    return f"user {user_ids[row]} ({word})"


top = films.top_by_count()
n_factors = films.item_factors.shape[1]
basis = films.components(n_components=None)
n_known = min(WELL_KNOWN, len(top))

chooser = st.columns([3, 4, 3])
with chooser[0]:
    user = view.selectbox(
        "user", "Rater, the strictest first", by_bias, against, rater, filter_mode="contains"
    )
with chooser[1]:
    film = view.selectbox(
        "film",
        "Film, the most rated first",
        films.search("", limit=len(labels)).tolist(),
        famous,
        labels.__getitem__,
        filter_mode="contains",
    )
with chooser[2]:
    n_parts = view.slider("parts", "Components shown", 1, min(10, len(basis.explained)), 4)

explanation = films.explain(user, film, n_parts=n_parts)
parts, prediction = explanation.parts, explanation.prediction
sides = figures.poles(
    films.films["title"].iloc[top[:n_known]].tolist(), basis.coordinates[:n_known]
)
named = {
    f"component {number}": f"Component {number}\nfrom {', '.join(pole.low)}\n"
    f"to {', '.join(pole.high)}"
    for number, pole in enumerate(sides, start=1)
}
named |= {
    "mean of all ratings": "Mean of all ratings",
    "this user's bias": f"Bias of {rater(user)}",
    "this film's bias": f"Bias of {figures.shortened(labels[film], 34)}",
    "taste for an average film": "Taste for an average film",
}


def in_a_line(part: str) -> str:
    """Names a part for running text."""
    return named.get(part, part).replace("\n", ", ", 1).replace("\n", " ")


stars = {kind: float(value) for kind, value in parts.groupby("kind")["stars"].sum().items()}
taste = sum(stars.get(kind, 0.0) for kind in ("taste", "component", "rest"))

number, figure = st.columns([2, 7])
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
with figure:
    chart(
        figures.waterfall(parts, prediction, names=named),
        key="movies_why_main",
        alt=f"Waterfall from the mean rating {stars['mean']:.2f} to the prediction {prediction:.2f}"
        f" of {rater(user)} for {labels[film]}: rater {stars['user']:+.2f}, film "
        f"{stars['film']:+.2f}, taste {taste:+.2f}",
        data=figures.steps(parts).assign(name=[in_a_line(part) for part in parts["part"]]),
        filename="movies-why",
    )

signed_parts = parts[~parts["kind"].isin(["mean", "rest"])]
largest = signed_parts.iloc[int(signed_parts["stars"].abs().argmax())]
page.what_you_see(
    f"From the mean of all ratings, {stars['mean']:.2f} stars, to the {prediction:.2f} that "
    f"{rater(user)} is predicted to give {page.plain(labels[film])}. The largest step with a name: "
    f"{page.plain(in_a_line(largest['part']))}, {theme.signed(largest['stars'])}. Taste "
    f"{'adds' if taste >= 0 else 'takes'} {abs(taste):.2f} in all. Blue bars and + raise the "
    "prediction, vermilion bars and − lower it."
)
matters = int(top[np.argmax(np.abs(films.item_factors[top] @ films.user_factors[user]))])
view.experiments(
    [
        ("The strictest rater, same film", {"user": by_bias[0]}),
        ("The most generous rater, same film", {"user": by_bias[-1]}),
        ("The film where this rater's taste matters most", {"film": matters}),
    ]
)

with page.details("The formula, with the numbers of this prediction"):
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
        f"own. A component is named by its farthest films among the {n_known} most rated. The "
        "stars that the rater really gave are not in this model's bundle, and not shown."
    )
    shown = parts.assign(part=[in_a_line(part) for part in parts["part"]])[["part", "stars"]]
    st.dataframe(
        shown,
        hide_index=True,
        column_config={"stars": st.column_config.NumberColumn(format="%+.4f")},
    )
view.share()
provenance.footer(films.bundle, lesson="movies-bias")
