"""A linear model on word n-grams: what it knows, and what it says of a text."""

import dataclasses

import numpy as np

from core.sentiment.ngrams import MAX_ORDER, pack


@dataclasses.dataclass(frozen=True, slots=True)
class NgramWeights:
    """A fitted linear model. An n-gram counts once a text, and all n-grams share a length of 1.

    Attributes:
        keys: i64[N], the n-grams it knows, ascending; see `core.sentiment.ngrams`.
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
        n_texts = len(starts) - 1
        packed, places = pack(ids, starts, order=MAX_ORDER)
        texts = np.searchsorted(starts, places, side="right") - 1
        known, at = self.find(packed)
        # a text's n-grams, each once
        pairs = np.unique(texts[known] * np.int64(len(self.keys)) + at[known])
        texts, at = np.divmod(pairs, len(self.keys))
        sums = np.bincount(texts, self.weights[at], n_texts)
        lengths = np.sqrt(np.maximum(np.bincount(texts, minlength=n_texts), 1))
        return (sums / lengths + self.bias).astype(np.float32)
