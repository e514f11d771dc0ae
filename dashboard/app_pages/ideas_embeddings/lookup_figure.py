"""An embedding as a product with a one-hot vector, and the movie models drawn as functions."""

from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from dashboard import theme

NEIGHBOURS = 10  # rows shown above and below the chosen one
LOOKUP_HEIGHT, GRAPH_HEIGHT = 620, 620  # px


def lookup(
    hot: np.ndarray,
    table: np.ndarray,
    result: np.ndarray,
    *,
    row: int,
    what: str,
    heads: tuple[str, str],
) -> go.Figure:
    """Draws a one-hot vector, a table around the chosen row, and that row once more below.

    Args:
        hot: f[I], the one-hot vector.
        table: f[I, F].
        result: f[F], the row below.
        row: where the one stands.
        what: the numbers in the table, for the colour bar, e.g. "factor".
        heads: plain text above the table and above the row below; short, for a phone.

    Returns:
        The figure; blue is positive, vermilion negative, white zero.
    """
    low = max(0, min(row - NEIGHBOURS, len(table) - 2 * NEIGHBOURS - 1))
    rows = np.arange(low, min(low + 2 * NEIGHBOURS + 1, len(table)))
    names = [str(number) for number in rows]
    reach = max(float(np.abs(table[rows]).max()), 1e-9)
    columns = np.arange(1, table.shape[1] + 1)
    hover = "row %{y}, factor %{x}<br>%{z:+.3f}<extra></extra>"
    figure = go.Figure(
        [
            go.Heatmap(
                x=[""],
                y=names,
                z=hot[rows][:, None],
                text=[[f"{value:.0f}"] for value in hot[rows]],
                texttemplate="%{text}",
                textfont={"size": 13},
                colorscale=[[0, "#FFFFFF"], [1, theme.ORANGE]],
                zmin=0,
                zmax=1,
                showscale=False,
                xgap=1,
                ygap=1,
                hovertemplate="one-hot, row %{y}: %{z}<extra></extra>",
            ),
            go.Heatmap(
                x=columns,
                y=names,
                z=table[rows],
                coloraxis="coloraxis",
                ygap=1,
                xaxis="x2",
                hovertemplate=hover,
            ),
            go.Heatmap(
                x=columns,
                y=["result"],
                z=result[None],
                coloraxis="coloraxis",
                xaxis="x2",
                yaxis="y2",
                hovertemplate="factor %{x}<br>%{z:+.3f}<extra></extra>",
            ),
        ]
    )
    place = int(row - low)
    figure.add_shape(  # a table of zeros is as white as the page
        type="rect",
        xref="x2 domain",
        x0=0,
        x1=1,
        yref="y domain",
        y0=0,
        y1=1,
        line={"color": theme.GREY, "width": 1},
    )
    figure.add_shape(
        type="rect",
        xref="x2 domain",
        x0=0,
        x1=1,
        y0=place - 0.5,
        y1=place + 0.5,
        line={"color": theme.ORANGE, "width": 3},
    )
    places = (
        (0, 1.0, "one-hot"),
        (0.2, 1.0, heads[0]),
        (0.2, 0.11, heads[1]),
    )
    for x, y, text in places:
        figure.add_annotation(
            x=x,
            y=y,
            xref="paper",
            yref="paper",
            xanchor="left",
            yanchor="bottom",
            yshift=3,
            text=f"<b>{theme.plain_html(text)}</b>",
            showarrow=False,
        )
    bare = {"ticks": "", "showgrid": False, "zeroline": False, "fixedrange": True}
    figure.update_layout(
        uirevision="lookup",
        height=LOOKUP_HEIGHT,
        xaxis={"domain": [0, 0.12], "showticklabels": False, **bare},
        xaxis2={
            "domain": [0.2, 1],
            "anchor": "y2",
            "title": {"text": "number of the factor", "standoff": 28},
            **bare,
        },
        yaxis={
            "domain": [0.22, 1],
            "type": "category",
            "autorange": "reversed",
            "title": {"text": "row of the table"},
            **bare,
        },
        yaxis2={"domain": [0, 0.11], "anchor": "x2", "showticklabels": False, **bare},
        coloraxis={
            "colorscale": theme.SIGNED,
            "cmin": -reach,
            "cmax": reach,
            "colorbar": {
                "title": {"text": what, "side": "top"},
                "orientation": "h",
                "thickness": 10,
                "x": 0.2,
                "xanchor": "left",
                "len": 0.8,
                "y": 1.06,
                "yanchor": "bottom",
                "tickformat": "+.2~f",
                "nticks": 5,
            },
        },
    )
    return figure


class Node(NamedTuple):
    """A value in a model's graph: where it stands, its kind, its words, and where it comes from."""

    name: str
    x: float
    y: float
    kind: str  # "input", "hidden" or "output"
    text: str  # a few letters, inside the shape; <br> divides lines
    meaning: str
    made_from: tuple[str, ...] = ()
    by: str = ""  # the operation that makes it


SHAPES = {"input": "square", "hidden": "circle", "output": "triangle-up"}
_COLOURS = {"input": theme.ORANGE, "hidden": theme.BLUE, "output": theme.GREEN}
_SIZES = {"input": 54, "hidden": 58, "output": 80}  # px


