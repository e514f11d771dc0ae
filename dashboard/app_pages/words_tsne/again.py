"""Runs the page again after a while: how a page follows something that goes on beside it.

The browser asks for a whole run, as a click on a button does. A fragment on a timer may be asked
for while a whole run changes the page around it; what it then draws has no place any more, and the
browser is left with a white page.
"""

import streamlit as st

from dashboard.components import from_files

_CLOCK = from_files.component(__file__, is_calm=True)


def run_again(key: str, *, pause: float) -> None:
    """Lets the browser ask for another run of the page; call it below everything else.

    Every run that is to be followed by another one calls it.

    Args:
        key: unique in the app.
        pause: s between the end of this run and the next one.
    """
    counter = f"{key}-runs"
    run = st.session_state.get(counter, 0) + 1  # other data in each run, so that each is heard of
    st.session_state[counter] = run
    _CLOCK(
        key=key,
        data={"run": run, "pause": round(1000 * pause)},
        on_due_change=lambda: None,
        height=1,
    )
