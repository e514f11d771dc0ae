"""Pictures of our own: discs, boxes and stripes, for when no photo may be shown."""

import numpy as np

from core.errors import InputError

MOST = 256  # pictures at once
_MOST_SHAPES = 7


def draw(n: int, *, size: int, seed: int = 0) -> np.ndarray:
    """Draws pictures, each of a shaded ground and a few shapes with some noise over them.

    Args:
        n: how many.
        size: side, pixels.
        seed: of all of them.

    Returns:
        u8[n, size, size, 3].

    Raises:
        InputError: there are none, or too many.
    """
    if not 1 <= n <= MOST:
        raise InputError(f"n ({n}) should be from 1 to {MOST} pictures")
    return np.stack([_picture(size, np.random.default_rng([seed, number])) for number in range(n)])


def _picture(size: int, random: np.random.Generator) -> np.ndarray:
    y, x = np.mgrid[0:size, 0:size] / size  # from 0 to 1
    angle = random.uniform(0, 2 * np.pi)
    shade = np.cos(angle) * x + np.sin(angle) * y
    first, second = random.uniform(30, 225, (2, 3))
    picture = first + (second - first) * ((shade + 1.5) / 3)[:, :, None]
    for _ in range(random.integers(3, _MOST_SHAPES + 1)):
        centre_y, centre_x = random.uniform(0.1, 0.9, 2)
        radius = random.uniform(0.06, 0.3)
        angle = random.uniform(0, np.pi)
        along = np.cos(angle) * (x - centre_x) + np.sin(angle) * (y - centre_y)
        across = np.cos(angle) * (y - centre_y) - np.sin(angle) * (x - centre_x)
        kind = random.integers(3)
        if kind == 0:
            distance = np.hypot(along, across * random.uniform(1, 2))
        elif kind == 1:
            distance = np.maximum(np.abs(along), np.abs(across) * random.uniform(1, 3))
        else:  # stripes within a disc
            waves = np.sin(along / radius * random.uniform(6, 20)) < 0
            distance = np.where(waves, np.hypot(along, across), np.inf)
        cover = np.clip((radius - distance) * size / 2, 0, 1)[:, :, None]  # soft edges
        picture = picture * (1 - cover) + random.uniform(0, 255, 3) * cover
    picture = picture + random.normal(0, random.uniform(2, 12), picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)
