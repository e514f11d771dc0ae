"""Who are a word's neighbours, and according to which texts?"""

import streamlit as st

from core.words.explore import ask
from dashboard import view_state
from dashboard.app_pages.words_neighbours import sets_here, views
from dashboard.components import experiments, page, share, width

NEIGHBOURS, ANALOGY, AXIS = "Neighbours", "Analogy", "Axis"
TYPED, FREQUENT, NEAR = "these words", "the most frequent", "around the word"
REACH = {"5,000": 5_000, "30,000": 30_000, "100,000": 100_000, "all": None}
N_SETS = 3  # shown at first: as many lists as stand side by side on a projector
FILM_WORDS = (
    "terrible awful boring dull predictable mediocre okay decent funny clever charming brilliant "
    "superb masterpiece plot actors director soundtrack sequel comedy horror drama"
)

page.header(
    "Who are a word's neighbours, and according to which texts?",
    "Vectors know a word only by the company it keeps in the texts they were learned from. One "
    "question goes to several sets of vectors: compare what they answer.",
)
view = view_state.page("words_neighbours")
left, right = st.columns([7, 13], vertical_alignment="bottom")
with left:
    shown = view.segmented_control("view", "View", (NEIGHBOURS, ANALOGY, AXIS), NEIGHBOURS)
everything = {one.name: one for one in sets_here.available()}
with right:
    chosen = view.pills(
        "sets",
        "Sets of vectors",
        list(everything),
        list(everything)[:N_SETS],
        lambda name: everything[name].label,
    )
sets = [everything[name] for name in everything if name in chosen]
boxes, last = st.columns([13, 3], vertical_alignment="bottom")
row = boxes.container(horizontal=True, vertical_alignment="bottom")
with last, st.popover("More", icon=":material/tune:", width="stretch"):
    n = view.slider("n", "Words in a list", 3, ask.MOST_SHIPPED, 10)
    reach = view.select_slider(
        "top_n",
        "Only among the most frequent words of each set",
        list(REACH),
        "30,000",
        help="Rare words have been seen in few places, so their vectors are less sure.",
    )
    n_words = view.slider("n_words", "Words along an axis", 10, ask.MOST_WORDS, 60, 10)
    st.caption("The words of the other views")
    others = st.container()
top_n = REACH[reach]
is_axis = shown == AXIS
second = boxes.columns([5, 15], vertical_alignment="bottom") if is_axis else [others] * 2
with row if shown == ANALOGY else others:
    abc = (
        view.text_input("a", "This word", "man"),
        view.text_input("b", "is to this one", "king"),
        view.text_input("c", "as this one is to …", "woman"),
    )
    leave_out = view.toggle(
        "leave_out",
        "Leave the three words out",
        True,
        help="Turned off, these words may be the answer; mostly one of them is.",
    )
with row if is_axis else others:
    low = view.text_input("low", "Left end", "bad")
    high = view.text_input("high", "Right end", "good")
    below = view.text_input("below", "Lower end", placeholder="of a second axis: man")
    above = view.text_input("above", "Upper end", placeholder="woman")
with second[0]:
    source = view.selectbox("source", "Words along the axis", (TYPED, FREQUENT, NEAR), TYPED)
with second[1] if source == TYPED else others:
    typed = view.text_input("words", "These words", FILM_WORDS, max_chars=2000)
is_asked = shown == NEIGHBOURS
with row if is_asked else second[1] if is_axis and source == NEAR else others:
    word = view.text_input("word", "Word", "bush", icon=":material/search:")
if not sets:
    st.info("Choose at least one set of vectors above.", icon=":material/checklist:")
elif shown == NEIGHBOURS:
    views.draw_neighbours(view, sets, word, n, top_n)
elif shown == ANALOGY:
    views.draw_analogy(sets, abc, n, top_n, leave_out=leave_out)
else:
    around = word if source == NEAR else None
    wanted = ask.typed_words(typed) if source == TYPED else None
    choice = ask.Choice(wanted, n_words, around, top_n)
    views.draw_axis(sets, (low, high), (below, above), choice)
if "glove" in everything and everything["glove"].vectors is None:
    st.caption(
        "Of GloVe only the nearest words of its 10,000 most frequent ones are here, and a few "
        f"axes. With its vectors it answers everything: `{ask.GET_GLOVE}`"
    )
experiments.draw(
    view,
    [
        ("bush, in the news and in reviews", {"view": NEIGHBOURS, "word": "bush"}),
        ("plot: a conspiracy or a story?", {"view": NEIGHBOURS, "word": "plot"}),
        (
            "king − man + woman = king",
            {"view": ANALOGY, "a": "man", "b": "king", "c": "woman", "leave_out": False},
        ),
        (
            "Paris is to France as Rome to …",
            {"view": ANALOGY, "a": "paris", "b": "france", "c": "rome", "leave_out": True},
        ),
        (
            "From bad to good",
            {
                "view": AXIS,
                "low": "bad",
                "high": "good",
                "below": "",
                "above": "",
                "source": TYPED,
                "words": FILM_WORDS,
            },
        ),
    ],
)
with page.details("Cosine, the sum of an analogy, and what the switch hides"):
    st.latex(r"\cos(u, v) = \frac{u \cdot v}{\lVert u \rVert \, \lVert v \rVert}")
    st.markdown(
        "The cosine compares directions only: 1 for the same, 0 for unrelated ones. Of two lists "
        "$A$ and $B$, the Jaccard index is the share of their words that stand in both, "
        "$|A \\cap B| / |A \\cup B|$. An analogy $a : b = c : \\,?$ is answered by the word "
        "$d$ with"
    )
    st.latex(r"\arg\max_{d \notin \{a, b, c\}} \cos(d, b - a + c)")
    st.markdown(
        "on vectors of length 1 (3CosAdd; Mikolov et al. 2013, Levy and Goldberg 2014). Leaving "
        "$a$, $b$ and $c$ out flatters the method: the step $b - a$ is often short, so the sum "
        "stays next to $b$ or $c$, and the nearest *other* word is a neighbour of theirs that one "
        "might have found without any sum (Linzen 2016). The axis from one word to another is the "
        "difference of their vectors of length 1, itself at length 1."
    )
share.popover(view)
width.ask(views.KEY)
sets_here.footer(sets or list(everything.values())[:1])
