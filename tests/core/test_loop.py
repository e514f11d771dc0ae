import json
import os
import signal
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from core.checkpoint import Checkpoints
from core.devices import data_mesh, describe_devices, join_hosts
from core.errors import DataError, InputError, TrainingError
from core.failures import explain
from core.loop import (
    Plan,
    fit,
    gradient_epoch,
    in_mode,
    initial_state,
    named_arrays,
    restore_state,
)


class Net(nnx.Module):
    def __init__(self, *, rngs):
        self.first = nnx.Linear(4, 8, rngs=rngs)
        self.norm = nnx.BatchNorm(8, rngs=rngs)
        self.drop = nnx.Dropout(0.1)
        self.last = nnx.Linear(8, 1, rngs=rngs)

    def __call__(self, x, rngs=None):
        return self.last(self.drop(self.norm(self.first(x)), rngs=rngs))[:, 0]


def squared_error(model, batch, rngs):
    x, y = batch
    return jnp.square(model(x, rngs=rngs) - y).mean()


def problem(n=256):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, 4)).astype(np.float32)
    return x, x @ np.array([1, -2, 3, 0.5], np.float32)


def train(plan, *, seed=0, checkpoints=None, mesh=None, evaluate=None, data=None, lr=1e-2):
    model = Net(rngs=nnx.Rngs(0))
    optimizer = optax.adam(lr)
    epoch = gradient_epoch(model, optimizer, squared_error, batch_size=32, mesh=mesh)
    return fit(
        epoch,
        initial_state(model, optimizer),
        problem() if data is None else data,
        plan,
        seed=seed,
        keep=lambda state: state.params,
        evaluate=evaluate,
        checkpoints=checkpoints,
        mesh=mesh,
    )


def same(a, b):
    return a.keys() == b.keys() and all(np.array_equal(a[k], b[k]) for k in a)


def test_loss_falls_and_history_says_so():
    fitted = train(Plan(20))
    losses = [row["loss"] for row in fitted.history[1:]]
    assert len(losses) == 20 and losses[-1] < 0.2 * losses[0]
    assert fitted.best_epoch == 20
    assert fitted.train_s > 0 and fitted.compile_s > 0


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    assert same(train(Plan(2)).best, train(Plan(2)).best)
    assert not same(train(Plan(2)).best, train(Plan(2), seed=1).best)


def test_an_epoch_equals_the_same_steps_written_out():
    """The scan against a plain Python loop over the same batches, without dropout or batch norm."""

    class Linear(nnx.Module):
        def __init__(self, *, rngs):
            self.layer = nnx.Linear(4, 1, rngs=rngs)

        def __call__(self, x, rngs=None):
            return self.layer(x)[:, 0]

    model, optimizer, (x, y) = Linear(rngs=nnx.Rngs(0)), optax.sgd(0.1), problem(70)
    epoch = gradient_epoch(model, optimizer, squared_error, batch_size=16)
    key = jax.random.key(3)
    state, metrics = epoch(initial_state(model, optimizer), key, (x, y))

    order = jax.random.permutation(jax.random.split(key)[0], 70)[:64].reshape(4, 16)
    kernel = np.asarray(model.layer.kernel[...], np.float64)
    bias = np.asarray(model.layer.bias[...], np.float64)
    losses = []
    for rows in np.asarray(order):
        error = x[rows] @ kernel[:, 0] + bias[0] - y[rows]
        losses.append(np.square(error).mean())
        kernel[:, 0] -= 0.1 * 2 * (x[rows] * error[:, None]).mean(axis=0)
        bias -= 0.1 * 2 * error.mean()
    arrays = named_arrays(state.params)
    np.testing.assert_allclose(arrays["layer.kernel"], kernel, atol=1e-5)
    np.testing.assert_allclose(arrays["layer.bias"], bias, atol=1e-5)
    assert float(metrics["loss"]) == pytest.approx(np.mean(losses), rel=1e-5)


def test_the_model_itself_survives_training_and_batch_statistics_move():
    model, optimizer = Net(rngs=nnx.Rngs(0)), optax.adam(1e-2)
    before = named_arrays(nnx.state(model))
    epoch = gradient_epoch(model, optimizer, squared_error, batch_size=32)
    state, _ = epoch(initial_state(model, optimizer), jax.random.key(0), problem())
    assert same(before, named_arrays(nnx.state(model)))
    assert not np.array_equal(named_arrays(state.rest)["norm.mean"], before["norm.mean"])


def test_the_best_epoch_is_kept_and_patience_ends_training():
    values = iter([9.0, 3.0, 1.0, 2.0, 1.5, 1.2, 0.1])  # the first is of the untrained model
    kept = {}

    def evaluate(state):
        value = next(values)
        kept[value] = named_arrays(state.params)
        return {"val": value}

    fitted = train(Plan(6, monitor="val", patience=3), evaluate=evaluate)
    assert fitted.best_epoch == 2 and same(fitted.best, kept[1.0])
    assert [row["epoch"] for row in fitted.history] == [0, 1, 2, 3, 4, 5]


