"""Word vectors of our own as a bundle: the vocabulary with its counts, vectors, figures."""

import dataclasses
import json

import jax
import numpy as np
import pandas as pd

from core.bundle import Bundle
from core.checkpoint import Checkpoints
from core.datasets.store import LocalData, Sources
from core.devices import describe_devices
from core.errors import InputError
from core.loop import Fitted, Plan, fit
from core.negative_sampling import keep_probability, noise_edges
from core.training_run import TrainingRun
from core.words import VECTORS
from core.words.data import HELD_OUT_SHARE, Corpus, Split, read_corpus, split_corpus
from core.words.model import GloveConfig, SkipGramConfig, WindowConfig
from core.words.presets import Preset
from core.words.train.least_squares import weighted_least_squares
from core.words.train.skip_gram import skip_gram
from core.words.train.windows import (
    held_out_windows,
    window_net,
    windows_against_corrupted,
)

Config = SkipGramConfig | GloveConfig | WindowConfig
KIND = "words"
METHODS = {SkipGramConfig: "sgns", GloveConfig: "glove-reviews", WindowConfig: "window"}

ACCURACY_REACH = 5
ACCURACY_SUBSAMPLE = 1e-4
ACCURACY_WINDOWS = 200_000
SPLIT_PROTOCOL = (
    f"{HELD_OUT_SHARE:.0%} of the reviews held out, default_rng(seed).random(n) < {HELD_OUT_SHARE}"
)
ACCURACY_PROTOCOL = (
    f"{SPLIT_PROTOCOL}; up to {ACCURACY_WINDOWS:,} of their windows of {2 * ACCURACY_REACH + 1} "
    f"words after thinning out frequent words (subsample {ACCURACY_SUBSAMPLE}): share in which the "
    "middle word has a higher cosine with the sum of the others' unit vectors than a random word "
    "drawn by count to the power 3/4"
)
LOSS_PROTOCOLS = {
    SkipGramConfig: "logistic loss of a pair of neighbours and its noise words, weighted as in "
    "training, before the vectors are centred and rounded",
    GloveConfig: "mean squared error of log counts, weighted by f(x), over pairs of words with a "
    "held-out count of 5 or more, scaled up to the length of the training text; before the vectors "
    "are centred and rounded",
    WindowConfig: "loss of a real window and its corrupted copies, from the vectors as they ship",
}


def train(run: TrainingRun, preset: Preset) -> Bundle:
    """Trains a recipe and gathers what the explorer needs.

    Args:
        run: how.
        preset: the recipe.

    Returns:
        The bundle, not yet saved.

    Raises:
        InputError: an option is out of bounds.
        DataError: the archive of reviews is not what it should be.
    """
    local = run.sources.get("imdb")
    corpus = read_corpus(local, data_dir=run.sources.data_dir).limited(
        min_count=preset.min_count, max_words=preset.max_words
    )
    what = {
        "preset": run.preset,
        "config": dataclasses.asdict(preset.config),
        "n_epochs": preset.n_epochs,
        "data": local.sha256,
    }
    split = split_corpus(corpus, seed=run.seed)
    with run.checkpoints("run-0", what) as checkpoints:
        fitted = train_one(
            preset.config,
            split,
            seed=run.seed,
            n_epochs=run.n_epochs or preset.n_epochs,
            checkpoints=checkpoints,
            progress=run.label(f"words {run.preset}"),
        )
    return gather(preset, local, corpus, split, fitted, run)


def train_one(
    config: Config,
    split: Split,
    *,
    seed: int,
    n_epochs: int,
    checkpoints: Checkpoints | None = None,
    progress: str | None = None,
) -> Fitted:
    """Learns vectors by one of the three recipes.

    Args:
        config: settings; their type is the recipe.
        split: the reviews.
        seed: of everything random in training.
        n_epochs: epochs, over which the learning rate falls.
        checkpoints: where to save and resume.
        progress: label of the progress bar; None for none.

    Returns:
        The fitted model; `best` has "vectors" f32[V, D] and what else the recipe keeps, the history
        has "loss" and "heldout_loss".

    Raises:
        InputError: a setting is out of bounds, or there is too little text.
    """
    prepare = {
        SkipGramConfig: skip_gram,
        GloveConfig: weighted_least_squares,
        WindowConfig: windows_against_corrupted,
    }[type(config)]
    recipe = prepare(config, split, seed=seed, n_epochs=n_epochs)
    return fit(
        jax.jit(recipe.epoch, donate_argnums=0),
        recipe.state,
        jax.device_put(recipe.data),
        Plan(n_epochs),
        seed=seed,
        keep=recipe.keep,
        evaluate=lambda state: {"heldout_loss": float(recipe.evaluate(state))},
        checkpoints=checkpoints,
        progress=progress,
    )


