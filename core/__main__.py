"""The command line: `python -m core COMMAND`; results to stdout, progress and errors to stderr.

Loads nothing before a function is called, so that Ctrl-C ends in one line from the first moment.
"""

import sys
from collections.abc import Sequence

from core import interrupts

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and says on stderr, in one line, what kept it from its end.

    Returns:
        0; 2 for bad input; 130 after Ctrl-C and 143 after SIGTERM; 1 for any other failure.
    """
    try:
        from core.console import check_output

        check_output()
        args = build_parser().parse_args(arguments)
        with interrupts.running():
            args.run(args)
            sys.stdout.flush()
    except BrokenPipeError:
        return 1  # the reader of our output has gone, as in `| head`
    except KeyboardInterrupt:
        return _stopped()
    except Exception as error:
        if interrupts.is_stopped():  # a library made something else of the interrupt
            return _stopped()
        from core.failures import explain

        line, status = explain(error)
        sys.stderr.write(f"error: {line}\n")
        return status
    return 0


def build_parser() -> "argparse.ArgumentParser":
    """Returns the parser of all commands."""
    from core import commands

    return commands.build_parser()


def run() -> None:
    """Is the program: makes its streams hold, runs the command, and ends."""
    interrupts.take_over()
    from core import console

    console.take_over()
    console.leave(main())


def _stopped() -> int:
    sys.stderr.write(f"{interrupts.stopping_words()}\n")
    return interrupts.stopping_status()


if __name__ == "__main__":
    run()
