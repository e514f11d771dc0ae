"""What kind of text a review is: its length, how often it negates, how rare its words are."""

import numpy as np
import pandas as pd

from core.sentiment.data import Texts, count_vocabulary, is_sign

NEGATIONS = frozenset(
    "n't not no never nothing nobody none nor neither nowhere cannot without hardly".split()
)
COMMON_IDS = 5_000  # the lesson's vocabulary: what is outside it counts as rare


def describe_texts(texts: Texts) -> pd.DataFrame:
    """Counts in each text what accuracy may depend on.

    Args:
        texts: R reviews with labels, signs included.

    Returns:
        R rows: "label" (0, 1), "words", "negations", "rare" (share of the words outside the 5,000
        most frequent of these texts).
    """
    names = texts.words
    is_word = ~np.array([is_sign(name) for name in names])
    is_negation = np.array([name in NEGATIONS for name in names])
    common = np.zeros(len(names), bool)
    ids = {name: number for number, name in enumerate(names)}
    common[[ids[word] for word in count_vocabulary(texts, COMMON_IDS).words]] = True
    rows = np.repeat(np.arange(texts.n_texts), np.diff(texts.starts))

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
