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
