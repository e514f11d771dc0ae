"""Keras' weight files (.h5) into nets: what stands there is checked before any of it is used.

Such a file has a group a layer; the attribute `layer_names` lists the groups, and `weight_names` of
each lists its arrays, kernel before bias. Files of whole models keep all of it in a group
`model_weights`.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import h5py
import numpy as np
from flax import nnx

from core.batchnorm.model import CONVOLUTION, DENSE, Layer, Net, NetConfig
from core.batchnorm.model.squeezenet import SqueezeNetConfig, squeezenet
from core.batchnorm.model.vgg import VggConfig, vgg16
from core.errors import InputError, pick
from core.loop import restore_state

_CONFIGS = {"squeezenet": squeezenet, "vgg16": vgg16}
_IMAGENET = 1_000  # classes of a top
_SHOWN = 12  # problems in one message


def known_net(name: str, *, with_top: bool, size: int | None = None) -> NetConfig:
    """Returns the layers of a net by name.

    Args:
        name: of `core.batchnorm.NETS`.
        with_top: whether it ends with ImageNet's 1,000 classes.
        size: side of the images, pixels, other than the net's own.

    Raises:
        InputError: there is no net of that name, or it cannot have that size.
    """
    pick("net", name, _CONFIGS)
    n_classes = _IMAGENET if with_top else 0
    if name == "vgg16":
        return vgg16(VggConfig(n_classes, size=size or VggConfig().size))
    return squeezenet(SqueezeNetConfig(n_classes, size=size or SqueezeNetConfig().size))


def has_top(path: Path, name: str) -> bool:
    """Says whether a weight file holds the classes of ImageNet as well.

    Raises:
        InputError: it is no weight file.
    """
    with _opened(path) as file:
        found = {layer for layer, _ in _layers(file, path, [])}
    return {"vgg16": "predictions", "squeezenet": "conv10"}[name] in found


def load_keras(path: Path, config: NetConfig) -> Net:
    """Makes a net with the weights of a file.

    Args:
        path: the file.
        config: the net's layers; names and shapes must be those of the file.

    Returns:
        The net, in single precision.

    Raises:
        InputError: the file is missing, no weight file, of another net, or damaged; all problems
            stand in one message.
    """
    arrays = read_arrays(path, config)
    net = nnx.eval_shape(lambda: Net(config, rngs=nnx.Rngs(0)))
    graphdef, state = nnx.split(net)
    return nnx.merge(graphdef, restore_state(state, arrays))


def read_arrays(path: Path, config: NetConfig) -> dict[str, np.ndarray]:
    """Reads a file's arrays under the names of `core.loop.named_arrays`.

    Arguments and errors are those of `load_keras`.
    """
    wanted = {layer.name: layer for layer in config.of_kind(CONVOLUTION, DENSE)}
    arrays, problems, seen = {}, [], set()
    with _opened(path) as file:
        for name, found in _layers(file, path, problems):
            seen.add(name)
            if name in wanted:
                problems += _problems(wanted[name], found)
            elif found:
                problems.append(f"{name} is no layer of {config.name}")
        foreign = _other_net(seen, config.name)
        if foreign and not seen & wanted.keys():
            raise InputError(
                f"{path} holds the weights of {foreign}, not of {config.name}: name the other net"
            )
        problems += [f"{name} is missing" for name in wanted if name not in seen]
        if not problems:  # every shape is right, so nothing large is read for nothing
            for name, found in _layers(file, path, problems):
                if name not in wanted:
                    continue
                for part, dataset in zip(("kernel", "bias"), found, strict=True):
                    array = _values(dataset, path)
                    arrays[f"parts.{name}.{part}"] = array
                    if not np.isfinite(array).all():
                        problems.append(f"{part} of {name} holds values that are not finite")
    if problems:
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise InputError(
            f"{path} does not fit {config.name}: " + "; ".join(problems[:_SHOWN]) + more
        )
    return arrays


def _opened(path: Path) -> h5py.File:
    if not path.is_file():
        raise InputError(f"weights ({path}) should be a file: there is none")
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise InputError(
            f"weights ({path}) should be a Keras .h5 file of weights: it is none, or cut"
        ) from error


def _layers(
    file: h5py.File, path: Path, problems: list[str]
) -> Iterator[tuple[str, list[h5py.Dataset]]]:
    """Yields each layer's name and arrays in the file's order; adds what is broken to `problems`.

    Raises:
        InputError: it has no list of layers, so it is no weight file.
    """
    root = file.get("model_weights", file)
    if not isinstance(root, h5py.Group) or "layer_names" not in root.attrs:
        raise InputError(
            f"weights ({path}) should be a Keras .h5 file of weights: it lists no layers"
        )
    for name in _texts(root.attrs["layer_names"]):
        group = _inside(root, name)
        if not isinstance(group, h5py.Group):
            problems.append(f"{name} is listed and not there")
            continue
        datasets = []
        for weight in _texts(group.attrs.get("weight_names", ())):
            dataset = _inside(group, weight)
            if isinstance(dataset, h5py.Dataset):
                datasets.append(dataset)
            else:
                problems.append(f"{weight} of {name} is listed and not there")
        yield name, datasets


def _inside(group: h5py.Group, name: str) -> h5py.Group | h5py.Dataset | None:
    """Looks a member up; what lies in another file is not followed."""
    try:
        found = group.get(name)
    except (KeyError, OSError, RuntimeError, ValueError):
        return None
    if not isinstance(found, h5py.Group | h5py.Dataset):
        return None
    if found.file.filename != group.file.filename:
        return None
    if isinstance(found, h5py.Dataset) and (found.external or found.is_virtual):
        return None
    return found


def _problems(layer: Layer, found: list[h5py.Dataset]) -> Iterator[str]:
    side = (layer.kernel,) * 2 if layer.kind == CONVOLUTION else ()
    expected = [(*side, layer.n_inputs, layer.n_channels), (layer.n_channels,)]
    if len(found) != len(expected):
        yield f"{layer.name} has {len(found)} arrays, expected kernel and bias"
        return
    for part, dataset, shape in zip(("kernel", "bias"), found, expected, strict=True):
        if dataset.shape != shape:
            yield f"{part} of {layer.name} has shape {dataset.shape}, expected {shape}"
        elif dataset.dtype.kind != "f":
            yield f"{part} of {layer.name} holds {dataset.dtype}, expected floating point"


def _values(dataset: h5py.Dataset, path: Path) -> np.ndarray:
    try:
        return np.asarray(dataset[...], np.float32)
    except OSError as error:
        raise InputError(f"{path} is damaged: {dataset.name} cannot be read") from error


def _other_net(seen: set[str], name: str) -> str | None:
    for other in _CONFIGS:
        names = {layer.name for layer in known_net(other, with_top=True).of_kind(CONVOLUTION)}
        if other != name and seen & names:
            return other
    return None


def _texts(values: object) -> list[str]:
    """Names as h5py gives them: bytes in files of Keras 1 and 2, text in later ones."""
    if not isinstance(values, Iterable):  # a number, or nothing at all: no list of names
        return []
    return [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in values]
