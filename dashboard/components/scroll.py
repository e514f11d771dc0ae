"""Back to the figure: a button below it changes what nobody sees from down there."""

from dashboard.components import from_files

_TO_TOP = from_files.component(__file__)


def to_top(times: int) -> None:
    """Scrolls the page to its top once for each new value of `times`; 0 does nothing."""
    if times:
        _TO_TOP(key="to-top", data={"times": times}, height=1)
