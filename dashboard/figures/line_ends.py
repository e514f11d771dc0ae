"""Names at the ends of lines, where a legend would make eyes travel."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dashboard import theme
from dashboard.figures import labels


def spread(values: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Moves values apart, as little as it takes.

    Args:
        values: where labels would like to be.
        gap: the least distance between two of them; smaller where they do not all fit.
        low: none goes below it.
        high: none goes above it.

    Returns:
        Where they go, in the order of `values`.
    """
    if len(values) > 1:
        gap = min(gap, (high - low) / (len(values) - 1))
    order = np.argsort(values, kind="stable")
    # What is left of the values after a gap for each place below them may only not go down: the
    # closest such row is found by merging neighbours that do (pool adjacent violators).
    blocks: list[tuple[float, int]] = []
    for place, index in enumerate(order):
        block = (float(values[index]) - place * gap, 1)
        while blocks and blocks[-1][0] > block[0]:
            mean, size = blocks.pop()
            total = size + block[1]
            block = ((mean * size + block[0] * block[1]) / total, total)
        blocks.append(block)
    flat = np.concatenate([np.full(size, mean) for mean, size in blocks] or [np.zeros(0)])
    flat = np.clip(flat, low, high - gap * max(len(values) - 1, 0))
    moved = np.empty(len(values))
    moved[order] = flat + gap * np.arange(len(values))
    return moved.tolist()


def end_labels(
    ends: Sequence[tuple[float, str]],
    extent: tuple[float, float],
    margin: Mapping[str, int],
    font_size: int,
    *,
    n_lines: int,
    height: int = theme.FIGURE_HEIGHT,
) -> list[dict[str, Any]]:
    """Writes the lines' names to the right of the plot, none over another.

    Args:
        ends: where each line ends, and its name; `<br>` parts the name's lines.
        extent: of the axis.
        margin: of the figure, px.
        font_size: of the names, px.
        n_lines: of each name, at most.
        height: of the figure, px.

    Returns:
        Annotations.
    """
    low, high = extent
    pixel = (high - low) / (height - margin["t"] - margin["b"])
    gap = (n_lines * labels.LINE * font_size + 4) * pixel
    places = spread([value for value, _ in ends], gap, low + gap / 2, high - gap / 2)
    return [
        {
            "x": 1,
            "xref": "paper",
            "y": place,
            "text": text,
            "xanchor": "left",
            "align": "left",
            "xshift": 6,
            "showarrow": False,
            "font": {"size": font_size},
        }
        for place, (_, text) in zip(places, ends, strict=True)
    ]
