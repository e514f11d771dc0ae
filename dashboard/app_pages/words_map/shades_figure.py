"""What colour and size of a word's point say: frequency, trust, or a place between two words."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from dashboard import theme


class Shade(NamedTuple):
    """What the points' colour and size say."""

    values: np.ndarray  # f64[N], a row a word
    title: str
    scale: Any  # of plotly
    low: float
    high: float
    ticks: Sequence[float]
    tick_texts: Sequence[str]
    weight: np.ndarray  # f64[N], 0 to 1: size of the point, so that colour is not alone

    def of(self, rows: np.ndarray) -> "Shade":
        """Returns the shade of some of the words."""
        return self._replace(values=self.values[rows], weight=self.weight[rows])


def by_preservation(preservation: np.ndarray) -> Shade:
    """Returns the colour by the share of a word's nearest words that the map keeps near."""
    texts = ("0 %", "50 %", "100 %")
    return Shade(
        preservation,
        "10 nearest words kept near",
        theme.MAGNITUDE,
        0.0,
        1.0,
        (0.0, 0.5, 1.0),
        texts,
        preservation,
    )


def by_frequency(rank: np.ndarray) -> Shade:
    """Returns the colour by the rank of a word, from 1, on a scale of tenfold steps."""
    power = np.log10(rank.astype(np.float64))
    high = max(float(power.max()), 1.0)
    ticks = list(range(int(np.floor(high)) + 1))
    return Shade(
        power,
        "rank by frequency",
        theme.MAGNITUDE,
        0.0,
        high,
        ticks,
        [theme.count(10**tick) for tick in ticks],
        1 - power / high,
    )


def by_axis(positions: np.ndarray, low: str, high: str) -> Shade:
    """Returns the colour by the position on an axis between two words, cosines f64[N]."""
    limit = float(np.percentile(np.abs(positions), 99)) or 1.0
    return Shade(
        positions,
        "",
        theme.SIGNED,
        -limit,
        limit,
        (-limit, limit),
        (theme.plain_html(low), theme.plain_html(high)),
        np.clip(np.abs(positions) / limit, 0, 1),
    )


def marker(n_shown: int, shade: Shade | None, font_size: int) -> dict[str, Any]:
    """Returns plotly's marker settings; the fewer points are in view, the larger they are."""
    small = 6 if n_shown <= 150 else 5 if n_shown <= 500 else 4
    if shade is None:
        return {"color": theme.GREY, "size": small, "opacity": 0.55, "line": {"width": 0}}
    return {
        "color": shade.values.astype(np.float32),
        "colorscale": shade.scale,
        "cmin": shade.low,
        "cmax": shade.high,
        "size": (small + 1 + (6 if n_shown <= 500 else 3) * shade.weight).astype(np.float32),
        "opacity": 0.9,
        "line": {"width": 0.5, "color": theme.GREY},  # white points on a white page
        "showscale": True,
        "colorbar": {
            "title": {"text": shade.title, "side": "top", "font": {"size": font_size}},
            "tickvals": list(shade.ticks),
            "ticktext": list(shade.tick_texts),
            "tickfont": {"size": font_size},
            "thickness": 8,
            "len": 0.5,
            "lenmode": "fraction",
            "orientation": "h",
            "x": 0.97,
            "xanchor": "right",
            "y": 1,
            "yanchor": "bottom",
            "outlinewidth": 0,
        },
    }
