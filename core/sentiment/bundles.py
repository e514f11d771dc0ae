"""A sentiment model as a bundle: weights, vocabulary, what it says of each test review, figures."""

import dataclasses
import functools
import json
from pathlib import Path

import numpy as np
import pandas as pd

from core.bundle import Bundle, over_seeds
from core.checkpoint import Checkpoints
from core.datasets.store import LocalData
from core.devices import data_mesh, describe_devices
from core.reviews import read_reviews
from core.sentiment.calibration import (
    accuracy,
    expected_calibration_error,
    fit_temperature,
    probability,
)
from core.sentiment.data import Texts, count_vocabulary, labelled, unlabelled, without_signs
from core.sentiment.explorer import SentimentModel
from core.sentiment.filters import strongest_ngrams
from core.sentiment.nbsvm import NbsvmConfig
from core.sentiment.presets import Preset, find_preset
from core.sentiment.protocol import (
    Measured,
    Runs,
    epochs_of,
    measure_linear,
    measure_net,
    seeds_of,
)
from core.sentiment.rounding import rounded
from core.sentiment.slices import describe_texts
from core.sentiment.start import start_of
from core.sentiment.teaching import measure_taught
from core.sentiment.together import measure_together

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
    "calibration_error": "expected calibration error in ten bins on the test reviews, after "
    "temperature scaling on the validation reviews",
}
_MEASURED = {
    "test_accuracy": "test",
    "net_accuracy": "net",
    "untaught_accuracy": "untaught",
    "lesson_accuracy": "best_epoch",
    "frozen_accuracy": "frozen",
    "val_accuracy": "val",
}


def train(
    preset_name: str,
    local: LocalData,
    *,
    seed: int,
    n_seeds: int = 1,
    n_epochs: int | None = None,
    n_devices: int = 1,
    glove: LocalData | None = None,
    checkpoint_dir: Path | None = None,
    resume: bool = False,
    command: str = "",
    progress: bool = False,
    data_dir: str | Path | None = None,
) -> Bundle:
    """Trains a preset with `n_seeds` seeds and gathers what the explorer needs.

    Args:
        preset_name: one of `PRESETS`.
        local: the archive of the data set "imdb".
        seed: of the first training; the others follow by one.
        n_seeds: trainings; the weights of the first are kept, all are measured.
        n_epochs: most epochs, other than the preset's.
        n_devices: devices to split batches over.
        glove: the archive of GloVe 6B, for presets that begin with its vectors.
        checkpoint_dir: where a killed run finds its way back; None for no checkpoints.
        resume: go on from there.
        command: the command line, for the card.
        progress: show bars on stderr.
        data_dir: folder in which the tokenised reviews are kept.

    Returns:
        The bundle, not yet saved.

    Raises:
        InputError: an option is out of bounds.
        DataError: the archive is not what it should be.
    """
    preset = find_preset(preset_name)
    seeds = seeds_of(seed, n_seeds)
    reviews = read_reviews(local, data_dir=data_dir)
    sides = {side: labelled(reviews, side) for side in ("train", "test")}
    read = sides if preset.reads_signs else {k: without_signs(v) for k, v in sides.items()}
    if isinstance(preset.config, NbsvmConfig):
        measured = measure_linear(preset.config, read["train"], read["test"])
    else:

        def checkpoints(run: str) -> Checkpoints | None:
            if checkpoint_dir is None:
                return None
            what = {
                "settings": dataclasses.asdict(preset),
                "epochs": n_epochs,
                "run": run,
                "data": local.sha256,
            }
            return Checkpoints(checkpoint_dir / run, what, resume=resume)

        progress_label = f"sentiment {preset_name}" if progress else None
        more = unlabelled(reviews) if preset.views or preset.teacher else None
        epochs_of(preset, n_epochs)  # refused before minutes of learning what the net begins with
        start = start_of(
            preset,
            count_vocabulary(read["train"], preset.config.n_ids),
            seed=seed,
            glove=glove,
            texts=more,
            checkpoints=checkpoints,
            progress=progress_label,
        )
        runs = Runs(
            seeds,
            start=start,
            n_epochs=n_epochs,
            mesh=data_mesh(n_devices) if n_devices > 1 else None,
            checkpoints=checkpoints,
            progress=progress_label,
        )
        way = measure_together if preset.partner else measure_net
        if preset.teacher:
            judged = more if preset.reads_signs else without_signs(more)
            way = functools.partial(measure_taught, unlabelled=judged)
        measured = way(preset, read["train"], read["test"], runs)
    texts = read["train"], sides["test"]
    return gather(preset_name, preset, local, texts, measured, seed=seed, command=command)


