"""What exact t-SNE costs as words grow: seconds an iteration, per pair, and memory; then what that
predicts for all 400,000 words.

Each size runs in a process of its own, so that its peak memory is its own. Vectors are GloVe's.

    python tests/benchmarks/words_scale.py [WORDS ...]     # default: 2000 5000 10000 20000
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

EVERYTHING = 400_000
OPERATIONS = 15  # a pair: 2 differences, 2 squares, 2 sums, a division, a square, 6 for the sums
SHORT = 20  # iterations that are timed


def measure(n_words: int) -> dict[str, float]:
    """Times the affinities and some iterations in the middle of a run."""
    import jax

    from core.datasets import ensure
    from core.words.explore.glove import open_glove
    from core.words.tsne import descent as rooms
    from core.words.tsne.affinities import affinities

    points = np.array(open_glove(ensure("glove-6b")).matrix[:n_words])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    pairs = affinities(points)
    affinity_s = time.perf_counter() - begun
    links = rooms._link_table(pairs)
    positions = jax.numpy.asarray(1e5 * rooms.first_positions(points, rooms.TsneConfig()))

    def run(n_steps: int) -> float:
        zeros = jax.numpy.zeros_like(positions)
        motion = rooms._Motion(positions + 0, zeros, zeros + 1)
        begun = time.perf_counter()
        schedule = rooms._Schedule(1.0, 0, 0, 0.0)
        jax.block_until_ready(rooms.descend(motion, links, schedule, 0, n_steps))
        return time.perf_counter() - begun

    run(1)  # compiles
    once = min(run(1) for _ in range(2))
    iteration_s = min((run(1 + SHORT) - once) / SHORT for _ in range(3))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "words": n_words,
        "device": jax.devices()[0].device_kind,
        "affinity_s": affinity_s,
        "iteration_s": iteration_s,
        "ns_a_pair": 1e9 * iteration_s / n_words**2,
        "peak_growth_mb": (peak - before) / 1024,
    }


def say(text: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    """Measures each size in its own process and extrapolates the last."""
    if sys.argv[1:2] == ["--one"]:
        say(json.dumps(measure(int(sys.argv[2]))))
        return
    rows = []
    for n_words in sys.argv[1:] or ("2000", "5000", "10000", "20000"):
        done = subprocess.run(
            [sys.executable, __file__, "--one", n_words],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        row = rows[-1]
        say(
            f"{row['words']:7,} words: affinities {row['affinity_s']:6.1f} s, an iteration "
            f"{1e3 * row['iteration_s']:8.2f} ms, {row['ns_a_pair']:.3f} ns a pair, 1,000 "
            f"iterations {1e3 * row['iteration_s']:6.1f} s, memory "
            f"+{row['peak_growth_mb']:,.0f} MB",
        )
    last = rows[-1]
    hours = 1e3 * last["ns_a_pair"] * 1e-9 * EVERYTHING**2 / 3600
    work = 1e3 * OPERATIONS * EVERYTHING**2
    say(
        f"{EVERYTHING:,} words, 1,000 exact iterations: {work:.1e} operations; at this cost a pair "
        f"{hours:.1f} hours on {last['device']}; {work / 20e12 / 60:.0f} minutes at 20 TFLOP/s, a "
        "third of what an H100 does in float32"
    )


if __name__ == "__main__":
    main()
