"""The visitor's review: a live field, samples to start from, words dropped, a second text pinned.

The text stays in the visitor's session. It goes into no link and no log; a link carries the name of
a sample only.
"""

import streamlit as st

from core.sentiment.reading import MAX_CHARACTERS
from core.tokens import locate, tokenize_typed
from dashboard import view_state
from dashboard.components import live_text
from dashboard.sample_reviews import SAMPLES

KEY = "sentiment-text"  # of the field: pages about reviews share what was typed
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
    used = _used(view.name)
    is_first = used not in st.session_state and f"{view.name}_sample" not in st.query_params
    if st.session_state.get(used) != sample and not (is_first and KEY in st.session_state):
        st.session_state[KEY] = SAMPLES[sample].text
    st.session_state[used] = sample
    text = st.text_area(
        "Your review",
        key=KEY,
        height=_HEIGHT,
        max_chars=MAX_CHARACTERS,
        persist_state="session",
        placeholder="Type or paste a film review",
        help="Scored whenever you pause. The text stays in this session: it is in no link and no "
        "log.",
    )
    live_text.make_live(KEY)
    return text or ""


def put(text: str, page: str) -> None:
    """Puts a text into the field, for a page that is opened next.

    Args:
        text: of a review.
        page: name of its controls; it forgets its sample, which would take the text's place.
    """
    st.session_state[KEY] = text
    st.session_state.pop(_used(page), None)


def drop_word(place: int) -> None:
    """Takes a token out of the field, by its place among the text's; for a strip's `on_drop`."""
    text = st.session_state.get(KEY) or ""
    tokens = tokenize_typed(text)
    if not 0 <= place < len(tokens):
        return
    found = locate(text, tokens)[place]
    if found is None:  # it stands there in other letters: what remains is written as tokens
        st.session_state[KEY] = " ".join(tokens[:place] + tokens[place + 1 :])
        return
    start, end = found
    while end < len(text) and text[end] == " " and (not start or text[start - 1] == " "):
        end += 1
    st.session_state[KEY] = text[:start] + text[end:]


def _used(page: str) -> str:
    """Returns the key of the sample that a page has put into the field."""
    return f"{page}-sample-used"
