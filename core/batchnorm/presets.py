"""The named recipes of `train batchnorm`."""

from core.batchnorm import BEST, SURGERY, SWEEP, TUNED_SURGERY
from core.batchnorm.best import BestConfig
from core.batchnorm.fitting import Recipe
from core.batchnorm.surgery_cases import SurgeryConfig
from core.batchnorm.sweep import SweepConfig

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
