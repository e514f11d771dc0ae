"""Figures of t-SNE at work, on a few words with known places and forces."""

import numpy as np
import pandas as pd
import pytest

from dashboard import theme
from dashboard.app_pages.words_tsne import descent_figure, forces_figure, multiples_figure
from dashboard.figures import frames, word_panel

WORDS = ["the", "school", "<b>", "killed", "death"]
SQUARE = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [0, 0]], np.float64)


def descent(n_frames: int = 5, n_words: int = 5) -> descent_figure.Descent:
    """A square that grows by a factor of ten a frame, from 1e-4; KL falls from 4 to 0."""
    rng = np.random.default_rng(0)
    places = np.concatenate([SQUARE, rng.uniform(-1, 1, (n_words - 5, 2))])
    sizes = 1e-4 * 10.0 ** np.arange(n_frames)
    return descent_figure.Descent(
        100 * np.arange(n_frames),
        (sizes[:, None, None] * places).astype(np.float32),
        np.linspace(4, 0, n_frames),
    )


def forces_table() -> pd.DataFrame:
    """On word 4 in the middle: 1 pulls with 3, 2 pushes with 2, 3 both with 1, 0 nothing."""
    return pd.DataFrame(
        {
            "row": [0, 1, 2, 3],
            "attraction": [0.0, 3.0, 0.0, 1.0],
            "repulsion": [0.0, 0.0, 2.0, 1.0],
        }
    )


@pytest.mark.parametrize(
    ("n_frames", "kept"),
    [(1, [0]), (2, [0, 1]), (60, list(range(60))), (61, [*range(0, 60, 2), 60])],
)
def test_few_frames_are_all_kept_and_many_are_thinned(n_frames: int, kept: list[int]) -> None:
    assert descent_figure.thinned(n_frames).tolist() == kept


@pytest.mark.parametrize("n_frames", range(1, 400, 7))
def test_thinned_frames_are_even_with_both_ends(n_frames: int) -> None:
    kept = descent_figure.thinned(n_frames)
    assert len(kept) <= descent_figure.MOST_FRAMES
    assert kept[0] == 0 and kept[-1] == n_frames - 1
    assert len(set(np.diff(kept)[:-1].tolist())) <= 1


def test_a_range_holds_all_points_and_a_unit_is_square() -> None:
    across, up = word_panel.extent(SQUARE, word_panel.labels.Size(400, 200), room=1.0)
    assert up == [-1, 1] and across == [-2, 2]


def test_one_point_has_a_range_too() -> None:
    across, up = word_panel.extent(np.zeros((3, 2)), word_panel.labels.Size(400, 200))
    assert across[0] < 0 < across[1] and up[0] < 0 < up[1]


def test_every_frame_fills_the_axes_that_none_moves() -> None:
    """Plotly may drop a range that a frame moves; see `frames.frame`."""
    figure = descent_figure.run(WORDS, descent(), accents=[1])
    assert [frame.name for frame in figure.frames] == ["0", "100", "200", "300", "400"]
    across, up = figure.layout.xaxis.range, figure.layout.yaxis.range
    for frame, positions in zip(figure.frames, descent().positions, strict=True):
        assert not [key for key in frame.layout.to_plotly_json() if "axis" in key]
        drawn = np.stack([frame.data[0].x, frame.data[0].y], 1)
        assert drawn.dtype == np.float32
        assert across[0] < drawn[:, 0].min() and drawn[:, 0].max() < across[1]
        assert up[0] < drawn[:, 1].min() and drawn[:, 1].max() < up[1]
        assert max(np.ptp(drawn[:, 0]) / 2, np.ptp(drawn[:, 1]) / (up[1] - up[0])) > 0.85
        sizes = np.ptp(drawn, axis=0) / np.ptp(positions, axis=0)
        assert sizes[0] == pytest.approx(sizes[1], rel=1e-4)  # a unit as long across as up


def test_a_frame_that_moves_an_axis_is_refused() -> None:
    for axis in ("xaxis", "yaxis2", "xaxis.range"):
        with pytest.raises(ValueError, match=axis):
            frames.frame("1", [], [], {axis: {"range": [0, 1]}})


