"""How wide a figure is in the visitor's browser, which a page needs to place labels by pixels."""

import streamlit as st

DEFAULT = 780  # px: a figure over the full page on a projector of 1280 x 720, rounded down
STEP = 60  # px; a new run only when the width leaves its step, so dragging a window costs few runs

_RULER = st.components.v2.component(
    "latent_lab_width",
    js="""
export default function ({ data, setStateValue }) {
  let told = data.known
  const tell = (holder, width) => {
    const step = Math.floor(width / data.step) * data.step
    if (step > 0 && step !== told) {
      delete holder.dataset.fits
      told = step
      setStateValue("width", step)
    } else if (step > 0) {
      holder.dataset.fits = ""  // drawn for the width it has; who reads the page may rely on it
    }
  }
  let observer
  let tries = 0
  const look = () => {
    const holder = document.querySelector(".st-key-" + CSS.escape(data.chart))
    if (!holder) {
      if (++tries < 50) waiting = setTimeout(look, 100)
      return
    }
    observer = new ResizeObserver((entries) => {
      clearTimeout(waiting)
      const width = entries[entries.length - 1].contentRect.width
      waiting = setTimeout(() => {
        if (holder.isConnected) {
          tell(holder, width)
        } else {  // the page put another one in its place
          observer.disconnect()
          tries = 0
          look()
        }
      }, 150)
    })
    observer.observe(holder)
  }
  let waiting = setTimeout(look, 0)
  return () => {
    clearTimeout(waiting)
    if (observer) observer.disconnect()
  }
}
""",
)


def known(chart: str, default: int = DEFAULT) -> int:
    """Returns the width of a chart in px, rounded down; the default until the browser has told.

    Args:
        chart: the chart's key.
        default: what to assume in the first run.
    """
    told = st.session_state.get(_key(chart)) or {}
    return int(told.get("width") or default)


def ask(chart: str, default: int = DEFAULT) -> None:
    """Asks the browser for the width of a chart; call it once, below everything else.

    The page runs again when the answer is not what `known` returned.
    """
    _RULER(
        key=_key(chart),
        data={"chart": chart, "step": STEP, "known": known(chart, default)},
        default={"width": None},
        on_width_change=lambda: None,
        height=1,
    )


def _key(chart: str) -> str:
    return f"{chart}-width"
