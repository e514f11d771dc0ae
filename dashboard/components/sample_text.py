"""A field for a text of the visitor's own, with samples to begin with.

The text stays in the visitor's session. It goes into no link and no log; a link carries the name of
a sample only.
"""

import streamlit as st

from dashboard import view_state
from dashboard.components import live_text, undo

_PUT = ("", 0)  # in place of the sample that was used: another page has put a text there


def field(
    view: view_state.View,
    key: str,
    sample: tuple[str, str],
    *,
    label: str,
    height: int,
    help: str,
    noun: str = "text",
    placeholder: str | None = None,
    max_chars: int | None = None,
) -> str:
    """Draws the field.

    Args:
        view: the page's controls; "sample" among them if there are several samples.
        key: of the field; pages that give the same share what was typed.
        sample: name and text; another one than before takes the place of what stands there.
        label: of the field.
        height: of the field, px.
        help: what is said of it.
        noun: what the text is to the visitor.
        placeholder: what stands in the empty field.
        max_chars: longest text; None for any.

    Returns:
        What stands in the field.
    """
    name, text = sample
    used = _used(view.name)
    wanted = (name, view.times_set("sample"))  # an experiment puts the same one there again
    is_first = used not in st.session_state and f"{view.name}_sample" not in st.query_params
    is_given = is_first or st.session_state.get(used) == _PUT
    if st.session_state.get(used) != wanted and not (is_given and key in st.session_state):
        write(key, text)
    st.session_state[used] = wanted
    typed = st.text_area(
        label,
        key=key,
        height=height,
        max_chars=max_chars,
        persist_state="session",
        placeholder=placeholder,
        help=f"{help} The text stays in this session: it is in no link and no log.",
    )
    live_text.make_live(key)
    undo.offer(
        key,
        typed or "",
        lambda before: st.session_state.update({key: before}),
        help=f"Takes back what the last click did to your {noun}.",
    )
    if typed and typed != text:
        view.withhold(f"your {noun}")
    return typed or ""


def put(key: str, text: str, page: str) -> None:
    """Puts a text into the field, for a page that is opened next.

    Args:
        key: of the field.
        text: what the field is to hold.
        page: name of its controls; it forgets its sample, which would take the text's place.
    """
    write(key, text)
    st.session_state[_used(page)] = _PUT


def write(key: str, text: str) -> None:
    """Writes a text so that it can be undone; of a field that was never there nothing is lost."""
    if key in st.session_state:
        undo.note(key, st.session_state[key] or "", text)
    st.session_state[key] = text


def _used(page: str) -> str:
    """Returns the key of the sample that a page has put into the field."""
    return f"{page}-sample-used"
