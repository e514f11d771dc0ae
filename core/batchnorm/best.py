"""The best net with batch norm: settings chosen on train, then measured on valid.

Every candidate is trained on three quarters of train and measured on the rest. The one with the
lowest mean loss over splits is trained on all of train with several seeds, and so is, under the
same budget and with settings chosen in the same way, the net without batch norm.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from core.batchnorm import DATA, WEIGHTS
from core.batchnorm.augment import kept_views
from core.batchnorm.best_bundle import HEAD_ONLY, Finals, accuracies_on, gather_best
from core.batchnorm.data import PARTS, Photos, held_out, read_photos, some
from core.batchnorm.decoding import SQUEEZED
from core.batchnorm.fitting import Recipe, Tuner, with_numbers
from core.batchnorm.head import Head, fit_head, with_head
from core.batchnorm.looking import ManySizesLooker, loss_of, share_right
from core.batchnorm.model import FEATURES, LATE
from core.batchnorm.row_log import row_log
from core.batchnorm.start import (
    NETS_COMPARED,
    WITH,
    Start,
    halved,
    measured,
    plain_start,
    plan_of,
    with_norm,
)
from core.batchnorm.sweep_results import CHANCE
from core.bundle import Bundle
from core.datasets.store import Sources
from core.errors import InputError, TrainingError
from core.training_run import TrainingRun

_HELD = 0.25  # share of train on which rates are compared: fewer photos tell too little


@dataclasses.dataclass(frozen=True, slots=True)
class BestConfig:
    """What is tried.

    Attributes:
        rates: highest learning rates that are tried, for each net.
        n_splits: of train, on which every rate is tried.
        n_seeds: trainings on all of train with the chosen rate.
        penalty: of the head that is fitted to frozen features first.
        reads: names of the layers that the head reads.
        framing: how a photo is made square. The whole one is squeezed, as in the lesson: a cut
            loses a quarter of most, and sometimes the animal.
        sizes: sides of the whole photos that a net is shown, pixels; the mean of all looks counts.
        recipe: everything else.
        most_photos: of train and of valid; None for all. For trying out.
        title: in words.
        uses: see `core.contents.Recipe`.
    """

    uses: ClassVar[frozenset[str]] = frozenset(
        {"seed", "seeds", "epochs", "devices", "resume", "data", "size"}
    )

    rates: tuple[float, ...] = (1e-5, 3e-5)
    n_splits: int = 1
    n_seeds: int = 3
    penalty: float = 1e-2
    reads: tuple[str, ...] = LATE
    framing: str = SQUEEZED
    sizes: tuple[int, ...] = (192, 240, 288)
    recipe: Recipe = Recipe(
        size=192,
        frozen_through="pool3",
        batch_size=25,
        optimizer="adam",
        n_epochs=8,
        least_area=0.5,
        averaging=0.99,
    )
    most_photos: int | None = None
    title: str = ""

    def changed(self, *, size: int) -> "BestConfig":
        """Returns the recipe for images of another size; raises InputError if it is too small."""
        recipe = dataclasses.replace(self.recipe, size=size)
        return dataclasses.replace(self, sizes=(size,), recipe=recipe)

    def __post_init__(self) -> None:
        """Checks the bounds."""
        if not self.rates or min(self.rates) <= 0:
            raise InputError(f"rates ({self.rates}) should be above 0, and at least one")
        if self.n_seeds < 1 or self.n_splits < 1:
            raise InputError(f"seeds ({self.n_seeds}) and splits should be at least 1")


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
    # computed once and kept: the head learns from all looks at every photo
    features = ManySizesLooker(*frozen, config.sizes, layer=FEATURES).looks(train.images)
    what = {"best": dataclasses.asdict(config), "data": local.sha256}
    tried: list[dict] = []
    finals: dict[str, Finals] = {}
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

    def final(self, rate: float, valid: Photos) -> Finals:
        """Trains on all photos with every seed, and measures each net on `valid`."""
        accuracies, losses, kept, history = [], [], {}, []
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
            stored = halved(fitted.best)
            logits = self._look(stored, valid)
            accuracies.append(share_right(logits, valid.labels))
            losses.append(loss_of(logits, valid.labels))
            if not kept:
                kept, history = stored, fitted.history
                single = self._look(fitted.best, valid)
                half = accuracies[0] - share_right(single, valid.labels)
        return Finals(
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
        logits = self._look(fitted.best, held)
        return row | {
            "loss": loss_of(logits, held.labels),
            "accuracy": share_right(logits, held.labels),
            "seconds": fitted.train_s,
        }

    def _look(self, arrays: Mapping[str, np.ndarray], photos: Photos) -> np.ndarray:
        return ManySizesLooker(self._plan, arrays, self._config.sizes)(photos.images)

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


def _head_only(frozen: Start, head: Head, sizes: Sequence[int], valid: Photos) -> Finals:
    exact = with_head(frozen[1], head)
    arrays = halved(exact)
    logits = ManySizesLooker(frozen[0], arrays, sizes)(valid.images)
    accuracy, loss = share_right(logits, valid.labels), loss_of(logits, valid.labels)
    single = ManySizesLooker(frozen[0], exact, sizes)(valid.images)
    half = accuracy - share_right(single, valid.labels)
    figures = np.array([accuracy]), np.array([loss])
    return Finals(frozen[0], arrays, *figures, 0.0, [], half, 0.0)


def _flat(features: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Puts all looks at every photo one after the other: f32[N, L, C] -> f32[N * L, C]."""
    return features.reshape(-1, features.shape[-1]), np.repeat(labels, features.shape[1])


def measure(
    bundle: Bundle, sources: Sources, data: str | None = None
) -> dict[str, dict[str, float]]:
    """Looks at valid again with the nets of a bundle.

    Args:
        bundle: of `train`.
        sources: where the photos are looked for.
        data: None, or the bundle's own data set.

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
