"""The lesson's three-step net trained on a book, merging by sum and by concatenation."""

import dataclasses
import json
from collections.abc import Callable
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from core.bundle import Bundle
from core.checkpoint import Checkpoints
from core.datasets.store import LocalData, Sources
from core.devices import describe_devices
from core.loop import Fitted, Plan, TrainState, fit, gradient_epoch, in_mode, initial_state
from core.textgen import KIND, MERGES, N_STEPS, UNFOLDED
from core.textgen.data import Corpus, read_corpus
from core.textgen.explore.unfolded import UnfoldedModel
from core.textgen.model import Unfolded, UnfoldedConfig
from core.textgen.ngram import fit_ngrams
from core.textgen.train.fitting import windows_of
from core.training_run import TrainingRun

_BATCH_SIZE = 512
_LEARNING_RATE = 1e-3
_LN_2 = float(np.log(2))
_PROTOCOL = (
    "mean surprise at the last 10 % of the book given the three characters before each, with "
    "half-precision weights; the epoch was chosen on the 5 % before"
)
_PROTOCOL_NGRAMS = (
    "interpolated Kneser-Ney on the same, which sees the same three characters, counted on the "
    "first 85 %"
)


@dataclasses.dataclass(frozen=True, slots=True)
class UnfoldedPreset:
    """The recipe of the net of three steps, which has no settings.

    Attributes:
        title: in words.
        n_epochs: passes through the text, at the most; the best by validation is taken.
        uses: see `core.contents.Recipe`.
    """

    title: str
    n_epochs: int = 10
    uses: ClassVar[frozenset[str]] = frozenset({"seed", "epochs", "devices", "resume"})


def train(run: TrainingRun, preset: UnfoldedPreset) -> Bundle:
    """Trains both nets and gathers what the explorer needs.

    Args:
        run: how.
        preset: the recipe.

    Returns:
        The bundle, not yet saved.

    Raises:
        InputError: an option is out of bounds.
        DataError: the book is not what it should be.
    """
    local = run.sources.get("nietzsche")
    corpus = read_corpus(local, lower=True)
    fitted = {}
    for merge in MERGES:
        with run.checkpoints(merge, {"merge": merge, "data": local.sha256}) as checkpoints:
            fitted[merge] = _fit(
                UnfoldedConfig(len(corpus.alphabet), merge),
                corpus,
                run,
                run.n_epochs or preset.n_epochs,
                checkpoints,
            )
    return _bundle(local, corpus, fitted, seed=run.seed, command=run.command)


def measure(bundle: Bundle, sources: Sources) -> dict[str, dict[str, float]]:
    """Measures both nets again on the end of the book.

    Args:
        bundle: of this content.
        sources: where the book is looked for.

    Returns:
        "<merge>_bits", each with "measured" and "recorded".
    """
    local = sources.get(bundle.dataset["name"])
    model, corpus = UnfoldedModel(bundle), read_corpus(local, lower=True)
    return {
        f"{merge}_bits": {
            "measured": _held_out_bits(model, merge, corpus),
            "recorded": bundle.metrics[f"{merge}_bits"]["value"],
        }
        for merge in MERGES
    }


def _fit(
    config: UnfoldedConfig,
    corpus: Corpus,
    run: TrainingRun,
    n_epochs: int,
    checkpoints: Checkpoints | None,
) -> Fitted:
    model, optimizer = Unfolded(config, rngs=nnx.Rngs(run.seed)), optax.adam(_LEARNING_RATE)
    epoch = gradient_epoch(model, optimizer, _loss, batch_size=_BATCH_SIZE, mesh=run.mesh)
    return fit(
        epoch,
        initial_state(model, optimizer),
        jax.device_put(windows_of(corpus.train, N_STEPS)),
        Plan(n_epochs, monitor="val_bits"),
        seed=run.seed,
        keep=lambda state: state.params,
        evaluate=_evaluation(model, corpus.validation),
        mesh=run.mesh,
        checkpoints=checkpoints,
        progress=run.label(f"unfolded, {config.merge}"),
    )


