"""What a link restores, shows, hides and locks.

Every control of a page is made by a `View`. Its key is `<page>_<name>`, which is also its URL
parameter, so the address of any view restores it. Three more parameters shape a page for a class:
`show=a,b` draws only these controls, `hide=c` draws all but these, `lock=d` freezes; a control that
is not drawn still has the value of the link or its default. A value that a link must not have gives
one sentence and the default.
"""

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import streamlit as st

from core.errors import InputError
from dashboard import control_setting
from dashboard.components.text import plain, sentence
from dashboard.control_setting import DEFAULT, Control
from dashboard.link_values import Choice, Choices, Flag, Meant, Number, Rule, Span, Text, shortened

LINK_VERSION = "1"  # of the parameters' meaning; written into every shared link
PRESENT = "present"
_APP_PROBLEMS = "app-problems"  # what the link got wrong outside the pages
_OPEN = "page-open"  # which page was drawn last


@dataclasses.dataclass
class _Memory:
    """What a session knows of a page.

    Attributes:
        controls: all that have been drawn, by name; some of them only in another view.
        seen: names of those drawn since the page was opened.
        own: what kept controls were before an experiment set them.
        times_set: how often a button has set each control.
    """

    controls: dict[str, Control] = dataclasses.field(default_factory=dict)
    seen: set[str] = dataclasses.field(default_factory=set)
    own: dict[str, Any] = dataclasses.field(default_factory=dict)
    times_set: dict[str, int] = dataclasses.field(default_factory=dict)


