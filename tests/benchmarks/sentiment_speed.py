"""An epoch of the lesson's CNN, 25,000 reviews scored, and one review live, beside Keras 3.

Both sides train the same net on the same ids in turn, in this process: embedding of 32, 64 filters
of 5 words, pooling by two, 100 hidden units, dropout as in the lesson, batches of 64, Adam. Ours
leaves words out of each batch as Keras 1 did; Keras 3 has no such layer and is spared that work.
The first epoch of either side compiles and is not counted. Then our shipped models score the test
reviews, all at once and one by one as a page does. Keras runs on `KERAS_BACKEND` (jax by default).

    python tests/benchmarks/sentiment_speed.py
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
from flax import nnx

from core.bundle import ASSETS
from core.datasets import ensure
from core.loop import gradient_epoch, initial_state
from core.reviews import read_reviews
from core.sentiment import MODELS
from core.sentiment.data import count_vocabulary, labelled, pad_all
from core.sentiment.explore import SentimentModel, open_model
from core.sentiment.model.lesson import Cnn, CnnConfig
from core.sentiment.model.nbsvm import NbsvmConfig
from core.sentiment.train.fit import adam, loss
from core.sentiment.train.nbsvm import fit_nbsvm
from core.sentiment.train.presets import PRESETS

ROUNDS = 3
SCORED_ALONE = 300
CONFIG = CnnConfig()


def our_epochs(ids: np.ndarray, labels: np.ndarray) -> Callable[[], None]:
    """Compiles an epoch of ours and returns what runs one."""
    model, optimizer = Cnn(CONFIG, rngs=nnx.Rngs(0)), adam(PRESETS["cnn"], steps_an_epoch=1)
    epoch = gradient_epoch(model, optimizer, loss, batch_size=64)
    state, data = initial_state(model, optimizer), jax.device_put((ids, labels))
    compiled = epoch.lower(state, jax.random.key(0), data).compile()
    kept = [state]

    def run() -> None:
        kept[0], metrics = compiled(kept[0], jax.random.key(0), data)
        float(metrics["loss"])

    return run


def keras_net() -> object:
    """Makes the lesson's CNN in Keras 3."""
    import keras
    from keras import layers

    net = keras.Sequential(
        [
            keras.Input((CONFIG.length,), dtype="int32"),
            layers.Embedding(CONFIG.n_ids, CONFIG.n_dims),
            layers.Dropout(CONFIG.input_dropout),
            layers.Conv1D(CONFIG.n_filters, CONFIG.sizes[0], padding="same", activation="relu"),
            layers.Dropout(CONFIG.filter_dropout),
            layers.MaxPooling1D(),
            layers.Flatten(),
            layers.Dense(CONFIG.n_hidden, activation="relu"),
            layers.Dropout(CONFIG.dropout),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    net.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy")
    return net


def seconds(run: Callable[[], object]) -> float:
    """Returns how long one call takes."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def ms_alone(model: SentimentModel, texts: list[str]) -> float:
    """Returns the median of milliseconds to score one text, once warm."""
    for text in texts[:10]:
        model.score(text)
    return 1e3 * statistics.median(seconds(lambda text=text: model.score(text)) for text in texts)


def main() -> None:
    """Prints one table."""
    write = sys.stdout.write
    reviews = read_reviews(ensure("imdb"))
    train, test = labelled(reviews, "train"), labelled(reviews, "test")
    vocabulary = count_vocabulary(train, CONFIG.n_ids)
    ids, test_ids = (pad_all(texts, vocabulary, CONFIG.length) for texts in (train, test))
    write(f"25,000 reviews of {CONFIG.length} ids, {os.cpu_count()} cores\n")
    ours = our_epochs(ids, train.labels)
    ours()
    times: dict[str, list[float]] = {"ours": [], "keras": [], "keras scores": []}
    keras = None
    if importlib.util.find_spec("keras"):
        os.environ.setdefault("KERAS_BACKEND", "jax")
        keras = keras_net()
        keras.fit(ids, train.labels, batch_size=64, epochs=1, verbose=0)
        keras.predict(test_ids[:256], batch_size=256, verbose=0)
    for _ in range(ROUNDS):
        times["ours"].append(seconds(ours))
        if keras is not None:
            times["keras"].append(
                seconds(lambda: keras.fit(ids, train.labels, batch_size=64, epochs=1, verbose=0))
            )
            times["keras scores"].append(
                seconds(lambda: keras.predict(test_ids, batch_size=256, verbose=0))
            )
    median = {name: statistics.median(values) for name, values in times.items() if values}
    write(f"an epoch of the lesson's CNN: ours {median['ours']:.1f} s\n")
    if keras is None:
        write("Keras is not installed: left out\n")
    else:
        ratios = [a / b for a, b in zip(times["ours"], times["keras"], strict=True)]
        write(
            f"  Keras 3 ({os.environ['KERAS_BACKEND']}): {median['keras']:.1f} s; ours / theirs "
            f"{median['ours'] / median['keras']:.2f} (rounds {min(ratios):.2f} to "
            f"{max(ratios):.2f}); 25,000 reviews scored in {median['keras scores']:.1f} s\n"
        )
    write(f"NB-SVM fitted in {seconds(lambda: fit_nbsvm(NbsvmConfig(), train)):.1f} s\n")
    texts = [
        " ".join(test.words[token] for token in test.tokens[start:end])
        for start, end in zip(test.starts[:SCORED_ALONE], test.starts[1:], strict=False)
    ]
    together = 0.0
    for name in MODELS:
        if not (ASSETS / f"sentiment-{name}").is_dir():
            write(f"  {name}: no bundle in the assets\n")
            continue
        model = open_model(name)
        alone = ms_alone(model, texts)
        together += alone
        write(
            f"  {name}: one review {alone:.2f} ms at the median of {SCORED_ALONE}, 25,000 in "
            f"{seconds(lambda model=model: model.logits_of(test)):.1f} s\n"
        )
    write(f"  all of them, one review: {together:.1f} ms\n")


if __name__ == "__main__":
    main()
