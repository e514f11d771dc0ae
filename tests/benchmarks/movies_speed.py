"""Time to the lesson's error, and to a strong peer's, on the same split of the same ratings.

Ours is alternating least squares. The peers: Keras 3 on JAX with the lesson's recipe (Adam, batches
of 64), and Surprise's SVD (50 factors, regularisation 0.1, 40 epochs). Everything runs in one
process after another on this machine; a peer that is not installed is left out and said so.

    python tests/benchmarks/movies_speed.py
    pip install -r tests/benchmarks/requirements.txt    # for the peers
"""

import importlib.util
import os
import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.datasets import ensure
from core.movies.data import MovieData, mean_squared_error, random_split, read_movielens
from core.movies.train.one_split import Trained, train_one
from core.movies.train.presets import PRESETS

LESSON, SURPRISE = 0.7979, 0.7818
RUNS = 5


def seconds_until(run: Trained, target: float) -> tuple[float, float]:
    """Returns seconds of sweeps until the target, and the error then."""
    seconds = 0.0
    for row in run.history:
        seconds += row["seconds"]
        if row["val_mse"] <= target:
            return seconds, row["val_mse"]
    return float("inf"), run.val_mse


def keras_lesson(data: MovieData, train: np.ndarray, n_epochs: int) -> list[tuple[float, float]]:
    """Trains the lesson's bias model; returns (seconds so far, error) after each epoch."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    keras.utils.set_random_seed(0)
    l2 = keras.regularizers.L2(1e-4)
    start = keras.initializers.RandomUniform(-0.05, 0.05)
    user, item = keras.Input((1,), dtype="int32"), keras.Input((1,), dtype="int32")

    def table(n_rows: int, width: int, ids: object, penalty: object = None) -> object:
        layer = keras.layers.Embedding(
            n_rows, width, embeddings_initializer=start, embeddings_regularizer=penalty
        )
        return keras.layers.Flatten()(layer(ids))

    taste = keras.layers.Dot(1)(
        [table(data.n_users, 50, user, l2), table(data.n_items, 50, item, l2)]
    )
    stars = keras.layers.Add()([taste, table(data.n_users, 1, user), table(data.n_items, 1, item)])
    model = keras.Model([user, item], stars)
    model.compile(keras.optimizers.Adam(1e-3), "mse")
    inputs = [data.users[train][:, None], data.items[train][:, None]]
    held_out = [data.users[~train][:, None], data.items[~train][:, None]]
    schedule = [1e-3] + [1e-2] * 6 + [1e-3] * 15
    curve, seconds = [], 0.0
    model.train_on_batch([x[:64] for x in inputs], data.ratings[train][:64])  # compiles
    for rate in schedule[:n_epochs]:
        model.optimizer.learning_rate = rate
        begun = time.perf_counter()
        model.fit(inputs, data.ratings[train], batch_size=64, epochs=1, verbose=0)
        seconds += time.perf_counter() - begun
        predicted = model.predict(held_out, batch_size=4096, verbose=0)[:, 0]
        curve.append((seconds, mean_squared_error(predicted, data.ratings[~train])))
    return curve


def surprise_svd(data: MovieData, train: np.ndarray) -> tuple[float, float]:
    """Returns seconds of Surprise's fit and its error."""
    import pandas as pd
    from surprise import SVD, Dataset, Reader

    frame = pd.DataFrame(
        {"user": data.users[train], "item": data.items[train], "stars": data.ratings[train]}
    )
    reader = Reader(rating_scale=(0.5, 5))
    trainset = Dataset.load_from_df(frame, reader).build_full_trainset()
    model = SVD(n_factors=50, reg_all=0.1, n_epochs=40, random_state=0)
    begun = time.perf_counter()
    model.fit(trainset)
    seconds = time.perf_counter() - begun
    pairs = zip(data.users[~train].tolist(), data.items[~train].tolist(), strict=True)
    predicted = np.array([model.predict(user, item).est for user, item in pairs])
    return seconds, mean_squared_error(predicted, data.ratings[~train])


def main() -> None:
    """Prints one table."""
    data = read_movielens(ensure("ml-latest-small-2016"))
    train = random_split(len(data.ratings), seed=42)
    write = sys.stdout.write
    write(f"{len(data.ratings):,} ratings, split seed 42, {os.cpu_count()} cores\n")
    runs = [train_one(PRESETS["bias"], data, seed=0, train=train) for _ in range(RUNS)]
    compiling = statistics.median(run.compile_s for run in runs)
    mine = {}
    for target in (LESSON, SURPRISE):
        mine[target] = statistics.median(seconds_until(run, target)[0] for run in runs)
        write(
            f"ours to {target}: {mine[target]:.3f} s (median of {RUNS}), compiling apart "
            f"{compiling:.2f} s, MSE then {seconds_until(runs[0], target)[1]:.4f}\n"
        )
    if importlib.util.find_spec("surprise"):
        peers = [surprise_svd(data, train) for _ in range(RUNS)]
        theirs = statistics.median(seconds for seconds, _ in peers)
        write(
            f"Surprise SVD: {theirs:.3f} s, MSE {peers[0][1]:.4f}; ours / theirs to {SURPRISE} = "
            f"{mine[SURPRISE] / theirs:.2f}\n"
        )
    else:
        write("Surprise is not installed: left out\n")
    if importlib.util.find_spec("keras"):
        curve = keras_lesson(data, train, n_epochs=22)
        reached = [seconds for seconds, error in curve if error <= LESSON]
        spent, best = curve[-1][0], min(error for _, error in curve)
        theirs = reached[0] if reached else spent
        word = "reached it in" if reached else f"did not reach it (best {best:.4f}) in"
        write(
            f"Keras 3 ({os.environ['KERAS_BACKEND']}), lesson's recipe: {word} {theirs:.1f} s of "
            f"training; theirs / ours = {theirs / mine[LESSON]:.0f}\n"
        )
    else:
        write("Keras is not installed: left out\n")


if __name__ == "__main__":
    main()
