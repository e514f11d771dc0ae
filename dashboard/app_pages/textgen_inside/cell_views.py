"""A cell of a net: what it remembers along a text, and what the net writes if it is held."""

import dataclasses
from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import InputError
from core.textgen.explore import ClampedCell, Settings, TextModel, TextTrace
from core.textgen.explore.inside import FEATURES, LEAST, correlations
from dashboard import theme, view_state
from dashboard.app_pages.textgen_inside import trace_figure as figures
from dashboard.components import page, width
from dashboard.components.char_strip import char_strip
from dashboard.components.chart import chart
from dashboard.components.text import plain, sentence

PAGE = "textgen_inside"
KEY = f"{PAGE}_main"
FOLLOWS = {  # feature of a text -> what a cell that follows it tells
    "quotes": "inside quotes",
    "brackets": "inside brackets",
    "line": "how far into the line",
    "word": "how far into the word",
    "sentence": "start of a sentence",
}
AS_IF = {  # feature -> what a cell tells that is held in the direction of the feature, and against
    "quotes": ("inside quotes", "outside quotes"),
    "brackets": ("inside brackets", "outside brackets"),
    "line": ("far into the line", "at the start of the line"),
    "word": ("far into the word", "between words"),
    "sentence": ("at the start of a sentence", "within a sentence"),
}
ON_OR_OFF = ("quotes", "brackets", "sentence")  # features without a size
MOST = {"lstm": 5.0, "gru": 1.0, "rnn": 1.0}  # that a cell is held at; a tanh keeps within 1
_N_CELLS = 3  # of each feature, as buttons
_COUNTED = {"quotes": '"', "brackets": "([", "line breaks": "\n", "stops": ".!?"}


@dataclasses.dataclass(frozen=True, slots=True)
class Read:
    """A text as a net read it.

    Attributes:
        view: the page's controls.
        model: the net.
        trace: of the text.
        left: place below the text.
        right: place of a view's own controls.
    """

    view: view_state.View
    model: TextModel
    trace: TextTrace
    left: DeltaGenerator
    right: DeltaGenerator

    @property
    def n_layers(self) -> int:
        """Layers of the net."""
        return self.model.net["n_layers"]

    @property
    def remembered(self) -> np.ndarray:
        """What every cell remembers after each character, f32[N, layers, H]."""
        return self.trace.states[:, :, -1]

    def layer(self, usual: int = 0) -> int:
        """Draws the choice of a layer, where there are several, and returns it, from 0."""
        if self.n_layers == 1:
            return 0
        return self.view.number_input("layer", "Layer", 1, self.n_layers, usual + 1) - 1


class Cell(NamedTuple):
    """A cell.

    Attributes:
        layer: from 0 on.
        number: from 0 on.
        name: in words.
        feature: what it was found to follow best; None if it follows nothing.
        correlation: with that.
    """

    layer: int
    number: int
    name: str
    feature: str | None
    correlation: float


def best_of(model: TextModel) -> dict[str, pd.Series]:
    """Returns the cell that follows each feature best, of those that any cell follows."""
    rows = model.followers.groupby("feature", sort=False)
    return {str(feature): found.iloc[0] for feature, found in rows}


def followed(model: TextModel) -> str:
    """Says what cells of a net follow, as far as they do."""
    best = best_of(model)
    if not best:
        return "None of this net follows anything that people have a word for."
    return "Some of this net follow what people have a word for: " + (
        ", ".join(
            f"{FOLLOWS.get(feature, feature)} ({theme.signed(row['correlation'])})"
            for feature, row in best.items()
        )
        + "."
    )


def settings(
    model: TextModel, feature: str, *, is_held: bool = False, sign: int = 1
) -> dict[str, float]:
    """Returns the controls' values that show the cell that follows a feature best.

    Args:
        model: the net, of which a cell does.
        feature: of a text.
        is_held: the cell is held, too.
        sign: of the direction in which it is held: 1 as if the feature were there, -1 as if not.
    """
    row = best_of(model)[feature]
    values: dict[str, float] = {"cell": int(row["cell"]) + 1}
    if model.net["n_layers"] > 1:
        values["layer"] = int(row["layer"]) + 1
    if is_held:
        values["value"] = sign * hold_at(model, row["correlation"])
    return values


def hold_at(model: TextModel, correlation: float) -> float:
    """Returns where to hold a cell so that it says that what it follows is there."""
    return float(np.copysign(MOST[model.net["cell"]], correlation))


