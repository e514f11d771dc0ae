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
