"""The named recipes for nets that write.

The lesson's sizes and its window of 40 are the lesson's own; what it left open was chosen by the
bits a character on the validation part (`core.textgen.data.VALIDATION`).
"""

import dataclasses

from core.textgen import GRU, MEMORY, RNN, UNFOLDED
from core.textgen.memory.train import RecurrenceConfig, RecurrencePreset
from core.textgen.model import CharConfig
from core.textgen.train.fitting import WINDOWS, Preset
from core.textgen.train.unfolded import UnfoldedPreset

N_NIETZSCHE, N_SHAKESPEARE = 57, 65  # characters, the former without capitals

_SMALL = CharConfig(N_NIETZSCHE, n_units=256, n_layers=1)
_QUICK = {"n_streams": 32, "learning_rate": 4e-3, "averaging": 0.998}
_EPOCHS = (0, 1, 2, 4, 8, 16)

PRESETS = {
    "nietzsche": Preset(
        "Nietzsche, two LSTM of 512",
        "nietzsche",
        CharConfig(N_NIETZSCHE, dropout=0.5),
        n_epochs=30,
        n_streams=32,
        averaging=0.998,
    ),
    "nietzsche-small": Preset(
        "Nietzsche, one LSTM of 256", "nietzsche", _SMALL, snapshots=_EPOCHS, **_QUICK
    ),
    "nietzsche-windows": Preset(
        "Nietzsche, one LSTM of 256, by windows",
        "nietzsche",
        _SMALL,
        way=WINDOWS,
        n_steps=40,
        **_QUICK,
    ),
    "nietzsche-gru": Preset(
        "Nietzsche, one GRU of 256",
        "nietzsche",
        dataclasses.replace(_SMALL, cell=GRU),
        **_QUICK,
    ),
    "nietzsche-rnn": Preset(
        "Nietzsche, one plain layer of 256",
        "nietzsche",
        dataclasses.replace(_SMALL, cell=RNN),
        **{**_QUICK, "learning_rate": 3e-3},
    ),
    "shakespeare-small": Preset(
        "Shakespeare, one LSTM of 256",
        "tinyshakespeare",
        dataclasses.replace(_SMALL, n_chars=N_SHAKESPEARE),
        lower=False,
        snapshots=_EPOCHS,
        **_QUICK,
    ),
}

MEMORY_PRESETS = {
    MEMORY: RecurrencePreset("Who closes the right tag, who keeps two facts", RecurrenceConfig()),
}
UNFOLDED_PRESETS = {
    UNFOLDED: UnfoldedPreset("Three steps, written out"),
}
