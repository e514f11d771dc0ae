"""Nets that write, as bundles: training, what is measured of them, and what is kept."""

import dataclasses
import json

import numpy as np
import pandas as pd

from core.bundle import Bundle
from core.datasets.store import LocalData, Sources
from core.devices import describe_devices
from core.loop import Fitted
from core.textgen import KIND
from core.textgen.data import Corpus, read_corpus
from core.textgen.explore import TextModel
from core.textgen.train.fitting import MONITOR, Preset, fit_text
from core.textgen.train.measuring import SAMPLE, best_ngrams, cells_of, held_out_bits, samples_of
from core.training_run import TrainingRun

PRIMES = {
    "nietzsche": "ethics is a basic foundation of all that",  # the lesson's
    "tinyshakespeare": "Good morrow, my lord. What news have you of",
}

PROTOCOLS = {
    "held_out_bits": "mean surprise at the last 10 % of the text, read once from its beginning "
    "with half-precision weights; the epoch was chosen on the 5 % before",
    "val_bits": "the same of the 5 % before, on which the epoch was chosen, in single precision",
    "train_nats": "loss of the chosen epoch on the first 85 % of the text, while training, with "
    "dropout, in nats a character",
    "ngram_bits": "interpolated Kneser-Ney on the same last 10 %, contexts of at most {} "
    "characters (chosen on the 5 % before), counted on the first 85 %",
    "half_precision_bits": "what rounding the weights adds to held_out_bits",
}
_UNITS = {"train_nats": "nats a character"}


def train(run: TrainingRun, preset: Preset) -> Bundle:
    """Trains a recipe and gathers what the explorer needs.

    Args:
        run: how.
        preset: the recipe.

    Returns:
        The bundle, not yet saved.

    Raises:
        InputError: an option is out of bounds.
        DataError: the text is not what it should be.
    """
    local = run.sources.get(preset.text)
    corpus = read_corpus(local, lower=preset.lower)
    what = {"settings": dataclasses.asdict(preset), "data": local.sha256}
    with run.checkpoints("run", what) as checkpoints:
        fitted = fit_text(
            preset,
            corpus,
            seed=run.seed,
            n_epochs=run.n_epochs,
            mesh=run.mesh,
            checkpoints=checkpoints,
            progress=run.label(f"textgen {run.preset}"),
        )
    return gather(preset, local, corpus, fitted, run)


def gather(
    preset: Preset, local: LocalData, corpus: Corpus, fitted: Fitted, run: TrainingRun
) -> Bundle:
    """Puts a trained net into a bundle.

    Args:
        preset: the recipe.
        local: the text, for provenance.
        corpus: the same, read.
        fitted: what training left.
        run: its preset names the bundle; its seed is that of the training.

    Returns:
        The bundle, not yet saved.
    """
    weights_after = fitted.snapshots | {fitted.best_epoch: fitted.best}
    chosen = fitted.history[fitted.best_epoch]
    arrays = {
        f"epoch_{epoch}.{name}": array.astype(np.float16)
        for epoch, snapshot in sorted(weights_after.items())
        for name, array in snapshot.items()
    }
    config = {
        "net": dataclasses.asdict(preset.config),
        "chars": list(corpus.alphabet.chars),
        "preset": run.preset,
        "title": preset.title,
        "way": preset.way,
        "lower": preset.lower,
        "best_epoch": fitted.best_epoch,
        "n_epochs": fitted.history[-1]["epoch"],
        "n_parameters": sum(array.size for array in fitted.best.values()),
        "prime": PRIMES[preset.text],
        "has_snapshots": len(weights_after) > 1,
    }
    empty = {name: pd.DataFrame() for name in ("samples", "cells")}
    bundle = Bundle(
        kind=KIND,
        name=f"textgen-{run.preset}",
        config=json.loads(json.dumps(config)),
        seeds={"model": run.seed},
        metrics={},
        dataset=local.record(),
        arrays=arrays,
        tables=empty,
        documents={"history": fitted.history},
        device=describe_devices(),
        duration_s=fitted.train_s,
        command=run.command,
    )
    model = TextModel(bundle)
    exact = TextModel(
        dataclasses.replace(
            bundle,
            arrays={f"epoch_{fitted.best_epoch}.{k}": v for k, v in fitted.best.items()},
        )
    )
    held_out = held_out_bits(model, corpus)
    context, ngram_bits = best_ngrams(corpus)
    figures = {
        "held_out_bits": held_out,
        MONITOR: chosen[MONITOR],
        "train_nats": chosen.get("loss", float(np.log(preset.config.n_chars))),
        "ngram_bits": ngram_bits,
        "half_precision_bits": held_out - held_out_bits(exact, corpus),
    }
    metrics = {
        name: {
            "value": value,
            "unit": _UNITS.get(name, "bits a character"),
            "protocol": PROTOCOLS[name].format(context),
        }
        for name, value in figures.items()
    }
    tables = {"samples": samples_of(model, corpus), "cells": cells_of(model, corpus)}
    bundle = dataclasses.replace(bundle, metrics=metrics, tables=tables)
    return dataclasses.replace(bundle, card=_card(bundle))


def measure(bundle: Bundle, sources: Sources) -> dict[str, dict[str, float]]:
    """Measures a bundle's weights, as stored in half precision, on the end of its text.

    Args:
        bundle: of this kind.
        sources: where its text is looked for.

    Returns:
        "held_out_bits" with "measured" and "recorded".
    """
    local = sources.get(bundle.dataset["name"])
    corpus = read_corpus(local, lower=bundle.config["lower"])
    return {
        "held_out_bits": {
            "measured": held_out_bits(TextModel(bundle), corpus),
            "recorded": bundle.metrics["held_out_bits"]["value"],
        }
    }


def _card(bundle: Bundle) -> str:
    config, data, metrics = bundle.config, bundle.dataset, bundle.metrics
    rows = "\n".join(
        f"| {name} | {metric['value']:.4f} {metric['unit']} | {metric['protocol']} |"
        for name, metric in metrics.items()
    )
    case = "in small letters" if config["lower"] else "with its capitals"
    epochs = ", ".join(str(epoch) for epoch in TextModel(bundle).epochs)
    return f"""# {bundle.name}

{config["title"]}: a net that reads its book ({data["title"]}, {data["version"]}), {case}, character
by character, and writes on; {config["n_parameters"]:,} numbers learned.

Made by `{bundle.command}` on {bundle.device}; {config["n_epochs"]} epochs took
{bundle.duration_s:.0f} s, and number {config["best_epoch"]} was the best on validation.
`python -m core evaluate assets/{bundle.name}` measures it again.

## Figures
| metric | value | protocol |
|---|---|---|
{rows}

## What is inside
Weights in half precision after epoch {epochs}; the characters that the net knows; what each of
these nets wrote (temperature {SAMPLE.temperature}, seed {SAMPLE.seed}), with the share of its words
that stand in the text and the length of the longest part that does; cells that follow quotes,
brackets, lines, words and sentences. No text beyond what a net wrote.

## Use and limits
For exploring and teaching. What it writes sounds like its text and means nothing; nobody said it.

## Data
{data["citation"]}
Licence: {data["licence"]}
"""
