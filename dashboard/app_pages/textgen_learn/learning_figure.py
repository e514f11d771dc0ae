"""What a net learns from epoch to epoch: its curve, what it writes, and how good that is."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import theme
from dashboard.app_pages.textgen_learn.nets_figure import counting_line, epoch_step
from dashboard.figures import labels, line_ends
from dashboard.figures.frames import STACKED_BELOW, frame, slider

_LN_2 = float(np.log(2))
_MONOSPACE = "Source Code Pro, monospace"
_ADVANCE = 0.62  # of the letter size, width of a letter of it, rounded up
_LINES = 14  # of a text beside its curve
_LINES_NARROW = 10  # of a text above it, on a phone
_TEXT = 0.5  # share of the width that a text takes beside its curve
_CURVE, _GAP = 240, 26  # px of a curve below its text, and between them
_NEAR_END = 0.8  # of the epochs: a number goes to the left of its mark from there on
_MARGIN = 8  # px to the left and to the right
_BELOW, _BELOW_ALONE = 132, 60  # px for the axis' title with and without a slider
_LINES_OF = {  # column of a history -> name at the end of its line, and how it is drawn
    "held_out_bits": ("held-out text", {"color": theme.BLUE, "width": 4}),
    "val_bits": ("validation text", {"color": theme.GREY, "width": 2, "dash": "dash"}),
    "train_bits": ("while training", {"color": theme.GREY, "width": 2, "dash": "dot"}),
}


class Sample(NamedTuple):
    """What the net of an epoch wrote.

    Attributes:
        epoch: 0 for the untrained net.
        text: as it stands, also the signs that HTML would read.
        share_of_words: of its words, those that the book has; of 1.
        longest_copy: characters of its longest part that stands in the book.
    """

    epoch: int
    text: str
    share_of_words: float
    longest_copy: int


def curves_of(history: pd.DataFrame) -> pd.DataFrame:
    """Returns a history with the training loss in bits, too: "train_bits"; NaN at epoch 0."""
    loss = history["loss"] if "loss" in history else pd.Series(np.nan, history.index)
    return history.assign(train_bits=loss / _LN_2)


def learning(
    curves: pd.DataFrame,
    samples: Sequence[Sample],
    *,
    lesson: Sequence[float] = (),
    ngram: float | None = None,
    start: int | None = None,
    width: int = 780,
    font_size: int = 13,
) -> go.Figure:
    """Draws what a net wrote after an epoch above its curve, with a frame for each sample.

    Args:
        curves: as `curves_of` gives it.
        samples: at least one, in the order of the epochs.
        lesson: losses that the lesson printed, nats a character, one after the other.
        ngram: bits a character of a model that only counts.
        start: epoch of the sample that is drawn first; the last by default.
        width: of the figure, px.
        font_size: of the words, px.

    Returns:
        A figure with a frame a sample, named by its epoch. Trace 0 holds the lines of the text,
        trace 1 where the epoch lies on the curve.
    """
    is_narrow = width < STACKED_BELOW
    bits = dict(zip(curves["epoch"], curves["held_out_bits"].astype(float), strict=True))
    headings = [
        labels.headline(_said(sample, bits, is_narrow), width - 32, font_size + 1)
        for sample in samples
    ]
    above = max(upper for _, upper in headings)
    below = _BELOW if len(samples) > 1 else _BELOW_ALONE
    layout = _laid_out(width, font_size)
    learned = curves[curves["epoch"] > 0]
    seen = learned if len(learned) else curves
    scale = _scale_of(seen, lesson, ngram)
    shown = next((at for at, one in enumerate(samples) if one.epoch == start), len(samples) - 1)
    moving = [_moving(sample, bits, layout, scale) for sample in samples]
    figure = go.Figure(_first_traces(moving[shown], layout, font_size))
    ends = _add_curves(figure, seen) + _add_lesson(figure, lesson)
    if ngram is not None:
        ends.append((ngram, "counting"))
    notes = line_ends.end_labels(
        ends,
        (scale.low, scale.high),
        {"t": 0, "b": 0},
        font_size,
        n_lines=1,
        height=round(layout.curve_height),
    )
    figure.frames = [
        frame(
            str(sample.epoch),
            [{"type": "scatter", **data} for data in traces],
            [0, 1],
            {"title": {"text": heading}},
        )
        for sample, traces, (heading, _) in zip(samples, moving, headings, strict=True)
    ]
    figure.update_layout(
        title={
            "text": headings[shown][0],
            "y": 1 - 14 / (above + layout.inner + below),
            "yanchor": "top",
        },
        height=round(above + layout.inner + below),
        margin={"l": _MARGIN, "r": _MARGIN, "t": above, "b": below, "autoexpand": False},
        annotations=[{**note, "x": layout.end} for note in notes],
        shapes=counting_line(ngram, layout.begin, layout.end),
        **_axes(layout, scale, font_size),
        sliders=_sliders([str(sample.epoch) for sample in samples], shown),
        showlegend=False,
        uirevision="learning",
    )
    return figure


class _Layout(NamedTuple):
    """Where the text and the curve stand: beside each other, or on a phone one above the other.

    Attributes:
        n_lines: lines of the text, at most.
        n_letters: letters of a line, at most.
        text_height: px.
        curve_height: px.
        inner: height of both together, px.
        across: width of both together, px.
        text_share: of `across`, what the text takes.
        begin: of the curve's axis, as a share of `across`.
        end: the same of its end, behind which lines have their names.
    """

    n_lines: int
    n_letters: int
    text_height: float
    curve_height: float
    inner: float
    across: int
    text_share: float
    begin: float
    end: float


def _laid_out(width: int, font_size: int) -> _Layout:
    is_narrow, across = width < STACKED_BELOW, width - 2 * _MARGIN
    n_lines = _LINES_NARROW if is_narrow else _LINES
    text_height, text_share = 1.5 * font_size * n_lines, 1.0 if is_narrow else _TEXT
    return _Layout(
        n_lines,
        n_letters=max(16, int(text_share * across / (_ADVANCE * (font_size + 1)))),
        text_height=text_height,
        curve_height=_CURVE if is_narrow else text_height,
        inner=text_height + (_GAP + _CURVE if is_narrow else 0),
        across=across,
        text_share=text_share,
        begin=(0.0 if is_narrow else _TEXT) + 4.4 * font_size / across,
        end=1 - 7.6 * font_size / across,
    )


class _Scale(NamedTuple):
    """What the axes of the curve reach: bits from `low` to `high`, epochs from 0 to `last`."""

    low: float
    high: float
    last: int


def _scale_of(seen: pd.DataFrame, lesson: Sequence[float], ngram: float | None) -> _Scale:
    drawn = [
        *seen[[name for name in _LINES_OF if name in seen]].to_numpy(float).ravel(),
        *(loss / _LN_2 for loss in lesson),
        *([ngram] if ngram is not None else []),
    ]
    low, high = labels.padded(np.array([value for value in drawn if np.isfinite(value)]), 0.08)
    return _Scale(low, high, max(int(seen["epoch"].max()), len(lesson), 1))


def _moving(
    sample: Sample, bits: Mapping[int, float], layout: _Layout, scale: _Scale
) -> list[dict[str, Any]]:
    """Returns what a frame changes: the lines of its text, and where its epoch lies."""
    lines = wrapped(sample.text, layout.n_letters, layout.n_lines)
    value = float(bits.get(sample.epoch, np.nan))
    is_above = value > scale.high
    side = "left" if sample.epoch > _NEAR_END * scale.last else "right"  # names are at the end
    filled = [*lines, *[""] * (layout.n_lines - len(lines))]
    return [
        {"text": [theme.plain_html(line) for line in filled]},
        {
            "x": [sample.epoch],
            "y": [min(value, scale.high)],
            "text": [f"{value:.2f} ↑" if is_above else f"{value:.2f}"],
            "textposition": [f"{'bottom' if is_above else 'top'} {side}"],
        },
    ]


def _first_traces(
    moving: list[dict[str, Any]], layout: _Layout, font_size: int
) -> list[go.Scatter]:
    text, mark = moving
    return [
        go.Scatter(
            **text,
            x=[0] * layout.n_lines,
            y=[-number - 0.5 for number in range(layout.n_lines)],
            mode="text",
            textposition="middle right",
            textfont={"family": _MONOSPACE, "size": font_size + 1},
            cliponaxis=False,
            hoverinfo="skip",
            xaxis="x2",
            yaxis="y2",
        ),
        go.Scatter(
            **mark,
            mode="markers+text",
            marker={"color": theme.BLUE, "size": 15, "line": {"width": 2, "color": "white"}},
            textfont={"size": font_size + 2},
            cliponaxis=False,
            hoverinfo="skip",
        ),
    ]


def _add_curves(figure: go.Figure, seen: pd.DataFrame) -> list[tuple[float, str]]:
    """Draws the lines of a training; returns where each ends, with its name."""
    ends: list[tuple[float, str]] = []
    for name, (title, style) in _LINES_OF.items():
        if name not in seen or seen[name].isna().all():
            continue
        figure.add_trace(
            go.Scatter(
                x=seen["epoch"].tolist(),
                y=seen[name].astype(float).round(4).tolist(),
                mode="lines" if len(seen) > 1 else "markers",
                line=style,
                marker={"color": style["color"]},
                hovertemplate=f"{title}, epoch %{{x}}: %{{y:.3f}} bits<extra></extra>",
            )
        )
        ends.append((float(seen[name].iloc[-1]), title))
    return ends


def _add_lesson(figure: go.Figure, lesson: Sequence[float]) -> list[tuple[float, str]]:
    """Draws the losses that the lesson printed; returns where they end, with their name."""
    if not lesson:
        return []
    figure.add_trace(
        go.Scatter(
            x=list(range(1, len(lesson) + 1)),
            y=[round(loss / _LN_2, 4) for loss in lesson],
            customdata=list(lesson),
            mode="markers",
            marker={"symbol": "diamond", "size": 9, "color": theme.GREY},
            hovertemplate="the lesson’s printed loss %{customdata:.4f} nats = %{y:.3f} bits, "
            "while training<extra></extra>",
        )
    )
    return [(lesson[-1] / _LN_2, "◆ the lesson’s")]


def _axes(layout: _Layout, scale: _Scale, font_size: int) -> dict[str, Any]:
    """Returns the axes of the curve, and the hidden ones of the text (x2, y2)."""
    hidden = {"visible": False, "fixedrange": True}
    return {
        "xaxis": {
            "title": {"text": "epoch of training", "standoff": 4},
            "domain": [layout.begin, layout.end],
            "range": [-0.04 * scale.last, 1.04 * scale.last],
            "dtick": epoch_step(scale.last, (layout.end - layout.begin) * layout.across, font_size),
            "tickangle": 0,
            "automargin": False,
            "zeroline": False,
        },
        "yaxis": {
            "title": {"text": "bits a character", "standoff": 4},
            "domain": [0, layout.curve_height / layout.inner],
            "range": [scale.low, scale.high],
            "automargin": False,
            "nticks": 6,
            "zeroline": False,
        },
        "xaxis2": {"domain": [0, layout.text_share], "range": [0, 1], "anchor": "y2", **hidden},
        "yaxis2": {
            "domain": [1 - layout.text_height / layout.inner, 1],
            "range": [-layout.n_lines, 0],
            "anchor": "x2",
            **hidden,
        },
    }


def _sliders(epochs: list[str], shown: int) -> list[dict[str, Any]]:
    """Returns the slider over the samples; none where there is one sample."""
    if len(epochs) < 2:
        return []
    return [
        slider(
            epochs,
            epochs,
            shown,
            pad={"t": 46, "b": 0, "l": 0, "r": 8},
            currentvalue={"prefix": "after epoch ", "xanchor": "left"},
        )
    ]


def wrapped(text: str, n_letters: int, n_lines: int) -> list[str]:
    """Breaks a text into lines of at most so many letters; an ellipsis where it goes on."""
    lines: list[str] = []
    for part in text.split("\n"):
        lines += textwrap.wrap(part, n_letters) or [""]
    if len(lines) <= n_lines:
        return lines
    fitting = lines[:n_lines]
    fitting[-1] = fitting[-1][: n_letters - 1] + labels.ELLIPSIS
    return fitting


def quality(samples: Sequence[Sample], *, width: int = 780, font_size: int = 13) -> go.Figure:
    """Draws how good the samples are: the share of real words, and the longest copy.

    Args:
        samples: at least one, in the order of the epochs.
        width: of the figure, px.
        font_size: of the words, px.

    Returns:
        The figure: two panels, one under the other on a phone.
    """
    is_narrow = width < STACKED_BELOW
    epochs = [sample.epoch for sample in samples]
    panels = (
        ("real words (%)", [100 * sample.share_of_words for sample in samples], "{:.0f} %", 100.0),
        (
            "longest copy (characters)",
            [float(sample.longest_copy) for sample in samples],
            "{:.0f}",
            None,
        ),
    )
    figure = go.Figure()
    layout: dict[str, Any] = {}
    places = list(range(len(epochs)))
    for number, (title, values, form, most) in enumerate(panels):
        suffix = str(number + 1) if number else ""
        figure.add_trace(
            go.Bar(
                x=places,
                y=[round(value, 2) for value in values],
                width=0.6,
                marker={"color": theme.BLUE if not number else theme.GREY},
                text=[form.format(value) for value in values],
                textposition="outside",
                textfont={"size": font_size},
                cliponaxis=False,
                hoverinfo="skip",
                xaxis=f"x{suffix}",
                yaxis=f"y{suffix}",
            )
        )
        upper = 1.18 * (most or max(*values, 1.0))
        domain = [0.0, 0.4] if number else [0.6, 1.0]
        layout[f"xaxis{suffix}"] = {
            "domain": [0, 1] if is_narrow else ([0.56, 1] if number else [0, 0.44]),
            "anchor": f"y{suffix}",
            "tickvals": places,
            "ticktext": [str(epoch) for epoch in epochs],
            "title": {"text": "after epoch", "standoff": 4},
            "showgrid": False,
            "fixedrange": True,
        }
        layout[f"yaxis{suffix}"] = {
            "domain": domain if is_narrow else [0, 1],
            "anchor": f"x{suffix}",
            "range": [0, upper],
            "title": {"text": title},
            "automargin": False,
            "nticks": 5,
            "fixedrange": True,
        }
    figure.update_layout(
        height=560 if is_narrow else 300,
        margin={"l": 60, "r": 8, "t": 16, "b": 56},
        showlegend=False,
        uirevision="quality",
        **layout,
    )
    return figure


def _said(sample: Sample, bits: Mapping[int, float], is_short: bool) -> str:
    """Says how good the net of an epoch is."""
    words, copy = f"{100 * sample.share_of_words:.0f} % real words", sample.longest_copy
    if is_short:
        value = f"{bits[sample.epoch]:.2f} bits, " if sample.epoch in bits else ""
        return f"Epoch {sample.epoch}: {value}{words}, longest copy {copy}"
    when = f"After epoch {sample.epoch}" if sample.epoch else "Before training"
    value = f"{bits[sample.epoch]:.2f} bits a character, " if sample.epoch in bits else ""
    return f"{when}: {value}{words}, longest copy {copy} characters"
