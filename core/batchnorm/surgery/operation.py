"""A net with a switch behind every layer: any surgery without compiling anything anew.

Each place where batch norm can stand has settings: whether it is on, and its numbers. What `insert`
makes of a net and what this computes with the same settings are the same.
"""

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from core.batchnorm.model import CONVOLUTION, NetConfig, filled, insertion_points
from core.batchnorm.model.inputs import prepare, whole
from core.batchnorm.surgery import scale_and_shift
from core.batchnorm.surgery.insert import seed_of
from core.batchnorm.surgery.statistics import moments_of
from core.errors import InputError

_SAMPLED = 20_000  # values of a layer that are kept for its histogram


class LayerSettings(NamedTuple):
    """One place's batch norm: f32[] and four of f32[C]."""

    is_on: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray


class Comparison(NamedTuple):
    """What an operation did to one batch of pictures.

    Attributes:
        before: f32[B, classes], logits.
        after: the same with batch norm.
        differences: place -> f32[], largest absolute difference of what it gives.
        largest: place -> f32[], largest absolute value before.
        samples: place -> f32[2, some], values before and after.
    """

    before: jax.Array
    after: jax.Array
    differences: dict[str, jax.Array]
    largest: dict[str, jax.Array]
    samples: dict[str, jax.Array]


def layer_settings(
    config: NetConfig,
    statistics: Mapping[str, tuple[np.ndarray, np.ndarray]],
    layers: Sequence[str],
    *,
    recipe: str,
    epsilon: float,
    seed: int = 0,
) -> dict[str, LayerSettings]:
    """Makes the settings of every place of a net.

    Args:
        config: the net.
        statistics: place -> mean and variance, f32[C] each.
        layers: places where batch norm is on.
        recipe: how gamma and beta are set, one of `core.batchnorm.surgery.RECIPES`.
        epsilon: added to the variance, above 0.
        seed: of the recipe "random".

    Returns:
        By name of the place.

    Raises:
        InputError: there is no such place or recipe, or epsilon is not above 0.
    """
    if not epsilon > 0:
        raise InputError(f"epsilon ({epsilon}) should be above 0")
    points = {layer.name for layer in insertion_points(config)}
    unknown = [name for name in layers if name not in points]
    if unknown:
        raise InputError(f"layers ({', '.join(unknown)}) should be places of {config.name}")
    settings = {}
    for name in points:
        mean, variance = statistics[name]
        gamma, beta = scale_and_shift(recipe, mean, variance, epsilon, seed=seed_of(name, seed))
        values = (float(name in layers), mean, variance, gamma, beta)
        settings[name] = LayerSettings(*(np.asarray(value, np.float32) for value in values))
    return settings


class Operation:
    """A net on the table.

    Args:
        config: its layers; batch norm among them stays as it is.
        arrays: its weights, of any precision.

    Raises:
        InputError: an array is missing or has another shape.
    """

    def __init__(self, config: NetConfig, arrays: Mapping[str, np.ndarray]) -> None:
        self.config = config
        self._graphdef, self._state = nnx.split(filled(config, arrays))

    def logits(
        self,
        images: np.ndarray,
        settings: Mapping[str, LayerSettings],
        epsilon: float,
        *,
        training: bool,
    ) -> np.ndarray:
        """Computes the answers to one batch.

        Args:
            images: u8[B, S, S, 3].
            settings: of every place, see `layer_settings`.
            epsilon: added to the variance.
            training: normalise by the batch's own mean and variance; needs two images or more.

        Returns:
            f32[B, classes].

        Raises:
            InputError: a batch of one was given in training mode.
        """
        _check_batch(len(images), training)
        net = self._graphdef, self._state
        found = _logits(*net, images, dict(settings), epsilon, training=training)
        return np.asarray(found)

    def compare(
        self,
        images: np.ndarray,
        settings: Mapping[str, LayerSettings],
        epsilon: float,
        *,
        training: bool,
    ) -> Comparison:
        """Computes both nets side by side; arguments and errors as in `logits`."""
        _check_batch(len(images), training)
        net = self._graphdef, self._state
        found = _both(*net, images, dict(settings), epsilon, training=training)
        return jax.device_get(found)


def shown_places(config: NetConfig) -> tuple[str, ...]:
    """Names the layers whose differences are shown: the convolutions and the last layer."""
    names = [layer.name for layer in config.of_kind(CONVOLUTION)]
    return (*names, config.layers[-1].name)


def batches(n: int, size: int) -> Iterator[slice]:
    """Cuts n photos into batches of one size, one of whose multiples n should be."""
    for begin in range(0, n - size + 1, size):
        yield slice(begin, begin + size)


def _check_batch(n: int, training: bool) -> None:
    if training and n < 2:
        raise InputError(
            f"batch ({n}) should have at least 2 pictures in training mode: one alone is its own "
            "mean, and every pooled value would become beta; use evaluation mode"
        )


def _behind(
    settings: dict[str, LayerSettings], epsilon: float, training: bool, seen: dict | None
) -> object:
    def norm(name: str, values: jax.Array) -> jax.Array:
        own = settings.get(name)
        if own is not None:
            mean, variance = moments_of(values) if training else (own.mean, own.variance)
            axes = (1,) * (values.ndim - 1)
            factor = (jax.lax.rsqrt(variance + epsilon) * own.gamma).reshape(*axes, -1)
            normed = (values - mean.reshape(*axes, -1)) * factor + own.beta.reshape(*axes, -1)
            values = jnp.where(own.is_on > 0, normed, values)
        if seen is not None:
            seen[name] = values
        return values

    return norm


# Outside the class: nets of one plan share their programs.
@functools.partial(jax.jit, static_argnums=0, static_argnames="training")
def _logits(
    graphdef: nnx.GraphDef,
    state: nnx.State,
    images: jax.Array,
    settings: dict[str, LayerSettings],
    epsilon: float,
    *,
    training: bool,
) -> jax.Array:
    net = nnx.merge(graphdef, state)
    last = net.config.layers[-1].name
    # a GPU would round factors to ten bits otherwise, and hide what insertion changes
    with jax.default_matmul_precision("highest"):
        shown = prepare(whole(images, net.config.size))
        behind = _behind(settings, epsilon, training, None)
        return net.values(shown, (last,), behind=behind)[last]


@functools.partial(jax.jit, static_argnums=0, static_argnames="training")
def _both(
    graphdef: nnx.GraphDef,
    state: nnx.State,
    images: jax.Array,
    settings: dict[str, LayerSettings],
    epsilon: float,
    *,
    training: bool,
) -> Comparison:
    net = nnx.merge(graphdef, state)
    last = net.config.layers[-1].name
    after: dict[str, jax.Array] = {}
    with jax.default_matmul_precision("highest"):
        shown = prepare(whole(images, net.config.size))
        places = tuple(layer.name for layer in insertion_points(net.config))
        before = net.values(shown, (*places, last))
        net.values(shown, (last,), behind=_behind(settings, epsilon, training, after))
    compared = shown_places(net.config)
    return Comparison(
        before[last],
        after[last],
        {name: jnp.abs(after[name] - before[name]).max() for name in compared},
        {name: jnp.abs(before[name]).max() for name in compared},
        {name: jnp.stack([_some(before[name]), _some(after[name])]) for name in places},
    )


def _some(values: jax.Array) -> jax.Array:
    flat = values.reshape(-1)
    # an odd step: an even one would meet the same channels again and again
    step = max(1, flat.size // _SAMPLED) | 1
    return flat[::step]
