"""The visitor's review: a live field, samples to start from, words dropped, a second text pinned.

The text stays in the visitor's session. It goes into no link and no log; a link carries the name of
a sample only.
"""

import streamlit as st

from core.tokens import locate, tokenize_typed
from dashboard import theme, view_state
from dashboard.components import sample_text
from dashboard.sample_reviews import SAMPLES

KEY = "sentiment-text"  # of the field: pages about reviews share what was typed
MOST_WORDS, MOST_CHARACTERS = 5_000, 40_000  # scored and drawn in about half a second of one core
LIMITS = f"{theme.count(MOST_WORDS)} words or {theme.count(MOST_CHARACTERS)} characters"
_HEIGHT = 190  # px


def samples(view: view_state.View) -> str:
    """Draws the samples to begin with, the control `sample`, and returns the chosen one's name."""
    return view.segmented_control(
        "sample", "Begin with", list(SAMPLES), next(iter(SAMPLES)), lambda name: SAMPLES[name].title
    )


def field(view: view_state.View, sample: str) -> str:
    """Draws the field.

    Args:
        view: the page's controls.
        sample: name of the sample; another one than before takes the place of what stands there.

    Returns:
        What stands in the field. The page ends here if that is more than can be scored while one
        types; it stays in the field.
    """
    text = sample_text.field(
        view,
        KEY,
        (sample, SAMPLES[sample].text),
        label="Your review",
        height=_HEIGHT,
        help=f"Scored whenever you pause, up to {LIMITS}.",
        noun="review",
        placeholder="Type or paste a film review",
    )
    too_long = excess(text)
    if too_long:
        st.warning(too_long, icon=":material/text_fields:")
        st.stop()
    return text


def excess(text: str) -> str:
    """Says by how much a text is too long to be scored while one types; nothing if it is not."""
    n_characters = len(text)
    if n_characters > MOST_CHARACTERS:
        has = f"{theme.count(n_characters)} characters"
    elif (n_words := len(tokenize_typed(text))) > MOST_WORDS:
        has = f"{theme.count(n_words)} words and signs"
    else:
        return ""
    return (
        f"Your text has {has}; up to {LIMITS} are scored here. It stays in the field as you wrote "
        "it: shorten it, and it is scored again. `python -m core sentiment score` takes longer "
        "ones."
    )


def put(text: str, page: str) -> None:
    """Puts a text into the field, for a page that is opened next.

    Args:
        text: of a review.
        page: name of its controls; it forgets its sample, which would take the text's place.
    """
    sample_text.put(KEY, text, page)


def drop_word(place: int, *, of: str) -> None:
    """Takes a token out of the field; for a strip's `on_drop`.

    Args:
        place: of the token among the text's.
        of: the text; if another one stands in the field by now, nothing is taken out.
    """
    text = st.session_state.get(KEY) or ""
    tokens = tokenize_typed(text)
    if text != of or not 0 <= place < len(tokens):
        return
    found = locate(text, tokens)[place]
    if found is None:  # it stands there in other letters: what remains is written as tokens
        sample_text.write(KEY, " ".join(tokens[:place] + tokens[place + 1 :]))
        return
    start, end = found
    while end < len(text) and text[end] == " " and (not start or text[start - 1] == " "):
        end += 1
    sample_text.write(KEY, text[:start] + text[end:])
