"""A visitor's own labelled reviews: the upload, the template in its place, scores as they come.

The reviews are kept in the visitor's session and nowhere else: they go into no link and no log.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import streamlit as st

from core.errors import InputError
from core.sentiment.explore import SentimentModel
from core.sentiment.explore.uploads import (
    AT_ONCE,
    ENDINGS,
    MAX_BYTES,
    MAX_ROWS,
    Scoring,
    Uploaded,
    parse_labelled,
    written,
)
from dashboard import theme
from dashboard.app_pages.sentiment_reviews import template_reviews
from dashboard.components.text import plain, sentence

_KEY = "sentiment-own-reviews"
_FILE = f"{_KEY}-file"
_PROBLEM = f"{_KEY}-problem"
_NAMED = 3  # rows that a sentence names


class OwnReviews(NamedTuple):
    """Reviews of this session.

    Attributes:
        name: of the file; None for the template.
        scoring: the reviews, and what the models say of them as far as that is known.
    """

    name: str | None
    scoring: Scoring


def upload() -> OwnReviews:
    """Draws the field for a file and the template's buttons.

    Returns:
        The reviews of the file, or the template's as long as there is none.
    """
    if _KEY not in st.session_state:
        _use_template()
    st.file_uploader(
        "A CSV of your own reviews",
        type=list(ENDINGS),
        key=_file_key(),
        max_upload_size=MAX_BYTES // 2**20,
        on_change=_take_file,
        help=f"Columns text and label, and mine if you like; at most {MAX_ROWS:,} reviews. "
        "The file stays in this session: it is kept nowhere, and is in no link and no log.",
    )
    own: OwnReviews = st.session_state[_KEY]
    if _PROBLEM in st.session_state:
        st.error(plain(st.session_state[_PROBLEM]), icon=":material/error:")
    with st.container(horizontal=True):
        st.download_button(
            "Template",
            data=lambda: written(template_reviews.ROWS),
            file_name=template_reviews.NAME,
            mime="text/csv",
            icon=":material/download:",
            key=f"{_KEY}-download",
            on_click="ignore",
            help="A dozen reviews in the right form, for a spreadsheet or an editor.",
        )
        st.button(
            "Try it",
            icon=":material/play_arrow:",
            help="Shows the template here, without uploading anything.",
            key=f"{_KEY}-template",
            disabled=own.name is None and _PROBLEM not in st.session_state,
            on_click=_use_template,
        )
    n_reviews = theme.count(own.scoring.n_reviews)
    shown = "the template" if own.name is None else f"**{plain(own.name)}**"
    said = f"Shown now: {shown}, {n_reviews} {'review' if n_reviews == '1' else 'reviews'}."
    if own.name is None:
        said += (
            " Its column `mine` holds guesses that nobody made: put yours in their place, and you "
            "stand in the table."
        )
    elif own.scoring.uploaded.mine is None:
        said += " Add a column `mine` with your own guesses, and you stand in the table."
    st.caption(said + left_out_sentence(own.scoring.uploaded))
    return own


def left_out_sentence(uploaded: Uploaded) -> str:
    """Says which rows of a file were left out, and why; empty if none was."""
    rows = uploaded.left_out
    if not rows:
        return ""
    named = ", ".join(f"row {theme.count(row)} ({why})" for row, why in rows[:_NAMED])
    more = len(rows) - _NAMED
    counted = "1 row is" if len(rows) == 1 else f"{theme.count(len(rows))} rows are"
    return f" {counted} left out: {named}" + (
        f", and {theme.count(more)} more." if more > 0 else "."
    )


def logits(own: OwnReviews, models: Mapping[str, SentimentModel]) -> dict[str, np.ndarray]:
    """Scores the reviews with every model, with a line of progress where that takes a while.

    Args:
        own: reviews that may be scored in part already.
        models: name -> model.

    Returns:
        name -> f32[R].
    """
    n_reviews = own.scoring.n_reviews
    bar = st.empty()
    for number, model in enumerate(models.values()):
        for done in own.scoring.go_on(model):
            if n_reviews > AT_ONCE:
                bar.progress(
                    (number + done / n_reviews) / len(models),
                    f"{plain(model.title)}: {theme.count(done)} of {theme.count(n_reviews)} "
                    "reviews. Take the file out to stop.",
                )
    bar.empty()
    return {name: own.scoring.logits(model) for name, model in models.items()}


def _file_key() -> str:
    """The field's key; another one makes it empty."""
    return f"{_FILE}-{st.session_state.get(_FILE, 0)}"


def _take_file() -> None:
    """Reads the file that was put into the field; what was shown before stays if it is unusable."""
    file = st.session_state[_file_key()]
    st.session_state.pop(_PROBLEM, None)
    if file is None:
        _show(None, written(template_reviews.ROWS))
        return
    try:
        _show(file.name, file.getvalue())
    except InputError as error:
        st.session_state[_PROBLEM] = sentence(error)


def _use_template() -> None:
    st.session_state.pop(_PROBLEM, None)
    st.session_state[_FILE] = st.session_state.get(_FILE, 0) + 1
    _show(None, written(template_reviews.ROWS))


def _show(name: str | None, data: bytes) -> None:
    uploaded = parse_labelled(data, name or template_reviews.NAME)
    st.session_state[_KEY] = OwnReviews(name, Scoring(uploaded))
