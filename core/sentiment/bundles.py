"""A sentiment model as a bundle: weights, vocabulary, what it says of each test review, figures."""

import dataclasses
import functools
import json
from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
import pandas as pd

from core.addresses import address_words, without_addresses
from core.bundle import Bundle, over_seeds
from core.checkpoint import Checkpoints
from core.datasets.glove_text import read_glove
from core.datasets.store import LocalData, Sources
from core.devices import describe_devices
from core.errors import InputError
from core.reviews import read_reviews
from core.sentiment.calibration import (
    accuracy,
    expected_calibration_error,
    fit_temperature,
    log_loss,
    probability,
)
from core.sentiment.card import write_card
from core.sentiment.data import Texts, count_vocabulary, labelled, unlabelled, without_signs
from core.sentiment.disclosure import RULE
from core.sentiment.explorer import SentimentModel
from core.sentiment.filters import strongest_ngrams
from core.sentiment.likeness import measure_likeness
from core.sentiment.nbsvm import NbsvmConfig
from core.sentiment.ngrams import MAX_ORDER, pack_columns, unpack
from core.sentiment.presets import Preset
from core.sentiment.protocol import (
    Measured,
    Runs,
    epochs_of,
    measure_linear,
    measure_net,
)
from core.sentiment.publishable import Publishable, read_publishable
from core.sentiment.rounding import restored, rounded
from core.sentiment.slices import describe_texts
from core.sentiment.start import start_of
from core.sentiment.teaching import measure_taught
from core.sentiment.together import measure_together
from core.training_run import TrainingRun

KIND = "sentiment"
CLEAN_PROTOCOL = (
    "25,000 test reviews, once; settings and epoch chosen on a tenth of train (runs of 50 "
    "consecutive reviews, so that films are whole), then trained on all of train"
)
PROTOCOLS = {
    "test_accuracy": CLEAN_PROTOCOL,
    "lesson_accuracy": "the lesson's: the best of the epochs on the 25,000 test reviews themselves",
    "frozen_accuracy": f"{CLEAN_PROTOCOL}; before the embedding was tuned",
    "net_accuracy": f"{CLEAN_PROTOCOL}; the net alone, without the linear model",
    "untaught_accuracy": f"{CLEAN_PROTOCOL}; the same recipe without the linear model's opinion of "
    "unlabelled reviews",
    "val_accuracy": "a tenth of train, which training did not see; the epoch was chosen on it",
    "val_loss": "logistic loss in nats, the first seed's, on the same tenth of train; the model "
    "with the lowest is the one called best",
    "calibration_error": "expected calibration error in ten bins on the test reviews, after "
    "temperature scaling on the validation reviews",
}
SHARED = (
    "; all seeds share the layer learned from unlabelled reviews, the number of epochs, the linear "
    "model and the weights of the sum: the spread leaves out what other ones would add"
)
_MEASURED = {
    "test_accuracy": "test",
    "net_accuracy": "net",
    "untaught_accuracy": "untaught",
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
    read = sides if preset.reads_signs else {k: without_signs(v) for k, v in sides.items()}
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
            count_vocabulary(read["train"], preset.config.n_ids),
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
            way = functools.partial(measure_together, allowed=may_ship().keys(preset.partner.order))
        if preset.teacher:
            judged = more if preset.reads_signs else without_signs(more)
            way = functools.partial(measure_taught, unlabelled=judged)
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
            reviews with signs, to describe them by.
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
        "reads_signs": preset.reads_signs,
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


def describe(
    bundle: Bundle, may_ship: Callable[[], Publishable], *, glove: LocalData | None = None
) -> Bundle:
    """Says what stands beside the weights of a bundle: favourites of its filters, and its card.

    Args:
        bundle: of a model.
        may_ship: opens the n-grams that may ship, for a model that has filters or is linear; those
            of a linear model must be among them.
        glove: the archive of GloVe 6B, for a model whose embedding began with its vectors.

    Returns:
        The bundle with them, not yet saved.

    Raises:
        InputError: a linear model has weights for other n-grams.
        DataError: an archive is damaged.
    """
    model = SentimentModel(bundle)
    tables, config = dict(bundle.tables), dict(bundle.config)
    if model.has_filters or model.linear is not None:
        found = may_ship()
        config["disclosure"] = dict(RULE)
        if model.linear is not None:
            check_keys(model, found)
        if model.has_filters:
            tables["ngrams"] = strongest_ngrams(model.net, model.net_vocabulary, found)
    if glove is not None:
        table = restored(bundle.arrays)["embedding.table"]
        words, vectors = read_glove(glove.path, n_dims=table.shape[1])
        config["glove"] = measure_likeness(model.vocabulary, table, words, vectors)
    metrics = {name: bundle.metrics[name] for name in PROTOCOLS if name in bundle.metrics}
    bundle = dataclasses.replace(bundle, tables=tables, config=config, metrics=metrics)
    return dataclasses.replace(bundle, card=write_card(bundle))


def check_keys(model: SentimentModel, found: Publishable) -> None:
    """Checks that a linear model knows only n-grams that may ship.

    Raises:
        InputError: it knows others.
    """
    number = {word: at for at, word in enumerate(found.words)}
    ids = np.array([0, *(number.get(word, -2) for word in model.vocabulary.words), -1])
    keys = pack_columns(ids[unpack(model.linear.keys)])  # the last one serves -1: no further word
    others = np.count_nonzero(~np.isin(keys, found.keys(MAX_ORDER)))
    if others:
        raise InputError(
            f"{model.bundle.name} ({others:,} of its n-grams) should know only n-grams that may "
            f"ship; train it anew: {model.bundle.command}"
        )


def protocol(name: str, preset: Preset) -> str:
    """Says how a metric of a recipe is measured, and what its spread over seeds leaves out."""
    shared = SHARED if preset.views and name in ("test_accuracy", "net_accuracy") else ""
    return PROTOCOLS[name] + shared


def measure(
    bundle: Bundle, sources: Sources, data: str | None = None
) -> dict[str, dict[str, float]]:
    """Measures a bundle's weights, as they are stored, on the test reviews.

    Args:
        bundle: of this kind.
        sources: where the reviews are looked for.
        data: None, or the bundle's own data set.

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
