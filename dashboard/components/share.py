"""'Share this view': a link with the whole state of a page, for a colleague or a class."""

from collections.abc import Collection
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from dashboard import view_state
from dashboard.components.text import listed


def link(
    view: view_state.View,
    *,
    base: str,
    shown: Collection[str] | None = None,
    locked: Collection[str] = (),
    is_embedded: bool = False,
) -> str:
    """Returns the address that restores a view, defaults included: it outlives a new default.

    Args:
        view: the page's controls, all drawn already.
        base: the page's address; what follows a `?` in it is dropped.
        shown: the controls that the link draws; None for all of them.
        locked: the controls that the link freezes.
        is_embedded: for a frame in another page, without Streamlit's own chrome.
    """
    fields = [("v", view_state.LINK_VERSION)]
    for control in view.controls.values():
        fields += [(control.key, text) for text in control.rule.write(control.value)]
    if shown is not None and set(shown) != set(view.controls):
        fields.append(("show", ",".join(name for name in view.controls if name in shown)))
    if locked:
        fields.append(("lock", ",".join(name for name in view.controls if name in locked)))
    if view_state.is_present():
        fields.append((view_state.PRESENT, "true"))
    if is_embedded:
        fields.append(("embed", "true"))
    scheme, host, path, _, _ = urlsplit(base)
    return urlunsplit((scheme, host, path or "/", urlencode(fields, safe=","), ""))


def restores(view: view_state.View) -> str:
    """Says what the link restores, and what of the page is not in it."""
    if not view.withheld:
        return "This link restores every setting of this page."
    is_one = len(view.withheld) == 1 and not view.withheld[0].endswith("s")
    verb, pronoun = ("is", "it") if is_one else ("are", "them")
    return (
        f"This link restores every setting of this page. Not in it {verb} "
        f"{listed(view.withheld)}: only your session has {pronoun}."
    )


def _tick_new(view: view_state.View) -> None:
    """Ticks controls that were not there in the last run: nobody took them out of the list."""
    ticked, offered = f"{view.name}-share-shown", f"{view.name}-share-offered"
    last = st.session_state.get(offered, ())
    if ticked in st.session_state:
        new = [one.name for one in view.controls.values() if one.is_shown and one.name not in last]
        there = [name for name in st.session_state[ticked] if name in view.controls]
        st.session_state[ticked] = [*there, *new]
    st.session_state[offered] = tuple(view.controls)


def popover(view: view_state.View) -> None:
    """Draws 'Share this view' with its tick-lists and links; call it below all controls."""
    view.unknown_names()
    if st.context.is_embedded:
        return
    controls = view.controls
    with st.popover("Share this view", icon=":material/share:"):
        st.markdown(restores(view))
        shown, locked = list(controls), []
        if controls:
            _tick_new(view)
            shown = st.pills(
                "Controls a class sees",
                list(controls),
                selection_mode="multi",
                default=[control.name for control in controls.values() if control.is_shown],
                format_func=lambda name: controls[name].label,
                key=f"{view.name}-share-shown",
            )
            locked = st.pills(
                "Frozen at their present value",
                list(controls),
                selection_mode="multi",
                default=[control.name for control in controls.values() if control.is_locked],
                format_func=lambda name: controls[name].label,
                key=f"{view.name}-share-locked",
            )
        base = st.context.url or ""
        st.code(link(view, base=base, shown=shown, locked=locked), language=None, wrap_lines=True)
        st.caption("For a frame in a course page:")
        embedded = link(view, base=base, shown=shown, locked=locked, is_embedded=True)
        st.code(embedded, language=None, wrap_lines=True)
