"""What every net in NumPy is asked for, and the table of word vectors that most of them share."""

from typing import Protocol

import numpy as np

from core.sentiment.sliding import Arrays


class Net(Protocol):
    """What is asked of every net."""

    length: int
    table: np.ndarray

    def embed(self, ids: np.ndarray) -> np.ndarray:
        """Looks ids up: i32[B, L] -> f32[B, L, E]."""

    def logits(self, x: np.ndarray, is_word: np.ndarray) -> np.ndarray:
        """Scores embedded reviews: f32[B]."""


class DifferentiableNet(Net, Protocol):
    """What explaining a net that is no sum of n-grams asks of it besides."""

    def gradient(self, x: np.ndarray, is_word: np.ndarray) -> np.ndarray:
        """Differentiates the logits by x: f32[B, L, E]."""


class Embedded:
    """The part that all nets share: a table of word vectors.

    Args:
        arrays: weights by dotted name.
        length: L.
    """

    def __init__(self, arrays: Arrays, length: int) -> None:
        self.length = length
        self.table = np.array(arrays["embedding.table"], np.float32)

    def embed(self, ids: np.ndarray) -> np.ndarray:
        """Looks ids up: i32[B, L] -> f32[B, L, E]."""
        return self.table[ids]
