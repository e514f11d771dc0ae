"""The net that classifies cats and dogs: SqueezeNet's features, pooled, and a new dense layer.

The features are computed once, and the new layer, the head, is fitted to them at once.
"""

import dataclasses
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
import optax

from core.batchnorm import CLASSES, LAST
from core.batchnorm.model import CONCAT, DENSE, GLOBAL_AVERAGE, GLOBAL_MAX, Layer, NetConfig
from core.batchnorm.model.squeezenet import SqueezeNetConfig, squeezenet
from core.errors import InputError

FEATURES = "head/pooled"  # the layer whose output a new head reads
HEAD = "head/dense"
_STEPS = 300  # of L-BFGS; it has converged long before on a few thousand photos


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


@dataclasses.dataclass(frozen=True, slots=True)
class Head:
    """A dense layer for raw features.

    Attributes:
        kernel: f32[C, 2].
        bias: f32[2].
    """

    kernel: np.ndarray
    bias: np.ndarray

    def logits(self, features: np.ndarray) -> np.ndarray:
        """Returns f32[N, 2] of features f32[N, C]."""
        return features @ self.kernel + self.bias


def fit_head(features: np.ndarray, labels: np.ndarray, *, penalty: float) -> Head:
    """Fits a logistic regression to standardised features, and undoes the standardising in it.

    Args:
        features: f32[N, C].
        labels: i32[N], 0 or 1.
        penalty: L2, in nats a photo times the squared length of the weights.

    Raises:
        InputError: the penalty is not above 0.
    """
    if not penalty > 0:
        raise InputError(f"penalty ({penalty}) should be above 0, or the weights grow for ever")
    mean, deviation = features.mean(axis=0, dtype=float), features.std(axis=0, dtype=float)
    deviation = np.where(deviation > 0, deviation, 1.0)  # a channel that is always silent
    standard = ((features - mean) / deviation).astype(np.float32)
    start = {"kernel": jnp.zeros((features.shape[1], 2)), "bias": jnp.zeros(2)}
    fitted = jax.device_get(_minimised(start, standard, jnp.asarray(labels), penalty))
    kernel = fitted["kernel"].astype(float) / deviation[:, None]
    bias = fitted["bias"] - mean @ kernel
    return Head(kernel.astype(np.float32), bias.astype(np.float32))


def with_head(arrays: Mapping[str, np.ndarray], head: Head) -> dict[str, np.ndarray]:
    """Puts a fitted head onto weights."""
    return dict(arrays) | {f"parts.{HEAD}.kernel": head.kernel, f"parts.{HEAD}.bias": head.bias}


@jax.jit
def _minimised(
    start: dict[str, jax.Array], features: jax.Array, labels: jax.Array, penalty: float
) -> dict[str, jax.Array]:
    def loss(head: dict[str, jax.Array]) -> jax.Array:
        logits = features @ head["kernel"] + head["bias"][None]
        fit = optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()
        return fit + penalty * jnp.square(head["kernel"]).sum()

    optimizer = optax.lbfgs()
    value_and_grad = optax.value_and_grad_from_state(loss)

    def step(_: int, carry: tuple) -> tuple:
        head, state = carry
        value, gradient = value_and_grad(head, state=state)
        updates, state = optimizer.update(
            gradient, state, head, value=value, grad=gradient, value_fn=loss
        )
        return optax.apply_updates(head, updates), state

    return jax.lax.fori_loop(0, _STEPS, step, (start, optimizer.init(start)))[0]
