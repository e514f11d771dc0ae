"""The nets that batch norm is put into: both tell cats from dogs, and neither has any."""

import dataclasses
from pathlib import Path

import numpy as np

from core.batchnorm.best_bundle import nets_of, open_best
from core.batchnorm.data import Photos, read_photos, some
from core.batchnorm.decoding import MIDDLE
from core.batchnorm.head import fit_head, with_head
from core.batchnorm.looking import Looker
from core.batchnorm.model import FEATURES, LAST
from core.batchnorm.nets import NetConfig
from core.batchnorm.start import PLAIN, halved, plain_start
from core.batchnorm.surgery_cases import SurgeryConfig
from core.datasets.store import LocalData

_PENALTY = 1e-2  # of the head that is fitted to frozen features


@dataclasses.dataclass(frozen=True, slots=True)
class Subject:
    """A net on the table.

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
) -> Subject:
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
    look = Looker(plan, arrays, layer=FEATURES)
    exact = with_head(arrays, fit_head(look(train.images), train.labels, penalty=_PENALTY))
    return Subject(
        plan,
        halved(exact),
        exact,
        train,
        photos["valid"],
        LAST,
        MIDDLE,
        "pre-trained on ImageNet, with a head that was fitted to its frozen features and tells "
        "cats from dogs; it is the net before any fine-tuning",
    )


def fine_tuned(
    config: SurgeryConfig, local: LocalData, nets: Path, *, data_dir: str | Path | None = None
) -> Subject:
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
    return Subject(
        dataclasses.replace(plan, size=config.size),
        arrays,
        arrays,
        some(photos["train"], config.most_photos),
        photos["valid"],
        tuple(bundle.config["settings"]["reads"]),
        framing,
        f"fine-tuned without batch norm to tell cats from dogs, out of {bundle.name}",
    )
