"""Titles in a figure that never overlap: text measured without a browser, and greedy placement.

Plotly draws every label it is given, one over the other. Here the more important film goes first,
takes the first of eight places around its point that is still free, and a film without a free place
goes without a label. Boxes are in pixels, so the size of the figure has to be known; they stay
apart at every size between the two that are given.
"""

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from dashboard import theme

GAP = 6  # px from a point to its label
MARKER = 4  # px, half the side of the square that a labelled point keeps free
LINE = 1.3  # height of a line of text, in letter sizes, as plotly.js sets it
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"

# Advance widths in thousandths of the letter size, of Source Sans, the font of the app's figures.
# Measured in a browser and rounded up. Letters of other scripts count as a full square.
_WIDTHS = {
    260: "  ',.:;ijl|¦·ìíîïĩīĭįıĵĺļ‘’",
    280: "IÌÍÎÏĨĪĬĮİľſ",
    320: "!f¡ł()-[]{}•",
    360: "t°ţťŧ/\\rªŕŗř",
    420: "²³¹ºŀ*sśŝşš",
    440: '"?z«®»¿źżž“”',
    480: "cxçćĉċčJYvyÝýÿĴŶŷŸ–",
    500: "0123456789#$+<=>FL^_ek~¢£¤¥§¬±×èéêë÷ēĕėęěĳķĸĹĻĽĿŁ",
    520: "VXagàáâãäåāăąĝğġģ",
    540: "ESTZÈÉÊËĒĔĖĘĚĲŚŜŞŠŢŤŦŹŻŽ",
    560: "A`bdhnopqu¨¯´¶¸ÀÁÂÃÄÅðñòóôõöøùúûüþĀĂĄĥħńņňŋōŏőũūŭůűų",
    580: "CKPRµÇßĆĈĊČďđĶŔŖŘ",
    620: "BÞ&DGĎĜĞĠĢ→←",
    660: "ÐĐŊHNUÑÙÚÛÜĤŃŅŇŨŪŬŮŰŲ",
    680: "OQÒÓÔÕÖØŌŎŐ",
    800: "ĦwŵM©æŉW¼¾Ŵ—",
    960: "½%mÆœ@Œ…",
}
_ADVANCE = {letter: width / 1000 for width, letters in _WIDTHS.items() for letter in letters}

_REMEMBERED = 20_000  # texts whose width is kept: a page measures the same titles in every run

# place: share of the box to the left of the point and below it; shift to the right and up in gaps;
# then plotly's xanchor and yanchor.
_PLACES = (
    (0.0, 0.5, 1, 0, "left", "middle"),
    (1.0, 0.5, -1, 0, "right", "middle"),
    (0.5, 0.0, 0, 1, "center", "bottom"),
    (0.5, 1.0, 0, -1, "center", "top"),
    (0.0, 0.0, 0.7, 0.5, "left", "bottom"),
    (0.0, 1.0, 0.7, -0.5, "left", "top"),
    (1.0, 0.0, -0.7, 0.5, "right", "bottom"),
    (1.0, 1.0, -0.7, -0.5, "right", "top"),
)


# plotly's anchors of an annotation -> where a trace has to put the same text
_TEXT_POSITIONS = {
    ("left", "middle"): "middle right",
    ("right", "middle"): "middle left",
    ("center", "bottom"): "top center",
    ("center", "top"): "bottom center",
    ("left", "bottom"): "top right",
    ("left", "top"): "bottom right",
    ("right", "bottom"): "top left",
    ("right", "top"): "bottom left",
}


class Size(NamedTuple):
    """Width and height of the area that a figure plots into, px."""

    width: float
    height: float


@dataclasses.dataclass(frozen=True, slots=True)
class Label:
    """A label that found room: which point, and where it goes relative to it."""

    index: int
    text: str
    xanchor: str  # as plotly's annotations have it
    yanchor: str
    xshift: float  # px, to the right
    yshift: float  # px, up


def textposition(label: Label) -> str:
    """Returns on which side of its point a label goes, as the text of a trace has it."""
    return _TEXT_POSITIONS[label.xanchor, label.yanchor]


def font(size: float, background: str) -> dict[str, Any]:
    """Returns a label's font with a thin edge of the page's colour, to read above points."""
    return {"size": size, "shadow": ", ".join([f"0 0 2px {background}"] * 4)}


