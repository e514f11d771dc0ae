"""Colours, sizes and number formats: the one place that decides how Latent Lab looks.

No Streamlit here, so that figures stay pure functions. Colours for categories are those of Okabe
and Ito (Color Universal Design, 2008), which people with any common colour vision tell apart.
"""

import functools
import html
from pathlib import Path
from typing import NamedTuple

import plotly.graph_objects as go

BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
VERMILION = "#D55E00"
PURPLE = "#CC79A7"
SKY = "#56B4E9"
YELLOW = "#F0E442"  # as a fill only: on white it vanishes as a line or a letter
GREY = "#808890"  # everything that is not the accent; reads on the light and on the dark page
FAINT = "rgba(128, 136, 144, 0.35)"  # the crowd behind the points that matter

CATEGORIES = [BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, GREY]  # as in .streamlit/config.toml
MAGNITUDE = "cividis"
SIGNED = [[0.0, VERMILION], [0.5, "#FFFFFF"], [1.0, BLUE]]

FIGURE_HEIGHT = 600  # px on a page
EXPORT_WIDTH, EXPORT_HEIGHT, EXPORT_SCALE = 1280, 720, 1.5  # 1920 x 1080, letters grow along
MINIMUM_FONT, PRESENT_FONT = 13, 18  # px
MINUS = "\N{MINUS SIGN}"


class Look(NamedTuple):
    """How the visitor sees the page."""

    dark: bool = False
    present: bool = False  # for a lecture hall: larger letters, no chrome

    @property
    def letters(self) -> int:
        """Returns the smallest letters of a figure, px."""
        return PRESENT_FONT if self.present else MINIMUM_FONT


class Surface(NamedTuple):
    """Colours of a page that a figure must match, as in .streamlit/config.toml."""

    background: str
    text: str
    muted: str  # ticks and secondary labels, still at least 4.5 : 1 on the background
    grid: str


LIGHT = Surface(background="#ffffff", text="#1f2933", muted="#52606d", grid="#e4e7eb")
DARK = Surface(background="#15181c", text="#e8eaed", muted="#aab2bd", grid="#333a43")
PRESENT_CSS = Path(__file__).with_name("present.css")


def surface(*, dark: bool) -> Surface:
    """Returns the colours of the light or the dark page."""
    return DARK if dark else LIGHT