def gather(
    preset_name: str,
    preset: Preset,
    local: LocalData,
    texts: tuple[Texts, Texts],
    measured: Measured,
    *,
    seed: int,
    command: str,
) -> Bundle:
    """Puts a measured recipe into a bundle.

    Args:
        preset_name: for the bundle's name.
        preset: the recipe.
        local: the archive, for provenance.
        texts: the training reviews as the model reads them, to find what its filters look for,
            and the test reviews with signs, to describe them by.
        measured: what was trained.
        seed: of the weights.
        command: the command line that makes this bundle.

    Returns:
        The bundle, not yet saved.
    """
    train, test = texts
    held = measured.val_labels
    temperature = fit_temperature(measured.val_logits, held)
    said = probability(measured.test_logits[0], temperature)
    metrics = {
        name: over_seeds(np.array(measured.accuracies[key]), "accuracy", PROTOCOLS[name])
        for name, key in _MEASURED.items()
        if key in measured.accuracies
    }
    metrics["calibration_error"] = over_seeds(
        np.array([expected_calibration_error(said, test.labels)]),
        "share",
        PROTOCOLS["calibration_error"],
    )
    config = measured.config | {
        "preset": preset_name,
        "title": preset.title,
        "reads_signs": preset.reads_signs,
        "epochs": measured.epochs,
        "temperature": temperature,
        "n_parameters": measured.n_parameters,
        "train_s": measured.train_s,
    }
    said_of = describe_texts(test).assign(logit=measured.test_logits[0].astype(np.float32))
    tables = {"words": pd.DataFrame({"word": measured.vocabulary.words}), "test": said_of}
    arrays = rounded(measured.arrays)
    bundle = Bundle(
        kind=KIND,
        name=f"sentiment-{preset_name}",
        config=json.loads(json.dumps(config)),
        seeds={"model": seed},
        metrics=metrics,
        dataset=local.record(),
        arrays=arrays,
        tables=tables,
        documents={"history": measured.histories},
        device=describe_devices(),
        duration_s=measured.train_s,
        command=command,
    )
    model = SentimentModel(bundle)
    if model.has_filters:
        tables["ngrams"] = strongest_ngrams(model.net, model.net_vocabulary, train)
    return dataclasses.replace(bundle, tables=tables, card=_card(bundle))


def measure(
    bundle: Bundle, local: LocalData, *, data_dir: str | Path | None = None
) -> dict[str, dict[str, float]]:
    """Measures a bundle's weights, as they are stored, on the test reviews.

    Args:
        bundle: of this kind.
        local: the archive of the data set "imdb".
        data_dir: folder in which the tokenised reviews are kept.

    Returns:
        "test_accuracy" and "calibration_error", each with "measured" and "recorded"; the recorded
        accuracy is that of the seed whose weights the bundle holds.
    """
    test = labelled(read_reviews(local, data_dir=data_dir), "test")
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


def _card(bundle: Bundle) -> str:
    config, data = bundle.config, bundle.dataset
    rows = "\n".join(
        f"| {name} | {metric['value']:.4f} | {_spread(metric)} | {metric['protocol']} |"
        for name, metric in bundle.metrics.items()
    )
    epochs = f" ({config['epochs']} epochs)" if bundle.documents["history"] else ""
    taught = (
        f" It also learned what the linear model says of\n{config['n_taught']:,} reviews without "
        "labels; none of them stands in the test part."
        if "n_taught" in config
        else ""
    )
    phrases = (
        "Of each filter, the phrases that excite it most, among those that stand in several "
        "reviews. "
        if "ngrams" in bundle.tables
        else ""
    )
    return f"""# {bundle.name}

{config["title"]}: is a film review for or against? Trained on {data["title"]} ({data["version"]}),
25,000 labelled reviews; {config["n_parameters"]:,} numbers learned.{taught}

Made by `{bundle.command}` on {bundle.device}; the weights that ship took {bundle.duration_s:.0f} s
of training{epochs}. `python -m core evaluate assets/{bundle.name}` measures
them again.

## Figures
| metric | mean over seeds | of each seed | protocol |
|---|---|---|---|
{rows}

Logits are divided by {config["temperature"]:.3f} before they are called probabilities.

## What is inside
Weights of seed {bundle.seeds["model"]} in half precision or less, the words they know, and, \
for each test
review in the archive's order, its label, what the model said (a logit), and counts (words,
negations, share of rare words). {phrases}No text of a review.

## Use and limits
For exploring and teaching. The model knows how people wrote about films on one web site before
2011; irony, other languages and texts about other things mislead it. 123 texts stand in both train
and test of the data set, as published. A score is no judgement of a writer.

## Data
{data["citation"]}
Licence: {data["licence"]}
"""


def _spread(metric: dict) -> str:
    return ", ".join(f"{value:.4f}" for value in metric["per_seed"])
