"""Batch norm into a trained net: the same net with new layers, set so that nothing changes."""

import dataclasses
import zlib
from collections.abc import Mapping, Sequence

import numpy as np
from flax import nnx

from core.batchnorm.model import (
    BATCH_NORM,
    Layer,
    Net,
    NetConfig,
    filled,
    insertion_points,
)
from core.batchnorm.surgery import EPSILON, EXACT, scale_and_shift
from core.batchnorm.surgery.statistics import Moments, measure
from core.errors import InputError
from core.loop import named_arrays

SUFFIX = "/bn"  # what a batch norm layer is called after the one that it stands behind


def with_batch_norm(config: NetConfig, layers: Sequence[str], epsilon: float) -> NetConfig:
    """Puts batch norm layers behind some layers of a plan.

    Args:
        config: the net.
        layers: names of `insertion_points`, in any order.
        epsilon: added to the variance.

    Returns:
        The net's plan with as many more layers.

    Raises:
        InputError: lists every name behind which none can stand, or stands already.
    """
    points = {layer.name for layer in insertion_points(config)}
    names = {layer.name for layer in config.layers}
    problems = [
        f"{name} has one already" if name + SUFFIX in names else f"{name} is no place for it"
        for name in layers
        if name not in points or name + SUFFIX in names
    ]
    if problems:
        raise InputError(
            f"layers: batch norm can stand behind convolutions, dense layers and their relus of "
            f"{config.name}, not last: " + "; ".join(problems)
        )
    renamed = {name: name + SUFFIX for name in layers}
    planned: list[Layer] = []
    for layer in config.layers:
        inputs = tuple(renamed.get(name, name) for name in layer.inputs)
        planned.append(dataclasses.replace(layer, inputs=inputs))
        if layer.name in renamed:
            n = layer.n_channels
            norm = Layer(renamed[layer.name], BATCH_NORM, (layer.name,), n, n, epsilon=epsilon)
            planned.append(norm)
    return dataclasses.replace(config, layers=tuple(planned))


def insert(
    net: Net,
    moments: Mapping[str, Moments],
    *,
    recipe: str = EXACT,
    epsilon: float = EPSILON,
    seed: int = 0,
) -> Net:
    """Puts batch norm behind the layers that were measured.

    Args:
        net: stays as it is.
        moments: of each layer behind which batch norm is to stand, see `measure`.
        recipe: how gamma and beta are set, one of `RECIPES`.
        epsilon: added to the variance.
        seed: of the recipe "random".

    Returns:
        The new net, in evaluation mode.

    Raises:
        InputError: a layer is no place for batch norm, or there is no such recipe.
    """
    config = with_batch_norm(net.config, tuple(moments), epsilon)
    arrays = named_arrays(nnx.state(net))
    for name, found in moments.items():
        own = seed_of(name, seed)
        gamma, beta = scale_and_shift(recipe, found.mean, found.variance, epsilon, seed=own)
        values = {"mean": found.mean, "var": found.variance, "scale": gamma, "bias": beta}
        for part, value in values.items():
            arrays[f"parts.{name}{SUFFIX}.{part}"] = value.astype(np.float32)
    return filled(config, arrays)


def seed_of(name: str, seed: int) -> int:
    """Returns a layer's own seed, so that no two draw the same gamma and beta."""
    return seed + zlib.crc32(name.encode())


def insert_measured(
    net: Net,
    photos: np.ndarray,
    layers: Sequence[str],
    *,
    recipe: str = EXACT,
    epsilon: float = EPSILON,
    seed: int = 0,
) -> Net:
    """Measures and inserts; see `measure` and `insert`."""
    moments = measure(net, photos, layers)
    return insert(net, moments, recipe=recipe, epsilon=epsilon, seed=seed)
