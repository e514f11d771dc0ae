"""What figures of several parts share: frames with a slider, and a heading above a smaller part."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard import theme

STACKED_BELOW = 620  # px of the figure; on a phone the smaller parts stand under the main one


def frame(
    name: str,
    data: Sequence[Mapping[str, Any]],
    traces: Sequence[int],
    layout: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Returns a frame of an animation.

    Args:
        name: of the frame, unique in the figure.
        data: what changes of each trace.
        traces: places of these traces in the figure.
        layout: what changes besides; nothing of an axis.

    Raises:
        ValueError: an axis is among it. Plotly moves the range of an axis by a transition of its
            own and drops it when the next frame comes before the drawing is done, as on a busy
            machine: the points then lie outside the axes. Scale the points instead.
    """
    moved = [key for key in layout or () if key.startswith(("xaxis", "yaxis"))]
    if moved:
        raise ValueError(f"a frame moves {', '.join(moved)}: scale what it draws instead")
    return {
        "name": name,
        "data": [dict(one) for one in data],
        "traces": list(traces),
        "layout": dict(layout or {}),
    }


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
