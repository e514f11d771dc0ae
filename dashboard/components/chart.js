export default function ({ data, parentElement }) {
  const status = parentElement.querySelector("p")
  for (const button of parentElement.querySelectorAll("button")) {
    button.onclick = () => {
      const holder = document.querySelector(".st-key-" + CSS.escape(data.chart))
      const plot = holder && holder.querySelector(".js-plotly-plot")
      const camera = plot && plot.querySelector('.modebar-btn[data-title^="Download plot"]')
      if (!camera || !plot._context) {
        status.textContent = "The figure is still loading; try again in a moment."
        return
      }
      status.textContent = ""
      const options = plot._context.toImageButtonOptions
      const before = options.format
      options.format = button.dataset.format
      camera.click()
      options.format = before
    }
  }
}
