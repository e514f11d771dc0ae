"""The net of three steps, written out: what merging does, and what it costs beside the loop."""

import numpy as np
import pandas as pd
import streamlit as st

from core.errors import InputError
from core.textgen import CONCATENATION, MERGES, N_STEPS, SUM
from core.textgen.explore.unfolded import UnfoldedModel
from dashboard import resources, view_state
from dashboard.app_pages.textgen_recurrence import unfolded_figure as figures
from dashboard.components import page, width
from dashboard.components.chart import chart
from dashboard.components.text import plain, sentence
from dashboard.figures.frames import STACKED_BELOW

KEY = "textgen_recurrence_steps"
KEY_NEXT = "textgen_recurrence_next"
KEY_BITS = "textgen_recurrence_bits"
KEY_TEXT = "textgen-three"
START = "the"
FOLDED = "nietzsche-rnn"  # the same step in a loop
MERGED = {SUM: "added", CONCATENATION: "side by side"}
TITLES = {SUM: "Three steps, by sum", CONCATENATION: "Three steps, side by side"}
_N_NEXT = 8


def draw(view: view_state.View, model: UnfoldedModel) -> None:
    """Draws the three steps of one text, and the figures of all nets."""
    row = st.columns([3, 4, 6], vertical_alignment="bottom")
    with row[0]:
        text = st.text_input(
            f"{N_STEPS} characters",
            START,
            max_chars=N_STEPS,
            key=KEY_TEXT,
            persist_state="session",
            help="The text stays in this session: it is in no link and no log.",
        )
    if text != START:
        view.withhold("your text")
    with row[1]:
        merge = view.segmented_control("merge", "Merged by", MERGES, SUM)
    try:
        reading = model.alphabet.read(text or "")
        steps = model.steps(reading.text, merge)
    except InputError as error:
        st.warning(
            plain(f"{sentence(error)[:-1]}: type exactly {N_STEPS}."), icon=":material/error:"
        )
    else:
        _steps(
            model,
            reading.text,
            merge,
            np.stack([step.inputs for step in steps]),
            np.stack([step.state for step in steps]),
        )
    _figures(model)


def _steps(
    model: UnfoldedModel, text: str, merge: str, inputs: np.ndarray, states: np.ndarray
) -> None:
    chars = [shown(char) for char in text]
    full = width.known(KEY_BITS)
    half = full if full < STACKED_BELOW else (full - 16) // 2
    size = {"width": half, "font_size": page.look().letters}
    left, right = st.columns(2, gap="medium")
    with left:
        drawn = figures.steps(
            inputs, states, chars, merge=MERGED[merge], title="What the net holds", **size
        )
        chart(
            drawn,
            key=KEY,
            alt=f"What the net makes of each of the characters {' '.join(chars)}, and the state "
            "that it holds after each",
            data=pd.DataFrame(
                {
                    "step": np.repeat(np.arange(1, N_STEPS + 1), inputs.shape[1]),
                    "unit": np.tile(np.arange(1, inputs.shape[1] + 1), N_STEPS),
                    "input": inputs.ravel(),
                    "state": states.ravel(),
                }
            ),
            filename="textgen-three-steps",
        )
    with right:
        ids = model.alphabet.encode(text)[None]
        both = {name: model.shares(ids, name)[0].astype(float) for name in MERGES}
        best = np.argsort(-both[merge], kind="stable")[:_N_NEXT]
        table = pd.DataFrame(
            {
                "char": [shown(model.alphabet.chars[char]) for char in best],
                **{name: shares[best] for name, shares in both.items()},
            }
        )
        title = f"Behind “{text}”".replace("\n", "↵")
        chart(
            figures.expected(
                table,
                title=title,
                names=[merge, *(name for name in MERGES if name != merge)],
                height=drawn.layout.height,
                **size,
            ),
            key=KEY_NEXT,
            alt=f"{title}, merged by {merge}, the net expects "
            + ", ".join(
                f"{char} {share:.1%}"
                for char, share in zip(table["char"], table[merge], strict=True)
            ),
            data=table,
            filename="textgen-three-next",
        )
    page.what_you_see(
        f"Each square of {inputs.shape[1]} numbers below is what one character says; the one above "
        "it is what the net holds once that is merged in: blue above zero, vermilion below. "
        f"The same weights serve all three steps. Merged by {merge}, the net holds “"
        f"{plain(shown(str(model.alphabet.chars[best[0]])))}” likeliest to come next."
    )


def _figures(model: UnfoldedModel) -> None:
    metrics = model.bundle.metrics
    rows = [("Counting", metrics["ngram_bits"]["value"], f"{N_STEPS} characters")]
    rows += [
        (TITLES[merge], metrics[f"{merge}_bits"]["value"], f"{N_STEPS} characters")
        for merge in MERGES
    ]
    folded = resources.manifest(f"textgen-{FOLDED}")
    if folded is not None:
        value = folded["metrics"]["held_out_bits"]["value"]
        rows.append(("In a loop, plain recurrent", value, "all before"))
    table = pd.DataFrame(rows, columns=["title", "bits", "sees"])
    best = table.loc[table["bits"].idxmin()]
    title = "What does the end of the book cost to predict?"
    chart(
        figures.bits(
            table, title=title, width=width.known(KEY_BITS), font_size=page.look().letters
        ),
        key=KEY_BITS,
        alt=f"{title} "
        + "; ".join(f"{row.title} {row.bits:.4f} bits a character" for row in table.itertuples()),
        data=table,
        filename="textgen-three-bits",
    )
    st.markdown(
        "Folding the loop changes no formula: the same step is taken again, for as long as the "
        f"text goes on. Cheapest here: **{plain(best['title'])}**, "
        f"{best['bits']:.4f} bits a character."
        + (
            ""
            if folded is not None
            else " The folded net has not been trained here; "
            f"`{resources.command_for(f'textgen-{FOLDED}')}` makes it."
        )
    )


def shown(char: str) -> str:
    """Returns a character as it can be seen: a space and the end of a line have signs."""
    return {" ": "␣", "\n": "↵"}.get(char, char)
