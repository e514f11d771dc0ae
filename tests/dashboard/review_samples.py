"""Small sentiment models whose answers are known: good words add 1 to a logit, bad ones take 1."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd

from core.bundle import Bundle, save_bundle
from core.sentiment.data import Vocabulary, pack_columns
from core.sentiment.weights import rounded

GOOD = ("wonderful", "superb", "great")
BAD = ("awful", "boring", "bad")
PLAIN = ("the", "film", "is", "not", "a", "and", ".", ",")
VOCABULARY = Vocabulary((*PLAIN, *GOOD, *BAD))
LENGTH = 12
TITLES = {
    "mlp": "One hidden layer",
    "cnn": "CNN, windows of 5 words",
    "lstm": "LSTM of 100 units",
    "nbsvm": "Linear, on n-grams (NB-SVM)",
    "max-cnn": "Greatest value of each filter",
}
VAL_ACCURACY = {"mlp": 0.86, "cnn": 0.88, "lstm": 0.87, "nbsvm": 0.9, "max-cnn": 0.89}
SUM_TITLE = "Sum of a net and NB-SVM"
NOT_BAD = 3.0  # what the linear model knows of the pair


def polarity() -> np.ndarray:
    """Returns +1, -1 or 0 for each id, f32[V]."""
    values = np.zeros(VOCABULARY.n_ids, np.float32)
    values[VOCABULARY.encode(GOOD)] = 1
    values[VOCABULARY.encode(BAD)] = -1
    return values


def arrays(name: str) -> dict[str, np.ndarray]:
    """Returns the weights of a model; all but the LSTM's are set by hand."""
    table = np.stack([polarity(), np.zeros(VOCABULARY.n_ids, np.float32)], axis=1)
    embedding = {"embedding.table": table}
    signs = np.array([1.0, -1.0], np.float32)
    head = {
        "hidden.bias": np.zeros(2, np.float32),
        "out.kernel": signs[:, None],
        "out.bias": np.zeros(1, np.float32),
    }
    if name == "mlp":  # one hidden unit sums the good words, the other the bad ones
        kernel = np.tile(np.stack([signs, np.zeros(2, np.float32)]), (LENGTH, 1))
        return embedding | {"hidden.kernel": kernel} | head
    one_word = np.zeros((1, 2, 2), np.float32)
    one_word[0, 0] = signs
    filters = {"convolutions.0.kernel": one_word, "convolutions.0.bias": np.zeros(2, np.float32)}
    if name == "cnn":
        return embedding | filters | {"hidden.kernel": np.tile(np.eye(2), (LENGTH // 2, 1))} | head
    if name == "max-cnn":
        return embedding | filters | {key: head[key] for key in ("out.kernel", "out.bias")}
    if name == "lstm":
        rng = np.random.default_rng(0)
        shapes = {"inputs.kernel": (2, 12), "inputs.bias": (12,), "recurrent": (3, 12)}
        gates = {key: rng.normal(0, 0.7, shape) for key, shape in shapes.items()}
        return embedding | gates | {"out.kernel": np.ones((3, 1)), "out.bias": np.zeros(1)}
    pair = [*VOCABULARY.encode(["not", "bad"]), -1]
    words = [[number, -1, -1] for number in range(1, VOCABULARY.n_ids - 1)]
    keys = pack_columns(np.array([*words, pair], np.int32))
    weights = np.append(polarity()[1:-1], NOT_BAD)
    order = np.argsort(keys)
    return {"keys": keys[order], "weights": weights[order], "bias": np.zeros(1)}


def top_ngrams() -> pd.DataFrame:
    """Returns the top n-grams of the two filters: one likes good words, one bad ones."""
    rows = [
        (1, number, rank, word, 1.0, 10 - rank)
        for number, words in enumerate((GOOD, BAD))
        for rank, word in enumerate(words, start=1)
    ]
    return pd.DataFrame(rows, columns=["size", "filter", "rank", "ngram", "value", "reviews"])


def review_bundle(name: str) -> Bundle:
    """Makes one of the models as a bundle."""
    kind = {"mlp": "Mlp", "cnn": "Cnn", "lstm": "Lstm", "nbsvm": "Nbsvm", "max-cnn": "MaxCnn"}
    config: dict[str, object] = {
        "model": kind[name],
        "preset": name,
        "title": TITLES[name],
        "keeps_punctuation": True,
        "epochs": 2,
        "temperature": 1.0,
        "n_parameters": 100,
        "train_s": 1.0,
    }
    if name != "nbsvm":
        config |= {"length": LENGTH, "n_dims": 2, "n_hidden": 2, "n_units": 3}
        config |= {"sizes": [1], "n_filters": 2}
    metric = {"unit": "accuracy", "protocol": "seeds 0 to 2"}
    return Bundle(
        kind="sentiment",
        name=f"sentiment-{name}",
        config=config,
        seeds={"model": 0},
        metrics={
            "test_accuracy": metric | {"value": 0.91, "per_seed": [0.91]},
            "val_accuracy": metric | {"value": VAL_ACCURACY[name], "per_seed": [0.9]},
        },
        dataset={"name": "imdb", "version": "1.0", "licence": "none", "citation": "somebody"},
        arrays=rounded(arrays(name)),
        tables={"words": pd.DataFrame({"word": VOCABULARY.words})}
        | ({"ngrams": top_ngrams()} if "sizes" in config and "cnn" in name else {}),
        card="a sample",
        device="2 CPU cores",
        created="2026-01-01T00:00:00+00:00",
    )


def sum_bundle() -> Bundle:
    """Makes the sum of a net that adds words up, two filters of one word, and the linear model."""
    linear, n_ids = review_bundle("nbsvm"), VOCABULARY.n_ids
    net = {
        "words": np.round(127 * np.outer(polarity(), [1, -1])).astype(np.int8),
        "words_scale": np.full(2, 1 / 127, np.float32),
        "views.table": np.zeros((n_ids, 1), np.int8),
        "views.table_scale": np.ones(1, np.float32),
        "views.bias": np.zeros(1, np.float32),
        "mix": np.zeros((1, 2), np.float32),
        "bias": np.zeros(2, np.float32),
        "out.kernel": np.array([[1.0], [-1.0]], np.float32),
        "out.bias": np.zeros(1, np.float32),
    }
    region = {"model": "Region", "prefix": "net.", "weight": 0.5, "n_ids": n_ids, "n_words": 1}
    region |= {"length": LENGTH, "n_filters": 2, "n_dims": 1}
    members = [region, {"model": "Nbsvm", "prefix": "linear.", "weight": 0.5}]
    config = {**linear.config, "model": "Sum", "members": members, "offset": 0.0}
    arrays = {f"net.{key}": array for key, array in net.items()}
    arrays |= {f"linear.{key}": array for key, array in linear.arrays.items()}
    tables = {**linear.tables, "ngrams": top_ngrams()}
    config |= {"preset": "ensemble", "title": SUM_TITLE}
    return dataclasses.replace(
        linear, name="sentiment-ensemble", config=config, arrays=arrays, tables=tables
    )


def fill_reviews(assets: Path, names: tuple[str, ...] = tuple(TITLES)) -> Path:
    """Writes the models' bundles to an assets folder and returns it."""
    for name in names:
        save_bundle(review_bundle(name), assets / f"sentiment-{name}")
    return assets
