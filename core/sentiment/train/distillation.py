"""The linear model as a teacher: what it says of reviews without labels, a net learns as well.

The linear model counts n-grams that a net of 5,000 words cannot see, but only in the labelled
reviews. Through its opinion of the unlabelled ones a net of the lesson's size learns three times as
many reviews, and with the linear model's doubts: a probability to learn, not a verdict.

Reference:
    G. Hinton, O. Vinyals and J. Dean (2015). Distilling the Knowledge in a Neural Network.
        https://arxiv.org/abs/1503.02531
"""

import dataclasses
import time

import numpy as np

from core.sentiment.data import Texts, take
from core.sentiment.metrics import fit_temperature, probability
from core.sentiment.model.nbsvm import NbsvmConfig, NgramWeights
from core.sentiment.train.nbsvm import fit_nbsvm
from core.sentiment.train.presets import Preset
from core.sentiment.train.protocol import Lessons, Measured, Runs, held_out, measure_net


def measure_distilled(
    preset: Preset, train: Texts, test: Texts, runs: Runs, *, unlabelled: Texts
) -> Measured:
    """Measures a net with each seed distilled from the linear model, and undistilled beside that.

    Args:
        preset: the recipe; `teacher` is the linear model's.
        train: labelled reviews to learn from and to choose on.
        test: labelled reviews to report on.
        runs: its trainings.
        unlabelled: reviews for the teacher to judge; none of them stands in test.

    Returns:
        The distilled net; `accuracies` has also "undistilled", the same recipe on labelled reviews
        alone, its number of epochs chosen in the same way.

    Raises:
        InputError: there are too few epochs, reviews or words.
    """
    assert preset.teacher is not None  # the recipe of such a measurement has one
    lessons = teach(preset.teacher, train, unlabelled)
    distilled = measure_net(preset, train, test, runs, lessons=lessons)
    alone = dataclasses.replace(preset, teacher=None)
    undistilled = measure_net(alone, train, test, runs.named("undistilled"))
    accuracies = distilled.accuracies | {"undistilled": undistilled.accuracies["test"]}
    return dataclasses.replace(
        distilled,
        accuracies=accuracies,
        train_s=distilled.train_s + lessons.seconds,
        config=distilled.config | {"n_distilled": unlabelled.n_texts},
    )


def teach(config: NbsvmConfig, train: Texts, unlabelled: Texts) -> Lessons:
    """Lets the linear model judge reviews, by its temperature on the validation reviews.

    Args:
        config: of the linear model.
        train: labelled reviews.
        unlabelled: reviews to judge.

    Returns:
        What it says, once without having seen the validation reviews, for choosing on them, and
        once fitted on all of train.
    """
    held = held_out(train)
    part = take(train, held)
    careful = fit_nbsvm(config, take(train, ~held))
    temperature = fit_temperature(careful.logits(part.tokens, part.starts), part.labels)
    started = time.perf_counter()
    whole = fit_nbsvm(config, train)
    final = _said(whole, unlabelled, temperature)
    seconds = time.perf_counter() - started
    return Lessons(unlabelled, _said(careful, unlabelled, temperature), final, seconds)


def _said(model: NgramWeights, texts: Texts, temperature: float) -> np.ndarray:
    return probability(model.logits(texts.tokens, texts.starts), temperature).astype(np.float32)
