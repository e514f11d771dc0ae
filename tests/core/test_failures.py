import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import DataError, InputError
from core.failures import TRACE_VARIABLE, explain


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (InputError("n (0) should\nbe at least 1"), 2, "n (0) should be at least 1"),
        (DataError("cut"), 1, "cut"),
        (MemoryError(), 1, "memory"),
        (RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 99 bytes"), 1, "ask for less"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "m/x"), 1, "m/x: no space left"),
        (
            PermissionError(errno.EACCES, "Permission denied", b"x"),
            1,
            "x: permission denied; check",
        ),
        (OSError(errno.ETXTBSY, "Text file busy", "x"), 1, "close what holds it open"),
        (OSError(errno.EMFILE, "Too many open files"), 1, "ulimit"),
        (RuntimeError("Unable to initialize backend 'x': it is not known"), 2, "JAX_PLATFORMS"),
        (RuntimeError("Unknown backend: 'gpu' requested"), 2, "JAX_PLATFORMS"),
        (ModuleNotFoundError("No module named 'h5py'", name="h5py"), 1, "pip install -r"),
        ("\udcff".encode, 2, "UTF-8"),
    ],
)
def test_trouble_is_one_line_that_says_what_to_do(error, status, said):
    if callable(error):
        with pytest.raises(UnicodeEncodeError) as caught:
            error("utf-8")
        error = caught.value
    line, code = explain(error)
    assert said in line and "\n" not in line and "internal error" not in line
    assert code == status


@pytest.mark.parametrize("platforms", ["cuda", "tpu", "nonsense"])
def test_a_platform_that_is_not_there_names_the_variable(tmp_path, platforms):
    done = subprocess.run(
        [sys.executable, "-m", "core", "train", "movies", "--out", str(tmp_path / "a" / "b")],
        cwd=Path(__file__).resolve().parents[2],
        env=os.environ | {"JAX_PLATFORMS": platforms},
        capture_output=True,
        text=True,
        check=False,
    )
    line = f"error: JAX_PLATFORMS ({platforms}) should name platforms that JAX finds here"
    assert done.stderr.startswith(line) and done.stderr.count("\n") == 1, done.stderr
    assert done.returncode == 2 and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "error", [ValueError("a\nb"), KeyError("x"), ModuleNotFoundError("core.x")]
)
def test_a_fault_of_the_program_is_called_one_and_keeps_its_trace(
    monkeypatch, tmp_path, capsys, error
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.delenv(TRACE_VARIABLE, raising=False)
    line, status = explain(error)
    (kept,) = tmp_path.iterdir()
    assert status == 1 and "internal error" in line and str(kept) in line and "\n" not in line
    assert type(error).__name__ in kept.read_text()
    monkeypatch.setenv(TRACE_VARIABLE, "1")
    line, _ = explain(error)
    assert "trace above" in line and type(error).__name__ in capsys.readouterr().err
    monkeypatch.delenv(TRACE_VARIABLE)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    assert TRACE_VARIABLE in explain(error).line


def test_a_lost_host_is_told_from_a_fault(monkeypatch):
    lost = RuntimeError("UNKNOWN: Gloo all-reduce failed: Connection reset by peer")
    monkeypatch.setenv(TRACE_VARIABLE, "1")
    monkeypatch.delenv("LATENT_LAB_COORDINATOR", raising=False)
    assert explain(lost).line.startswith("internal error")
    monkeypatch.setenv("LATENT_LAB_COORDINATOR", "127.0.0.1:1")
    line, status = explain(lost)
    assert (
        line.startswith("another host of this run was lost; start all hosts again") and status == 1
    )
    assert explain(RuntimeError("shapes differ")).line.startswith("internal error")
