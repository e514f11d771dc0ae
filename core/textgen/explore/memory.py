"""The memory experiments, as pages and scripts ask for them: texts in, tables out.

Importing this loads no training library; the first text that is read does.
"""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from core.bundle import Bundle
from core.errors import BundleError, InputError
from core.textgen import LANGUAGE_MODELS
from core.textgen.data import Alphabet, Reading
from core.textgen.memory.markup import END, NAMES, open_tags
from core.textgen.memory.stories import (
    ASIDES,
    ORDERS,
    PLACE_FIRST,
    PLACES,
    TIME_FIRST,
    WHEN,
    WHERE,
    YEARS,
    Story,
    is_unseen,
)
from core.textgen.ngram import Counts, NgramModel

if TYPE_CHECKING:
    from core.textgen.memory.language_models import LanguageModels

__all__ = [
    "ASIDES",
    "DISTANCES",
    "END",
    "MOST_CHARS",
    "NAMES",
    "ORDERS",
    "PLACES",
    "PLACE_FIRST",
    "TIME_FIRST",
    "WHEN",
    "WHERE",
    "YEARS",
    "ClosingTagPrediction",
    "MemoryModel",
    "Story",
    "by_class",
]

DISTANCES = (0, 8, 16, 32, 64, 128)  # characters since the tag was opened: borders of classes
MOST_CHARS = 2_000  # of markup that a visitor may type
_COUNTED = ("keys", "counts", "contexts", "totals", "kinds")
_NEEDED = ("settings", "chars", "letters", "discounts", "seconds")


class ClosingTagPrediction(NamedTuple):
    """Who would close which tag.

    Attributes:
        reading: the text as it is read, with the end's beginning put behind it.
        expected: the tag that is open, the last one opened; None where none is.
        distance: characters since it was opened; 0 where none is.
        shares: a row a model: its name as "model", the probability of each name of the grammar,
            and "other" for the rest.
    """

    reading: Reading
    expected: str | None
    distance: int
    shares: pd.DataFrame


