"""Which surgeries are tried on the photos: where, by what recipe, and how the net is used then."""

import dataclasses
from collections.abc import Iterator
from typing import ClassVar

from core.batchnorm import GROUPS, SURGERIES, SURGERY
from core.batchnorm.nets import NetConfig, insertion_points, points_of
from core.batchnorm.recipes import EPSILON, RECIPES
from core.errors import InputError, pick


@dataclasses.dataclass(frozen=True, slots=True)
class SurgeryConfig:
    """What is tried.

    Attributes:
        size: side of the images, pixels; at 160, two cores take half an hour.
        n_samples: photos on which statistics are measured.
        epsilons: added to the variance; the default, `EPSILON`, is one of them.
        most_photos: of train and of valid; None for all. For trying out.
        has_singles: try every layer alone as well.
        on: which net is operated on, one of `core.batchnorm.SURGERIES`.
        title: in words.
        uses: see `core.contents.Recipe`; an operation trains nothing.
    """

    uses: ClassVar[frozenset[str]] = frozenset({"seed", "resume", "data", "size"})

    size: int = 160
    n_samples: tuple[int, ...] = (8, 32, 128, 512)
    epsilons: tuple[float, ...] = (1e-5, 1e-3, 1e-1)
    most_photos: int | None = None
    has_singles: bool = True
    on: str = SURGERY
    title: str = ""

    def changed(self, *, size: int) -> "SurgeryConfig":
        """Returns the recipe for images of another size."""
        return dataclasses.replace(self, size=size)

    def __post_init__(self) -> None:
        """Checks the bounds."""
        pick("on", self.on, dict.fromkeys(SURGERIES))
        if not self.n_samples or min(self.n_samples) < 1:
            raise InputError(f"n_samples ({self.n_samples}) should be at least 1 each")
        if EPSILON not in self.epsilons or min(self.epsilons) <= 0:
            raise InputError(f"epsilons ({self.epsilons}) should be above 0, {EPSILON} among them")


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """One surgery: where, how, and how the net is used then."""

    layers: str  # a place, or one of `GROUPS`
    recipe: str
    epsilon: float
    n_samples: int
    training: bool


def cases_of(plan: NetConfig, config: SurgeryConfig, n_samples: tuple[int, ...]) -> Iterator[Case]:
    """Lists what is tried.

    Groups of layers are operated on in every way; single layers with the usual epsilon, and the
    statistics of most photos.

    Args:
        plan: the net.
        config: what is tried.
        n_samples: photos on which statistics were measured.
    """
    for training in (False, True):
        for recipe in RECIPES:
            for n in n_samples:
                for epsilon in config.epsilons:
                    for group in GROUPS:
                        yield Case(group, recipe, epsilon, n, training)
            for layer in insertion_points(plan) if config.has_singles else ():
                yield Case(layer.name, recipe, EPSILON, max(n_samples), training)


def headlines(n: int) -> dict[str, Case]:
    """Lists the cases that stand in the metrics, by name."""
    return {
        "exact": Case("convolution", "exact", EPSILON, n, False),
        "notebook": Case("convolution", "notebook", EPSILON, n, False),
        "random": Case("convolution", "random", EPSILON, n, False),
        "training": Case("convolution", "exact", EPSILON, n, True),
    }


def places_of(plan: NetConfig, layers: str) -> tuple[str, ...]:
    """Returns the places that a case is about."""
    return points_of(plan, layers) if layers in GROUPS else (layers,)
