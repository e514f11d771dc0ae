"""How wide a figure is in the visitor's browser, which a page needs to place labels by pixels."""

import streamlit as st

from dashboard import control_setting
from dashboard.components import calm

DEFAULT = 780  # px: a figure over the full page on a projector of 1280 x 720, rounded down
STEP = 60  # px; a new run only when the width leaves its step, so dragging a window costs few runs

_RULER = st.components.v2.component(
    "latent_lab_width",
    js=calm.JS
    + """

export default function ({ parentElement, data, setStateValue }) {
  parentElement.stop?.()  // Streamlit calls this again with new data, and does not end the last one
  let told = data.known
  const tell = (holder, width) => {
    const step = Math.floor(width / data.step) * data.step
    if (step !== told) {
      told = step
      setStateValue("told", { width: step, settings: data.settings })
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
      const settle = () => {
        if (restless() > 0) {
          waiting = setTimeout(settle, restless())
        } else if (holder.isConnected && width >= data.step) {
          tell(holder, width)
        } else {  // the page puts another one in its place
          observer.disconnect()
          look()
        }
      }
      waiting = setTimeout(settle, 150)
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
    return int(_told(chart).get("width", default))


def ask(chart: str, default: int = DEFAULT) -> None:
    """Asks the browser for the width of a chart; call it once, below everything else.

    The page runs again when the answer is not what `known` returned.
    """
    settings = control_setting.settings()
    _RULER(
        key=_key(chart),
        data={
            "chart": chart,
            "step": STEP,
            "known": known(chart, default),
            "settings": settings.n,
        },
        default={"told": None},
        on_told_change=lambda: settings.outlast(_told(chart).get("settings", 0)),
        height=1,
    )


def _told(chart: str) -> dict[str, int]:
    return (st.session_state.get(_key(chart)) or {}).get("told") or {}


def _key(chart: str) -> str:
    return f"{chart}-width"
