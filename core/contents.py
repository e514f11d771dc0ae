"""What bundles hold: for each topic and content, how it is made, measured and explored.

Modules are named here and imported when they are used: recipes are listed, and a page opens a
bundle, without a library that trains.
"""

import dataclasses
import functools
import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

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


@dataclasses.dataclass(frozen=True, slots=True)
class Content:
    """One kind of thing that a bundle may hold.

    Attributes:
        topic: the bundle's kind.
        name: what its configuration calls "content"; "" where that says nothing.
        recipes: of `Mapping[str, Recipe]`, by preset.
        train: of `train(run: TrainingRun, recipe) -> Bundle`.
        measure: of `measure(bundle, sources: Sources, data: str | None) -> dict`, by metric what is
            "measured" and "recorded".
        explorer: of a class, `Explorer(bundle, where: Path)`; "" where pages read the tables.
        takes_data: whether `measure` can do so on another data set than the bundle's own.
    """

    topic: str
    name: str
    recipes: str
    train: str
    measure: str
    explorer: str
    takes_data: bool = False


CONTENTS = (
    Content(
        "movies",
        "",
        recipes="core.movies.presets:PRESETS",
        train="core.movies.bundles:train",
        measure="core.movies.bundles:evaluate",
        explorer="core.movies.explorer:MovieExplorer",
        takes_data=True,
    ),
    Content(
        "words",
        "vectors",
        recipes="core.words.presets:PRESETS",
        train="core.words.bundles:train",
        measure="core.words.bundles:measure",
        explorer="core.words.explorer:open_vectors",
    ),
    Content(
        "words",
        "maps",
        recipes="core.words.presets:MAPS",
        train="core.words.maps:train",
        measure="core.words.maps:measure",
        explorer="core.words.explorer:MapExplorer",
    ),
    Content(
        "sentiment",
        "",
        recipes="core.sentiment.presets:PRESETS",
        train="core.sentiment.bundles:train",
        measure="core.sentiment.bundles:measure",
        explorer="core.sentiment.explorer:SentimentModel",
    ),
    Content(
        "sentiment",
        "settings",
        recipes="core.sentiment.presets:SETTINGS_PRESETS",
        train="core.sentiment.settings:train",
        measure="core.sentiment.settings:measure",
        explorer="",
    ),
    Content(
        "textgen",
        "",
        recipes="core.textgen.presets:PRESETS",
        train="core.textgen.bundles:train",
        measure="core.textgen.bundles:measure",
        explorer="core.textgen.explorer:TextModel",
    ),
    Content(
        "textgen",
        "memory",
        recipes="core.textgen.presets:MEMORY_PRESETS",
        train="core.textgen.recurrence:train",
        measure="core.textgen.recurrence:measure",
        explorer="core.textgen.memory_explorer:MemoryModel",
    ),
    Content(
        "textgen",
        "unfolded",
        recipes="core.textgen.presets:UNFOLDED_PRESETS",
        train="core.textgen.unfolded_training:train",
        measure="core.textgen.unfolded_training:measure",
        explorer="core.textgen.unfolded_explorer:UnfoldedModel",
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


def find_recipe(topic: str, preset: str) -> tuple[Content, Recipe]:
    """Returns a recipe with its content; raises InputError if there is none of that name."""
    return pick("preset", preset, recipes_of(topic))
