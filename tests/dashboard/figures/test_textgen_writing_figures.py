"""The figures of writing and learning: known shares, frames, bounds, and texts shown as text."""

import numpy as np
import pandas as pd
import pytest

from dashboard import theme
from dashboard.app_pages.textgen_learn import learning_figure as learning
from dashboard.app_pages.textgen_learn.learning_figure import Sample
from dashboard.app_pages.textgen_learn.nets_figure import nets
from dashboard.figures import alternatives as writing

HISTORY = pd.DataFrame(
    {
        "epoch": range(7),
        "loss": [np.nan, 2.0, 1.8, 1.6, 1.5, 1.45, 1.4],
        "val_bits": [5.8, 2.9, 2.6, 2.4, 2.3, 2.25, 2.2],
        "held_out_bits": [5.8, 3.0, 2.7, 2.5, 2.4, 2.35, 2.3],
    }
)
SAMPLES = [
    Sample(0, "a<b>&amp;\nq" * 30, 0.1, 3),
    Sample(2, "the cat sat " * 40, 0.7, 12),
    Sample(6, "the end", 0.9, 30),
]
WIDTHS = (360, 620, 780, 1200)


def test_shares_add_up_and_the_taken_character_is_always_there() -> None:
    table = writing.shares_at("z", 0.01, "ab\n", [0.5, 0.3, 0.1])
    assert table["sign"].tolist() == ["a", "b", "↵", "z", writing.OTHERS]
    assert table["share"].sum() == pytest.approx(1)
    assert table["is_taken"].tolist() == [False, False, False, True, False]
    table = writing.shares_at("a", 0.75, "a ", [0.75, 0.25])
    assert table["sign"].tolist() == ["a", "␣"] and table["is_taken"].tolist() == [True, False]


def test_bars_are_in_order_and_escaped() -> None:
    table = writing.shares_at("<", 0.2, "a<&", [0.5, 0.2, 0.1])
    figure = writing.alternatives(table, title="What <could> have come")
    (bars,) = figure.data
    assert list(bars.x) == [20.0, 10.0, 20.0, 50.0]
    assert bars.marker.color[2] == theme.BLUE and set(bars.marker.color) == {
        theme.BLUE,
        theme.GREY,
    }
    assert figure.layout.yaxis.ticktext[2] == "<b>▸ &lt;</b>"
    assert figure.layout.yaxis.ticktext[1] == "&amp;"
    assert "&lt;could&gt;" in figure.layout.title.text


@pytest.mark.parametrize("width", WIDTHS)
def test_bars_leave_room_for_their_numbers(width: int) -> None:
    table = writing.shares_at("a", 0.99, "ab", [0.99, 0.01])
    figure = writing.alternatives(table, title="x", width=width)
    assert figure.layout.xaxis.range[1] > 99


@pytest.mark.parametrize("width", WIDTHS)
def test_every_sample_is_a_frame(width: int) -> None:
    curves = learning.curves_of(HISTORY)
    figure = learning.learning(curves, SAMPLES, lesson=[1.5, 1.2], ngram=2.0, start=2, width=width)
    assert [frame.name for frame in figure.frames] == ["0", "2", "6"]
    assert figure.layout.sliders[0].active == 1
    text, marker = figure.data[:2]
    assert list(marker.x) == [2] and list(marker.y) == [2.7]
    assert {len(frame.data[0].text) for frame in figure.frames} == {len(text.x)}
    assert all("<" not in line for line in figure.frames[0].data[0].text)
    assert figure.frames[0].data[0].text[0] == "a&lt;b&gt;&amp;amp;"
    assert "Epoch 2" in figure.layout.title.text or "After epoch 2" in figure.layout.title.text
    heights = [figure.layout[axis].domain for axis in ("yaxis", "yaxis2")]
    assert all(0 <= low < high <= 1 for low, high in heights)
    assert 0 <= figure.layout.xaxis.domain[0] < figure.layout.xaxis.domain[1] < 1
    ends = [note.text for note in figure.layout.annotations]
    assert {"held-out text", "validation text", "while training", "counting"} < set(ends)


def test_an_untrained_net_lies_at_the_upper_edge() -> None:
    curves = learning.curves_of(HISTORY)
    figure = learning.learning(curves, SAMPLES, start=0)
    low, high = figure.layout.yaxis.range
    assert high < 5.8 and list(figure.data[1].y) == [high]
    assert figure.data[1].text[0] == "5.80 ↑"
    assert low < 1.4 / np.log(2)


def test_losses_are_drawn_in_bits() -> None:
    curves = learning.curves_of(HISTORY)
    assert curves["train_bits"][1] == pytest.approx(2.885, abs=1e-3)
    figure = learning.learning(curves, SAMPLES, lesson=[1.5152, 1.2218])
    (diamonds,) = [trace for trace in figure.data if trace.marker.symbol == "diamond"]
    assert diamonds.y == pytest.approx([2.186, 1.763], abs=1e-3)


def test_one_sample_and_one_epoch_need_no_slider() -> None:
    history = HISTORY[:1].drop(columns="loss")
    figure = learning.learning(learning.curves_of(history), SAMPLES[:1])
    assert not figure.layout.sliders
    assert learning.learning(learning.curves_of(HISTORY[:2]), SAMPLES[:1]).data[1].x == (0,)


def test_lines_are_broken_and_cut() -> None:
    assert learning.wrapped("one two three\n\nfour", 8, 9) == ["one two", "three", "", "four"]
    assert learning.wrapped("one two three", 8, 1) == ["one two…"]
    assert learning.wrapped("", 8, 3) == [""]
    assert all(len(line) <= 8 for line in learning.wrapped("x" * 50, 8, 3))


@pytest.mark.parametrize("width", WIDTHS)
def test_quality_has_a_bar_a_sample(width: int) -> None:
    figure = learning.quality(SAMPLES, width=width)
    words, copies = figure.data
    assert list(words.y) == [10.0, 70.0, 90.0] and list(copies.y) == [3.0, 12.0, 30.0]
    assert list(words.text) == ["10 %", "70 %", "90 %"]
    assert figure.layout.xaxis2.ticktext == ("0", "2", "6")


@pytest.mark.parametrize("width", WIDTHS)
def test_nets_are_named_at_their_ends(width: int) -> None:
    table = pd.concat(
        [
            HISTORY[["epoch", "held_out_bits"]].assign(title=title)
            for title in ("A <net>", "Another net of many words", "A third")
        ]
    )
    figure = nets(table, chosen="A third", title="Who?", ngram=2.1, width=width)
    assert [trace.name for trace in figure.data][-1] == "A third"
    assert figure.data[-1].line.color == theme.BLUE
    assert min(figure.data[0].x) == 1
    texts = [note.text for note in figure.layout.annotations]
    assert any("A &lt;net&gt;" in text for text in texts) and "counting" in texts
    places = sorted(note.y for note in figure.layout.annotations)
    low, high = figure.layout.yaxis.range
    assert low <= places[0] and places[-1] <= high and np.diff(places).min() > 0
