"""What `train batchnorm` makes: the settings of its recipes, and the named ones."""

import dataclasses
from typing import ClassVar

from core.batchnorm import BEST, LATE, SURGERY, SWEEP, TUNED_SURGERY
from core.batchnorm.data.decoding import SQUEEZED
from core.batchnorm.surgery import EPSILON
from core.errors import InputError, pick


@dataclasses.dataclass(frozen=True, slots=True)
class Recipe:
    """How a net is fine-tuned, at one rate for all layers that learn.

    Attributes:
        size: side of the images that it learns from, pixels.
        frozen_through: the last layer that stays as it was, with all before it; "" for none.
        batch_size: photos a step.
        n_epochs: passes over the photos.
        optimizer: "sgd" (with momentum) or "adam".
        momentum: of SGD.
        weight_decay: times the learning rate, taken off every kernel each step.
        label_smoothing: probability that is given to the wrong class.
        least_area: smallest share of a photo in a random view; 1 for whole photos.
        averaging: share of the running mean of weights that stays each step; 0 for no mean.
        is_half: compute convolutions in bfloat16, where the device has it.
    """

    size: int = 227
    frozen_through: str = ""
    batch_size: int = 50
    n_epochs: int = 10
    optimizer: str = "sgd"
    momentum: float = 0.9
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    least_area: float = 1.0
    averaging: float = 0.0
    is_half: bool = True

    def __post_init__(self) -> None:
        """Checks the bounds."""
        if self.optimizer not in ("sgd", "adam"):
            raise InputError(f"optimizer ({self.optimizer}) should be sgd or adam")
        if not 0 < self.least_area <= 1:
            raise InputError(f"least_area ({self.least_area}) should be above 0 and at most 1")
        if self.batch_size < 2:
            raise InputError(
                f"batch_size ({self.batch_size}) should be at least 2: one photo has no variance "
                "that batch norm could train with"
            )


@dataclasses.dataclass(frozen=True, slots=True)
class SweepConfig:
    """What is trained.

    Attributes:
        rates: highest learning rates.
        n_seeds: trainings of each net at each rate.
        recipe: everything else, the same for both nets.
        share: of train's photos, on which accuracy is measured; drawn anew for every seed.
        most_photos: that are learned from, and that accuracy is measured on; drawn anew for every
            seed, None for all. The sizes here let two cores train all nets within an hour.
        title: in words.
        uses: see `core.contents.Recipe`.
    """

    uses: ClassVar[frozenset[str]] = frozenset(
        {"seed", "seeds", "epochs", "devices", "resume", "data", "size"}
    )

    rates: tuple[float, ...] = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
    n_seeds: int = 3
    recipe: Recipe = Recipe(size=128, batch_size=25, optimizer="adam", n_epochs=5, least_area=0.5)
    share: float = 0.2
    most_photos: int | None = 800
    title: str = ""

    def changed(self, *, size: int) -> "SweepConfig":
        """Returns the recipe for images of another size; raises InputError if it is too small."""
        return dataclasses.replace(self, recipe=dataclasses.replace(self.recipe, size=size))

    def __post_init__(self) -> None:
        """Checks the bounds."""
        if not self.rates or min(self.rates) <= 0:
            raise InputError(f"rates ({self.rates}) should be above 0, and at least one")
        if self.n_seeds < 1:
            raise InputError(f"n_seeds ({self.n_seeds}) should be at least 1")


@dataclasses.dataclass(frozen=True, slots=True)
class BestConfig:
    """What is tried.

    Attributes:
        rates: highest learning rates that are tried, for each net.
        n_splits: of train, on which every rate is tried.
        n_seeds: trainings on all of train with the chosen rate.
        penalty: of the head that is fitted to frozen features first.
        reads: names of the layers that the head reads.
        framing: how a photo is made square. The whole one is squeezed, as in the lesson: a cut
            loses a quarter of most, and sometimes the animal.
        sizes: sides of the whole photos that a net is shown, pixels; predictions are averaged.
        recipe: everything else.
        most_photos: of train and of valid; None for all. For trying out.
        title: in words.
        uses: see `core.contents.Recipe`.
    """

    uses: ClassVar[frozenset[str]] = frozenset(
        {"seed", "seeds", "epochs", "devices", "resume", "data", "size"}
    )

    rates: tuple[float, ...] = (1e-5, 3e-5)
    n_splits: int = 1
    n_seeds: int = 3
    penalty: float = 1e-2
    reads: tuple[str, ...] = LATE
    framing: str = SQUEEZED
    sizes: tuple[int, ...] = (192, 240, 288)
    recipe: Recipe = Recipe(
        size=192,
        frozen_through="pool3",
        batch_size=25,
        optimizer="adam",
        n_epochs=8,
        least_area=0.5,
        averaging=0.99,
    )
    most_photos: int | None = None
    title: str = ""

    def changed(self, *, size: int) -> "BestConfig":
        """Returns the recipe for images of another size; raises InputError if it is too small."""
        recipe = dataclasses.replace(self.recipe, size=size)
        return dataclasses.replace(self, sizes=(size,), recipe=recipe)

    def __post_init__(self) -> None:
        """Checks the bounds."""
        if not self.rates or min(self.rates) <= 0:
            raise InputError(f"rates ({self.rates}) should be above 0, and at least one")
        if self.n_seeds < 1 or self.n_splits < 1:
            raise InputError(f"seeds ({self.n_seeds}) and splits should be at least 1")


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
        pick("on", self.on, dict.fromkeys((SURGERY, TUNED_SURGERY)))
        if not self.n_samples or min(self.n_samples) < 1:
            raise InputError(f"n_samples ({self.n_samples}) should be at least 1 each")
        if EPSILON not in self.epsilons or min(self.epsilons) <= 0:
            raise InputError(f"epsilons ({self.epsilons}) should be above 0, {EPSILON} among them")


# small enough for a laptop's CPU: a net of 96 pixels learns from 400 photos
_SMALL = Recipe(size=96, batch_size=20, n_epochs=4, optimizer="adam", least_area=0.5)

SURGERIES = {
    SURGERY: SurgeryConfig(title="What each recipe of insertion does to a pre-trained net"),
    TUNED_SURGERY: SurgeryConfig(
        on=TUNED_SURGERY,
        title="The same with the fine-tuned net without batch norm of batchnorm-best",
    ),
    "surgery-small": SurgeryConfig(
        size=96,
        most_photos=60,
        n_samples=(8, 32),
        epsilons=(1e-3,),
        has_singles=False,
        title="The surgery on few photos of 96 pixels, groups of layers only",
    ),
}
SWEEPS = {
    SWEEP: SweepConfig(title="With and without batch norm, over learning rates and seeds"),
    "sweep-small": SweepConfig(
        (1e-4, 1e-3, 1e-2),
        n_seeds=2,
        recipe=_SMALL,
        most_photos=200,
        title="The sweep on 200 photos of 96 pixels: three rates, two seeds",
    ),
}
CLASSIFIERS = {
    BEST: BestConfig(title="The net with batch norm that classifies cats and dogs best"),
    "best-small": BestConfig(
        (3e-5, 1e-4),
        n_seeds=2,
        sizes=(96,),
        recipe=_SMALL,
        most_photos=200,
        title="The best net's way on 200 photos of 96 pixels",
    ),
}
