"""The best net with batch norm: settings chosen on train, then measured on valid.

Every candidate is trained on three quarters of train and measured on the rest. The one with the
lowest mean loss over splits is trained on all of train with several seeds, and so is, under the
same budget and with settings chosen in the same way, the net without batch norm.
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from core.batchnorm import BEST, CLASSES, DATA, KIND, NETS_COMPARED, PLAIN, WEIGHTS, WITH
from core.batchnorm.data import PARTS, Photos, held_out, read_photos, some
from core.batchnorm.explore.nets import PREFIXES, accuracies_on
from core.batchnorm.explore.sweep import CHANCE
from core.batchnorm.model import NetConfig
from core.batchnorm.model.classifier import FEATURES, Head, fit_head, with_head
from core.batchnorm.model.inputs import kept_views
from core.batchnorm.model.predictor import TestTimeAugmentation, accuracy_of, loss_of
from core.batchnorm.presets import BestConfig
from core.batchnorm.train.fitting import Tuner, with_numbers
from core.batchnorm.train.row_log import row_log
from core.batchnorm.train.start import Start, measured, plain_start, plan_of, rounded, with_norm
from core.bundle import Bundle, over_seeds
from core.datasets.store import LocalData, Sources
from core.devices import describe_devices
from core.errors import InputError, TrainingError
from core.training_run import TrainingRun

HEAD_ONLY = "new head only"
_HELD = 0.25  # share of train on which rates are compared: fewer photos say too little
_PROTOCOL = (
    "share of the {} photos in valid, on which no rate was chosen; the mean of each photo and its "
    "mirror image at every size; weights in half precision; "
)


@dataclasses.dataclass(frozen=True, slots=True)
class FinalResults:
    """What the trainings of one net led to.

    Attributes:
        plan: its layers.
        arrays: weights of the first seed, as they are stored.
        accuracies: f64[seeds] on valid.
        losses: f64[seeds] on valid.
        rate: that was chosen; 0 for none.
        history: of the first seed.
        half_precision: what rounding the weights did to the first seed's accuracy.
        seconds: of training, tries included.
    """

    plan: NetConfig
    arrays: dict[str, np.ndarray]
    accuracies: np.ndarray
    losses: np.ndarray
    rate: float
    history: list[dict]
    half_precision: float
    seconds: float


def train(run: TrainingRun, config: BestConfig) -> Bundle:
    """Chooses, trains and measures; the net of the first seed is kept.

    Args:
        run: how; its numbers of epochs and seeds, if it has them, are those of every training.
        config: the recipe.

    Returns:
        The bundle, not yet saved.

    Raises:
        InputError: an option is out of bounds.
        DataError: a data set is damaged.
    """
    config, data_dir = with_numbers(config, run), run.sources.data_dir
    local, weights = run.sources.get(run.data or DATA), run.sources.get(WEIGHTS)
    found = read_photos(local, framing=config.framing, data_dir=data_dir)
    train, valid = (some(found[part], config.most_photos) for part in PARTS)
    frozen = plain_start(weights.path, size=config.recipe.size, reads=config.reads)
    # computed once and kept: the head learns from all views of every photo
    features = TestTimeAugmentation(*frozen, config.sizes, layer=FEATURES).each_view(train.images)
    what = {"best": dataclasses.asdict(config), "data": local.sha256}
    tried: list[dict] = []
    finals: dict[str, FinalResults] = {}
    for net in NETS_COMPARED:
        trainer = _Trainer(net, config, train, frozen, features, run, what)
        tried += trainer.tries()
        rate = chosen_rate(tried, net)
        finals[net] = trainer.final(rate, valid)
    head = fit_head(*_flat(features, train.labels), penalty=config.penalty)
    finals[HEAD_ONLY] = _head_only(frozen, head, config.sizes, valid)
    return gather_best(finals, pd.DataFrame(tried), config, local, run, n_valid=len(valid))


def chosen_rate(tried: Sequence[Mapping[str, Any]], net: str) -> float:
    """Returns the rate of the lowest mean loss over splits; what diverged does not count."""
    table = pd.DataFrame(tried)
    losses = table[table["net"] == net].groupby("learning_rate")["loss"]
    means = losses.apply(lambda values: values.mean(skipna=False)).dropna()
    if means.empty:
        raise InputError(f"rates should be lower: every training of the net ({net}) diverged")
    return float(means.idxmin())


class _Trainer:
    """Trainings of one of the two nets."""

    def __init__(
        self,
        net: str,
        config: BestConfig,
        train: Photos,
        frozen: Start,
        features: np.ndarray,
        run: TrainingRun,
        what: Mapping[str, Any],
    ) -> None:
        self._net, self._config, self._train, self._run = net, config, train, run
        self._frozen, self._features, self._what = frozen, features, what
        self._plan = plan_of(config.recipe.size, with_norm=net == WITH, reads=config.reads)
        self._tuner = Tuner(self._plan, config.recipe, len(train), mesh=run.mesh)
        self._seconds = 0.0

    def tries(self) -> list[dict]:
        """Trains at every rate on every split; a row each, those done before a stop included."""
        with row_log(self._run, f"tries-{self._name}", self._what) as log:
            splits = range(self._run.seed, self._run.seed + self._config.n_splits)
            for split in splits:
                for rate in self._config.rates:
                    if not any((r["split"], r["learning_rate"]) == (split, rate) for r in log.rows):
                        log.add([self._try(split, rate)])
        self._seconds += sum(row["seconds"] for row in log.rows)
        return log.rows

    def final(self, rate: float, valid: Photos) -> FinalResults:
        """Trains on all photos with every seed, and measures each net on `valid`."""
        accuracies, losses, kept, history, half = [], [], {}, [], 0.0
        for seed in range(self._run.seed, self._run.seed + self._config.n_seeds):
            with self._run.checkpoints(f"final-{self._name}-{seed}", self._what) as saved:
                fitted = self._tuner.fit(
                    self._start(np.arange(len(self._train)), seed),
                    self._train,
                    None,
                    learning_rate=rate,
                    seed=seed,
                    checkpoints=saved,
                    progress=self._run.label(f"{self._net}, seed {seed}"),
                )
            self._seconds += fitted.train_s
            stored = rounded(fitted.best)
            logits = self._logits(stored, valid)
            accuracies.append(accuracy_of(logits, valid.labels))
            losses.append(loss_of(logits, valid.labels))
            if not kept:
                kept, history = stored, fitted.history
                single = self._logits(fitted.best, valid)
                half = accuracies[0] - accuracy_of(single, valid.labels)
        return FinalResults(
            self._plan,
            kept,
            np.array(accuracies),
            np.array(losses),
            rate,
            history,
            half,
            self._seconds,
        )

    @property
    def _name(self) -> str:
        return self._net.replace(" ", "-")

    def _try(self, split: int, rate: float) -> dict:
        is_held = held_out(self._train, _HELD, seed=split)
        learned = np.flatnonzero(~is_held)
        # some photos twice an epoch: as many steps as on all of train, and no second program
        repeated = np.resize(np.random.default_rng(split).permutation(learned), len(self._train))
        row = {"net": self._net, "split": split, "learning_rate": rate}
        try:
            fitted = self._tuner.fit(
                self._start(learned, split),
                self._train.rows(repeated),
                None,
                learning_rate=rate,
                seed=split,
                progress=self._run.label(f"{self._net}, rate {rate:g}, split {split}"),
            )
        except TrainingError:
            return row | {"loss": None, "accuracy": CHANCE, "seconds": 0.0}
        held = self._train.rows(is_held)
        logits = self._logits(fitted.best, held)
        return row | {
            "loss": loss_of(logits, held.labels),
            "accuracy": accuracy_of(logits, held.labels),
            "seconds": fitted.train_s,
        }

    def _logits(self, arrays: Mapping[str, np.ndarray], photos: Photos) -> np.ndarray:
        return TestTimeAugmentation(self._plan, arrays, self._config.sizes)(photos.images)

    def _start(self, rows: np.ndarray, seed: int) -> dict[str, np.ndarray]:
        """Fits the head to frozen features of some photos and puts batch norm in, if wanted."""
        some = self._train.rows(rows)
        head = fit_head(*_flat(self._features[rows], some.labels), penalty=self._config.penalty)
        start = self._frozen[0], with_head(self._frozen[1], head)
        if self._net != WITH:
            return start[1]
        recipe = self._config.recipe
        # over such views as it will learn from: else the first step meets other statistics
        views = kept_views(some.images, recipe.size, least_area=recipe.least_area, seed=seed)
        return with_norm(start, measured(start, Photos(views, some.labels), seed=seed))[1]


def _head_only(frozen: Start, head: Head, sizes: Sequence[int], valid: Photos) -> FinalResults:
    exact = with_head(frozen[1], head)
    arrays = rounded(exact)
    logits = TestTimeAugmentation(frozen[0], arrays, sizes)(valid.images)
    accuracy, loss = accuracy_of(logits, valid.labels), loss_of(logits, valid.labels)
    single = TestTimeAugmentation(frozen[0], exact, sizes)(valid.images)
    half = accuracy - accuracy_of(single, valid.labels)
    figures = np.array([accuracy]), np.array([loss])
    return FinalResults(frozen[0], arrays, *figures, 0.0, [], half, 0.0)


def _flat(features: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Puts all views of every photo one after the other: f32[N, L, C] -> f32[N * L, C]."""
    return features.reshape(-1, features.shape[-1]), np.repeat(labels, features.shape[1])


