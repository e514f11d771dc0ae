"""Why recurrence? Who remembers what was read, in which order, and how a loop is folded."""

import streamlit as st

from dashboard import resources, view_state
from dashboard.app_pages.textgen_recurrence import orders, tags, unfolded_steps
from dashboard.components import experiments, missing, page, provenance, share, width

TAGS, ORDERS, STEPS = "Closing tags", "Word order", "Three steps"

page.header(
    "What does a state remember that a window cannot?",
    "To close a tag is to remember which one was opened; to answer “where?” is to keep a fact, "
    "wherever it stood.",
)
view = view_state.page("textgen_recurrence")
views, beside = st.columns([5, 6])
with views:
    shown = view.segmented_control(
        "view", "Show", (TAGS, ORDERS, STEPS), TAGS, label_visibility="collapsed"
    )
if shown == STEPS:
    with missing.guard():
        unfolded = resources.unfolded_model()
    bundle, metric, key = unfolded.bundle, "sum_bits", unfolded_steps.KEY_BITS
    unfolded_steps.draw(view, unfolded)
    tries = [
        ("Merge by concatenation", {"merge": unfolded_steps.CONCATENATION}),
        ("Merge by sum", {"merge": unfolded_steps.SUM}),
        ("Who remembers further?", {"view": TAGS}),
    ]
else:
    with missing.guard():
        memory = resources.memory_model()
    bundle = memory.bundle
    if shown == TAGS:
        metric, key = "lstm_tags", tags.KEY
        tags.draw(view, memory, beside)
        tries = [
            ("A tag opened long ago", {"sample": "far"}),
            ("Tags within tags", {"sample": "nested", "by": tags.DEPTH}),
            ("Two orders of words", {"view": ORDERS}),
        ]
    else:
        metric, key = "lstm_answers", orders.KEY
        orders.draw(view, memory)
        tries = [
            orders.other_order(view),
            ("Ask for the year, two sentences later", {"question": orders.WHEN, "asides": 2}),
            ("How is a loop folded?", {"view": STEPS}),
        ]
experiments.draw(view, tries, within={"view": shown}, kept=("sample", "place", "year"))
with page.details("How it is done"):
    if shown == STEPS:
        st.latex(
            r"h_t = \tanh\bigl(W\,[h_{t-1} \oplus \mathrm{relu}(V x_t + v)] + w\bigr), \quad "
            r"h_0 = 0, \quad t = 1, 2, 3"
        )
        st.markdown(
            "⊕ adds the two up, or lays them side by side. $x_t$ is the vector of a character; "
            "$V$ and $W$ are the same in all steps, and $W$ begins as the identity, as in the "
            "lesson. A layer behind $h_3$ gives the probabilities of the fourth character. The "
            "folded net takes the same step, with one matrix for the character and one for the "
            "state; side by side comes to just that."
        )
    else:
        st.markdown(tags.EXPLAINED if shown == TAGS else orders.EXPLAINED)
share.popover(view)
width.ask(key)
provenance.footer(bundle, metric=metric)
