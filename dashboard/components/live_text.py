"""A text area whose text arrives while it is typed, without a key to press."""

from dashboard.components import from_files

PAUSE = 500  # ms without a key before the text is sent

# Streamlit sends a text area's text when it loses the focus or at Ctrl+Enter. This presses
# Ctrl+Enter whenever the typing pauses; the field keeps the focus.
_LIVE = from_files.component(__file__)


def make_live(field: str) -> None:
    """Sends what is typed into a text area, once the typing pauses.

    Args:
        field: the text area's key.
    """
    _LIVE(key=f"{field}-live", data={"field": field, "pause": PAUSE}, height=1)
