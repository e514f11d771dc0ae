"""The topics, and for each content of a bundle how it is made, measured and explored.

Modules are named here and imported when they are used: recipes are listed, and a page opens a
bundle, without a library that trains.
"""

import dataclasses
import functools
import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from core.bundle import Bundle
from core.errors import BundleError, pick


class Recipe(Protocol):
    """What `train` of a content takes beside the run.

    Attributes:
        title: in words.
        uses: the options of `train TOPIC` that make a difference to it; any other is refused.
    """

    title: str
    uses: frozenset[str]


@runtime_checkable
class ChangeableRecipe(Recipe, Protocol):
    """A recipe that options of its topic change."""

    def changed(self, **options: Any) -> Recipe:
        """Returns the recipe with some of its topic's options."""
        ...


@dataclasses.dataclass(frozen=True, slots=True)
class Topic:
    """What the command line says of a topic.

    Attributes:
        help: a few words for the list of topics of `train`.
        description: of `train TOPIC`, a sentence.
        preset: that is trained if none is named.
        commands: of a function that adds the topic's own commands, `register(subparsers)`; "" for
            none.
        options: of a function that adds the topic's own options to a parser; each sets a field of
            the recipe, all of which are None where they are not given. "" for none.
        report: of what tells of the finished bundle; "" for one line of metrics.
    """

    help: str
    description: str
    preset: str
    commands: str = ""
    options: str = ""
    report: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Content:
    """One kind of thing that a bundle may hold.

    Attributes:
        topic: the bundle's kind.
        name: what its configuration calls "content"; "" where that says nothing.
        recipes: of `Mapping[str, Recipe]`, by preset.
        train: of `train(run: TrainingRun, recipe) -> Bundle`.
        measure: of `measure(bundle, sources: Sources) -> dict`, by metric what is "measured" and
            "recorded".
        explorer: of a class, `Explorer(bundle, where: Path)`; "" where pages read the tables.
        takes_data: whether `measure` takes a third, `data`: the name of another data set than the
            bundle's own, or None.
    """

    topic: str
    name: str
    recipes: str
    train: str
    measure: str
    explorer: str
    takes_data: bool = False


