"""Contrast, sizes and number formats."""

import re
import tomllib
from pathlib import Path

import plotly.graph_objects as go
import pytest

from dashboard import theme

ROOT = Path(__file__).resolve().parents[2]
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_known_pairs() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("dark", [False, True])
def test_text_of_figures_is_readable(dark: bool) -> None:
    page = theme.surface(dark=dark)
    assert contrast(page.text, page.background) >= 7
    assert contrast(page.muted, page.background) >= 4.5


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_of_pages_is_readable_and_matches_the_figures(mode: str) -> None:
    colours = CONFIG["theme"][mode]
    for text in ("textColor", "linkColor", "primaryColor"):
        for background in ("backgroundColor", "secondaryBackgroundColor"):
            assert contrast(colours[text], colours[background]) >= 4.5, (text, background)
    page = theme.surface(dark=mode == "dark")
    assert (page.background, page.text) == (colours["backgroundColor"], colours["textColor"])


def test_the_palette_is_okabe_and_ito() -> None:
    assert theme.CATEGORIES[:5] == ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7"]
    assert theme.YELLOW not in theme.CATEGORIES
    assert CONFIG["theme"]["chartCategoricalColors"] == theme.CATEGORIES


@pytest.mark.parametrize("dark", [False, True])
def test_marks_stand_out_from_the_page(dark: bool) -> None:
    page = theme.surface(dark=dark)
    for colour in (theme.BLUE, theme.VERMILION, theme.GREEN, theme.GREY):
        assert contrast(colour, page.background) >= 3, colour


def test_signed_values_are_vermilion_white_blue() -> None:
    assert theme.SIGNED == [[0.0, theme.VERMILION], [0.5, "#FFFFFF"], [1.0, theme.BLUE]]


def sizes(value: object) -> list[float]:
    """Every font size below a plotly JSON value."""
    if isinstance(value, dict):
        own = [value["size"]] if "size" in value and set(value) & {"color", "size"} else []
        return own + [size for part in value.values() for size in sizes(part)]
    if isinstance(value, list):
        return [size for part in value for size in sizes(part)]
    return []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("present", "smallest"), [(False, 13), (True, 18)])
def test_no_letter_is_too_small(dark: bool, present: bool, smallest: int) -> None:
    figure = go.Figure(go.Scatter(x=[1], y=[1], text=["a"], textfont={"size": 8}))
    figure.add_annotation(text="small", font={"size": 6})
    figure = theme.apply(figure, dark=dark, present=present)
    layout = figure.layout.template.layout.to_plotly_json()
    found = [size for size in sizes(layout) if isinstance(size, int | float)]
    assert len(found) >= 8
    assert min(found) >= smallest
    assert figure.data[0].textfont.size >= smallest
    assert figure.layout.annotations[0].font.size >= smallest
    assert figure.layout.height >= 560


def test_a_film_called_by_a_number_stays_a_name() -> None:
    figure = theme.apply(go.Figure(go.Bar(x=[1.0], y=["300"], orientation="h")))
    assert figure.layout.template.layout.autotypenumbers == "strict"


def test_the_export_is_exactly_a_slide() -> None:
    config = theme.chart_config("name")
    options = config["toImageButtonOptions"]
    size = (options["width"] * options["scale"], options["height"] * options["scale"])
    assert size == (1920, 1080)
    assert config["showSendToCloud"] is False


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (theme.mse(0.79794), "0.7979"),
        (theme.percent(0.8804), "88.04 %"),
        (theme.signed(-0.8071), "\N{MINUS SIGN}0.81"),
        (theme.signed(1.725), "+1.73"),
        (theme.count(100004), "100,004"),
        (theme.seconds(0), "0 µs"),
        (theme.seconds(4.2e-5), "42 µs"),
        (theme.seconds(0.0042), "4.2 ms"),
        (theme.seconds(0.55), "550 ms"),
        (theme.seconds(1.234), "1.2 s"),
        (theme.seconds(9.99), "10 s"),
        (theme.seconds(42.4), "42 s"),
        (theme.seconds(640), "11 min"),
        (theme.seconds(7200), "2.0 h"),
    ],
)
def test_numbers_are_written_alike(shown: str, expected: str) -> None:
    assert shown == expected


def test_plotly_shows_titles_as_they_stand() -> None:
    assert theme.plain_html("<b>Heat</b> & co") == "&lt;b&gt;Heat&lt;/b&gt; &amp; co"


def test_the_host_settings() -> None:
    server, client = CONFIG["server"], CONFIG["client"]
    assert server["enableXsrfProtection"] and server["enableCORS"] and server["headless"]
    assert server["maxUploadSize"] == 5
    assert client["toolbarMode"] == "viewer" and client["showErrorDetails"] == "none"
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert not re.search(r"https?://", (ROOT / ".streamlit" / "config.toml").read_text())


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0.00 %"),
        (1e-9, "< 0.01 %"),
        (0.00005, "0.01 %"),
        (0.88037, "88.04 %"),
        (0.999999, "> 99.99 %"),
        (1.0, "100.00 %"),
    ],
)
def test_only_nothing_is_no_percent_and_only_all_is_a_hundred(share: float, text: str) -> None:
    assert theme.percent(share) == text


def test_what_rounds_to_zero_has_no_sign() -> None:
    assert [theme.signed(value) for value in (-0.004, 0.0, 0.004)] == ["0.00"] * 3
    assert [theme.signed(value) for value in (-0.006, 0.006)] == ["−0.01", "+0.01"]
    assert theme.signed(-0.0004, 4) == "−0.0004"


def test_one_is_singular() -> None:
    counted = [theme.counted(number, "word") for number in (0, 1, 2, 1200)]
    assert counted == ["0 words", "1 word", "2 words", "1,200 words"]
