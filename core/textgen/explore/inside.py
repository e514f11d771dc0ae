"""What goes on inside a net while it reads: what its cells follow, and what its gates do.

Some cells follow something that people have a word for: quotes, brackets, lines, words or
sentences. They are found by comparing what every cell remembers with what the text says, place by
place.

What the gates did is worked out from what was remembered. An LSTM's cell forgets a share of what it
held (forget gate), takes in a share of something new (input gate, candidate), and shows a share of
the result (output gate). A GRU has two gates. A plain recurrent layer has none. With the states
known, all places are one product of matrices (500 characters of one LSTM of 256 take 10 ms in
NumPy), so nothing is compiled for it; a test rebuilds the states from the gates.

Reference:
    A. Karpathy, J. Johnson and L. Fei-Fei (2015). Visualizing and Understanding Recurrent Networks.
        https://arxiv.org/abs/1506.02078
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from core.textgen import GRU, LSTM, RNN

GATES = {
    LSTM: ("input", "forget", "candidate", "output"),
    GRU: ("reset", "update"),
    RNN: (),
}
_CANDIDATE = "candidate"
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


def gates_over_time(
    cell: str, arrays: Mapping[str, np.ndarray], ids: np.ndarray, states: np.ndarray
) -> dict[str, np.ndarray]:
    """Works out every gate of every layer.

    Args:
        cell: "lstm", "gru" or "rnn".
        arrays: the net's weights by dotted name, of any precision.
        ids: i32[N], characters that were read from the beginning.
        states: f32[N, layers, S, H], what was remembered after each.

    Returns:
        Gate -> f32[N, layers, H]: from 0, closed, to 1, open; an LSTM's candidate from -1 to 1.
    """
    names = GATES[cell]
    n_layers, n_units = states.shape[1], states.shape[3]
    found = {name: np.zeros((len(ids), n_layers, n_units), np.float32) for name in names}
    if not names:
        return found
    x = arrays["table"].astype(np.float32)[ids]
    for layer in range(n_layers):
        prefix = f"layers.{layer}."
        kernel, bias, recurrent = (
            arrays[prefix + name].astype(np.float32)
            for name in ("inputs.kernel", "inputs.bias", "recurrent")
        )
        hidden = states[:, layer, 0]
        before = np.concatenate([np.zeros((1, n_units), np.float32), hidden[:-1]])[: len(ids)]
        sums = x @ kernel + bias + before @ recurrent
        for number, name in enumerate(names):
            part = sums[:, number * n_units : (number + 1) * n_units]
            found[name][:, layer] = np.tanh(part) if name == _CANDIDATE else expit(part)
        x = hidden
    return found
