let done = 0
export default function ({ data }) {
  if (data.times <= done) return
  done = data.times
  const page = document.querySelector('[data-testid="stMain"]')
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches
  if (page) page.scrollTo({ top: 0, behavior: still ? "auto" : "smooth" })
}
