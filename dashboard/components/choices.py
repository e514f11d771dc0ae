"""Choices that data offers: which of several bundles, and buttons that set a control."""

from collections.abc import Iterable, Mapping
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import resources, view_state


def here(bundles: Iterable[str]) -> list[str]:
    """Returns those bundles that lie in the assets."""
    return [name for name in bundles if resources.manifest(name) is not None]


def bundle(
    view: view_state.View, name: str, label: str, bundles: Mapping[str, str], where: DeltaGenerator
) -> str:
    """Draws the choice of a bundle if several are here.

    Args:
        view: the page's controls.
        name: of the control.
        label: of the control.
        bundles: name and text of each, the usual one first.
        where: the container of the choice.

    Returns:
        The one chosen; the usual one where none is here.
    """
    there = here(bundles)
    first = there[0] if there else next(iter(bundles))
    if len(there) < 2:
        return first
    with where:
        return view.segmented_control(name, label, there, first, bundles.__getitem__)


def buttons(
    view: view_state.View,
    name: str,
    lines: Iterable[tuple[str, str]],
    *,
    key: str,
    kind: Literal["primary", "secondary", "tertiary"] = "tertiary",
) -> None:
    """Draws a button a value, which sets a control to it.

    Args:
        view: the page's controls.
        name: of the control.
        lines: each value, and its text in Markdown.
        key: of all buttons together.
        kind: of the buttons, as Streamlit's `type`.
    """
    for number, (value, text) in enumerate(lines):
        st.button(
            text,
            key=f"{key}-{number}",
            type=kind,
            on_click=view.set,
            kwargs={name: value},
        )
