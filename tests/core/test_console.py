"""Streams and signals of a real process: what no test inside of pytest can see."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = f"{sys.executable} -m core"


def shell(command, **environment):
    return subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        ("sentiment score <&-", 2, "standard input is closed"),
        ("textgen score <&-", 2, "standard input is closed"),
        ("movies top --n 2 >&-", 1, "standard output is closed"),
        ("movies top --n 2 >/dev/full", 1, "standard output cannot take the results (no space"),
        ("movies top --n 2000 >/dev/full", 1, "standard output cannot take the results (no space"),
        ("movies similar zzz 2>&-", 2, ""),
        ("movies similar zzz 2>/dev/full", 2, ""),
        ("movies similar zzz <&- >&- 2>&-", 1, ""),
        ("movies top --n 2000 | head -n 1; exit ${PIPESTATUS[0]}", 1, ""),
        ("movies top --bundle " + "a" * 5000, 1, "file name too long"),
        ("movies similar $'\\xff'", 2, "error: "),
    ],
)
def test_streams_that_are_closed_or_full_are_one_line_or_nothing(command, status, said):
    done = shell(f"{CORE} {command}")
    assert done.returncode == status, done.stderr
    assert said in done.stderr.lower() if said == "file name too long" else said in done.stderr
    assert done.stderr.count("\n") == bool(said), done.stderr


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "cp1251"},
        {"PYTHONIOENCODING": "cp936"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
)
def test_a_legacy_code_page_shows_every_line(environment):
    done = shell(f"{CORE} movies top --n 2000 | wc -l", **environment)
    assert (done.stdout.strip(), done.stderr) == ("2001", "")


def test_a_file_does_not_take_the_place_of_a_closed_stream():
    script = "import os; from core import console; console.take_over(); print(os.open('.', 0) > 2)"
    done = shell(f'{sys.executable} -c "{script}" <&- 2>&-')
    assert done.stdout == "True\n"


@contextlib.contextmanager
def heeding_ctrl_c():
    """Undoes what a shell does to the background, where the tests may run: children inherit it."""
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def stopped(arguments, number, *, until, **environment):
    """Sends a signal once a process has written `until` to stderr; returns status and the rest."""
    with heeding_ctrl_c():
        child = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
    with child:
        seen = b""
        while until not in seen:
            piece = os.read(child.stderr.fileno(), 4096)
            assert piece, seen.decode()
            seen += piece
        child.send_signal(number)
        rest = child.stderr.read().decode()
        return child.wait(timeout=120), rest


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_map_ends_in_one_line_with_the_status_of_shells(number):
    drawing = ["-m", "core", "words", "map", "--n", "300", "--vectors", "sgns"]
    status, rest = stopped([*drawing, "--iterations", "1000000"], number, until=b"iteration 50 ")
    assert status == 128 + number
    assert rest.splitlines()[-1] == "stopped" and "resume" not in rest
    assert "Traceback" not in rest and "Fatal" not in rest


SCRIPT = """
import sys, threading
from core import interrupts
interrupts.take_over()
interrupts.GRACE_S = 0.1
{0}
"""
HIDES = """
    text = 'go'
    while True:
        try:
            sys.stderr.write(text); text = ''; sys.stderr.flush()
            threading.Event().wait()
        except BaseException: pass
"""
WAITS = {
    "before any command": "sys.stderr.write('go'); sys.stderr.flush(); threading.Event().wait()",
    "in a library that hides it": f"with interrupts.running():{HIDES}",
    "where none can be raised": """
class Silent:
    def __del__(self):
        sys.stderr.write('go'); sys.stderr.flush()
        threading.Event().wait()
with interrupts.running():
    Silent()
    threading.Event().wait()
""",
}


@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS.keys())
def test_ctrl_c_ends_the_process_wherever_it_is(wait):
    status, rest = stopped(["-c", SCRIPT.format(wait)], signal.SIGINT, until=b"go")
    assert status == 130 and rest.splitlines()[-1] == "stopped"


def test_a_stop_says_what_fits_the_command():
    words = "interrupts.when_stopped(lambda: 'stopped; and how')"
    wait = f"with interrupts.running(), {words}:{HIDES}"
    _, rest = stopped(["-c", SCRIPT.format(wait)], signal.SIGINT, until=b"go")
    assert rest.splitlines()[-1] == "stopped; and how"


def test_a_stopped_list_of_data_sets_speaks_of_no_training():
    wait = """
from core.__main__ import main
from core.datasets import command
def hang(_):
    sys.stderr.write('go'); sys.stderr.flush()
    threading.Event().wait()
command.data_dir = hang
sys.exit(main(['data', 'list']))
"""
    status, rest = stopped(["-c", SCRIPT.format(wait)], signal.SIGINT, until=b"go")
    assert (status, rest) == (130, "stopped\n")


def test_an_ignored_signal_stays_ignored():
    script = SCRIPT.format(
        "import os, signal; os.kill(os.getpid(), signal.SIGINT); print('went on')"
    )
    done = shell(f"trap '' INT; exec {sys.executable} -c \"{script}\"")
    assert (done.returncode, done.stdout) == (0, "went on\n"), done.stderr