TOPICS = {
    "movies": Topic(
        "rating models on MovieLens",
        "Trains a rating model and writes its bundle.",
        "bias",
        options="core.movies.command:add_options",
        report="core.movies.command:report",
        commands="core.movies.command:register",
    ),
    "words": Topic(
        "word vectors from film reviews, and maps",
        "Trains word vectors on the IMDB reviews without their labels, or draws the maps of "
        "vectors (presets maps-NAME), and writes the bundle.",
        "sgns",
        commands="core.words.command:register",
    ),
    "sentiment": Topic(
        "models of film reviews",
        "Trains a model on the labelled IMDB reviews and writes its bundle.",
        "nbsvm",
        commands="core.sentiment.command:register",
    ),
    "textgen": Topic(
        "nets that write",
        "Trains a net on a text, character by character, and writes its bundle.",
        "nietzsche-small",
        commands="core.textgen.command:register",
    ),
    "batchnorm": Topic(
        "batch norm in pre-trained nets",
        "Operates on a pre-trained net, or trains nets that classify photos of cats and dogs, and "
        "writes the bundle.",
        "best-small",
        options="core.batchnorm.command:add_options",
        commands="core.batchnorm.command:register",
    ),
}
CONTENTS = (
    Content(
        "movies",
        "",
        recipes="core.movies.train.presets:PRESETS",
        train="core.movies.train:train",
        measure="core.movies.train:measure",
        explorer="core.movies.explore:MovieExplorer",
        takes_data=True,
    ),
    Content(
        "words",
        "vectors",
        recipes="core.words.presets:PRESETS",
        train="core.words.train:train",
        measure="core.words.train:measure",
        explorer="core.words.explore:open_vectors",
    ),
    Content(
        "words",
        "maps",
        recipes="core.words.presets:MAPS",
        train="core.words.train.maps:train",
        measure="core.words.train.maps:measure",
        explorer="core.words.explore:MapExplorer",
    ),
    Content(
        "sentiment",
        "",
        recipes="core.sentiment.train.presets:PRESETS",
        train="core.sentiment.train:train",
        measure="core.sentiment.train:measure",
        explorer="core.sentiment.explore:SentimentModel",
    ),
    Content(
        "sentiment",
        "settings",
        recipes="core.sentiment.train.presets:SETTINGS_PRESETS",
        train="core.sentiment.train.settings:train",
        measure="core.sentiment.train.settings:measure",
        explorer="",
    ),
    Content(
        "textgen",
        "",
        recipes="core.textgen.train.presets:PRESETS",
        train="core.textgen.train.bundles:train",
        measure="core.textgen.train.bundles:measure",
        explorer="core.textgen.explore:TextModel",
    ),
    Content(
        "textgen",
        "memory",
        recipes="core.textgen.train.presets:MEMORY_PRESETS",
        train="core.textgen.memory.train:train",
        measure="core.textgen.memory.train:measure",
        explorer="core.textgen.explore.memory:MemoryModel",
    ),
    Content(
        "textgen",
        "unfolded",
        recipes="core.textgen.train.presets:UNFOLDED_PRESETS",
        train="core.textgen.train.unfolded:train",
        measure="core.textgen.train.unfolded:measure",
        explorer="core.textgen.explore.unfolded:UnfoldedModel",
    ),
    Content(
        "batchnorm",
        "surgery",
        recipes="core.batchnorm.presets:SURGERIES",
        train="core.batchnorm.surgery.train:train",
        measure="core.batchnorm.surgery.train:measure",
        explorer="core.batchnorm.explore.surgery:SurgeryModel",
    ),
    Content(
        "batchnorm",
        "sweep",
        recipes="core.batchnorm.presets:SWEEPS",
        train="core.batchnorm.train.sweep:train",
        measure="core.batchnorm.train.sweep:measure",
        explorer="core.batchnorm.explore.sweep:SweepResults",
    ),
    Content(
        "batchnorm",
        "best",
        recipes="core.batchnorm.presets:CLASSIFIERS",
        train="core.batchnorm.train.best:train",
        measure="core.batchnorm.train.best:measure",
        explorer="core.batchnorm.explore.nets:BestNets",
    ),
)


@functools.cache
def named(reference: str) -> Any:
    """Imports "module:name" and returns what it names."""
    module, _, name = reference.partition(":")
    return getattr(importlib.import_module(module), name)


def content_of(bundle: Bundle, where: Path | str) -> Content:
    """Returns the row of a bundle.

    Raises:
        BundleError: there is none; names the bundle's folder, `where`.
    """
    name = str(bundle.config.get("content", ""))
    for content in CONTENTS:
        if (content.topic, content.name) == (bundle.kind, name):
            return content
    raise BundleError(where, [f"its kind {bundle.kind!r} with content {name!r} is unknown"])


def recipes_of(topic: str) -> dict[str, tuple[Content, Recipe]]:
    """Returns the recipes of a topic by preset, each with its content."""
    found: dict[str, tuple[Content, Recipe]] = {}
    for content in CONTENTS:
        if content.topic == topic:
            recipes: Mapping[str, Recipe] = named(content.recipes)
            found |= {preset: (content, recipe) for preset, recipe in recipes.items()}
    return found


def name_now(topic: str, preset: str) -> str:
    """Returns what a preset is called now, for a name that it has or had.

    A topic whose presets had others lists them in its `FORMER_NAMES`: scripts may still use them.
    """
    former = getattr(importlib.import_module(f"core.{topic}"), "FORMER_NAMES", {})
    return former.get(preset, preset)


def find_recipe(topic: str, preset: str) -> tuple[Content, Recipe]:
    """Returns a recipe with its content; raises InputError if there is none of that name."""
    return pick("preset", preset, recipes_of(topic))