class MemoryModel:
    """The bundle of the memory experiments.

    Args:
        bundle: as loaded.
        folder: where it came from, for messages.

    Raises:
        BundleError: it lacks something.
    """

    def __init__(self, bundle: Bundle, folder: Path | None = None) -> None:
        problems = [
            f"{name} is missing from its config" for name in _NEEDED if name not in bundle.config
        ]
        problems += [
            f"its table {name} is missing"
            for name in ("closing_tags", "answers", "states")
            if name not in bundle.tables
        ]
        wanted = [
            f"ngrams.{length}.{field}"
            for length in range(len(bundle.config.get("discounts", ())))
            for field in _COUNTED
        ]
        wanted += [f"markup.{model_name}.out.kernel" for model_name in LANGUAGE_MODELS[1:]]
        wanted += ["stories.lstm.out.kernel"]
        problems += [f"its array {name} is missing" for name in wanted if name not in bundle.arrays]
        self._folder = folder or Path(bundle.name)
        if problems:
            raise BundleError(self._folder, problems)
        self.bundle = bundle
        self.alphabet = Alphabet(tuple(bundle.config["chars"]))
        self.letters = Alphabet(tuple(bundle.config["letters"]))

    @property
    def closing_tags(self) -> pd.DataFrame:
        """A row a closing tag and model, see `core.textgen.memory.questions.ask_for_tags`."""
        return self.bundle.tables["closing_tags"]

    @property
    def answers(self) -> pd.DataFrame:
        """A row an answer and model, see `core.textgen.memory.questions.judged`."""
        return self.bundle.tables["answers"]

    @property
    def states(self) -> pd.DataFrame:
        """A row a story, see `core.textgen.memory.questions.states_of`."""
        return self.bundle.tables["states"]

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the experiments were run with, see `core.textgen.memory.train.RecurrenceConfig`."""
        return self.bundle.config["settings"]

    def predict_closing_tag(self, text: str) -> ClosingTagPrediction:
        """Asks every model which tag it would close behind a text.

        Args:
            text: markup, with or without `</` at its end.

        Raises:
            InputError: it is too long.
        """
        if len(text) > MOST_CHARS:
            raise InputError(
                f"text ({len(text):,} characters) should have at most {MOST_CHARS:,}: shorten it"
            )
        reading = self.alphabet.read(text)
        if not reading.text.endswith(END):
            reading = self.alphabet.read(text + END)
        stack = open_tags(reading.text.removesuffix(END))
        tag = stack[-1] if stack else None
        distance = len(reading.text) - tag.begins if tag else 0
        first = [self.alphabet.ids[name[0]] for name in NAMES]
        rows = []
        for model_name in LANGUAGE_MODELS:
            behind = self.markup.shares(model_name, reading.ids[None])[0, -1]
            shares = dict(zip(NAMES, behind[first].tolist(), strict=True))
            rows.append({"model": model_name, **shares, "other": 1 - float(behind[first].sum())})
        return ClosingTagPrediction(
            reading, tag.name if tag else None, distance, pd.DataFrame(rows)
        )

    def answer(self, story: Story) -> pd.DataFrame:
        """Lets the LSTM read a story and its question, and answer.

        Args:
            story: of the grammar's words.

        Returns:
            A row a character of the right answer: "char", "share" (its probability), "likeliest".
        """
        ids = self.letters.encode(story.asked + story.answer)
        expected = self._stories.shares("lstm", ids[None])[0]
        n_answer = len(story.answer)
        at = expected[len(ids) - n_answer : len(ids)]
        return pd.DataFrame(
            {
                "char": list(story.answer),
                "share": at[np.arange(n_answer), ids[-n_answer:]],
                "likeliest": [self.letters.chars[best] for best in at.argmax(axis=1)],
            }
        )

    def is_unseen(self, story: Story) -> bool:
        """Tells whether the story's pair of place and year was never learned from."""
        return is_unseen(story.place, story.year)

    @functools.cached_property
    def markup(self) -> "LanguageModels":
        """The models of markup; their counts are those behind `</` only."""
        levels = []
        for length, discount in enumerate(self.bundle.config["discounts"]):
            arrays = {field: self.bundle.arrays[f"ngrams.{length}.{field}"] for field in _COUNTED}
            levels.append(Counts(**arrays, discount=discount))
        ngrams = NgramModel(len(self.alphabet), tuple(levels))
        return self._language_models("markup", self.settings["memory"]["language_models"], ngrams)

    @functools.cached_property
    def _stories(self) -> "LanguageModels":
        ngrams = NgramModel(len(self.letters), ())  # the counts of stories are not kept
        return self._language_models("stories", self.settings["stories"], ngrams)

    def _language_models(
        self, kind: str, config: Mapping[str, Any], ngrams: NgramModel
    ) -> "LanguageModels":
        from core.textgen.memory.language_models import NETS, LanguageModelConfig, LanguageModels

        nets = {}
        for model_name in NETS:
            prefix = f"{kind}.{model_name}."
            nets[model_name] = {
                name.removeprefix(prefix): array
                for name, array in self.bundle.arrays.items()
                if name.startswith(prefix)
            }
        seconds = self.bundle.config["seconds"][kind]
        return LanguageModels(LanguageModelConfig(**config), ngrams, nets, seconds)


def by_class(closing_tags: pd.DataFrame, by: str) -> pd.DataFrame:
    """Sums closing tags up.

    Args:
        closing_tags: see `core.textgen.memory.questions.ask_for_tags`.
        by: "depth", or "distance", in classes that begin at `DISTANCES`.

    Returns:
        A row a model and class: "model", `by`, "n", "accuracy".
    """
    values = closing_tags[by]
    if by == "distance":
        values = np.array(DISTANCES)[np.searchsorted(DISTANCES, values, side="right") - 1]
    grouped = closing_tags.assign(**{by: values}).groupby(["model", by], sort=False)["is_right"]
    return grouped.agg(n="size", accuracy="mean").reset_index()
