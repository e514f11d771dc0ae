"""One process at a time: who waits, who does not, and what is left."""

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.datasets import lock
from core.datasets.lock import exclusive

ROOT = Path(__file__).resolve().parents[3]
COUNTS = """
import sys
from pathlib import Path
from core.datasets.lock import exclusive
count = Path(sys.argv[1])
for _ in range(20):
    with exclusive(count.with_name("lock"), on_wait=lambda: None):
        count.write_text(str(int(count.read_text()) + 1))
"""
HOLDS = """
import sys, threading
from pathlib import Path
from core.datasets.lock import exclusive
with exclusive(Path(sys.argv[1]), on_wait=lambda: None):
    print("held", flush=True)
    threading.Event().wait()
"""


def refuse():
    raise AssertionError("nobody holds it")


def test_nothing_is_left_of_a_lock(tmp_path):
    for _ in range(2):
        with exclusive(tmp_path / "lock", on_wait=refuse) as waited:
            assert not waited and (tmp_path / "lock").exists()
    assert os.listdir(tmp_path) == []


def test_processes_take_turns_though_each_removes_the_file(tmp_path):
    (tmp_path / "count").write_text("0")
    command = [sys.executable, "-c", COUNTS, str(tmp_path / "count")]
    others = [subprocess.Popen(command, cwd=ROOT) for _ in range(3)]
    assert [other.wait(timeout=60) for other in others] == [0, 0, 0]
    assert (tmp_path / "count").read_text() == "60" and os.listdir(tmp_path) == ["count"]


def test_a_killed_holder_keeps_nobody_waiting(tmp_path):
    command = [sys.executable, "-c", HOLDS, str(tmp_path / "lock")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        with exclusive(tmp_path / "lock", on_wait=holder.kill) as waited:
            assert waited
    assert os.listdir(tmp_path) == []


def test_who_will_not_wait_takes_nothing(tmp_path):
    held, done = threading.Event(), threading.Event()

    def hold():
        with exclusive(tmp_path / "lock", on_wait=refuse):
            held.set()
            done.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    with pytest.raises(AssertionError, match="nobody"):
        with exclusive(tmp_path / "lock", on_wait=refuse):
            pass
    assert (tmp_path / "lock").exists()
    done.set()
    holder.join()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EACCES])
def test_a_file_system_without_locks_is_used_all_the_same(tmp_path, monkeypatch, number):
    def fail(self, timeout=None):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(lock.FileLock, "acquire", fail)
    if number == errno.ENOLCK:
        with exclusive(tmp_path / "lock", on_wait=refuse) as waited:
            assert not waited
    else:
        with pytest.raises(PermissionError), exclusive(tmp_path / "lock", on_wait=refuse):
            pass
