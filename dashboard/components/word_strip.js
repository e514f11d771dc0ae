const EVENT = "plotly_animatingframe"

export default function ({ data, parentElement, setTriggerValue }) {
  parentElement.stop?.()  // what followed the figure before
  const strip = parentElement.querySelector(".strip")
  const said = parentElement.querySelector(".said")
  strip.setAttribute("aria-label", data.label)
  strip.style.fontSize = data.size + "px"
  strip.replaceChildren()
  said.textContent = data.hint
  data.words.forEach((word, place) => {
    const node = document.createElement(data.clickable ? "button" : "span")
    node.className = "word " + word.kind
    node.textContent = word.text
    if (word.kind === "unk") node.dataset.note = "unk"
    if (word.fill) node.style.background = word.fill
    if (word.edge) {
      node.classList.add(word.value > 0 ? "for" : "against")
      node.style.borderBottomColor = word.edge
    }
    node.title = word.said
    node.setAttribute("aria-label", word.text + ": " + word.said)
    node.onmouseenter = node.onfocus = () => (said.textContent = word.text + ": " + word.said)
    if (data.clickable) {
      node.type = "button"
      node.onclick = () => setTriggerValue("dropped", { place, word: word.text })
    }
    strip.append(node, " ")
  })
  if (!data.window) return
  // The window moves in the browser alone: each frame of the figure says at which word it stands.
  const nodes = [...strip.children]
  const mark = (place) => {
    const first = place - Math.floor((data.window.size - 1) / 2)
    nodes.forEach((node, at) => {
      const isIn = at >= first && at < first + data.window.size
      node.classList.toggle("in", isIn)
      node.textContent = isIn ? `[${data.words[at].text}]` : data.words[at].text
    })
  }
  let plot, waiting
  const moved = (frame) => {
    const place = Number(frame.name) - 1
    if (Number.isInteger(place)) mark(place)
  }
  const find = () => {
    const holder = document.querySelector(".st-key-" + CSS.escape(data.window.chart))
    const found = holder && holder.querySelector(".js-plotly-plot")
    if (found && found.on && found !== plot) {
      plot?.removeListener?.(EVENT, moved)
      plot = found
      plot.on(EVENT, moved)
    }
    waiting = setTimeout(find, 300)  // Streamlit may put another figure there
  }
  mark(data.window.place)
  find()
  parentElement.stop = () => {
    clearTimeout(waiting)
    plot?.removeListener?.(EVENT, moved)
  }
  return parentElement.stop
}
