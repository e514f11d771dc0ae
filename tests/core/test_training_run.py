import pytest

from core.errors import InputError
from core.training_run import TrainingRun


@pytest.mark.parametrize(
    ("settings", "problem"),
    [({"seed": -1}, r"seed \(-1\)"), ({"n_epochs": 0}, r"epochs \(0\)")],
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
