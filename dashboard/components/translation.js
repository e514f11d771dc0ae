const origins = new Map()  // a text node of the page -> its text and its translations
const owners = new WeakMap()  // translation -> the text node

const isTranslation = (node) => node.nodeName === "FONT"
const isText = (node) => node.nodeType === Node.TEXT_NODE

function forget(node) {
  for (const font of origins.get(node)?.fonts ?? []) font.remove()
  origins.delete(node)
}

// Which translation was put where a node was: by one exchange, or beside it before it went.
function newTranslation(record) {
  const near = [...record.addedNodes, record.previousSibling, record.nextSibling]
  return near.find((other) => other && isTranslation(other) && !owners.has(other))
}

function place(record) {
  return { target: record.target, before: record.previousSibling, behind: record.nextSibling }
}

function keep(node, font) {
  if (font.contains(node)) node.replaceWith(node.data)  // it was moved there: leave a copy
  const known = origins.get(node) ?? { text: node.data, fonts: [] }
  known.fonts.push(font)
  origins.set(node, known)
  owners.set(font, node)
  node.data = ""
  font.parentNode.insertBefore(node, font)
}

function look(records) {
  try {
    follow(records)
  } finally {
    observer.takeRecords()  // what was done here
  }
}

function follow(records) {
  const gone = []  // text that was taken out, with nothing put in its place so far
  for (const record of records) {
    const node = record.target
    if (record.type === "characterData") {
      if (origins.has(node)) forget(node)  // it has another text, also an empty one
      continue
    }
    for (const removed of record.removedNodes) {
      if (isText(removed)) {
        const font = newTranslation(record)
        if (font?.parentNode) keep(removed, font)
        else if (origins.has(removed) && removed.isConnected) show(removed)  // put back by hand
        else if (origins.has(removed)) forget(removed)
        else gone.push({ ...place(record), removed })
      } else if (owners.has(removed) && !removed.isConnected) {
        show(owners.get(removed))
      }
    }
    for (const added of record.addedNodes) {
      if (!isTranslation(added) || owners.has(added) || !added.parentNode) continue
      const { target, before, behind } = place(record)
      const found = gone.find((one) => one.target === target && !one.removed.isConnected &&
        (one.before === before || one.behind === behind))
      if (found) keep(found.removed, added)
    }
  }
  // What was taken out may come back elsewhere, with its own text.
  for (const node of origins.keys()) if (!node.isConnected) show(node)
}

// The translator gave the original back.
function show(node) {
  const known = origins.get(node)
  if (!known) return
  forget(node)
  if (node.data === "") node.data = known.text
}

function* textsOf(fiber) {
  for (let child = fiber?.child; child; child = child.sibling) {
    if (child.stateNode instanceof Text) yield child.stateNode
    else if (typeof child.type !== "string") yield* textsOf(child)  // no element of its own
  }
}

function fiberOf(element) {
  const [fiber, props] = ["__reactFiber$", "__reactProps$"].map(
    (start) => element[Object.keys(element).find((name) => name.startsWith(start))])
  return fiber?.memoizedProps === props ? fiber : fiber?.alternate
}

// What was translated before this script came.
function catchUp() {
  const parents = new Set([...document.querySelectorAll("font")].map((font) => font.parentNode))
  for (const parent of parents) {
    const fonts = [...parent.children].filter(isTranslation)
    const lost = [...textsOf(fiberOf(parent))].filter((node) => node.parentNode !== parent)
    if (lost.length === fonts.length) lost.forEach((node, at) => keep(node, fonts[at]))
  }
}

catchUp()
const observer = new MutationObserver(look)
observer.observe(document.documentElement, { childList: true, characterData: true, subtree: true })

export default function () {}
