"""Feed-forward nets as named layers in order, so that one can be put between any two.

A net is a list of layers, each reading what one or more before it gave; the image is called "".
That is enough for a chain (VGG) and for branches that meet again (SqueezeNet), and it makes surgery
plain: a new layer behind `name` reads `name`, and whoever read `name` reads the new one.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.typing import DTypeLike

from core.batchnorm import GROUPS
from core.errors import InputError, pick
from core.loop import restore_state

CONVOLUTION, DENSE, RELU, BATCH_NORM = "convolution", "dense", "relu", "batch_norm"
MAX_POOL, CONCAT, FLATTEN = "max_pool", "concat", "flatten"
GLOBAL_AVERAGE, GLOBAL_MAX = "global_average", "global_max"
KINDS = (
    *(CONVOLUTION, DENSE, RELU, BATCH_NORM),
    *(MAX_POOL, CONCAT, FLATTEN, GLOBAL_AVERAGE, GLOBAL_MAX),
)
IMAGE = ""  # what the first layers read
MOMENTUM = 0.9  # share of a running statistic that stays each step


@dataclasses.dataclass(frozen=True, slots=True)
class Layer:
    """One layer.

    Attributes:
        name: unique within its net, as in Keras' weight files.
        kind: one of `KINDS`.
        inputs: names of the layers that it reads; a concat reads several.
        n_inputs: channels that it reads.
        n_channels: channels that it gives.
        kernel: side of a convolution or pool.
        stride: of a convolution or pool.
        padding: "SAME" or "VALID", of a convolution or pool.
        epsilon: of batch norm, added to the variance.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    n_inputs: int
    n_channels: int
    kernel: int = 1
    stride: int = 1
    padding: str = "SAME"
    epsilon: float = 0.0

    def __post_init__(self) -> None:
        """Checks the kind, and what batch norm needs."""
        if self.kind not in KINDS:
            raise InputError(f"kind ({self.kind}) should be one of {', '.join(KINDS)}")
        if self.kind == BATCH_NORM and not self.epsilon > 0:
            raise InputError(
                f"epsilon ({self.epsilon}) should be above 0, or a constant channel divides by 0"
            )


@dataclasses.dataclass(frozen=True, slots=True)
class NetConfig:
    """A net's layers.

    Attributes:
        name: of the net, e.g. "squeezenet".
        size: side of the images that it reads, pixels.
        layers: each after those that it reads; the last one's output is the net's.
    """

    name: str
    size: int
    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        """Checks names and order.

        Raises:
            InputError: lists every layer that reads what does not stand before it.
        """
        known, problems = {IMAGE}, []
        for layer in self.layers:
            problems += [
                f"{layer.name} reads {name}, which does not stand before it"
                for name in layer.inputs
                if name not in known
            ]
            if layer.name in known:
                problems.append(f"two layers are called {layer.name}")
            known.add(layer.name)
        if problems or not self.layers:
            raise InputError(f"{self.name}: " + ("; ".join(problems) or "it has no layers"))

    def layer(self, name: str) -> Layer:
        """Looks a layer up.

        Raises:
            InputError: there is none of that name.
        """
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise InputError(f"layer ({name}) should be one of {self.name}'s: see --list")

    def of_kind(self, *kinds: str) -> tuple[Layer, ...]:
        """The layers of some kinds, in order."""
        return tuple(layer for layer in self.layers if layer.kind in kinds)


