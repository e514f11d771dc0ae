"""Batch norm into a trained net, set so that nothing changes; and back out of it."""

import dataclasses
import zlib
from collections.abc import Mapping, Sequence

import numpy as np
from flax import nnx

from core.batchnorm.model import (
    BATCH_NORM,
    CONVOLUTION,
    DENSE,
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
    batch_size: int = 32,
) -> Net:
    """Measures and inserts; see `measure` and `insert`."""
    moments = measure(net, photos, layers, batch_size=batch_size)
    return insert(net, moments, recipe=recipe, epsilon=epsilon, seed=seed)


def foldable(config: NetConfig) -> tuple[str, ...]:
    """Names the batch norm layers right behind a convolution or dense layer that only they read.

    Behind a relu there is nothing to fold into; such a layer stays.
    """
    return tuple(
        layer.name
        for layer in config.of_kind(BATCH_NORM)
        if config.layer(layer.inputs[0]).kind in (CONVOLUTION, DENSE)
        and config.readers(layer.inputs[0]) == (layer,)
    )


def fold(net: Net) -> Net:
    """Folds every batch norm layer that can be folded.

    Evaluation's batch norm is one multiplication and one addition a channel, which the convolution
    before can do: `kernel * a` and `(bias - mean) * a + beta` with `a = gamma / sqrt(variance +
    epsilon)`, computed in double precision.

    Args:
        net: stays as it is.

    Returns:
        A net with the same output, without those layers.
    """
    arrays = {name: array.astype(float) for name, array in named_arrays(nnx.state(net)).items()}
    gone = foldable(net.config)
    renamed = {}
    for name in gone:
        layer = net.config.layer(name)
        before = layer.inputs[0]
        mean, variance, gamma, beta = (
            arrays.pop(f"parts.{name}.{part}") for part in ("mean", "var", "scale", "bias")
        )
        factor = gamma / np.sqrt(variance + layer.epsilon)
        arrays[f"parts.{before}.kernel"] *= factor
        bias = f"parts.{before}.bias"
        arrays[bias] = (arrays[bias] - mean) * factor + beta
        renamed[name] = before
    layers = tuple(
        dataclasses.replace(
            layer, inputs=tuple(renamed.get(reads, reads) for reads in layer.inputs)
        )
        for layer in net.config.layers
        if layer.name not in gone
    )
    config = dataclasses.replace(net.config, layers=layers)
    return filled(config, {name: array.astype(np.float32) for name, array in arrays.items()})
