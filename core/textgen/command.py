"""`textgen generate` and `textgen score`."""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from core.console import standard_input
from core.errors import InputError
from core.options import (
    MOST_SEED,
    MOST_SHOWN,
    real,
    whole,
)
from core.text_files import decode
from core.textgen import MODELS
from core.textgen.explore import open_model
from core.textgen.sampling import MOST_CHARS, MOST_TEMPERATURE, Settings, check_length

_MAX_BYTES = 20_000_000


def register(subparsers: argparse._SubParsersAction) -> None:
    """Adds the command `textgen` with its questions."""
    textgen = subparsers.add_parser("textgen", help="let a net write, or read a text of yours")
    actions = textgen.add_subparsers(title="questions", metavar="QUESTION", required=True)
    generate = actions.add_parser(
        "generate",
        help="write on behind a text",
        description="Writes characters behind a text; the same seed writes the same.",
    )
    generate.add_argument("--prime", default="", help="text that is read first (default: none)")
    generate.add_argument(
        "--n-chars", type=whole(1, MOST_CHARS), default=320, help="default: %(default)s"
    )
    generate.add_argument(
        "--temperature",
        type=real(0, MOST_TEMPERATURE),
        default=0.8,
        help="0 takes the likeliest (default: 0.8)",
    )
    generate.add_argument(
        "--top-k",
        type=whole(0, MOST_SHOWN),
        default=0,
        help="only so many of the likeliest; 0 for all (default)",
    )
    generate.add_argument(
        "--top-p",
        type=real(0, 1),
        default=1.0,
        help="only the likeliest of this probability together",
    )
    generate.add_argument(
        "--seed", type=whole(0, MOST_SEED), default=0, help="of the draws (default: 0)"
    )
    generate.set_defaults(run=run_generate)
    score = actions.add_parser(
        "score",
        help="bits a character of a text",
        description="Reads a text and prints how surprised the net is, in bits a character.",
    )
    score.add_argument(
        "file", nargs="?", default="-", metavar="FILE", help="a text file; - reads from stdin"
    )
    score.add_argument(
        "--chars", action="store_true", help="a line for each character: bits, tab, character"
    )
    score.set_defaults(run=run_score)
    for parser in (generate, score):
        parser.add_argument(
            "--model", default=MODELS[0], help=f"{', '.join(MODELS)} (default: %(default)s)"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")


def run_generate(args: argparse.Namespace) -> None:
    """Writes characters as they are drawn.

    Raises:
        InputError: a value is out of bounds.
        BundleError: the model's bundle is missing or damaged.
    """
    settings = Settings(args.temperature, args.top_k, args.top_p, args.seed)
    check_length(args.n_chars)
    model = open_model(args.model)
    reading = model.reading_of(args.prime)
    _tell_replaced(reading.replaced)
    written, bits = [], []
    for trace in model.write(reading.text, args.n_chars, settings):
        written.append(trace.text)
        bits.append(trace.bits)
        if not args.json:
            sys.stdout.write(trace.text)
            sys.stdout.flush()
    if args.json:
        found = {
            "model": args.model,
            "prime": reading.text,
            "text": "".join(written),
            "bits_per_char": float(np.concatenate(bits).mean()),
        }
        sys.stdout.write(json.dumps(found))
    sys.stdout.write("\n")


def run_score(args: argparse.Namespace) -> None:
    """Reads a text and tells the surprise.

    Raises:
        InputError: there is no such file, or nothing in it that can be read.
        BundleError: the model's bundle is missing or damaged.
    """
    text = _text_of(args.file)
    model = open_model(args.model)
    reading = model.alphabet.read(text)
    if not reading.text:
        raise InputError(f"FILE ({args.file}) should hold text: there is none to read")
    _tell_replaced(reading.replaced)
    bits = model.score(reading.text)
    if args.json:
        found = {
            "model": args.model,
            "bits_per_char": float(bits.mean()),
            "n_chars": len(bits),
            "replaced": reading.replaced,
        }
        if args.chars:
            found["bits"] = bits.tolist()
        sys.stdout.write(json.dumps(found) + "\n")
        return
    if args.chars:
        for char, value in zip(reading.text, bits, strict=True):
            sys.stdout.write(f"{value:.4f}\t{json.dumps(char)}\n")
    sys.stdout.write(f"{bits.mean():.4f} bits a character over {len(bits):,}\n")


def _text_of(name: str) -> str:
    try:
        if name == "-":
            content = standard_input().read(_MAX_BYTES + 1)
        else:
            with Path(name).open("rb") as stream:
                content = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"FILE ({name}) should be a readable file: {error.strerror}") from error
    if len(content) > _MAX_BYTES:
        raise InputError(f"FILE ({name}) should have at most {_MAX_BYTES:,} bytes: shorten it")
    return decode(content, f"FILE ({name})", remedy="save it as UTF-8")


def _tell_replaced(replaced: dict[str, str]) -> None:
    """Says on stderr which characters the model does not know, and how they are read."""
    if replaced:
        said = ", ".join(f"{char!r} as {other!r}" for char, other in replaced.items())
        sys.stderr.write(f"characters that the model does not know are read as others: {said}\n")
