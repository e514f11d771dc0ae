import dataclasses

import numpy as np
import pytest

from core.bundle import save_bundle
from core.datasets.store import Sources
from core.errors import BundleError, BundleNotFound, InputError
from core.textgen.explore.memory import MOST_CHARS, MemoryModel, open_memory
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
from core.textgen.memory.train import RecurrenceConfig, RecurrencePreset, measure, train
from core.training_run import TrainingRun

SIZES = LanguageModelConfig(
    n_context=5,
    width=12,
    n_units=24,
    n_dims=8,
    n_epochs=12,
    learning_rate=0.01,
    n_streams=8,
    n_steps=64,
)
CONFIG = RecurrenceConfig(
    MemoryConfig(MarkupConfig(1, 2.0, 1.0), SIZES, n_train=40_000, n_test=400),
    dataclasses.replace(SIZES, n_epochs=4),
    n_stories=40_000,
)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The experiments in small, saved and opened as a page opens them."""
    folder = tmp_path_factory.mktemp("assets")
    bundle = train(TrainingRun(), RecurrencePreset("Tiny", CONFIG))
    save_bundle(bundle, folder / "textgen-memory")
    return open_memory(assets=folder)


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
    assert shares["ngram"] == 1 / len(PLACES)  # neither fact is within five characters
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


def test_impossible_settings_are_refused(tmp_path):
    with pytest.raises(InputError, match="n_stories"):
        RecurrenceConfig(n_stories=0)
    with pytest.raises(BundleNotFound, match="--preset memory"):
        open_memory(assets=tmp_path)
