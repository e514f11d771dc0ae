"""What a page shows where its trained bundle should be: a state of the page, never a trace."""

import contextlib
from collections.abc import Iterator

import streamlit as st

from core.errors import BundleError, BundleNotFound
from dashboard.components.text import plain


@contextlib.contextmanager
def guard() -> Iterator[None]:
    """Shows a notice and ends the page if the bundle loaded inside is missing or damaged."""
    try:
        yield
    except BundleNotFound as error:
        _not_found(error)
        st.stop()
    except BundleError as error:
        _unusable(error)
        st.stop()


def _not_found(error: BundleNotFound) -> None:
    with st.container(border=True):
        st.markdown("#### :material/inventory_2: This model has not been trained here yet")
        st.markdown(
            f"The page reads a trained bundle named **{plain(error.path.name)}**, which is not in "
            "the assets folder. This command makes it; then load the page again:"
        )
        st.code(error.command, language="bash", wrap_lines=True)


def _unusable(error: BundleError) -> None:
    with st.container(border=True):
        st.markdown("#### :material/broken_image: This model's bundle cannot be used")
        problems = "\n".join(f"- {plain(problem)}" for problem in error.problems)
        st.markdown(
            f"The bundle **{plain(error.path.name)}** does not pass its checks:\n\n{problems}\n\n"
            "Fetch the assets again, or train the bundle anew with the command in its CARD.md."
        )
