"""How does batch norm work? One layer with its numbers, a batch's noise, its two modes."""

import streamlit as st

from dashboard import view_state
from dashboard.app_pages.batchnorm_layer import views
from dashboard.components import experiments, page, provenance, share, width

LAYER, NOISE, MODES = "One layer", "A batch’s noise", "Train and evaluate"
VIEWS = {
    LAYER: (views.one_layer, views.KEY),
    NOISE: (views.batch_noise, views.KEY_NOISE),
    MODES: (views.train_and_evaluate, views.KEY_RUNNING),
}

page.header(
    "What does a batch norm layer do to a number?",
    "It subtracts a mean and divides by a spread; then it stretches by γ and shifts by β, which "
    "the net learns.",
)
view = view_state.page(views.PAGE)
shown = view.segmented_control("view", "Show", list(VIEWS), LAYER, label_visibility="collapsed")
draw, key = VIEWS[shown]
figure, controls = st.columns([5, 2], gap="medium")
experiments.draw(view, draw(views.Place(view, figure, controls)), within={"view": shown})
with page.details("Why it matters, and for what kind of net"):
    st.markdown(
        "**In training** mean and spread are those of the batch, so each value depends a little on "
        "its companions. In a convolutional net they are taken over all photos of the batch and "
        "all places in them, so even a single photo has many values a channel; in a dense layer a "
        "batch of one leaves nothing.\n\n"
        "**In evaluation** they are averages that were kept, so a photo’s answer does not depend "
        "on its neighbours, and the layer is a straight line, $y = ax + b$: it can be folded into "
        "the weights before it.\n\n"
        "**Into a trained net** it goes without a trace if it undoes its own normalisation: "
        "$\\beta = \\mu$ and $\\gamma = \\sqrt{\\sigma^2 + \\varepsilon}$. The lesson’s notebook "
        "set $\\gamma$ to the variance; the page *The surgery* shows what that does to a net. "
        "From there, training may move γ and β wherever it likes.\n\n"
        "Ioffe and Szegedy 2015, [arXiv 1502.03167](https://arxiv.org/abs/1502.03167)."
    )
share.popover(view)
width.ask(key)
provenance.drawn_here(f"{views.N_VALUES:,} random values of one channel", "batchnorm-loss")
