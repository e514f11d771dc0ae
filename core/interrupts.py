"""Ctrl-C and SIGTERM: one line and the status of shells, whatever the process is doing.

Imports next to nothing, so that it is in force before anything else is loaded.
"""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator

STOPPED = "stopped"
GRACE_S = 3.0  # for clearing up; code of libraries that does not return by then is ended

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _State:
    """What the handlers of this process share."""

    def __init__(self) -> None:
        self.number: int | None = None  # of the signal that asks for the end
        self.is_running = False  # a command is at work and may have something to clear up
        self.words: Callable[[], str] = lambda: STOPPED  # what the end says


_STATE = _State()


def take_over() -> None:
    """Lets Ctrl-C and SIGTERM end this process in one line.

    Called once, by a process that runs one command. A signal that the parent process had ignored,
    as a shell does for what it starts in the background, stays ignored.
    """
    taken = [s for s in _SIGNALS if signal.getsignal(s) not in (signal.SIG_IGN, None)]
    for number in taken:
        signal.signal(number, _stop)
    if taken:
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        threading.Thread(target=_watch, args=(reader,), daemon=True).start()
    sys.unraisablehook = _without_interrupts(sys.unraisablehook)


def give_back() -> None:
    """Lets the signals end the process as they do elsewhere; all work is done."""
    for number in _SIGNALS:
        if signal.getsignal(number) is _stop:
            signal.signal(number, signal.SIG_DFL)


@contextlib.contextmanager
def running() -> Iterator[None]:
    """While the block runs, a signal raises KeyboardInterrupt; before and after it ends at once."""
    _STATE.is_running = True
    try:
        yield
    finally:
        _STATE.is_running = False


@contextlib.contextmanager
def when_stopped(words: Callable[[], str]) -> Iterator[None]:
    """Sets what a stop says while the block runs.

    Args:
        words: asked when it happens; one line, e.g. that --resume goes on.
    """
    before, _STATE.words = _STATE.words, words
    try:
        yield
    except KeyboardInterrupt:
        said = words()  # as things are now: later it may not be told any more
        _STATE.words = lambda: said
        raise
    except BaseException:
        _STATE.words = before
        raise
    _STATE.words = before


def is_stopped() -> bool:
    """Says whether a signal asked for the end, also where a library hid the interrupt."""
    return _STATE.number is not None


def stopping_words() -> str:
    """Returns what to say of the stop, and forgets it."""
    said, _STATE.words = _STATE.words(), lambda: STOPPED
    return said


def stopping_status() -> int:
    """Returns the exit status of a stopped command: 130 after Ctrl-C, 143 after SIGTERM."""
    return 128 + (_STATE.number or signal.SIGINT)


def _stop(number: int, _: object) -> None:
    _STATE.number = number
    if not _STATE.is_running:
        _end_now()
    raise KeyboardInterrupt


def _watch(reader: int) -> None:
    """Ends the process when the main thread does not: it may be deep in native code for minutes."""
    while True:
        numbers = [n for n in os.read(reader, 64) if n in _SIGNALS]
        if numbers:
            time.sleep(GRACE_S)  # while the main thread clears up; its end ends this one too
            _STATE.number = numbers[0]
            _say("")  # behind the progress that stands there
            _end_now()


def _end_now() -> None:
    _say(_STATE.words())
    os._exit(stopping_status())


def _say(line: str) -> None:
    with contextlib.suppress(OSError):
        os.write(2, f"{line}\n".encode())


def _without_interrupts(
    hook: Callable[["sys.UnraisableHookArgs"], object],
) -> Callable[["sys.UnraisableHookArgs"], None]:
    """Keeps quiet about interrupts that hit where none can be raised; `_watch` sees to the end."""

    def report(problem: "sys.UnraisableHookArgs") -> None:
        if not (_STATE.number and issubclass(problem.exc_type, KeyboardInterrupt)):
            hook(problem)

    return report
