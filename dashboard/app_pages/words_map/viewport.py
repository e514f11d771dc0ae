"""Which part of a chart is shown: as zoomed in the browser, by buttons, or as a link says it.

Plotly tells of a zoom only inside the browser, so a small component listens there. The part is a
control of the page: text with four percentages of the whole chart and what they are meant for.
"""

import math
from typing import Protocol

import numpy as np
import streamlit as st

from core.errors import InputError
from dashboard import view_state
from dashboard.app_pages.words_map.map_figure import Window
from dashboard.components import from_files

PAUSE = 250  # ms without another movement before the page is told
MOST_CHARS = 200  # of a part as text

_WHOLE = (0.0, 100.0, 0.0, 100.0)  # percent
_SMALLEST = 0.02  # percent; a part is written with two decimals
_FARTHEST = 150.0  # percent beyond the edges that a part may reach

_WATCHER = from_files.component(__file__)


class Picture(Protocol):
    """A chart of which a part may be shown."""

    @property
    def key(self) -> str:
        """Key of the chart."""
        ...

    @property
    def part(self) -> str:
        """Name of the control that says which part."""
        ...

    @property
    def tag(self) -> str:
        """What such a part is meant for; where the tag is another one it says nothing."""
        ...

    @property
    def everything(self) -> Window:
        """All there is to show."""
        ...

    @property
    def rest(self) -> Window:
        """What is shown while the control is empty."""
        ...


def watch(view: view_state.View, picture: Picture) -> None:
    """Sets the control after the visitor has zoomed or moved a chart; call it once, below it."""
    key = f"{picture.key}-viewport"

    def told() -> None:
        news = (st.session_state.get(key) or {}).get("view") or {}
        numbers = news.get("range")
        if not numbers and not news.get("whole"):
            return
        window = None
        if numbers:
            window = Window(*sorted(map(float, numbers[:2])), *sorted(map(float, numbers[2:])))
        view.set(**{picture.part: write(window, picture)})

    _WATCHER(key=key, data={"chart": picture.key, "pause": PAUSE}, on_view_change=told, height=1)


def buttons(
    view: view_state.View, picture: Picture, window: Window, closest: Window | None
) -> None:
    """Draws buttons that change the part shown, which also serve keyboards and phones.

    Args:
        view: the page's controls.
        picture: the chart.
        window: the part shown now.
        closest: the middle of what is searched, if there is a middle.
    """
    is_whole = window == picture.everything
    targets = [
        ("Zoom in", ":material/zoom_in:", write(scaled(window, 0.5, picture), picture)),
        ("Zoom out", ":material/zoom_out:", write(scaled(window, 2, picture), picture)),
        ("Whole map", ":material/zoom_out_map:", write(None, picture)),
    ]
    if picture.rest != picture.everything:
        targets.append(("Fly there", ":material/flight:", ""))
    if closest:
        targets.append(("Closest only", ":material/hub:", write(closest, picture)))
    for number, (label, icon, part) in enumerate(targets):
        has_text = number > 1
        st.button(
            label if has_text else icon,
            key=f"{picture.key}-zoom-{number}",
            icon=icon if has_text else None,
            help=None if has_text else label,
            on_click=view.set,
            kwargs={picture.part: part},
            disabled=is_whole and number in (1, 2),
        )


def read(text: str, picture: Picture) -> Window:
    """Reads "left right bottom top @ tag", in percent of everything.

    Returns:
        The part; what is shown anyway if the text is empty or meant for another tag.

    Raises:
        InputError: it is something else.
    """
    numbers, _, tag = text.partition("@")
    if not numbers.strip() or tag.strip() not in ("", picture.tag):
        return picture.rest
    try:
        left, right, bottom, top = (float(number) for number in numbers.split())
    except ValueError:
        left, right, bottom, top = (math.nan,) * 4
    bound = 100 + _FARTHEST
    if not (-_FARTHEST <= left < right <= bound and -_FARTHEST <= bottom < top <= bound):
        raise InputError(
            f"part ({text[:40]}) should be four percentages, left, right, bottom and top, the "
            "lower one of two first; empty it for all of the map"
        )
    if (left, right, bottom, top) == _WHOLE:
        return picture.everything
    everything, (width, height) = picture.everything, picture.everything.size
    return Window(
        everything.left + left / 100 * width,
        everything.left + right / 100 * width,
        everything.bottom + bottom / 100 * height,
        everything.bottom + top / 100 * height,
    )


def write(window: Window | None, picture: Picture) -> str:
    """Returns a part as `read` reads it; None is everything."""
    everything, (width, height) = picture.everything, picture.everything.size
    numbers = list(_WHOLE)
    if window is not None:
        numbers = [
            100 * (window.left - everything.left) / width,
            100 * (window.right - everything.left) / width,
            100 * (window.bottom - everything.bottom) / height,
            100 * (window.top - everything.bottom) / height,
        ]
        numbers = [min(max(number, -_FARTHEST), 100 + _FARTHEST) for number in numbers]
        if min(numbers[1] - numbers[0], numbers[3] - numbers[2]) < _SMALLEST:
            numbers = list(_WHOLE)  # of two numbers that round alike nothing could be shown
    if numbers == list(_WHOLE) and picture.rest == everything:
        return ""
    return " ".join(f"{number:.2f}" for number in numbers) + f" @ {picture.tag}"


def scaled(window: Window, factor: float, picture: Picture) -> Window | None:
    """Returns a part of another size around the same centre; None if that is everything."""
    low, high = np.array(window[::2]), np.array(window[1::2])
    half = factor * (high - low) / 2
    if (2 * half >= picture.everything.size).any():
        return None
    middle = (low + high) / 2
    (left, bottom), (right, top) = middle - half, middle + half
    return Window(float(left), float(right), float(bottom), float(top))
