"""What the figures about the inside of a net draw, from arrays alone."""

import numpy as np
import pytest

from dashboard.app_pages.textgen_inside import trace_figure as figures

TEXT = 'say "so",\n<b>'
VALUES = np.linspace(-1, 1, len(TEXT)).astype(np.float32)


def test_a_cell_is_a_line_over_the_characters() -> None:
    figure = figures.trace(VALUES, TEXT, [(4, 6)], title="Cell 3", spans_text="grey: quotes")
    (line,) = figure.data
    np.testing.assert_allclose(line.y, VALUES, atol=1e-3)
    assert list(figure.layout.xaxis.ticktext)[:5] == ["s", "a", "y", "␣", '"']
    assert figure.layout.xaxis.ticktext[9] == "↵" and figure.layout.xaxis.ticktext[10] == "&lt;"
    (span,) = figure.layout.shapes
    assert (span.x0, span.x1) == (3.5, 6.5)
    assert "<b>s</b>ay" in line.customdata[0] and "&lt;<b>b</b>&gt;" in line.customdata[11]


def test_a_long_text_has_numbers_below_it() -> None:
    figure = figures.trace(np.zeros(500), "a" * 500, [], title="Cell 3")
    assert figure.layout.xaxis.ticktext is None
    assert not figure.layout.annotations


@pytest.mark.parametrize("text", ["", "a"])
def test_hardly_any_text_is_drawn_too(text: str) -> None:
    figure = figures.trace(np.zeros(len(text)), text, [], title="Cell 3")
    assert figure.layout.xaxis.range[0] < figure.layout.xaxis.range[1]


@pytest.mark.parametrize("is_signed", [False, True])
def test_gates_are_a_row_a_cell(is_signed: bool) -> None:
    values = np.tile(VALUES[:, None], (1, 2))
    figure = figures.gates(values, TEXT, [4, 7], first=30, title="A gate", is_signed=is_signed)
    (rows,) = figure.data
    assert len(rows.z) == 2 and len(rows.z[0]) == len(TEXT)
    assert rows.zmin == (-1 if is_signed else 0) and rows.zmax == 1
    assert list(figure.layout.yaxis.ticktext) == ["cell 5", "cell 8"]
    assert list(figure.layout.xaxis.tickvals)[0] == 30
    assert figure.layout.xaxis.title.text == f"characters 31 to {30 + len(TEXT)}"


def test_influence_is_counted_from_the_end() -> None:
    shares = np.array([0.02, 0.03, 0.04, 0.31, 0.6])
    assert figures.reach(shares) == 2
    assert figures.reach(shares, 0.92) == 3
    assert figures.reach(np.zeros(4)) == 1
    figure = figures.influence(shares, "abcd\n", n_near=2, title="What?")
    (bars,) = figure.data
    assert list(bars.x) == [-5, -4, -3, -2, -1]
    assert list(bars.y) == [2, 3, 4, 31, 60]
    assert bars.marker.color[2] != bars.marker.color[3] == bars.marker.color[4]
    (note,) = figure.layout.annotations
    assert note.text == "90 % lies within 2 characters"
    assert list(figure.layout.xaxis.ticktext) == ["a", "b", "c", "d", "↵"]


def test_a_reach_beyond_what_is_drawn_has_no_line() -> None:
    figure = figures.influence(np.full(5, 0.01), "abcde", n_near=80, title="What?")
    assert not figure.layout.shapes and not figure.layout.annotations
    assert len(set(figure.data[0].marker.color)) == 1
