"""Why a text scores as it does: n-grams that add up to the logit, or each word's share in it.

Two models are sums by construction, and what each n-gram adds is exact. For the others there are
integrated gradients, which add up to the difference from an empty review.

References:
    M. Sundararajan, A. Taly and Q. Yan (2017). Axiomatic Attribution for Deep Networks.
        https://arxiv.org/abs/1703.01365
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from core.sentiment.data import pad
from core.sentiment.embedded import DifferentiableNet
from core.sentiment.forward import MaxCnnForward, RegionForward
from core.sentiment.linear import NgramWeights
from core.sentiment.ngrams import MAX_ORDER, lengths, pack

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
    values, places = net.strongest(net.embed(ids[None]), np.ones((1, len(ids)), bool))
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
