"""'Try this': buttons that set controls of a page, each to show something.

An experiment begins where the page opens: a control that it does not name goes back to
its default, so what it shows does not depend on what was clicked before. Three things stay. What a
link hides or locks is as the link has it. What a page lists as `kept`, such as the net that the
visitor chose, stays unless the experiment names it; then it comes back with the next experiment. An
experiment that `goes_on` from what is shown, as its label says, changes only what it names.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import streamlit as st

from dashboard.components import scroll
from dashboard.view_state import View

START_AGAIN = "Start again"
_TRIES = "tries"  # how often such a button was used in this session


class Try(NamedTuple):
    """A button of 'Try this'.

    Attributes:
        label: of the button.
        values: new values of controls by name.
        goes_on: from what is shown, else from where the page opens.
    """

    label: str
    values: Mapping[str, Any]
    goes_on: bool = False


def draw(
    view: View,
    buttons: Sequence[Try | tuple[str, Mapping[str, Any]]],
    *,
    within: Mapping[str, Any] | None = None,
    kept: Collection[str] = (),
    starts_again: bool = False,
) -> None:
    """Draws 'Try this': buttons that set controls, also those that are hidden or locked.

    Args:
        view: the page's controls, all drawn already.
        buttons: what each sets; all other controls have their defaults then.
        within: values that each sets too, unless it names others: of the view that is shown.
        kept: names of controls that stay as the visitor chose them.
        starts_again: draws one more button, which sets everything to where the page opens.

    Raises:
        ValueError: a button names a control that the page has not drawn before.
    """

    def act(one: Try) -> None:
        if one.goes_on:
            view.set(**one.values)
        else:
            view.reopen(one.values, kept)
        _note()

    def start_again() -> None:
        view.reopen()
        _note()

    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Try this**", width="content")
        for number, button in enumerate(buttons):
            one = button if isinstance(button, Try) else Try(*button)
            one = one._replace(values={**(within or {}), **one.values})
            unknown = sorted(set(one.values) - set(view.controls))
            if unknown:
                raise ValueError(f"experiment {one.label!r} sets unknown controls: {unknown}")
            st.button(one.label, key=f"{view.name}-try-{number}", on_click=act, args=(one,))
        if starts_again:
            st.button(START_AGAIN, key=f"{view.name}-try-{len(buttons)}", on_click=start_again)
    scroll.to_top(st.session_state.get(_TRIES, 0))


def _note() -> None:
    st.session_state[_TRIES] = st.session_state.get(_TRIES, 0) + 1
