"""How near an embedding that began with GloVe's vectors still is to them.

Training moves some vectors a little: then GloVe ships, word by word, in the bundle of a net.
"""

from collections.abc import Sequence

import numpy as np

from core.sentiment.data import Vocabulary


def measure_likeness(
    vocabulary: Vocabulary, table: np.ndarray, words: Sequence[str], vectors: np.ndarray
) -> dict[str, float]:
    """Compares each word's vector with GloVe's of the same word.

    Args:
        vocabulary: V - 2 words.
        table: f32[V, E], their vectors as they ship.
        words: N that GloVe has a vector of; one of `vocabulary` at least.
        vectors: f32[N, E], theirs.

    Returns:
        "n_words" that GloVe has, too; "median_cosine" of the two vectors of a word;
        "same_nearest", the share of words whose vector has, of GloVe's for all these words, that of
        the same word nearest by cosine.
    """
    known = vocabulary.ids
    rows = np.array([known.get(word, 0) for word in words])
    theirs, ours = _unit(vectors[rows > 0]), _unit(table[rows[rows > 0]])
    cosines = (theirs * ours).sum(axis=1)
    nearest = np.concatenate(
        [(ours[at : at + 1000] @ theirs.T).argmax(axis=1) for at in range(0, len(ours), 1000)]
    )
    return {
        "n_words": len(ours),
        "median_cosine": float(np.median(cosines)),
        "same_nearest": float(np.mean(nearest == np.arange(len(ours)))),
    }


def _unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, 1e-12)
