"""Back to the figure: a button below it changes what nobody sees from down there."""

import streamlit as st

_TO_TOP = st.components.v2.component(
    "latent_lab_to_top",
    js="""
let done = 0
export default function ({ data }) {
  if (data.times <= done) return
  done = data.times
  const page = document.querySelector('[data-testid="stMain"]')
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches
  if (page) page.scrollTo({ top: 0, behavior: still ? "auto" : "smooth" })
}
""",
)


def to_top(times: int) -> None:
    """Scrolls the page to its top once for each new value of `times`; 0 does nothing."""
    if times:
        _TO_TOP(key="to-top", data={"times": times}, height=1)
