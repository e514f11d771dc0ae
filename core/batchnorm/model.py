"""The net that tells cats from dogs: SqueezeNet's features, pooled, and a new dense layer."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from core.batchnorm import CLASSES
from core.batchnorm.nets import CONCAT, DENSE, GLOBAL_AVERAGE, GLOBAL_MAX, Layer, NetConfig
from core.batchnorm.squeezenet import SqueezeNetConfig, squeezenet

FEATURES = "head/pooled"  # the layer whose output a new head reads
HEAD = "head/dense"
LAST = ("fire9/concat",)
LATE = ("fire7/concat", "fire8/concat", "fire9/concat")  # a smaller object speaks in earlier ones


def classifier(
    config: SqueezeNetConfig, *, has_maximum: bool = True, reads: tuple[str, ...] = LAST
) -> NetConfig:
    """Lays the layers out: every channel's average and maximum go into two sums, cat and dog.

    Args:
        config: sizes; its number of classes is not looked at.
        has_maximum: whether the head reads maxima beside averages.
        reads: names of the layers whose channels are pooled.

    Raises:
        InputError: the net has no layer of a name.
    """
    features = squeezenet(dataclasses.replace(config, n_classes=0))
    kinds = {"average": GLOBAL_AVERAGE} | ({"maximum": GLOBAL_MAX} if has_maximum else {})
    pools = []
    for name in reads:
        n, behind = features.layer(name).n_channels, "" if reads == LAST else f"/{name}"
        pools += [Layer(f"head/{k}{behind}", kind, (name,), n, n) for k, kind in kinds.items()]
    n_values = sum(pool.n_channels for pool in pools)
    head = (
        *pools,
        Layer(FEATURES, CONCAT, tuple(pool.name for pool in pools), n_values, n_values),
        Layer(HEAD, DENSE, (FEATURES,), n_values, len(CLASSES)),
    )
    return dataclasses.replace(features, layers=features.layers + head)


def with_new_head(arrays: Mapping[str, np.ndarray], config: NetConfig) -> dict[str, np.ndarray]:
    """Adds a head of zeros to pre-trained weights: every photo is half cat, half dog at first.

    Args:
        arrays: of the features, by the names of `core.loop.named_arrays`.
        config: of the classifier.
    """
    head = config.layer(HEAD)
    return dict(arrays) | {
        f"parts.{HEAD}.kernel": np.zeros((head.n_inputs, head.n_channels), np.float32),
        f"parts.{HEAD}.bias": np.zeros(head.n_channels, np.float32),
    }
