"""The named recipes for word vectors, and how their settings were chosen.

Settings were chosen by the loss and the window accuracy on the 5 % of the reviews that seed 0 holds
out (see `core.words.train`), and by looking at the neighbours of words that have little to do
with films (bank, sea, physics, bread ...). No list of human judgements took part.
"""

import dataclasses
from typing import ClassVar

from core.words import GLOVE, OUR_VECTORS
from core.words.model import GloveConfig, SkipGramConfig, WindowConfig

MIN_COUNT = 5  # a word that stands fewer times in the reviews gets no vector
MAX_WORDS = 60_000


@dataclasses.dataclass(frozen=True, slots=True)
class Preset:
    """A named recipe.

    Attributes:
        title: the method in words.
        config: its settings.
        n_epochs: passes through the reviews.
        min_count: fewest occurrences of a word.
        max_words: most words, the most frequent ones.
        uses: see `core.contents.Recipe`; tables are updated row by row on one device.
    """

    title: str
    config: SkipGramConfig | GloveConfig | WindowConfig
    n_epochs: int
    min_count: int = MIN_COUNT
    max_words: int = MAX_WORDS
    uses: ClassVar[frozenset[str]] = frozenset({"seed", "epochs", "resume"})


@dataclasses.dataclass(frozen=True, slots=True)
class MapsPreset:
    """A recipe for the maps of a set of vectors; every map has its own seed.

    Attributes:
        vectors: name of the set.
        uses: see `core.contents.Recipe`.
    """

    vectors: str
    uses: ClassVar[frozenset[str]] = frozenset()

    @property
    def title(self) -> str:
        """Returns what is drawn."""
        return f"t-SNE maps of {self.vectors}"


PRESETS = {
    "sgns": Preset(
        "Film reviews, skip-gram",
        SkipGramConfig(),
        n_epochs=10,
    ),
    "glove-reviews": Preset(
        "Film reviews, GloVe's least squares",
        GloveConfig(),
        n_epochs=14,
    ),
    "window": Preset(
        "Film reviews, real against corrupted windows",
        WindowConfig(),
        n_epochs=5,
    ),
}

MAPS = {f"maps-{name}": MapsPreset(name) for name in (GLOVE, *OUR_VECTORS)}
