"""GloVe's 400,000 words on this machine: first reading, opening, and every kind of question.

Readings run in processes of their own, which report their own peak memory; the peer is
pandas.read_csv on the same member, which checks nothing and keeps nothing. Needs the archive
(LATENT_LAB_MIRROR, or `python -m core data get glove-6b`).

    python tests/benchmarks/words_queries.py [--repeats N]
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.datasets import ensure
from core.datasets.archives import open_member
from core.datasets.glove_text import read_glove
from core.words.explore.ask import compare
from core.words.explore.glove import open_glove
from core.words.explore.vectors import WordVectors

MEMBER = "glove.6B.50d.txt"
MISSPELT = ("qeen", "univeristy", "recieveing", "accomodashun", "presidentialll", "thermodinamicks")


def work(what: str, folder: str) -> None:
    """Does one reading and prints seconds and peak memory as JSON."""
    import resource

    local = ensure("glove-6b", download=False, progress=False)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    if what == "pandas":
        import pandas as pd

        with open_member(local.path, MEMBER) as stream:
            pd.read_csv(stream, sep=" ", header=None, index_col=0, quoting=3, na_filter=False)
    elif what == "memory":
        read_glove(local.path)
    else:
        open_glove(local, data_dir=folder).neighbours("king")
    report = {
        "seconds": time.perf_counter() - begun,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "before_mb": before / 1024,
    }
    sys.stdout.write(json.dumps(report) + "\n")


def apart(what: str, folder: str) -> dict[str, float]:
    """Runs `work` in a process of its own."""
    script = f"import runpy; runpy.run_path({__file__!r})['work']({what!r}, {folder!r})"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def questions(vectors: WordVectors, rng: np.random.Generator) -> dict[str, Callable[[], object]]:
    """One question of each kind, about frequent words drawn at random."""

    def drawn(n: int) -> list[str]:
        return [vectors.words[row] for row in rng.choice(20_000, n, replace=False)]

    misspelt = list(MISSPELT)
    # as large as a set of our own, with vectors drawn at random
    own = WordVectors("own", "drawn", vectors.words[:30_000], rng.normal(size=(30_000, 50)))
    return {
        "neighbours": lambda: vectors.neighbours(*drawn(1)),
        "analogy": lambda: vectors.analogy(*drawn(3)),
        "axis ends, top 10,000": lambda: vectors.ends(*drawn(2)),
        "axis ends, all": lambda: vectors.ends(*drawn(2), top_n=None),
        "similarity": lambda: vectors.similarity(*drawn(2)),
        "suggestion": lambda: vectors.suggest(misspelt[int(rng.integers(len(misspelt)))]),
        "comparison with 30,000": lambda: compare(vectors, own, *drawn(1)),
    }


def main() -> None:
    """Prints two tables: readings, and questions."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=50)
    repeats = parser.parse_args().repeats
    write = sys.stdout.write
    with tempfile.TemporaryDirectory() as folder:
        rows = {
            "pandas.read_csv (peer)": apart("pandas", folder),
            "read_glove, into memory": apart("memory", folder),
            "open_glove, first time": apart("open", folder),
            "open_glove, again": apart("open", folder),
        }
        peer = rows["pandas.read_csv (peer)"]["seconds"]
        write("reading 400,000 x 50          seconds  to peer   peak MB  (before)\n")
        for name, row in rows.items():
            write(
                f"{name:28s} {row['seconds']:8.2f} {row['seconds'] / peer:8.2f} "
                f"{row['peak_mb']:9.0f} {row['before_mb']:9.0f}\n"
            )
        sys.stdout.flush()
        local = ensure("glove-6b", download=False, progress=False)
        vectors = open_glove(local, data_dir=folder)
        write("\nquestion to all words      first ms   median ms    worst ms\n")
        for name, ask in questions(vectors, np.random.default_rng(0)).items():
            times = []
            for _ in range(repeats + 1):
                begun = time.perf_counter()
                ask()
                times.append((time.perf_counter() - begun) * 1e3)
            first, *later = times
            write(f"{name:24s} {first:10.2f} {statistics.median(later):11.2f} {max(later):11.2f}\n")


if __name__ == "__main__":
    main()