def _loss(model: Unfolded, batch: jax.Array, rngs: nnx.Rngs) -> jax.Array:
    logits = model(batch[:, :-1], rngs=rngs)
    return optax.softmax_cross_entropy_with_integer_labels(logits, batch[:, -1]).mean()


def _evaluation(model: Unfolded, ids: np.ndarray) -> Callable[[TrainState], dict[str, float]]:
    graphdef = nnx.graphdef(in_mode(model, training=False))
    windows = jnp.asarray(windows_of(ids, N_STEPS))

    @jax.jit
    def bits(params: nnx.State) -> jax.Array:
        return _loss(nnx.merge(graphdef, params), windows, nnx.Rngs()) / _LN_2

    return lambda state: {"val_bits": float(bits(state.params))}


def _held_out_bits(model: UnfoldedModel, merge: str, corpus: Corpus) -> float:
    windows = windows_of(corpus.ids[corpus.n_known - N_STEPS :], N_STEPS)
    shares = model.shares(windows[:, :-1], merge)
    return float(-np.log2(shares[np.arange(len(windows)), windows[:, -1]]).mean())


def _bundle(
    local: LocalData, corpus: Corpus, fitted: dict[str, Fitted], *, seed: int, command: str
) -> Bundle:
    config = {
        "content": UNFOLDED,
        "title": "Three steps, written out",
        "chars": list(corpus.alphabet.chars),
        "n_units": UnfoldedConfig(len(corpus.alphabet)).n_units,
        "epochs": {merge: run.best_epoch for merge, run in fitted.items()},
    }
    bundle = Bundle(
        kind=KIND,
        name=f"textgen-{UNFOLDED}",
        config=json.loads(json.dumps(config)),
        seeds={"model": seed},
        metrics={},
        dataset=local.record(),
        arrays={
            f"{merge}.{name}": array.astype(np.float16)
            for merge, run in fitted.items()
            for name, array in run.best.items()
        },
        documents={"history": {merge: run.history for merge, run in fitted.items()}},
        device=describe_devices(),
        duration_s=sum(run.train_s for run in fitted.values()),
        command=command,
    )
    model = UnfoldedModel(bundle)
    counted = fit_ngrams(corpus.train, n_context=N_STEPS, n_chars=len(corpus.alphabet))
    of_counts = -np.log2(counted.probabilities(corpus.ids))[corpus.n_known :].mean()
    metrics = {
        f"{merge}_bits": {
            "value": _held_out_bits(model, merge, corpus),
            "unit": "bits a character",
            "protocol": _PROTOCOL,
        }
        for merge in MERGES
    }
    metrics["ngram_bits"] = {
        "value": float(of_counts),
        "unit": "bits a character",
        "protocol": _PROTOCOL_NGRAMS,
    }
    bundle = dataclasses.replace(bundle, metrics=metrics)
    return dataclasses.replace(bundle, card=_card(bundle))


def _card(bundle: Bundle) -> str:
    rows = "\n".join(
        f"| {name} | {metric['value']:.4f} {metric['unit']} | {metric['protocol']} |"
        for name, metric in bundle.metrics.items()
    )
    return f"""# {bundle.name}

The lesson's net before its loop is folded: three characters merged in one after the other, by sum
or by concatenation, then the fourth is predicted.

Made by `{bundle.command}` on {bundle.device} in {bundle.duration_s:.0f} s of training.
`python -m core evaluate assets/{bundle.name}` measures it again.

## Figures
| metric | value | protocol |
|---|---|---|
{rows}

## What is inside
Weights of both nets in half precision and the history of training; no text.

## Use and limits
For seeing how a state is made. It sees three characters: what it writes is no better than counts.

## Data
{bundle.dataset["citation"]}
Licence: {bundle.dataset["licence"]}
"""
