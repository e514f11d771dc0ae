import numpy as np
import pytest

from core.sentiment.data import Vocabulary
from core.sentiment.likeness import measure_likeness

WORDS = tuple(f"w{k}" for k in range(40))


def table_of(vectors):
    """Vectors of words between those of padding and of rare words, which are of no matter."""
    noise = np.random.default_rng(9).normal(size=(1, vectors.shape[1]))
    return np.concatenate([noise, vectors, noise])


def test_vectors_that_did_not_move_are_gloves():
    vectors = np.random.default_rng(0).normal(size=(40, 8))
    order = np.random.default_rng(1).permutation(40)
    theirs = (["other", *(WORDS[k] for k in order)], np.concatenate([vectors[:1], vectors[order]]))
    found = measure_likeness(
        Vocabulary((*WORDS, "unknown")),
        table_of(np.concatenate([vectors / 3, vectors[:1]])),
        *theirs,
    )
    assert found["n_words"] == 40
    assert found["median_cosine"] == pytest.approx(1)
    assert found["same_nearest"] == 1


def test_a_turned_vector_is_near_another_words():
    vectors = np.eye(40)[:, :40]
    moved = vectors.copy()
    moved[3] = 0.8 * vectors[4] + 0.6 * vectors[3]
    moved[5] = 0.6 * vectors[6] + 0.8 * vectors[5]
    found = measure_likeness(Vocabulary(WORDS), table_of(moved), WORDS, vectors)
    assert found["same_nearest"] == 39 / 40
    assert found["median_cosine"] == 1
    turned = measure_likeness(Vocabulary(WORDS), table_of(-vectors), WORDS, vectors)
    assert turned["median_cosine"] == -1 and turned["same_nearest"] <= 1 / 40


def test_random_vectors_are_nobodys():
    rng = np.random.default_rng(2)
    found = measure_likeness(
        Vocabulary(WORDS), table_of(rng.normal(size=(40, 8))), WORDS, rng.normal(size=(40, 8))
    )
    assert abs(found["median_cosine"]) < 0.3 and found["same_nearest"] < 0.2
