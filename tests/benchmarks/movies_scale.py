"""Cost per rating of a sweep, from a hundred thousand to 32 million synthetic ratings.

Users and films are drawn from a power law, as crowds do; the largest set has the size of MovieLens
32M (200,948 users, 87,585 films). Each size runs in a process of its own, which reports its own
peak memory.

    python tests/benchmarks/movies_scale.py [RATINGS ...]
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

SIZES = (100_000, 1_000_000, 10_000_000, 32_000_204)
FULL = (32_000_204, 200_948, 87_585)
SWEEPS = 2


def synthetic(n_ratings: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, int, int]:
    """Draws ratings between users and films whose popularity falls off as a power of their rank."""
    share = n_ratings / FULL[0]
    n_users = max(600, int(FULL[1] * share))
    n_items = max(9_000, int(FULL[2] * share**0.5))
    rng = np.random.default_rng(seed)

    def drawn(n: int, exponent: float) -> np.ndarray:
        weights = (np.arange(n) + 10.0) ** -exponent
        ends = np.cumsum(weights / weights.sum())
        return (
            np.searchsorted(ends, rng.random(n_ratings, np.float32))
            .clip(max=n - 1)
            .astype(np.int32)
        )

    users, items = drawn(n_users, 0.7), drawn(n_items, 0.9)
    return users, items, rng.normal(size=n_ratings).astype(np.float32), n_users, n_items


def one_size(n_ratings: int) -> None:
    """Prints one JSON line for one size."""
    import jax

    from core.movies.train import als

    users, items, ratings, n_users, n_items = synthetic(n_ratings)
    begun = time.perf_counter()
    by_user = als.cut_segments(users, items, ratings, n_users, n_items)
    by_item = als.cut_segments(items, users, ratings, n_items, n_users)
    prepared = time.perf_counter() - begun
    del users, items, ratings
    config = als.AlsConfig()
    state = als.initial_state(config, n_users, n_items, seed=0)
    # put over one by one, so that the host's copy can go
    by_user = jax.block_until_ready(jax.device_put(by_user))
    by_item = jax.block_until_ready(jax.device_put(by_item))
    begun = time.perf_counter()
    sweep = als.sweep.lower(config, state, by_user, by_item).compile()
    compiled = time.perf_counter() - begun
    times = []
    for _ in range(SWEEPS):
        begun = time.perf_counter()
        state = jax.block_until_ready(sweep(state, by_user, by_item))
        times.append(time.perf_counter() - begun)
    report = {
        "ratings": n_ratings,
        "users": n_users,
        "films": n_items,
        "prepare_s": prepared,
        "compile_s": compiled,
        "sweep_s": min(times),
        "us_per_rating": min(times) / n_ratings * 1e6,
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }
    sys.stdout.write(json.dumps(report) + "\n")


def main() -> None:
    """Prints a row for each size, and the spread of the cost per rating."""
    sizes = [int(text) for text in sys.argv[1:]] or SIZES
    write = sys.stdout.write
    write("   ratings    users   films  prepare  compile    sweep  us/rating  peak GiB\n")
    costs = []
    for size in sizes:
        script = f"import runpy; runpy.run_path({__file__!r})['one_size']({size})"
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        )
        row = json.loads(done.stdout.splitlines()[-1])
        costs.append(row["us_per_rating"])
        write(
            f"{row['ratings']:10,} {row['users']:8,} {row['films']:7,} {row['prepare_s']:7.1f}s "
            f"{row['compile_s']:7.1f}s {row['sweep_s']:7.2f}s {row['us_per_rating']:9.3f} "
            f"{row['peak_gib']:9.2f}\n"
        )
        sys.stdout.flush()
    write(f"dearest / cheapest per rating: {max(costs) / min(costs):.2f}\n")


if __name__ == "__main__":
    main()
