"""Is an embedding more than a table, and why does a model of two inputs need a function?"""

import numpy as np
import pandas as pd
import streamlit as st

from core.movies.explore import lookup
from core.movies.explore.made_up import MADE_UP_RATERS
from dashboard import resources, theme, view_state
from dashboard.app_pages.ideas_embeddings import lookup_figure as figures
from dashboard.components import experiments, missing, page, provenance, share
from dashboard.components.chart import chart
from dashboard.figures.waterfall import shortened

RATER = "Likes space operas"  # of the made-up ones: whose rating is learned from
VIEWS = ("look-up", "gradient")
MODELS = {
    "dot product": "dot",
    "with biases": "bias",
    "neural net": "net",
    "with meta data": "metadata",
}
FORMULAS = {
    "dot": r"\hat r = p_u \cdot q_i",
    "bias": r"\hat r = p_u \cdot q_i + b_u + b_i",
    "net": r"\hat r = w \cdot \mathrm{relu}(V [p_u, q_i] + v) + c",
    "metadata": r"\begin{aligned}\hat r = {} & p_u \cdot (q_i + W s_i) + b_u + b_i \\ "
    r"& + w \cdot \mathrm{relu}(V [p_u, q_i, s_i] + v) + c\end{aligned}",
}
SENTENCES = {
    "dot": "Two inputs meet in one number: how well the user's factors fit the film's.",
    "bias": "The same, and one number a user and a film: their biases. A sum needs no order.",
    "net": "Nothing says how the factors meet; a hidden layer has to find it out.",
    "metadata": "A third input, what is known of the film, enters twice: as more factors of the "
    "film, and beside all factors in the hidden layer.",
}
TIMES = "ideas_embeddings-times"

page.header(
    "Is an embedding more than a table?",
    "A look-up in a table equals a one-hot vector times a matrix, exactly, and is cheaper. "
    "See both with the factors of a film.",
)
view = view_state.page("ideas_embeddings")
with missing.guard():
    films = resources.movie_explorer("movies-bias")

own = np.sort(films.mapped())
labels, table = films.films["label"].iloc[own].tolist(), films.item_factors[own]
n_rows, n_factors = table.shape
by_count = np.searchsorted(own, films.mapped()).tolist()
rater = films.new_user(films.rows_of(MADE_UP_RATERS[RATER]))
chooser = st.columns([4, 3, 3])
with chooser[0]:
    row = view.selectbox(
        "film",
        "Film, the most rated first",
        by_count,
        by_count[0],
        labels.__getitem__,
        filter_mode="contains",
    )
with chooser[1]:
    shown = view.segmented_control("shown", "Shown", VIEWS, VIEWS[0])
with chooser[2]:
    stars = view.select_slider(
        "stars", "Stars given, for the gradient", [half / 2 for half in range(1, 11)], 5.0
    )

title = shortened(films.films["title"][own[row]], 20)
both = lookup.proof(table, row)
prediction = float(films.predict(rater, int(own[row])))
change = lookup.gradient(table, row, rater.factors, prediction, stars)
is_lookup = shown == VIEWS[0]
values = table if is_lookup else change.factors
hot = lookup.one_hot(row, n_rows)
chart(
    figures.lookup(
        hot,
        values,
        hot @ values,
        row=row,
        what="factor" if is_lookup else "gradient of the squared error",
        heads=(
            f"table of {theme.count(n_rows)} rows" if is_lookup else "gradient of the table",
            f"{'product = ' if is_lookup else ''}row {row}: {title}",
        ),
    ),
    key="ideas_embeddings_main",
    alt=f"A one-hot vector with its 1 at row {row}, times "
    f"{'the table of factors' if is_lookup else 'the gradient'}: the result is row {row}",
    data=pd.DataFrame(
        {"factor": range(1, n_factors + 1), "value": values[row], "product": hot @ values}
    ),
    filename="embedding",
)
if is_lookup:
    page.what_you_see(
        f"Row {row}, {page.plain(labels[row])}, out of a table of {theme.count(n_rows)} films by "
        f"{n_factors} factors, here with its neighbours. Look-up and product differ by at most "
        f"**{both.max_difference:g}**: every other row is multiplied by 0."
    )
else:
    touched = change.touched
    page.what_you_see(
        f"By the model a rater who {RATER.lower()} would give {page.plain(labels[row])} "
        f"{prediction:.2f} stars; suppose the rating was {stars:g}. The gradient of the squared "
        f"error touches **{theme.count(len(touched))} of {theme.count(n_rows)}** rows"
        + (f": row {touched[0]}" if len(touched) else "")
        + ". All others are exactly 0, so training needs to write to the rows of a batch only."
    )
experiments.draw(
    view,
    [
        ("The look-up", {"shown": VIEWS[0]}),
        ("What one rating changes", {"shown": VIEWS[1], "stars": 0.5}),
        ("The last row of the table", {"film": n_rows - 1}),
    ],
)
with st.container(horizontal=True, vertical_alignment="center"):
    if st.button(
        "Measure both here",
        icon=":material/timer:",
        help="Takes a fraction of a second of one core",
    ):
        st.session_state[TIMES] = lookup.measure(table)
    times = st.session_state.get(TIMES)
    if times:
        st.markdown(
            f"For {lookup.BATCH} films at once the product took **{times.ratio:,.0f} times** as "
            f"long as the look-up ({theme.seconds(times.product_s)} against "
            f"{theme.seconds(times.lookup_s)}; the middle half of {lookup.N_ROUNDS} rounds: "
            f"{times.low:,.0f} to {times.high:,.0f} times)."
        )

st.header("Why is such a model a function, not a chain of layers?", anchor=False)
st.markdown(
    "A chain has one input and one way through. A rating has two inputs or more, each with its own "
    "table, and they meet somewhere. Rectangles are inputs, circles are computed, the triangle is "
    "the output; the words inside say by which operation."
)
name = view.segmented_control("model", "Model", list(MODELS), "with biases")
graph = MODELS[name]
nodes = figures.GRAPHS[graph]
chart(
    figures.model_graph(graph),
    key="ideas_embeddings_graph",
    alt=f"Graph of the model {name}: "
    + "; ".join(
        f"{node.meaning} from {' and '.join(node.made_from)}" for node in nodes if node.made_from
    ),
    data=pd.DataFrame(
        [
            {"node": node.name, "kind": node.kind, "meaning": node.meaning, "from": source}
            for node in nodes
            for source in node.made_from or ("",)
        ]
    ),
    filename=f"model-{graph}",
)
st.latex(FORMULAS[graph])
st.markdown(SENTENCES[graph])

with page.details("The two ways in code"):
    st.code(
        f"row = {row}  # {labels[row]}\n"
        f"looked_up = item_factors[row]              # ({n_factors},)\n"
        f"one_hot = np.zeros({n_rows}, np.float32)\n"
        "one_hot[row] = 1\n"
        f"multiplied = one_hot @ item_factors        # ({n_rows},) @ ({n_rows}, {n_factors})\n"
        f"np.abs(looked_up - multiplied).max()       # {both.max_difference:g}",
        language="python",
    )
    st.markdown(
        "Gradients of one rating with error e: 2 e p for the film's factors, 2 e for its bias, and "
        "through the one-hot vector 0 for every other film. An L2 penalty on whole tables, as the "
        "lesson has it, would touch all rows in every step."
    )
share.popover(view)
provenance.footer(films.bundle, lesson="movies-bias")
