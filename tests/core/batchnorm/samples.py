"""Small nets, pictures and files for the tests of batch norm."""

import dataclasses
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
from flax import nnx
from PIL import Image

from core.batchnorm.explore.drawings import draw
from core.batchnorm.model import CONVOLUTION, DENSE, Net, NetConfig
from core.batchnorm.model.squeezenet import SqueezeNetConfig, squeezenet
from core.batchnorm.model.vgg import VggConfig, vgg16
from core.datasets.registry import lookup
from core.datasets.store import LocalData

VGG = vgg16(VggConfig(n_classes=7, width=0.05, size=32))
SQUEEZENET = squeezenet(SqueezeNetConfig(n_classes=5, width=0.25, size=48))


def net_of(config: NetConfig, seed: int = 0) -> Net:
    """A net of random weights and, other than Flax's, random biases."""
    net = Net(config, rngs=nnx.Rngs(seed))
    draw_bias = np.random.default_rng(seed)
    for layer in config.of_kind(CONVOLUTION, DENSE):
        bias = net.parts[layer.name].bias
        bias.set_value(draw_bias.normal(0, 0.2, layer.n_channels).astype(np.float32))
    return net


def pictures(config: NetConfig, n: int = 6, seed: int = 0) -> np.ndarray:
    return draw(n, size=config.size, seed=seed)


def arrays_of(config: NetConfig, seed: int = 0) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yields name, kernel and bias of every layer that has them."""
    random = np.random.default_rng(seed)
    for layer in config.of_kind(CONVOLUTION, DENSE):
        side = (layer.kernel,) * 2 if layer.kind == CONVOLUTION else ()
        shape = (*side, layer.n_inputs, layer.n_channels)
        kernel = random.normal(0, 0.1, shape).astype(np.float32)
        yield layer.name, kernel, random.normal(0, 0.1, shape[-1:]).astype(np.float32)


def write_keras(path: Path, config: NetConfig, *, nested: bool = False, seed: int = 0) -> Path:
    """Writes random weights as Keras does: a group a layer, with names in attributes.

    Args:
        path: the file.
        config: whose layers.
        nested: as a saved model, in a group of its own.
        seed: of the weights.
    """
    weights = {name: (kernel, bias) for name, kernel, bias in arrays_of(config, seed)}
    with h5py.File(path, "w") as file:
        root = file.create_group("model_weights") if nested else file
        root.attrs["layer_names"] = [layer.name.encode() for layer in config.layers]
        for layer in config.layers:
            group = root.create_group(layer.name)
            names = []
            if layer.name in weights:
                names = [f"{layer.name}_W_1:0", f"{layer.name}_b_1:0"]
                for name, array in zip(names, weights[layer.name], strict=True):
                    group.create_dataset(name, data=array)
            group.attrs["weight_names"] = [name.encode() for name in names]
    return path


def encoded(image: Image.Image, kind: str = "JPEG", **how: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **how)
    return stream.getvalue()


def photo_bytes(seed: int = 0, size: int = 64) -> bytes:
    return encoded(Image.fromarray(draw(1, size=size, seed=seed)[0]), quality=90)


def write_mirror(folder: Path, *, n_train: int, n_valid: int) -> Path:
    """Writes drawn photos and random weights of SqueezeNet under the names of the real ones."""
    with zipfile.ZipFile(folder / lookup("dogscats-sample").filename, "w") as file:
        for seed in range(n_train + n_valid):
            part = "train" if seed < n_train else "valid"
            kind = "cats" if seed % 2 else "dogs"
            file.writestr(f"dogscats/{part}/{kind}/{seed}.jpg", photo_bytes(seed))
    write_keras(folder / lookup("squeezenet").filename, squeezenet(SqueezeNetConfig()))
    return folder


def local_of(name: str, folder: Path) -> LocalData:
    """A data set of `write_mirror`, however many photos it has."""
    dataset = dataclasses.replace(lookup(name), expected={})
    return LocalData(dataset, folder / dataset.filename, "0" * 64, str(folder))
