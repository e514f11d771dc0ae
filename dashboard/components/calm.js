// When a browser may ask for a run by itself; this stands in front of components that do.
// Streamlit loses a click if another message follows at once, so the browser says nothing by itself
// until there was no click and no key for a while.
const CALM = 400  // ms
let touched = -CALM
for (const kind of ["pointerdown", "pointerup", "keydown"]) {
  addEventListener(kind, () => { touched = performance.now() }, { capture: true, passive: true })
}
const restless = () => touched + CALM - performance.now()  // ms for which to wait; none below 0

