export default function ({ parentElement, data, setStateValue }) {
  parentElement.stop?.()  // Streamlit calls this again with new data, and does not end the last one
  let told = data.known
  const tell = (holder, width) => {
    const step = Math.floor(width / data.step) * data.step
    if (step !== told) {
      told = step
      setStateValue("told", { width: step, settings: data.settings })
    }
    if (step === data.known) {
      holder.dataset.fits = ""  // drawn for the width it has; who reads the page may rely on it
    } else {
      delete holder.dataset.fits
    }
  }
  let observer
  let waiting
  const look = () => {
    const holder = document.querySelector(".st-key-" + CSS.escape(data.chart))
    if (!holder || holder.clientWidth < data.step) {  // not there yet, or on its way out
      waiting = setTimeout(look, 100)
      return
    }
    observer = new ResizeObserver((entries) => {
      clearTimeout(waiting)
      const width = entries[entries.length - 1].contentRect.width
      const settle = () => {
        if (restless() > 0) {
          waiting = setTimeout(settle, restless())
        } else if (holder.isConnected && width >= data.step) {
          tell(holder, width)
        } else {  // the page puts another one in its place
          observer.disconnect()
          look()
        }
      }
      waiting = setTimeout(settle, 150)
    })
    observer.observe(holder)
  }
  look()
  parentElement.stop = () => {
    clearTimeout(waiting)
    if (observer) observer.disconnect()
  }
  return () => parentElement.stop()
}
