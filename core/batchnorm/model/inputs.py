"""What a net reads of a photo: all of it or a random part, resized, without ImageNet's mean.

Cutting and resizing are two products of matrices: quick on any device.
"""

import jax
import jax.numpy as jnp
import numpy as np

MEAN_BGR = (103.939, 116.779, 123.68)  # of ImageNet; both nets were trained on what is left
_AT_ONCE = 64  # photos of which views are drawn in one call
_LEAST_ASPECT = 3 / 4  # width by height of a random cut; the greatest is the inverse


def prepare(photos: jax.Array) -> jax.Array:
    """Brings pixels into the form that both nets were trained on.

    Args:
        photos: [B, S, S, 3], red, green, blue from 0 to 255.

    Returns:
        f32[B, S, S, 3]: blue, green, red, without the mean of ImageNet.
    """
    return photos[..., ::-1].astype(jnp.float32) - jnp.asarray(MEAN_BGR, jnp.float32)


def whole(photos: jax.Array, size: int, *, is_flipped: bool | jax.Array = False) -> jax.Array:
    """Resizes whole photos.

    Args:
        photos: u8[B, S, S, 3].
        size: new side, pixels.
        is_flipped: mirror them, left to right.

    Returns:
        f32[B, size, size, 3], from 0 to 255.
    """
    n, side = photos.shape[:2]
    if side == size:
        return jnp.where(is_flipped, photos[:, :, ::-1], photos).astype(jnp.float32)
    full, nothing = jnp.full(n, float(side)), jnp.zeros(n)
    return _cut(photos, size, nothing, nothing, full, full, jnp.full(n, is_flipped))


def random_views(photos: jax.Array, size: int, *, least_area: float, key: jax.Array) -> jax.Array:
    """Cuts a random rectangle out of each photo, mirrors half of them, and resizes.

    Args:
        photos: u8[B, S, S, 3].
        size: new side, pixels.
        least_area: smallest share of a photo that is cut out, above 0; 1 for whole photos.
        key: of the draws.

    Returns:
        f32[B, size, size, 3], from 0 to 255.
    """
    n, side = photos.shape[:2]
    area_key, aspect_key, top_key, left_key, flip_key = jax.random.split(key, 5)
    is_flipped = jax.random.bernoulli(flip_key, shape=(n,))
    if least_area == 1:
        full, nothing = jnp.full(n, float(side)), jnp.zeros(n)
        return _cut(photos, size, nothing, nothing, full, full, is_flipped)
    area = jax.random.uniform(area_key, (n,), minval=least_area, maxval=1.0)
    limit = -jnp.log(_LEAST_ASPECT)
    # no wider or higher than the photo: the area bounds the aspect
    limit = jnp.minimum(limit, -jnp.log(area))
    root = jnp.exp(jax.random.uniform(aspect_key, (n,), minval=-1, maxval=1) * limit / 2)
    height, width = side * jnp.sqrt(area) / root, side * jnp.sqrt(area) * root
    top = jax.random.uniform(top_key, (n,)) * (side - height)
    left = jax.random.uniform(left_key, (n,)) * (side - width)
    return _cut(photos, size, top, left, height, width, is_flipped)


_drawn = jax.jit(random_views, static_argnames=("size", "least_area"))


def kept_views(photos: np.ndarray, size: int, *, least_area: float, seed: int) -> np.ndarray:
    """Draws one random view of each photo and rounds it: u8[N, S, S, 3] -> u8[N, size, size, 3]."""
    found = []
    for begin in range(0, len(photos), _AT_ONCE):
        key = jax.random.fold_in(jax.random.key(seed), begin)
        some = photos[begin : begin + _AT_ONCE]
        found.append(np.asarray(_drawn(some, size, least_area=least_area, key=key)))
    return np.rint(np.concatenate(found)).clip(0, 255).astype(np.uint8)


def _cut(
    photos: jax.Array,
    size: int,
    top: jax.Array,
    left: jax.Array,
    height: jax.Array,
    width: jax.Array,
    is_flipped: jax.Array,
) -> jax.Array:
    side = photos.shape[1]
    rows = _weights(size, side, top, height, jnp.zeros_like(is_flipped))
    columns = _weights(size, side, left, width, is_flipped)
    resized = jnp.einsum("bih,bhwc->biwc", rows, photos.astype(jnp.float32))
    return jnp.einsum("bjw,biwc->bijc", columns, resized)


def _weights(
    size: int, side: int, start: jax.Array, length: jax.Array, is_flipped: jax.Array
) -> jax.Array:
    """How much of each old pixel goes into each new one: a triangle, wide enough when shrinking.

    Returns:
        f32[B, size, side], each row of sum 1.
    """
    step = (length / size)[:, None]
    at = jnp.arange(size) + 0.5
    at = jnp.where(is_flipped[:, None], size - at, at)
    centre = start[:, None] + at * step - 0.5
    distance = jnp.abs(centre[:, :, None] - jnp.arange(side))
    weights = jnp.maximum(0, 1 - distance / jnp.maximum(step, 1)[:, :, None])
    return weights / weights.sum(axis=2, keepdims=True)