@functools.lru_cache(maxsize=_REMEMBERED)
def text_width(text: str, font_size: float) -> float:
    """Returns the width of a line of text in the app's font, px; never less than it is drawn."""
    return font_size * sum(_ADVANCE.get(letter, 1.0) for letter in text)


@functools.lru_cache(maxsize=_REMEMBERED)
def shortened(text: str, width: float, font_size: float) -> str:
    """Returns the text, cut with an ellipsis if it is wider than `width` px."""
    if text_width(text, font_size) <= width:
        return text
    room = width - text_width(ELLIPSIS, font_size)
    used, kept = 0.0, 0
    for letter in text:
        used += font_size * _ADVANCE.get(letter, 1.0)
        if used > room:
            break
        kept += 1
    return text[:kept].rstrip(" ,:(") + ELLIPSIS


def headline(title: str, plot: float, font_size: float) -> tuple[str, int]:
    """Returns a figure's title in plotly's HTML, on two lines where one is too short.

    Args:
        title: plain text.
        plot: width of the figure, px.
        font_size: of the figure's words; the title is 4 px larger.

    Returns:
        The text, and the upper margin that it needs, px.
    """
    size = font_size + 4
    if text_width(title, size) <= plot:
        return theme.plain_html(title), 48
    parts = title.split(" ")
    fits = [
        count for count in range(1, len(parts)) if text_width(" ".join(parts[:count]), size) <= plot
    ]
    first = fits[-1] if fits else 0
    lines = [" ".join(parts[:first]), " ".join(parts[first:])]
    kept = [theme.plain_html(shortened(line, plot, size)) for line in lines if line]
    return "<br>".join(kept), round(48 + LINE * size * (len(kept) - 1))


def box(label: Label, x: float, y: float, font_size: float) -> tuple[float, float, float, float]:
    """Returns left, right, bottom and top of a label whose point is at (x, y), px."""
    width, height = text_width(label.text, font_size), LINE * font_size
    for left_share, below_share, _, _, xanchor, yanchor in _PLACES:
        if (xanchor, yanchor) == (label.xanchor, label.yanchor):
            left = x + label.xshift - left_share * width
            bottom = y + label.yshift - below_share * height
            return left, left + width, bottom, bottom + height
    raise ValueError(f"no place has the anchors {label.xanchor}, {label.yanchor}")


def padded(values: np.ndarray, share: float = 0.03) -> tuple[float, float]:
    """Returns the extent of values with some room at both ends."""
    if not len(values):
        return -1.0, 1.0
    low, high = float(values.min()), float(values.max())
    padding = share * (high - low) or 0.5
    return low - padding, high + padding


def margin(font_size: float, top: float = 28) -> dict[str, Any]:
    """Returns margins for titles of the axes and one more line along each of them, px.

    They are fixed, so that the size of the plot is known and titles can be placed by pixels.

    Args:
        font_size: of the lines, px.
        top: of the figure, px.
    """
    below = round(14 + 4 * font_size)
    return {"l": round(16 + 3.2 * font_size), "r": 12, "t": top, "b": below, "autoexpand": False}


def plot_sizes(width: int, height: int, margin: Mapping[str, Any]) -> dict[str, Size]:
    """Returns the plot when it is smallest and largest: on this page, on a wider one, exported."""
    across, down = margin["l"] + margin["r"], margin["t"] + margin["b"]
    widths = sorted((width - across, max(theme.EXPORT_WIDTH, width + 60) - across))
    heights = sorted((height - down, theme.EXPORT_HEIGHT - down))
    return {
        "smallest": Size(widths[0], heights[0]),
        "largest": Size(widths[1], heights[1]),
    }