def _two_inputs(x_user: float, x_film: float, top: float) -> list[Node]:
    return [
        Node("user", x_user, top, "input", "user", "number of the user"),
        Node("film", x_film, top, "input", "film", "number of the film"),
        Node("p", x_user, top - 1, "hidden", "p", "factors of the user", ("user",), "look up"),
        Node("q", x_film, top - 1, "hidden", "q", "factors of the film", ("film",), "look up"),
    ]


def _graph(architecture: str) -> list[Node]:
    if architecture == "dot":
        return [
            *_two_inputs(1, 3, 2),
            Node("stars", 2, 0, "output", "stars", "p · q", ("p", "q"), "dot product"),
        ]
    if architecture == "bias":
        return [
            *_two_inputs(1.4, 2.6, 3),
            Node("bu", 0.2, 2, "hidden", "b<sub>u</sub>", "bias of the user", ("user",), "look up"),
            Node("bi", 3.8, 2, "hidden", "b<sub>i</sub>", "bias of the film", ("film",), "look up"),
            Node("dot", 2, 1, "hidden", "p · q", "one number", ("p", "q"), "dot"),
            Node("stars", 2, 0, "output", "stars", "the sum", ("bu", "dot", "bi"), "sum"),
        ]
    if architecture == "net":
        return [
            *_two_inputs(1, 3, 4),
            Node("both", 2, 2, "hidden", "[p, q]", "both side by side", ("p", "q"), "concat"),
            Node("hidden", 2, 1, "hidden", "h", "hidden layer", ("both",), "ReLU"),
            Node("stars", 2, 0, "output", "stars", "one number", ("hidden",), "dense"),
        ]
    # The biases stand low at the sides, so that no arrow runs through a shape.
    return [
        Node("user", 0.6, 4, "input", "user", "number of the user"),
        Node("side", 1.9, 4, "input", "meta<br>data", "genres and year of the film"),
        Node("film", 3.6, 4, "input", "film", "number of the film"),
        Node("p", 1.0, 3, "hidden", "p", "factors of the user", ("user",), "look up"),
        Node("ws", 2.2, 3, "hidden", "W s", "meta data as factors", ("side",), "linear"),
        Node("q", 3.25, 3, "hidden", "q", "factors of the film", ("film",), "look up"),
        Node("all", 1.5, 2, "hidden", "[p,q,s]", "side by side", ("p", "q", "side"), "concat"),
        Node("dot", 3.0, 2, "hidden", "dot", "p · (q + W s)", ("p", "q", "ws"), "product"),
        Node("hidden", 1.5, 1, "hidden", "h", "hidden layer", ("all",), "ReLU"),
        Node("bu", 0, 1.2, "hidden", "b<sub>u</sub>", "bias of the user", ("user",), "look up"),
        Node("bi", 4.3, 1.2, "hidden", "b<sub>i</sub>", "bias of the film", ("film",), "look up"),
        Node(
            "stars",
            2.3,
            0,
            "output",
            "stars",
            "the sum, the hidden layer through one more dense layer",
            ("bu", "dot", "hidden", "bi"),
            "sum",
        ),
    ]


GRAPHS = {name: _graph(name) for name in ("dot", "bias", "net", "metadata")}


def model_graph(architecture: str) -> go.Figure:
    """Draws a movie model as a function of its inputs, from the top to the bottom.

    Shapes as in the lesson: a rectangle is an input, a circle is computed on the way, a triangle is
    the output; arrows are operations.

    Args:
        architecture: one of `GRAPHS`.
    """
    nodes = {node.name: node for node in GRAPHS[architecture]}
    figure = go.Figure()
    arrows = [
        {
            "x": node.x,
            "y": node.y,
            "ax": source.x,
            "ay": source.y,
            "axref": "x",
            "ayref": "y",
            "text": "",
            "showarrow": True,
            "arrowhead": 2,
            "arrowwidth": 1.5,
            "arrowcolor": theme.GREY,
            "standoff": _SIZES[node.kind] / 2 + 2,
            "startstandoff": _SIZES[source.kind] / 2 + 2,
        }
        for node in nodes.values()
        for source in (nodes[name] for name in node.made_from)
    ]
    for kind, symbol in SHAPES.items():
        members = [node for node in nodes.values() if node.kind == kind]
        figure.add_trace(
            go.Scatter(
                x=[node.x for node in members],
                y=[node.y for node in members],
                mode="markers+text",
                text=[_words(node) for node in members],
                textposition="bottom center" if kind == "output" else "middle center",
                marker={
                    "symbol": symbol,
                    "size": _SIZES[kind],
                    "color": theme.faded(_COLOURS[kind], 0.18),
                    "line": {"color": _COLOURS[kind], "width": 2.5},
                },
                customdata=[node.meaning for node in members],
                hovertemplate="%{customdata}<extra></extra>",
            )
        )
    across = [node.x for node in nodes.values()]
    top = max(node.y for node in nodes.values())
    hidden_axis = {"visible": False, "fixedrange": True}
    figure.update_layout(
        showlegend=False,
        annotations=arrows,
        uirevision=architecture,
        height=GRAPH_HEIGHT if top > 2 else GRAPH_HEIGHT - 60,
        xaxis={**hidden_axis, "range": [min(across) - 0.5, max(across) + 0.5]},
        yaxis={**hidden_axis, "range": [-0.6, top + 0.4]},
    )
    return figure


def _words(node: Node) -> str:
    divider = ": " if node.kind == "output" else "<br>"
    return divider.join(
        part for part in (node.text, f"<i>{node.by}</i>" if node.by else "") if part
    )
