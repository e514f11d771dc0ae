"""The memory experiments, as pages and scripts ask for them: texts in, tables out.

Importing this loads no training library; the first text that is read does.
"""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from core.bundle import ASSETS, Bundle, load_bundle
from core.errors import BundleError, InputError
from core.textgen import KIND, MEMORY, READERS
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
from core.typed_text import tidy

if TYPE_CHECKING:
    from core.textgen.memory.language_models import Readers

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
    "Closing",
    "MemoryModel",
    "Story",
    "by_class",
    "open_memory",
]

DISTANCES = (0, 8, 16, 32, 64, 128)  # characters since the tag was opened: borders of classes
MOST_CHARS = 2_000  # of markup that a visitor may type
_COUNTED = ("keys", "counts", "contexts", "totals", "kinds")
_NEEDED = ("settings", "chars", "letters", "discounts", "seconds")


class Closing(NamedTuple):
    """Who would close which tag.

    Attributes:
        reading: the text as it is read, with the end's beginning put behind it.
        expected: the tag that is open, the last one opened; None where none is.
        distance: characters since it was opened; 0 where none is.
        shares: a row a reader: its name as "reader", the probability of each name of the grammar,
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
            for name in ("closings", "answers", "states")
            if name not in bundle.tables
        ]
        wanted = [
            f"ngrams.{length}.{field}"
            for length in range(len(bundle.config.get("discounts", ())))
            for field in _COUNTED
        ]
        wanted += [f"markup.{reader}.out.kernel" for reader in READERS[1:]]
        wanted += ["stories.lstm.out.kernel"]
        problems += [f"its array {name} is missing" for name in wanted if name not in bundle.arrays]
        self._folder = folder or Path(bundle.name)
        if problems:
            raise BundleError(self._folder, problems)
        self.bundle = bundle
        self.alphabet = Alphabet(tuple(bundle.config["chars"]))
        self.letters = Alphabet(tuple(bundle.config["letters"]))

    @property
    def closings(self) -> pd.DataFrame:
        """A row a closing tag and reader, see `core.textgen.memory.questions.ask_for_tags`."""
        return self.bundle.tables["closings"]

    @property
    def answers(self) -> pd.DataFrame:
        """A row an answer and reader, see `core.textgen.memory.questions.judged`."""
        return self.bundle.tables["answers"]

    @property
    def states(self) -> pd.DataFrame:
        """A row a story, see `core.textgen.memory.questions.states_of`."""
        return self.bundle.tables["states"]

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the experiments were run with, see `core.textgen.memory.train.RecurrenceConfig`."""
        return self.bundle.config["settings"]

    def closing(self, text: str) -> Closing:
        """Asks every reader which tag it would close behind a text.

        Args:
            text: markup, with or without `</` at its end.

        Raises:
            InputError: it is too long.
        """
        if len(text) > MOST_CHARS:
            raise InputError(
                f"text ({len(text):,} characters) should have at most {MOST_CHARS:,}: shorten it"
            )
        body = tidy(text).removesuffix(END)
        reading = self.alphabet.read(body + END)
        stack = open_tags(reading.text.removesuffix(END))
        tag = stack[-1] if stack else None
        distance = len(reading.text) - tag.begins if tag else 0
        first = [self.alphabet.ids[name[0]] for name in NAMES]
        rows = []
        for reader in READERS:
            behind = self.markup.shares(reader, reading.ids[None])[0, -1]
            shares = dict(zip(NAMES, behind[first].tolist(), strict=True))
            rows.append({"reader": reader, **shares, "other": 1 - float(behind[first].sum())})
        return Closing(reading, tag.name if tag else None, distance, pd.DataFrame(rows))

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
    def markup(self) -> "Readers":
        """The readers of markup; their counts are those behind `</` only."""
        levels = []
        for length, discount in enumerate(self.bundle.config["discounts"]):
            arrays = (self.bundle.arrays[f"ngrams.{length}.{field}"] for field in _COUNTED)
            levels.append(Counts(*arrays, discount))
        ngrams = NgramModel(len(self.alphabet), tuple(levels))
        return self._readers("markup", self.settings["memory"]["readers"], ngrams)

    @functools.cached_property
    def _stories(self) -> "Readers":
        ngrams = NgramModel(len(self.letters), ())  # the counts of stories are not kept
        return self._readers("stories", self.settings["stories"], ngrams)

    def _readers(self, kind: str, config: Mapping[str, Any], ngrams: NgramModel) -> "Readers":
        from core.textgen.memory.language_models import NETS, ReaderConfig, Readers

        nets = {}
        for reader in NETS:
            prefix = f"{kind}.{reader}."
            nets[reader] = {
                name.removeprefix(prefix): array
                for name, array in self.bundle.arrays.items()
                if name.startswith(prefix)
            }
        seconds = self.bundle.config["seconds"][kind]
        return Readers(ReaderConfig(**config), ngrams, nets, seconds)


def open_memory(*, assets: Path = ASSETS) -> MemoryModel:
    """Opens the bundle of the memory experiments.

    Args:
        assets: the folder with the bundles.

    Raises:
        BundleNotFound: it is not in the assets.
        BundleError: its bundle is damaged, foreign or newer than this code.
    """
    folder = assets / f"textgen-{MEMORY}"
    command = f"python -m core train textgen --preset {MEMORY} --out {folder}"
    return MemoryModel(load_bundle(folder, kind=KIND, command=command), folder)


def by_class(closings: pd.DataFrame, by: str) -> pd.DataFrame:
    """Sums closings up.

    Args:
        closings: see `core.textgen.memory.questions.ask_for_tags`.
        by: "depth", or "distance", in classes that begin at `DISTANCES`.

    Returns:
        A row a reader and class: "reader", `by`, "n", "share_right".
    """
    values = closings[by]
    if by == "distance":
        values = np.array(DISTANCES)[np.searchsorted(DISTANCES, values, side="right") - 1]
    grouped = closings.assign(**{by: values}).groupby(["reader", by], sort=False)["is_right"]
    return grouped.agg(n="size", share_right="mean").reset_index()
