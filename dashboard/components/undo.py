"""A way back from what a click did to a visitor's text: a word dropped, a sample put in its place.

The browser's own undo knows only what was typed. The texts stay in the session.
"""

from collections.abc import Callable

import streamlit as st

MOST_STEPS = 20


def note(owner: str, before: str, after: str) -> None:
    """Notes that a click changed a text.

    Args:
        owner: of the text, unique in the app.
        before: the text before.
        after: the text since.
    """
    if before != after:
        steps = st.session_state.get(_key(owner), [])
        st.session_state[_key(owner)] = [*steps, (before, after)][-MOST_STEPS:]


def watch(owner: str, now: str) -> None:
    """Notes every change of a text that changes by clicks only; call it in each run."""
    last = f"{owner}-watched"
    note(owner, st.session_state.get(last, now), now)
    st.session_state[last] = now


def offer(owner: str, now: str, put: Callable[[str], None], *, help: str) -> None:
    """Draws the button, unless there is nothing to undo or the visitor has typed since.

    Args:
        owner: of the text.
        now: the text as it stands.
        put: writes a text.
        help: what is undone.
    """
    steps = st.session_state.get(_key(owner), [])
    if not steps or steps[-1][1] != now:
        return

    def undo() -> None:
        *left, (before, _) = st.session_state[_key(owner)]
        st.session_state[_key(owner)] = left
        st.session_state[f"{owner}-watched"] = before
        put(before)

    st.button("Undo", icon=":material/undo:", key=f"{owner}-undo-button", help=help, on_click=undo)


def _key(owner: str) -> str:
    return f"{owner}-undo"
