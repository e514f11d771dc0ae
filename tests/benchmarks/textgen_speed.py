"""Characters a second of the lesson's net, and the loop around `predict` of Keras 3 beside it.

Both have the lesson's sizes (vectors of 24, two LSTM of 512, 57 characters) and weights that nobody
trained, which cost the same. Ours reads the prime once and then keeps its state; Keras, as in the
lesson, is given the last 40 characters anew for each one that it writes. Both write after a first
call that compiles. Then an epoch of the stream is timed on the book, if it is here.

    python tests/benchmarks/textgen_speed.py
    pip install -r tests/benchmarks/requirements.txt    # for Keras
"""

import importlib.util
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import jax
import optax
from flax import nnx

from core.datasets import ensure
from core.errors import LatentLabError
from core.loop import initial_state, named_arrays
from core.textgen.data import read_corpus
from core.textgen.inference import PIECE, Engine
from core.textgen.model import CharConfig, CharNet
from core.textgen.sampling import Settings
from core.textgen.train.fitting import stream_epoch

CONFIG = CharConfig(57)
WINDOW = 40  # characters that the lesson's net is given
N_OURS, N_KERAS = 64 * PIECE, 40
ROUNDS = 3
TEMPERATURE = 0.8


def our_writer() -> Callable[[], None]:
    """Returns what writes `N_OURS` characters."""
    net = CharNet(CONFIG, rngs=nnx.Rngs(0))
    engine = Engine(CONFIG, named_arrays(nnx.state(net, nnx.Param)))
    prime = np.random.default_rng(0).integers(0, CONFIG.n_chars, WINDOW).astype(np.int32)

    def write() -> None:
        pieces = engine.write(engine.read(prime).end, Settings(TEMPERATURE))
        for _ in range(N_OURS // PIECE):
            next(pieces)

    return write


def keras_writer() -> Callable[[], None]:
    """Returns what writes `N_KERAS` characters with the lesson's loop."""
    import keras
    from keras import layers

    net = keras.Sequential(
        [
            keras.Input((WINDOW,), dtype="int32"),
            layers.Embedding(CONFIG.n_chars, CONFIG.n_dims),
            layers.LSTM(CONFIG.n_units, return_sequences=True),
            layers.LSTM(CONFIG.n_units),
            layers.Dense(CONFIG.n_chars, activation="softmax"),
        ]
    )
    rng = np.random.default_rng(0)
    text = rng.integers(0, CONFIG.n_chars, WINDOW).tolist()

    def write() -> None:
        for _ in range(N_KERAS):
            shares = net.predict(np.array([text[-WINDOW:]]), verbose=0)[0].astype(float)
            scaled = np.exp(np.log(shares) / TEMPERATURE)
            text.append(int(rng.choice(CONFIG.n_chars, p=scaled / scaled.sum())))

    return write


def epoch_rate() -> float:
    """Returns characters a second of training the lesson's net on the stream."""
    ids = read_corpus(ensure("nietzsche"), lower=True).train
    net = CharNet(CONFIG, rngs=nnx.Rngs(0))
    optimizer = optax.adam(1e-3)
    run = stream_epoch(net, optimizer, n_streams=64, n_steps=64)
    part = jax.device_put(ids[: 64 * 64 * 12 + 65])
    state = initial_state(net, optimizer)
    compiled = run.lower(state, jax.random.key(0), part).compile()
    state, metrics = compiled(state, jax.random.key(0), part)
    float(metrics["loss"])
    begun = time.perf_counter()
    _, metrics = compiled(state, jax.random.key(1), part)
    float(metrics["loss"])
    return len(part) / (time.perf_counter() - begun)


def rate(write: Callable[[], None], n_chars: int) -> float:
    """Returns characters a second of one call."""
    begun = time.perf_counter()
    write()
    return n_chars / (time.perf_counter() - begun)


def main() -> None:
    """Prints one table."""
    say = sys.stdout.write
    say(f"two LSTM of {CONFIG.n_units}, {os.cpu_count()} cores\n")
    ours, keras = our_writer(), None
    ours()
    if importlib.util.find_spec("keras"):
        os.environ.setdefault("KERAS_BACKEND", "jax")
        keras = keras_writer()
        keras()
    rates: dict[str, list[float]] = {"ours": [], "keras": []}
    for _ in range(ROUNDS):
        rates["ours"].append(rate(ours, N_OURS))
        if keras is not None:
            rates["keras"].append(rate(keras, N_KERAS))
    say(f"ours writes {statistics.median(rates['ours']):,.0f} characters a second\n")
    if keras is None:
        say("Keras is not installed: left out\n")
    else:
        ratios = [a / b for a, b in zip(rates["ours"], rates["keras"], strict=True)]
        say(
            f"  Keras 3 ({os.environ['KERAS_BACKEND']}), a predict a character: "
            f"{statistics.median(rates['keras']):,.1f}; ours is {statistics.median(ratios):,.0f} "
            f"times as fast (rounds {min(ratios):,.0f} to {max(ratios):,.0f})\n"
        )
    try:
        say(f"training on the stream: {epoch_rate():,.0f} characters a second\n")
    except LatentLabError as error:
        say(f"training is left out: {error}\n")


if __name__ == "__main__":
    main()
