"""Where every training begins: pre-trained SqueezeNet, a head of zeros, with batch norm or not."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from flax import nnx

from core.batchnorm import LAST
from core.batchnorm.data import Photos
from core.batchnorm.model import CONVOLUTION, NetConfig, filled
from core.batchnorm.model.classifier import classifier, with_new_head
from core.batchnorm.model.keras_weights import read_arrays
from core.batchnorm.model.squeezenet import SqueezeNetConfig, squeezenet
from core.batchnorm.surgery import EPSILON
from core.batchnorm.surgery.insert import SUFFIX, insert, with_batch_norm
from core.batchnorm.surgery.statistics import Moments, measure
from core.loop import named_arrays

N_MEASURED = 512  # photos for the statistics of what is inserted

Start = tuple[NetConfig, dict[str, np.ndarray]]


def plain_start(
    weights: Path, *, size: int, has_maximum: bool = True, reads: tuple[str, ...] = LAST
) -> Start:
    """Reads the pre-trained weights and adds a head of zeros.

    Args:
        weights: Keras' file of SqueezeNet without a top.
        size: side of the images, pixels.
        has_maximum: whether the head reads maxima beside averages.
        reads: names of the layers that the head reads.

    Returns:
        The net's plan and its arrays.

    Raises:
        InputError: the file is unusable.
    """
    config = SqueezeNetConfig(size=size)
    plan = classifier(config, has_maximum=has_maximum, reads=reads)
    return plan, with_new_head(read_arrays(weights, squeezenet(config)), plan)


def measured(start: Start, photos: Photos, *, seed: int = 0) -> dict[str, Moments]:
    """Measures every convolution of a plain start on some photos of train."""
    config, arrays = start
    rows = np.random.default_rng(seed).permutation(len(photos))[:N_MEASURED]
    chosen = np.asarray(photos.images[np.sort(rows)])
    return measure(filled(config, arrays), chosen, convolutions(config))


def with_norm(start: Start, moments: dict[str, Moments], *, epsilon: float = EPSILON) -> Start:
    """Puts batch norm behind every convolution, set so that nothing changes."""
    config, arrays = start
    net = insert(filled(config, arrays), moments, epsilon=epsilon)
    plan = with_batch_norm(config, convolutions(config), epsilon)
    return plan, named_arrays(nnx.state(net))


def plan_of(size: int, *, with_norm: bool, reads: tuple[str, ...] = LAST) -> NetConfig:
    """Returns the plan of a classifier as `plain_start` or `with_norm` makes it."""
    plan = classifier(SqueezeNetConfig(size=size), reads=reads)
    return with_batch_norm(plan, convolutions(plan), EPSILON) if with_norm else plan


def rounded(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Rounds weights to half precision; what belongs to batch norm stays: it is small and wide."""
    return {
        name: array if f"{SUFFIX}." in name else array.astype(np.float16)
        for name, array in arrays.items()
    }


def convolutions(config: NetConfig) -> tuple[str, ...]:
    """Names every convolution."""
    return tuple(layer.name for layer in config.of_kind(CONVOLUTION))
