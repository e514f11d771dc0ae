"""Gates of a net over a text, and which characters before it a prediction depends on."""

import functools

import numpy as np
import pandas as pd
import streamlit as st

from core.textgen.explore.inside import GATES
from dashboard import theme, view_state
from dashboard.app_pages.textgen_inside import trace_figure as figures
from dashboard.app_pages.textgen_inside.cell_views import PAGE, Read
from dashboard.components import page, width
from dashboard.components.char_strip import char_strip, clicked
from dashboard.components.chart import chart
from dashboard.figures.alternatives import sign

KEY = f"{PAGE}_gates"
KEY_DEPENDS = f"{PAGE}_influence"
KEY_PLACES = f"{PAGE}_places"
CANDIDATE = "candidate"
MEANING = {
    "input": "how much of the new is taken in",
    "forget": "how much of the old is kept",
    CANDIDATE: "what is new, from −1 to 1",
    "output": "how much of the cell is shown",
    "reset": "how much of the state is looked at to make something new",
    "update": "how much of the old state is kept",
}
AS_WRITTEN, LIKELIEST = "as the text goes on", "the likeliest"
MOST_PLACES = 2_000
_FIRST_PLACE = 96  # the quote that closes in the first line of the page's own text
_N_CELLS = 20
_SHOWN = 60  # characters back


def gates(read: Read) -> None:
    """Draws a gate of the cells that vary most, or of chosen ones."""
    cell_kind = read.model.net["cell"]
    names = GATES[cell_kind]
    if not names:
        st.info(
            "A plain recurrent layer has no gates: each character rewrites all that is held. "
            "Choose an LSTM, which has three gates and a candidate, or a GRU, which has two.",
            icon=":material/info:",
        )
        return
    view, text = read.view, read.trace.text
    n_shown = min(figures.fits(width.known(KEY), page.look().letters), len(text))
    with read.right:
        gate = view.segmented_control(
            "gate", "Gate", names, "forget" if "forget" in names else "update"
        )
        layer = read.layer()
        row = st.columns([5, 4], vertical_alignment="bottom")
        with row[0]:
            cells = view.multiselect(
                "cells",
                "Cells",
                tuple(range(1, read.model.net["n_units"] + 1)),
                max_selections=_N_CELLS,
                placeholder="those that vary most",
            )
        with row[1]:
            first = view.number_input(
                "first", "From character", 1, MOST_PLACES, 1, max(n_shown // 2, 1)
            )
    first = min(first - 1, len(text) - n_shown)
    values = read.model.gates(read.trace)[gate][:, layer]
    chosen = (
        np.array(cells) - 1
        if cells
        else np.sort(np.argsort(-values.std(axis=0), kind="stable")[:_N_CELLS])
    )
    part = slice(first, first + n_shown)
    title = f"The {gate} gate: {MEANING[gate]}"
    if gate == CANDIDATE:
        title = f"The candidate: {MEANING[gate]}"
    chart(
        figures.gates(
            values[part][:, chosen],
            text[part],
            chosen.tolist(),
            first=first,
            title=title,
            is_signed=gate == CANDIDATE,
            width=width.known(KEY),
            font_size=page.look().letters,
        ),
        key=KEY,
        alt=f"{title}, for {len(chosen)} cells at characters {first + 1} to {first + n_shown}",
        data=pd.DataFrame(
            {
                "place": np.repeat(np.arange(first, first + n_shown) + 1, len(chosen)),
                "char": np.repeat(np.array(list(text[part]), object), len(chosen)),
                "cell": np.tile(chosen + 1, n_shown),
                "value": values[part][:, chosen].ravel(),
            }
        ),
        filename=f"textgen-gate-{gate}",
    )
    mean = float(values.mean())
    page.what_you_see(
        f"Each row is a cell{'' if cells else ', of those whose gate varies most'}, each column a "
        "character, of which "
        + (f"{n_shown} of {len(text)}" if n_shown < len(text) else f"all {n_shown}")
        + " are shown. Over all cells and the whole "
        f"text, its mean is **{mean:.2f}**."
        + (" A GRU has two gates." if cell_kind == "gru" else "")
    )


def _go(view: view_state.View) -> None:
    place = clicked(KEY_PLACES)
    if place:  # before the first character there is nothing to depend on
        view.set(place=float(place + 1))


def depends(read: Read) -> None:
    """Draws how far a character depends on each one before it."""
    view, model, text = read.view, read.model, read.trace.text
    if len(text) < 2:
        st.info("There is nothing before the first character: write more.", icon=":material/edit:")
        return
    with read.right:
        place = view.number_input(
            "place", "Character number", 2, MOST_PLACES, _FIRST_PLACE, help="Or click it below."
        )
        place = min(place, len(text)) - 1
        signs = {AS_WRITTEN: text[place], LIKELIEST: read.trace.likeliest[place][0]}
        asked = view.selectbox(
            "target",
            "Which character should come there",
            (AS_WRITTEN, LIKELIEST, *model.alphabet.chars),
            AS_WRITTEN,
            sign,
        )
    target = signs.get(asked, asked)
    found = model.influence(text[:place], target).astype(float)
    shares = found / (found.sum() or 1.0)
    n_near = figures.reach(shares)
    with read.left:
        char_strip(
            list(text),
            [*(shares / (shares.max() or 1.0)).tolist(), *[0.0] * (len(text) - place)],
            [f"{theme.percent(share)} of the influence" for share in shares]
            + ["click: what does this one depend on?"] * (len(text) - place),
            key=KEY_PLACES,
            signed=False,
            marked=place,
            hint="Click a character to ask what it depends on.",
            on_click=functools.partial(_go, view),
            label="The text, shaded by how far the marked character depends on each one before it",
        )
    shown = min(place, max(_SHOWN, min(n_near + 10, 200)))
    said = f"“{sign(target)}”"
    title = f"What does {said} depend on, as character {place + 1}?"
    chart(
        figures.influence(
            shares[-shown:],
            text[place - shown : place],
            n_near=n_near,
            title=title,
            width=width.known(KEY_DEPENDS),
            font_size=page.look().letters,
        ),
        key=KEY_DEPENDS,
        alt=f"{title} 90 % of the influence lies within {n_near} characters",
        data=pd.DataFrame(
            {"place": np.arange(place) + 1, "char": list(text[:place]), "share": shares}
        ),
        filename="textgen-influence",
    )
    best = int(shares.argmax())
    page.what_you_see(
        f"How far the log-probability of {page.plain(said)} would move if the vector of an earlier "
        f"character moved a little. **90 %** of it lies within the last "
        f"**{theme.counted(n_near, 'character')}**; the strongest is "
        f"“{page.plain(sign(text[best]))}”, {place - best} back, with "
        f"{theme.percent(float(shares[best]))}. The net has read "
        f"{theme.counted(place, 'character')} by then."
    )
