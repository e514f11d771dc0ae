"""Who closes the right tag: each reader is asked for the first letter of the name to close.

All read the same markup (`core.textgen.markup`). Only those know the letter who remember the open
tag, however long ago it was.

Reference:
    S. Hochreiter and J. Schmidhuber (1997). Long Short-Term Memory.
        https://doi.org/10.1162/neco.1997.9.8.1735
"""

import dataclasses

import numpy as np
import pandas as pd

from core.errors import InputError
from core.textgen.data import Alphabet
from core.textgen.markup import MarkupConfig, draw_markup
from core.textgen.readers import READERS, ReaderConfig, Readers

_N_TESTS = 32  # markups that are read side by side


@dataclasses.dataclass(frozen=True, slots=True)
class MemoryConfig:
    """Settings of the experiment."""

    markup: MarkupConfig = MarkupConfig()
    readers: ReaderConfig = ReaderConfig()
    n_train: int = 1_000_000  # characters to learn from
    n_test: int = 8_000  # of each markup that is measured on

    def __post_init__(self) -> None:
        """Checks the bounds."""
        for name in ("n_train", "n_test"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} ({getattr(self, name)}) should be at least 1")


def markup_to_learn(config: MemoryConfig, *, seed: int) -> tuple[Alphabet, np.ndarray]:
    """Draws what readers learn from: its characters, and the text as ids i32[N]."""
    text = draw_markup(config.markup, config.n_train, seed=seed).text
    alphabet = Alphabet(tuple(sorted(set(text))))
    return alphabet, alphabet.encode(text)


def ask_for_tags(
    config: MemoryConfig, alphabet: Alphabet, readers: Readers, *, seed: int
) -> pd.DataFrame:
    """Asks every reader for each closing tag of markup that it has not seen.

    Args:
        config: settings.
        alphabet: of the markup.
        readers: that learned from it.
        seed: what they learned from was drawn with; the tests are drawn with those after it.

    Returns:
        A row a closing tag and reader: "reader", "depth", "distance", "is_right" (the likeliest
        letter is the right one), "share" (the probability of that).
    """
    tests = [
        draw_markup(config.markup, config.n_test, seed=seed + 1 + number)
        for number in range(_N_TESTS)
    ]
    ids = np.stack([alphabet.encode(test.text[: config.n_test]) for test in tests])
    numbers = np.repeat(np.arange(_N_TESTS), [len(test.closes) for test in tests])
    places, depths, distances = (
        np.concatenate([getattr(test, name) for test in tests])
        for name in ("closes", "depths", "distances")
    )
    is_read = places < config.n_test
    numbers, places = numbers[is_read], places[is_read]
    right = ids[numbers, places]
    tables = []
    for reader in READERS:
        shares = readers.shares(reader, ids)[numbers, places]
        table = {
            "reader": reader,
            "depth": depths[is_read],
            "distance": distances[is_read],
            "is_right": shares.argmax(axis=1) == right,
            "share": shares[np.arange(len(right)), right],
        }
        tables.append(pd.DataFrame(table))
    found = pd.concat(tables, ignore_index=True)
    found.attrs["n_tests"] = _N_TESTS
    return found
