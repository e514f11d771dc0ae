"""What cells follow: which of them tells quotes, brackets, lines, words or sentences.

Some cells of a net that reads characters follow something that people have a word for. They are
found by comparing what every cell remembers with what the text says, place by place.

Reference:
    A. Karpathy, J. Johnson and L. Fei-Fei (2015). Visualizing and Understanding Recurrent Networks.
        https://arxiv.org/abs/1506.02078
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

LEAST = 0.2  # a weaker correlation, of either sign, is not called following
_SENTENCE_ENDS = ".!?"


def inside_quotes(text: str) -> np.ndarray:
    """1 from each opening double quote to its end, that included: f64[N]."""
    is_quote = np.array([char == '"' for char in text], bool)
    return ((np.cumsum(is_quote) - is_quote) % 2 == 1).astype(float)


def inside_brackets(text: str) -> np.ndarray:
    """1 behind an opening bracket, up to its closing one: f64[N]."""
    depth, found = 0, np.zeros(len(text))
    for at, char in enumerate(text):
        if char in ")]":
            depth = max(depth - 1, 0)
        found[at] = depth > 0
        if char in "([":
            depth += 1
    return found


def line_position(text: str) -> np.ndarray:
    """Characters since the line began: f64[N]."""
    return _since(text, lambda char: char == "\n")


def word_position(text: str) -> np.ndarray:
    """Letters since the word began, 0 between words: f64[N]."""
    return _since(text, lambda char: not char.isalnum()) * [char.isalnum() for char in text]


def sentence_start(text: str) -> np.ndarray:
    """1 behind the end of a sentence, until its first word is over: f64[N]."""
    found, waits, in_word = np.zeros(len(text)), True, False
    for at, char in enumerate(text):
        if char in _SENTENCE_ENDS:
            waits, in_word = True, False
        elif char.isalnum():
            in_word = True
        elif in_word:
            waits = False
        found[at] = waits
    return found


FEATURES: dict[str, Callable[[str], np.ndarray]] = {
    "quotes": inside_quotes,
    "brackets": inside_brackets,
    "line": line_position,
    "word": word_position,
    "sentence": sentence_start,
}


class Follower(NamedTuple):
    """A cell that follows something.

    Attributes:
        layer: from 0 on.
        cell: its number.
        correlation: between what it remembers and the feature, -1 to 1.
    """

    layer: int
    cell: int
    correlation: float


def correlations(states: np.ndarray, feature: np.ndarray) -> np.ndarray:
    """Correlates each cell with a feature: f32[N, layers, H], f64[N] -> f64[layers, H].

    A cell, or a feature, that never changes has 0.
    """
    x = states - states.mean(axis=0, dtype=np.float64)
    y = feature - feature.mean()
    scale = np.sqrt((x**2).sum(axis=0) * (y**2).sum())
    return np.divide(np.tensordot(y, x, axes=1), scale, out=np.zeros(scale.shape), where=scale > 0)


def followers(states: np.ndarray, text: str, *, n_best: int) -> dict[str, list[Follower]]:
    """Finds the cells that follow each feature of a text best.

    Args:
        states: f32[N, layers, H], what cells remember after each character.
        text: of N characters.
        n_best: how many for each feature.
    """
    found = {}
    for name, measure in FEATURES.items():
        values = correlations(states, measure(text))
        order = np.argsort(-np.abs(values), axis=None)[:n_best]
        places = zip(*np.unravel_index(order, values.shape), strict=True)
        found[name] = [
            Follower(int(layer), int(cell), float(values[layer, cell])) for layer, cell in places
        ]
    return found


def _since(text: str, is_border: Callable[[str], bool]) -> np.ndarray:
    found, count = np.zeros(len(text)), 0
    for at, char in enumerate(text):
        count = 0 if is_border(char) else count + 1
        found[at] = count
    return found
