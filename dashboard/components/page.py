"""The pieces that every page has, in the order of its look: question, what you see, details."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import theme, view_state
from dashboard.components.text import plain

__all__ = ["details", "header", "look", "plain", "what_you_see"]


def header(question: str, sentence: str) -> None:
    """Draws the title, which asks what the page answers, and one sentence in Markdown."""
    st.title(question, anchor=False)
    st.markdown(sentence)


def what_you_see(text: str) -> None:
    """Draws two or three sentences that name what is on screen now.

    Args:
        text: Markdown; names that come from data go through `plain` first.
    """
    st.markdown(f"**What you see.** {text}")


def details(label: str) -> DeltaGenerator:
    """Returns a closed section for tables, formulas and code; use it with `with`."""
    return st.expander(label, icon=":material/unfold_more:")


def look() -> theme.Look:
    """Returns how the visitor sees the page now."""
    return theme.Look(dark=st.context.theme.type == "dark", present=view_state.is_present())
