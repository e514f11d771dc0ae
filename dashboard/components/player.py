"""Play, pause and single steps for a figure with frames: all in the browser, and by keyboard."""

from dashboard.components import from_files

_PLAYER = from_files.component(__file__)


def player(chart: str, *, duration: int = 90) -> None:
    """Draws the buttons for a chart whose figure has a slider with a step for each frame.

    Args:
        chart: the chart's key.
        duration: of a frame while playing, ms.
    """
    _PLAYER(key=f"{chart}-player", data={"chart": chart, "duration": duration})
