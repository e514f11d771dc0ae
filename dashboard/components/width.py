"""How wide a figure is in the visitor's browser, which a page needs to place labels by pixels."""

import streamlit as st

DEFAULT = 780  # px: a figure over the full page on a projector of 1280 x 720, rounded down
STEP = 60  # px; a new run only when the width leaves its step, so dragging a window costs few runs

_RULER = st.components.v2.component(
    "latent_lab_width",
    js="""
export default function ({ parentElement, data, setStateValue }) {
  parentElement.stop?.()  // Streamlit calls this again with new data, and does not end the last one
  let told = data.known
  const tell = (holder, width) => {
    const step = Math.floor(width / data.step) * data.step
    if (step !== told) {
      told = step
      setStateValue("width", step)
    }
    if (step === data.known) {
      holder.dataset.fits = ""  // drawn for the width it has; who reads the page may rely on it
    } else {
      delete holder.dataset.fits
    }
  }
  let observer
  let waiting
  const look = () => {
    const holder = document.querySelector(".st-key-" + CSS.escape(data.chart))
    if (!holder || holder.clientWidth < data.step) {  // not there yet, or on its way out
      waiting = setTimeout(look, 100)
      return
    }
    observer = new ResizeObserver((entries) => {
      clearTimeout(waiting)
      const width = entries[entries.length - 1].contentRect.width
      waiting = setTimeout(() => {
        if (holder.isConnected && width >= data.step) {
          tell(holder, width)
        } else {  // the page puts another one in its place
          observer.disconnect()
          look()
        }
      }, 150)
    })
    observer.observe(holder)
  }
  look()
  parentElement.stop = () => {
    clearTimeout(waiting)
    if (observer) observer.disconnect()
  }
  return () => parentElement.stop()
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
