"""A text area whose text arrives while it is typed, without a key to press."""

import streamlit as st

PAUSE = 500  # ms without a key before the text is sent

# Streamlit sends a text area's text when it loses the focus or at Ctrl+Enter. This presses
# Ctrl+Enter whenever the typing pauses; the field keeps the focus.
_LIVE = st.components.v2.component(
    "latent_lab_live_text",
    js="""
export default function ({ data }) {
  let waiting
  let isComposing = false
  const find = () => document.querySelector(".st-key-" + CSS.escape(data.field) + " textarea")
  const send = () => {
    const field = find()
    if (field && !isComposing) {
      const keys = { key: "Enter", code: "Enter", keyCode: 13, ctrlKey: true, bubbles: true }
      field.dispatchEvent(new KeyboardEvent("keydown", keys))
    }
  }
  const soon = () => {
    clearTimeout(waiting)
    waiting = setTimeout(send, data.pause)
  }
  const typed = (event) => {
    if (event.target !== find()) return
    isComposing = event.type === "compositionstart" || event.isComposing === true
    soon()
  }
  const kinds = ["input", "compositionstart", "compositionend"]
  for (const kind of kinds) document.addEventListener(kind, typed)
  soon()  // for what was typed before this was here; without any, the keys do nothing
  return () => {
    clearTimeout(waiting)
    for (const kind of kinds) document.removeEventListener(kind, typed)
  }
}
""",
)


def make_live(field: str) -> None:
    """Sends what is typed into a text area, once the typing pauses.

    Args:
        field: the text area's key.
    """
    _LIVE(key=f"{field}-live", data={"field": field, "pause": PAUSE}, height=1)
