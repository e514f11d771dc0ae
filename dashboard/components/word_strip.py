"""A text as coloured words: sign, strength and fate of each, a number on hover, a click drops it.

The words come from visitors. They reach the page as data and are written as text nodes, so nothing
in them is ever read as HTML.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import streamlit as st

from dashboard import theme
from dashboard.components.page import look

_LEAST = 0.05  # of the fullest colour: a word below that stands plain, or nothing would stand out

_STRIP = st.components.v2.component(
    "latent_lab_word_strip",
    html="""
<div class="strip" role="group"></div>
<p class="said" role="status"></p>
""",
    css="""
.strip { line-height: 2.1; overflow-wrap: anywhere; }
button, span.word {
  font: inherit; font-size: inherit; color: inherit; margin: 0 0.1rem 0.15rem 0;
  padding: 0.08rem 0.28rem; border: 0; border-radius: 0.3rem; background: transparent;
  border-bottom: 3px solid transparent;
}
button { cursor: pointer; }
button:hover, button:focus-visible { outline: 2px solid var(--st-primary-color); }
.word.for { border-bottom-style: solid; }
.word.against { border-bottom-style: dotted; }
.in { font-weight: 600; }
.rare { font-style: italic; opacity: 0.75; }
.rare::after { content: attr(data-note); font-size: 0.75em; vertical-align: super;
  font-style: normal; margin-left: 0.15em; }
.unread { opacity: 0.45; }
.cut { opacity: 0.45; text-decoration: line-through; }
.said { min-height: 1.5em; margin: 0.25rem 0 0 0; opacity: 0.85; font-size: 0.95em; }
""",
    js="""
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
    if (word.kind === "rare") node.dataset.note = "rare"
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
""",
)


class Word(NamedTuple):
    """One word of the strip.

    Attributes:
        text: as it is shown.
        kind: seen, rare, unread or cut.
        value: what it adds, for the colour; None for no colour.
        said: what is said of it.
    """

    text: str
    kind: str
    value: float | None
    said: str


class Window(NamedTuple):
    """A window of some words that stands around one of them, and moves with a figure's frames.

    Attributes:
        chart: key of the figure, whose frames are named by words, from 1.
        place: of the word at first, from 0.
        size: in words.
    """

    chart: str
    place: int
    size: int


def strip(
    words: Sequence[Word],
    *,
    key: str,
    label: str,
    hint: str,
    most: float,
    on_drop: Callable[[], None] | None = None,
    window: Window | None = None,
) -> None:
    """Draws the words.

    Args:
        words: in order.
        key: unique in the app.
        label: what the strip shows, for those who do not see it.
        hint: what stands below it until a word is pointed at.
        most: the value of the fullest colour, above 0.
        on_drop: called when a word is clicked; `dropped` then tells which one. None for words that
            cannot be clicked.
        window: words in brackets.
    """
    page = look()
    _STRIP(
        key=key,
        data={
            "words": [_shown(word, most, dark=page.dark) for word in words],
            "label": label,
            "hint": hint,
            "size": page.letters + 4,
            "clickable": on_drop is not None,
            "window": window and window._asdict(),
        },
        on_dropped_change=on_drop or (lambda: None),
    )


def dropped(key: str, words: Sequence[str]) -> int | None:
    """Returns the place of the word that was clicked in this run, if any.

    Args:
        key: of the strip.
        words: as it should show them; a click on a strip with another word there, which the browser
            still showed while the text had changed, means nothing.
    """
    clicked = (st.session_state.get(key) or {}).get("dropped")
    if not isinstance(clicked, Mapping):
        return None
    place = clicked.get("place")
    if isinstance(place, int) and 0 <= place < len(words) and words[place] == clicked.get("word"):
        return place
    return None


def _shown(word: Word, most: float, *, dark: bool) -> dict[str, object]:
    shown: dict[str, object] = {"text": word.text, "kind": word.kind, "said": word.said}
    strength = min(abs(word.value or 0.0) / most, 1.0)
    if word.value and strength >= _LEAST:
        colour = theme.BLUE if word.value > 0 else theme.VERMILION
        shown["value"] = word.value
        shown["fill"] = theme.faded(colour, 0.08 + (0.62 if dark else 0.5) * strength)
        shown["edge"] = theme.faded(colour, min(0.25 + strength, 1.0))
    return shown
