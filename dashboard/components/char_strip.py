"""A text as a strip of characters, each shaded by a value: a number on hover, a click tells which.

The text may come from visitors. It reaches the page as data and is written as text nodes, so
nothing in it is ever read as HTML.
"""

from collections.abc import Callable, Sequence

import streamlit as st

from dashboard import theme
from dashboard.components.page import look

_LEAST = 0.05  # of the fullest shade: a character below that stands plain
_STEPS = 20  # shades that are told apart: fewer different styles to send

_STRIP = st.components.v2.component(
    "latent_lab_char_strip",
    html="""
<div class="top">
  <div class="legend" aria-hidden="true"></div>
  <button type="button" class="all" hidden>Show all of it</button>
</div>
<div class="strip" role="group" tabindex="0"></div>
<p class="said" role="status"></p>
""",
    css="""
.strip {
  font-family: var(--st-code-font, monospace); line-height: 1.75; white-space: pre-wrap;
  overflow-wrap: anywhere; border-radius: 0.3rem;
}
.strip:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 4px; }
.strip.clickable span { cursor: pointer; }
span { border-bottom: 2px solid transparent; }
span.later { opacity: 0; }
span.up { border-bottom-style: solid; }
span.down { border-bottom-style: dotted; }
span.end { opacity: 0.55; }
span.given { opacity: 0.7; font-style: italic; }
span.chosen { outline: 2px dashed var(--st-text-color); outline-offset: 1px; border-radius: 2px; }
span.marked { outline: 2px solid var(--st-text-color); outline-offset: 1px; border-radius: 2px; }
span.here { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
.top { display: flex; justify-content: space-between; align-items: flex-start; gap: 1rem; }
.all {
  flex: none; margin-bottom: 0.4rem; padding: 0.1rem 0.6rem; cursor: pointer; font: inherit;
  color: var(--st-text-color); background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius);
}
.all[hidden] { display: none; }
.all:hover, .all:focus-visible {
  border-color: var(--st-primary-color); color: var(--st-primary-color);
}
.legend { display: flex; flex-wrap: wrap; gap: 0.4rem; align-items: center; margin-bottom: 0.4rem;
  opacity: 0.85; }
.legend i { display: inline-block; width: 1.4rem; height: 0.9rem; border-radius: 0.15rem;
  border: 1px solid var(--st-border-color); }
.said { min-height: 1.5em; margin: 0.25rem 0 0 0; opacity: 0.85; font-size: 0.95em; }
""",
    js="""
const RATE = 160  // characters a second that appear, more of a long text:
const LONGEST = 4000  // ms until all of it is there
const begun = new Map()  // strip -> the text that appears in it, and since when

export default function ({ data, parentElement, setTriggerValue }) {
  parentElement.stop?.()  // Streamlit calls this again with new data, and does not end the last one
  const strip = parentElement.querySelector(".strip")
  const said = parentElement.querySelector(".said")
  const seen = { " ": "space", "\\n": "end of line" }
  strip.setAttribute("aria-label", data.label)
  strip.style.fontSize = data.size + "px"
  strip.classList.toggle("clickable", data.clickable)
  const nodes = data.chars.map((char, place) => {
    const node = document.createElement("span")
    node.textContent = char === "\\n" ? "↵\\n" : char
    node.dataset.place = place
    const style = data.styles[data.shades[place]]
    if (char === "\\n") node.classList.add("end")
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
""",
)


def char_strip(
    chars: Sequence[str],
    shades: Sequence[float | None],
    hovers: Sequence[str],
    *,
    key: str,
    signed: bool,
    marked: int | None = None,
    chosen: int | None = None,
    n_given: int = 0,
    legend: tuple[str, str] | None = None,
    label: str,
    hint: str = "",
    clickable: bool = True,
    on_click: Callable[[], None] | None = None,
    number: int | None = None,
    since: int = 0,
) -> int | None:
    """Draws the strip.

    Args:
        chars: N characters.
        shades: N values, from -1 or 0 to 1, for the colour; None for no colour.
        hovers: what is said of each.
        key: unique in the app.
        signed: shades may be negative; then the line below a character tells its sign, too.
        marked: place of a character to point out, with a line around it.
        chosen: place of another one, with a broken line.
        n_given: so many characters in front are set apart and not counted: they were not the
            net's.
        legend: what no colour and what the fullest one mean; only for values from 0 on.
        label: what the strip shows, for those who do not see it.
        hint: what stands below it until a character is pointed at.
        clickable: whether a click means anything.
        on_click: called when a character is clicked; `clicked` then tells which one.
        number: of the text among those that this strip has shown; a new one appears character by
            character. None for a text that stands there at once.
        since: place of the first character that appears so.

    Returns:
        The place of the character that was clicked in this run, if any.
    """
    page = look()
    steps = [round(_STEPS * min(max(shade or 0.0, -1.0), 1.0)) for shade in shades]
    told = _STRIP(
        key=key,
        data={
            "chars": list(chars),
            "shades": steps,
            "styles": {
                str(step): _style(step / _STEPS, signed=signed, dark=page.dark)
                for step in set(steps)
                if abs(step) >= _LEAST * _STEPS
            },
            "said": list(hovers),
            "marked": marked,
            "chosen": chosen,
            "given": n_given,
            "legend": _legend(legend, dark=page.dark),
            "label": label,
            "hint": hint,
            "size": page.letters + 3,
            "clickable": clickable,
            "name": key,
            "number": number,
            "since": since,
        },
        on_clicked_change=on_click or (lambda: None),
    )
    place = getattr(told, "clicked", None)
    return place if isinstance(place, int) else None


def clicked(key: str) -> int | None:
    """Returns the place of the character that was clicked, for an `on_click`."""
    state = st.session_state.get(key) or {}
    place = state.get("clicked")
    return place if isinstance(place, int) else None


def _legend(legend: tuple[str, str] | None, *, dark: bool) -> dict[str, object]:
    if legend is None:
        return {"low": "", "fills": [], "high": ""}
    shades = (0.0, 0.25, 0.5, 0.75, 1.0)
    fills = [
        _style(shade, signed=False, dark=dark)["fill"] if shade else "none" for shade in shades
    ]
    return {"low": legend[0], "fills": fills, "high": legend[1]}


def _style(shade: float, *, signed: bool, dark: bool) -> dict[str, str]:
    colour = theme.BLUE if shade > 0 else theme.VERMILION
    strength = abs(shade)
    kind = ("up" if shade > 0 else "down") if signed else ""
    return {
        "fill": theme.faded(colour, 0.06 + (0.62 if dark else 0.5) * strength),
        "edge": theme.faded(colour, min(0.25 + strength, 1.0)) if signed else "transparent",
        "kind": kind,
    }
