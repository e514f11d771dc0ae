"""VGG16: thirteen convolutions of 3x3 in five blocks, and three dense layers.

Karen Simonyan and Andrew Zisserman (2015). Very Deep Convolutional Networks for Large-Scale Image
    Recognition. https://arxiv.org/abs/1409.1556
"""

import dataclasses

from core.batchnorm.model import (
    CONVOLUTION,
    DENSE,
    FLATTEN,
    IMAGE,
    MAX_POOL,
    RELU,
    Layer,
    NetConfig,
)
from core.errors import InputError

_BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))  # channels, convolutions


@dataclasses.dataclass(frozen=True, slots=True)
class VggConfig:
    """Sizes of a VGG16.

    Attributes:
        n_classes: of the top; 0 for none, then the net ends with the last pool.
        width: share of the paper's channels and dense units; less than 1 for a small net.
        size: side of the images, pixels; a multiple of 32.
    """

    n_classes: int = 1000
    width: float = 1.0
    size: int = 224

    def __post_init__(self) -> None:
        """Checks the bounds."""
        if self.n_classes < 0:
            raise InputError(f"n_classes ({self.n_classes}) should be 0 or more")
        if not 0.01 <= self.width <= 4:
            raise InputError(f"width ({self.width}) should be from 0.01 to 4")
        if self.size < 32 or self.size % 32:
            raise InputError(f"size ({self.size}) should be a multiple of 32")


def vgg16(config: VggConfig) -> NetConfig:
    """Lays the layers out, named as in Keras' weight file."""

    def wide(channels: int) -> int:
        return max(1, round(channels * config.width))

    layers: list[Layer] = []
    reads, channels = IMAGE, 3
    for block, (wanted, n_convolutions) in enumerate(_BLOCKS, start=1):
        for number in range(1, n_convolutions + 1):
            name = f"block{block}_conv{number}"
            layers += [
                Layer(name, CONVOLUTION, (reads,), channels, wide(wanted), kernel=3),
                Layer(f"{name}_relu", RELU, (name,), wide(wanted), wide(wanted)),
            ]
            reads, channels = layers[-1].name, wide(wanted)
        pool = f"block{block}_pool"
        layers.append(
            Layer(pool, MAX_POOL, (reads,), channels, channels, kernel=2, stride=2, padding="VALID")
        )
        reads = pool
    if config.n_classes:
        n_values = (config.size // 32) ** 2 * channels
        layers.append(Layer("flatten", FLATTEN, (reads,), channels, n_values))
        reads = "flatten"
        for name in ("fc1", "fc2"):
            units = wide(4096)
            layers += [
                Layer(name, DENSE, (reads,), n_values, units),
                Layer(f"{name}_relu", RELU, (name,), units, units),
            ]
            reads, n_values = layers[-1].name, units
        layers.append(Layer("predictions", DENSE, (reads,), n_values, config.n_classes))
    return NetConfig("vgg16", config.size, tuple(layers))
