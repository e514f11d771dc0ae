"""Mean and variance of a net's activations over many photos, in one pass.

Each batch is measured in two passes in single precision, where both are cheap: its mean first, then
the mean square distance from it. Batches are merged in double precision by the formula of Chan,
Golub and LeVeque, so that a large mean with a small variance loses no digits; E[x^2] - E[x]^2
would.

References:
    T. F. Chan, G. H. Golub and R. J. LeVeque (1983). Algorithms for Computing the Sample Variance:
        Analysis and Recommendations. https://doi.org/10.1080/00031305.1983.10483115
"""

import dataclasses
import functools
from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from core.batchnorm.model import Net
from core.batchnorm.model.inputs import prepare, whole
from core.errors import InputError


@dataclasses.dataclass(frozen=True, slots=True)
class Moments:
    """What a layer gives, channel by channel.

    Attributes:
        mean: f64[C].
        variance: f64[C], divided by the count.
        count: values a channel.
    """

    mean: np.ndarray
    variance: np.ndarray
    count: int

    def merge(self, other: "Moments") -> "Moments":
        """Returns the moments of both samples together."""
        count = self.count + other.count
        share = other.count / count
        distance = other.mean - self.mean
        variance = (
            (1 - share) * self.variance
            + share * other.variance
            + share * (1 - share) * distance * distance
        )
        return Moments(self.mean + share * distance, variance, count)


def moments_of(values: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Computes mean and variance of each channel in two passes.

    Args:
        values: f32[..., C].

    Returns:
        f32[C] each.
    """
    axes = tuple(range(values.ndim - 1))
    mean = values.mean(axes, keepdims=True)
    return mean.reshape(-1), jnp.square(values - mean).mean(axes)


def measure(
    net: Net, photos: np.ndarray, layers: Sequence[str], *, batch_size: int = 32
) -> dict[str, Moments]:
    """Runs photos through a net once and measures what some layers give.

    Batch norm that is set by `exact` changes nothing behind it, so what is measured here holds for
    any number of insertions at once, as if they had been made and measured one after the other.

    Args:
        net: in evaluation mode.
        photos: u8[N, S, S, 3]; they are resized to what the net reads.
        layers: names.
        batch_size: photos at once; a smaller last batch is measured as it is.

    Returns:
        Moments by name of the layer.

    Raises:
        InputError: there is no photo, or no such layer.
    """
    if not len(photos):
        raise InputError("photos (0) should be at least 1: statistics need something to measure")
    for name in layers:
        net.config.layer(name)
    graphdef, state = nnx.split(net)
    found: dict[str, Moments] = {}
    for begin in range(0, len(photos), batch_size):
        batch = jnp.asarray(photos[begin : begin + batch_size])
        # fetched one batch late in effect: dispatch is asynchronous, and merging is next to nothing
        values = jax.device_get(_batch_moments(graphdef, state, batch, tuple(layers)))
        for name, (mean, variance, count) in values.items():
            here = Moments(mean.astype(float), variance.astype(float), int(count))
            found[name] = found[name].merge(here) if name in found else here
    return found


@functools.partial(jax.jit, static_argnums=(0, 3))
def _batch_moments(
    graphdef: nnx.GraphDef, state: nnx.State, photos: jax.Array, layers: tuple[str, ...]
) -> Mapping[str, tuple[jax.Array, jax.Array, int]]:
    net = nnx.merge(graphdef, state)
    shown = prepare(whole(photos, net.config.size))
    values = net.values(shown, layers)
    return {
        name: (*moments_of(value), value.size // value.shape[-1]) for name, value in values.items()
    }
