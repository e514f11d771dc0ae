"""The named recipes of `train batchnorm`."""

import dataclasses

from core.batchnorm import BEST, SURGERY, SWEEP, TUNED_SURGERY
from core.batchnorm.best import BestConfig
from core.batchnorm.fitting import Recipe
from core.batchnorm.surgery_cases import SurgeryConfig
from core.batchnorm.sweep import SweepConfig
from core.errors import InputError, pick

Config = BestConfig | SweepConfig | SurgeryConfig


@dataclasses.dataclass(frozen=True, slots=True)
class Preset:
    """A named recipe.

    Attributes:
        title: in words.
        config: what is done.
    """

    title: str
    config: Config

    def changed(self, *, n_seeds: int | None = None, size: int | None = None) -> Config:
        """Returns what is done, with other numbers where they are given.

        Raises:
            InputError: a number is out of bounds, or the recipe has none of the kind.
        """
        config = self.config
        if n_seeds is not None:
            if isinstance(config, SurgeryConfig):
                raise InputError(f"seeds ({n_seeds}) should be left out: nothing is trained")
            config = dataclasses.replace(config, n_seeds=n_seeds)
        if size is None:
            return config
        if isinstance(config, SurgeryConfig):
            return dataclasses.replace(config, size=size)
        if isinstance(config, BestConfig):
            config = dataclasses.replace(config, sizes=(size,))
        return dataclasses.replace(config, recipe=dataclasses.replace(config.recipe, size=size))


# small enough for a laptop's CPU: a net of 96 pixels learns from 400 photos
_SMALL = Recipe(size=96, batch_size=20, n_epochs=4, optimizer="adam", least_area=0.5)

PRESETS = {
    SURGERY: Preset("What each recipe of insertion does to a pre-trained net", SurgeryConfig()),
    TUNED_SURGERY: Preset(
        "The same with the fine-tuned net without batch norm of batchnorm-best",
        SurgeryConfig(on=TUNED_SURGERY),
    ),
    SWEEP: Preset("With and without batch norm, over learning rates and seeds", SweepConfig()),
    BEST: Preset("The net with batch norm that tells cats from dogs best", BestConfig()),
    "surgery-small": Preset(
        "The surgery on few photos of 96 pixels, groups of layers only",
        SurgeryConfig(
            size=96, most_photos=60, n_samples=(8, 32), epsilons=(1e-3,), has_singles=False
        ),
    ),
    "sweep-small": Preset(
        "The sweep on 200 photos of 96 pixels: three rates, two seeds",
        SweepConfig((1e-4, 1e-3, 1e-2), n_seeds=2, recipe=_SMALL, most_photos=200),
    ),
    "best-small": Preset(
        "The best net's way on 200 photos of 96 pixels",
        BestConfig(
            (3e-5, 1e-4), n_splits=1, n_seeds=2, sizes=(96,), recipe=_SMALL, most_photos=200
        ),
    ),
}


def find_preset(name: str) -> Preset:
    """Looks a preset up.

    Raises:
        InputError: there is none of that name.
    """
    return pick("preset", name, PRESETS)
