"""A net that writes, as pages and scripts ask for it: texts in, texts and tables out.

Importing this loads no training library; the first text that is read or written does.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from core.bundle import ASSETS, Bundle, load_bundle
from core.errors import BundleError, InputError
from core.textgen import KIND, MODELS
from core.textgen.data import Alphabet, Reading
from core.textgen.explore.inside import LEAST, gates_over_time
from core.textgen.sampling import (
    MOST_CHARS,
    MOST_PRIME,
    ClampedCell,
    Settings,
    check_clamped,
    check_length,
)

if TYPE_CHECKING:
    from core.textgen.inference import Engine

__all__ = [
    "MOST_CHARS",
    "MOST_PRIME",
    "ClampedCell",
    "TextTrace",
    "Settings",
    "TextModel",
    "open_model",
]

_LN_2 = float(np.log(2))


@dataclasses.dataclass(frozen=True, slots=True)
class TextTrace:
    """Some characters of a text, and what went on in a net that read them.

    Attributes:
        text: N characters.
        bits: f64[N], surprise at each given all before it.
        likeliest: N strings, the characters it thought likeliest, the best first.
        shares: f64[N, len(likeliest[0])], their probabilities.
        states: f32[N, layers, S, H], what it remembered after each character: hidden state and, for
            an LSTM, cell state.
    """

    text: str
    bits: np.ndarray
    likeliest: list[str]
    shares: np.ndarray
    states: np.ndarray

    @property
    def bits_per_char(self) -> float:
        """The mean of `bits`; nan for an empty text."""
        return float(self.bits.mean()) if len(self.bits) else float("nan")


class TextModel:
    """A bundle of kind "textgen".

    Args:
        bundle: as loaded.
        folder: where it came from, for messages.

    Raises:
        BundleError: it lacks something.
    """

    def __init__(self, bundle: Bundle, folder: Path | None = None) -> None:
        problems = [
            f"{name} is missing from its config"
            for name in ("net", "chars", "best_epoch")
            if name not in bundle.config
        ]
        problems += [
            f"its table {name} is missing"
            for name in ("samples", "cells")
            if name not in bundle.tables
        ]
        if problems:
            raise BundleError(folder or Path(bundle.name), problems)
        self.bundle = bundle
        self.alphabet = Alphabet(tuple(bundle.config["chars"]))
        self.best_epoch: int = bundle.config["best_epoch"]
        self._folder = folder or Path(bundle.name)
        prefixes = {name.partition(".")[0] for name in bundle.arrays}
        self._engines: dict[int, Engine] = {}
        self.epochs = tuple(sorted(int(prefix.removeprefix("epoch_")) for prefix in prefixes))

    @property
    def net(self) -> dict[str, Any]:
        """The net's sizes, see `core.textgen.model.CharConfig`."""
        return dict(self.bundle.config["net"])

    @property
    def history(self) -> pd.DataFrame:
        """A row an epoch: "epoch", "loss" (nats, while training), "val_bits", "held_out_bits"."""
        return pd.DataFrame(self.bundle.documents["history"])

    @property
    def samples(self) -> pd.DataFrame:
        """A row a snapshot: "epoch", "text", "share_of_words", "longest_copy"."""
        return self.bundle.tables["samples"]

    @property
    def cells(self) -> pd.DataFrame:
        """The cells that go best with each feature: "feature", "layer", "cell", "correlation"."""
        return self.bundle.tables["cells"]

    @property
    def followers(self) -> pd.DataFrame:
        """Those of `cells` that follow their feature, see `core.textgen.explore.inside.LEAST`."""
        return self.cells[self.cells["correlation"].abs() >= LEAST]

    def reading_of(self, text: str) -> Reading:
        """Tells how a text is read, character by character.

        Raises:
            InputError: it is too long.
        """
        if len(text) > MOST_PRIME:
            raise InputError(
                f"text ({len(text):,} characters) should have at most {MOST_PRIME:,}: shorten it"
            )
        return self.alphabet.read(text)

    def read(self, text: str, *, epoch: int | None = None) -> TextTrace:
        """Reads a text of known characters and tells what the net thought at each place.

        Args:
            text: as `reading_of` gives it.
            epoch: one of `epochs`; None for the best.

        Raises:
            InputError: there is no such epoch, or the text is too long.
        """
        ids = self.reading_of(text).ids
        read = self._engine(epoch).read(ids)
        best = np.argsort(-read.log_probs, axis=1, kind="stable")[:, :5]
        return TextTrace(
            self.alphabet.decode(ids),
            -np.take_along_axis(read.log_probs, ids[:, None], axis=1)[:, 0].astype(float) / _LN_2,
            [self.alphabet.decode(row) for row in best],
            np.exp(np.take_along_axis(read.log_probs, best, axis=1).astype(float)),
            read.states,
        )

    def gates(self, trace: TextTrace, *, epoch: int | None = None) -> dict[str, np.ndarray]:
        """Works out what the gates did while a text was read; see `core.textgen.explore.inside`.

        Args:
            trace: what `read` gave for the same epoch.
            epoch: one of `epochs`; None for the best.
        """
        ids = self.alphabet.encode(trace.text)
        return gates_over_time(self.net["cell"], self._arrays(epoch), ids, trace.states)

    def influence(self, text: str, target: str, *, epoch: int | None = None) -> np.ndarray:
        """Tells how far what comes next depends on each character before it.

        Args:
            text: of N known characters, at least one.
            target: the character whose probability is asked for.
            epoch: one of `epochs`; None for the best.

        Returns:
            f32[N]: how far its log-probability moves with the vector of each character.

        Raises:
            InputError: there is no text, it is too long, or the character is unknown.
        """
        if not text:
            raise InputError("text (0 characters) should have at least one: type something")
        if target not in self.alphabet.ids:
            raise InputError(f"target ({target!r}) should be a character that the net knows")
        ids = self.reading_of(text).ids
        return self._engine(epoch).influence(ids, self.alphabet.ids[target])

    def write(
        self,
        prime: str,
        n_chars: int,
        settings: Settings,
        *,
        epoch: int | None = None,
        clamped: Sequence[ClampedCell] = (),
    ) -> Iterator[TextTrace]:
        """Writes on behind a text, piece by piece.

        The random numbers follow from the seed, from all that was read, and from each character's
        number: the same call writes the same, a longer text begins like a shorter one, and another
        prime draws anew.

        Args:
            prime: what is read first; it may be empty.
            n_chars: how many characters to write.
            settings: how they are drawn.
            epoch: one of `epochs`; None for the best.
            clamped: cells that are clamped meanwhile.

        Yields:
            Traces of pieces that make up the text, without the prime.

        Raises:
            InputError: a bound is not kept.
        """
        check_length(n_chars)
        for cell in clamped:
            check_clamped(cell, n_layers=self.net["n_layers"], n_units=self.net["n_units"])
        engine = self._engine(epoch)
        read = self.reading_of(prime).ids
        point = engine.read(read).end
        for written in engine.write(point, settings, read=read, clamped=clamped):
            n = min(n_chars, len(written.ids))
            yield TextTrace(
                self.alphabet.decode(written.ids[:n]),
                -written.log_probs[:n].astype(float) / _LN_2,
                [self.alphabet.decode(row) for row in written.likeliest[:n]],
                np.exp(written.likeliest_log_probs[:n].astype(float)),
                written.states[:n],
            )
            n_chars -= n
            if not n_chars:
                return

    def score(self, text: str) -> np.ndarray:
        """Returns the surprise at each character of a text of any length: f64[N], bits.

        Args:
            text: of known characters; see `Alphabet.read` for others.
        """
        return self._engine(None).bits(self.alphabet.encode(text))

    def _engine(self, epoch: int | None) -> "Engine":
        epoch = self.best_epoch if epoch is None else epoch
        if epoch not in self._engines:
            self._engines[epoch] = self._make_engine(epoch)
        return self._engines[epoch]

    def _arrays(self, epoch: int | None) -> dict[str, np.ndarray]:
        epoch = self.best_epoch if epoch is None else epoch
        if epoch not in self.epochs:
            known = ", ".join(map(str, self.epochs))
            raise InputError(f"epoch ({epoch}) should be one of {known}")
        prefix = f"epoch_{epoch}."
        return {
            name.removeprefix(prefix): array
            for name, array in self.bundle.arrays.items()
            if name.startswith(prefix)
        }

    def _make_engine(self, epoch: int) -> "Engine":
        from core.textgen.inference import Engine
        from core.textgen.model import CharConfig

        arrays = self._arrays(epoch)
        try:
            return Engine(CharConfig(**self.net), arrays)
        except (InputError, TypeError) as error:
            raise BundleError(self._folder, [str(error)]) from error


def open_model(name: str, *, assets: Path = ASSETS) -> TextModel:
    """Opens a model that ships.

    Args:
        name: one of `MODELS`.
        assets: the folder with the bundles.

    Raises:
        InputError: there is no model of that name.
        BundleNotFound: it is not in the assets.
        BundleError: its bundle is damaged, foreign or newer than this code.
    """
    if name not in MODELS:
        raise InputError(f"model ({name}) should be one of {', '.join(MODELS)}")
    folder = assets / f"textgen-{name}"
    command = f"python -m core train textgen --preset {name} --out {folder}"
    return TextModel(load_bundle(folder, kind=KIND, command=command), folder)