@functools.cache
def template(*, dark: bool, present: bool) -> go.layout.Template:
    """Returns the plotly template of the light or the dark page, in one of two sizes."""
    page = surface(dark=dark)
    base = PRESENT_FONT if present else MINIMUM_FONT + 1
    ticks = Look(present=present).letters
    axis = {
        "automargin": True,
        "color": page.text,
        "gridcolor": page.grid,
        "linecolor": page.grid,
        "zerolinecolor": page.muted,
        "zerolinewidth": 1,
        "tickfont": {"size": ticks, "color": page.muted},
        "title": {"font": {"size": base, "color": page.text}, "standoff": 12},
    }
    layout = go.Layout(
        font={
            "family": "Source Sans, Source Sans Pro, sans-serif",
            "size": base,
            "color": page.text,
        },
        title={
            "font": {"size": base + 4, "color": page.text},
            "x": 0,
            "xref": "paper",
            "xanchor": "left",
        },
        paper_bgcolor=page.background,
        plot_bgcolor=page.background,
        autotypenumbers="strict",  # a film called $9.99 or 300 is a name, not a number
        colorway=CATEGORIES,
        colorscale={"sequential": MAGNITUDE, "sequentialminus": MAGNITUDE, "diverging": SIGNED},
        coloraxis={"colorbar": {"outlinewidth": 0, "tickfont": {"size": ticks}}},
        xaxis=axis,
        yaxis=axis,
        scene={
            name: {"color": page.text, "gridcolor": page.grid, "backgroundcolor": page.background}
            for name in ("xaxis", "yaxis", "zaxis")
        },
        hoverlabel={
            "font": {"size": base, "color": page.text},
            "bgcolor": page.background,
            "bordercolor": page.muted,
            "align": "left",
        },
        legend={"font": {"size": base}, "orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        annotationdefaults={"font": {"size": base, "color": page.text}, "arrowcolor": page.muted},
        shapedefaults={"line": {"color": page.muted, "width": 1}},
        margin={"l": 16, "r": 16, "t": 48, "b": 16},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": page.muted, "activecolor": page.text},
    )
    return go.layout.Template(layout=layout)


def apply(figure: go.Figure, *, dark: bool = False, present: bool = False) -> go.Figure:
    """Dresses a figure for the page: template, height, and no letter under the smallest size.

    Args:
        figure: changed in place.
        dark: the page is dark.
        present: lecture-hall sizes.

    Returns:
        The same figure.
    """
    figure.update_layout(template=template(dark=dark, present=present))
    if figure.layout.height is None:
        figure.layout.height = FIGURE_HEIGHT
    smallest = Look(present=present).letters
    for trace in figure.data:
        if "textfont" in trace and isinstance(trace.textfont.size, int | float):
            trace.textfont.size = max(trace.textfont.size, smallest)
    # Plotly makes every annotation anew whenever one is touched, so they are looked at as data.
    notes = figure.layout.to_plotly_json().get("annotations", ())
    if any(note.get("font", {}).get("size", smallest) < smallest for note in notes):
        for annotation in figure.layout.annotations:
            if annotation.font.size is not None:
                annotation.font.size = max(annotation.font.size, smallest)
    return figure


def chart_config(filename: str) -> dict[str, object]:
    """Returns plotly's settings: one export size for slides, nothing sent to a cloud, no logo."""
    return {
        "displaylogo": False,
        "showSendToCloud": False,
        "scrollZoom": False,
        "toImageButtonOptions": {
            "format": "png",
            "filename": filename,
            "width": EXPORT_WIDTH,
            "height": EXPORT_HEIGHT,
            "scale": EXPORT_SCALE,
        },
    }


def faded(colour: str, strength: float) -> str:
    """Returns a colour of ours, "#RRGGBB", as a veil: 0 is nothing, 1 the whole colour."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {round(strength, 3)})"


def plain_html(text: str) -> str:
    """Returns text that plotly, which reads a little HTML in labels, shows as it stands."""
    return html.escape(text, quote=False)


def mse(value: float) -> str:
    """Formats a mean squared error or a loss: 0.7979."""
    return f"{value:.4f}"


def percent(share: float) -> str:
    """Formats a share of 1 as a percentage: 0.8804 becomes 88.04 %.

    Only nothing at all is 0.00 %, and only all of it is 100.00 %.
    """
    text = f"{100 * share:.2f} %"
    if text == "0.00 %" and share > 0:
        return "< 0.01 %"
    return "> 99.99 %" if text == "100.00 %" and share < 1 else text


def signed(value: float, decimals: int = 2) -> str:
    """Formats a value whose sign matters: +1.72; what rounds to zero has no sign."""
    text = f"{value:+.{decimals}f}"
    return text.replace("-", MINUS) if float(text) else text[1:]


def count(number: int) -> str:
    """Formats a count: 100,004."""
    return f"{number:,}"


def counted(number: int, what: str) -> str:
    """Writes a count with its noun in the singular or the plural: 1 word, 1,200 words."""
    return f"{count(number)} {what}{'' if number == 1 else 's'}"


def seconds(value: float) -> str:
    """Formats a duration with two significant digits: 0.0042 s is 4.2 ms, 640 s is 11 min."""
    for limit, size, unit in (
        (1e-3, 1e-6, "µs"),
        (1, 1e-3, "ms"),
        (100, 1, "s"),
        (5970, 60, "min"),
    ):
        if value < limit:
            return f"{_two_digits(value / size)} {unit}"
    return f"{_two_digits(value / 3600)} h"


def _two_digits(value: float) -> str:
    if value == 0:
        return "0"
    text = f"{value:.1e}"
    exponent = int(text.split("e")[1])
    return f"{float(text):.{max(0, 1 - exponent)}f}"
