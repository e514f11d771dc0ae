"""Why recurrence, as a bundle: who closes the right tag, and who keeps two facts in any order."""

import dataclasses
import json
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import pandas as pd

from core.bundle import Bundle
from core.datasets.store import Sources
from core.devices import describe_devices
from core.errors import InputError
from core.textgen import KIND, LANGUAGE_MODELS, LSTM, MEMORY
from core.textgen.data import Alphabet
from core.textgen.explore.memory import MemoryModel
from core.textgen.memory.language_models import (
    LanguageModelConfig,
    LanguageModels,
    fit_language_models,
)
from core.textgen.memory.markup import END, MarkupConfig
from core.textgen.memory.questions import (
    MemoryConfig,
    ask_for_tags,
    ask_stories,
    markup_to_learn,
    states_of,
)
from core.textgen.memory.stories import stories_to_learn
from core.training_run import TrainingRun

DATASET = {
    "name": "markup-and-stories",
    "title": "Generated markup and stories",
    "version": "1",
    "licence": "made by this project's own grammars",
    "citation": "None: the grammars stand in `core/textgen/memory`.",
}
PROTOCOL_TAGS = (
    "share of closing tags whose first letter was held likeliest, in {:,} characters of markup "
    "drawn with other seeds than the text that was learned from"
)
PROTOCOL_ORDER = (
    "share of answers with each character held likeliest, over stories whose pair of place and "
    "year was never learned from"
)


@dataclasses.dataclass(frozen=True, slots=True)
class RecurrenceConfig:
    """Settings of both experiments."""

    memory: MemoryConfig = MemoryConfig()
    stories: LanguageModelConfig = LanguageModelConfig(n_epochs=45)
    n_stories: int = 600_000  # characters of stories to learn from

    def __post_init__(self) -> None:
        """Checks the bounds."""
        if self.n_stories < 1:
            raise InputError(f"n_stories ({self.n_stories}) should be at least 1")


@dataclasses.dataclass(frozen=True, slots=True)
class RecurrencePreset:
    """The recipe of the experiments on who remembers what.

    Attributes:
        title: in words.
        config: sizes.
        uses: see `core.contents.Recipe`.
    """

    title: str
    config: RecurrenceConfig
    uses: ClassVar[frozenset[str]] = frozenset({"seed", "epochs", "devices", "resume"})


def train(run: TrainingRun, preset: RecurrencePreset) -> Bundle:
    """Runs both experiments and gathers what the explorer needs.

    Args:
        run: how; its number of epochs, if it has one, is that of every net.
        preset: the recipe.

    Returns:
        The bundle, not yet saved.

    Raises:
        InputError: an option is out of bounds.
    """
    config, sides = preset.config, []
    for name, sizes, (alphabet, ids) in (
        ("markup", config.memory.language_models, markup_to_learn(config.memory, seed=run.seed)),
        ("stories", config.stories, stories_to_learn(config.n_stories, seed=run.seed)),
    ):
        models = fit_language_models(sizes, ids, run, n_chars=len(alphabet), name=name)
        sides.append((alphabet, models))
    return gather_recurrence(config, *sides, seed=run.seed, command=run.command)


def gather_recurrence(
    config: RecurrenceConfig,
    markup: tuple[Alphabet, LanguageModels],
    stories: tuple[Alphabet, LanguageModels],
    *,
    seed: int,
    command: str = "",
) -> Bundle:
    """Asks every model and puts what it says into a bundle.

    Args:
        config: settings.
        markup: characters of the markup, and who has read it.
        stories: the same of stories.
        seed: of texts and nets.
        command: the command line, for the card.

    Returns:
        The bundle, not yet saved.
    """
    (alphabet, models), (letters, story_models) = markup, stories
    closing_tags = ask_for_tags(config.memory, alphabet, models, seed=seed)
    answers = ask_stories(letters, story_models)
    counted = models.ngrams.only_behind(alphabet.encode(END))
    arrays = dict(_stored(models, LANGUAGE_MODELS[1:], "markup"))
    arrays |= dict(_stored(story_models, (LSTM,), "stories"))
    for length, level in enumerate(counted.levels):
        for field in ("keys", "counts", "contexts", "totals", "kinds"):
            arrays[f"ngrams.{length}.{field}"] = getattr(level, field)
    seconds = {
        kind: {name: round(value, 1) for name, value in side.seconds.items()}
        for kind, side in (("markup", models), ("stories", story_models))
    }
    settings = {
        "content": MEMORY,
        "title": "Why recurrence?",
        "settings": dataclasses.asdict(config),
        "chars": list(alphabet.chars),
        "letters": list(letters.chars),
        "discounts": [level.discount for level in counted.levels],
        "seconds": seconds,
    }
    bundle = Bundle(
        kind=KIND,
        name=f"textgen-{MEMORY}",
        config=json.loads(json.dumps(settings)),
        seeds={"texts and nets": seed},
        metrics=_metrics(config, closing_tags, answers),
        dataset=DATASET,
        arrays=arrays,
        tables={
            "closing_tags": closing_tags.astype({"depth": np.int16, "distance": np.int32}),
            "answers": answers,
            "states": states_of(letters, story_models),
        },
        device=describe_devices(),
        duration_s=sum(sum(side.values()) for side in seconds.values()),
        command=command,
    )
    return dataclasses.replace(bundle, card=_card(bundle))


