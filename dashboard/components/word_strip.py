"""A text as coloured words: sign, strength and fate of each, a number on hover, a click drops it.

The words come from visitors. They reach the page as data and are written as text nodes, so nothing
in them is ever read as HTML.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import streamlit as st

from dashboard import theme
from dashboard.components import from_files
from dashboard.components.page import look

_LEAST = 0.05  # of the fullest colour: a word below that stands plain, or nothing would stand out

_STRIP = from_files.component(__file__)


class Word(NamedTuple):
    """One word of the strip.

    Attributes:
        text: as it is shown.
        kind: seen, unk, unread or cut.
        value: what it adds, for the colour; None for no colour.
        said: what is said of it.
    """

    text: str
    kind: str
    value: float | None
    said: str


class Window(NamedTuple):
    """A window of some words that stands around one of them, and moves with a figure's frames.

    Attributes:
        chart: key of the figure, whose frames are named by words, from 1.
        place: of the word at first, from 0.
        size: in words.
    """

    chart: str
    place: int
    size: int


def strip(
    words: Sequence[Word],
    *,
    key: str,
    label: str,
    hint: str,
    most: float,
    on_drop: Callable[[], None] | None = None,
    window: Window | None = None,
) -> None:
    """Draws the words.

    Args:
        words: in order.
        key: unique in the app.
        label: what the strip shows, for those who do not see it.
        hint: what stands below it until a word is pointed at.
        most: the value of the fullest colour, above 0.
        on_drop: called when a word is clicked; `dropped` then tells which one. None for words that
            cannot be clicked.
        window: words in brackets.
    """
    page = look()
    _STRIP(
        key=key,
        data={
            "words": [_shown(word, most, dark=page.dark) for word in words],
            "label": label,
            "hint": hint,
            "size": page.letters + 4,
            "clickable": on_drop is not None,
            "window": window and window._asdict(),
        },
        on_dropped_change=on_drop or (lambda: None),
    )


def dropped(key: str, words: Sequence[str]) -> int | None:
    """Returns the place of the word that was clicked in this run, if any.

    Args:
        key: of the strip.
        words: as it should show them; a click on a strip with another word there, which the browser
            still showed while the text had changed, means nothing.
    """
    clicked = (st.session_state.get(key) or {}).get("dropped")
    if not isinstance(clicked, Mapping):
        return None
    place = clicked.get("place")
    if isinstance(place, int) and 0 <= place < len(words) and words[place] == clicked.get("word"):
        return place
    return None


def _shown(word: Word, most: float, *, dark: bool) -> dict[str, object]:
    shown: dict[str, object] = {"text": word.text, "kind": word.kind, "said": word.said}
    strength = min(abs(word.value or 0.0) / most, 1.0)
    if word.value and strength >= _LEAST:
        colour = theme.BLUE if word.value > 0 else theme.VERMILION
        shown["value"] = word.value
        shown["fill"] = theme.faded(colour, 0.08 + (0.62 if dark else 0.5) * strength)
        shown["edge"] = theme.faded(colour, min(0.25 + strength, 1.0))
    return shown
