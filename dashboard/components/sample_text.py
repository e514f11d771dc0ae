"""A field for a text of the visitor's own, with samples to begin with.

The text stays in the visitor's session. It goes into no link and no log; a link carries the name of
a sample only.
"""

import streamlit as st

from dashboard import view_state
from dashboard.components import live_text, undo


def field(
    view: view_state.View,
    key: str,
    sample: tuple[str, str],
    *,
    label: str,
    max_chars: int,
    height: int,
    help: str,
) -> str:
    """Draws the field.

    Args:
        view: the page's controls; "sample" among them if there are several samples.
        key: of the field; pages that give the same share what was typed.
        sample: name and text; another one than before takes the place of what stands there.
        label: of the field.
        max_chars: longest text.
        height: of the field, px.
        help: what is said of it.

    Returns:
        What stands in the field.
    """
    name, text = sample
    used = f"{view.name}-sample-used"
    wanted = (name, view.times_set("sample"))  # an experiment puts the same one there again
    is_first = used not in st.session_state and f"{view.name}_sample" not in st.query_params
    if st.session_state.get(used) != wanted and not (is_first and key in st.session_state):
        undo.note(key, st.session_state.get(key, text) or "", text)
        st.session_state[key] = text
    st.session_state[used] = wanted
    typed = st.text_area(
        label,
        key=key,
        height=height,
        max_chars=max_chars,
        persist_state="session",
        help=f"{help} The text stays in this session: it is in no link and no log.",
    )
    live_text.make_live(key)
    if typed and typed != text:
        view.withhold("your text")
    undo.offer(
        key,
        typed or "",
        lambda before: st.session_state.update({key: before}),
        help="Takes back what the last click did to your text.",
    )
    return typed or ""