class View:
    """The controls of one page; made anew in every run by `page`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.controls: dict[str, Control] = {}
        self.withheld: list[str] = []
        self._forgets: list[Callable[[], None]] = []
        self._settings = control_setting.settings()
        self._settings.make_up()
        self._memory: _Memory = st.session_state.setdefault(f"{name}-memory", _Memory())
        if st.session_state.get(_OPEN) != name:
            self._memory.seen.clear()
        st.session_state[_OPEN] = name
        self._shown = names_in_link("show")
        self._hidden = names_in_link("hide") or frozenset()
        self._locked = names_in_link("lock") or frozenset()
        self._problems_key = f"{name}-problems"
        self._notice = st.empty()
        self._show_problems()
        version = st.query_params.get("v", LINK_VERSION)
        if version != LINK_VERSION:
            self._report(
                "v",
                f"This link was made for version {plain(shortened([version]))} of this page's "
                f"parameters, this is version {LINK_VERSION}; what still fits is used.",
            )

    def slider(
        self,
        name: str,
        label: str,
        low: Any,
        high: Any,
        default: Any,
        step: Any = None,
        **options: Any,
    ) -> Any:
        """Draws a slider; a pair as `default` gives two handles and a pair back."""
        is_pair = isinstance(default, tuple)
        numbers = default if is_pair else (default,)
        is_whole = all(isinstance(number, int) for number in (low, high, *numbers))
        bounds = Number(low, high, is_whole)

        def draw(**state: Any) -> Any:
            value = st.slider(label, low, high, default, step, **state, **options)
            return tuple(sorted(value)) if is_pair else value  # a link may swap the two

        return self._control(name, label, Span(bounds) if is_pair else bounds, default, draw)

    def number_input(
        self,
        name: str,
        label: str,
        low: Any,
        high: Any,
        default: Any,
        step: Any = None,
        **options: Any,
    ) -> Any:
        """Draws a field for one number; whole numbers if `default` is an int."""
        is_whole = isinstance(default, int)
        # Always floats for Streamlit: its integer field raises OverflowError on a link with inf.
        options = {"format": "%.0f" if is_whole else None, **options}

        def draw(**state: Any) -> Any:
            value = st.number_input(
                label,
                float(low),
                float(high),
                float(default),
                float(step if step is not None else 1 if is_whole else 0.01),
                **state,
                **options,
            )
            return int(value) if is_whole else value

        return self._control(name, label, Number(low, high, is_whole), default, draw, stored=float)

    def select_slider(
        self,
        name: str,
        label: str,
        choices: Sequence[Any],
        default: Any,
        format_func: Callable[[Any], str] = str,
        **options: Any,
    ) -> Any:
        """Draws a slider over the options."""

        def draw(**state: Any) -> Any:
            return st.select_slider(label, choices, default, format_func, **state, **options)

        return self._control(name, label, Choice(tuple(choices), format_func), default, draw)

    def selectbox(
        self,
        name: str,
        label: str,
        choices: Sequence[Any],
        default: Any,
        format_func: Callable[[Any], str] = str,
        *,
        meant: Callable[[str], Any] | None = None,
        former: Mapping[str, Any] = MappingProxyType({}),
        **options: Any,
    ) -> Any:
        """Draws a list with search, for one of many options.

        Links may call an option by one of its `former` names, too.

        The browser searches letter for letter. Where `meant` is given, a visitor or a link may give
        any text, and `meant` returns the option for it, or raises InputError with what is shown.
        """
        key = f"{self.name}_{name}"
        called = former.get(st.query_params.get(key, ""))
        if called in choices:  # Streamlit itself reads the address, and knows today's names only
            del st.query_params[key]
            st.session_state[key] = called
        rule: Rule = Choice(tuple(choices), format_func)
        if meant is not None:
            rule = Meant(rule, meant, default)

        def draw(**state: Any) -> Any:
            index = list(choices).index(default)
            if meant is None:
                return st.selectbox(label, choices, index, format_func, **state, **options)
            option_for = meant  # never None, which an inner function could not know of `meant`

            def option(value: Any) -> Any:
                if not isinstance(value, str) or value in choices:
                    return value
                try:
                    return option_for(value)
                except InputError as error:
                    st.info(plain(sentence(error)), icon=":material/search_off:")
                    return default

            key = state["key"]
            if key in st.session_state:
                control_setting.put(key, option(st.session_state[key]))
            return option(  # a link's text comes here first
                st.selectbox(
                    label, choices, index, format_func, accept_new_options=True, **state, **options
                )
            )

        return self._control(name, label, rule, default, draw)

    def segmented_control(
        self,
        name: str,
        label: str,
        choices: Sequence[Any],
        default: Any,
        format_func: Callable[[Any], str] = str,
        **options: Any,
    ) -> Any:
        """Draws a row of buttons for one of a few options; exactly one is always chosen."""

        def draw(**state: Any) -> Any:
            chosen = st.segmented_control(
                label,
                choices,
                default=default,
                required=True,
                format_func=format_func,
                **state,
                **options,
            )
            return default if chosen is None else chosen  # a link may clear it

        return self._control(name, label, Choice(tuple(choices), format_func), default, draw)

    def pills(
        self,
        name: str,
        label: str,
        choices: Sequence[Any],
        default: Sequence[Any] = (),
        format_func: Callable[[Any], str] = str,
        **options: Any,
    ) -> list[Any]:
        """Draws pills, any number of which may be chosen."""

        def draw(**state: Any) -> Any:
            return st.pills(
                label,
                choices,
                selection_mode="multi",
                default=list(default),
                format_func=format_func,
                **state,
                **options,
            )

        rule = Choices(tuple(choices), format_func)
        return self._control(name, label, rule, list(default), draw)

    def multiselect(
        self,
        name: str,
        label: str,
        choices: Sequence[Any],
        default: Sequence[Any] = (),
        format_func: Callable[[Any], str] = str,
        **options: Any,
    ) -> list[Any]:
        """Draws a list with search, for any number of many options."""

        def draw(**state: Any) -> Any:
            return st.multiselect(label, choices, list(default), format_func, **state, **options)

        rule = Choices(tuple(choices), format_func)
        return self._control(name, label, rule, list(default), draw)

    def toggle(self, name: str, label: str, default: bool = False, **options: Any) -> bool:
        """Draws a switch."""

        def draw(**state: Any) -> Any:
            return st.toggle(label, default, **state, **options)

        return self._control(name, label, Flag(), default, draw)

    def text_input(
        self, name: str, label: str, default: str = "", max_chars: int = 80, **options: Any
    ) -> str:
        """Draws a line for text."""

        def draw(**state: Any) -> Any:
            return st.text_input(label, default, max_chars, **state, **options) or ""

        return self._control(name, label, Text(max_chars), default, draw)

    def is_shown(self, name: str) -> bool:
        """Says whether the link lets a control be drawn."""
        return name not in self._hidden and (self._shown is None or name in self._shown)

    def is_locked(self, name: str) -> bool:
        """Says whether the link freezes a control."""
        return name in self._locked

    def set(self, **values: Any) -> None:
        """Sets controls by name; for the `on_click` of a button, before the next run draws them."""
        self._apply(values)
        self._forget(*values)

    def times_set(self, name: str) -> int:
        """Returns how often buttons have set a control in this session, to whatever value."""
        return self._memory.times_set.get(name, 0)

    def reopen(self, values: Mapping[str, Any] | None = None, kept: Collection[str] = ()) -> None:
        """Sets the page to where it opens, for the `on_click` of a button.

        What the link hides or locks is as the link has it, also in other views of the page.

        Args:
            values: of controls by name, that differ from that.
            kept: names of controls that stay as the visitor chose them. One that is in `values` has
                the visitor's value again at the next call whose values do not name it.
        """
        own, values = self._memory.own, dict(values or {})
        for forget in self._forgets:
            forget()
        openings = {
            name: DEFAULT
            for name, control in self._memory.controls.items()
            if name not in kept and control.is_shown and not control.is_locked
        }
        if not kept:
            own.clear()
        for name in kept:
            if name in values:
                own.setdefault(name, self._present(name))
            elif name in own:
                openings[name] = own.pop(name)
        self._apply({**openings, **values})
        self._forget(*self.controls)

    def _present(self, name: str) -> Any:
        """Returns a control's value as it is at a click, which may come before the next run."""
        control = self.controls[name]
        if not control.is_shown:
            return control.value
        return st.session_state.get(control.key, control.value)

    def _apply(self, values: Mapping[str, Any]) -> None:
        memory = self._memory
        controls = {**memory.controls, **self.controls}
        self._settings.apply((controls[name], value) for name, value in values.items())
        for name in values:
            memory.times_set[name] = memory.times_set.get(name, 0) + 1

    def withhold(self, what: str) -> None:
        """Names what is on screen and in no link, such as "your review", for 'Share this view'."""
        if what not in self.withheld:
            self.withheld.append(what)

    def on_opening(self, forget: Callable[[], None]) -> None:
        """Names what an experiment makes the page forget, such as a selection, as it opens anew."""
        self._forgets.append(forget)

    def _changed(self, name: str) -> None:
        """Notes that the visitor moved a control: what it was before an experiment is no matter."""
        self._memory.own.pop(name, None)
        self._forget(name)

    def _control(
        self,
        name: str,
        label: str,
        rule: Rule,
        default: Any,
        draw: Callable[..., Any],
        stored: Callable[[Any], Any] = lambda value: value,
    ) -> Any:
        key = f"{self.name}_{name}"
        is_shown, is_locked = self.is_shown(name), self.is_locked(name)
        raw = st.query_params.get_all(key)
        given, is_usable = default, True
        # Later in a visit the address has the visitor's own value, or what an earlier net allowed.
        is_of_link = name not in self._memory.seen
        if raw:
            try:
                given = rule.read(raw)
            except ValueError:
                is_usable = False
        if is_shown:
            # Streamlit reads a disabled control's value from the link again in every run.
            if is_locked and f"{key}-locked" in st.session_state:
                st.session_state[key] = stored(st.session_state[f"{key}-locked"])
            if key in self._settings.to_default:
                self._settings.to_default.discard(key)
                st.session_state[key] = stored(default)
            value = draw(
                key=key,
                bind="query-params",
                disabled=is_locked,
                on_change=self._changed,
                args=(name,),
            )
        else:
            value = given
        if not is_usable and is_of_link:
            self._report(name, _sentence(name, raw, rule, value))
        self.controls[name] = Control(name, label, key, rule, value, is_shown, is_locked, stored)
        self._memory.controls[name] = self.controls[name]
        self._memory.seen.add(name)
        return value

    def unknown_names(self) -> list[str]:
        """Returns and reports the names in show, hide and lock that no control has."""
        asked = (self._shown or frozenset()) | self._hidden | self._locked
        unknown = sorted(asked - set(self.controls))
        if unknown:
            known = ", ".join(self.controls) or "none"
            self._report(
                "show",
                f"The link shows, hides or locks {plain(shortened(unknown))}, which this page does "
                f"not have. Its controls are: {plain(known)}.",
            )
        return unknown

    def _report(self, about: str, sentence: str) -> None:
        # Kept until the visitor acts: Streamlit takes the bad value out of the address at once,
        # and the browser may run the page a second time by itself.
        st.session_state.setdefault(self._problems_key, {})[about] = sentence
        self._show_problems()

    def _show_problems(self) -> None:
        problems = {
            **st.session_state.get(_APP_PROBLEMS, {}),
            **st.session_state.get(self._problems_key, {}),
        }
        if problems:
            self._notice.warning("  \n".join(problems.values()), icon=":material/link_off:")

    def _forget(self, *about: str) -> None:
        problems = st.session_state.get(self._problems_key, {})
        for key in about:
            problems.pop(key, None)