def test_snapshots_are_taken_where_planned():
    fitted = train(Plan(3, snapshots=(0, 2)))
    assert sorted(fitted.snapshots) == [0, 2]
    assert same(fitted.snapshots[0], named_arrays(nnx.state(Net(rngs=nnx.Rngs(0)), nnx.Param)))
    assert same(fitted.snapshots[2], train(Plan(2)).best)


@pytest.mark.parametrize("stop", [1, 2, 4])
def test_a_resumed_run_equals_one_that_was_not_cut(tmp_path, stop):
    whole = train(Plan(5, snapshots=(1, 3)))
    run = {"seed": 0}
    first = Checkpoints(tmp_path / "c", run, resume=False, every_s=0)
    train(Plan(stop, snapshots=(1, 3)), checkpoints=first)
    first.close()
    second = Checkpoints(tmp_path / "c", run, resume=True, every_s=0)
    resumed = train(Plan(5, snapshots=(1, 3)), checkpoints=second)
    assert same(whole.best, resumed.best)
    assert [r["loss"] for r in whole.history[1:]] == [r["loss"] for r in resumed.history[1:]]
    assert all(same(whole.snapshots[k], resumed.snapshots[k]) for k in (1, 3))
    second.delete()
    assert not (tmp_path / "c").exists()


def test_a_resumed_run_remembers_its_best_epoch(tmp_path):
    def evaluate(values):
        numbers = iter(values)
        return lambda state: {"val": next(numbers)}

    plan, run = Plan(2, monitor="val"), {"seed": 0}
    first = Checkpoints(tmp_path / "c", run, resume=False, every_s=0)
    before = train(plan, checkpoints=first, evaluate=evaluate([9, 0.5, 2]))
    first.close()
    second = Checkpoints(tmp_path / "c", run, resume=True, every_s=0)
    after = train(Plan(4, monitor="val"), checkpoints=second, evaluate=evaluate([9, 3, 4]))
    assert after.best_epoch == 1 and same(after.best, before.best)


KILLED = """
import json, sys
sys.path.insert(0, {root!r})
sys.path.insert(0, {tests!r})
from test_loop import Checkpoints, Net, Plan, fit, gradient_epoch, initial_state
from test_loop import problem, squared_error
import optax
from flax import nnx
model, optimizer = Net(rngs=nnx.Rngs(0)), optax.adam(1e-2)
def told(row):
    print(row["epoch"], flush=True)
    if row["epoch"] == 4 and {wait}:
        sys.stdin.read()  # until killed
fitted = fit(
    gradient_epoch(model, optimizer, squared_error, batch_size=32),
    initial_state(model, optimizer), problem(), Plan(6), seed=0,
    keep=lambda state: state.params, on_epoch=told,
    checkpoints=Checkpoints({folder!r}, {{"seed": 0}}, resume=True, every_s=0),
)
print(json.dumps({{name: array.tolist() for name, array in fitted.best.items()}}))
"""


def test_a_run_killed_with_sigkill_goes_on_to_the_same_weights(tmp_path):
    here = os.path.dirname(__file__)
    places = {"root": os.path.abspath("."), "tests": here, "folder": str(tmp_path / "c")}
    script = KILLED.format(wait=True, **places)
    child = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with child:
        for line in child.stdout:
            if line.strip() == "4":
                child.send_signal(signal.SIGKILL)
                break
        child.stdin.close()
    assert child.returncode == -signal.SIGKILL
    done = subprocess.run(
        [sys.executable, "-c", KILLED.format(wait=False, **places)],
        capture_output=True,
        text=True,
        check=True,
    )
    *epochs, weights = done.stdout.splitlines()
    assert epochs == ["5", "6"]  # what was done is not done again
    resumed = {k: np.array(v, np.float32) for k, v in json.loads(weights).items()}
    assert same(resumed, train(Plan(6)).best)


def test_checkpoints_of_another_run_are_refused(tmp_path):
    Checkpoints(tmp_path / "c", {"seed": 0, "epochs": 3}, resume=False).close()
    with pytest.raises(InputError, match="of a run with other seed"):
        Checkpoints(tmp_path / "c", {"seed": 1, "epochs": 3}, resume=True)
    Checkpoints(tmp_path / "c", {"seed": 1, "epochs": 3}, resume=False).close()


def test_a_folder_with_other_files_is_never_deleted(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="holds other files"):
        Checkpoints(tmp_path, {}, resume=False)
    assert (tmp_path / "thesis.txt").exists()


