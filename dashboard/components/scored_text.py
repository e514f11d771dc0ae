"""A text with what a net thought at each character: the strip, and what else it held likely there.

Texts that visitors type, and what nets write behind them, are shown as plain text only.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Mapping

import numpy as np
import streamlit as st

from core.textgen.explore import TextModel, TextTrace
from dashboard.components import page, width
from dashboard.components.char_strip import char_strip, clicked
from dashboard.components.chart import chart
from dashboard.components.text import plain
from dashboard.figures import alternatives as figures

FULL = 6.0  # bits: a character that surprises so much has the fullest colour
LEGEND = ("expected", f"surprising: {FULL:g} bits or more, 1 in {2**FULL:.0f} or less")
_NAMED = 6  # characters that a sentence names
_CONTEXT = 8  # characters in front of a place that a title shows
_N_LIKELIEST = 3  # alternatives that are named for a character


@dataclasses.dataclass(frozen=True, slots=True)
class ScoredText:
    """Some characters of a text, and what a net thought of them.

    Attributes:
        text: N characters.
        bits: f64[N], surprise at each given all before it.
        likeliest: N strings, the characters that it thought likeliest, the best first.
        shares: N arrays, their probabilities.
    """

    text: str
    bits: np.ndarray
    likeliest: list[str]
    shares: list[np.ndarray]

    @property
    def bits_per_char(self) -> float:
        """The mean of `bits`; nan for an empty text."""
        return float(self.bits.mean()) if len(self.bits) else float("nan")

    def until(self, place: int) -> "ScoredText":
        """Returns what stands before a place."""
        return ScoredText(
            self.text[:place], self.bits[:place], self.likeliest[:place], self.shares[:place]
        )

    def since(self, place: int) -> "ScoredText":
        """Returns what stands from a place on."""
        return ScoredText(
            self.text[place:], self.bits[place:], self.likeliest[place:], self.shares[place:]
        )

    def turned(self, place: int, char: str) -> "ScoredText":
        """Returns what stands before a place, and there another of the likeliest characters."""
        share = float(self.shares[place][self.likeliest[place].index(char)])
        before = self.until(place)
        return ScoredText(
            before.text + char,
            np.append(before.bits, -np.log2(share)),
            [*before.likeliest, self.likeliest[place]],
            [*before.shares, self.shares[place]],
        )


def scored(traces: Iterable[TextTrace]) -> ScoredText:
    """Puts the scores of pieces of a text together, in order."""
    pieces = list(traces)
    return ScoredText(
        "".join(piece.text for piece in pieces),
        np.concatenate([np.zeros(0), *(piece.bits for piece in pieces)]),
        [chars for piece in pieces for chars in piece.likeliest],
        [shares for piece in pieces for shares in piece.shares],
    )


def joined(first: ScoredText, second: ScoredText) -> ScoredText:
    """Puts two parts of a text together."""
    return ScoredText(
        first.text + second.text,
        np.concatenate([first.bits, second.bits]),
        first.likeliest + second.likeliest,
        first.shares + second.shares,
    )


def sample_of(model: TextModel, prime: str, text: str, epoch: int) -> ScoredText:
    """Asks the net of an epoch what it thinks of a text behind a prime; returns the text only."""
    given = model.reading_of(prime).text
    return scored([model.read(given + text, epoch=epoch)]).since(len(given))


def strip(
    what: ScoredText,
    *,
    key: str,
    label: str,
    given: str = "",
    marked: int | None = None,
    chosen: int | None = None,
    hint: str = "",
    has_legend: bool = True,
    number: int | None = None,
    since: int = 0,
    on_choose: Callable[[int], None] | None = None,
) -> None:
    """Draws a text, each character shaded by how much it surprised the net.

    Args:
        what: the text.
        key: unique in the app.
        label: what it is, for those who do not see it.
        given: stands in front, without a shade.
        marked: place in `what` to point out.
        chosen: another one.
        hint: what stands below until a character is pointed at.
        has_legend: say what the shades mean.
        number: of the text among those that this strip has shown; a new one appears character by
            character. None for a text that stands there at once.
        since: place in `what` from which on it appears so.
        on_choose: called with the place in `what` that was clicked.
    """
    n_given = len(given)

    def choose() -> None:
        place = clicked(key)
        if on_choose is not None and place is not None and place >= n_given:
            on_choose(place - n_given)

    char_strip(
        [*given, *what.text],
        [0.0] * n_given + (what.bits / FULL).tolist(),
        ["what it was given"] * n_given + [said(what, at) for at in range(len(what.text))],
        key=key,
        signed=False,
        marked=None if marked is None else marked + n_given,
        chosen=None if chosen is None else chosen + n_given,
        n_given=n_given,
        legend=LEGEND if has_legend else None,
        label=label,
        hint=hint,
        clickable=on_choose is not None,
        on_click=choose,
        number=number,
        since=since + n_given,
    )


def said(what: ScoredText, place: int) -> str:
    """Says how likely a character was to the net, and what it held likeliest there."""
    others = ", ".join(
        f"“{figures.sign(char)}” {figures.likely(float(share))}"
        for char, share in list(zip(what.likeliest[place], what.shares[place], strict=True))[
            :_N_LIKELIEST
        ]
    )
    bits = float(what.bits[place])
    return f"{figures.likely(2.0**-bits)} likely ({bits:.2f} bits); likeliest: {others}"


def alternatives(what: ScoredText, place: int, *, key: str) -> None:
    """Draws what a net held likely at a place, as bars.

    Args:
        what: the text.
        place: in it.
        key: unique in the app.
    """
    table = figures.shares_at(
        what.text[place], float(2.0 ** -what.bits[place]), what.likeliest[place], what.shares[place]
    )
    first = max(place - _CONTEXT, 0)
    before = ("…" if first else "") + "".join(map(figures.sign, what.text[first:place]))
    title = f"What could have come as character {place + 1}"
    if before:
        title += f", behind “{before}”"
    look = page.look()
    chart(
        figures.alternatives(
            table, title=title, width=width.known(key, 460), font_size=look.letters
        ),
        key=key,
        alt=f"{title}: "
        + ", ".join(
            f"{row.sign} {figures.likely(row.share)}" for row in table.itertuples(index=False)
        ),
        data=table.drop(columns="sign"),
        filename="textgen-alternatives",
    )


def turns(what: ScoredText, place: int, *, key: str, turn: Callable[[ScoredText], None]) -> None:
    """Draws a button for each of the likeliest characters at a place that was not taken.

    Args:
        what: the text.
        place: in it.
        key: of all buttons together.
        turn: called with the text up to there and the other character.
    """
    for number, (char, share) in enumerate(
        zip(what.likeliest[place], what.shares[place], strict=True)
    ):
        if char == what.text[place]:
            continue
        st.button(
            f"“{plain(figures.sign(char))}”, {figures.likely(float(share))}",
            key=f"{key}-{number}",
            on_click=functools.partial(_turn, what, place, char, turn),
            width="stretch",
        )


def _turn(what: ScoredText, place: int, char: str, turn: Callable[[ScoredText], None]) -> None:
    turn(what.turned(place, char))


def read_otherwise(replaced: Mapping[str, str], n_known: int) -> None:
    """Says which characters of a text a net does not know, and how it reads them.

    Args:
        replaced: character -> what is read instead of it.
        n_known: characters that the net knows.
    """
    note = st.empty()  # there in any case: what is below keeps its place, and stands there once
    if not replaced:
        return
    named = [
        f"“{plain(char)}” " + (f"as “{plain(other)}”" if other.strip() else "as a space")
        for char, other in list(replaced.items())[:_NAMED]
    ]
    more = len(replaced) - len(named)
    note.caption(
        f"The net knows {n_known} characters. It reads {', '.join(named)}"
        + (f", and {more} more in such ways." if more > 0 else ".")
    )
