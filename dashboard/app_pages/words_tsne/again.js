export default function ({ data, parentElement, setTriggerValue }) {
  clearTimeout(parentElement.waiting)  // Streamlit does not end the last one before a new call
  const ask = () => {
    if (restless() > 0) parentElement.waiting = setTimeout(ask, restless())
    else setTriggerValue("due", data.run)
  }
  parentElement.waiting = setTimeout(ask, data.pause)
  return () => clearTimeout(parentElement.waiting)
}
