"""Text that changes does change where a browser translates the page.

A browser's translator takes a text node out and puts `<font><font>…</font></font>` in its place.
React, which draws the page, still holds the node: it writes later text into a node that nobody sees
any more, or fails when it takes the node away, and the page goes white. So a node that was taken
out is put back, empty, beside its translation. Whatever React does next is then done to a node of
the page, and the translation goes when its text does.

The browser may translate before this script has come. Nodes taken out by then are asked of React,
which keeps them under names that it does not document: where a later React has others, those nodes
are not found, and all else goes on.
"""

from dashboard.components import from_files

_KEEPER = from_files.component(__file__)


def keep_up() -> None:
    """Looks after the text of all pages; call it once in each run, wherever it takes no room."""
    _KEEPER(key="translation", height=1)
