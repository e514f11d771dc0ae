"""A text whose two groups of words never meet: what each method must find in it."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from core.bundle import load_bundle, save_bundle
from core.checkpoint import Checkpoints
from core.contents import find_recipe
from core.datasets import lookup
from core.datasets.store import LocalData, Sources
from core.errors import InputError
from core.loop import named_arrays
from core.training_run import TrainingRun
from core.words import train
from core.words.data import split_corpus
from core.words.model import GloveConfig, SkipGramConfig, WindowConfig
from core.words.presets import PRESETS, Preset
from core.words.train import train_one
from core.words.train.least_squares import weighted_least_squares
from core.words.train.skip_gram import skip_gram
from core.words.train.windows import windows_against_corrupted
from tests.core.runs import compiled_in_haste
from tests.core.words.samples import count_corpus

TOY = LocalData(lookup("imdb"), Path("toy.tar.gz"), "0" * 64, "test")
GROUP = 8
CONFIGS = {
    "sgns": SkipGramConfig(
        n_dims=8, window=3, n_negatives=5, n_shared=8, subsample=1.0, block=8, n_blocks=4
    ),
    "glove-reviews": GloveConfig(n_dims=8, window=3, x_max=50, batch_size=8, learning_rate=0.1),
    "window": WindowConfig(n_dims=8, reach=2, n_hidden=16, subsample=1.0, batch_size=32),
}
EPOCHS = {"sgns": 6, "glove-reviews": 40, "window": 25}


def two_groups(n_reviews: int = 200, length: int = 30, seed: int = 0):
    """Reviews of the words a0..a7, and others of b0..b7; each is read in random order."""
    rng = np.random.default_rng(seed)
    return count_corpus(
        [
            [f"{'ab'[k % 2]}{word}" for word in rng.integers(0, GROUP, length)]
            for k in range(n_reviews)
        ]
    )


@pytest.fixture(autouse=True)
def no_word_is_frequent(monkeypatch):
    monkeypatch.setattr(train, "ACCURACY_SUBSAMPLE", 1.0)  # each of the 16 words is 6 %


@pytest.fixture(scope="module")
def corpus():
    return two_groups()


@pytest.fixture(scope="module")
def split(corpus):
    return split_corpus(corpus, seed=0)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


class LastTwo(Checkpoints):
    """Saves after the last two epochs alone: a save takes longer than all of these epochs."""

    def __init__(self, *where, n_epochs, **how):
        super().__init__(*where, **how)
        self.n_left = n_epochs

    def due(self):
        self.n_left -= 1
        return self.n_left < 2


def train_toy(name, split, folder, *, resume):
    checkpoints = LastTwo(folder / name, {"name": name}, resume=resume, n_epochs=EPOCHS[name])
    fitted = train_one(CONFIGS[name], split, seed=0, n_epochs=EPOCHS[name], checkpoints=checkpoints)
    checkpoints.close()
    return fitted


@pytest.fixture(scope="module")
def in_haste():
    with compiled_in_haste():
        yield


@pytest.fixture(scope="module")
def fitted(split, runs, in_haste):
    return {name: train_toy(name, split, runs, resume=False) for name in CONFIGS}


@pytest.mark.parametrize("name", CONFIGS)
def test_words_of_a_group_get_close(name, fitted, corpus):
    vectors = fitted[name].best["vectors"]
    vectors = vectors - vectors.mean(axis=0)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    group = np.array([word[0] for word in corpus.words])
    cosine = unit @ unit.T
    same = (group[:, None] == group) & ~np.eye(len(group), dtype=bool)
    assert cosine[same].min() > 0.5
    assert cosine[group[:, None] != group].max() < 0


@pytest.mark.parametrize("name", CONFIGS)
def test_loss_falls_in_training_and_on_held_out_reviews(name, fitted):
    history = fitted[name].history
    assert history[-1]["loss"] < 0.95 * history[1]["loss"]
    assert history[-1]["heldout_loss"] < 0.8 * history[0]["heldout_loss"]


@pytest.mark.parametrize("name", CONFIGS)
def test_a_resumed_run_equals_an_uninterrupted_one(name, fitted, split, runs):
    whole, last = fitted[name], EPOCHS[name]
    shutil.rmtree(runs / name / "epochs" / str(last))  # as if killed during the last epoch
    resumed = train_toy(name, split, runs, resume=True)
    assert [row["epoch"] for row in resumed.history] == list(range(last + 1))
    assert resumed.history[:-1] == whole.history[:-1]
    assert resumed.history[-1]["loss"] == whole.history[-1]["loss"]
    for array, expected in zip(resumed.best.values(), whole.best.values(), strict=True):
        np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize(
    ("name", "prepare"),
    [
        ("sgns", skip_gram),
        ("glove-reviews", weighted_least_squares),
        ("window", windows_against_corrupted),
    ],
)
def test_the_seed_decides_where_training_starts(name, prepare, split):
    first, same, other = (
        named_arrays(prepare(CONFIGS[name], split, seed=seed, n_epochs=1).state)
        for seed in (0, 0, 1)
    )
    differ = [key for key in first if not np.array_equal(first[key], other[key])]
    assert all(np.array_equal(first[key], same[key]) for key in first)
    assert any(first[key].ndim == 2 for key in differ)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_bundle_measures_as_it_records(name, fitted, corpus, split, tmp_path):
    preset = Preset("toy", CONFIGS[name], n_epochs=EPOCHS[name], min_count=1)
    bundle = train.gather(
        preset, TOY, corpus, split, fitted[name], TrainingRun(preset=name, command="toy")
    )
    loaded = load_bundle(save_bundle(bundle, tmp_path / "bundle"), kind="words")
    assert loaded.config["content"] == "vectors"
    assert loaded.arrays["vectors"].dtype == np.float16
    assert loaded.arrays["vectors"].shape == (2 * GROUP, 8)
    assert loaded.tables["words"]["word"].tolist() == list(corpus.words)
    assert loaded.tables["words"]["count"].tolist() == corpus.counts.tolist()
    assert [row["epoch"] for row in loaded.documents["history"]] == list(range(EPOCHS[name] + 1))
    assert "toy" in loaded.card

    measured = train.measure_on(loaded, corpus)
    assert set(measured) == (
        {"window_accuracy", "heldout_loss"} if name == "window" else {"window_accuracy"}
    )
    for figures in measured.values():
        assert figures["measured"] == pytest.approx(figures["recorded"], abs=1e-6)
    # half of the random words come from the other group, and those are told apart
    assert measured["window_accuracy"]["measured"] > 0.6


def test_a_bundle_is_not_measured_on_other_words(fitted, corpus, split):
    preset = Preset("toy", CONFIGS["sgns"], n_epochs=6, min_count=1)
    bundle = train.gather(
        preset, TOY, corpus, split, fitted["sgns"], TrainingRun(preset="sgns", command="toy")
    )
    with pytest.raises(InputError, match="should have the 16 words"):
        train.measure_on(bundle, corpus.limited(max_words=10))
    other = dataclasses.replace(bundle, config=dict(bundle.config) | {"content": "map"})
    with pytest.raises(InputError, match="should hold vectors"):
        train.measure(other, Sources())


def test_vectors_that_know_nothing_get_half(split):
    vectors = np.zeros((2 * GROUP, 4), np.float32)
    held = split.held_tokens, split.held_reviews, split.counts
    assert train.window_accuracy(vectors, *held) == 0.5


def test_vectors_that_know_the_group_win_whenever_the_random_word_is_of_the_other(split, corpus):
    vectors = np.array([[1.0, 0] if word[0] == "a" else [0, 1.0] for word in corpus.words])
    held = split.held_tokens, split.held_reviews, split.counts
    # half of the random words are of the other group (1), half of the same one (a tie)
    assert train.window_accuracy(vectors, *held) == pytest.approx(0.75, abs=0.1)


def test_presets_are_found_and_unknown_ones_are_named():
    assert set(PRESETS) == {"sgns", "glove-reviews", "window"}
    assert all(preset.config.n_dims == 50 for preset in PRESETS.values())
    with pytest.raises(InputError, match="should be one of sgns, glove-reviews, window"):
        find_recipe("words", "bert")