def measure(bundle: Bundle, sources: Sources) -> dict[str, dict[str, float]]:
    """Measures accuracy on valid again with the nets of a bundle.

    Args:
        bundle: of `train`.
        sources: where the photos are looked for.

    Returns:
        "accuracy_with" and "accuracy_without" of the first seed, "measured" and "recorded".
    """
    local = sources.get(bundle.dataset["name"])
    found = read_photos(local, framing=bundle.config["framing"], data_dir=sources.data_dir)
    valid = some(found["valid"], bundle.config["settings"]["most_photos"])
    return {
        name: {"measured": value, "recorded": bundle.metrics[name]["per_seed"][0]}
        for name, value in accuracies_on(bundle, valid.images, valid.labels).items()
    }


def gather_best(
    finals: dict[str, FinalResults],
    tried: pd.DataFrame,
    config: BestConfig,
    local: LocalData,
    run: TrainingRun,
    *,
    n_valid: int,
) -> Bundle:
    """Puts the trained nets into a bundle.

    Args:
        finals: by net: with batch norm, plain, and the new head alone.
        tried: a row a try: "net", "split", "learning_rate", "loss", "accuracy", "seconds".
        config: what was tried.
        local: the photos, for provenance.
        run: seed and command.
        n_valid: photos in valid.

    Returns:
        The bundle, not yet saved.
    """
    first = finals[WITH]
    n_seeds = len(first.accuracies)
    where = _PROTOCOL.format(n_valid)
    protocol = where + (f"mean over {n_seeds} seeds" if n_seeds > 1 else "one seed")
    metrics = {
        "accuracy_with": over_seeds(first.accuracies, "accuracy", protocol),
        "accuracy_without": over_seeds(finals[PLAIN].accuracies, "accuracy", protocol),
        "loss_with": over_seeds(first.losses, "nats", protocol),
        "loss_without": over_seeds(finals[PLAIN].losses, "nats", protocol),
        "accuracy_head_only": over_seeds(
            finals[HEAD_ONLY].accuracies,
            "accuracy",
            where + "features as pre-trained, the new head fitted to them",
        ),
        "accuracy_shipped": {
            "value": float(first.accuracies[0]),
            "unit": "accuracy",
            "protocol": where + "the net with batch norm in this bundle, of one seed",
        },
        "half_precision_accuracy": {
            "value": first.half_precision,
            "unit": "accuracy",
            "protocol": "what rounding the weights adds to accuracy_shipped",
        },
    }
    arrays = {
        f"{PREFIXES[net]}.{name}": array
        for net in PREFIXES
        for name, array in finals[net].arrays.items()
    }
    settings = {
        "content": BEST,
        "title": "Cat or dog",
        "settings": dataclasses.asdict(config),
        "size": config.recipe.size,
        "sizes": config.sizes,
        "framing": config.framing,
        "classes": list(CLASSES),
        "chosen_rates": {net: finals[net].rate for net in PREFIXES},
        "n_parameters": sum(array.size for array in first.arrays.values()),
    }
    bundle = Bundle(
        kind=KIND,
        name=f"batchnorm-{BEST}",
        config=json.loads(json.dumps(settings)),
        seeds={"splits and nets": run.seed},
        metrics=metrics,
        dataset=local.record(),
        arrays=arrays,
        tables={"tried": tried.astype({"loss": float})},
        documents={"history": first.history},
        device=describe_devices(run.mesh),
        duration_s=sum(final.seconds for final in finals.values()),
        command=run.command,
    )
    return dataclasses.replace(bundle, card=_card(bundle))


