"""What is operated on, and how: the nets and the cases.

The nets classify cats and dogs, and neither has any batch norm. A case says where it is put, by
what recipe, and how the net is used then.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core.batchnorm import GROUPS, LAST, PLAIN
from core.batchnorm.data import Photos, read_photos, some
from core.batchnorm.data.decoding import MIDDLE
from core.batchnorm.explore.nets import nets_of, open_best
from core.batchnorm.model import NetConfig, insertion_points, points_of
from core.batchnorm.model.classifier import FEATURES, fit_head, with_head
from core.batchnorm.model.predictor import Predictor
from core.batchnorm.presets import SurgeryConfig
from core.batchnorm.surgery import EPSILON, RECIPES
from core.batchnorm.train.start import plain_start, rounded
from core.datasets.store import LocalData

_PENALTY = 1e-2  # of the head that is fitted to frozen features


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """One surgery: where, how, and how the net is used then."""

    layers: str  # a place, or one of `GROUPS`
    recipe: str
    epsilon: float
    n_samples: int
    training: bool


def cases_of(plan: NetConfig, config: SurgeryConfig, n_samples: tuple[int, ...]) -> Iterator[Case]:
    """Lists what is tried.

    Groups of layers are operated on in every way; single layers with the usual epsilon, and the
    statistics of most photos.

    Args:
        plan: the net.
        config: what is tried.
        n_samples: photos on which statistics were measured.
    """
    for training in (False, True):
        for recipe in RECIPES:
            for n in n_samples:
                for epsilon in config.epsilons:
                    for group in GROUPS:
                        yield Case(group, recipe, epsilon, n, training)
            for layer in insertion_points(plan) if config.has_singles else ():
                yield Case(layer.name, recipe, EPSILON, max(n_samples), training)


def headlines(n: int) -> dict[str, Case]:
    """Lists the cases that stand in the metrics, by name."""
    return {
        "exact": Case("convolution", "exact", EPSILON, n, False),
        "notebook": Case("convolution", "notebook", EPSILON, n, False),
        "random": Case("convolution", "random", EPSILON, n, False),
        "training": Case("convolution", "exact", EPSILON, n, True),
    }


def places_of(plan: NetConfig, layers: str) -> tuple[str, ...]:
    """Returns the places that a case is about."""
    return points_of(plan, layers) if layers in GROUPS else (layers,)


@dataclasses.dataclass(frozen=True, slots=True)
class NetAndPhotos:
    """A net that is operated on, and the photos for it.

    Attributes:
        plan: its layers.
        arrays: its weights in half precision.
        exact: the same as they were before rounding.
        train: photos for its statistics.
        valid: photos on which it is judged.
        reads: names of the layers that its head reads.
        framing: how its photos were made square.
        described: what it is, for the card.
    """

    plan: NetConfig
    arrays: dict[str, np.ndarray]
    exact: dict[str, np.ndarray]
    train: Photos
    valid: Photos
    reads: tuple[str, ...]
    framing: str
    described: str


def pretrained(
    config: SurgeryConfig,
    local: LocalData,
    weights: LocalData,
    *,
    data_dir: str | Path | None = None,
) -> NetAndPhotos:
    """SqueezeNet as ImageNet left it, with a head that is fitted to its frozen features.

    Args:
        config: size of the images, and how many photos there are.
        local: the archive of photos.
        weights: SqueezeNet's weights.
        data_dir: folder of kept photos.

    Raises:
        DataError: a data set is damaged.
    """
    photos = read_photos(local, data_dir=data_dir)
    train = some(photos["train"], config.most_photos)
    plan, arrays = plain_start(weights.path, size=config.size)
    features = Predictor(plan, arrays, layer=FEATURES)
    exact = with_head(arrays, fit_head(features(train.images), train.labels, penalty=_PENALTY))
    return NetAndPhotos(
        plan,
        rounded(exact),
        exact,
        train,
        photos["valid"],
        LAST,
        MIDDLE,
        "pre-trained on ImageNet, with a head that was fitted to its frozen features and "
        "classifies cats and dogs; it is the net before any fine-tuning",
    )


def fine_tuned(
    config: SurgeryConfig, local: LocalData, nets: Path, *, data_dir: str | Path | None = None
) -> NetAndPhotos:
    """The net of the bundle batchnorm-best that was fine-tuned without batch norm.

    Args:
        config: size of the images, and how many photos there are.
        local: the archive of photos.
        nets: folder of the bundle.
        data_dir: folder of kept photos.

    Raises:
        BundleError: there is no such bundle, or it holds no nets.
        DataError: the data set is damaged.
    """
    bundle = open_best(nets)
    plan, arrays = nets_of(bundle)[PLAIN]
    framing = bundle.config["framing"]
    photos = read_photos(local, framing=framing, data_dir=data_dir)
    return NetAndPhotos(
        dataclasses.replace(plan, size=config.size),
        arrays,
        arrays,
        some(photos["train"], config.most_photos),
        photos["valid"],
        tuple(bundle.config["settings"]["reads"]),
        framing,
        f"fine-tuned without batch norm to classify cats and dogs, out of {bundle.name}",
    )
