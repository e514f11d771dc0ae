"""What does batch norm buy? The same training with and without it, over learning rates."""

import streamlit as st

from dashboard import resources, view_state
from dashboard.app_pages.batchnorm_buys import views
from dashboard.components import experiments, missing, page, provenance, share, width

RATES, CURVES = "by learning rate", "curves"

page.header(
    "Does batch norm let a net learn faster or better?",
    "The same pre-trained net learns to classify cats and dogs, with and without batch norm, "
    "from the same photos and for the same number of epochs.",
)
view = view_state.page(views.PAGE)
with missing.guard():
    results = resources.sweep_results()
row = st.columns([4, 4, 4], gap="medium", vertical_alignment="bottom")
with row[0]:
    shown = view.segmented_control("view", "Show", (RATES, CURVES), RATES)
if shown == RATES:
    key = views.KEY
    views.by_rate(view, results, row[1], row[2])
    tries = [
        ("Look closer at the top", {"axis": views.UPPER}),
        ("Every training as a dot", {"dots": True, "axis": views.WHOLE}),
        ("See them learn", {"view": CURVES}),
    ]
else:
    key = views.KEY_CURVES
    tries = views.curves(view, results, row[1], row[2])
experiments.draw(view, tries, within={"view": shown})
with page.details("All numbers, and how they were made"):
    st.dataframe(views.table(results), hide_index=True)
    st.markdown(views.EXPLAINED)
share.popover(view)
width.ask(key)
provenance.footer(results.bundle, beside="batchnorm-dogs-cats", metric=views.METRIC)