def best_cell(cells: pd.DataFrame) -> tuple[int, int]:
    """Returns layer and number of the cell to look at first.

    It is the first that follows anything; where none does, the one that comes nearest to it.
    """
    if cells.empty:
        return 0, 0
    strength = cells["correlation"].abs()
    follows = strength >= LEAST
    row = cells.loc[follows.idxmax() if follows.any() else strength.idxmax()]
    return int(row["layer"]), int(row["cell"])


def choose(read: Read, *, is_held: bool = False) -> Cell:
    """Draws the choice of a cell, and a button for each that was found to follow something."""
    n_units = read.model.net["n_units"]
    layer, number = best_cell(read.model.cells)
    with read.right:
        columns = st.columns(2 if read.n_layers > 1 else 1, vertical_alignment="bottom")
        with columns[0]:
            layer = read.layer(layer)
        with columns[-1]:
            number = (
                read.view.number_input("cell", f"Cell, of {n_units}", 1, n_units, number + 1) - 1
            )
        _followers(read, is_held=is_held)
    name = f"cell {number + 1}" + (f" of layer {layer + 1}" if read.n_layers > 1 else "")
    rows = read.model.followers
    rows = rows[(rows["layer"] == layer) & (rows["cell"] == number)]
    if rows.empty:
        return Cell(layer, number, name, None, 0.0)
    row = rows.loc[rows["correlation"].abs().idxmax()]
    return Cell(layer, number, name, str(row["feature"]), float(row["correlation"]))


def _followers(read: Read, *, is_held: bool) -> None:
    has_layers = read.n_layers > 1
    lines = st.container(gap="xsmall")
    found = read.model.followers
    if len(found):
        lines.caption("Cells found to follow something, with their correlation; click one.")
    absent = [name for name in FEATURES if name not in set(found["feature"])]
    for feature, rows in found.groupby("feature", sort=False):
        with lines.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            st.caption(feature.capitalize(), width=64)
            for row in rows.head(_N_CELLS).itertuples():
                layer = f"{row.layer + 1}·" if has_layers else ""
                values = {"cell": row.cell + 1} | ({"layer": row.layer + 1} if has_layers else {})
                if is_held:
                    values["value"] = hold_at(read.model, row.correlation)
                st.button(
                    f"{layer}{row.cell + 1}\N{NO-BREAK SPACE}{theme.signed(row.correlation)}",
                    key=f"{PAGE}-follows-{feature}-{row.layer}-{row.cell}",
                    type="tertiary",
                    help=f"Cell {row.cell + 1} correlates {theme.signed(row.correlation)} with "
                    f"“{FOLLOWS.get(feature, feature)}” in the part of the book that was kept for "
                    "choices.",
                    on_click=read.view.set,
                    kwargs=values,
                )
    if absent:
        lines.caption(
            f"Found to follow {' or '.join(absent)}: none, for no correlation reaches ±{LEAST:g}."
        )


def along(read: Read) -> None:
    """Draws a cell along the text."""
    cell, text = choose(read), read.trace.text
    values = read.remembered[:, cell.layer, cell.number]
    most = float(np.abs(values).max(initial=0)) or 1.0
    with read.left:
        char_strip(
            list(text),
            (values / most).tolist(),
            [f"{cell.name} remembers {theme.signed(float(value))}" for value in values],
            key=f"{PAGE}_strip",
            signed=True,
            clickable=False,
            label=f"The text, coloured by {cell.name}",
        )
    features = {
        name: float(correlations(read.remembered, measure(text))[cell.layer, cell.number])
        for name, measure in FEATURES.items()
    }
    feature = max(features, key=lambda name: abs(features[name]))
    is_clear = abs(features[feature]) >= LEAST
    chart(
        figures.trace(
            values,
            text,
            _spans(FEATURES[feature](text)) if feature in ON_OR_OFF and is_clear else [],
            title=f"{cell.name.capitalize()} along the text",
            spans_text=f"grey: {FOLLOWS[feature]}",
            width=width.known(KEY),
            font_size=page.look().letters,
        ),
        key=KEY,
        alt=f"What {cell.name} remembers after each of {len(text)} characters, from "
        f"{values.min():.2f} to {values.max():.2f}",
        data=pd.DataFrame({"place": range(1, len(text) + 1), "char": list(text), "value": values}),
        filename="textgen-cell",
    )
    low, high = float(values.min()), float(values.max())
    page.what_you_see(
        f"{cell.name.capitalize()} remembers from {theme.signed(low)} to {theme.signed(high)}: "
        + (
            "blue above zero, vermilion below. "
            if low < 0 < high
            else "all of it blue, above zero. "
            if high > 0
            else "all of it vermilion, below zero. "
            if low < 0
            else "nothing at all. "
        )
        + _in_the_book(cell)
        + (
            f"On this text it goes best with “{FOLLOWS[feature]}”: correlation "
            f"**{theme.signed(features[feature])}**."
            if is_clear
            else "On this text it goes clearly with none of the things that are looked for."
        )
        + (" Nobody told the net to keep such a thing." if is_clear or cell.feature else "")
    )


