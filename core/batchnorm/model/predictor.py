"""Predictions of a net: evaluation mode, single precision, one shape for any number of photos."""

import dataclasses
import functools
from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from scipy.special import log_softmax

from core.batchnorm.model import NetConfig, filled
from core.batchnorm.model.inputs import prepare, whole

_AT_ONCE = 50


class Predictor:
    """Predictions of a net for whole photos.

    Args:
        config: its layers.
        arrays: its weights and statistics, of any precision, by the names of
            `core.loop.named_arrays`.
        layer: whose output is asked for; None for the last.

    Raises:
        InputError: an array is missing or has another shape.
    """

    def __init__(
        self, config: NetConfig, arrays: Mapping[str, np.ndarray], *, layer: str | None = None
    ) -> None:
        self._graphdef, self._state = nnx.split(filled(config, arrays))
        self._layer = layer or config.layers[-1].name

    def __call__(self, images: np.ndarray, *, is_flipped: bool = False) -> np.ndarray:
        """Computes the layer's output.

        Args:
            images: u8[N, S, S, 3].
            is_flipped: mirror them first.

        Returns:
            f32[N, ...].
        """
        found = []
        at_once = min(_AT_ONCE, len(images))
        for begin in range(0, len(images), at_once):
            batch = np.asarray(images[begin : begin + at_once])
            # padded: another shape would be compiled anew
            padded = np.pad(batch, ((0, at_once - len(batch)), (0, 0), (0, 0), (0, 0)))
            values = _compute(
                self._graphdef, self._state, jnp.asarray(padded), self._layer, is_flipped
            )
            found.append((values, len(batch)))
        return np.concatenate([np.asarray(values)[:n] for values, n in found])


class TestTimeAugmentation:
    """The mean prediction for each photo and its mirror image, at several sizes.

    Args:
        config: its layers; global pools let it read images of any size.
        arrays: its weights and statistics, the same for all sizes.
        sizes: sides of the images, pixels.
        layer: whose output is asked for; None for the last.

    Raises:
        InputError: an array is missing or has another shape.
    """

    def __init__(
        self,
        config: NetConfig,
        arrays: Mapping[str, np.ndarray],
        sizes: Sequence[int],
        *,
        layer: str | None = None,
    ) -> None:
        self._predictors = [
            Predictor(dataclasses.replace(config, size=size), arrays, layer=layer) for size in sizes
        ]

    def each_view(self, images: np.ndarray) -> np.ndarray:
        """Returns the layer's output for every view, f32[N, 2 * sizes, C], of u8[N, S, S, 3]."""
        found = [
            predict(images, is_flipped=is_flipped)
            for predict in self._predictors
            for is_flipped in (False, True)
        ]
        return np.stack(found, axis=1)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Returns the mean over all views, f32[N, C], of images u8[N, S, S, 3]."""
        return self.each_view(images).mean(axis=1)


# Outside the class: the nets of all seeds and tries share one plan, hence one program.
@functools.partial(jax.jit, static_argnums=(0, 3))
def _compute(
    graphdef: nnx.GraphDef, state: nnx.State, images: jax.Array, layer: str, is_flipped: jax.Array
) -> jax.Array:
    net = nnx.merge(graphdef, state)
    shown = prepare(whole(images, net.config.size, is_flipped=is_flipped))
    # a GPU would round factors to ten bits otherwise, and hide what insertion changes
    with jax.default_matmul_precision("highest"):
        return net.values(shown, (layer,))[layer]


def loss_of(logits: np.ndarray, labels: np.ndarray) -> float:
    """Returns the mean cross-entropy, nats: logits f32[N, 2], labels i32[N].

    It is infinite where a logit is no finite number.
    """
    if not np.isfinite(logits).all():
        return float("inf")
    log_shares = log_softmax(logits.astype(float), axis=1)
    return float(-log_shares[np.arange(len(labels)), labels].mean())


def accuracy_of(logits: np.ndarray, labels: np.ndarray) -> float:
    """Returns the share of photos that are classified correctly: logits f32[N, 2], labels i32[N].

    A photo for which the net gives no finite number is not.
    """
    is_right = (logits.argmax(axis=1) == labels) & np.isfinite(logits).all(axis=1)
    return float(is_right.mean())
