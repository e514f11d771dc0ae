"""The visitor's review: a live field, samples to start from, words dropped, a second text pinned.

The text stays in the visitor's session. It goes into no link and no log; a link carries the name of
a sample only.
"""

import streamlit as st

from core.sentiment.reading import MAX_CHARACTERS
from core.tokens import locate, tokenize
from dashboard import view_state
from dashboard.components import live_text
from dashboard.sample_reviews import SAMPLES

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
        What stands in the field, at most `MAX_CHARACTERS`.
    """
    key = text_key(view)
    if st.session_state.get(f"{key}-sample") != sample:
        st.session_state[f"{key}-sample"] = sample
        st.session_state[key] = SAMPLES[sample].text
    text = st.text_area(
        "Your review",
        key=key,
        height=_HEIGHT,
        max_chars=MAX_CHARACTERS,
        persist_state="session",
        placeholder="Type or paste a film review",
        help="Scored whenever you pause. The text stays in this session: it is in no link and no "
        "log.",
    )
    live_text.make_live(key)
    return text or ""


def text_key(view: view_state.View) -> str:
    """Returns the key of the field."""
    return f"{view.name}-text"


def drop_word(key: str, place: int) -> None:
    """Takes a token out of a field; for the `on_drop` of a strip.

    Args:
        key: of the field.
        place: of the token, among all of the text's.
    """
    text = st.session_state.get(key) or ""
    tokens = tokenize(text)
    if not 0 <= place < len(tokens):
        return
    found = locate(text, tokens)[place]
    if found is None:  # it stands there in other letters: what remains is written as tokens
        st.session_state[key] = " ".join(tokens[:place] + tokens[place + 1 :])
        return
    start, end = found
    while end < len(text) and text[end] == " " and (not start or text[start - 1] == " "):
        end += 1
    st.session_state[key] = text[:start] + text[end:]
