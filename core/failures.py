"""What a failure says in one line, and its exit status: the last word of every command."""

import contextlib
import errno
import os
import re
import sys
import tempfile
import traceback
from typing import NamedTuple

from core.errors import LatentLabError

TRACE_VARIABLE = "LATENT_LAB_TRACE"

_REMEDIES = {
    errno.ENOSPC: "free some space, or choose another disk",
    errno.EDQUOT: "free some space, or choose another disk",
    errno.EROFS: "choose a folder that can be written",
    errno.EACCES: "check its permissions, or choose another one",
    errno.EPERM: "check its permissions, or choose another one",
    errno.ENOENT: "check the path",
    errno.ENOTDIR: "check the path",
    errno.EISDIR: "name a file",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EEXIST: "choose another name",
    errno.ELOOP: "check the symbolic links of the path",
    errno.EBUSY: "close what holds it open, or choose another one",
    errno.ETXTBSY: "close what holds it open, or choose another one",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "raise the limit of open files (ulimit -n)",
    errno.EIO: "check the disk",
}
_PLATFORMS_MODULE = os.path.join("jax", "_src", "xla_bridge.py")
_PLATFORM_WORDS = ("Unable to initialize backend", "Unknown backend")
_LOST_WORDS = re.compile(r"Gloo|NCCL|coordination service|heartbeat", re.IGNORECASE)
_LENGTH = 300  # characters of what another library says


class Failure(NamedTuple):
    """What is said of a failure, on one line, and the exit status."""

    line: str
    status: int


def explain(error: BaseException) -> Failure:
    """Puts a failure into one line that says what to do.

    What is nobody's input and no trouble of the machine is a fault of this program: it is called
    one, and its trace is kept in a file, or shown where LATENT_LAB_TRACE is set.
    """
    if isinstance(error, LatentLabError):
        return Failure(_one_line(error), error.exit_code)
    if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error):
        return Failure(
            "the memory of this machine does not suffice: ask for less (a smaller preset, fewer "
            "words, seeds or photos), or end other programs",
            1,
        )
    if isinstance(error, UnicodeEncodeError) and error.reason == "surrogates not allowed":
        return Failure(
            "an argument or file name holds bytes that are no text in this terminal's encoding: "
            "type it anew, in UTF-8",
            2,
        )
    if isinstance(error, OSError) and error.errno is not None:
        return Failure(_of_system(error), 1)
    if _is_of_platforms(error):
        return Failure(_of_platforms(error), 2)
    if _is_of_lost_host(error):
        return Failure(
            "another host of this run was lost; start all hosts again with --resume "
            f"({_one_line(error)})",
            1,
        )
    if isinstance(error, ModuleNotFoundError) and not (error.name or "core").startswith("core"):
        return Failure(
            f"the package {error.name} is missing; install it: pip install -r requirements.txt", 1
        )
    return Failure(_of_fault(error), 1)


def reason(error: OSError) -> str:
    """Returns what the system says of an error, e.g. "no space left on device"."""
    return (error.strerror or _one_line(error)).lower()


def _of_system(error: OSError) -> str:
    what = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    remedy = _REMEDIES.get(error.errno or 0)
    return what + reason(error) + (f"; {remedy}" if remedy else "")


def _is_of_platforms(error: BaseException) -> bool:
    """Tells whether JAX found no device: it raises RuntimeError, or fails to assert.

    In compiled functions JAX hides its own frames, so that only the words are left to tell by.
    """
    if isinstance(error, RuntimeError) and str(error).startswith(_PLATFORM_WORDS):
        return True
    frames = traceback.walk_tb(error.__traceback__)
    return any(frame.f_code.co_filename.endswith(_PLATFORMS_MODULE) for frame, _ in frames)


def _is_of_lost_host(error: BaseException) -> bool:
    """Tells whether a run over several hosts, see `core.devices`, cannot reach one any more."""
    is_of_several = bool(os.environ.get("LATENT_LAB_COORDINATOR"))
    return (
        is_of_several
        and isinstance(error, RuntimeError)
        and _LOST_WORDS.search(str(error)) is not None
    )


def _of_platforms(error: BaseException) -> str:
    chosen = os.environ.get("JAX_PLATFORMS") or os.environ.get("JAX_PLATFORM_NAME")
    if chosen:
        return (
            f"JAX_PLATFORMS ({chosen}) should name platforms that JAX finds here; leave it unset, "
            "or set it to cpu"
        )
    return f"JAX finds no device to compute on ({_one_line(error)}); set JAX_PLATFORMS to cpu"


def _of_fault(error: BaseException) -> str:
    what = f"{type(error).__name__}: {_one_line(error)}"
    if os.environ.get(TRACE_VARIABLE):
        traceback.print_exception(error, file=sys.stderr)
        return f"internal error, please report it with the trace above ({what})"
    with contextlib.suppress(OSError):
        with tempfile.NamedTemporaryFile(
            "w",
            prefix="latent-lab-error-",
            suffix=".txt",
            delete=False,
            encoding="utf-8",
            errors="backslashreplace",
        ) as file:
            traceback.print_exception(error, file=file)
        return f"internal error, please report it with the trace in {file.name} ({what})"
    return f"internal error, please report it; {TRACE_VARIABLE}=1 shows the trace ({what})"


def _one_line(error: BaseException) -> str:
    line = re.sub(r"\s*[\r\n]+\s*", " ", str(error)).strip()
    if isinstance(error, LatentLabError):
        return line
    return line if len(line) <= _LENGTH else f"{line[:_LENGTH]}..."
