"""The command line: `python -m core COMMAND`. Results go to stdout, progress and errors to stderr."""

import argparse
import sys
from collections.abc import Sequence

from core.datasets import command as datasets_command
from core.errors import LatentLabError
from core.movies import command as movies_command

COMMANDS = (datasets_command, movies_command)


def build_parser() -> argparse.ArgumentParser:
    """Gathers every topic's commands; topics import what is heavy only when they run."""
    parser = argparse.ArgumentParser(
        prog="python -m core", description="Train, measure and explore the models of Latent Lab."
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    train = subparsers.add_parser("train", help="train a model and write its bundle")
    topics = train.add_subparsers(dest="topic", required=True, metavar="TOPIC")
    for module in COMMANDS:
        module.register(subparsers)
        if hasattr(module, "register_training"):
            module.register_training(topics)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns the exit status: 0, 2 for bad input, 1 for anything else known."""
    args = build_parser().parse_args(arguments)
    try:
        args.run(args)
        sys.stdout.flush()
    except LatentLabError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    except BrokenPipeError:
        return 1  # the reader of our output has gone, as in `| head`
    except KeyboardInterrupt:
        sys.stderr.write("stopped; train again with --resume to go on\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
