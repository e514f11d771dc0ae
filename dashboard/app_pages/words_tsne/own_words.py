"""Words of one's own for a map: a field that keeps them, and what to do about unknown ones."""

import streamlit as st

from core.words.explore.live import split_words
from core.words.explore.vectors import WordVectors
from dashboard import view_state
from dashboard.components.text import plain
from dashboard.control_setting import Control
from dashboard.link_values import Text

MOST_LINKED = 300  # characters that go into the link
_MOST_SUGGESTED, _MOST_NAMED, _SHOWN = 8, 40, 40  # words, words, letters of a word


def words_area(view: view_state.View) -> str:
    """Draws the field for words of one's own; short texts go into the link, long ones do not.

    Args:
        view: the page's controls; this one is called `pasted`.

    Returns:
        What stands in the field, however long.
    """
    name, label = "pasted", "Your words"
    key = f"{view.name}_{name}"
    is_shown, is_locked = view.is_shown(name), view.is_locked(name)
    linked = st.query_params.get(key, "")
    kept = st.session_state.get(f"{key}-kept", linked)
    if not is_shown:
        text = linked
    else:
        st.session_state.setdefault(key, kept)
        if is_locked:
            st.session_state[key] = linked
        text = st.text_area(
            label,
            key=key,
            height=100,
            disabled=is_locked,
            placeholder="school university teacher student … with spaces, commas or line ends",
            help=f"Up to {MOST_LINKED} characters go into the page's address; a longer list stays "
            "on this page.",
        )
        st.session_state[f"{key}-kept"] = text
        if not is_locked:
            _link(key, text)
    short = text if len(text) <= MOST_LINKED else ""
    view.controls[name] = Control(name, label, key, Text(MOST_LINKED), short, is_shown, is_locked)
    return text


def _link(key: str, text: str) -> None:
    if text and len(text) <= MOST_LINKED:
        if st.query_params.get(key) != text:
            st.query_params[key] = text
    elif key in st.query_params:
        del st.query_params[key]


def offer_to_leave_out(vectors: WordVectors, text: str, view: view_state.View) -> None:
    """Names every unknown word with near spellings, and offers to go on without them.

    Args:
        vectors: that should know the words.
        text: what stands in the field.
        view: the page's controls.
    """
    unknown = unknown_words(vectors, text)
    if not unknown:
        return
    listed = [
        f"**{plain(word[:_SHOWN])}**" + (f" ({plain(', '.join(near))}?)" if near else "")
        for word, near in list(unknown.items())[:_MOST_NAMED]
    ]
    more = f" and {len(unknown) - len(listed)} more" if len(unknown) > len(listed) else ""
    st.markdown(f"Not known: {', '.join(listed)}{more}.")
    st.button(
        "Leave them out",
        key=f"{view.name}-leave-out",
        on_click=view.set,
        kwargs={"pasted": without(text, set(unknown))},
    )


def unknown_words(vectors: WordVectors, text: str) -> dict[str, list[str]]:
    """Returns the pasted words that the vectors do not know, the first ones with near spellings."""
    typed = dict.fromkeys(split_words(text))
    missing = [word for word in typed if not vectors.knows(word)]
    return {
        word: vectors.suggest(word) if place < _MOST_SUGGESTED else []
        for place, word in enumerate(missing)
    }


def without(text: str, words: set[str]) -> str:
    """Returns a pasted text less some of its words."""
    return " ".join(word for word in split_words(text) if word not in words)