def _card(bundle: Bundle) -> str:
    data, settings = bundle.dataset, bundle.config["settings"]
    recipe = settings["recipe"]
    rows = "\n".join(
        f"| {name} | {metric['value']:.4f} | {metric.get('sd', 0):.4f} | {metric['protocol']} |"
        for name, metric in bundle.metrics.items()
    )
    rates = ", ".join(f"{net} {rate:g}" for net, rate in bundle.config["chosen_rates"].items())
    tried = ", ".join(f"{rate:g}" for rate in settings["rates"])
    sizes = ", ".join(str(size) for size in settings["sizes"])
    frozen = recipe["frozen_through"]
    learning = f"all layers behind {frozen} were" if frozen else "all layers were"
    return f"""# {bundle.name}

SqueezeNet 1.1, pre-trained on ImageNet, with batch norm put behind every convolution so that
nothing changed at first, then fine-tuned to classify cats and dogs ({data["title"]},
{data["version"]}); and the same net without batch norm, under the same budget.

Made by `{bundle.command}` on {bundle.device} in {bundle.duration_s:.0f} s of training.
`python -m core evaluate assets/{bundle.name}` measures it again.

## Figures
| metric | value | sd | protocol |
|---|---|---|---|
{rows}

## How it was trained
Photos are made square by this framing: {settings["framing"]}. A head was fitted to frozen features,
which were computed once at {sizes} pixels, mirror images included; it reads averages and maxima of
{", ".join(settings["reads"])}. Then {learning} trained: {recipe["n_epochs"]} epochs, batches of
{recipe["batch_size"]}, {recipe["optimizer"]}, images of {recipe["size"]} pixels, random cuts of at
least {recipe["least_area"]:g} of a photo and mirror images, a rate that rises over a tenth of the
steps and falls along half a cosine, a running mean of the weights. Batch norm is measured over such
cuts, before and after.

The rate was chosen ({tried}), for each net by the mean loss on splits of train into three quarters
and one, of which there were {settings["n_splits"]}: {rates}. All else was chosen by such splits of
train as well, with one exception: linear probes had been scored on valid before, so for what the
head reads and its penalty ({settings["penalty"]:g}) valid is not untouched. The net of the first
seed is in here.

## What is inside
Weights of both nets in half precision, statistics in single; the table of tries. No photo.
SqueezeNet's pre-trained weights are those of https://github.com/rcmalli/keras-squeezenet (MIT).

## Use and limits
For exploring and teaching. It knows cats and dogs and calls anything else one of them.

## Data
{data["citation"]}
Licence: {data["licence"]}
"""