def test_a_damaged_checkpoint_is_a_sentence(tmp_path):
    checkpoints = Checkpoints(tmp_path / "c", {}, resume=False, every_s=0)
    train(Plan(1), checkpoints=checkpoints)
    checkpoints.close()
    for path in (tmp_path / "c" / "epochs").rglob("*"):
        if path.is_file() and "tree" in path.parts and path.name != "_CHECKPOINT_METADATA":
            path.write_bytes(b"")
    again = Checkpoints(tmp_path / "c", {}, resume=True, every_s=0)
    with pytest.raises(DataError, match="leave --resume out"):
        train(Plan(2), checkpoints=again)


def test_weights_go_out_by_name_and_come_back():
    model = Net(rngs=nnx.Rngs(7))
    arrays = named_arrays(nnx.state(model, nnx.Param))
    assert sorted(arrays)[:2] == ["first.bias", "first.kernel"]
    abstract = nnx.eval_shape(lambda: Net(rngs=nnx.Rngs(0)))
    restored = restore_state(nnx.state(abstract, nnx.Param), arrays)
    assert same(named_arrays(restored), arrays)


def test_weights_of_another_model_are_refused_by_name():
    state = nnx.state(Net(rngs=nnx.Rngs(0)), nnx.Param)
    arrays = named_arrays(state)
    del arrays["first.bias"]
    arrays["last.kernel"] = np.zeros((3, 1), np.float32)
    with pytest.raises(InputError, match=r"first.bias is missing; last.kernel has shape \(3, 1\)"):
        restore_state(state, arrays)


def test_modes_reach_layers_that_have_them():
    model = Net(rngs=nnx.Rngs(0))
    x, _ = problem(8)
    evaluating = in_mode(model, training=False)
    np.testing.assert_array_equal(evaluating(x), evaluating(x))
    plain = nnx.Linear(2, 2, rngs=nnx.Rngs(0))
    assert in_mode(plain, training=True) is plain


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Plan(0), r"epochs \(0\) should be at least 1"),
        (lambda: Plan(1, patience=1), "needs a metric"),
        (lambda: train(Plan(1, monitor="nope")), r"monitor \(nope\) should be one of"),
        (lambda: train(Plan(1), data=problem(16)), r"batch size \(32\) should be at most 16"),
    ],
)
def test_bad_plans_are_refused_with_a_remedy(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_a_training_that_diverges_says_what_helps_and_is_no_bad_input():
    with pytest.raises(TrainingError, match="training diverged; lower the learning rate") as raised:
        train(Plan(3), lr=1e30)
    assert not isinstance(raised.value, InputError)
    assert explain(raised.value) == (str(raised.value), 2)


def test_more_devices_than_there_are_is_refused():
    with pytest.raises(InputError, match=r"devices \(999\) should be from 1 to"):
        data_mesh(999)
    assert describe_devices()


def test_half_a_multi_host_setting_is_refused():
    with pytest.raises(InputError, match="LATENT_LAB_HOSTS and LATENT_LAB_HOST"):
        join_hosts({"LATENT_LAB_COORDINATOR": "127.0.0.1:1"})
    with pytest.raises(InputError, match=r"LATENT_LAB_HOST \(2\)"):
        join_hosts(
            {
                "LATENT_LAB_COORDINATOR": "127.0.0.1:1",
                "LATENT_LAB_HOSTS": "2",
                "LATENT_LAB_HOST": "2",
            }
        )
    join_hosts({})


SHARDED = """
import json, sys
sys.path.insert(0, {root!r})
sys.path.insert(0, {tests!r})
import jax
from test_loop import Checkpoints, Plan, data_mesh, train
assert jax.device_count() == 8
alone, spread = train(Plan(3)), train(Plan(3), mesh=data_mesh(8))
first = Checkpoints({folder!r}, {{}}, resume=False, every_s=0)
train(Plan(2), mesh=data_mesh(8), checkpoints=first)
first.close()
resumed = train(Plan(3), mesh=data_mesh(8),
                checkpoints=Checkpoints({folder!r}, {{}}, resume=True, every_s=0))
# the bias before a batch norm has no gradient but rounding, which Adam blows up to full steps
compared = [name for name in alone.best if name != "first.bias"]
gap = max(float(abs(alone.best[k] - spread.best[k]).max()) for k in compared)
exact = all((resumed.best[k] == spread.best[k]).all() for k in spread.best)
devices = len(spread.state.params["first"]["kernel"][...].sharding.device_set)
print(json.dumps({{"gap": gap, "exact": exact, "devices": devices}}))
"""


def test_eight_devices_learn_what_one_learns(tmp_path):
    script = SHARDED.format(
        root=os.path.abspath("."),
        tests=os.path.dirname(__file__),
        folder=str(tmp_path / "c"),
    )
    environment = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=8"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["gap"] < 1e-4 and report["exact"] and report["devices"] == 8
