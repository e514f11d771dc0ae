"""A text as a strip of characters, each shaded by a value: a number on hover, a click tells which.

The text may come from visitors. It reaches the page as data and is written as text nodes, so
nothing in it is ever read as HTML.
"""

from collections.abc import Callable, Sequence

import streamlit as st

from dashboard import theme
from dashboard.components import from_files
from dashboard.components.page import look

_LEAST = 0.05  # of the fullest shade: a character below that stands plain
_STEPS = 20  # shades that are told apart: fewer different styles to send

_STRIP = from_files.component(__file__)


def char_strip(
    chars: Sequence[str],
    shades: Sequence[float | None],
    hovers: Sequence[str],
    *,
    key: str,
    signed: bool,
    marked: int | None = None,
    chosen: int | None = None,
    n_given: int = 0,
    legend: tuple[str, str] | None = None,
    label: str,
    hint: str = "",
    clickable: bool = True,
    on_click: Callable[[], None] | None = None,
    number: int | None = None,
    since: int = 0,
) -> int | None:
    """Draws the strip.

    Args:
        chars: N characters.
        shades: N values, from -1 or 0 to 1, for the colour; None for no colour.
        hovers: what is said of each.
        key: unique in the app.
        signed: shades may be negative; then the line below a character tells its sign, too.
        marked: place of a character to point out, with a line around it.
        chosen: place of another one, with a broken line.
        n_given: so many characters in front are set apart and not counted: they were not the
            net's.
        legend: what no colour and what the fullest one mean; only for values from 0 on.
        label: what the strip shows, for those who do not see it.
        hint: what stands below it until a character is pointed at.
        clickable: whether a click means anything.
        on_click: called when a character is clicked; `clicked` then tells which one.
        number: of the text among those that this strip has shown; a new one appears character by
            character. None for a text that stands there at once.
        since: place of the first character that appears so.

    Returns:
        The place of the character that was clicked in this run, if any.
    """
    page = look()
    steps = [round(_STEPS * min(max(shade or 0.0, -1.0), 1.0)) for shade in shades]
    told = _STRIP(
        key=key,
        data={
            "chars": list(chars),
            "shades": steps,
            "styles": {
                str(step): _style(step / _STEPS, signed=signed, dark=page.dark)
                for step in set(steps)
                if abs(step) >= _LEAST * _STEPS
            },
            "said": list(hovers),
            "marked": marked,
            "chosen": chosen,
            "given": n_given,
            "legend": _legend(legend, dark=page.dark),
            "label": label,
            "hint": hint,
            "size": page.letters + 3,
            "clickable": clickable,
            "name": key,
            "number": number,
            "since": since,
        },
        on_clicked_change=on_click or (lambda: None),
    )
    place = getattr(told, "clicked", None)
    return place if isinstance(place, int) else None


def clicked(key: str) -> int | None:
    """Returns the place of the character that was clicked, for an `on_click`."""
    state = st.session_state.get(key) or {}
    place = state.get("clicked")
    return place if isinstance(place, int) else None


def _legend(legend: tuple[str, str] | None, *, dark: bool) -> dict[str, object]:
    if legend is None:
        return {"low": "", "fills": [], "high": ""}
    shades = (0.0, 0.25, 0.5, 0.75, 1.0)
    fills = [
        _style(shade, signed=False, dark=dark)["fill"] if shade else "none" for shade in shades
    ]
    return {"low": legend[0], "fills": fills, "high": legend[1]}


def _style(shade: float, *, signed: bool, dark: bool) -> dict[str, str]:
    colour = theme.BLUE if shade > 0 else theme.VERMILION
    strength = abs(shade)
    kind = ("up" if shade > 0 else "down") if signed else ""
    return {
        "fill": theme.faded(colour, 0.06 + (0.62 if dark else 0.5) * strength),
        "edge": theme.faded(colour, min(0.25 + strength, 1.0)) if signed else "transparent",
        "kind": kind,
    }
