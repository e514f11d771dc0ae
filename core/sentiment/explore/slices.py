"""What kind of text a review is: its length, how often it negates, how rare its words are."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from core.errors import pick
from core.sentiment.data import Texts, count_vocabulary, is_punctuation

NEGATIONS = frozenset(
    "n't not no never nothing nobody none nor neither nowhere cannot without hardly".split()
)
SLICES = ("length", "negations", "rare words")
_QUARTERS = (0.25, 0.5, 0.75)
_AT_MOST = {0: "0", 2: "1 to 2", 5: "3 to 5"}  # negations -> label; beyond: 6 and more
COMMON_IDS = 5_000  # the lesson's vocabulary: what is outside it counts as rare


def describe_texts(texts: Texts) -> pd.DataFrame:
    """Counts in each text what accuracy may depend on.

    Args:
        texts: R reviews with labels, punctuation included.

    Returns:
        R rows: "label" (0, 1), "words", "negations", "rare" (share of the words outside the 5,000
        most frequent of these texts).
    """
    names = texts.words
    is_word = ~np.array([is_punctuation(name) for name in names])
    is_negation = np.array([name in NEGATIONS for name in names])
    common = np.zeros(len(names), bool)
    ids = {name: number for number, name in enumerate(names)}
    common[[ids[word] for word in count_vocabulary(texts, COMMON_IDS).words]] = True
    rows = texts.rows

    def count(chosen: np.ndarray) -> np.ndarray:
        return np.bincount(rows, chosen[texts.tokens], texts.n_texts)

    n_words = count(is_word)
    return pd.DataFrame(
        {
            "label": texts.labels.astype(np.uint8),
            "words": n_words.astype(np.uint16),
            "negations": np.minimum(count(is_negation), 255).astype(np.uint8),
            "rare": (count(is_word & ~common) / np.maximum(n_words, 1)).astype(np.float32),
        }
    )


def slice_of(test: pd.DataFrame, slice_name: str) -> tuple[np.ndarray, list[str]]:
    """Sorts reviews into kinds.

    Args:
        test: a bundle's table of test reviews.
        slice_name: one of `SLICES`.

    Returns:
        The kind of each review, i64[R], and the kinds' labels; some kinds may hold no review.

    Raises:
        InputError: there is no such slice.
    """
    return pick("slice", slice_name, _SLICERS)(test)


def _by_length(test: pd.DataFrame) -> tuple[np.ndarray, list[str]]:
    words = test["words"].to_numpy(int)
    edges = np.unique(np.quantile(words, _QUARTERS, method="lower")).astype(int)
    edges = edges[edges < words.max()]
    if not len(edges):
        return np.zeros(len(words), int), [f"up to {words.max():,} words"]
    labels = [f"up to {edges[0]:,} words"]
    labels += [f"{low + 1:,} to {high:,}" for low, high in zip(edges[:-1], edges[1:], strict=True)]
    return np.searchsorted(edges, words), [*labels, f"{edges[-1] + 1:,} and more"]


def _by_negations(test: pd.DataFrame) -> tuple[np.ndarray, list[str]]:
    kinds = np.searchsorted(np.array(list(_AT_MOST)), test["negations"].to_numpy(int))
    return kinds, [*_AT_MOST.values(), f"{max(_AT_MOST) + 1} and more"]


def _by_rare_words(test: pd.DataFrame) -> tuple[np.ndarray, list[str]]:
    share = test["rare"].to_numpy(np.float64)
    edges = np.unique(np.quantile(share, _QUARTERS).round(3))  # so that labels are what is done
    edges = edges[(edges >= share.min()) & (edges < share.max())]
    if not len(edges):
        return np.zeros(len(share), int), [f"up to {100 * share.max():.1f} %"]
    percent = [f"{100 * edge:.1f}" for edge in edges]
    labels = [f"up to {percent[0]} %"]
    labels += [f"{low} to {high} %" for low, high in zip(percent[:-1], percent[1:], strict=True)]
    return np.searchsorted(edges, share), [*labels, f"over {percent[-1]} %"]


_SLICERS: dict[str, Callable[[pd.DataFrame], tuple[np.ndarray, list[str]]]] = {
    "length": _by_length,
    "negations": _by_negations,
    "rare words": _by_rare_words,
}
