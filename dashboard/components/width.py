"""How wide a figure is in the visitor's browser, which a page needs to place labels by pixels."""

import streamlit as st

from dashboard import control_setting
from dashboard.components import from_files

DEFAULT = 780  # px: a figure over the full page on a projector of 1280 x 720, rounded down
STEP = 60  # px; a new run only when the width leaves its step, so dragging a window costs few runs

_RULER = from_files.component(__file__, is_calm=True)


def known(chart: str, default: int = DEFAULT) -> int:
    """Returns the width of a chart in px, rounded down; the default until the browser has told.

    Args:
        chart: the chart's key.
        default: what to assume in the first run.
    """
    return int(_told(chart).get("width", default))


def ask(chart: str, default: int = DEFAULT) -> None:
    """Asks the browser for the width of a chart; call it once, below everything else.

    The page runs again when the answer is not what `known` returned.
    """
    settings = control_setting.settings()
    _RULER(
        key=_key(chart),
        data={
            "chart": chart,
            "step": STEP,
            "known": known(chart, default),
            "settings": settings.n,
        },
        default={"told": None},
        on_told_change=lambda: settings.outlast(_told(chart).get("settings", 0)),
        height=1,
    )


def _told(chart: str) -> dict[str, int]:
    return (st.session_state.get(_key(chart)) or {}).get("told") or {}


def _key(chart: str) -> str:
    return f"{chart}-width"
