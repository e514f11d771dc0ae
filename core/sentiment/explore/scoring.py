"""What stands behind a model's logit, a linear model, a net, or both added up, and why it is so.

All take ids of the model's vocabulary, the last of which is unk, so that whoever
scores or explains need not know what is inside. NumPy alone.

Two models are sums over n-grams by construction, and what each n-gram adds is exact. For the others
there are integrated gradients, which add up to the difference from an empty review.

References:
    M. Sundararajan, A. Taly and Q. Yan (2017). Axiomatic Attribution for Deep Networks.
        https://arxiv.org/abs/1703.01365
"""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from core.sentiment.data import MAX_ORDER, lengths, pack, pad, pad_ids
from core.sentiment.explore.forward import AnyNet, DifferentiableNet, MaxCnnForward, RegionForward
from core.sentiment.model.nbsvm import NgramWeights

STEPS = 32  # points on the way from the empty review


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """What one n-gram adds to a logit.

    Attributes:
        first: place of its first word among the words that the model read.
        n_words: how many words follow each other there.
        value: what it adds; above 0 for the film.
    """

    first: int
    n_words: int
    value: float


def linear_parts(model: NgramWeights, ids: np.ndarray) -> list[Part]:
    """Takes the logit of the linear model apart: parts and `model.bias` sum to it.

    Args:
        model: what was fitted.
        ids: i32[n], -1 for a word that it does not know.

    Returns:
        A part for each known n-gram at its first place in the text, for it counts once.
    """
    packed, places = pack(ids, np.array([0, len(ids)]), order=MAX_ORDER)
    known, at = model.find(packed)
    found, first = np.unique(at[known], return_index=True)
    where = places[known][first]
    values = model.weights[found] / np.sqrt(max(len(found), 1))
    sizes = lengths(model.keys[found])
    return [Part(*row) for row in zip(where.tolist(), sizes.tolist(), values.tolist(), strict=True)]


def max_parts(net: MaxCnnForward | RegionForward, ids: np.ndarray) -> list[Part]:
    """Takes the logit of the net with each filter's greatest value apart.

    Args:
        net: the net.
        ids: i32[n], words of one review, without padding.

    Returns:
        A part for each window that some filter chose, all filters of the same window together; they
        and `net.offset` sum to the logit. A window that reaches beyond the text counts as what is
        inside it.
    """
    if not len(ids):
        return []
    values, places = net.max_over_time(net.embed(ids[None]), np.ones((1, len(ids)), bool))
    contributions = values[0] * net.out
    total: dict[tuple[int, int], float] = {}
    for size, place, value in zip(net.words_seen, places[0], contributions, strict=True):
        if value:
            first = max(place - (size - 1) // 2, 0)
            last = min(place + size // 2, len(ids) - 1)
            window = (int(first), int(last - first + 1))
            total[window] = total.get(window, 0.0) + float(value)
    return [Part(first, n_words, value) for (first, n_words), value in sorted(total.items())]


def word_values(parts: Sequence[Part], n_words: int) -> np.ndarray:
    """Shares each part out evenly among its words, for colouring: f64[n_words], with its sum."""
    values = np.zeros(n_words)
    for part in parts:
        values[part.first : part.first + part.n_words] += part.value / part.n_words
    return values


def integrated_gradients(net: DifferentiableNet, ids: np.ndarray) -> tuple[np.ndarray, float]:
    """Follows the logit from a review of padding to this one, and shares the way out among words.

    Args:
        net: with a gradient.
        ids: i32[n], words of one review, at most `net.length`.

    Returns:
        f64[n], what each word adds, and the logit of the review without words. They sum to the
        logit but for the error of so many steps, which is shared out in proportion.
    """
    padded = pad(ids, net.length)[None]
    target, baseline = net.embed(padded), net.embed(np.zeros_like(padded))
    is_word = padded > 0
    start, end = (float(net.logits(x, is_word)[0]) for x in (baseline, target))
    if not len(ids):
        return np.zeros(0), start
    nodes, weights = np.polynomial.legendre.leggauss(STEPS)
    share = ((nodes + 1) / 2).astype(np.float32)[:, None, None]
    path = baseline + share * (target - baseline)
    gradient = net.gradient(path, np.repeat(is_word, STEPS, axis=0))
    mean = np.tensordot(weights / 2, gradient, axes=1)
    values = (mean * (target - baseline)[0]).sum(axis=1)[net.length - len(ids) :].astype(np.float64)
    missing, size = end - start - values.sum(), np.abs(values).sum()
    return values + (missing * np.abs(values) / size if size else 0), start


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
        ...

    def explain(self, ids: np.ndarray) -> Why:
        """Takes the logit of one text apart, i32[n]."""
        ...


class LinearScorer:
    """The linear model on n-grams.

    Args:
        weights: what was fitted.
        unk: id of the words that it does not know: no n-gram holds one.
    """

    is_exact = True

    def __init__(self, weights: NgramWeights, unk: int) -> None:
        self.weights, self._unk = weights, unk

    def logits(self, ids: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Scores texts; see `Scorer`."""
        return self.weights.logits(self._known(ids), starts)

    def explain(self, ids: np.ndarray) -> Why:
        """Takes a logit apart; see `Scorer`."""
        parts = linear_parts(self.weights, self._known(ids))
        return Why(word_values(parts, len(ids)), parts, self.weights.bias)

    def _known(self, ids: np.ndarray) -> np.ndarray:
        return np.where(ids == self._unk, -1, ids).astype(np.int32)


class NetScorer:
    """A net, which reads so many words and no more, the last ones.

    Args:
        net: the net.
        n_ids: of its own vocabulary; larger ids are unk to it.
    """

    def __init__(self, net: AnyNet, n_ids: int) -> None:
        self.net, self._unk = net, n_ids - 1
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
        if isinstance(self.net, SumOfNgrams):
            parts = [
                dataclasses.replace(part, first=part.first + n_cut)
                for part in max_parts(self.net, read)
            ]
            return Why(word_values(parts, len(ids)), parts, float(self.net.offset))
        values, base = integrated_gradients(self.net, read)
        return Why(np.concatenate([np.zeros(n_cut), values]), [], base)

    def _own(self, ids: np.ndarray) -> np.ndarray:
        return np.minimum(ids, self._unk)


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
        total = np.zeros(len(starts) - 1, np.float32)
        for weight, scorer in self._members:
            total = total + weight * scorer.logits(ids, starts)
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
