"""Small reviews with a known answer, an archive of them, and nets of all kinds too small to fail.

A review is neutral words around one verdict: "wonderful" and "not awful" are for the film, "awful"
and "not wonderful" against it.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from flax import nnx

from core.bundle import Bundle
from core.datasets.store import LocalData
from core.loop import in_mode, named_arrays
from core.reviews import Reviews, collect
from core.sentiment.data import Texts, labelled
from core.sentiment.explore.forward import Arrays, Net, net_of
from core.sentiment.model.lesson import CnnConfig, LstmConfig, MlpConfig
from core.sentiment.model.max_cnn import MaxCnnConfig
from core.sentiment.model.nbsvm import NbsvmConfig
from core.sentiment.model.region import RegionConfig
from core.sentiment.train.fit import NETS
from core.sentiment.train.protocol import measure_linear
from core.sentiment.weights import rounded
from tests.core.archive_samples import write_archive

NEUTRAL = (
    "the film was about a man who sees his house and street again today there while old people "
    "walk home from work by train or boat each day"
).split()
VERDICTS = {1: ("wonderful", "not awful"), 0: ("awful", "not wonderful")}
N_TRAIN, N_TEST = 240, 60

SIZES = {"n_ids": 16, "length": 12, "n_dims": 4}
_NO_DROPOUT = {"word_dropout": 0.0, "input_dropout": 0.0, "filter_dropout": 0.0, **SIZES}
CONFIGS = {
    "mlp": MlpConfig(**SIZES, n_hidden=5, dropout=0.2),
    "cnn": CnnConfig(**_NO_DROPOUT, sizes=(2, 3), n_filters=3, n_hidden=5, dropout=0.2),
    "lstm": LstmConfig(**SIZES, word_dropout=0.0, n_units=5),
    "max-cnn": MaxCnnConfig(**SIZES, word_dropout=0.0, sizes=(1, 2, 3), n_filters=3, dropout=0.2),
    "region": RegionConfig(**SIZES, word_dropout=0.0, n_words=3, n_filters=3, dropout=0.2),
}


def draw_review(rng: np.random.Generator, label: int) -> str:
    """Three to seven neutral words, one verdict (at times of two words), a stop."""
    words = rng.choice(NEUTRAL, rng.integers(3, 8)).tolist()
    words.insert(rng.integers(len(words) + 1), VERDICTS[label][int(rng.random() < 0.3)])
    return " ".join(words) + " ."


def draw_reviews(seed: int = 0) -> Iterator[tuple[str, str, int, int]]:
    """Text, part, number and stars of every review, in the order of an archive.

    Numbers have gaps, so that the validation part is about a tenth as in the real archive.
    """
    rng = np.random.default_rng(seed)
    for side, n in (("train", N_TRAIN), ("test", N_TEST)):
        for part, label, stars in (("pos", 1, 9), ("neg", 0, 2)):
            for number in range(n // 2):
                yield draw_review(rng, label), f"{side}_{part}", 5 * number, stars
    for number in range(10):
        yield draw_review(rng, number % 2), "train_unsup", number, 0


def planted() -> tuple[Texts, Texts]:
    """The labelled reviews of either side."""
    reviews = collect((text.split(), *rest) for text, *rest in draw_reviews())
    return labelled(reviews, "train"), labelled(reviews, "test")


def planted_archive(path: Path) -> LocalData:
    """The same reviews as an archive."""
    members = {
        f"aclImdb/{part.replace('_', '/')}/{number}_{stars}.txt": text
        for text, part, number, stars in draw_reviews()
    }
    return write_archive(path, members)


def reviews_of(found: Iterable[tuple[str, str, int]]) -> Reviews:
    """Reviews of text, part and stars; tokens have blanks between, and reviews count from 0."""
    return collect(
        (text.split(), part, number, stars) for number, (text, part, stars) in enumerate(found)
    )


def texts_of(lines: Sequence[str], labels: Sequence[int] = ()) -> Texts:
    """Texts of tokens with blanks between, all of label 1 unless labels are given."""
    texts = labelled(reviews_of((line, "train_pos", 9) for line in lines), "train")
    return dataclasses.replace(texts, labels=np.array(labels, np.float32)) if labels else texts


def random_net(config: object, seed: int = 0) -> nnx.Module:
    """A net that does not train, with normal weights large enough to saturate some units."""
    model = nnx.eval_shape(lambda: NETS[type(config)](config, rngs=nnx.Rngs(0)))
    graphdef, state = nnx.split(model)
    rng = np.random.default_rng(seed)
    filled = jax.tree.map(lambda a: jnp.asarray(rng.normal(0, 0.7, a.shape), jnp.float32), state)
    return in_mode(nnx.merge(graphdef, filled), training=False)


def forward_of(config: object, arrays: Arrays) -> Net:
    """The same net in NumPy; it gets arrays of its own."""
    own = {name: np.array(array) for name, array in arrays.items()}
    return net_of(own, settings_of(config))


def settings_of(config: object) -> dict[str, Any]:
    """A configuration as bundles have it."""
    return dataclasses.asdict(config) | {"model": type(config).__name__.removesuffix("Config")}


def arrays_of(model: nnx.Module) -> dict[str, np.ndarray]:
    """The weights of a net by dotted name."""
    return named_arrays(nnx.state(model, nnx.Param))


def random_ids(config: object, n_texts: int = 6, seed: int = 0) -> np.ndarray:
    """Texts of random ids behind padding: the first without any word, the last without padding."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(1, config.n_ids, (n_texts, config.length)).astype(np.int32)
    lengths = np.linspace(0, config.length, n_texts).astype(int)
    ids[np.arange(config.length) < config.length - lengths[:, None]] = 0
    return ids


def net_bundle(name: str, val_loss: float = 0.7) -> Bundle:
    """An untrained net of `CONFIGS` as a bundle; its words are the first neutral ones."""
    config = CONFIGS[name]
    arrays = arrays_of(random_net(config, seed=3))
    words = [*NEUTRAL[: config.n_ids - 4], "wonderful", "."]
    return _bundle(name, config, arrays, words, val_loss)


def linear_bundle(val_loss: float = 0.7) -> Bundle:
    """The linear model, fitted on the planted reviews, as a bundle."""
    config = NbsvmConfig()
    measured = measure_linear(config, *planted())
    return _bundle("nbsvm", config, measured.arrays, measured.vocabulary.words, val_loss)


def _bundle(
    name: str,
    config: object,
    arrays: Arrays,
    words: Sequence[str],
    val_loss: float,
) -> Bundle:
    settings = {"title": name, "keeps_punctuation": True, "temperature": 2.0}
    return Bundle(
        kind="sentiment",
        name=f"sentiment-{name}",
        config=settings_of(config) | settings,
        seeds={"model": 0},
        metrics={"val_loss": {"value": val_loss}},
        dataset={"name": "imdb"},
        arrays=rounded(arrays),
        tables={"words": pd.DataFrame({"word": words})},
    )
