"""The look-up and the models' graphs."""

import numpy as np
import pytest

from dashboard import theme
from dashboard.app_pages.ideas_embeddings import lookup_figure as figures

TABLE = np.arange(200.0).reshape(100, 2) - 100


@pytest.mark.parametrize("row", [0, 5, 50, 99])
def test_the_chosen_row_is_shown_framed_and_repeated_below(row: int) -> None:
    hot = np.eye(100)[row]
    figure = figures.lookup(hot, TABLE, TABLE[row], row=row, what="factor", heads=("t", "a < b"))
    ones, table, result = figure.data
    place = list(table.y).index(str(row))
    assert len(table.y) == 2 * figures.NEIGHBOURS + 1
    assert ones.z[place][0] == 1 and ones.z.sum() == 1
    np.testing.assert_array_equal(table.z[place], TABLE[row])
    np.testing.assert_array_equal(result.z[0], TABLE[row])
    (frame,) = [shape for shape in figure.layout.shapes if shape.line.color == theme.ORANGE]
    assert (frame.y0, frame.y1) == (place - 0.5, place + 0.5)
    assert figure.layout.coloraxis.cmin == -figure.layout.coloraxis.cmax
    assert "a &lt; b" in figure.layout.annotations[2].text


def test_a_table_smaller_than_the_window() -> None:
    figure = figures.lookup(np.eye(3)[1], TABLE[:3], TABLE[1], row=1, what="", heads=("", ""))
    assert list(figure.data[1].y) == ["0", "1", "2"]


@pytest.mark.parametrize("name", figures.GRAPHS)
def test_each_model_is_a_function_of_its_inputs(name: str) -> None:
    nodes = figures.GRAPHS[name]
    known = set()
    for node in sorted(nodes, key=lambda node: -node.y):
        assert set(node.made_from) <= known, f"{node.name} is above what it is made from"
        assert bool(node.made_from) == (node.kind != "input")
        known.add(node.name)
    assert sum(node.kind == "input" for node in nodes) == (3 if name == "metadata" else 2)
    assert [node.name for node in nodes if node.kind == "output"] == ["stars"]
    used = {source for node in nodes for source in node.made_from}
    assert used == known - {"stars"}

    figure = figures.model_graph(name)
    assert [trace.marker.symbol for trace in figure.data] == ["square", "circle", "triangle-up"]
    assert len(figure.layout.annotations) == sum(len(node.made_from) for node in nodes)


@pytest.mark.parametrize("name", figures.GRAPHS)
def test_no_two_shapes_and_no_arrow_through_a_shape(name: str) -> None:
    nodes = {node.name: node for node in figures.GRAPHS[name]}
    at = {key: np.array([node.x, node.y]) for key, node in nodes.items()}
    for key, place in at.items():
        for other in set(at) - {key}:
            assert np.hypot(*(at[other] - place)) >= 0.9, (key, other)
        for source in nodes[key].made_from:
            way = place - at[source]
            for other in set(at) - {key, source}:
                along = np.clip((at[other] - at[source]) @ way / (way @ way), 0, 1)
                assert np.hypot(*(at[source] + along * way - at[other])) > 0.35, (
                    source,
                    key,
                    other,
                )
