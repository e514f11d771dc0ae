"""What every model is asked: which tag to close, and where or when a story took place.

All read the same texts. Only those know the first letter of a name to close who remember the open
tag, however long ago it was; only those answer rightly who kept place and year apart.

Reference:
    S. Hochreiter and J. Schmidhuber (1997). Long Short-Term Memory.
        https://doi.org/10.1162/neco.1997.9.8.1735
"""

import dataclasses
from collections.abc import Iterable

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

from core.errors import InputError
from core.textgen import LANGUAGE_MODELS, LSTM
from core.textgen.data import Alphabet
from core.textgen.memory.language_models import LanguageModelConfig, LanguageModels
from core.textgen.memory.markup import MarkupConfig, draw_markup
from core.textgen.memory.stories import ASIDES, WHERE, Story, all_stories, is_unseen

_N_TESTS = 32  # markups that are read side by side


@dataclasses.dataclass(frozen=True, slots=True)
class MemoryConfig:
    """Settings of the experiment."""

    markup: MarkupConfig = MarkupConfig()
    language_models: LanguageModelConfig = LanguageModelConfig()
    n_train: int = 1_000_000  # characters to learn from
    n_test: int = 8_000  # of each markup that is measured on

    def __post_init__(self) -> None:
        """Checks the bounds."""
        for name in ("n_train", "n_test"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} ({getattr(self, name)}) should be at least 1")


def markup_to_learn(config: MemoryConfig, *, seed: int) -> tuple[Alphabet, np.ndarray]:
    """Draws what models learn from: its characters, and the text as ids i32[N]."""
    text = draw_markup(config.markup, config.n_train, seed=seed).text
    alphabet = Alphabet(tuple(sorted(set(text))))
    return alphabet, alphabet.encode(text)


def ask_for_tags(
    config: MemoryConfig, alphabet: Alphabet, models: LanguageModels, *, seed: int
) -> pd.DataFrame:
    """Asks every model for each closing tag of markup that it has not seen.

    Args:
        config: settings.
        alphabet: of the markup.
        models: that learned from it.
        seed: what they learned from was drawn with; the tests are drawn with those after it.

    Returns:
        A row a closing tag and model: "model", "depth", "distance", "is_right" (the likeliest
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
    for model_name in LANGUAGE_MODELS:
        shares = models.shares(model_name, ids)[numbers, places]
        table = {
            "model": model_name,
            "depth": depths[is_read],
            "distance": distances[is_read],
            "is_right": shares.argmax(axis=1) == right,
            "share": shares[np.arange(len(right)), right],
        }
        tables.append(pd.DataFrame(table))
    found = pd.concat(tables, ignore_index=True)
    found.attrs["n_tests"] = _N_TESTS
    return found


def ask_stories(letters: Alphabet, story_models: LanguageModels) -> pd.DataFrame:
    """Asks every model every story, bare and with an aside; see `judged`."""
    tables = []
    for asides in ((), ASIDES[:1], ASIDES[1:]):
        stories = all_stories(asides)
        ids = laid_out(letters, [story.asked + story.answer for story in stories])
        for model_name in LANGUAGE_MODELS:
            table = judged(stories, letters, story_models.shares(model_name, ids))
            tables.append(table.assign(model=model_name))
    return pd.concat(tables, ignore_index=True)


def states_of(letters: Alphabet, story_models: LanguageModels) -> pd.DataFrame:
    """The LSTM's state after each story, without its question, on two principal components.

    Args:
        letters: of stories.
        story_models: that learned from stories.

    Returns:
        A row a story of the first verb: "place", "year", "order", "x", "y", and "is_next", whether
        the nearest state among those of the other order has the same place and year.
    """
    stories = [story for story in all_stories() if story.question == WHERE and story.is_plain]
    states = np.stack(
        [story_models.state(LSTM, letters.encode(story.statement)) for story in stories]
    )
    points = PCA(2, svd_solver="full").fit_transform(states)
    orders = np.array([story.order for story in stories])
    meanings = np.array([f"{story.place} {story.year}" for story in stories])
    distances = ((states[:, None] - states[None]) ** 2).sum(axis=2)
    distances[orders[:, None] == orders[None]] = np.inf
    return pd.DataFrame(
        {
            "place": [story.place for story in stories],
            "year": [story.year for story in stories],
            "order": orders,
            "x": points[:, 0],
            "y": points[:, 1],
            "is_next": meanings[distances.argmin(axis=1)] == meanings,
        }
    )


def judged(stories: list[Story], alphabet: Alphabet, shares: np.ndarray) -> pd.DataFrame:
    """Tells which answers a model would have given.

    Args:
        stories: B of them.
        alphabet: theirs.
        shares: f32[B, T + 1, V], what was expected at each place of their question and answer.

    Returns:
        A row a story: "order", "question", "is_unseen" (the pair was never learned from),
        "n_asides", "is_right" (each character of the answer was the likeliest), "share" (the
        probability of the whole answer).
    """
    rows = []
    for story, expected in zip(stories, shares, strict=True):
        ids = alphabet.encode(story.answer)
        at = expected[len(story.asked) : len(story.asked) + len(ids)]
        rows.append(
            {
                "order": story.order,
                "question": story.question,
                "is_unseen": is_unseen(story.place, story.year),
                "n_asides": len(story.asides),
                "is_right": bool((at.argmax(axis=1) == ids).all()),
                "share": float(at[np.arange(len(ids)), ids].prod()),
            }
        )
    return pd.DataFrame(rows)


def laid_out(alphabet: Alphabet, texts: Iterable[str]) -> np.ndarray:
    """Lays texts side by side: i32[B, T], the shorter ones filled up at their end."""
    rows = [alphabet.encode(text) for text in texts]
    longest = max(map(len, rows))
    return np.stack([np.pad(row, (0, longest - len(row))) for row in rows])
