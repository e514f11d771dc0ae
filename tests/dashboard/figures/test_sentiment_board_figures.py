"""The leaderboard's figures: what they draw, where labels stand, and odd tables."""

import itertools

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from core.sentiment.explore.comparison import Comparison
from dashboard import theme
from dashboard.app_pages.sentiment_board import leaderboard_figure, lines_figure, trust_figure
from dashboard.figures import labels, line_ends
from tests.dashboard.board_samples import CLEAN, board_bundle

WIDTHS = (300, 360, 780, 1200)


@pytest.fixture(scope="module")
def models() -> Comparison:
    return Comparison([board_bundle(name) for name in CLEAN])


def texts(figure: go.Figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


def unstyled(text: str) -> str:
    return text.replace("<b>", "").replace("</b>", "")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("font_size", [13, 18])
def test_the_leaderboard_ranks_and_names_every_number(
    models: Comparison, width: int, font_size: int
) -> None:
    board = models.board({"mlp": 0.8804})
    figure = leaderboard_figure.leaderboard(board, chosen="cnn", width=width, font_size=font_size)
    clean, best_epoch, lesson = figure.data
    assert sorted(clean.x, reverse=True) == list(clean.x) and clean.x[0] == pytest.approx(91.95)
    assert list(clean.y) == sorted(clean.y, reverse=True)  # the best on top
    assert len(best_epoch.x) == len(CLEAN) - 1 and list(lesson.x) == pytest.approx([88.04])
    assert max(clean.error_x.array) == pytest.approx(0.1)
    said = texts(figure)
    assert "<b>91.95 % here</b>" in said and any(
        "88.04 %" in text and "lesson’s" in text for text in said
    )
    assert sum(text.startswith("<b>CNN") for text in said) == 1
    assert all(note.font.size >= 13 for note in figure.layout.annotations)


@pytest.mark.parametrize("width", WIDTHS)
def test_numbers_stay_in_the_plot(models: Comparison, width: int) -> None:
    figure = leaderboard_figure.leaderboard(models.board({"mlp": 0.8804}), width=width)
    low, high = figure.layout.xaxis.range
    plot = width - figure.layout.margin.l - figure.layout.margin.r
    for note in figure.layout.annotations:
        if note.xref == "paper":
            continue
        at = (note.x - low) / (high - low) * plot + note.xshift
        size = labels.text_width(unstyled(note.text), note.font.size)
        if note.xanchor == "right":
            assert at - size > -figure.layout.margin.l
        else:
            assert at + size < plot + figure.layout.margin.r
    levels = [note.y for note in figure.layout.annotations if note.xref != "paper"]
    scale = (figure.layout.height - 72) / -figure.layout.yaxis.range[0]
    gaps = np.diff(sorted(levels)) * scale
    assert gaps.min() >= labels.LINE * 13


def test_a_lone_model_without_other_numbers_has_a_board() -> None:
    board = Comparison([board_bundle("nbsvm")]).board()
    figure = leaderboard_figure.leaderboard(board)
    low, high = figure.layout.xaxis.range
    assert low < 91.95 < high and [len(trace.x) for trace in figure.data] == [1, 0, 0]


def test_confusion_says_right_and_wrong(models: Comparison) -> None:
    counts = models.confusion("mlp")
    figure = trust_figure.confusion(counts, title="A finding")
    said = {(note.x, note.y): note.text for note in figure.layout.annotations}
    for row in counts.itertuples():
        text = said[row.said, row.label]
        assert f"{row.count:,}" in text and theme.percent(row.share) in text
        assert ("right" if row.said == row.label else "wrong") in text
    assert np.array_equal(figure.data[0].z, np.eye(2))


def test_reliability_sizes_dots_by_their_reviews(models: Comparison) -> None:
    bins = models.trust("mlp").bins
    figure = trust_figure.reliability(bins, title="A finding")
    diagonal, dots = figure.data
    assert list(diagonal.x) == list(diagonal.y) == [0, 100]
    assert np.allclose(dots.y, 100 * bins["actual"])
    assert np.argmax(dots.marker.size) == int(bins["count"].to_numpy().argmax())
    empty = trust_figure.reliability(bins.head(0), title="Nothing")
    assert len(empty.data[1].x) == 0


@pytest.mark.parametrize("width", WIDTHS)
def test_roc_lists_the_areas_from_the_best(models: Comparison, width: int) -> None:
    found = {models.title(name): models.roc(name) for name in models.names}
    areas = {title: curve.auc for title, curve in found.items()}
    chosen = models.title("cnn")
    figure = trust_figure.roc(
        {title: curve.points for title, curve in found.items()},
        areas,
        chosen=chosen,
        title="A finding",
        width=width,
    )
    rows = sorted(
        (note for note in figure.layout.annotations if "AUC" not in note.text),
        key=lambda note: -note.yshift,
    )
    assert [float(unstyled(note.text)[-6:]) for note in rows] == [
        round(area, 4) for area in sorted(areas.values(), reverse=True)
    ]
    shifts = [note.yshift for note in rows]
    assert -max(np.diff(shifts)) >= labels.LINE * 13
    assert figure.data[-1].name == chosen and figure.data[-1].line.color == theme.BLUE
    assert all(trace.line.color != theme.BLUE for trace in figure.data[:-1])


def test_training_draws_seeds_thin_and_means_thick(models: Comparison) -> None:
    curves = models.curves("mlp")
    figure = lines_figure.training(curves, title="A finding", chosen_epoch=2)
    thick = [trace for trace in figure.data if trace.line.width == 4]
    assert len(thick) == 2 and len(figure.data) == 8
    seen = curves[(curves["run"] == "test") & (curves["epoch"] > 0)]
    assert np.allclose(thick[1].y, 100 * seen.groupby("epoch")["accuracy"].mean())
    assert min(min(trace.x) for trace in figure.data) == 1
    assert "chosen: epoch 2" in texts(figure)


def test_training_of_one_epoch_or_one_run(models: Comparison) -> None:
    curves = models.curves("mlp")
    for some in (curves[curves["epoch"] <= 1], curves[curves["run"] == "test"]):
        figure = lines_figure.training(some, title="A finding", chosen_epoch=1)
        low, high = figure.layout.xaxis.range
        assert low < 1 < high


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("font_size", [13, 18])
def test_slices_have_a_line_a_model_and_names_apart(
    models: Comparison, width: int, font_size: int
) -> None:
    table = models.accuracy_by("length")
    chosen = models.title("nbsvm")
    figure = lines_figure.by_slice(
        table,
        axis="words",
        chosen=chosen,
        title="A finding of some length that may need two lines on a phone",
        width=width,
        font_size=font_size,
    )
    assert len(figure.data) == len(CLEAN) and not figure.layout.showlegend
    accents = [trace.name for trace in figure.data if trace.line.color == theme.BLUE]
    assert accents == [chosen]
    assert len({trace.marker.symbol for trace in figure.data}) == len(CLEAN)
    low, high = figure.layout.yaxis.range
    plot = 600 - figure.layout.margin.t - figure.layout.margin.b
    edges = []
    for note in figure.layout.annotations:
        half = labels.LINE * note.font.size * (note.text.count("<br>") + 1) / 2
        middle = (note.y - low) / (high - low) * plot
        edges.append((middle - half, middle + half))
        for line in unstyled(note.text).split("<br>"):
            wide = labels.text_width(line, note.font.size)
            assert wide + note.xshift <= figure.layout.margin.r + 2
    if font_size == 13:
        assert all(a[1] <= b[0] + 1 for a, b in itertools.pairwise(sorted(edges)))


def test_a_title_is_shown_as_it_stands(models: Comparison) -> None:
    table = models.accuracy_by("length").assign(title="<b>A</b> & B")
    figure = lines_figure.by_slice(table, axis="words", chosen="", title="<i>", width=780)
    assert all("<b>A" not in text for text in texts(figure))
    assert figure.layout.title.text == "&lt;i&gt;"


@pytest.mark.parametrize("values", [[], [1.0], [5, 5, 5], [0, 0.1, 9.9, 10], [9, 9.5, 10, 10]])
def test_spread_keeps_order_gap_and_bounds(values: list[float]) -> None:
    moved = line_ends.spread(values, 1.0, 0.0, 10.0)
    assert len(moved) == len(values)
    assert all(0 <= value <= 10 for value in moved)
    assert all(b - a >= 1 - 1e-9 for a, b in itertools.pairwise(moved))


def test_spread_leaves_alone_what_is_apart() -> None:
    assert line_ends.spread([1, 8, 4], 1.0, 0, 10) == pytest.approx([1, 8, 4])
    crowd = line_ends.spread(list(range(30)), 1.0, 0, 10)
    assert max(crowd) <= 10 + 1e-9 and min(crowd) >= -1e-9


def test_figures_take_the_themes_of_both_pages(models: Comparison) -> None:
    empty = pd.DataFrame({"label": [], "said": [], "count": [], "share": []})
    for dark in (False, True):
        figure = theme.apply(
            trust_figure.confusion(empty, title="Nothing"), dark=dark, present=True
        )
        assert figure.layout.height == theme.FIGURE_HEIGHT
