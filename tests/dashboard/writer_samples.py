"""Two small nets that write, trained on a few lines in seconds: one with snapshots, one without."""

import dataclasses
import hashlib
from pathlib import Path

from core.bundle import save_bundle
from core.datasets.registry import lookup
from core.datasets.store import LocalData
from core.textgen.model import RNN, CharConfig
from core.textgen.train.bundles import train
from core.textgen.train.fitting import Preset
from tests.core.runs import run_on

_WITH_MARKUP = "a quick <i>brown</i> fox = 'jumps over'\n"  # the signs of a text with markup
LINES = (
    'the cat sat. "so be it," said he (the dog); and they went home.\nwhy not?\n' + _WITH_MARKUP
) * 20
SMALL, PLAIN = "nietzsche-small", "nietzsche-rnn"
TITLES = {SMALL: "One small LSTM", PLAIN: "One plain layer"}
EPOCHS = (0, 1, 2)  # whose weights the first one keeps
_CONFIG = CharConfig(len(set(LINES)), n_dims=4, n_units=16, n_layers=1, dropout=0.0)


def fill_writers(assets: Path, folder: Path) -> Path:
    """Puts two nets into an assets folder.

    Args:
        assets: the folder.
        folder: where their text is written.
    """
    path = folder / "lines.txt"
    path.write_text(LINES, encoding="utf-8")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    local = LocalData(lookup("nietzsche"), path, sha256, str(folder))
    small = Preset(
        TITLES[SMALL],
        "nietzsche",
        _CONFIG,
        n_epochs=2,
        n_streams=4,
        n_steps=16,
        learning_rate=0.02,
        snapshots=EPOCHS,
    )
    plain = dataclasses.replace(
        small,
        title=TITLES[PLAIN],
        config=dataclasses.replace(_CONFIG, cell=RNN, n_units=8),
        snapshots=(),
    )
    for name, preset in ((SMALL, small), (PLAIN, plain)):
        save_bundle(train(run_on(local, preset=name), preset), assets / f"textgen-{name}")
    return assets
