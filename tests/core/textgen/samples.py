"""Small nets; a small text with quotes, brackets and lines; a recipe that learns it in seconds."""

import dataclasses
import hashlib

import numpy as np
from flax import nnx

from core.datasets.registry import lookup
from core.datasets.store import LocalData
from core.loop import named_arrays
from core.textgen.inference import Engine
from core.textgen.model import CharConfig, CharNet
from core.textgen.train.fitting import Preset

TEXT = 'The cat sat. "So be it," said he (the dog); and they went home.\n' * 60
SMALL = Preset(
    "Tiny",
    "nietzsche",
    CharConfig(len(set(TEXT.lower())), n_dims=4, n_units=16, n_layers=1, dropout=0.1),
    n_epochs=4,
    n_streams=4,
    n_steps=16,
    learning_rate=0.02,
    snapshots=(0, 2),
)
READ_IDS = np.random.default_rng(0).integers(0, 7, 70).astype(np.int32)
_TINY = CharConfig(7, n_dims=3, n_units=5, n_layers=2, dropout=0.0)


def net_and_engine(cell):
    """Returns an untrained net of two layers, and the same at work."""
    net = CharNet(dataclasses.replace(_TINY, cell=cell), rngs=nnx.Rngs(3))
    return net, Engine(net.config, named_arrays(nnx.state(net, nnx.Param)))


def local_text(folder, text=TEXT):
    """Writes a text as the data set "nietzsche"."""
    path = folder / "nietzsche.txt"
    path.write_text(text, encoding="utf-8")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return LocalData(lookup("nietzsche"), path, sha256, str(folder))
