"""How does a net learn to write? The same beginning, epoch after epoch."""

from typing import Any

import streamlit as st

from dashboard import resources, view_state
from dashboard.app_pages.textgen_learn import views
from dashboard.app_pages.textgen_learn.views import Training
from dashboard.components import experiments, missing, page, provenance, share, width

THROUGH, BESIDE, NETS = "Through the training", "Side by side", "All nets"
VIEWS = {
    THROUGH: views.through,
    BESIDE: views.beside,
    NETS: views.all_nets,
}
KEYS = {THROUGH: views.KEY, NETS: views.KEY_NETS}

page.header(
    "How does a net learn to write?",
    "The same beginning and seed, epoch after epoch: noise, then words, then something like "
    "sentences.",
)
view = view_state.page(views.PAGE)
with missing.guard():
    models = {name: resources.text_model(name) for name in resources.text_models()}
with_snapshots = [name for name, model in models.items() if len(model.epochs) > 1]
row = st.columns([9, 8, 4], vertical_alignment="bottom")
with row[0]:
    shown = view.segmented_control(
        "view", "Show", list(VIEWS), THROUGH, label_visibility="collapsed"
    )
with row[1]:
    name = view.selectbox(
        "model", "Net", list(models), (with_snapshots or list(models))[0], resources.text_title
    )
VIEWS[shown](Training(view, name, models[name], row[2]))
tries: list[tuple[str, dict[str, Any]]] = [
    ("All epochs side by side", {"view": BESIDE}),
    ("Which net learns best?", {"view": NETS}),
]
if shown == THROUGH and len(models[name].epochs) > 1:
    tries.insert(0, ("Begin untrained", {"epoch": models[name].epochs[0]}))
elif shown != THROUGH:
    tries = [one for one in tries if one[1]["view"] != shown]
    tries.insert(0, ("Watch it learn", {"view": THROUGH}))
experiments.draw(
    view,
    [one for one in tries if set(one[1]) <= set(view.controls)],
    within={"view": shown},
    kept=("model",),
)
with page.details("What is measured, and on what"):
    st.markdown(
        "The book is split in its order: the first 85 % are learned from, the next 5 % choose the "
        "epoch, and the last 10 % are held out: **held-out text**, bits a character, read in one "
        "pass. **While training** is the mean loss over an epoch, with dropout on and the weights "
        "still changing, so it can lie above the others at first. One nat is 1.44 bits.\n\n"
        "**Counting** is an interpolated Kneser-Ney model: it counts which character followed the "
        "last few ones, and learns nothing else.\n\n"
        "**The lesson’s** four losses are of two LSTM layers of 512, trained on windows of 40 "
        "characters that begin at every place, so that an epoch reads each character 40 times; it "
        "held nothing back, so they can only be compared with losses while training."
    )
share.popover(view)
if shown in KEYS:
    width.ask(KEYS[shown])
provenance.footer(models[name].bundle, metric="held_out_bits")