def place(
    x: np.ndarray,
    y: np.ndarray,
    texts: Sequence[str],
    *,
    smallest: Size,
    largest: Size,
    font_size: float,
    limit: int,
) -> list[Label]:
    """Gives labels to points, the first ones first, so that no two of them overlap.

    Args:
        x: f[N], from 0 at the left edge of the plot to 1 at the right; points outside get no label.
        y: f[N], from 0 at the bottom to 1 at the top.
        texts: N labels as plain text.
        smallest: the plot when it is drawn smallest.
        largest: the plot when it is drawn largest, say for an export.
        font_size: px, the same at every size.
        limit: at most so many labels.

    Returns:
        The labels that fit, each with all of its text inside the plot.
    """
    widths = np.array([smallest.width, largest.width])
    heights = np.array([smallest.height, largest.height])
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    lengths = np.array([text_width(text, font_size) for text in texts]) + 2
    # All boxes that a label could take: (low and high edge, sizes, points, places).
    boxes_x = _edges(x, widths, _SHIFTS[:, 0], _SHARES[:, 0], lengths)
    boxes_y = _edges(y, heights, _SHIFTS[:, 1], _SHARES[:, 1], np.full(len(x), LINE * font_size))
    own_x = _edges(x, widths, np.zeros(1), np.full(1, 0.5), np.full(len(x), 2.0 * MARKER))
    own_y = _edges(y, heights, np.zeros(1), np.full(1, 0.5), np.full(len(x), 2.0 * MARKER))
    free = (
        (boxes_x[0] >= 0)
        & (boxes_x[1] <= widths[:, None, None])
        & (boxes_y[0] >= 0)
        & (boxes_y[1] <= heights[:, None, None])
    ).all(axis=0)
    free &= ((x >= 0) & (x <= 1) & (y >= 0) & (y <= 1) & (lengths > 2))[:, None]
    labels: list[Label] = []
    index = -1
    while len(labels) < limit:
        waiting = np.flatnonzero(free[index + 1 :].any(axis=1))
        if not len(waiting):
            break
        index += 1 + int(waiting[0])
        best = int(free[index].argmax())
        _, _, right, up, xanchor, yanchor = _PLACES[best]
        labels.append(Label(index, texts[index], xanchor, yanchor, right * GAP, up * GAP))
        label = boxes_x[:, :, index, best], boxes_y[:, :, index, best]
        marker = own_x[:, :, index, 0], own_y[:, :, index, 0]
        later = slice(index + 1, None)
        rest = boxes_x[:, :, later], boxes_y[:, :, later]
        free[later] &= _apart(rest, label) & _apart(rest, marker)
        # a point under a label gets none of its own
        free[later] &= _apart((own_x[:, :, later], own_y[:, :, later]), label)
    return labels


def annotations(
    labels: Sequence[Label],
    x: Sequence[float] | np.ndarray,
    y: Sequence[float] | np.ndarray,
    texts: Sequence[str],
    **options: Any,
) -> list[dict[str, Any]]:
    """Returns the labels as plotly's annotations: no lasso selects them, and a zoom moves them.

    Args:
        labels: from `place`.
        x: N positions on the x axis.
        y: N positions on the y axis.
        texts: N texts in plotly's HTML.
        options: of every annotation, e.g. `font`.
    """
    return [
        {
            "x": x[label.index],
            "y": y[label.index],
            "text": texts[label.index],
            "xanchor": label.xanchor,
            "yanchor": label.yanchor,
            "xshift": label.xshift,
            "yshift": label.yshift,
            "showarrow": False,
            "borderpad": 0,
            **options,
        }
        for label in labels
    ]


_SHARES = np.array([place[:2] for place in _PLACES])
_SHIFTS = np.array([place[2:4] for place in _PLACES], float)


def _edges(
    shares: np.ndarray, sizes: np.ndarray, shift: np.ndarray, before: np.ndarray, length: np.ndarray
) -> np.ndarray:
    """Returns where boxes begin and end along one axis, px: (2, sizes, points, places)."""
    points = shares[None, :, None] * sizes[:, None, None]
    low = points + GAP * shift - before * length[:, None]
    return np.stack([low, low + length[:, None]])


_Boxes = tuple[np.ndarray, np.ndarray]  # edges along x and along y: (low and high, sizes, ...)


def _apart(boxes: _Boxes, other: _Boxes) -> np.ndarray:
    """Says which boxes lie apart from one other at every size.

    Boxes that keep their order along one axis at both sizes keep it at all sizes between, because
    their edges move evenly.
    """

    def ordered(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        b = b.reshape(2, -1, *[1] * (a.ndim - 2))
        return (a[1] <= b[0]).all(axis=0) | (b[1] <= a[0]).all(axis=0)

    return ordered(boxes[0], other[0]) | ordered(boxes[1], other[1])
