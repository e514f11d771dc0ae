"""Layers that stay as they were while those behind them learn."""

from typing import Any

import jax
from flax import nnx

from core.batchnorm.nets import Net, NetConfig


def frozen_layers(config: NetConfig, through: str) -> frozenset[str]:
    """Names a layer and all that stand before it.

    Args:
        config: the net.
        through: the last layer that stays as it was; "" for none.

    Raises:
        InputError: the net has no layer of that name.
    """
    if not through:
        return frozenset()
    last = config.layer(through)
    return frozenset(layer.name for layer in config.layers[: config.layers.index(last) + 1])


def learning(net: Net, frozen: frozenset[str]) -> Net:
    """Returns a view of a net in evaluation mode that trains, but for what is frozen.

    Batch norm of frozen layers keeps its running statistics, or they would not stay as they were.
    """

    def learns(path: tuple, _: object) -> bool:
        return frozen.isdisjoint(path)

    return nnx.view(net, only=learns, raise_if_not_found=False, use_running_average=False)


def values_behind(net: Net, through: str, shown: jax.Array) -> jax.Array:
    """Computes a net's output, f32[B, C]; no gradient flows back into what is frozen.

    Args:
        net: that learns.
        through: the last layer that does not.
        shown: f32[B, S, S, 3], as `core.batchnorm.nets.prepare` gives them.
    """
    last = net.config.layers[-1].name

    def behind(name: str, value: jax.Array) -> jax.Array:
        return jax.lax.stop_gradient(value) if name == through else value

    return net.values(shown, (last,), behind=behind)[last]


def are_decayed(frozen: frozenset[str], params: nnx.State) -> Any:
    """Marks the kernels that learn: True in the place of each, False elsewhere."""

    def is_decayed(path: tuple, array: jax.Array) -> bool:
        return array.ndim > 1 and frozen.isdisjoint(getattr(step, "key", None) for step in path)

    return jax.tree_util.tree_map_with_path(is_decayed, params)
