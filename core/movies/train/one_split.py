"""Trains a rating model on one split and measures it on the rest.

Every preset is fitted on the train part of `default_rng(seed).random(n) < 0.8` and measured on the
rest. Its settings and its number of epochs were chosen on a part of train (see presets.py), so the
rest only watches.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from core.checkpoint import Checkpoints
from core.errors import InputError
from core.loop import Plan
from core.movies.data import MovieData, random_split
from core.movies.model import RatingConfig
from core.movies.train import als, bayes, gradient
from core.movies.train.presets import Preset


@dataclasses.dataclass(frozen=True, slots=True)
class Trained:
    """One model trained on one split.

    Attributes:
        seed: of the split and of the model.
        config: as in the preset, with the train part's mean as offset where it has one.
        offset: what every prediction starts from.
        arrays: the weights by name.
        snapshots: epoch -> weights by name.
        history: one row an epoch.
        val_mse: mean squared error on the held-out part, predictions clipped to the scale.
        compile_s: seconds of compiling.
        train_s: seconds of training after that.
    """

    seed: int
    config: RatingConfig | als.AlsConfig | bayes.Config
    offset: float
    arrays: dict[str, np.ndarray]
    snapshots: dict[int, dict[str, np.ndarray]]
    history: list[dict[str, float]]
    val_mse: float
    compile_s: float
    train_s: float


def train_one(
    preset: Preset,
    data: MovieData,
    *,
    seed: int,
    train: np.ndarray | None = None,
    n_epochs: int | None = None,
    n_devices: int = 1,
    checkpoints: Checkpoints | None = None,
    progress: str | None = None,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
) -> Trained:
    """Fits one preset on one split.

    Args:
        preset: the recipe.
        data: ratings and films.
        seed: of the split and of everything random in training.
        train: bool[R], another train part than `random_split(R, seed=seed)`.
        n_epochs: other than the preset's.
        n_devices: split each batch over so many devices (gradient presets).
        checkpoints: where to save and resume.
        progress: label of the progress bar; None for none.
        on_epoch: is given each row of the history.

    Returns:
        The trained model and its error on the held-out part.
    """
    train = random_split(len(data.ratings), seed=seed) if train is None else train
    if not train.any() or train.all():
        raise InputError("the split should leave ratings on both sides")
    epochs = preset.n_epochs if n_epochs is None else n_epochs
    plan = Plan(epochs, snapshots=tuple(s for s in preset.snapshots if s < epochs))
    how = {als.AlsConfig: als, RatingConfig: gradient, bayes.Config: bayes}[type(preset.config)]
    config, offset, fitted = how.fit(
        preset.config,
        data,
        train,
        plan,
        seed=seed,
        n_devices=n_devices,
        checkpoints=checkpoints,
        progress=progress,
        on_epoch=on_epoch,
    )
    return Trained(
        seed=seed,
        config=config,
        offset=offset,
        arrays=fitted.best,
        snapshots=fitted.snapshots,
        history=fitted.history,
        val_mse=fitted.history[-1]["val_mse"],
        compile_s=fitted.compile_s,
        train_s=fitted.train_s,
    )
