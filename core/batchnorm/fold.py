"""Batch norm back out of a net: into the weights of the layer that it stands behind."""

import dataclasses

import numpy as np
from flax import nnx

from core.batchnorm.insert import filled
from core.batchnorm.nets import BATCH_NORM, CONVOLUTION, DENSE, Net, NetConfig
from core.loop import named_arrays


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