def _in_the_book(cell: Cell) -> str:
    if cell.feature is None:
        return "In the book it was not found to follow anything. "
    return (
        f"In the book it follows “{FOLLOWS.get(cell.feature, cell.feature)}” "
        f"({theme.signed(cell.correlation)}). "
    )


def held(read: Read) -> None:
    """Draws what the net writes behind the text, with and without holding the cell."""
    view, most = read.view, MOST[read.model.net["cell"]]
    cell = choose(read, is_held=True)
    with read.left:
        row = [*st.columns(2, gap="medium"), *st.columns(2)]
    usual = hold_at(read.model, cell.correlation)
    with row[0]:
        value = view.slider("value", f"Hold {cell.name} at", -5.0, 5.0, usual, 0.25)
    with row[1]:
        temperature = view.slider("temperature", "Temperature", 0.0, 2.0, 0.7, 0.05)
    with row[2]:
        n_chars = view.number_input("n_chars", "Characters", 50, 1000, 300, 50)
    with row[3]:
        seed = view.number_input("seed", "Seed", 0, 9999, 0)
    if abs(value) > most:
        st.caption(
            f"A net of this kind keeps within ±{most:g} by itself: {value:g} is beyond what it "
            "learned with."
        )
    settings = Settings(temperature=temperature, seed=seed)
    clamped_cell = ClampedCell(cell.layer, cell.number, value)
    try:
        free, forced = (
            list(read.model.write(read.trace.text, n_chars, settings, clamped=clamped))
            for clamped in ((), (clamped_cell,))
        )
    except InputError as error:
        st.warning(plain(sentence(error)), icon=":material/error:")
        return
    texts = ["".join(piece.text for piece in pieces) for pieces in (free, forced)]
    remembered = np.concatenate([piece.states for piece in free])[:, cell.layer, -1, cell.number]
    scale = float(np.abs(remembered).max()) or 1.0
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**Free**, coloured by {cell.name}")
        char_strip(
            list(texts[0]),
            (remembered / scale).tolist(),
            [f"{cell.name} remembers {theme.signed(float(one))}" for one in remembered],
            key=f"{PAGE}_free",
            signed=True,
            clickable=False,
            label="What the net writes by itself",
        )
    with right:
        st.markdown(f"**Held at {theme.signed(value)}**, the same prime and seed")
        char_strip(
            list(texts[1]),
            [0.0] * len(texts[1]),
            [f"held at {theme.signed(value)}"] * len(texts[1]),
            key=f"{PAGE}_held",
            signed=True,
            clickable=False,
            label="What the net writes while the cell is held",
        )
    same = next(
        (at for at, pair in enumerate(zip(*texts, strict=True)) if len(set(pair)) > 1), n_chars
    )
    counts = [
        f"{name} {_count(texts[0], signs)} → **{_count(texts[1], signs)}**"
        for name, signs in _COUNTED.items()
    ]
    page.what_you_see(
        _direction(cell, value)
        + (
            "Holding the cell changes nothing here. "
            if same == n_chars
            else f"Both texts are the same for {theme.counted(same, 'character')}, then part. "
            if same
            else "The texts part at the first character. "
        )
        + "Free and held: "
        + ", ".join(counts)
        + ". One cell of many: others may make up for it."
    )


def _direction(cell: Cell, value: float) -> str:
    """Says what a held cell tells the net, if it was found to follow something."""
    if cell.feature is None or not value:
        return _in_the_book(cell)
    is_there, is_not = AS_IF[cell.feature]
    said = is_there if (value > 0) == (cell.correlation > 0) else is_not
    return f"{_in_the_book(cell)}So held at {theme.signed(value)} it says **{said}**. "


def _count(text: str, signs: str) -> int:
    return sum(text.count(sign) for sign in signs)


def _spans(is_on: np.ndarray) -> list[tuple[int, int]]:
    """Returns first and last place of each run of ones."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], is_on > 0, [0]])))
    return [(int(first), int(end) - 1) for first, end in zip(edges[::2], edges[1::2], strict=True)]
