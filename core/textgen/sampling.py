"""What may be set when a net writes, within which bounds: how characters are drawn, and cells."""

import dataclasses
import math
from typing import NamedTuple

from core.errors import InputError

MOST_CHARS = 5_000  # that are written at once
MOST_PRIME = 5_000  # characters that are read beforehand
MOST_TEMPERATURE = 5.0
MOST_SEED = 2**31 - 1


class ClampedCell(NamedTuple):
    """A cell whose value is clamped: its layer, its number, and what it remembers all the time."""

    layer: int
    cell: int
    value: float


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """How characters are drawn.

    Attributes:
        temperature: logits are divided by it: below 1 bolder, above 1 wilder; 0 always takes the
            likeliest.
        top_k: only so many of the likeliest; 0 for all.
        top_p: only the likeliest that together have this probability.
        seed: of the draws, which follow from it and from what was read.
    """

    temperature: float = 0.8
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Checks the bounds.

        Raises:
            InputError: one is not kept.
        """
        if not 0 <= self.temperature <= MOST_TEMPERATURE:
            raise InputError(
                f"temperature ({self.temperature:g}) should be from 0, which always takes the "
                f"likeliest, to {MOST_TEMPERATURE:g}"
            )
        if self.top_k < 0:
            raise InputError(f"top-k ({self.top_k}) should be 0, for all characters, or more")
        if not 0 < self.top_p <= 1:
            raise InputError(f"top-p ({self.top_p:g}) should be above 0 and at most 1")
        if not 0 <= self.seed <= MOST_SEED:
            raise InputError(f"seed ({self.seed}) should be from 0 to {MOST_SEED:,}")


def check_length(n_chars: int) -> None:
    """Checks how much is to be written.

    Raises:
        InputError: it is nothing, or too much.
    """
    if not 1 <= n_chars <= MOST_CHARS:
        raise InputError(f"n-chars ({n_chars}) should be from 1 to {MOST_CHARS:,}")


def check_clamped(clamped: ClampedCell, *, n_layers: int, n_units: int) -> None:
    """Checks that a net has the cell that is to be clamped.

    Raises:
        InputError: it has not, or the value is no number.
    """
    for name, value, end in (("layer", clamped.layer, n_layers), ("cell", clamped.cell, n_units)):
        if not 0 <= value < end:
            raise InputError(f"{name} ({value}) should be from 0 to {end - 1}")
    if not math.isfinite(clamped.value):
        raise InputError(f"value ({clamped.value}) should be a finite number")