def gather(
    preset: Preset,
    local: LocalData,
    corpus: Corpus,
    split: Split,
    fitted: Fitted,
    run: TrainingRun,
) -> Bundle:
    """Centres and rounds the vectors, measures them, and makes the bundle.

    Args:
        preset: the recipe.
        local: the archive, for provenance.
        corpus: the reviews with the words that have a vector.
        split: its two sides.
        fitted: what training left.
        run: its preset names the bundle; its seed is that of split and training.

    Returns:
        The bundle, not yet saved.
    """
    arrays = dict(fitted.best)
    # What words share says nothing about any one of them; without it, held-out windows are told
    # better. The mean is that of the noise, or the many rare words would decide it.
    share = np.diff(noise_edges(split.counts).astype(np.float64), prepend=0)
    mean = (share @ arrays["vectors"]).astype(np.float32)
    arrays["vectors"] = (arrays["vectors"] - mean).astype(np.float16)
    arrays["mean"] = mean
    last = fitted.history[-1]
    config = dataclasses.asdict(preset.config) | {
        "content": VECTORS,
        "method": METHODS[type(preset.config)],
        "preset": run.preset,
        "title": preset.title,
        "n_epochs": last["epoch"],
        "min_count": preset.min_count,
        "max_words": preset.max_words,
        "n_words": corpus.n_words,
        "n_reviews": corpus.n_reviews,
        "n_tokens": len(corpus.tokens),
    }
    bundle = Bundle(
        kind=KIND,
        name=f"words-{run.preset}",
        config=json.loads(json.dumps(config)),
        seeds={"split": run.seed, "model": run.seed},
        metrics={},
        dataset=local.record(),
        arrays=arrays,
        tables={"words": pd.DataFrame({"word": corpus.words, "count": corpus.counts})},
        documents={"history": fitted.history},
        device=describe_devices(),
        duration_s=fitted.train_s,
        command=run.command,
    )
    figures = {"heldout_loss": last["heldout_loss"]} | _figures(bundle, split)
    protocols = {
        "heldout_loss": f"{SPLIT_PROTOCOL}; {LOSS_PROTOCOLS[type(preset.config)]}",
        "window_accuracy": ACCURACY_PROTOCOL,
    }
    units = {"heldout_loss": "loss", "window_accuracy": "share"}
    metrics = {
        name: {"value": value, "unit": units[name], "protocol": protocols[name]}
        for name, value in figures.items()
    }
    bundle = dataclasses.replace(bundle, metrics=metrics)
    return dataclasses.replace(bundle, card=_card(bundle))


def measure(bundle: Bundle, sources: Sources) -> dict[str, dict[str, float]]:
    """Measures a bundle's vectors, as stored in half precision, on its own held-out reviews.

    Args:
        bundle: of this kind, with the content "vectors".
        sources: where its reviews are looked for.

    Returns:
        Name of each metric that the shipped arrays suffice for -> "measured" and "recorded":
        "window_accuracy" always, "heldout_loss" for the window net (the other methods' loss needs
        vectors of contexts, which would double the bundle).

    Raises:
        InputError: the bundle holds something else, or the reviews have other words.
    """
    if bundle.config.get("content") != VECTORS:
        raise InputError(f"bundle ({bundle.name}) should hold vectors to be measured on reviews")
    local = sources.get(bundle.dataset["name"])
    corpus = read_corpus(local, data_dir=sources.data_dir).limited(
        min_count=bundle.config["min_count"], max_words=bundle.config["max_words"]
    )
    return measure_on(bundle, corpus)


