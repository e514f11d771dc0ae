"""Ways that lead to another page of the app."""

from typing import NoReturn

import streamlit as st


def to_page(script: str) -> NoReturn:
    """Ends this run and opens another page; every button that leads there calls this.

    The parameters of the page that is left go out of the address. `st.switch_page` alone clears
    them by a call that refuses to while a control is bound to one, which is what an address with
    any setting in it means here; an empty set of new parameters takes their place without asking.
    Controls of the app itself, such as Present, keep their value and write it back.

    Args:
        script: of the page, as `dashboard.navigation.PAGES` has it.
    """
    st.switch_page(script, query_params={})


def to_present_address(script: str) -> NoReturn:
    """Ends this run and opens the page that the address once led to, with all its parameters.

    Args:
        script: of the page, as `dashboard.navigation.PAGES` has it.
    """
    st.switch_page(
        script, query_params={name: st.query_params.get_all(name) for name in st.query_params}
    )
