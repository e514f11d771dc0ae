"""What does batch norm buy? The same training with and without it, over learning rates."""

import streamlit as st

from dashboard import resources, view_state
from dashboard.components import missing, page, provenance, sweep_views, width

RATES, CURVES = "by learning rate", "curves"

page.header(
    "Does batch norm let a net learn faster or better?",
    "The same pre-trained net learns to tell cats from dogs, with and without batch norm, "
    "from the same photos and for the same number of epochs.",
)
view = view_state.page(sweep_views.PAGE)
with missing.guard():
    results = resources.sweep_results()
row = st.columns([4, 4, 4], gap="medium", vertical_alignment="bottom")
with row[0]:
    shown = view.segmented_control("view", "Show", (RATES, CURVES), RATES)
if shown == RATES:
    key = sweep_views.KEY
    sweep_views.by_rate(view, results, row[1], row[2])
    tries = [
        ("Look closer at the top", {"axis": sweep_views.UPPER}),
        ("Every training as a dot", {"dots": True, "axis": sweep_views.WHOLE}),
        ("See them learn", {"view": CURVES}),
    ]
else:
    key = sweep_views.KEY_CURVES
    tries = sweep_views.curves(view, results, row[1], row[2])
view.experiments(tries, within={"view": shown})
with page.details("All numbers, and how they were made"):
    st.dataframe(sweep_views.table(results), hide_index=True)
    st.markdown(sweep_views.EXPLAINED)
view.share()
width.ask(key)
provenance.footer(results.bundle, beside="batchnorm-dogs-cats", metric=sweep_views.METRIC)
