"""A net at work on a page: piece after piece, until it is done or somebody stops it.

What is written belongs to a key, all that it follows from; another key begins anew. The text stays
in the visitor's session.
"""

import dataclasses
import math
from collections.abc import Callable, Hashable, Iterator
from typing import NamedTuple

import streamlit as st

from core.errors import InputError
from core.textgen.explorer import Passage
from dashboard.components.noted_text import Noted, joined, noted

_POLL = 0.2  # s between two pieces that are shown
_MOST_SHOWN = 16  # times that a growing text is sent to the browser
_PIECE = 64  # characters that a net writes at once


class Branch(NamedTuple):
    """Where a text was turned: what is kept of it, the other character last."""

    key: Hashable  # of what it was a part
    kept: Noted

    @property
    def place(self) -> int:
        """Of the character that was put there."""
        return len(self.kept.text) - 1


@dataclasses.dataclass
class Run:
    """A text that grows.

    Attributes:
        key: all that it follows from.
        written: so far.
        n_chars: how many are wanted.
        branch: where it was turned, if anywhere.
        is_stopped: somebody stopped it.
        problem: why nothing can be written, or nothing more.
    """

    key: Hashable
    written: Noted
    n_chars: int
    branch: Branch | None
    pieces: Iterator[Passage]
    is_stopped: bool = False
    problem: str = ""

    @property
    def is_done(self) -> bool:
        """Says whether all is written."""
        return len(self.written.text) >= self.n_chars or bool(self.problem)

    @property
    def is_running(self) -> bool:
        """Says whether it goes on by itself."""
        return not self.is_done and not self.is_stopped

    def go_on(self) -> None:
        """Writes as much as is shown at once."""
        for _ in range(max(1, math.ceil(self.n_chars / _PIECE / _MOST_SHOWN))):
            try:
                piece = next(self.pieces, None)
            except InputError as error:
                self.problem = str(error)
                return
            if piece is None:
                return
            self.written = joined(self.written, noted([piece]))

    def stop(self) -> None:
        """Keeps what is written."""
        self.is_stopped = True

    def resume(self) -> None:
        """Goes on behind it."""
        self.is_stopped = False


def branch_of(page: str, key: Hashable) -> Branch | None:
    """Returns where the visitor turned the text that follows from a key, if it was turned."""
    branch = st.session_state.get(_branch_key(page))
    return branch if branch is not None and branch.key == key else None


def turn(page: str, key: Hashable, kept: Noted) -> None:
    """Keeps the beginning of a text, so that another end is written."""
    st.session_state[_branch_key(page)] = Branch(key, kept)


def turn_back(page: str) -> None:
    """Forgets where the text was turned."""
    st.session_state.pop(_branch_key(page), None)


def current(
    page: str,
    key: Hashable,
    n_chars: int,
    branch: Branch | None,
    begin: Callable[[str, int], Iterator[Passage]],
) -> Run:
    """Returns the run of a key, begun if it is another one than before.

    Args:
        page: whose run it is.
        key: all that it follows from.
        n_chars: how many are wanted.
        branch: what is kept of an earlier text.
        begin: takes what was kept of an earlier text and how many characters to write behind it.
    """
    name = f"{page}-run"
    found = st.session_state.get(name)
    if not isinstance(found, Run) or found.key != key:
        kept = branch.kept if branch is not None else noted([])
        found = Run(key, kept, n_chars, branch, begin(kept.text, n_chars - len(kept.text)))
        st.session_state[name] = found
    return found


def show(run: Run, draw: Callable[[], None]) -> None:
    """Draws a run; while it goes on, again and again with more of it.

    Args:
        run: from `current`.
        draw: draws what is written.
    """
    if run.is_running:
        st.fragment(_grow, run_every=_POLL)(run, draw)
    else:
        draw()


def _grow(run: Run, draw: Callable[[], None]) -> None:
    if run.is_running:
        run.go_on()
    draw()
    if not run.is_running:
        st.rerun()  # with all that a finished text has


def _branch_key(page: str) -> str:
    return f"{page}-branch"
