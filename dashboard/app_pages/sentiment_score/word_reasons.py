"""A review's words coloured by what they add to a model's logit."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st

from core.sentiment.explore import Explanation, SentimentModel
from core.sentiment.explore.reading import Fate, Reading
from core.tokens import locate
from dashboard import theme
from dashboard.components import review_text, word_strip
from dashboard.components.text import plain
from dashboard.components.word_strip import Word

SHARES, DROPPED = "what each word adds", "what if a word were gone"
MOST_SHOWN = 700  # words in a strip
MOST_DROPPED = 500  # words that are left out one by one: as many scorings, two to four seconds
_LEAST_FULL = 0.5  # of the logit: a word that adds so much has the full colour in any text


class Reasons(NamedTuple):
    """Why a model says what it says of a text.

    Attributes:
        explanation: exact parts or integrated gradients.
        values: f64[n], what colours the words that were read.
        how: `SHARES` or `DROPPED`, what the values are.
    """

    explanation: Explanation
    values: np.ndarray
    how: str


def reasons(model: SentimentModel, text: str, how: str) -> Reasons:
    """Asks a model why, in one of two ways; of a long text always by `SHARES`."""
    explanation = model.explain(text)
    if how == DROPPED and len(explanation.values) <= MOST_DROPPED:
        return Reasons(explanation, model.without_each(text), DROPPED)
    return Reasons(explanation, explanation.values, SHARES)


def draw(
    model: SentimentModel, text: str, found: Reasons, how: str, *, key: str, can_drop: bool
) -> None:
    """Draws the words of a text, the last ones where it is long.

    Args:
        model: that was asked.
        text: as the visitor wrote it.
        found: what it said.
        how: `SHARES` or `DROPPED`, as it was asked for.
        key: unique in the app.
        can_drop: whether a clicked word is taken out of the visitor's review.
    """
    reading = found.explanation.score.reading
    words = words_of(model, text, found)
    first = max(len(words) - MOST_SHOWN, 0)
    largest = float(np.abs(found.values).max(initial=0))

    def drop() -> None:
        place = word_strip.dropped(key, [word.text for word in words[first:]])
        if place is not None:
            review_text.drop_word(first + place, of=text)

    if found.how != how:
        st.caption(
            f"“What if a word were gone” is answered for up to {MOST_DROPPED} words, and here are "
            f"{theme.count(len(found.values))}: shown is what each word adds."
        )
    if first:
        st.caption(
            "One earlier word is not shown."
            if first == 1
            else f"{theme.count(first)} earlier words are not shown."
        )
    word_strip.strip(
        words[first:],
        key=key,
        label=f"The words of the review, coloured by what they say to: {model.title}",
        hint="Point at a word for its number; click one to take it out."
        if can_drop
        else "The pinned text.",
        most=max(largest, _LEAST_FULL),
        on_drop=drop if can_drop else None,
    )
    st.caption(reading_sentence(model, reading))


def words_of(model: SentimentModel, text: str, found: Reasons) -> list[Word]:
    """Makes a word of the strip of every token of a text."""
    reading = found.explanation.score.reading
    values: dict[int, float] = dict(
        zip(reading.places.tolist(), found.values.tolist(), strict=True)
    )
    words = []
    places = locate(text, reading.tokens)
    for number, (token, fate) in enumerate(zip(reading.tokens, reading.fates, strict=True)):
        place = places[number]
        shown = token if place is None else text[place[0] : place[1]]
        value = values.get(number)
        words.append(Word(shown, fate.value, value, _said(model, fate, value, found.how)))
    return words


def _said(model: SentimentModel, fate: Fate, value: float | None, how: str) -> str:
    if fate is Fate.CUT:
        return f"cut, for this model reads the last {model.length} words"
    if fate is Fate.UNREAD:
        return "not read: punctuation, which is no word to this model"
    assert value is not None  # each word that was read has one
    unk = ""
    if fate is Fate.UNK:
        unk = (
            "unk: this model sees only that some word outside its vocabulary stands here; "
            if model.reads_unk
            else "unk, outside its vocabulary, so in no n-gram that this model knows; "
        )
    if how == SHARES:
        return f"{unk}adds {theme.signed(value)} to the logit"
    return f"{unk}without it the logit would be {theme.signed(-value)} away"


def largest(model: SentimentModel, words: Sequence[str], found: Reasons) -> str:
    """Says which words speak most for the film and against it, as far as any do.

    Args:
        model: that was asked.
        words: that were read, in order.
        found: what it said.
    """
    to_it = f"To {plain(model.title)}, "
    if not len(found.values):
        return f"{to_it}there is no word here to speak for or against it."
    best, worst = int(found.values.argmax()), int(found.values.argmin())
    most, least = (theme.signed(float(found.values[place])) for place in (best, worst))
    speaks_for, speaks_against = most[0] == "+", least[0] == theme.MINUS  # 0.00 has no sign
    if not (speaks_for or speaks_against):
        return f"{to_it}no word speaks for it or against it."
    for_it = f"“{plain(words[best])}” speaks most for it ({most})"
    against = f"“{plain(words[worst])}” ({least})"
    if speaks_for and speaks_against:
        said = f"{for_it} and {against} most against it. "
    elif speaks_for:
        said = f"{for_it}; no word speaks against it. "
    else:
        said = f"no word speaks for it; {against} speaks most against it. "
    colours = []
    if speaks_for:
        colours.append("blue with a solid line speaks for the film")
    if speaks_against:
        colours.append("vermilion with a dotted line speaks against it")
    legend = ", ".join(colours)
    return f"{to_it}{said}{legend[0].upper()}{legend[1:]}."


def reading_sentence(model: SentimentModel, reading: Reading) -> str:
    """Says what the model makes of the text before it thinks."""
    n_read = len(reading.places)
    parts = [f"{theme.counted(n_read, 'word')} read"]
    if unk := reading.count(Fate.UNK):
        parts.append(
            "and it is outside this model’s vocabulary (unk)"
            if unk == n_read == 1
            else f"{theme.count(unk)} of them outside this model’s vocabulary (unk)"
        )
    if cut := reading.count(Fate.CUT):
        first = "the first one" if cut == 1 else f"the first {theme.count(cut)}"
        parts.append(f"{first} cut, for it reads the last {model.length}")
    if reading.padding:
        parts.append(f"{theme.counted(reading.padding, 'place')} of padding in front")
    return ", ".join(parts) + "."