class Net(nnx.Module):
    """A net with its weights.

    Args:
        config: its layers.
        rngs: for weights that are not loaded.
        dtype: in which convolutions compute; weights and statistics stay in single precision.
    """

    def __init__(
        self, config: NetConfig, *, rngs: nnx.Rngs, dtype: jax.typing.DTypeLike = jnp.float32
    ) -> None:
        self.config = config
        self.parts = nnx.Dict(
            {
                layer.name: _part(layer, rngs, dtype)
                for layer in config.of_kind(CONVOLUTION, DENSE, BATCH_NORM)
            }
        )

    def __call__(self, images: jax.Array) -> jax.Array:
        """Computes the output of the last layer.

        Args:
            images: f32[B, S, S, 3] as `prepare` gives them.

        Returns:
            f32[B, channels], or [B, h, w, channels] of a net without a top.
        """
        last = self.config.layers[-1].name
        return self.values(images, (last,))[last]

    def values(
        self,
        images: jax.Array,
        names: Iterable[str],
        *,
        behind: Callable[[str, jax.Array], jax.Array] | None = None,
    ) -> dict[str, jax.Array]:
        """Computes the outputs of some layers in one pass.

        Args:
            images: f32[B, S, S, 3] as `prepare` gives them.
            names: of layers.
            behind: what is done to the output of each layer before others read it, given its name.

        Returns:
            By name, each [B, h, w, channels] or [B, channels], f32.
        """
        values = {IMAGE: images}
        for layer in self.config.layers:
            inputs = [values[name] for name in layer.inputs]
            if layer.name in self.parts:
                values[layer.name] = self.parts[layer.name](*inputs)
            else:
                values[layer.name] = _apply(layer, inputs)
            if behind is not None:
                values[layer.name] = behind(layer.name, values[layer.name])
        return {name: values[name].astype(jnp.float32) for name in names}


def insertion_points(config: NetConfig) -> tuple[Layer, ...]:
    """The layers behind which batch norm can stand: convolutions, dense layers, and their relus.

    The last layer is none of them: its output is the net's.
    """
    last = config.layers[-1].name
    return tuple(la for la in config.of_kind(CONVOLUTION, DENSE, RELU) if la.name != last)


def place_of(layer: Layer) -> str:
    """Says what kind of place is behind a layer: "relu", or "convolution", for dense layers too."""
    return RELU if layer.kind == RELU else CONVOLUTION


def points_of(config: NetConfig, group: str) -> tuple[str, ...]:
    """Names the layers of a group behind which batch norm can stand.

    Args:
        config: the net.
        group: one of `core.batchnorm.GROUPS`.

    Raises:
        InputError: there is no such group.
    """
    pick("place", group, dict.fromkeys(GROUPS))
    points = insertion_points(config)
    return tuple(layer.name for layer in points if group in (place_of(layer), "both"))


def _part(layer: Layer, rngs: nnx.Rngs, dtype: jax.typing.DTypeLike) -> nnx.Module:
    if layer.kind == CONVOLUTION:
        return nnx.Conv(
            layer.n_inputs,
            layer.n_channels,
            (layer.kernel, layer.kernel),
            strides=layer.stride,
            padding=layer.padding,
            dtype=dtype,
            rngs=rngs,
        )
    if layer.kind == DENSE:  # few sums over many channels: always in single precision
        return nnx.Linear(layer.n_inputs, layer.n_channels, dtype=jnp.float32, rngs=rngs)
    return nnx.BatchNorm(
        layer.n_channels,
        use_running_average=True,
        momentum=MOMENTUM,
        epsilon=layer.epsilon,
        dtype=dtype,
        use_fast_variance=False,  # E[x^2] - E[x]^2 loses all digits where the mean is large
        rngs=rngs,
    )


def _apply(layer: Layer, inputs: list[jax.Array]) -> jax.Array:
    value = inputs[0]
    if layer.kind == RELU:
        return jax.nn.relu(value)
    if layer.kind == MAX_POOL:
        window, strides = (layer.kernel,) * 2, (layer.stride,) * 2
        return nnx.max_pool(value, window, strides=strides, padding=layer.padding)
    if layer.kind == CONCAT:
        return jnp.concatenate(inputs, axis=-1)
    if layer.kind == FLATTEN:
        return value.reshape(len(value), -1)
    if layer.kind == GLOBAL_AVERAGE:
        return value.mean(axis=(1, 2), dtype=jnp.float32)
    return value.max(axis=(1, 2)).astype(jnp.float32)  # GLOBAL_MAX


def filled(
    config: NetConfig, arrays: Mapping[str, np.ndarray], *, dtype: DTypeLike | None = None
) -> Net:
    """Makes a net of a plan and arrays by the names of `core.loop.named_arrays`.

    Args:
        config: the net's layers.
        arrays: its weights and statistics.
        dtype: in which convolutions compute; None for single precision.

    Raises:
        InputError: lists every array that is missing or has another shape.
    """
    computed = jnp.float32 if dtype is None else dtype
    net = nnx.eval_shape(lambda: Net(config, rngs=nnx.Rngs(0), dtype=computed))
    graphdef, state = nnx.split(net)
    return nnx.merge(graphdef, restore_state(state, arrays))
