"""What figures of several parts share: frames with a slider, and a heading above a smaller part."""

from collections.abc import Sequence
from typing import Any

from dashboard import theme

STACKED_BELOW = 620  # px of the figure; on a phone the smaller parts stand under the main one


def slider(
    names: Sequence[str], texts: Sequence[str], active: int, **options: Any
) -> dict[str, Any]:
    """Returns a slider with a step for each frame.

    Args:
        names: of the frames.
        texts: of the steps.
        active: place of the frame that is drawn first.
        options: more of plotly's; at least `pad` and `currentvalue`.
    """
    now = {"duration": 0, "redraw": True}
    still = {"mode": "immediate", "frame": now, "transition": {"duration": 0}}
    return {
        "active": active,
        "steps": [
            {"label": text, "method": "animate", "args": [[name], still]}
            for name, text in zip(names, texts, strict=True)
        ],
        "x": 0,
        "len": 1,
        "y": 0,
        "yanchor": "top",
        "activebgcolor": theme.BLUE,
        "bgcolor": theme.GREY,
        "bordercolor": theme.GREY,
        "transition": {"duration": 0},
        **options,
    }


def heading(x: float, y: float, html: str) -> dict[str, Any]:
    """Returns a line above a part of a figure.

    Args:
        x: left edge of the part, share of the plot.
        y: upper edge of the part, share of the plot.
        html: the text.
    """
    return {
        "x": x,
        "y": y,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "bottom",
        "yshift": 4,
        "text": html,
        "showarrow": False,
    }
