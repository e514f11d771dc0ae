import numpy as np
import pytest

from core.checkpoint import Checkpoints, clear_unused, close_all
from core.errors import InputError
from core.training_run import TrainingRun


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"seed": -1}, r"seed \(-1\)"),
        ({"seed": 2**31}, r"seed \(2147483648\) should be from 0 to 2,147,483,647"),
        ({"n_epochs": 0}, r"epochs \(0\)"),
        ({"n_devices": 0}, r"devices \(0\)"),
    ],
)
def test_impossible_settings_are_refused(settings, problem):
    with pytest.raises(InputError, match=problem):
        TrainingRun(**settings)


def test_one_device_needs_no_mesh_and_too_many_are_refused():
    assert TrainingRun().mesh is None
    with pytest.raises(InputError, match="devices"):
        _ = TrainingRun(n_devices=10_000).mesh


def test_a_bar_has_a_label_where_one_is_wanted():
    assert TrainingRun().label("net") is None
    assert TrainingRun(progress=True).label("net") == "net"


def test_checkpoints_are_those_of_this_run_only(tmp_path):
    with TrainingRun().checkpoints("net", {}) as none:
        assert none is None
    run = TrainingRun(3, 5, checkpoint_dir=tmp_path)
    with run.checkpoints("net", {"size": 1}) as saved:
        assert saved is not None
    assert (tmp_path / "net").is_dir()
    other = TrainingRun(4, 5, checkpoint_dir=tmp_path, resume=True)
    with pytest.raises(InputError, match="other seed"), other.checkpoints("net", {"size": 1}):
        pass


def test_checkpoints_of_an_earlier_run_stay_until_there_is_something_new(tmp_path):
    earlier = Checkpoints(tmp_path / "net", {"seed": 0}, resume=False, every_s=0)
    earlier.save(3, {"x": np.arange(2.0)}, {})
    earlier.close()
    Checkpoints(tmp_path / "net", {"seed": 1}, resume=False).close()  # stopped before it saved
    again = Checkpoints(tmp_path / "net", {"seed": 0}, resume=True)
    assert again.latest({"x": np.zeros(2)}).epoch == 3
    again.close()
    new = Checkpoints(tmp_path / "net", {"seed": 1}, resume=False, every_s=0)
    assert new.latest({"x": np.zeros(2)}) is None
    new.save_snapshot(0, {"x": np.zeros(2)})
    new.close()
    with pytest.raises(InputError, match="other seed"):
        Checkpoints(tmp_path / "net", {"seed": 0}, resume=True)


def test_a_run_goes_on_without_checkpoints_where_none_can_be_written(tmp_path, capsys, monkeypatch):
    saved = Checkpoints(tmp_path / "net", {}, resume=False, every_s=0)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("safetensors.numpy.save_file", full)
    saved.save_snapshot(0, {"x": np.zeros(2)})
    saved.save_snapshot(1, {"x": np.zeros(2)})
    saved.save(1, {"x": np.zeros(2)}, {})
    assert not saved.due()
    saved.close()
    said = capsys.readouterr().err
    assert said.count("the run goes on without") == 1 and "No space left" in said
    assert not clear_unused(tmp_path) and not tmp_path.exists()


def test_only_folders_without_checkpoints_are_cleared(tmp_path):
    for name in ("empty", "full"):
        saved = Checkpoints(tmp_path / "c" / name, {}, resume=False, every_s=0)
        if name == "full":
            saved.save(1, {"x": np.zeros(2)}, {})
    close_all()
    assert clear_unused(tmp_path / "c")
    assert [path.name for path in (tmp_path / "c").iterdir()] == ["full"]
    assert not clear_unused(tmp_path / "none")
