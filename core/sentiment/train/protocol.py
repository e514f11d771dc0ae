"""How a recipe is measured: choices on a tenth of train, then all of train, the test part once.

The lesson measured on the test part after each epoch and reported the best. Both figures come from
the same runs here: the epoch of the clean one is chosen beforehand, on validation; the lesson's is
the best of the same training's epochs.
"""

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from flax import nnx
from jax.sharding import Mesh

from core.errors import InputError
from core.loop import Fitted, restore_state
from core.sentiment.data import (
    Texts,
    Vocabulary,
    count_vocabulary,
    pack_columns,
    pad_all,
    take,
    unpack,
    validation_rows,
)
from core.sentiment.metrics import accuracy
from core.sentiment.model.nbsvm import NbsvmConfig, NgramWeights
from core.sentiment.train.fit import NETS, Encoded, batch_scorer, train_one
from core.sentiment.train.nbsvm import fit_nbsvm
from core.sentiment.train.presets import Preset
from core.sentiment.train.start import Start
from core.sentiment.weights import restored, rounded
from core.training_run import OpenCheckpoints, no_checkpoints

CLEAN_PROTOCOL = (
    "25,000 test reviews, once; settings and epoch chosen on a tenth of train (runs of 50 "
    "consecutive reviews, so that films are whole), then trained on all of train"
)
PROTOCOLS = {
    "test_accuracy": CLEAN_PROTOCOL,
    "lesson_accuracy": "the lesson's: the best of the epochs on the 25,000 test reviews themselves",
    "frozen_accuracy": f"{CLEAN_PROTOCOL}; before the embedding was tuned",
    "net_accuracy": f"{CLEAN_PROTOCOL}; the net alone, without the linear model",
    "undistilled_accuracy": f"{CLEAN_PROTOCOL}; the same recipe without the linear model's opinion "
    "of unlabelled reviews",
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


@dataclasses.dataclass(frozen=True, slots=True)
class Measured:
    """A recipe over several seeds.

    Attributes:
        arrays: weights of the first seed, trained on all of train, by dotted name.
        vocabulary: the words that the weights belong to.
        val_logits: f32[Rv] of the first seed, trained without the validation part.
        val_labels: f32[Rv].
        test_logits: f32[S, Rt] of each seed, as its weights are kept; the first are `arrays`.
        accuracies: name -> accuracy of each seed: "val", "test", "best_epoch" (the lesson's
            protocol), and "frozen" where the embedding was frozen first; callers add others.
        epochs: the number chosen on validation.
        histories: "validation" and "full" -> seed -> rows of `core.loop.fit`.
        train_s: seconds of the first seed's training on all of train, up to the chosen epoch, and
            of learning what it began with.
        n_parameters: numbers that were learned.
        config: what the weights belong to: "model" and its sizes.
    """

    arrays: dict[str, np.ndarray]
    vocabulary: Vocabulary
    val_logits: np.ndarray
    val_labels: np.ndarray
    test_logits: np.ndarray
    accuracies: dict[str, list[float]]
    epochs: int
    histories: dict[str, dict[str, list[dict[str, float]]]]
    train_s: float
    n_parameters: int
    config: dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Runs:
    """The trainings of a recipe.

    Attributes:
        seeds: of the trainings on all of train; the first of them, as many as the recipe says, are
            also those of the trainings that choose the number of epochs.
        start: what the net begins with.
        n_epochs: most epochs, other than the preset's.
        mesh: devices to split batches over.
        checkpoints: opens those of a training by its name.
        progress: label of the progress bars.
    """

    seeds: range
    start: Start = Start()
    n_epochs: int | None = None
    mesh: Mesh | None = None
    checkpoints: OpenCheckpoints = no_checkpoints
    progress: str | None = None

    def named(self, name: str) -> "Runs":
        """Returns the same ones by another name; neither finds the other's checkpoints."""
        make, label = self.checkpoints, self.progress
        return dataclasses.replace(
            self,
            checkpoints=lambda run: make(f"{name}-{run}"),
            progress=label and f"{label}, {name}",
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Lessons:
    """Reviews without labels, and what a teacher says of them.

    Attributes:
        texts: R of them.
        for_choice: f32[R], the probability that each is for its film, by a teacher that has not
            seen the validation part.
        for_good: f32[R], by one that has.
        seconds: that the latter took.
    """

    texts: Texts
    for_choice: np.ndarray
    for_good: np.ndarray
    seconds: float = 0.0


def protocol(name: str, preset: Preset) -> str:
    """Says how a metric of a recipe is measured, and what its spread over seeds leaves out."""
    shared = SHARED if preset.views and name in ("test_accuracy", "net_accuracy") else ""
    return PROTOCOLS[name] + shared


def measure_net(
    preset: Preset, train: Texts, test: Texts, runs: Runs, *, lessons: Lessons | None = None
) -> Measured:
    """Trains a net on nine tenths of train to choose the epoch, then on all of it.

    Args:
        preset: the recipe.
        train: labelled reviews to learn from and to choose on.
        test: labelled reviews to report on.
        runs: its trainings.
        lessons: what to learn from besides.

    Raises:
        InputError: there are too few epochs, reviews or words.
    """
    config = preset.net_config
    vocabulary = count_vocabulary(train, config.n_ids)
    all_train, all_test = (
        Encoded(pad_all(texts, vocabulary, config.length), texts.labels) for texts in (train, test)
    )
    held = held_out(train)
    most = epochs_of(preset, runs.n_epochs)
    seeds = runs.seeds
    if vocabulary.n_ids != config.n_ids:
        raise InputError(
            f"n_ids ({config.n_ids:,}) should be at most {vocabulary.n_ids:,}: there are no more "
            "words in the training reviews"
        )

    def run(kind: str, seed: int, sides: Sequence[Encoded], snapshots: tuple) -> Fitted:
        name = f"{kind}-{seed}"
        with runs.checkpoints(name) as saved:
            return train_one(
                preset,
                *sides,
                seed=seed,
                n_epochs=most,
                name="val" if kind == "validation" else "test",
                start=runs.start.arrays,
                snapshots=snapshots,
                mesh=runs.mesh,
                checkpoints=saved,
                progress=runs.progress and f"{runs.progress}, {name}",
            )

    parts = [_part(all_train, ~held), _part(all_train, held)]
    whole = all_train
    if lessons is not None:
        ids = pad_all(lessons.texts, vocabulary, config.length)
        parts[0] = _joined(parts[0], Encoded(ids, lessons.for_choice))
        whole = _joined(all_train, Encoded(ids, lessons.for_good))
    every = tuple(range(1, most + 1))
    validation = {
        seed: run("validation", seed, parts, every if seed == seeds[0] else ())
        for seed in seeds[: preset.n_validated]
    }
    curves = np.array([_column(fitted, "val_accuracy") for fitted in validation.values()])
    losses = np.array([_column(fitted, "val_loss") for fitted in validation.values()])
    chosen = best_epoch(losses.mean(axis=0), first=preset.n_frozen + 1)
    full = {seed: run("full", seed, (whole, all_test), (chosen,)) for seed in seeds}
    accuracies = {
        "val": curves[:, chosen - 1].tolist(),
        "test": [_column(fitted, "test_accuracy")[chosen - 1] for fitted in full.values()],
        "best_epoch": [max(_column(fitted, "test_accuracy")) for fitted in full.values()],
    }
    if preset.n_frozen:
        at = best_epoch(losses[:, : preset.n_frozen].mean(axis=0), first=1)
        accuracies["frozen"] = [_column(run, "test_accuracy")[at - 1] for run in full.values()]
    first = seeds[0]
    arrays = {seed: fitted.snapshots[chosen] for seed, fitted in full.items()}
    score = scorer(preset)
    return Measured(
        arrays[first],
        vocabulary,
        score(validation[first].snapshots[chosen], parts[1].ids),
        parts[1].labels,
        np.stack([score(restored(rounded(kept)), all_test.ids) for kept in arrays.values()]),
        accuracies,
        chosen,
        {
            kind: {str(seed): fitted.history for seed, fitted in found.items()}
            for kind, found in (("validation", validation), ("full", full))
        },
        runs.start.seconds + sum(_column(full[first], "seconds")[:chosen]),
        sum(array.size for array in arrays[first].values()),
        config_of(preset),
    )


def epochs_of(preset: Preset, n_epochs: int | None) -> int:
    """Returns the most epochs of a training, the preset's if None; raises InputError if too few."""
    most = preset.n_epochs if n_epochs is None else n_epochs
    if most <= preset.n_frozen:
        raise InputError(
            f"epochs ({most}) should be more than {preset.n_frozen}, after which the embedding is "
            "tuned"
        )
    return most


def measure_linear(
    config: NbsvmConfig, train: Texts, test: Texts, *, allowed: np.ndarray | None = None
) -> Measured:
    """Fits the linear model on nine tenths of train to calibrate it, then on all of train.

    It has no seed and no epochs; `arrays` are those of `NgramWeights`, with ids of `vocabulary`.

    Args:
        config: settings.
        train: labelled reviews to learn from and to calibrate on.
        test: labelled reviews to report on.
        allowed: the n-grams that it may know, see `fit_nbsvm`.

    Raises:
        InputError: there are too few reviews, or too many words.
    """
    held = held_out(train)
    part = take(train, held)
    careful = fit_nbsvm(config, take(train, ~held), allowed=allowed)
    val_logits = careful.logits(part.tokens, part.starts)
    started = time.perf_counter()
    fitted = fit_nbsvm(config, train, allowed=allowed)
    train_s = time.perf_counter() - started
    vocabulary, keys, order = renumber(fitted.keys, train.words)
    arrays = {
        "keys": keys,
        "weights": fitted.weights[order],
        "bias": np.array([fitted.bias], np.float32),
    }
    kept = restored(rounded(arrays))
    shipped = NgramWeights(fitted.keys, kept["weights"][np.argsort(order)], float(kept["bias"][0]))
    test_logits = shipped.logits(test.tokens, test.starts)[None]
    accuracies = {
        "val": [accuracy(val_logits, part.labels)],
        "test": [accuracy(fitted.logits(test.tokens, test.starts), test.labels)],
    }
    return Measured(
        arrays,
        vocabulary,
        val_logits,
        part.labels,
        test_logits,
        accuracies,
        epochs=1,
        histories={},
        train_s=train_s,
        n_parameters=len(keys) + 1,
        config=dataclasses.asdict(config) | {"model": "Nbsvm"},
    )


def held_out(train: Texts) -> np.ndarray:
    """Draws the validation part, bool[R]; raises InputError where a part would lack a label."""
    held = validation_rows(train)
    if min(len(np.unique(train.labels[side])) for side in (held, ~held)) < 2:
        raise InputError(
            f"training reviews ({train.n_texts:,}) should be enough to hold a tenth of them out"
        )
    return held


def renumber(keys: np.ndarray, words: Sequence[str]) -> tuple[Vocabulary, np.ndarray, np.ndarray]:
    """Gives the words of some n-grams numbers of their own, in alphabetical order.

    The order of `words` is that in which the reviews use them: it would tell how the first begin.

    Args:
        keys: i64[N], see `core.sentiment.data`, with ids of `words`.
        words: what those ids stand for.

    Returns:
        A vocabulary, the keys with its ids, ascending, i64[N], and where each of them stood in
        `keys`, i64[N].
    """
    ids = unpack(keys)
    used = np.array(sorted(np.unique(ids[ids >= 0]), key=words.__getitem__), np.int64)
    vocabulary = Vocabulary(tuple(words[int(word)] for word in used))
    new_id = np.full(len(words) + 1, -1, np.int32)  # the last one serves -1, no further word
    new_id[used] = np.arange(1, len(used) + 1, dtype=np.int32)
    renumbered = pack_columns(new_id[ids])
    order = np.argsort(renumbered)
    return vocabulary, renumbered[order], order


def best_epoch(losses: np.ndarray, *, first: int) -> int:
    """Returns the epoch, counted from 1, of the lowest loss, from `first` on.

    The loss falls and rises smoothly where the accuracy of some thousand reviews jumps about.
    """
    return first + int(np.argmin(losses[first - 1 :]))


def config_of(preset: Preset) -> dict[str, Any]:
    """Returns the name of a recipe's model, as in `core.sentiment.weights`, and its sizes."""
    config = preset.config
    return dataclasses.asdict(config) | {"model": type(config).__name__.removesuffix("Config")}


def scorer(preset: Preset) -> Callable[[Mapping[str, np.ndarray], np.ndarray], np.ndarray]:
    """Makes `score(weights by dotted name, ids i32[R, L]) -> logits f32[R]` of a preset's net."""
    model = nnx.eval_shape(lambda: NETS[type(preset.config)](preset.config, rngs=nnx.Rngs(0)))
    score, abstract = batch_scorer(model), nnx.state(model, nnx.Param)
    return lambda arrays, ids: score(restore_state(abstract, arrays), ids)


def _part(encoded: Encoded, rows: np.ndarray) -> Encoded:
    return Encoded(encoded.ids[rows], encoded.labels[rows])


def _joined(first: Encoded, second: Encoded) -> Encoded:
    return Encoded(
        np.concatenate([first.ids, second.ids]), np.concatenate([first.labels, second.labels])
    )


def _column(fitted: Fitted, name: str) -> list[float]:
    """One figure of each epoch, without the untrained net's."""
    return [row[name] for row in fitted.history[1:]]
