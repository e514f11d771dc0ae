"""What a net begins with where that is not random: vectors of words, or a layer of its own.

Neither has seen a label: GloVe's vectors come from other texts, the layer from the unlabelled
reviews, without those that stand in the test part too.
"""

import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from core.checkpoint import Checkpoints
from core.datasets.glove_text import read_glove
from core.datasets.store import LocalData
from core.errors import InputError
from core.sentiment.data import PADDING, Texts, Vocabulary
from core.sentiment.train.presets import Preset
from core.sentiment.train.two_views import TwoViewConfig, learn_two_views
from core.training_run import OpenCheckpoints, no_checkpoints

_GLOVE_SCALE = 1 / 3  # the lesson's
_UNKNOWN_SPREAD = 0.6  # of numbers for words that GloVe lacks, before scaling; the lesson's
_N_LOOKED_AT = 100_000  # windows by which values are scaled


class Start(NamedTuple):
    """What a net begins with.

    Attributes:
        arrays: parameters by dotted name; none for a recipe that begins at random.
        seconds: that learning them took.
    """

    arrays: dict[str, np.ndarray] = {}
    seconds: float = 0.0


def start_of(
    preset: Preset,
    vocabulary: Vocabulary,
    *,
    seed: int,
    glove: LocalData | None = None,
    texts: Texts | None = None,
    checkpoints: OpenCheckpoints = no_checkpoints,
    progress: str | None = None,
) -> Start:
    """Makes what a recipe's net begins with.

    Args:
        preset: the recipe.
        vocabulary: of its config's number of ids.
        seed: for the layer from unlabelled reviews.
        glove: the archive of GloVe 6B, for recipes with its vectors.
        texts: unlabelled reviews to learn the layer from, for recipes with one.
        checkpoints: opens those of a run by its name.
        progress: label of the progress bar.

    Raises:
        InputError: the recipe needs an archive or reviews that are not given.
    """
    if preset.vectors == "glove":
        if glove is None:
            raise InputError("glove (none) should be the archive of GloVe 6B for this preset")
        words, vectors = read_glove(glove.path, n_dims=preset.net_config.n_dims)
        return Start({"embedding.table": first_vectors(vocabulary, words, vectors)})
    if preset.views is None:
        return Start()
    if texts is None:
        raise InputError("texts (none) should be reviews to learn from for this preset")
    started = time.perf_counter()
    with checkpoints("views") as saved:
        found = first_views(
            preset.views,
            vocabulary,
            texts,
            seed=seed,
            checkpoints=saved,
            progress=f"{progress}, views" if progress else None,
        )
    arrays = {f"views.{name}": array for name, array in found.items()}
    return Start(arrays, time.perf_counter() - started)


def first_vectors(vocabulary: Vocabulary, words: Sequence[str], vectors: np.ndarray) -> np.ndarray:
    """Lays out what an embedding begins with, as the lesson does.

    Args:
        vocabulary: V - 2 words.
        words: those that have a vector.
        vectors: f32[len(words), E].

    Returns:
        f32[V, E]: a third of each word's vector; for padding zeros, and for words without a vector,
        and unk, a third of random numbers with standard deviation 0.6.
    """
    rng = np.random.default_rng(0)
    table = rng.normal(0, _UNKNOWN_SPREAD, (vocabulary.n_ids, vectors.shape[1]))
    known = vocabulary.ids
    for word, vector in zip(words, vectors, strict=True):
        if word in known:
            table[known[word]] = vector
    table[PADDING] = 0
    return (table * _GLOVE_SCALE).astype(np.float32)


def first_views(
    config: TwoViewConfig,
    vocabulary: Vocabulary,
    texts: Texts,
    *,
    seed: int,
    checkpoints: Checkpoints | None = None,
    progress: str | None = None,
) -> dict[str, np.ndarray]:
    """Learns the layer from reviews without labels.

    Args:
        config: of the layer.
        vocabulary: V - 2 words.
        texts: the reviews; their labels are not looked at.
        seed: of everything random.
        checkpoints: where to save and resume.
        progress: label of the progress bar.

    Returns:
        "table" f32[V, D] and "bias" f32[D], scaled so that the mean square of what the layer says
        of a window is 1.
    """
    ids = vocabulary.encode(texts.words)[texts.tokens]
    found = learn_two_views(
        config,
        ids,
        texts.starts,
        n_ids=vocabulary.n_ids,
        seed=seed,
        checkpoints=checkpoints,
        progress=progress,
    )
    table, bias = found["table"], found["bias"]
    table[PADDING] = 0
    n_windows = min(len(ids) - config.n_words + 1, _N_LOOKED_AT)
    sums = sum(table[ids[d : d + n_windows]] for d in range(config.n_words))
    scale = 1 / np.sqrt(np.mean(np.maximum(sums + bias, 0) ** 2))
    return {"table": table * scale, "bias": bias * scale}
