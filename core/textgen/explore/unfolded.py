"""The three-step net as pages ask for it: its numbers at every step, worked out by NumPy.

NumPy serves this net better than the Flax module that was trained (`core.textgen.model.Unfolded`):
a question takes 0.07 ms of a CPU, under jit 0.27 ms behind a first call of 1.3 s; and JAX would
take 240 MB of a server of 600 MB. A test keeps both equal.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import softmax

from core.bundle import Bundle, check_arrays
from core.errors import BundleError, InputError, pick
from core.textgen import MERGES, N_STEPS, SUM
from core.textgen.data import Alphabet


class Step(NamedTuple):
    """One step of the net.

    Attributes:
        vector: f32[E], the character's.
        inputs: f32[H], what the layer behind it makes of that.
        state: f32[H], what is held once that is merged in.
    """

    vector: np.ndarray
    inputs: np.ndarray
    state: np.ndarray


class UnfoldedModel:
    """The bundle of the three-step nets.

    Args:
        bundle: as loaded.
        folder: where it came from, for messages.

    Raises:
        BundleError: it lacks something, or its arrays do not fit.
    """

    def __init__(self, bundle: Bundle, folder: Path | None = None) -> None:
        folder = folder or Path(bundle.name)
        missing = [name for name in ("chars", "n_units") if name not in bundle.config]
        if missing:
            raise BundleError(folder, [f"{name} is missing from its config" for name in missing])
        self.bundle = bundle
        self.alphabet = Alphabet(tuple(bundle.config["chars"]))
        n_chars, n_units = len(self.alphabet), bundle.config["n_units"]
        shapes: dict[str, tuple[int | None, ...]] = {}
        for merge in MERGES:
            n_merged = n_units if merge == SUM else 2 * n_units
            shapes |= {
                f"{merge}.table": (n_chars, None),
                f"{merge}.inputs.kernel": (None, n_units),
                f"{merge}.inputs.bias": (n_units,),
                f"{merge}.hidden.kernel": (n_merged, n_units),
                f"{merge}.hidden.bias": (n_units,),
                f"{merge}.out.kernel": (n_units, n_chars),
                f"{merge}.out.bias": (n_chars,),
            }
        check_arrays(bundle, shapes, where=folder)
        self._arrays = {name: array.astype(np.float32) for name, array in bundle.arrays.items()}

    def steps(self, text: str, merge: str) -> list[Step]:
        """Tells what the net holds step by step.

        Args:
            text: three characters that it knows.
            merge: one of `MERGES`.

        Raises:
            InputError: there are not three, or there is no such way to merge.
        """
        if len(text) != N_STEPS:
            raise InputError(f"text ({len(text)} characters) should have {N_STEPS}")
        pick("merge", merge, dict.fromkeys(MERGES))
        vectors, inputs, states = self._run(self.alphabet.encode(text)[None], merge)
        return [Step(vectors[0, at], inputs[0, at], states[at][0]) for at in range(N_STEPS)]

    def shares(self, ids: np.ndarray, merge: str) -> np.ndarray:
        """Returns the probabilities of the character behind each three: i32[B, 3] -> f32[B, V]."""
        state = self._run(ids, merge)[2][-1]
        logits = state @ self._arrays[f"{merge}.out.kernel"] + self._arrays[f"{merge}.out.bias"]
        return softmax(logits, axis=1)

    def _run(self, ids: np.ndarray, merge: str) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
        of = {
            name.removeprefix(f"{merge}."): array
            for name, array in self._arrays.items()
            if name.startswith(f"{merge}.")
        }
        vectors = of["table"][ids]
        inputs = np.maximum(vectors @ of["inputs.kernel"] + of["inputs.bias"], 0)
        states, state = [], np.zeros_like(inputs[:, 0])
        for at in range(ids.shape[1]):
            x = inputs[:, at]
            merged = state + x if merge == SUM else np.concatenate([state, x], axis=1)
            state = np.tanh(merged @ of["hidden.kernel"] + of["hidden.bias"])
            states.append(state)
        return vectors, inputs, states
