"""A small text with quotes, brackets and lines, and a recipe that learns it in seconds."""

import hashlib

from core.datasets.registry import lookup
from core.datasets.store import LocalData
from core.textgen.model import CharConfig
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


def local_text(folder, text=TEXT):
    """Writes a text as the data set "nietzsche"."""
    path = folder / "nietzsche.txt"
    path.write_text(text, encoding="utf-8")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return LocalData(lookup("nietzsche"), path, sha256, str(folder))
