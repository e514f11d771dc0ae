const RATE = 160  // characters a second that appear, more of a long text:
const LONGEST = 4000  // ms until all of it is there
const begun = new Map()  // strip -> the text that appears in it, and since when

export default function ({ data, parentElement, setTriggerValue }) {
  parentElement.stop?.()  // Streamlit calls this again with new data, and does not end the last one
  const strip = parentElement.querySelector(".strip")
  const said = parentElement.querySelector(".said")
  const seen = { " ": "space", "\n": "end of line" }
  strip.setAttribute("aria-label", data.label)
  strip.style.fontSize = data.size + "px"
  strip.classList.toggle("clickable", data.clickable)
  const nodes = data.chars.map((char, place) => {
    const node = document.createElement("span")
    node.textContent = char === "\n" ? "↵\n" : char
    node.dataset.place = place
    const style = data.styles[data.shades[place]]
    if (char === "\n") node.classList.add("end")
    if (place < data.given) node.classList.add("given")
    if (place === data.marked) node.classList.add("marked")
    if (place === data.chosen) node.classList.add("chosen")
    if (style) {
      node.style.background = style.fill
      node.style.borderBottomColor = style.edge
      if (style.kind) node.classList.add(style.kind)
    }
    return node
  })
  strip.replaceChildren(...nodes)
  const legend = parentElement.querySelector(".legend")
  const patches = data.legend.fills.map((fill) => {
    const patch = document.createElement("i")
    patch.style.background = fill
    return patch
  })
  legend.style.fontSize = data.size - 3 + "px"
  legend.replaceChildren(data.legend.low, ...patches, data.legend.high)
  legend.style.display = patches.length ? "" : "none"
  said.textContent = data.hint
  let here = -1
  const show = (place) => {
    if (here >= 0 && nodes[here]) nodes[here].classList.remove("here")
    here = place
    if (here < 0) return (said.textContent = data.hint)
    nodes[here].classList.add("here")
    const char = data.chars[here]
    const count = here < data.given ? "" : `, character ${here + 1 - data.given}`
    said.textContent = `“${seen[char] || char}”${count}: ${data.said[here]}`
  }
  const placeOf = (event) => {
    const node = event.target.closest("span[data-place]")
    return node ? Number(node.dataset.place) : -1
  }
  const choose = (place) => {
    if (data.clickable && place >= 0) setTriggerValue("clicked", place)
  }
  strip.onmouseover = (event) => placeOf(event) >= 0 && show(placeOf(event))
  strip.onmouseleave = () => show(-1)
  strip.onclick = (event) => choose(placeOf(event))
  strip.onkeydown = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (step && nodes.length) {
      event.preventDefault()
      const from = here >= 0 ? here : (data.marked ?? -1)
      show(Math.min(nodes.length - 1, Math.max(0, from + step)))
    } else if (event.key === "Enter") {
      choose(here)
    }
  }
  appear(data, nodes, parentElement)
}

// A new text is all there from the first, for those who listen and for those who copy it; it only
// becomes visible character by character.
function appear(data, nodes, parentElement) {
  const all = parentElement.querySelector(".all")
  all.hidden = true
  if (data.number === null) return
  if (begun.get(data.name)?.number !== data.number) {
    begun.set(data.name, { number: data.number, at: performance.now() })
  }
  const { at } = begun.get(data.name)
  const coming = nodes.slice(data.since)
  const rate = Math.max(RATE / 1000, coming.length / LONGEST)
  let there = Math.floor((performance.now() - at) * rate)
  if (there >= coming.length || matchMedia("(prefers-reduced-motion: reduce)").matches) return
  let frame = 0
  const finish = () => {
    cancelAnimationFrame(frame)
    begun.get(data.name).at = -Infinity
    for (const node of coming) node.classList.remove("later")
    all.hidden = true
  }
  const go = () => {
    const until = Math.floor((performance.now() - at) * rate)
    if (until >= coming.length) return finish()
    for (; there < until; there++) coming[there].classList.remove("later")
    frame = requestAnimationFrame(go)
  }
  for (const node of coming.slice(there)) node.classList.add("later")
  all.hidden = false
  all.onclick = finish
  go()
  parentElement.stop = () => cancelAnimationFrame(frame)
}
