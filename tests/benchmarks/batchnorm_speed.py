"""The insertion pass beside plain inference over the same photos, and inference beside Keras.

Photos are drawn pictures of 227 pixels: time does not depend on what is on them. With the weights
of SqueezeNet in the mirror the real net is taken, else random weights, which cost the same. Where
Keras is installed, the same SqueezeNet is built there and timed on the same pictures, and VGG16's
reader is compared with `keras.applications` on a file of random weights that Keras wrote.

    python tests/benchmarks/batchnorm_speed.py
    pip install -r tests/benchmarks/requirements.txt    # for Keras
"""

import importlib.util
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import jax.numpy as jnp
from flax import nnx

from core.batchnorm.explore.drawings import draw
from core.batchnorm.model import CONCAT, CONVOLUTION, MAX_POOL, Net
from core.batchnorm.model.inputs import prepare
from core.batchnorm.model.keras_weights import known_net, load_keras
from core.batchnorm.surgery.statistics import measure
from core.datasets import ensure
from core.errors import LatentLabError
from core.loop import named_arrays

N_PHOTOS, BATCH, ROUNDS = 64, 32, 5


def squeezenet() -> Net:
    """Returns the real net, or one of random weights where its file is not here."""
    config = known_net("squeezenet", with_top=False)
    try:
        return load_keras(ensure("squeezenet", download=False).path, config)
    except LatentLabError as error:
        sys.stderr.write(f"random weights: {error}\n")
        return Net(config, rngs=nnx.Rngs(0))


def inference(net: Net, photos: np.ndarray) -> Callable[[], np.ndarray]:
    """Returns what runs the photos through a net, batch by batch."""
    graphdef, state = nnx.split(net)
    run = jax.jit(lambda state, images: nnx.merge(graphdef, state)(prepare(images)))

    def all_photos() -> np.ndarray:
        batches = (photos[at : at + BATCH] for at in range(0, len(photos), BATCH))
        return np.concatenate([np.asarray(run(state, jnp.asarray(batch))) for batch in batches])

    return all_photos


def keras_squeezenet(net: Net) -> Callable[[np.ndarray], np.ndarray]:
    """Builds the same net of Keras' layers and gives it the same weights."""
    import keras

    arrays = named_arrays(nnx.state(net))
    values = {"": keras.Input((net.config.size, net.config.size, 3))}
    convolutions = {}
    for layer in net.config.layers:
        inputs = [values[name] for name in layer.inputs]
        padding = layer.padding.lower()
        if layer.kind == CONVOLUTION:
            made = keras.layers.Conv2D(
                layer.n_channels, layer.kernel, strides=layer.stride, padding=padding
            )
            convolutions[layer.name] = made
            values[layer.name] = made(*inputs)
        elif layer.kind == MAX_POOL:
            pool = keras.layers.MaxPooling2D(layer.kernel, strides=layer.stride, padding=padding)
            values[layer.name] = pool(*inputs)
        elif layer.kind == CONCAT:
            values[layer.name] = keras.layers.Concatenate()(inputs)
        else:
            values[layer.name] = keras.layers.ReLU()(*inputs)
    model = keras.Model(values[""], values[net.config.layers[-1].name])
    for name, made in convolutions.items():
        made.set_weights([arrays[f"parts.{name}.{part}"] for part in ("kernel", "bias")])
    return lambda shown: model.predict(shown, batch_size=BATCH, verbose=0)


def vgg_difference() -> float:
    """Returns how far our VGG16 is from Keras' on one file of random weights."""
    import keras

    theirs = keras.applications.VGG16(weights=None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vgg16.h5"
        theirs.save(path)  # in the old format, which the published weights are in
        ours = load_keras(path, known_net("vgg16", with_top=True))
    photos = draw(2, size=224)
    shown = np.asarray(prepare(photos))
    expected = theirs.predict(shown, verbose=0)
    found = np.asarray(jax.nn.softmax(ours(shown)))
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def timed(*runs: Callable[[], object]) -> list[list[float]]:
    """Times each by turns, after a first round that compiles; seconds by run."""
    for run in runs:
        run()
    times: list[list[float]] = [[] for _ in runs]
    for _ in range(ROUNDS):
        for run, seconds in zip(runs, times, strict=True):
            started = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - started)
    return times


def main() -> None:
    """Prints both comparisons."""
    net, photos = squeezenet(), draw(N_PHOTOS, size=227)
    layers = [layer.name for layer in net.config.of_kind(CONVOLUTION)]
    plain = inference(net, photos)
    runs = [plain, lambda: measure(net, photos, layers, batch_size=BATCH)]
    names = ["inference", "insertion pass, 25 layers"]
    has_keras = importlib.util.find_spec("keras") is not None
    if has_keras:
        predict, shown = keras_squeezenet(net), np.asarray(prepare(photos))
        runs.append(lambda: predict(shown))
        names.append("Keras inference")
        apart = np.abs(predict(shown) - plain()).max() / np.abs(plain()).max()
        sys.stdout.write(f"SqueezeNet's output, ours and Keras': {apart:.1e} apart, relative\n")
        sys.stdout.write(f"VGG16's output, ours and Keras': {vgg_difference():.1e} apart\n")
    times = timed(*runs)
    base = statistics.median(times[0])
    for name, seconds in zip(names, times, strict=True):
        middle = statistics.median(seconds)
        sys.stdout.write(
            f"{name}: {1000 * middle / N_PHOTOS:.2f} ms a photo (from "
            f"{1000 * min(seconds) / N_PHOTOS:.2f} to {1000 * max(seconds) / N_PHOTOS:.2f}), "
            f"{middle / base:.2f} times inference\n"
        )
    if not has_keras:
        sys.stdout.write("Keras is not installed: nothing to compare with\n")


if __name__ == "__main__":
    main()
