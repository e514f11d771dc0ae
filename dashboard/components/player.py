"""Play, pause and single steps for a figure with frames: all in the browser, and by keyboard."""

import streamlit as st

_PLAYER = st.components.v2.component(
    "latent_lab_player",
    html="""
<div role="group" aria-label="Frames of the figure">
  <button type="button" data-do="play">▶ Play</button>
  <button type="button" data-do="first" aria-label="First frame">|◀</button>
  <button type="button" data-do="back" aria-label="One step back">◀ Step</button>
  <button type="button" data-do="next" aria-label="One step on">Step ▶</button>
  <button type="button" data-do="last" aria-label="Last frame">▶|</button>
  <span role="status"></span>
</div>
""",
    css="""
div { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; }
button {
  min-height: 2.5rem; padding: 0.3rem 0.75rem; cursor: pointer; font: inherit;
  color: var(--st-text-color); background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius);
}
button[data-do="play"] { min-width: 6rem; }
button:hover, button:focus-visible {
  border-color: var(--st-primary-color); color: var(--st-primary-color);
}
""",
    js="""
export default function ({ data, parentElement }) {
  const status = parentElement.querySelector("span")
  const button = (name) => parentElement.querySelector(`[data-do="${name}"]`)
  const play = button("play")
  let plot = null
  let playing = false
  const say = (is) => {
    playing = is
    play.textContent = is ? "❚❚ Pause" : "▶ Play"
  }
  const ended = () => say(false)
  const find = () => {
    const holder = document.querySelector(".st-key-" + CSS.escape(data.chart))
    const found = holder && holder.querySelector(".js-plotly-plot")
    const ready = found && window.Plotly && found._transitionData && found._fullLayout
    if (!ready || !found._fullLayout.sliders.length) {
      status.textContent = "The figure is still loading; try again in a moment."
      return false
    }
    status.textContent = ""
    if (found !== plot) {
      plot = found
      plot.on("plotly_animated", ended)
    }
    return true
  }
  const names = () => plot._fullLayout.sliders[0].steps.map((step) => step.args[0][0])
  const now = () => plot._fullLayout.sliders[0].active
  const still = { mode: "immediate", transition: { duration: 0 } }
  const run = (which, duration) => {
    const frame = { duration, redraw: true }
    // an animation that another one ends is no error
    window.Plotly.animate(plot, which, { ...still, frame }).catch(() => {})
  }
  const stop = () => {
    if (playing) run([null], 0)
    say(false)
  }
  const show = (place) => {
    stop()
    const all = names()
    run([all[Math.min(all.length - 1, Math.max(0, place))]], 0)
  }
  const actions = {
    play: () => {
      if (playing) return stop()
      const all = names()
      const from = now() >= all.length - 1 ? 0 : now() + 1
      say(true)
      run(all.slice(from), data.duration)
    },
    first: () => show(0),
    back: () => show(now() - 1),
    next: () => show(now() + 1),
    last: () => show(Infinity),
  }
  for (const name of Object.keys(actions)) {
    button(name).onclick = () => find() && actions[name]()
  }
  parentElement.querySelector("div").onkeydown = (event) => {
    const does = { ArrowLeft: "back", ArrowRight: "next", Home: "first", End: "last" }[event.key]
    if (!does) return
    event.preventDefault()
    if (find()) actions[does]()
  }
  return () => {
    if (plot && plot.removeListener) plot.removeListener("plotly_animated", ended)
  }
}
""",
)


def player(chart: str, *, duration: int = 90) -> None:
    """Draws the buttons for a chart whose figure has a slider with a step for each frame.

    Args:
        chart: the chart's key.
        duration: of a frame while playing, ms.
    """
    _PLAYER(key=f"{chart}-player", data={"chart": chart, "duration": duration})
