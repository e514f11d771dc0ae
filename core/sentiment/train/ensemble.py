"""A net and the linear model added up: each knows what the other misses.

The net has read reviews without labels and sees which windows mean alike; the linear model knows
far more n-grams, word by word. Both logits are sums of n-grams, so their sum is one,
too. Its two weights and its offset are fitted on the validation reviews, which neither has seen.

Reference:
    G. Mesnil, T. Mikolov, M. Ranzato and Y. Bengio (2014). Ensemble of Generative and
        Discriminative Techniques for Sentiment Analysis. https://arxiv.org/abs/1412.5335
"""

import dataclasses
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from core.sentiment.data import Texts, Vocabulary, pack_columns, unpack
from core.sentiment.metrics import accuracy
from core.sentiment.model.nbsvm import NbsvmConfig
from core.sentiment.train.presets import Preset
from core.sentiment.train.protocol import Measured, Runs, measure_linear, measure_net

NET, LINEAR = "net.", "linear."  # what the names of their arrays begin with


def measure_ensemble(
    preset: Preset, train: Texts, test: Texts, runs: Runs, *, allowed: np.ndarray | None = None
) -> Measured:
    """Measures a net with each seed, the linear model, and the sum of the two.

    Args:
        preset: the recipe; `partner` is the linear model's.
        train: labelled reviews to learn from and to choose on.
        test: labelled reviews to report on.
        runs: trainings of the net; the weights of the sum are fitted with the first of them.
        allowed: the n-grams that the linear model may know, see `fit_nbsvm`.

    Returns:
        The sum with the first seed's net; `accuracies` has also "net", the net alone.

    Raises:
        InputError: there are too few epochs, reviews or words.
    """
    assert preset.partner is not None  # the recipe of such a measurement has one
    net = measure_net(preset, train, test, runs)
    linear = measure_linear(preset.partner, train, test, allowed=allowed)
    val_logits = np.stack([net.val_logits, linear.val_logits], axis=1)
    weights, offset = weigh(val_logits, net.val_labels)
    val_logits = (val_logits @ weights + offset).astype(np.float32)
    test_logits = weights[0] * net.test_logits + weights[1] * linear.test_logits + offset
    vocabulary, keys, order = union(net.vocabulary, linear)
    arrays = {NET + name: array for name, array in net.arrays.items()}
    arrays |= {
        f"{LINEAR}keys": keys,
        f"{LINEAR}weights": linear.arrays["weights"][order],
        f"{LINEAR}bias": linear.arrays["bias"],
    }
    return dataclasses.replace(
        net,
        arrays=arrays,
        vocabulary=vocabulary,
        val_logits=val_logits,
        test_logits=test_logits,
        accuracies={
            "val": [accuracy(val_logits, net.val_labels)],
            "test": [accuracy(logits, test.labels) for logits in test_logits],
            "net": net.accuracies["test"],
        },
        train_s=net.train_s + linear.train_s,
        n_parameters=net.n_parameters + linear.n_parameters + 3,
        config=_config(preset.partner, net, weights, offset),
    )


def weigh(logits: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, float]:
    """Fits the weights of a sum on reviews that its members have not seen.

    Args:
        logits: f32[R, M].
        labels: f32[R], 0 or 1.

    Returns:
        f64[M] and the offset of the sum with the lowest logistic loss.
    """
    scale = logits.std(axis=0)
    fitted = LogisticRegression(C=1e4).fit(logits / scale, labels)
    return fitted.coef_[0] / scale, float(fitted.intercept_[0])


def union(first: Vocabulary, linear: Measured) -> tuple[Vocabulary, np.ndarray, np.ndarray]:
    """Puts the linear model's words behind the net's, which keep their ids.

    Args:
        first: the net's words.
        linear: the linear model.

    Returns:
        The words of both, the linear model's keys with their ids, ascending, i64[N], and where each
        of them stood, i64[N].
    """
    words = linear.vocabulary.words
    known = first.ids
    vocabulary = Vocabulary((*first.words, *(word for word in words if word not in known)))
    new_id = np.array([0, *(vocabulary.ids[word] for word in words), -1], np.int32)
    keys = pack_columns(new_id[unpack(linear.arrays["keys"])])  # the last one serves -1: no word
    order = np.argsort(keys)
    return vocabulary, keys[order], order


def _config(
    partner: NbsvmConfig, net: Measured, weights: np.ndarray, offset: float
) -> dict[str, Any]:
    """What a bundle says about its members."""
    return {
        "model": "Sum",
        "members": [
            net.config
            | {"prefix": NET, "weight": float(weights[0]), "n_ids": net.vocabulary.n_ids},
            {"model": "Nbsvm", "prefix": LINEAR, "weight": float(weights[1])}
            | dataclasses.asdict(partner),
        ],
        "offset": offset,
    }
