"""A linear model on word n-grams: its settings, what it knows, and what it says of a text.

How it is fitted stands in `core.sentiment.train.nbsvm`. NumPy alone.
"""

import dataclasses

import numpy as np

from core.errors import InputError
from core.reviews import texts_of
from core.sentiment.data import MAX_ORDER, pack

_SCORED_AT_ONCE = 250  # texts: what is sorted stays in the caches


@dataclasses.dataclass(frozen=True, slots=True)
class NbsvmConfig:
    """Settings of the linear model."""

    order: int = 3  # longest n-gram, 1 to 3
    min_reviews: int = 5  # training reviews that an n-gram must stand in
    smoothing: float = 1.0  # added to each count
    inverse_penalty: float = 20.0  # C of the logistic regression; larger trusts the data more

    def __post_init__(self) -> None:
        """Checks the bounds."""
        if not 1 <= self.order <= MAX_ORDER:
            raise InputError(f"order ({self.order}) should be from 1 to {MAX_ORDER}")
        if self.min_reviews < 1:
            raise InputError(f"min_reviews ({self.min_reviews}) should be at least 1")
        for name in ("smoothing", "inverse_penalty"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} ({getattr(self, name)}) should be above 0")


@dataclasses.dataclass(frozen=True, slots=True)
class NgramWeights:
    """A fitted linear model. An n-gram counts once a text, and all n-grams share a length of 1.

    Attributes:
        keys: i64[N], the n-grams it knows, ascending; see `core.sentiment.data`.
        weights: f32[N], what each adds to the logit, before division by the text's length.
        bias: added to every logit.
    """

    keys: np.ndarray
    weights: np.ndarray
    bias: float

    def find(self, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Looks n-grams up: bool[M] whether each is known, and its place in `keys`, i64[M]."""
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return self.keys[at] == wanted, at

    def logits(self, ids: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Scores texts.

        Args:
            ids: i32[T], one text after the other; -1 for a word that it does not know.
            starts: i64[R + 1], where each begins.

        Returns:
            f32[R]; the bias alone for a text without a known n-gram.
        """
        parts = [np.zeros(0, np.float32)]
        for first in range(0, len(starts) - 1, _SCORED_AT_ONCE):
            some = starts[first : first + _SCORED_AT_ONCE + 1]
            parts.append(self._logits(ids[some[0] : some[-1]], some - some[0]))
        return np.concatenate(parts)

    def _logits(self, ids: np.ndarray, starts: np.ndarray) -> np.ndarray:
        n_texts = len(starts) - 1
        packed, places = pack(ids, starts, order=MAX_ORDER)
        texts = texts_of(starts)[places]
        different, number = np.unique(packed, return_inverse=True)  # near ones are found quicker
        known, at = self.find(different)
        stays = known[number]
        # a text's n-grams, each once
        pairs = np.unique(texts[stays] * np.int64(len(self.keys)) + at[number[stays]])
        texts, at = np.divmod(pairs, len(self.keys))
        sums = np.bincount(texts, self.weights[at], n_texts)
        lengths = np.sqrt(np.maximum(np.bincount(texts, minlength=n_texts), 1))
        return (sums / lengths + self.bias).astype(np.float32)
