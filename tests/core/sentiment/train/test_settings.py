import dataclasses

import pandas as pd
import pytest

from core.bundle import load_bundle, save_bundle
from core.sentiment.explore.comparison import effects
from core.sentiment.train import settings
from core.sentiment.train.presets import PRESETS, Preset, SettingsPreset
from core.sentiment.train.settings import GRID, Run, measure, runs, train
from tests.core.runs import run_on, sources_with
from tests.core.sentiment.samples import CONFIGS, planted_archive

TINY = Preset("", CONFIGS["mlp"], n_epochs=2, learning_rate=0.02, batch_size=20)


@pytest.fixture
def tiny(monkeypatch):
    """One tiny net, three of whose settings are varied."""
    monkeypatch.setitem(PRESETS, "mlp", TINY)
    monkeypatch.setattr(settings, "GRID", {"n_ids": (8, 16), "length": (6, 12), "dropout": (0.2,)})


def test_every_value_is_trained_and_the_standard_one_once():
    found = list(runs(["mlp", "cnn"], range(2)))
    assert len(set(found)) == len(found)
    standard = [run for run in found if not run.setting]
    assert [(run.preset, run.seed) for run in standard] == [
        ("mlp", 0),
        ("mlp", 1),
        ("cnn", 0),
        ("cnn", 1),
    ]
    n_others = sum(len(values) - 1 for values in GRID.values())
    assert len(found) == 4 * (1 + n_others)  # the standard value is in each list


def test_a_run_changes_one_setting_and_keeps_its_type():
    recipe = Run("cnn", "n_ids", 2_000.0, 0).recipe
    assert recipe == dataclasses.replace(
        PRESETS["cnn"], config=dataclasses.replace(PRESETS["cnn"].config, n_ids=2_000)
    )
    assert isinstance(recipe.config.n_ids, int)
    assert Run("cnn", "", 0, 0).recipe is PRESETS["cnn"]


def test_trainings_are_recorded_and_the_standard_one_can_be_measured_again(tiny, tmp_path):
    local = planted_archive(tmp_path / "reviews.tar.gz")
    bundle = train(
        run_on(local, data_dir=tmp_path, seed=3, n_seeds=2, command="train"),
        SettingsPreset("Tiny", ("mlp",)),
    )
    table = bundle.tables["runs"]
    values = table.groupby("setting")["value"].unique().map(sorted).to_dict()
    assert values == {"n_ids": [8, 16], "length": [6, 12], "dropout": [0.2]}
    assert len(table) == 5 * 2 * 2  # values, seeds, epochs
    standard = table[table["value"].isin([16, 12, 0.2])]
    assert standard.groupby(["seed", "epoch"])["loss"].nunique().eq(1).all()
    save_bundle(bundle, tmp_path / "out")
    again = load_bundle(tmp_path / "out", kind="sentiment")
    (metric,) = measure(again, sources_with(local, data_dir=tmp_path)).values()
    assert metric["measured"] == pytest.approx(metric["recorded"])
    assert "n_ids: 8, 16" in bundle.card


def test_effects_are_means_at_the_epoch_of_the_lowest_mean_loss():
    table = pd.DataFrame(
        [
            ("mlp", "length", 50.0, seed, epoch, accuracy, loss)
            for seed, epoch, accuracy, loss in (
                (0, 1, 0.7, 0.6),
                (1, 1, 0.9, 0.5),
                (0, 2, 0.8, 0.3),
                (1, 2, 0.6, 0.9),
            )
        ],
        columns=["preset", "setting", "value", "seed", "epoch", "accuracy", "loss"],
    )
    (row,) = effects(table).to_dict("records")
    assert row == {
        "preset": "mlp",
        "setting": "length",
        "value": 50.0,
        "epoch": 1,
        "accuracy": pytest.approx(0.8),
        "low": 0.7,
        "high": 0.9,
        "seeds": 2,
    }
