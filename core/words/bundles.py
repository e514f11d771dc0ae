"""Word vectors of our own as a bundle: the vocabulary with its counts, vectors, figures."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd

from core.bundle import Bundle
from core.checkpoint import Checkpoints
from core.datasets.store import LocalData
from core.devices import describe_devices
from core.errors import InputError
from core.loop import Fitted
from core.negative_sampling import keep_probability, noise_edges
from core.words.corpus import HELD_OUT_SHARE, Corpus, Split, read_corpus, split_corpus
from core.words.model import GloveConfig, SkipGramConfig, WindowConfig
from core.words.presets import Preset, find_preset
from core.words.train import train_one
from core.words.windows import held_out_windows, window_net

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


def train(
    preset_name: str,
    local: LocalData,
    *,
    seed: int,
    n_epochs: int | None = None,
    n_devices: int = 1,
    checkpoint_dir: Path | None = None,
    resume: bool = False,
    command: str = "",
    progress: bool = False,
    data_dir: str | Path | None = None,
) -> Bundle:
    """Trains a preset and gathers what the explorer needs.

    Args:
        preset_name: one of `PRESETS`.
        local: the archive of the data set "imdb".
        seed: of the split and of everything random in training.
        n_epochs: other than the preset's.
        n_devices: must be 1: the tables are updated row by row on one device.
        checkpoint_dir: where a killed run finds its way back; None for no checkpoints.
        resume: go on from there.
        command: the command line, for the card.
        progress: show a bar on stderr.
        data_dir: folder in which the tokenised reviews are kept.

    Returns:
        The bundle, not yet saved.

    Raises:
        InputError: an option is out of bounds.
        DataError: the archive is not what it should be.
    """
    preset = find_preset(preset_name)
    if seed < 0:
        raise InputError(f"seed ({seed}) should be 0 or more")
    if n_devices != 1:
        raise InputError(f"devices ({n_devices}) should be 1: word vectors train on one device")
    corpus = read_corpus(local, data_dir=data_dir).limited(
        min_count=preset.min_count, max_words=preset.max_words
    )
    epochs = preset.n_epochs if n_epochs is None else n_epochs
    checkpoints = None
    if checkpoint_dir is not None:
        run = {
            "preset": preset_name,
            "settings": dataclasses.asdict(preset),
            "epochs": epochs,
            "seed": seed,
            "data": local.sha256,
        }
        checkpoints = Checkpoints(checkpoint_dir / "run-0", run, resume=resume)
    split = split_corpus(corpus, seed=seed)
    fitted = train_one(
        preset.config,
        split,
        seed=seed,
        n_epochs=epochs,
        checkpoints=checkpoints,
        progress=f"words {preset_name}" if progress else None,
    )
    if checkpoints is not None:
        checkpoints.close()
    return gather(preset_name, local, corpus, split, fitted, seed=seed, command=command)


def gather(
    preset_name: str,
    local: LocalData,
    corpus: Corpus,
    split: Split,
    fitted: Fitted,
    *,
    seed: int,
    command: str,
    preset: Preset | None = None,
) -> Bundle:
    """Centres and rounds the vectors, measures them, and makes the bundle.

    Args:
        preset_name: for the bundle's name.
        local: the archive, for provenance.
        corpus: the reviews with the words that have a vector.
        split: its two sides.
        fitted: what training left.
        seed: of split and training.
        command: the command line that makes this bundle.
        preset: another recipe than the named one.

    Returns:
        The bundle, not yet saved.
    """
    preset = find_preset(preset_name) if preset is None else preset
    arrays = dict(fitted.best)
    # What words share says nothing about any one of them; without it, held-out windows are told
    # better. The mean is that of the noise, or the many rare words would decide it.
    share = np.diff(noise_edges(split.counts).astype(np.float64), prepend=0)
    mean = (share @ arrays["vectors"]).astype(np.float32)
    arrays["vectors"] = (arrays["vectors"] - mean).astype(np.float16)
    arrays["mean"] = mean
    last = fitted.history[-1]
    config = dataclasses.asdict(preset.config) | {
        "content": "vectors",
        "method": METHODS[type(preset.config)],
        "preset": preset_name,
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
        name=f"words-{preset_name}",
        config=json.loads(json.dumps(config)),
        seeds={"split": seed, "model": seed},
        metrics={},
        dataset=local.record(),
        arrays=arrays,
        tables={"words": pd.DataFrame({"word": corpus.words, "count": corpus.counts})},
        documents={"history": fitted.history},
        device=describe_devices(),
        duration_s=fitted.train_s,
        command=command,
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


def measure(
    bundle: Bundle, local: LocalData, data_dir: str | Path | None = None
) -> dict[str, dict[str, float]]:
    """Measures a bundle's vectors, as stored in half precision, on its own held-out reviews.

    Args:
        bundle: of this kind, with the content "vectors".
        local: the archive of the data set "imdb".
        data_dir: folder in which the tokenised reviews are kept.

    Returns:
        Name of each metric that the shipped arrays suffice for -> "measured" and "recorded":
        "window_accuracy" always, "heldout_loss" for the window net (the other methods' loss needs
        vectors of contexts, which would double the bundle).

    Raises:
        InputError: the bundle holds something else, or the reviews have other words.
    """
    if bundle.config.get("content") != "vectors":
        raise InputError(f"bundle ({bundle.name}) should hold vectors to be measured on reviews")
    corpus = read_corpus(local, data_dir=data_dir).limited(
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
