"""Latent Lab: see what a model has learned. Run from the root: streamlit run dashboard/app.py."""

import functools
import sys
from pathlib import Path

if (
    ROOT := str(Path(__file__).resolve().parents[1])
) not in sys.path:  # `streamlit run` puts only the script's own folder on the path
    sys.path.insert(0, ROOT)

import streamlit as st

from dashboard import theme, view_state
from dashboard.components import switch, translation
from dashboard.navigation import FORMER_ADDRESSES, PAGES

present = view_state.is_present()
st.set_page_config(
    page_title="Latent Lab",
    page_icon=f"{ROOT}/assets/icon.svg",
    layout="wide",
    initial_sidebar_state="collapsed" if present else "auto",
)
pages = {
    topic: [
        st.Page(
            entry.script,
            title=entry.title,
            icon=entry.icon,
            url_path=entry.url_path or None,
            default=not entry.url_path,
        )
        for entry in entries
    ]
    for topic, entries in PAGES.items()
}
scripts = {entry.url_path: entry.script for entries in PAGES.values() for entry in entries}
pages[""] += [
    st.Page(
        functools.partial(switch.to_present_address, scripts[address]),
        title=former,
        url_path=former,
        visibility="hidden",
    )
    for former, address in FORMER_ADDRESSES.items()
]
page = st.navigation(pages, expanded=True)  # a menu of more than twelve would hide some
with st.sidebar:
    view_state.present_toggle()
    translation.keep_up()
if present:
    st.html(theme.PRESENT_CSS)
page.run()