def test_labels_move_with_their_points() -> None:
    figure = descent_figure.run(WORDS, descent(), accents=[1])
    named, coloured = figure.data[1], figure.data[2]
    rows = [["the", "school", "&lt;b&gt;", "killed", "death"].index(text) for text in named.text]
    assert rows and 1 not in rows
    assert list(coloured.text) == ["<b>school</b>"]
    for frame in figure.frames:
        assert frame.traces == (0, 1, 2, 4, 6)
        assert np.array_equal(frame.data[1].x, frame.data[0].x[rows])
        assert np.array_equal(frame.data[2].y, frame.data[0].y[[1]])


def test_kl_and_width_move_along() -> None:
    figure = descent_figure.run(WORDS, descent(), pulls=np.array([12, 12, 3.4641, 1, 1]))
    assert list(figure.data[3].y) == [4, 3, 2, 1, 0]
    assert figure.data[5].y == pytest.approx(2e-4 * 10.0 ** np.arange(5))
    for frame, kl in zip(figure.frames, (4, 3, 2, 1, 0), strict=True):
        assert frame.data[3].y == (kl,) and frame.data[3].x == (int(frame.name),)
    titles = [frame.layout.title.text for frame in figure.frames]
    assert titles[0] == "Iteration 0: KL 4.000, attraction × 12"
    assert titles[2] == "Iteration 200: KL 2.000, attraction × 3.46"
    assert titles[3] == "Iteration 300: KL 1.000"
    assert {shape.x0 for shape in figure.layout.shapes} == {300}
    (note,) = (note for note in figure.layout.annotations if note.text == "exaggeration ends")
    assert note.xanchor == "right"  # beside it there is no room


@pytest.mark.parametrize("pulls", [None, np.ones(5), np.full(5, 12.0), np.array([4, 3, 2, 1.5, 1])])
def test_without_an_end_of_exaggeration_none_is_marked(pulls: np.ndarray | None) -> None:
    figure = descent_figure.run(WORDS, descent(), pulls=pulls)
    assert not figure.layout.shapes


@pytest.mark.parametrize(("start", "active"), [(None, 4), (0, 0), (2, 2), (99, 4)])
def test_the_figure_opens_where_it_is_told(start: int | None, active: int) -> None:
    figure = descent_figure.run(WORDS, descent(), start=start)
    assert figure.layout.sliders[0].active == active
    assert figure.data[4].x == (100 * active,)
    assert np.array_equal(figure.data[0].x, figure.frames[active].data[0].x)


def test_many_frames_and_words_stay_small() -> None:
    figure = descent_figure.run(
        [f"w{number}" for number in range(2000)], descent(7, 2000), n_labels=10
    )
    assert len(figure.to_json()) < 400_000  # 7 frames; 60 of them are 2 MB
    assert len(figure.data[1].text) <= 10


@pytest.mark.parametrize("width", [300, 780])
def test_a_map_in_one_point_is_drawn(width: int) -> None:
    flat = descent_figure.Descent(np.array([0]), np.zeros((1, 5, 2), np.float32), np.array([1.0]))
    figure = descent_figure.run(WORDS, flat, width=width)
    assert len(figure.frames) == 1 and np.isnan(figure.data[5].y[0])


def test_a_phone_has_the_curves_below_the_map() -> None:
    wide, narrow = (descent_figure.run(WORDS, descent(), width=width) for width in (780, 360))
    assert wide.layout.xaxis2.domain[0] > wide.layout.xaxis.domain[1]
    assert narrow.layout.yaxis2.domain[1] < narrow.layout.yaxis.domain[0]


def test_progress_shows_where_words_are_and_kl_so_far() -> None:
    figure = descent_figure.progress(
        WORDS, SQUARE, [(0, 3.0), (10, 2.0)], n_iterations=100, accents=[4]
    )
    assert list(figure.data[3].x) == [0, 10] and list(figure.data[3].y) == [3, 2]
    assert figure.layout.xaxis2.range[1] >= 100 and not figure.frames
    assert list(figure.data[2].text) == ["<b>death</b>"]


