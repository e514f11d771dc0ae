"""SqueezeNet 1.1: AlexNet's accuracy with fifty times fewer weights.

Forrest N. Iandola, Song Han, Matthew W. Moskewicz, Khalid Ashraf, William J. Dally and Kurt Keutzer
    (2016). SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size.
    https://arxiv.org/abs/1602.07360
Version 1.1 is https://github.com/forresti/SqueezeNet/tree/master/SqueezeNet_v1.1
"""

import dataclasses

from core.batchnorm.model import (
    CONCAT,
    CONVOLUTION,
    GLOBAL_AVERAGE,
    IMAGE,
    MAX_POOL,
    RELU,
    Layer,
    NetConfig,
)
from core.errors import InputError

_SQUEEZE = {2: 16, 3: 16, 4: 32, 5: 32, 6: 48, 7: 48, 8: 64, 9: 64}  # channels, by fire module
_POOLED_BEFORE = {2: "pool1", 4: "pool3", 6: "pool5"}  # a pool stands in front of these modules


@dataclasses.dataclass(frozen=True, slots=True)
class SqueezeNetConfig:
    """Sizes of a SqueezeNet 1.1.

    Attributes:
        n_classes: of the top; 0 for none, then the net ends with fire module 9.
        width: share of the paper's channels; less than 1 for a small net.
        size: side of the images, pixels; at least 35, or the pools run dry.
    """

    n_classes: int = 0
    width: float = 1.0
    size: int = 227

    def __post_init__(self) -> None:
        """Checks the bounds."""
        if self.n_classes < 0:
            raise InputError(f"n_classes ({self.n_classes}) should be 0 or more")
        if not 0.1 <= self.width <= 4:
            raise InputError(f"width ({self.width}) should be from 0.1 to 4")
        if self.size < 35:
            raise InputError(f"size ({self.size}) should be at least 35 pixels")


def squeezenet(config: SqueezeNetConfig) -> NetConfig:
    """Lays the layers out, named as in Keras' weight file."""

    def wide(channels: int) -> int:
        return max(1, round(channels * config.width))

    channels = wide(64)
    layers = [
        Layer("conv1", CONVOLUTION, (IMAGE,), 3, channels, kernel=3, stride=2, padding="VALID"),
        Layer("relu_conv1", RELU, ("conv1",), channels, channels),
    ]
    for number, squeeze in _SQUEEZE.items():
        if number in _POOLED_BEFORE:
            layers.append(
                Layer(
                    _POOLED_BEFORE[number],
                    MAX_POOL,
                    (layers[-1].name,),
                    channels,
                    channels,
                    kernel=3,
                    stride=2,
                    padding="VALID",
                )
            )
        layers += _fire(f"fire{number}", layers[-1].name, channels, wide(squeeze))
        channels = layers[-1].n_channels
    if config.n_classes:
        layers += [
            Layer("conv10", CONVOLUTION, (layers[-1].name,), channels, config.n_classes),
            Layer("relu_conv10", RELU, ("conv10",), config.n_classes, config.n_classes),
            Layer("pool10", GLOBAL_AVERAGE, ("relu_conv10",), config.n_classes, config.n_classes),
        ]
    return NetConfig("squeezenet", config.size, tuple(layers))


def _fire(name: str, reads: str, n_inputs: int, squeeze: int) -> list[Layer]:
    """A fire module: squeeze to few channels, expand by 1x1 and 3x3 side by side."""
    expand = 4 * squeeze
    squeezed, relu = f"{name}/squeeze1x1", f"{name}/relu_squeeze1x1"
    layers = [
        Layer(squeezed, CONVOLUTION, (reads,), n_inputs, squeeze),
        Layer(relu, RELU, (squeezed,), squeeze, squeeze),
    ]
    for kernel in (1, 3):
        expanded = f"{name}/expand{kernel}x{kernel}"
        layers += [
            Layer(expanded, CONVOLUTION, (relu,), squeeze, expand, kernel=kernel),
            Layer(f"{name}/relu_expand{kernel}x{kernel}", RELU, (expanded,), expand, expand),
        ]
    ends = (f"{name}/relu_expand1x1", f"{name}/relu_expand3x3")
    return [*layers, Layer(f"{name}/concat", CONCAT, ends, 2 * expand, 2 * expand)]