def measure_on(bundle: Bundle, corpus: Corpus) -> dict[str, dict[str, float]]:
    """Measures a bundle on a corpus that is open already; see `measure`."""
    if list(corpus.words) != bundle.tables["words"]["word"].tolist():
        raise InputError(
            f"data ({corpus.n_words:,} words) should have the {bundle.config['n_words']:,} words "
            f"of the bundle {bundle.name}; measure on the archive that it was trained on"
        )
    measured = _figures(bundle, split_corpus(corpus, seed=bundle.seeds["split"]))
    return {
        name: {"measured": value, "recorded": bundle.metrics[name]["value"]}
        for name, value in measured.items()
    }


def window_accuracy(
    vectors: np.ndarray, tokens: np.ndarray, reviews: np.ndarray, counts: np.ndarray
) -> float:
    """How often vectors alone tell the middle word of a window from a random word.

    It is the lesson's task without a net, and the same measure for every method.

    Args:
        vectors: f32[V, D].
        tokens: i32[H], ids of the held-out reviews.
        reviews: i32[H], the review of each.
        counts: i64[V], over the training reviews.

    Returns:
        The share of windows; a tie counts half, so vectors that know nothing get 0.5.

    Raises:
        InputError: no review is long enough for a window.
    """
    rng, reach = np.random.default_rng(0), ACCURACY_REACH
    kept = rng.random(len(tokens)) < keep_probability(counts, ACCURACY_SUBSAMPLE)[tokens]
    tokens, reviews = tokens[kept], reviews[kept]
    at = np.arange(reach, len(tokens) - reach)
    at = at[reviews[at - reach] == reviews[at + reach]]
    if not len(at):
        raise InputError(f"held-out reviews should have windows of {2 * reach + 1} words")
    at = rng.permutation(at)[:ACCURACY_WINDOWS]
    random = np.searchsorted(noise_edges(counts), rng.random(len(at)), side="right")
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.maximum(length, 1e-12)
    around = sum(unit[tokens[at + d]] for d in range(-reach, reach + 1) if d)
    real = np.einsum("nd,nd->n", around, unit[tokens[at]])
    fake = np.einsum("nd,nd->n", around, unit[random])
    return float((real > fake).mean() + (real == fake).mean() / 2)


def _figures(bundle: Bundle, split: Split) -> dict[str, float]:
    """What can be measured from the arrays that ship."""
    vectors = bundle.arrays["vectors"].astype(np.float32)
    held = split.held_tokens, split.held_reviews, split.counts
    figures = {"window_accuracy": window_accuracy(vectors, *held)}
    if bundle.config["method"] == METHODS[WindowConfig]:
        fields = {field.name for field in dataclasses.fields(WindowConfig)}
        config = WindowConfig(**{k: v for k, v in bundle.config.items() if k in fields})
        net = window_net(config, bundle.arrays)
        loss = held_out_windows(config, *held)(vectors + bundle.arrays["mean"], net)
        figures["heldout_loss"] = float(loss)
    return figures


def _card(bundle: Bundle) -> str:
    config, data = bundle.config, bundle.dataset
    net = ", and the net" if config["method"] == METHODS[WindowConfig] else ""
    rows = "\n".join(
        f"| {name} | {metric['value']:.4f} | {metric['protocol']} |"
        for name, metric in bundle.metrics.items()
    )
    return f"""# {bundle.name}

{config["title"][0].upper() + config["title"][1:]}: {config["n_words"]:,} words in
{config["n_dims"]} dimensions, learned without labels from {config["n_reviews"]:,} reviews
({config["n_tokens"]:,} words) of {data["title"]} ({data["version"]}), train and unsup parts.

Made by `{bundle.command}` on {bundle.device} in {bundle.duration_s:.0f} s of training
({config["n_epochs"]} epochs).

## Figures
| metric | value | protocol |
|---|---|---|
{rows}

## What is inside
Vectors in half precision, from which their mean over words drawn by count to the power 3/4 was
taken off (`mean` holds it), the words with their counts, the history of training{net}.
No text of a review. Words that mostly stand in addresses of a few reviews are numbered, not named.

## Use and limits
For exploring and teaching. What a word means here is what film reviewers use it for: a bank is
robbed, a tiger crouches. Words with few occurrences lie where chance put them. The vectors carry
whatever prejudice the reviews do.

## Data
{data["citation"]}
Licence: {data["licence"]}
"""
