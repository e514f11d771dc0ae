"""What a net wrote for a visitor: written in one run of the page, kept in the session, turned.

A text belongs to a key, all that it follows from; another key has another text. Everything is
written before the page goes on, so nothing that is still to come can meet a page that has changed
meanwhile; the browser lets the finished text appear character by character.
"""

import dataclasses
from collections.abc import Callable, Hashable, Iterator
from typing import NamedTuple

import streamlit as st

from core.errors import InputError
from core.textgen.explore import TextTrace
from dashboard import theme
from dashboard.components.scored_text import ScoredText, joined, scored

_PIECES_A_REPORT = 8  # of how far the net is, when a visitor's next wish is heard, too


class Branch(NamedTuple):
    """Where a text was turned: what stands before the turn, the other character last."""

    key: Hashable  # of what it was a part
    prefix: ScoredText

    @property
    def place(self) -> int:
        """Of the character that was put there."""
        return len(self.prefix.text) - 1


@dataclasses.dataclass(frozen=True)
class Written:
    """A text that a net wrote.

    Attributes:
        key: all that it follows from.
        text: all of it, with the prefix of an earlier one.
        branch: where it was turned, if anywhere.
        number: of the texts that this session has seen, from 1 on.
        problem: why nothing could be written.
    """

    key: Hashable
    text: ScoredText
    branch: Branch | None
    number: int
    problem: str = ""


def branch_of(page: str, key: Hashable) -> Branch | None:
    """Returns where the visitor turned the text that follows from a key, if it was turned."""
    branch = st.session_state.get(_branch_key(page))
    return branch if branch is not None and branch.key == key else None


def turn(page: str, key: Hashable, prefix: ScoredText) -> None:
    """Keeps the beginning of a text, so that another end is written."""
    st.session_state[_branch_key(page)] = Branch(key, prefix)


def turn_back(page: str) -> None:
    """Forgets where the text was turned."""
    st.session_state.pop(_branch_key(page), None)


def written(
    page: str,
    key: Hashable,
    n_chars: int,
    branch: Branch | None,
    begin: Callable[[str, int], Iterator[TextTrace]],
) -> Written:
    """Returns the text of a key, written now if it is another one than before.

    A longer text shows meanwhile how far it is. If the visitor does something else, this run of
    the page ends there and nothing is kept of the text.

    Args:
        page: whose text it is.
        key: all that it follows from.
        n_chars: how many are wanted.
        branch: the prefix of an earlier text.
        begin: takes the text of that prefix and how many characters to write behind it.
    """
    name, meanwhile = f"{page}-written", st.empty()
    found = st.session_state.get(name)
    if isinstance(found, Written) and found.key == key:
        return found
    prefix = branch.prefix if branch is not None else scored([])
    pieces, problem, n_left = [], "", n_chars - len(prefix.text)
    try:
        for piece in begin(prefix.text, n_left):
            pieces.append(piece)
            n_left -= len(piece.text)
            if n_left and len(pieces) % _PIECES_A_REPORT == 0:
                done = n_chars - n_left
                meanwhile.progress(
                    done / n_chars, f"{theme.count(done)} of {theme.count(n_chars)} characters"
                )
    except InputError as error:
        problem = str(error)
    meanwhile.empty()
    number = found.number + 1 if isinstance(found, Written) else 1
    found = Written(key, joined(prefix, scored(pieces)), branch, number, problem)
    st.session_state[name] = found
    return found


def _branch_key(page: str) -> str:
    return f"{page}-branch"
