"""The named recipes for nets that write.

The lesson's sizes and its window of 40 are the lesson's own; what it left open was chosen by the
bits a character on the validation part (`core.textgen.data.VALIDATION`).
"""

import dataclasses
from typing import ClassVar

from core.errors import InputError, pick
from core.textgen import MEMORY, UNFOLDED
from core.textgen.model import GRU, RNN, CharConfig
from core.textgen.recurrence import RecurrenceConfig, RecurrencePreset
from core.textgen.unfolded_training import UnfoldedPreset

STREAM, WINDOWS = "stream", "windows"
N_NIETZSCHE, N_SHAKESPEARE = 57, 65  # characters, the former without capitals


_OF_NETS = frozenset({"seed", "epochs", "devices", "resume"})


@dataclasses.dataclass(frozen=True, slots=True)
class Preset:
    """A named recipe.

    Attributes:
        title: the net in words.
        text: the data set that is read.
        config: sizes.
        lower: read capitals as small letters, as the lesson does.
        way: "stream", or "windows" that begin at every place.
        n_epochs: passes through the text, at the most; the best by validation is taken. An epoch of
            windows reads only one window in `n_steps`, so that it costs as much as one of a stream.
        n_streams: parts of a stream, or windows, a step.
        n_steps: characters of a piece of the stream, or of a window.
        learning_rate: of Adam; it falls to `final_rate` of that along half a cosine.
        final_rate: share of the learning rate at the end.
        clip: greatest length of a gradient.
        averaging: share of the running mean of weights that stays each step; 0 for no mean.
        snapshots: epochs whose weights the bundle keeps, 0 being the untrained net.
        uses: see `core.contents.Recipe`.
    """

    title: str
    text: str
    config: CharConfig
    lower: bool = True
    way: str = STREAM
    n_epochs: int = 20
    n_streams: int = 64
    n_steps: int = 64
    learning_rate: float = 2e-3
    final_rate: float = 0.05
    clip: float = 1.0
    averaging: float = 0.0
    snapshots: tuple[int, ...] = ()
    uses: ClassVar[frozenset[str]] = _OF_NETS

    def __post_init__(self) -> None:
        """Checks the way."""
        if self.way not in (STREAM, WINDOWS):
            raise InputError(f"way ({self.way}) should be {STREAM} or {WINDOWS}")


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


def find_preset(name: str) -> Preset:
    """Looks a preset up.

    Raises:
        InputError: there is none of that name.
    """
    return pick("preset", name, PRESETS)
