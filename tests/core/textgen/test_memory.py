import numpy as np
import pandas as pd
import pytest

from core.errors import InputError
from core.textgen.explore.memory import by_class
from core.textgen.memory.language_models import READERS, ReaderConfig, fit_readers
from core.textgen.memory.markup import MarkupConfig
from core.textgen.memory.questions import MemoryConfig, ask_for_tags, markup_to_learn
from core.training_run import TrainingRun

CONFIG = MemoryConfig(
    markup=MarkupConfig(max_depth=1, mean_word=2.0, mean_words=1.0),
    readers=ReaderConfig(
        n_context=4,
        width=12,
        n_units=24,
        n_dims=8,
        n_epochs=15,
        learning_rate=0.01,
        n_streams=8,
        n_steps=32,
    ),
    n_train=40_000,
    n_test=400,
)


@pytest.fixture(scope="module")
def learned():
    alphabet, ids = markup_to_learn(CONFIG, seed=0)
    run = TrainingRun()
    return alphabet, fit_readers(CONFIG.readers, ids, run, n_chars=len(alphabet), name="markup")


@pytest.fixture(scope="module")
def closings(learned):
    return ask_for_tags(CONFIG, *learned, seed=0)


def test_every_reader_is_asked_for_the_same_tags(learned, closings):
    alphabet, readers = learned
    assert set(closings["reader"]) == set(READERS)
    counts = closings.groupby("reader").size()
    assert counts.nunique() == 1
    assert counts.iloc[0] > 300
    assert closings["share"].between(0, 1).all()
    assert set(readers.nets) == set(READERS[1:])
    assert all(seconds > 0 for seconds in readers.seconds.values())
    assert "<" in alphabet.chars


def test_who_remembers_closes_what_who_cannot_see_must_guess(closings):
    """Four characters hold `</` and two letters of a word: the counts never see a name."""
    shares = closings.groupby("reader")["is_right"].mean()
    assert shares["lstm"] > 0.9
    assert shares["ngram"] < 0.3
    inside = closings[closings["distance"] < CONFIG.readers.width - 4]
    assert inside.groupby("reader")["is_right"].mean()["window"] > 0.9


def test_probabilities_are_those_before_the_letter(learned, closings):
    alphabet, readers = learned
    right = closings.query("reader == 'lstm' and is_right")
    assert (right["share"] > 1 / len(alphabet)).all()
    text = "<art>k</art>"
    ids = alphabet.encode(text)[None]
    for reader in READERS:
        shares = readers.shares(reader, ids)
        assert shares.shape == (1, len(text) + 1, len(alphabet))
        np.testing.assert_allclose(shares.sum(axis=2), 1, rtol=1e-5)
        shorter = readers.shares(reader, ids[:, :7])
        np.testing.assert_allclose(shares[:, :8], shorter, atol=1e-5)


def test_closings_are_summed_up_by_class():
    closings = pd.DataFrame(
        {
            "reader": ["a", "a", "a", "b"],
            "depth": [1, 2, 2, 1],
            "distance": [3, 8, 200, 3],
            "is_right": [True, False, True, False],
            "share": 0.5,
        }
    )
    depths = by_class(closings, "depth")
    assert depths.to_dict("records") == [
        {"reader": "a", "depth": 1, "n": 1, "share_right": 1.0},
        {"reader": "a", "depth": 2, "n": 2, "share_right": 0.5},
        {"reader": "b", "depth": 1, "n": 1, "share_right": 0.0},
    ]
    assert by_class(closings, "distance")["distance"].tolist() == [0, 8, 128, 0]


def test_impossible_settings_are_refused():
    with pytest.raises(InputError, match="n_units"):
        ReaderConfig(n_units=0)
    with pytest.raises(InputError, match="n_test"):
        MemoryConfig(n_test=0)
