"""Markup with a grammar of its own: to close a tag rightly is to remember which one was opened.

    element = "<" name ">" content "</" name ">"
    content = words and elements in turn

All names begin differently, so whoever remembers the open tag knows every character of its end.
"""

import dataclasses
from typing import NamedTuple

import numpy as np

from core.errors import InputError

NAMES = ("art", "box", "cap", "den", "elm", "fig", "gem", "hub")
_LETTERS = "klmnopqrstuv"  # words hold none of the letters that names begin with
_MOST_CHILDREN = 3
END = "</"  # what every closing tag begins with


@dataclasses.dataclass(frozen=True, slots=True)
class MarkupConfig:
    """How the markup is drawn."""

    max_depth: int = 4  # open tags at once, at most
    mean_word: float = 3.0  # letters of a word, geometrically distributed
    mean_words: float = 1.5  # words between tags

    def __post_init__(self) -> None:
        """Checks the bounds."""
        if self.max_depth < 1:
            raise InputError(f"max_depth ({self.max_depth}) should be at least 1")
        for name in ("mean_word", "mean_words"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} ({getattr(self, name)}) should be at least 1")


@dataclasses.dataclass(frozen=True, slots=True)
class Markup:
    """A text, and where its tags are closed.

    Attributes:
        text: all of it.
        closes: i64[N], places of the first letter of each closing name.
        depths: i64[N], open tags there, the one to be closed included.
        distances: i64[N], characters since the opening tag's own name.
    """

    text: str
    closes: np.ndarray
    depths: np.ndarray
    distances: np.ndarray


def draw_markup(config: MarkupConfig, n_chars: int, *, seed: int) -> Markup:
    """Draws elements, a line each, until there are at least so many characters.

    Args:
        config: of the grammar.
        n_chars: fewest characters.
        seed: of everything random.
    """
    rng = np.random.default_rng(seed)
    parts: list[str] = []
    length = 0
    closes: list[tuple[int, int, int]] = []

    def write(part: str) -> None:
        nonlocal length
        parts.append(part)
        length += len(part)

    def words() -> None:
        n_words = rng.geometric(1 / config.mean_words)
        lengths = rng.geometric(1 / config.mean_word, n_words)
        write(" ".join("".join(rng.choice(list(_LETTERS), n)) for n in lengths))

    def element(depth: int) -> None:
        name = NAMES[rng.integers(len(NAMES))]
        write(f"<{name}>")
        opened = length
        words()
        if depth < config.max_depth:
            for _ in range(rng.integers(_MOST_CHILDREN)):
                element(depth + 1)
                words()
        write(END)
        closes.append((length, depth, length - opened))
        write(f"{name}>")

    while length < n_chars:
        element(1)
        write("\n")
    places = np.array(closes)
    return Markup("".join(parts), places[:, 0], places[:, 1], places[:, 2])


class OpenTag(NamedTuple):
    """A tag that is open: its name, and where its content begins."""

    name: str
    begins: int


def open_tags(text: str) -> list[OpenTag]:
    """Returns the tags that are open at the end of a text, the last one opened at the end.

    What is no tag is passed over; a closing tag closes the last open one of its name, with all
    that were opened behind it.
    """
    stack: list[OpenTag] = []
    at = 0
    while (begin := text.find("<", at)) >= 0:
        end = text.find(">", begin)
        if end < 0:
            break
        name = text[begin + 1 : end]
        if name.startswith("/"):
            names = [tag.name for tag in stack]
            if name[1:] in names:
                last = len(stack) - 1 - names[::-1].index(name[1:])
                del stack[last:]
        elif name.isalpha():
            stack.append(OpenTag(name, end + 1))
        at = end + 1
    return stack
