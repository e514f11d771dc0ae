const watched = new WeakMap()  // plot -> what to tell its page

export default function ({ data, parentElement, setTriggerValue }) {
  let waiting, plot
  let resetAt = -Infinity
  const tell = (view) => {
    clearTimeout(waiting)
    waiting = setTimeout(() => setTriggerValue("view", view), data.pause)
  }
  const moved = (change) => {
    const names = Object.keys(change || {})
    if (!names.some((name) => /^[xy]axis\.(range|autorange)/.test(name))) return
    if (performance.now() - resetAt < 500) return  // the movement that a reset makes itself
    if (change["xaxis.autorange"] && change["yaxis.autorange"]) return tell({ whole: true })
    const { xaxis, yaxis } = plot._fullLayout
    const numbers = [...xaxis.range, ...yaxis.range].map(Number)
    if (numbers.every(Number.isFinite)) tell({ range: numbers })
  }
  const reset = () => {
    // In the lasso's mode a double click only takes the selection away.
    if (["lasso", "select"].includes(plot._fullLayout.dragmode)) return
    resetAt = performance.now()
    tell({ whole: true })
  }
  const look = () => {
    const found = document.querySelector(`.st-key-${CSS.escape(data.chart)} .js-plotly-plot`)
    if (found && found.on && found !== plot) {
      plot = found
      watched.set(plot, { moved, reset })
      if (!plot.dataset.viewport) {
        plot.dataset.viewport = "watched"
        plot.on("plotly_relayout", (change) => watched.get(plot)?.moved(change))
        plot.on("plotly_doubleclick", () => watched.get(plot)?.reset())
      }
    }
  }
  // A figure with other contents may be another element of the page: look for it now and then.
  look()
  const timer = setInterval(look, 300)
  return () => {
    clearInterval(timer)
    clearTimeout(waiting)
  }
}
