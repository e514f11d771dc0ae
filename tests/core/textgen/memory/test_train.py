import dataclasses

import numpy as np
import pandas as pd
import pytest

from core.bundle import load_bundle, save_bundle
from core.datasets.store import Sources
from core.errors import BundleError, InputError
from core.textgen.explore.memory import MOST_CHARS, MemoryModel, by_class
from core.textgen.memory.language_models import LANGUAGE_MODELS, LanguageModelConfig
from core.textgen.memory.markup import END, NAMES, MarkupConfig
from core.textgen.memory.questions import MemoryConfig
from core.textgen.memory.stories import (
    ORDERS,
    PLACE_FIRST,
    PLACES,
    TIME_FIRST,
    WHEN,
    WHERE,
    YEARS,
    Story,
    all_stories,
    draw_stories,
    is_unseen,
)
from core.textgen.memory.train import (
    RecurrenceConfig,
    RecurrencePreset,
    gather_recurrence,
    measure,
    train,
)
from core.training_run import TrainingRun
from tests.core.runs import compiled_in_haste

SIZES = LanguageModelConfig(
    n_context=4,
    width=12,
    n_units=24,
    n_dims=8,
    n_epochs=15,
    learning_rate=0.01,
    n_streams=8,
    n_steps=32,
)
CONFIG = RecurrenceConfig(
    MemoryConfig(MarkupConfig(1, 2.0, 1.0), SIZES, n_train=40_000, n_test=400),
    dataclasses.replace(SIZES, n_epochs=4, n_steps=64),
    n_stories=40_000,
)


@pytest.fixture(scope="module")
def trained():
    """The experiments in small: who learned from markup, with its characters, and the bundle."""
    sides = []

    def gather(config, *given, **options):
        sides.extend(given)
        return gather_recurrence(config, *given, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.textgen.memory.train.gather_recurrence", gather)
        with compiled_in_haste():
            bundle = train(TrainingRun(), RecurrencePreset("Tiny", CONFIG))
    return sides[0], bundle


@pytest.fixture(scope="module")
def learned(trained):
    return trained[0]


@pytest.fixture(scope="module")
def model(trained, tmp_path_factory):
    """The bundle, saved and opened as a page opens it."""
    folder = tmp_path_factory.mktemp("assets")
    save_bundle(trained[1], folder / "textgen-memory")
    return MemoryModel(load_bundle(folder / "textgen-memory", kind="textgen"))


@pytest.fixture(scope="module")
def closing_tags(model):
    return model.closing_tags


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
    inside = closing_tags[closing_tags["distance"] < CONFIG.memory.language_models.width - 4]
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


def test_stories_tell_both_facts_in_either_order():
    story = Story("nepal", "2009", TIME_FIRST, "flew", ("it rained a lot.",), WHEN)
    assert story.asked == "in 2009 i flew to nepal. it rained a lot. when? "
    assert story.answer == "2009"
    other = dataclasses.replace(story, order=PLACE_FIRST, asides=(), question=WHERE)
    assert other.asked + other.answer == "i flew to nepal in 2009. where? nepal"
    with pytest.raises(InputError, match="order"):
        Story("nepal", "2009", "backwards")


def test_one_pair_in_four_is_never_learned_from():
    text = draw_stories(200_000, seed=0)
    assert draw_stories(2_000, seed=0) == text[: len(draw_stories(2_000, seed=0))]
    unseen = [(place, year) for place in PLACES for year in YEARS if is_unseen(place, year)]
    assert len(unseen) == len(PLACES) * len(YEARS) / 4
    lines = text.splitlines()
    for place in PLACES:
        for year in YEARS:
            is_told = any(place in line and year in line for line in lines)
            assert is_told != is_unseen(place, year)


def test_every_model_answers_every_story(model):
    answers = model.answers
    assert set(answers["model"]) == set(LANGUAGE_MODELS)
    assert len(answers) == len(LANGUAGE_MODELS) * 3 * len(all_stories())
    shares = answers[answers["n_asides"] > 0].groupby("model")["is_right"].mean()
    assert shares["ngram"] == 1 / len(PLACES)  # neither fact is within four characters
    assert shares["window"] == 1 / len(PLACES)
    assert set(model.states["order"]) == set(ORDERS)
    assert len(model.states) == len(PLACES) * len(YEARS) * len(ORDERS)


def test_live_questions_agree_with_the_grammar(model):
    closing = model.predict_closing_tag("<box>kl")
    assert closing.expected == "box"
    assert closing.distance == len("kl</")
    assert closing.reading.text == "<box>kl</"
    shares = closing.shares.set_index("model")
    assert list(shares.index) == list(LANGUAGE_MODELS)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    assert shares.loc["lstm", list(NAMES)].astype(float).idxmax() == "box"
    again = model.predict_closing_tag("<box>kl" + END)
    np.testing.assert_allclose(
        again.shares.drop(columns="model"), closing.shares.drop(columns="model")
    )
    assert model.predict_closing_tag("").expected is None
    assert model.predict_closing_tag("<BOX>é").reading.replaced["B"] == "b"
    typed = model.predict_closing_tag("&lt;box&gt;k\u200bl&lt;/")
    assert typed.reading.text == again.reading.text and typed.expected == "box"
    with pytest.raises(InputError, match="at most"):
        model.predict_closing_tag("k" * (MOST_CHARS + 1))


def test_the_lstm_answers_a_story_live(model):
    story = Story("nepal", "2009", PLACE_FIRST)
    answer = model.answer(story)
    assert "".join(answer["char"]) == "nepal"
    assert answer["share"].between(0, 1).all()
    recorded = model.answers.query("model == 'lstm' and n_asides == 0")
    shares = [model.answer(story)["share"].prod() for story in all_stories()[:20]]
    np.testing.assert_allclose(shares, recorded["share"][:20], atol=0.05)
    assert model.is_unseen(Story(PLACES[0], YEARS[0], PLACE_FIRST))


def test_tags_asked_for_again_give_what_is_recorded(model):
    for metric in measure(model.bundle, Sources()).values():
        assert metric["measured"] == pytest.approx(metric["recorded"], abs=0.02)


def test_a_bundle_that_lacks_something_is_named(model):
    without = dataclasses.replace(model.bundle, tables={}, config={"content": "memory"})
    with pytest.raises(BundleError, match="chars is missing.*closing_tags is missing"):
        MemoryModel(without)
    without = dataclasses.replace(model.bundle, arrays={})
    with pytest.raises(BundleError, match="array ngrams.0.keys is missing"):
        MemoryModel(without)


def test_impossible_settings_are_refused():
    with pytest.raises(InputError, match="n_units"):
        LanguageModelConfig(n_units=0)
    with pytest.raises(InputError, match="n_test"):
        MemoryConfig(n_test=0)
    with pytest.raises(InputError, match="n_stories"):
        RecurrenceConfig(n_stories=0)