def test_progress_can_start_without_kl() -> None:
    assert len(descent_figure.progress(WORDS, SQUARE, [], n_iterations=10).data[3].x) == 0


def test_bars_are_the_strongest_of_each_kind() -> None:
    figure = forces_figure.forces(WORDS, SQUARE, forces_table(), 4)
    bars, names = figure.data[2], figure.data[3]
    assert list(bars.x[:2]) == [3, 1] and list(bars.x[2:4]) == [-2, -1]
    assert list(names.text[:4]) == ["school", "killed", "&lt;b&gt;", "killed"]
    assert list(bars.marker.color[:3]) == [theme.BLUE, theme.BLUE, theme.VERMILION]
    assert [row[0] for row in figure.data[0].customdata] == list(range(5))


def test_arrows_point_to_what_pulls_and_away_from_what_pushes() -> None:
    pull, push = forces_figure.sums(SQUARE, forces_table(), 4)
    down_right, up_left = np.array([1, -1]) / np.sqrt(2), np.array([-1, 1]) / np.sqrt(2)
    assert pull == pytest.approx(3 * down_right + up_left)
    assert push == pytest.approx(-2 * np.array([1, 1]) / np.sqrt(2) - up_left)
    figure = forces_figure.forces(WORDS, SQUARE, forces_table(), 4)
    arrows = [note for note in figure.layout.annotations if note.showarrow]
    assert all((arrow.ax, arrow.ay) == (0, 0) for arrow in arrows)
    first = arrows[0]  # the pull of word 1, at (1, -1)
    assert first.arrowcolor == theme.BLUE and first.x > 0 > first.y
    thick = arrows[-2:]
    assert [arrow.arrowcolor for arrow in thick] == [theme.BLUE, theme.VERMILION]
    lengths = [np.hypot(arrow.x, arrow.y) for arrow in (first, thick[0])]
    assert lengths[0] / lengths[1] == pytest.approx(3 / 2)


def test_a_word_without_any_pull_is_drawn() -> None:
    table = forces_table().assign(attraction=0.0)
    figure = forces_figure.forces(WORDS, SQUARE, table, 4, width=300)
    assert all(value <= 0 for value in figure.data[2].x)


@pytest.mark.parametrize("width", [300, 780])
def test_each_panel_has_the_same_words_in_the_same_colour(width: int) -> None:
    maps = np.stack([[SQUARE, 2 * SQUARE], [3 * SQUARE, SQUARE]])
    figure = multiples_figure.grid(WORDS, maps, (5.0, 30.0), (0, 1), accents=[1, 3], width=width)
    panels = figure.data[:8]
    assert [panel.xaxis for panel in panels[::2]] == ["x", "x2", "x3", "x4"]
    assert np.array_equal(panels[2].x, (2 * SQUARE[:, 0]).astype(np.float32))
    for coloured in panels[1::2]:
        assert list(coloured.marker.color) == list(word_panel.ACCENTS[:2])
        assert list(coloured.hovertext) == ["school", "killed"]
    shown = [text for text in panels[1].text if text]
    assert shown == ([] if width == 300 else ["<b>school</b>", "<b>killed</b>"])
    assert bool(figure.layout.showlegend) == (width == 300)


def test_panels_of_a_row_share_their_scale() -> None:
    maps = np.stack([[SQUARE, 2 * SQUARE], [3 * SQUARE, SQUARE]])
    figure = multiples_figure.grid(WORDS, maps, (5.0, 30.0), (0, 1))
    assert figure.layout.xaxis.range == figure.layout.xaxis2.range
    assert figure.layout.xaxis3.range[1] > figure.layout.xaxis.range[1]


def test_stability_lists_both_ends() -> None:
    table = pd.DataFrame(
        {"word": [f"w{number}" for number in range(50)], "stability": np.linspace(1, 0, 50)}
    )
    figure = multiples_figure.stability(table, 3)
    assert list(figure.layout.yaxis.ticktext) == ["w0", "w1", "w2", "w47", "w48", "w49"]
    assert list(figure.data[0].text)[:1] == ["100 %"]
    assert "44 more words" in figure.layout.annotations[0].text
    assert not multiples_figure.stability(table.head(6), 3).layout.annotations
