"""The named recipes for sentiment, and how their settings were chosen.

Sizes come from the lesson. What it left open, and all settings of the recipes beyond it, were
chosen by the accuracy on a tenth of the training reviews (`core.sentiment.data.validation_rows`).
The number of epochs is chosen there too, anew by each training, where the loss is lowest.
"""

import dataclasses
from typing import ClassVar

from core.errors import InputError, pick
from core.sentiment import FORMER_NAMES, SETTINGS
from core.sentiment.model.lesson import CnnConfig, LstmConfig, MlpConfig
from core.sentiment.model.max_cnn import MaxCnnConfig
from core.sentiment.model.nbsvm import NbsvmConfig
from core.sentiment.model.region import RegionConfig
from core.sentiment.train.two_views import TwoViewConfig

_OF_NETS = frozenset({"seed", "seeds", "epochs", "devices", "resume"})
NetConfig = MlpConfig | CnnConfig | LstmConfig | MaxCnnConfig | RegionConfig
Config = NetConfig | NbsvmConfig


@dataclasses.dataclass(frozen=True, slots=True)
class Preset:
    """A named recipe; what follows `keeps_punctuation` is for nets.

    Attributes:
        title: the model in words.
        config: its sizes.
        keeps_punctuation: whether full stops, question marks and the like are words to it. The
            lesson's vocabulary has none; by validation the nets are better with them.
        n_epochs: most epochs; the best of them by validation is taken.
        vectors: word vectors that the embedding begins with, "glove"; None for random ones.
        views: how the layer from unlabelled reviews is learned, for a net that has one.
        n_frozen: first epochs in which the embedding does not learn.
        learning_rate: of Adam; while `n_frozen` lasts, where there is such a time.
        tuning_rate: of Adam thereafter.
        batch_size: reviews a step.
        clip: greatest length of a gradient; 0 for any.
        averaging: share of the running mean of weights that stays each step; 0 for no mean.
        partner: the linear model that is added to the net, if one is.
        teacher: the linear model from whose opinion of unlabelled reviews the net learns, if one
            does.
        n_validated: trainings, at most, by which the number of epochs is chosen.
    """

    title: str
    config: Config
    keeps_punctuation: bool = True
    n_epochs: int = 1
    vectors: str | None = None
    views: TwoViewConfig | None = None
    n_frozen: int = 0
    learning_rate: float = 1e-3
    tuning_rate: float = 1e-4
    batch_size: int = 64
    clip: float = 0.0
    averaging: float = 0.0
    partner: NbsvmConfig | None = None
    teacher: NbsvmConfig | None = None
    n_validated: int = 3

    @property
    def net_config(self) -> NetConfig:
        """Returns the sizes of a net; raises InputError where the recipe is of the linear model."""
        if isinstance(self.config, NbsvmConfig):
            raise InputError(f"preset ({self.title}) should be one of a net")
        return self.config

    @property
    def uses(self) -> frozenset[str]:
        """See `core.contents.Recipe`; the linear model is solved, without chance or epochs."""
        return frozenset() if isinstance(self.config, NbsvmConfig) else _OF_NETS


@dataclasses.dataclass(frozen=True, slots=True)
class SettingsPreset:
    """A recipe that trains nets again and again, with one setting changed.

    Attributes:
        title: in words.
        presets: the nets, by their presets.
        uses: see `core.contents.Recipe`.
    """

    title: str
    presets: tuple[str, ...]
    uses: ClassVar[frozenset[str]] = frozenset({"seed", "seeds", "epochs", "resume"})


PRESETS = {
    "mlp": Preset("One hidden layer", MlpConfig(), n_epochs=4, learning_rate=5e-4, averaging=0.99),
    "cnn": Preset("CNN, windows of 5 words", CnnConfig(), n_epochs=5, averaging=0.998),
    "cnn-glove-tuned": Preset(
        "CNN on GloVe, tuned, distilled",
        CnnConfig(n_dims=50, input_dropout=0.25, filter_dropout=0.25),
        n_epochs=8,
        vectors="glove",
        n_frozen=1,
        learning_rate=3e-3,
        tuning_rate=1e-3,
        averaging=0.998,
        teacher=NbsvmConfig(),
        n_validated=1,
    ),
    "multicnn": Preset(
        "CNN of three sizes, distilled",
        CnnConfig(n_dims=50, sizes=(3, 4, 5), input_dropout=0.25, filter_dropout=0.25),
        n_epochs=5,
        vectors="glove",
        n_frozen=1,  # without it some seeds stay at chance for epochs
        learning_rate=3e-3,
        tuning_rate=1e-3,
        averaging=0.998,
        teacher=NbsvmConfig(),
        n_validated=1,
    ),
    "lstm": Preset(
        "LSTM of 100 units", LstmConfig(), n_epochs=3, clip=1.0, averaging=0.998, n_validated=1
    ),
    "max-cnn": Preset(
        "Greatest value of each filter",
        MaxCnnConfig(),
        n_epochs=4,
        vectors="glove",
        averaging=0.998,
        n_validated=1,
    ),
    "nbsvm": Preset("Linear, on n-grams (NB-SVM)", NbsvmConfig()),
    "ensemble": Preset(
        "Sum of a net and NB-SVM",
        RegionConfig(),
        n_epochs=6,
        views=TwoViewConfig(),
        averaging=0.998,
        partner=NbsvmConfig(),
        n_validated=1,
    ),
}

# the lesson's first two nets, the quickest to train
SETTINGS_PRESETS = {
    SETTINGS: SettingsPreset("What vocabulary, length and dropout do", ("mlp", "cnn")),
}


def find_preset(name: str) -> Preset:
    """Looks a preset up by its name, or a former one.

    Raises:
        InputError: there is none of that name.
    """
    return pick("preset", FORMER_NAMES.get(name, name), PRESETS)
