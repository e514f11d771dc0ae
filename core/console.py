"""The standard streams of a command, made to hold, and its end without noise."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import NoReturn, TextIO

from core import interrupts
from core.errors import InputError, LatentLabError
from core.failures import reason

_LEGACY = ("strict", "surrogateescape")  # ways to give up on a character that a code page lacks


class Lenient(io.TextIOWrapper):
    """A standard error that never fails: progress and warnings are not worth a lost run."""

    def write(self, text: str) -> int:
        """Writes what can be written; returns the length of the text."""
        with contextlib.suppress(OSError, ValueError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        """Hands over what can be handed over."""
        with contextlib.suppress(OSError, ValueError):
            super().flush()


class Output(io.TextIOWrapper):
    """A standard output that says so when it can take no more."""

    def write(self, text: str) -> int:
        """Writes text.

        Raises:
            BrokenPipeError: the reader has gone.
            LatentLabError: it cannot be written.
        """
        with _told():
            return super().write(text)

    def flush(self) -> None:
        """Hands over what was written; raises what `write` does."""
        with _told():
            super().flush()


def take_over() -> None:
    """Makes the standard streams of this process hold; called once, by one that runs a command."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)  # else the next file would be taken for a stream
    os.close(descriptor)
    if sys.stdout is not None:
        sys.stdout = sys.__stdout__ = _again(sys.stdout, Output)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")
    else:
        sys.stderr = sys.__stderr__ = _again(sys.stderr, Lenient)


def standard_input() -> io.BufferedIOBase:
    """Returns the bytes of standard input.

    Raises:
        InputError: it is closed.
    """
    if sys.stdin is None:
        raise InputError(
            "FILE (-) should be a file: standard input is closed; name a file, or send one to it"
        )
    assert isinstance(sys.stdin.buffer, io.BufferedIOBase)  # as Python opens it
    return sys.stdin.buffer


def check_output() -> None:
    """Checks that there is a standard output, before any work is done for it.

    Raises:
        LatentLabError: it is closed.
    """
    if sys.stdout is None:
        raise LatentLabError("standard output is closed: send it to a file, or to /dev/null")


def leave(status: int) -> NoReturn:
    """Ends the process, without the interpreter's shutdown where the command failed.

    A failed or stopped command may leave threads of XLA behind that still compute, and a shutdown
    frees what they read: stopped commands used to end in segmentation faults. All files are closed
    and all that was to be cleared up is, by the time that a command returns.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with contextlib.suppress(OSError, ValueError, LatentLabError):
                stream.flush()
    if status:
        os._exit(status)
    interrupts.give_back()
    sys.exit(status)


def _again(stream: TextIO, kind: type[io.TextIOWrapper]) -> io.TextIOWrapper:
    """Opens a standard stream as another kind.

    A legacy code page shows what it can, instead of giving up at the first other character.
    """
    assert isinstance(stream, io.TextIOWrapper)  # as Python opens them
    errors = "replace" if stream.errors in _LEGACY else stream.errors
    settings = {
        "encoding": stream.encoding,
        "line_buffering": stream.line_buffering,
        "write_through": stream.write_through,
    }
    return kind(stream.detach(), errors=errors, **settings)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise LatentLabError(
            f"standard output cannot take the results ({reason(error)}); send it elsewhere"
        ) from error
