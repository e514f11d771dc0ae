"""What a button sets, and how that outlasts messages that are under way when it is clicked.

Every message of a browser tells the values of all its controls, and a figure's width is told
without anybody's doing. Told just after a click, it ends the click's run, perhaps in the middle of
the callback; told before the browser has seen the click's outcome, it carries the values from
before the click, and Streamlit takes them for the visitor's. So a setting is noted before Streamlit
can interrupt, and is made up for; and the browser tells with a width how many settings it had seen.
"""

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import streamlit as st

from dashboard.link_values import Rule

DEFAULT = object()  # as a value: what the control has when the page is opened
_KEY = "settings-by-buttons"


class Control(NamedTuple):
    """A control as it was drawn, or not drawn, in this run; `stored` makes Streamlit's value."""

    name: str
    label: str
    key: str
    rule: Rule
    value: Any
    is_shown: bool
    is_locked: bool
    stored: Callable[[Any], Any] = lambda value: value


@dataclasses.dataclass
class Settings:
    """What buttons have set in a session; a plain object, so that noting it is no yield point.

    Attributes:
        n: how often something was set.
        last: controls and values of the last time.
        is_due: the last time was interrupted.
        to_default: keys of controls that have their default when they are drawn next. It waits for
            that run, for it may depend on what else was set.
    """

    n: int = 0
    last: list[tuple[Control, Any]] = dataclasses.field(default_factory=list)
    is_due: bool = False
    to_default: set[str] = dataclasses.field(default_factory=set)

    def apply(self, values: Iterable[tuple[Control, Any]]) -> None:
        """Sets controls; for callbacks, before the next run draws them."""
        self.last, self.n, self.is_due = list(values), self.n + 1, True
        self.make_up()

    def make_up(self) -> None:
        """Sets what an interrupted callback could not; before the controls are drawn."""
        if self.is_due:
            for control, value in self.last:
                self._put(control, value)
            self.is_due = False

    def outlast(self, n_seen: int) -> None:
        """Sets the last values once more if the browser had not seen them.

        Args:
            n_seen: `n` of the run that the browser's message is about.
        """
        self.is_due = self.is_due or n_seen < self.n
        self.make_up()

    def _put(self, control: Control, value: Any) -> None:
        if value is DEFAULT:
            self.to_default.add(control.key)
            return
        self.to_default.discard(control.key)
        if not control.is_shown:
            st.query_params[control.key] = control.rule.write(value)
            return
        st.session_state[control.key] = control.stored(value)
        if control.is_locked:
            st.session_state[f"{control.key}-locked"] = value


def put(key: str, value: Any) -> None:
    """Gives a control of Streamlit's a value, before it is drawn, if it has another one.

    A value that a run writes goes to the browser, even where it is the old one, and there it takes
    the place of what a visitor has typed or chosen since.

    Args:
        key: of the control.
        value: as Streamlit has it.
    """
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def settings() -> Settings:
    """Returns what buttons have set in this session."""
    return st.session_state.setdefault(_KEY, Settings())
