import numpy as np
import pandas as pd
import pytest

from core.errors import InputError
from core.textgen.explore.memory import by_class
from core.textgen.memory.language_models import (
    LANGUAGE_MODELS,
    LanguageModelConfig,
    fit_language_models,
)
from core.textgen.memory.markup import MarkupConfig
from core.textgen.memory.questions import MemoryConfig, ask_for_tags, markup_to_learn
from core.training_run import TrainingRun

CONFIG = MemoryConfig(
    markup=MarkupConfig(max_depth=1, mean_word=2.0, mean_words=1.0),
    language_models=LanguageModelConfig(
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
    return alphabet, fit_language_models(
        CONFIG.language_models, ids, run, n_chars=len(alphabet), name="markup"
    )


@pytest.fixture(scope="module")
def closing_tags(learned):
    return ask_for_tags(CONFIG, *learned, seed=0)


def test_every_model_is_asked_for_the_same_tags(learned, closing_tags):
    alphabet, models = learned
    assert set(closing_tags["model"]) == set(LANGUAGE_MODELS)
    counts = closing_tags.groupby("model").size()
    assert counts.nunique() == 1
    assert counts.iloc[0] > 300
    assert closing_tags["share"].between(0, 1).all()
    assert set(models.nets) == set(LANGUAGE_MODELS[1:])
    assert all(seconds > 0 for seconds in models.seconds.values())
    assert "<" in alphabet.chars


def test_who_remembers_closes_what_who_cannot_see_must_guess(closing_tags):
    """Four characters hold `</` and two letters of a word: the counts never see a name."""
    shares = closing_tags.groupby("model")["is_right"].mean()
    assert shares["lstm"] > 0.9
    assert shares["ngram"] < 0.3
    inside = closing_tags[closing_tags["distance"] < CONFIG.language_models.width - 4]
    assert inside.groupby("model")["is_right"].mean()["window"] > 0.9


def test_probabilities_are_those_before_the_letter(learned, closing_tags):
    alphabet, models = learned
    right = closing_tags.query("model == 'lstm' and is_right")
    assert (right["share"] > 1 / len(alphabet)).all()
    text = "<art>k</art>"
    ids = alphabet.encode(text)[None]
    for model_name in LANGUAGE_MODELS:
        shares = models.shares(model_name, ids)
        assert shares.shape == (1, len(text) + 1, len(alphabet))
        np.testing.assert_allclose(shares.sum(axis=2), 1, rtol=1e-5)
        shorter = models.shares(model_name, ids[:, :7])
        np.testing.assert_allclose(shares[:, :8], shorter, atol=1e-5)


def test_closings_are_summed_up_by_class():
    closing_tags = pd.DataFrame(
        {
            "model": ["a", "a", "a", "b"],
            "depth": [1, 2, 2, 1],
            "distance": [3, 8, 200, 3],
            "is_right": [True, False, True, False],
            "share": 0.5,
        }
    )
    depths = by_class(closing_tags, "depth")
    assert depths.to_dict("records") == [
        {"model": "a", "depth": 1, "n": 1, "accuracy": 1.0},
        {"model": "a", "depth": 2, "n": 2, "accuracy": 0.5},
        {"model": "b", "depth": 1, "n": 1, "accuracy": 0.0},
    ]
    assert by_class(closing_tags, "distance")["distance"].tolist() == [0, 8, 128, 0]


def test_impossible_settings_are_refused():
    with pytest.raises(InputError, match="n_units"):
        LanguageModelConfig(n_units=0)
    with pytest.raises(InputError, match="n_test"):
        MemoryConfig(n_test=0)
