"""The sweep and the best nets whole: from photos in an archive to bundles and their answers."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from core.__main__ import main
from core.batchnorm import NETS_COMPARED, PLAIN, TUNED_SURGERY
from core.batchnorm.data.decoding import decode
from core.batchnorm.explore.nets import BestNets, nets_of, probabilities
from core.batchnorm.explore.surgery import SurgeryModel
from core.batchnorm.explore.sweep import SweepResults
from core.batchnorm.model.predictor import Predictor
from core.batchnorm.presets import BestConfig, Recipe, SurgeryConfig, SweepConfig
from core.batchnorm.surgery import train as surgery
from core.batchnorm.surgery.cases import fine_tuned
from core.batchnorm.train import best, sweep
from core.bundle import save_bundle
from core.datasets.store import LocalData
from core.errors import BundleError, InputError
from tests.core.batchnorm.samples import local_of, photo_bytes, write_mirror
from tests.core.runs import run_on

RECIPE = Recipe(size=35, batch_size=8, n_epochs=2, optimizer="adam", least_area=0.5)
SWEEP = SweepConfig((1e-4, 1e3), n_seeds=1, recipe=RECIPE)
BEST = BestConfig((1e-5, 1e-4), n_splits=1, n_seeds=2, sizes=(35, 41), recipe=RECIPE)


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> tuple[LocalData, LocalData]:
    folder = write_mirror(tmp_path_factory.mktemp("mirror"), n_train=24, n_valid=6)
    return local_of("dogscats-sample", folder), local_of("squeezenet", folder)


class Killed(Exception):
    pass


def test_a_sweep_that_was_killed_goes_on_and_can_be_measured_again(
    archives: tuple[LocalData, LocalData], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, done, n_allowed = sweep._curve, [], 1

    def curve(*args: object, **options: object) -> list[dict]:
        if len(done) == n_allowed:
            raise Killed
        done.append(options["rate"])
        return real(*args, **options)

    monkeypatch.setattr(sweep, "_curve", curve)
    data = tmp_path / "data"
    run = run_on(*archives, data_dir=data, checkpoint_dir=tmp_path / "scaffold")
    with pytest.raises(Killed):
        sweep.train(run, SWEEP)
    n_allowed = 4
    bundle = sweep.train(dataclasses.replace(run, resume=True), SWEEP)
    assert done == [*SWEEP.rates, *SWEEP.rates]  # the one before the kill not twice
    curves = bundle.tables["curves"]
    trained = curves.groupby(["net", "learning_rate"])["epoch"].apply(list)
    assert len(trained) == 4 and all(epochs == [1, 2] for epochs in trained)
    assert set(SweepResults(bundle).summary["net"]) == set(NETS_COMPARED)
    wild = curves[curves["learning_rate"] == SWEEP.rates[1]]
    assert wild["has_diverged"].all()  # whether as nan or as a huge loss depends on the processor
    assert not curves.drop(wild.index)["has_diverged"].any()

    n_allowed = 5
    (found,) = sweep.measure(bundle, run.sources).values()
    assert found["measured"] == found["recorded"]


def test_the_best_nets_are_chosen_on_train_and_answer_for_photos(
    archives: tuple[LocalData, LocalData], tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    run = run_on(*archives, data_dir=tmp_path / "data")
    bundle = best.train(run, BEST)
    tries = bundle.tables["tried"]
    assert len(tries) == 2 * 2  # nets and rates
    for net in NETS_COMPARED:
        rate = best.chosen_rate(tries.to_dict("records"), net)
        own = tries[tries["net"] == net].set_index("learning_rate")["loss"]
        assert own[rate] == own.min()
    found = best.measure(bundle, run.sources)
    assert set(found) == {"accuracy_with", "accuracy_without"}
    for values in found.values():
        assert values["measured"] == values["recorded"]
    folder = save_bundle(bundle, tmp_path / "batchnorm-best")
    seen = BestNets(bundle).classify(photo_bytes())
    assert seen.without.sum() == pytest.approx(1) and seen.with_norm.sum() == pytest.approx(1)

    # the net without batch norm goes onto the table
    small = SurgeryConfig(35, (4,), epsilons=(1e-3,), has_singles=False, on=TUNED_SURGERY)
    operated = surgery.train(run, small, nets=folder)
    assert operated.name == f"batchnorm-{TUNED_SURGERY}"
    assert operated.metrics["exact_max_abs_diff"]["value"] < 1e-3
    again = surgery.measure(operated, run.sources)
    for name, values in again.items():
        assert values["measured"] == pytest.approx(values["recorded"], rel=1e-3, abs=1e-4), name
    on_table = SurgeryModel(operated)
    plan, arrays = nets_of(bundle)[PLAIN]
    pixels = decode(photo_bytes(), size=35, framing=on_table.framing)[None]
    own = probabilities(Predictor(dataclasses.replace(plan, size=35), arrays)(pixels))
    np.testing.assert_allclose(on_table.classify(photo_bytes()).without, own[0], atol=1e-5)
    with pytest.raises(BundleError, match="holds no nets; make them with"):
        fine_tuned(
            small,
            archives[0],
            save_bundle(operated, tmp_path / "other"),
            data_dir=run.sources.data_dir,
        )

    photos = tmp_path / "photos"
    for kind in ("cats", "dogs"):
        (photos / kind).mkdir(parents=True)
        for seed in range(3):
            (photos / kind / f"{seed}.jpg").write_bytes(photo_bytes(seed))
    asked = ["batchnorm", "evaluate", "--images", str(photos), "--bundle", str(folder)]
    assert main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["n_photos"] == 6
    # each picture stands in both folders, so that any net classifies half of them correctly
    assert told["accuracy_with"] == told["accuracy_without"] == 0.5
    assert main(asked) == 0
    assert (
        "50.00 % of 6 photos classified correctly without batch norm, 50.00 % with it"
        in capsys.readouterr().out
    )


def test_rates_at_which_all_diverge_are_refused() -> None:
    tried = [{"net": "plain", "learning_rate": 1.0, "loss": float("nan")}]
    with pytest.raises(InputError, match="every training of the net"):
        best.chosen_rate(tried, "plain")
