"""A sentiment model as a bundle: weights, vocabulary, what it says of each test review, figures."""

import dataclasses
import functools
import json
from contextlib import AbstractContextManager

import numpy as np
import pandas as pd

from core.addresses import address_words, without_addresses
from core.bundle import Bundle, over_seeds
from core.checkpoint import Checkpoints
from core.datasets.store import LocalData, Sources
from core.devices import describe_devices
from core.reviews import read_reviews
from core.sentiment import KIND
from core.sentiment.data import (
    Texts,
    count_vocabulary,
    labelled,
    unlabelled,
    without_punctuation,
)
from core.sentiment.disclosure.publishable import read_publishable
from core.sentiment.explore import SentimentModel
from core.sentiment.explore.slices import describe_texts
from core.sentiment.metrics import (
    accuracy,
    expected_calibration_error,
    fit_temperature,
    log_loss,
    probability,
)
from core.sentiment.model.nbsvm import NbsvmConfig
from core.sentiment.train.description import describe
from core.sentiment.train.distillation import measure_distilled
from core.sentiment.train.ensemble import measure_ensemble
from core.sentiment.train.presets import Preset
from core.sentiment.train.protocol import (
    PROTOCOLS,
    Measured,
    Runs,
    epochs_of,
    measure_linear,
    measure_net,
    protocol,
)
from core.sentiment.train.start import start_of
from core.sentiment.weights import rounded
from core.training_run import TrainingRun

_MEASURED = {
    "test_accuracy": "test",
    "net_accuracy": "net",
    "undistilled_accuracy": "undistilled",
    "lesson_accuracy": "best_epoch",
    "frozen_accuracy": "frozen",
    "val_accuracy": "val",
}


def train(run: TrainingRun, preset: Preset) -> Bundle:
    """Trains a recipe with the run's seeds and gathers what the explorer needs.

    Args:
        run: how; the weights of its first seed are kept, all are measured.
        preset: the recipe.

    Returns:
        The bundle, not yet saved.

    Raises:
        InputError: an option is out of bounds.
        DataError: the archive of reviews, or of GloVe, is not what it should be.
    """
    local = run.sources.get("imdb")
    glove = run.sources.get("glove-6b") if preset.vectors == "glove" else None
    reviews = read_reviews(local, data_dir=run.sources.data_dir)
    sides = {side: labelled(reviews, side) for side in ("train", "test")}
    read = (
        sides if preset.keeps_punctuation else {k: without_punctuation(v) for k, v in sides.items()}
    )
    may_ship = functools.partial(
        read_publishable, local, reviews=reviews, data_dir=run.sources.data_dir
    )
    if isinstance(preset.config, NbsvmConfig):
        allowed = may_ship().keys(preset.config.order)
        measured = measure_linear(preset.config, read["train"], read["test"], allowed=allowed)
    else:
        what = {"settings": dataclasses.asdict(preset), "data": local.sha256}

        def checkpoints(name: str) -> AbstractContextManager[Checkpoints | None]:
            return run.checkpoints(name, {**what, "run": name})

        more = unlabelled(reviews) if preset.views or preset.teacher else None
        epochs_of(preset, run.n_epochs)  # refused before minutes of learning what the net needs
        start = start_of(
            preset,
            count_vocabulary(read["train"], preset.net_config.n_ids),
            seed=run.seed,
            glove=glove,
            texts=more,
            checkpoints=checkpoints,
            progress=run.label(f"sentiment {run.preset}"),
        )
        runs = Runs(
            run.seeds,
            start=start,
            n_epochs=run.n_epochs,
            mesh=run.mesh,
            checkpoints=checkpoints,
            progress=run.label(f"sentiment {run.preset}"),
        )
        way = measure_net
        if preset.partner:
            way = functools.partial(measure_ensemble, allowed=may_ship().keys(preset.partner.order))
        if preset.teacher:
            assert more is not None  # read where there is a teacher
            judged = more if preset.keeps_punctuation else without_punctuation(more)
            way = functools.partial(measure_distilled, unlabelled=judged)
        measured = way(preset, read["train"], read["test"], runs)
    bundle = gather(preset, local, (read["train"], sides["test"]), measured, run)
    return describe(bundle, may_ship, glove=glove if preset.vectors else None)


def gather(
    preset: Preset,
    local: LocalData,
    texts: tuple[Texts, Texts],
    measured: Measured,
    run: TrainingRun,
) -> Bundle:
    """Puts a measured recipe into a bundle.

    Args:
        preset: the recipe.
        local: the archive, for provenance.
        texts: the training reviews, to tell which words are parts of addresses, and the test
            reviews with punctuation, to describe them by.
        measured: what was trained.
        run: its preset names the bundle; its seed is that of the weights.

    Returns:
        The bundle, without what `describe` adds.
    """
    train, test = texts
    held = measured.val_labels
    temperature = fit_temperature(measured.val_logits, held)
    said = probability(measured.test_logits[0], temperature)
    metrics = {
        name: over_seeds(np.array(measured.accuracies[key]), "accuracy", protocol(name, preset))
        for name, key in _MEASURED.items()
        if key in measured.accuracies
    }
    loss = log_loss(measured.val_logits, held)
    metrics["val_loss"] = over_seeds(np.array([loss]), "loss", PROTOCOLS["val_loss"])
    metrics["calibration_error"] = over_seeds(
        np.array([expected_calibration_error(said, test.labels)]),
        "share",
        PROTOCOLS["calibration_error"],
    )
    config = measured.config | {
        "preset": run.preset,
        "title": preset.title,
        "keeps_punctuation": preset.keeps_punctuation,
        "epochs": measured.epochs,
        "temperature": temperature,
        "n_parameters": measured.n_parameters,
        "train_s": measured.train_s,
    }
    said_of = describe_texts(test).assign(logit=measured.test_logits[0].astype(np.float32))
    words = measured.vocabulary.words
    known = dict(
        zip(train.words, address_words(train.tokens, train.rows, train.words), strict=True)
    )
    words = without_addresses(words, np.array([known[word] for word in words], bool))
    tables = {"words": pd.DataFrame({"word": words}), "test": said_of}
    return Bundle(
        kind=KIND,
        name=f"sentiment-{run.preset}",
        config=json.loads(json.dumps(config)),
        seeds={"model": run.seed},
        metrics=metrics,
        dataset=local.record(),
        arrays=rounded(measured.arrays),
        tables=tables,
        documents={"history": measured.histories},
        device=describe_devices(),
        duration_s=measured.train_s,
        command=run.command,
    )


def measure(bundle: Bundle, sources: Sources) -> dict[str, dict[str, float]]:
    """Measures a bundle's weights, as they are stored, on the test reviews.

    Args:
        bundle: of this kind.
        sources: where the reviews are looked for.

    Returns:
        "test_accuracy" and "calibration_error", each with "measured" and "recorded"; the recorded
        accuracy is that of the seed whose weights the bundle holds.
    """
    local = sources.get(bundle.dataset["name"])
    test = labelled(read_reviews(local, data_dir=sources.data_dir), "test")
    model = SentimentModel(bundle)
    logits = model.logits_of(test)
    said = probability(logits, model.temperature)
    recorded = bundle.metrics
    return {
        "test_accuracy": {
            "measured": accuracy(logits, test.labels),
            "recorded": recorded["test_accuracy"]["per_seed"][0],
        },
        "calibration_error": {
            "measured": expected_calibration_error(said, test.labels),
            "recorded": recorded["calibration_error"]["value"],
        },
    }
