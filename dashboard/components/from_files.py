"""Components for the browser: their HTML, CSS and JavaScript are files beside their Python file."""

from pathlib import Path

from streamlit.components import v2
from streamlit.components.v2.types import ComponentRenderer

_CALM = Path(__file__).with_name("calm.js")


def component(file: str, *, is_calm: bool = False) -> ComponentRenderer:
    """Makes the component of a Python file `name.py` from `name.html`, `name.css` and `name.js`.

    Args:
        file: `__file__` of the Python file; of the three others, those that exist are taken.
        is_calm: for a component that asks for runs by itself; `calm.js` stands before its script.

    Returns:
        What mounts the component on a page, as `st.components.v2.component` returns it.
    """
    here = Path(file)

    def text(suffix: str) -> str | None:
        path = here.with_suffix(suffix)
        return path.read_text(encoding="utf-8") if path.is_file() else None

    script = (_CALM.read_text(encoding="utf-8") if is_calm else "") + (text(".js") or "")
    return v2.component(
        f"latent_lab_{here.stem}", html=text(".html"), css=text(".css"), js=script or None
    )
