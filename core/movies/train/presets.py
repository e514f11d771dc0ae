"""The named recipes for ratings, and how their settings were chosen.

Settings and epochs were chosen on MovieLens latest-small 2016 with a tenth of the *train* part of
split seeds 0 and 1 held back (`default_rng(100 + seed).random(n) < 0.1`), never with the 20 % that
`val_mse` of the same split is measured on. Across splits that does not hold: they are drawn from
the same ratings, so a train part of one seed holds held-out ratings of the others.
"""

import dataclasses

from core.errors import pick
from core.movies.model import RatingConfig
from core.movies.train import bayes
from core.movies.train.als import AlsConfig


@dataclasses.dataclass(frozen=True, slots=True)
class Preset:
    """A named recipe.

    Attributes:
        title: the model in words.
        config: its settings.
        n_epochs: epochs (or sweeps) to train for.
        snapshots: epochs whose biases and factors are kept for the scrubber, 0 being untrained.
        is_figures_only: leave all films out of the bundle.
    """

    title: str
    config: RatingConfig | AlsConfig | bayes.Config
    n_epochs: int
    snapshots: tuple[int, ...] = ()
    is_figures_only: bool = False

    @property
    def uses(self) -> frozenset[str]:
        """See `core.contents.Recipe`; only gradients are split over devices."""
        shared = {"seed", "seeds", "folds", "epochs", "resume", "data", "figures_only"}
        return frozenset(shared | ({"devices"} if isinstance(self.config, RatingConfig) else set()))

    def changed(self, *, figures_only: bool) -> "Preset":
        """Returns the recipe with an option of the command line."""
        return dataclasses.replace(self, is_figures_only=figures_only)


PRESETS = {
    "bias": Preset(
        "dot product with biases, alternating least squares",
        AlsConfig(),
        n_epochs=14,
        snapshots=(0, 1, 2, 3, 4, 6, 8, 10),
    ),
    "best": Preset(
        "Bayesian factorization with genres, years and who rated what, averaged over 250 samples",
        bayes.Config(),
        n_epochs=300,
    ),
    "dot-51": Preset(
        "dot product without biases, alternating least squares",
        AlsConfig(n_factors=51, has_bias=False, l2_factors=0.12, prior_factors=0.3),
        n_epochs=20,
    ),
    "lesson-dot": Preset(
        "the lesson's dot product",
        RatingConfig("dot", schedule=((1, 1e-3), (4, 1e-2), (4, 1e-3))),
        n_epochs=9,
    ),
    "lesson-bias": Preset(
        "the lesson's dot product with biases",
        RatingConfig("bias", l2_factors=1.3e-4, schedule=((6, 5e-3), (3, 1e-3), (3, 2e-4))),
        n_epochs=12,
        snapshots=(0, 1, 2, 3, 4, 5, 6, 7, 9),
    ),
    "lesson-net": Preset(
        "the lesson's neural net",
        RatingConfig("net", schedule=((8, 1e-3), (2, 2e-4))),
        n_epochs=10,
    ),
    "metadata": Preset(
        "dot product with biases and a net that reads genres and year",
        RatingConfig(
            "metadata", l2_factors=3e-4, dropout=(0.3, 0.2), schedule=((8, 1e-3), (2, 2e-4))
        ),
        n_epochs=10,
    ),
}


def find_preset(name: str) -> Preset:
    """Looks a preset up.

    Raises:
        InputError: there is none of that name.
    """
    return pick("preset", name, PRESETS)