def page(name: str) -> View:
    """Starts the controls of a page; call it once, above the first control.

    Args:
        name: the page's name, which begins every key and URL parameter, e.g. "movies_ranking".
    """
    return View(name)


def names_in_link(parameter: str) -> frozenset[str] | None:
    """Returns the names that `show`, `hide` or `lock` lists, or None without the parameter."""
    if parameter not in st.query_params:
        return None
    listed = ",".join(st.query_params.get_all(parameter)).split(",")
    return frozenset(name.strip() for name in listed if name.strip())


def is_present() -> bool:
    """Says whether the page is shown in lecture-hall size."""
    asked = st.query_params.get(PRESENT, "").lower() == "true"
    return bool(st.session_state.get(PRESENT, asked))


def present_toggle() -> None:
    """Draws the switch of the lecture-hall size, which `?present=true` sets."""
    asked = st.query_params.get_all(PRESENT)
    try:
        Flag().read(asked or ["false"])
    except ValueError:
        st.session_state[_APP_PROBLEMS] = {PRESENT: _sentence(PRESENT, asked, Flag(), False)}
    st.toggle(
        "Present",
        key=PRESENT,
        bind="query-params",
        help="Larger letters and no side menu, for a lecture hall. Open the menu again to leave.",
        on_change=lambda: st.session_state.pop(_APP_PROBLEMS, None),
    )


def _sentence(name: str, raw: Sequence[str], rule: Rule, value: Any) -> str:
    now = ", ".join(rule.write(value)) or "empty"
    return (
        f"The link sets {plain(name)} to “{plain(shortened(raw))}”, but it must be "
        f"{plain(rule.allowed)}. It is now {plain(shortened([now]))}."
    )
