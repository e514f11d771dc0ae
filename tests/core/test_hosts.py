"""Two hosts, two processes on loopback, train one model; one is killed, and the run goes on."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.bundle import load_bundle
from core.datasets import lookup
from core.datasets.store import LocalData
from core.devices import check_devices
from core.errors import InputError
from core.movies.data import MovieData, read_movielens
from core.movies.model import RatingConfig
from core.movies.train.one_split import train_one
from core.movies.train.presets import Preset
from tests.core.movies.samples import checkerboard

ROOT = Path(__file__).resolve().parents[2]
EDITION = "ml-latest-small-2016"
N_EPOCHS, HELD_AT = 6, 3
CONFIG = RatingConfig("bias", n_factors=4, batch_size=16, schedule=((N_EPOCHS, 1e-2),))
PRESET = Preset("toy", CONFIG, N_EPOCHS, snapshots=(0, 2))
HOST = """
import sys
from pathlib import Path
from core import console, training_run
from core.__main__ import main
from core.checkpoint import Checkpoints
from core.datasets import lookup, store
from core.movies import data
from core.movies.train import presets
from tests.core import test_hosts

archive, held_at, *arguments = sys.argv[1:]

class EachEpoch(Checkpoints):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, every_s=0, **kwargs)

    def save(self, epoch, tree, record):
        super().save(epoch, tree, record)
        print("saved", epoch, flush=True)
        if epoch == int(held_at):
            sys.stdin.read()

training_run.Checkpoints = EachEpoch
data.check_counts = lambda dataset, found: None
local = test_hosts.archive_at(Path(archive))
store.ensure = lambda *args, **kwargs: local
presets.PRESETS["toy"] = test_hosts.PRESET
console.leave(main(["train", "movies", "--preset", "toy", *arguments]))
"""


def archive_at(path: Path) -> LocalData:
    return LocalData(lookup(EDITION), path, "0" * 64, "test")


def write_archive(path: Path, data: MovieData) -> Path:
    rows = zip(data.users + 1, data.items + 1, data.ratings, strict=True)
    ratings = [f"{user},{item},{stars},0" for user, item, stars in rows]
    films = [f"{item},Film {item} (1999),Drama" for item in range(1, data.n_items + 1)]
    with zipfile.ZipFile(path, "w") as archive:
        for name, header, lines in (
            ("ratings", "userId,movieId,rating,timestamp", ratings),
            ("movies", "movieId,title,genres", films),
        ):
            archive.writestr(f"{EDITION}/{name}.csv", "\n".join([header, *lines]) + "\n")
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def two_hosts(
    archive: Path, out: Path, *, devices_each: int, held_at: int = 0, resume: bool = False
) -> Iterator[list[subprocess.Popen]]:
    """Starts the hosts of a run; the second one may stand still after a checkpoint."""
    coordinator = f"127.0.0.1:{free_port()}"
    arguments = ["--out", str(out), "--devices", str(2 * devices_each)]
    arguments += ["--resume"] if resume else []
    direct = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    with contextlib.ExitStack() as stack:
        hosts = []
        for host in (0, 1):
            settings = {
                "LATENT_LAB_COORDINATOR": coordinator,
                "LATENT_LAB_HOSTS": "2",
                "LATENT_LAB_HOST": str(host),
                "JAX_PLATFORMS": "cpu",
                "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices_each}",
            }
            process = subprocess.Popen(
                [sys.executable, "-c", HOST, str(archive), str(held_at * host), *arguments],
                cwd=ROOT,
                env=direct | settings,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            hosts.append(stack.enter_context(process))
            stack.callback(process.kill)
        yield hosts


def test_a_run_of_two_hosts_goes_on_after_one_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = write_archive(tmp_path / "toy.zip", checkerboard(48, share=0.9))
    out = tmp_path / "bundle"

    with two_hosts(archive, out, devices_each=1, held_at=HELD_AT) as (first, second):
        assert f"saved {HELD_AT}\n" in iter(second.stdout.readline, ""), second.stderr.read()
        second.send_signal(signal.SIGKILL)
        _, problem = first.communicate()
    last = problem.splitlines()[-1]
    assert first.returncode == 1 and "another host of this run was lost" in last, problem
    assert not out.exists()

    with two_hosts(archive, out, devices_each=2, resume=True) as hosts:
        (said, problem), (also_said, other) = [host.communicate() for host in hosts]
    assert [host.returncode for host in hosts] == [0, 0], problem + other
    for lines in (said, also_said):
        saved = re.findall(r"^saved (\d+)$", lines, re.MULTILINE)
        assert saved == [str(epoch) for epoch in range(HELD_AT + 1, N_EPOCHS + 1)]
    assert "held-out MSE" in said and "held-out MSE" not in also_said  # one of them reports
    assert "as 4 devices; bundle written to" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle", "toy.zip"]

    monkeypatch.setattr("core.movies.data.check_counts", lambda dataset, found: None)
    data = read_movielens(archive_at(archive))
    alone = train_one(PRESET, data, seed=0)
    bundle = load_bundle(out)
    assert bundle.metrics["val_mse"]["value"] == pytest.approx(alone.val_mse, abs=1e-4)
    (history,) = bundle.documents["history"].values()
    assert [row["epoch"] for row in history] == list(range(N_EPOCHS + 1))
    for name in ("item_bias", "item_factors"):
        np.testing.assert_allclose(bundle.arrays[name], alone.arrays[name], atol=2e-3)
        np.testing.assert_allclose(
            bundle.arrays[f"snapshot.2.{name}"], alone.snapshots[2][name], atol=2e-3
        )


def test_a_run_of_several_hosts_uses_all_their_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    check_devices(1)
    monkeypatch.setattr("jax.process_count", lambda: 2)
    with pytest.raises(InputError, match=r"devices \(7\) should be \d+: a run over 2 hosts"):
        check_devices(7)
