"""What stands behind a model's logit: a linear model, a net, or both added up.

All take ids of the model's vocabulary, the last of which stands for rare words, so that whoever
scores or explains need not know what is inside. NumPy alone.
"""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from core.sentiment.attribution import (
    Part,
    integrated_gradients,
    linear_parts,
    max_parts,
    word_values,
)
from core.sentiment.data import pad_ids
from core.sentiment.embedded import Net
from core.sentiment.forward import MaxCnnForward, RegionForward
from core.sentiment.linear import NgramWeights

SumOfNgrams = MaxCnnForward | RegionForward
_SCORED_AT_ONCE = 100  # reviews, those of about one length together: little padding


class Why(NamedTuple):
    """A logit taken apart.

    Attributes:
        values: f64[n], what each word adds; n-grams' parts are shared out evenly among their words.
        parts: the n-grams themselves; empty for a model that is no sum of n-grams.
        base: the logit that remains.
    """

    values: np.ndarray
    parts: list[Part]
    base: float


class Scorer(Protocol):
    """What is asked of either."""

    is_exact: bool  # whether the parts are the model itself, and no approximation

    def logits(self, ids: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Scores texts that follow each other: i32[T], i64[R + 1] -> f32[R]."""

    def explain(self, ids: np.ndarray) -> Why:
        """Takes the logit of one text apart, i32[n]."""


class LinearScorer:
    """The linear model on n-grams.

    Args:
        weights: what was fitted.
        rare: id of rare words: no n-gram holds one.
    """

    is_exact = True

    def __init__(self, weights: NgramWeights, rare: int) -> None:
        self.weights, self._rare = weights, rare

    def logits(self, ids: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Scores texts; see `Scorer`."""
        return self.weights.logits(self._known(ids), starts)

    def explain(self, ids: np.ndarray) -> Why:
        """Takes a logit apart; see `Scorer`."""
        parts = linear_parts(self.weights, self._known(ids))
        return Why(word_values(parts, len(ids)), parts, self.weights.bias)

    def _known(self, ids: np.ndarray) -> np.ndarray:
        return np.where(ids == self._rare, -1, ids).astype(np.int32)


class NetScorer:
    """A net, which reads so many words and no more, the last ones.

    Args:
        net: the net.
        n_ids: of its own vocabulary; larger ids are rare words to it.
    """

    def __init__(self, net: Net, n_ids: int) -> None:
        self.net, self._rare = net, n_ids - 1
        self.is_exact = isinstance(net, SumOfNgrams)

    def logits(self, ids: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Scores texts; see `Scorer`."""
        padded = pad_ids(self._own(ids), starts, self.net.length)
        by_length = np.argsort(np.diff(starts), kind="stable")
        logits = np.zeros(len(padded), np.float32)
        for at in range(0, len(padded), _SCORED_AT_ONCE):
            rows = by_length[at : at + _SCORED_AT_ONCE]
            some = padded[rows]
            if self.is_exact:  # then what is empty in all of them adds nothing
                some = some[:, (some > 0).any(axis=0).argmax() :]
            logits[rows] = self.net.logits(self.net.embed(some), some > 0)
        return logits

    def explain(self, ids: np.ndarray) -> Why:
        """Takes a logit apart; words that the net has no room for add nothing."""
        n_cut = max(len(ids) - self.net.length, 0)
        read = self._own(ids[n_cut:])
        if self.is_exact:
            parts = [
                dataclasses.replace(part, first=part.first + n_cut)
                for part in max_parts(self.net, read)
            ]
            return Why(word_values(parts, len(ids)), parts, float(self.net.offset))
        values, base = integrated_gradients(self.net, read)
        return Why(np.concatenate([np.zeros(n_cut), values]), [], base)

    def _own(self, ids: np.ndarray) -> np.ndarray:
        return np.minimum(ids, self._rare)


class SumScorer:
    """Several scorers whose logits are weighed and added up.

    Args:
        members: weight and scorer of each.
        offset: added to the sum.
    """

    def __init__(self, members: Sequence[tuple[float, Scorer]], offset: float) -> None:
        self._members, self._offset = members, offset
        self.is_exact = all(scorer.is_exact for _, scorer in members)

    def logits(self, ids: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Scores texts; see `Scorer`."""
        total = sum(weight * scorer.logits(ids, starts) for weight, scorer in self._members)
        return (total + self._offset).astype(np.float32)

    def explain(self, ids: np.ndarray) -> Why:
        """Takes a logit apart; an n-gram that several members know has one part."""
        values, base = np.zeros(len(ids)), self._offset
        parts: dict[tuple[int, int], float] = {}
        for weight, scorer in self._members:
            why = scorer.explain(ids)
            values += weight * why.values
            base += weight * why.base
            for part in why.parts:
                place = part.first, part.n_words
                parts[place] = parts.get(place, 0.0) + weight * part.value
        return Why(values, [Part(*place, value) for place, value in parts.items()], base)


def without_each(scorer: Scorer, ids: np.ndarray) -> np.ndarray:
    """Scores a text once more without each of its words.

    Args:
        scorer: any.
        ids: i32[n].

    Returns:
        f32[n], the logits of the n shorter texts.
    """
    n = len(ids)
    shorter = [np.delete(ids, left_out) for left_out in range(n)]
    together = np.concatenate([np.zeros(0, np.int32), *shorter])
    return scorer.logits(together, np.arange(n + 1) * max(n - 1, 0))
