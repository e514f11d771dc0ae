"""Small nets of each kind, trained on a few lines: two LSTM layers, a GRU, a plain one."""

import dataclasses
import hashlib
from pathlib import Path

from core.bundle import save_bundle
from core.datasets.registry import lookup
from core.datasets.store import LocalData
from core.textgen.model import GRU, LSTM, RNN, CharConfig
from core.textgen.train.bundles import train
from core.textgen.train.fitting import Preset
from tests.core.runs import run_on

LINES = 'the cat sat. "so be it," said he (the dog); and they went home.\nwhy [not]?\n' * 30
N_UNITS = {LSTM: 12, GRU: 10, RNN: 8}
_PRESETS = {"nietzsche": (LSTM, 2), "nietzsche-gru": (GRU, 1), "nietzsche-rnn": (RNN, 1)}
TITLES = {"nietzsche": "Two LSTM", "nietzsche-gru": "A GRU", "nietzsche-rnn": "A plain layer"}


def fill_nets(assets: Path, folder: Path) -> Path:
    """Puts three nets into an assets folder.

    Args:
        assets: the folder.
        folder: where their text is written.
    """
    path = folder / "lines.txt"
    path.write_text(LINES, encoding="utf-8")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    local = LocalData(lookup("nietzsche"), path, sha256, str(folder))
    for name, (cell, n_layers) in _PRESETS.items():
        config = CharConfig(
            len(set(LINES)),
            n_dims=4,
            n_units=N_UNITS[cell],
            n_layers=n_layers,
            cell=cell,
            dropout=0.0,
        )
        preset = Preset(TITLES[name], "nietzsche", config, n_epochs=1, n_streams=4, n_steps=16)
        quick = dataclasses.replace(preset, learning_rate=0.02)
        save_bundle(train(run_on(local, preset=name), quick), assets / f"textgen-{name}")
    return assets
