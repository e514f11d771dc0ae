"""What does a net remember while it reads? Its cells, its gates, what a prediction depends on."""

import streamlit as st

from core.errors import InputError
from dashboard import resources, view_state
from dashboard.components import cell_views, gate_views, missing, page, provenance, sample_text
from dashboard.components import width as widths
from dashboard.components.text import plain, sentence

PAGE = cell_views.PAGE
CELL, HOLD, GATES, DEPENDS = "A cell", "Hold it", "Gates", "What it depends on"
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

page.header(
    "What does a net remember while it reads?",
    "Each cell keeps one number from character to character. Some keep what people have a word "
    "for: whether a quote is open, or how long the line is.",
)
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
try:
    reading = model.reading_of(typed)
    passage = model.read(reading.text)
except InputError as error:
    st.warning(plain(sentence(error)), icon=":material/error:")
    st.stop()
if not passage.text:
    st.info("There is nothing to read yet: type something.", icon=":material/edit:")
    st.stop()
read = cell_views.Read(view, model, passage, left, right)
{
    CELL: cell_views.along,
    HOLD: cell_views.held,
    GATES: gate_views.gates,
    DEPENDS: gate_views.depends,
}[shown](read)

best = {feature: rows.iloc[0] for feature, rows in model.cells.groupby("feature", sort=False)}


def to_cell(feature: str) -> dict[str, int]:
    """Returns the values of the controls that show the cell that follows a feature best."""
    if feature not in best:
        return {}
    values = {"layer": int(best[feature]["layer"]) + 1, "cell": int(best[feature]["cell"]) + 1}
    return {control: value for control, value in values.items() if control in view.controls}


tries = {
    CELL: [
        ("A cell for quotes", to_cell("quotes")),
        ("A cell for the end of the line", to_cell("line")),
        ("Hold it", {"view": HOLD}),
    ],
    HOLD: [
        ("Hold the cell for quotes high", {**to_cell("quotes"), "value": 5.0}),
        ("The same cell low", {**to_cell("quotes"), "value": -5.0}),
        ("Hold the cell for lines at 0", {**to_cell("line"), "value": 0.0}),
    ],
    GATES: [("What does it depend on?", {"view": DEPENDS})],
    DEPENDS: [
        ("The first quote", {"place": float(max(reading.text.find('"') + 1, 2))}),
        ("The end of the text", {"place": float(max(len(passage.text), 2))}),
        ("The gates", {"view": GATES}),
    ],
}
view.experiments([one for one in tries[shown] if set(one[1]) <= set(view.controls)])
with page.details("How cells are found, held and asked"):
    st.markdown(
        "**Cells.** A feature of the text (is a quote open? how many characters since the line "
        "began?) is correlated with what each cell remembers, over 20,000 characters that the net "
        "did not learn from; the ones with the largest correlation, of either sign, are listed. A "
        "high correlation is no proof that the net uses the cell for it: hold it and see. In an "
        "LSTM the cell state is meant, in the others the state itself (Karpathy, Johnson and "
        "Fei-Fei 2015).\n\n"
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
view.share()
widths.ask(KEYS.get(shown, cell_views.KEY))
provenance.footer(model.bundle, metric="held_out_bits")