def measure(bundle: Bundle, sources: Sources) -> dict[str, dict[str, float]]:
    """Asks for the tags again, with the weights as stored and the counts behind `</`.

    Args:
        bundle: of these experiments.
        sources: not used, for the markup is drawn.

    Returns:
        Metrics with "measured" and "recorded".

    Raises:
        BundleError: the bundle is damaged.
    """
    model = MemoryModel(bundle)
    settings = bundle.config["settings"]["memory"]
    config = MemoryConfig(
        MarkupConfig(**settings["markup"]),
        LanguageModelConfig(**settings["language_models"]),
        settings["n_train"],
        settings["n_test"],
    )
    seed = next(iter(bundle.seeds.values()))
    closing_tags = ask_for_tags(config, model.alphabet, model.markup, seed=seed)
    return {
        f"{model_name}_tags": {
            "measured": float(share),
            "recorded": bundle.metrics[f"{model_name}_tags"]["value"],
        }
        for model_name, share in closing_tags.groupby("model")["is_right"].mean().items()
    }


def _stored(
    models: LanguageModels, names: tuple[str, ...], kind: str
) -> Iterator[tuple[str, np.ndarray]]:
    for model_name in names:
        for name, array in models.nets[model_name].items():
            yield f"{kind}.{model_name}.{name}", array.astype(np.float16)


def _metrics(config: RecurrenceConfig, closing_tags: pd.DataFrame, answers: pd.DataFrame) -> dict:
    n_read = config.memory.n_test * closing_tags.attrs["n_tests"]
    metrics = {}
    for model_name, share in closing_tags.groupby("model")["is_right"].mean().items():
        metrics[f"{model_name}_tags"] = {
            "value": float(share),
            "unit": "share",
            "protocol": PROTOCOL_TAGS.format(n_read),
        }
    unseen = answers[answers["is_unseen"]]
    for model_name, share in unseen.groupby("model")["is_right"].mean().items():
        metrics[f"{model_name}_answers"] = {
            "value": float(share),
            "unit": "share",
            "protocol": PROTOCOL_ORDER,
        }
    first = f"{LSTM}_tags"
    return {first: metrics.pop(first)} | metrics


def _card(bundle: Bundle) -> str:
    rows = "\n".join(
        f"| {name} | {metric['value']:.4f} | {metric['protocol']} |"
        for name, metric in bundle.metrics.items()
    )
    return f"""# {bundle.name}

Counting (n-grams), a window of fixed width, a plain recurrent net and an LSTM, on two texts drawn
by grammars of this project: markup whose tags must be closed rightly, and stories in two word
orders with a question behind them.

Made by `{bundle.command}` on {bundle.device} in {bundle.duration_s:.0f} s of training.
`python -m core evaluate assets/{bundle.name}` asks for the tags again.

## Figures
| metric | value | protocol |
|---|---|---|
{rows}

## What is inside
Weights in half precision; of the counts those behind `</` only; every closing tag with its depth,
its distance, and what each model said; every answer; the LSTM's states after each story on two
principal components.

## Use and limits
For teaching what a state is for. One training of each model; a wider window, or longer training,
moves the border and does not remove it.

## Data
{bundle.dataset["citation"]}
"""
