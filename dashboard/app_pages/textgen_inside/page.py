"""What does a net remember while it reads? Its cells, its gates, what a prediction depends on."""

import streamlit as st

from core.errors import InputError
from core.textgen.explore.inside import LEAST
from dashboard import resources, view_state
from dashboard.app_pages.textgen_inside import cell_views, gate_views
from dashboard.components import experiments, missing, page, provenance, sample_text, share
from dashboard.components import width as widths
from dashboard.components.experiments import Try
from dashboard.components.text import plain, sentence

PAGE = cell_views.PAGE
CELL, HOLD, GATES, DEPENDS = "A cell", "Hold it", "Gates", "What it depends on"
SHOWS = {"quotes": "nietzsche", "line": "shakespeare-small"}  # nets that open on such a cell
KEYS = {CELL: cell_views.KEY, GATES: gate_views.KEY, DEPENDS: gate_views.KEY_DEPENDS}
KEY_TEXT = "textgen-inside-text"
MOST_CHARS = 2_000
HEIGHT = 150  # px
START = """\
"you ask me what a promise is," said the old teacher, "and you ask it on my doorstep, at night."
he put down his cup (it was cold by now) and looked at the rain. "a promise is a bridge;
but who walks over it [and who pays for it] nobody can say." then he was silent.
the others waited: some with patience, some without.
"""

top = st.empty()


def header(promise: str) -> None:
    """Draws the title, and what holds for every net and for the one that is shown."""
    with top.container():
        page.header(
            "What does a net remember while it reads?",
            f"Each cell keeps one number from character to character. {promise}",
        )


header("Nobody told it what.")
view = view_state.page(PAGE)
with missing.guard():
    models = resources.text_models()
shown = view.segmented_control(
    "view", "Show", (CELL, HOLD, GATES, DEPENDS), CELL, label_visibility="collapsed"
)
left, right = st.columns([13, 10], gap="medium")
with left:
    typed = sample_text.field(
        view,
        KEY_TEXT,
        ("", START),
        label="Your text",
        max_chars=MOST_CHARS,
        height=HEIGHT,
        help="The net reads it as you type.",
    )
with right:
    name = view.selectbox("model", "Net", models, models[0], resources.text_title)
    with missing.guard():
        model = resources.text_model(name)
header(cell_views.followed(model))
try:
    reading = model.reading_of(typed)
    trace = model.read(reading.text)
except InputError as error:
    st.warning(plain(sentence(error)), icon=":material/error:")
    st.stop()
if not trace.text:
    st.info("There is nothing to read yet: type something.", icon=":material/edit:")
    st.stop()
read = cell_views.Read(view, model, trace, left, right)
{
    CELL: cell_views.along,
    HOLD: cell_views.held,
    GATES: gate_views.gates,
    DEPENDS: gate_views.depends,
}[shown](read)

best = cell_views.best_of(model)


def to_cell(feature: str) -> dict[str, object]:
    """Returns what shows a cell that follows a feature, in this net or in one that has such."""
    if feature in best:
        return {"view": CELL, **cell_views.settings(model, feature)}
    return {"view": CELL, "model": SHOWS[feature]} if SHOWS[feature] in models else {}


def held(feature: str, sign: int) -> tuple[str, dict[str, object]]:
    """Returns the experiment that holds the cell for a feature in one of two directions."""
    said = cell_views.AS_IF[feature][0 if sign > 0 else 1]
    values = cell_views.settings(model, feature, is_held=True, sign=sign)
    return f"Hold it as {said}", {"view": HOLD, **values}


followed = sorted(best, key=lambda feature: feature not in SHOWS)
quotes = [place for place, char in enumerate(trace.text, start=1) if char == '"']
tries = {
    CELL: [
        ("A cell for quotes", to_cell("quotes")),
        ("A cell for the length of the line", to_cell("line")),
        Try("Hold it", {"view": HOLD}, goes_on=True),
    ],
    HOLD: [held(feature, sign) for feature in followed[:2] for sign in (1, -1)][:3],
    GATES: [("What does it depend on?", {"view": DEPENDS})],
    DEPENDS: [
        *[("A quote that closes", {"view": DEPENDS, "place": place}) for place in quotes[1:2]],
        ("The end of the text", {"view": DEPENDS, "place": max(len(trace.text), 2)}),
        ("The gates", {"view": GATES}),
    ],
}
experiments.draw(
    view,
    [one for one in tries[shown] if one[1] and set(one[1]) <= set(view.controls)],
    kept=("model",),
)
with page.details("How cells are found, held and asked"):
    st.markdown(
        "**Cells.** A feature of the text (is a quote open? how many characters since the line "
        "began?) is correlated with what each cell remembers, over 20,000 characters that the net "
        "did not learn from; the ones with the largest correlation, of either sign, are listed, "
        f"from ±{LEAST:g} on. A high correlation is no proof that the net uses the cell for it: "
        "hold it and see. In an LSTM the cell state is meant, in the others the state itself "
        "(Karpathy, Johnson and Fei-Fei 2015).\n\n"
        "**Holding.** After each character the cell is set back to the same value, while the prime "
        "is read by a free net. Both texts are drawn with the same random numbers, so they differ "
        "only by what the cell changes.\n\n"
        "**Influence.** The length of the gradient of the log-probability with respect to the "
        "vector of each earlier character, as a share of the sum (Madsen 2019). It is the slope "
        "at this very text, not what would happen if a character were gone."
    )
if reading.replaced:
    st.caption(
        "The net knows "
        f"{len(model.alphabet)} characters. Others are read as something like them: "
        + ", ".join(
            f"“{plain(char)}” as “{plain(other)}”"
            if other.strip()
            else f"“{plain(char)}” as a space"
            for char, other in list(reading.replaced.items())[:6]
        )
        + "."
    )
share.popover(view)
widths.ask(KEYS.get(shown, cell_views.KEY))
provenance.footer(model.bundle, metric="held_out_bits")
