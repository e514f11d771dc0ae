"""The LSTM of `core.sentiment.model` in NumPy, for pages: logits, and their gradient."""

import numpy as np

from core.sentiment.embedded import Embedded
from core.sentiment.sliding import Arrays


class LstmForward(Embedded):
    """`Lstm`: one word after the other, padding passed over."""

    def __init__(self, arrays: Arrays, length: int) -> None:
        super().__init__(arrays, length)
        self._inputs = np.asarray(arrays["inputs.kernel"], np.float32)
        self._bias = np.asarray(arrays["inputs.bias"], np.float32)
        self._recurrent = np.ascontiguousarray(arrays["recurrent"], np.float32)
        self._out = np.asarray(arrays["out.kernel"], np.float32)[:, 0]
        self._offset = np.float32(arrays["out.bias"][0])
        halves = np.full((4, len(self._out)), 0.5, np.float32)  # of the gates i, f, g, o
        halves[2] = 1
        self._scale = halves.ravel()

    def logits(self, x: np.ndarray, is_word: np.ndarray) -> np.ndarray:
        """Scores embedded reviews: f32[B]."""
        return self._run(x, is_word)[0] @ self._out + self._offset

    def gradient(self, x: np.ndarray, is_word: np.ndarray) -> np.ndarray:
        """Differentiates the logits by x: f32[B, L, E]."""
        _, steps = self._run(x, is_word, keep=True)
        to_hidden = np.broadcast_to(self._out, (len(x), len(self._out))).copy()
        to_cell = np.zeros_like(to_hidden)
        result = np.zeros_like(x)
        for at, gates, before, tanh_cell in reversed(steps):
            here = is_word[:, at, None]
            i, f, g, o = np.split(gates, 4, axis=1)
            cell = to_cell + to_hidden * o * (1 - tanh_cell**2)
            to_gates = np.concatenate(
                [
                    cell * g * i * (1 - i),
                    cell * before * f * (1 - f),
                    cell * i * (1 - g**2),
                    to_hidden * tanh_cell * o * (1 - o),
                ],
                axis=1,
            )
            result[:, at] = np.where(here, to_gates @ self._inputs.T, 0)
            to_hidden = np.where(here, to_gates @ self._recurrent.T, to_hidden)
            to_cell = np.where(here, cell * f, to_cell)
        return result

    def _run(
        self, x: np.ndarray, is_word: np.ndarray, *, keep: bool = False
    ) -> tuple[np.ndarray, list[tuple]]:
        """Returns the last hidden state f32[B, H], and what each step needs on the way back.

        A sigmoid is half a tanh of half its input, and a half, so one tanh serves all four gates:
        a step is a dozen short calls, and their number is what one review costs.
        """
        n_units, scale, rest = len(self._out), self._scale, 1 - self._scale
        hidden = np.zeros((len(x), n_units), np.float32)
        cell = np.zeros_like(hidden)
        places = np.flatnonzero(is_word.any(axis=0))
        inputs = x[:, places] @ (self._inputs * scale) + self._bias * scale  # (B, steps, 4H)
        recurrent = self._recurrent * scale
        is_whole = is_word[:, places].all(axis=0)
        steps = []
        for number, at in enumerate(places):
            gates = hidden @ recurrent
            gates += inputs[:, number]
            np.tanh(gates, out=gates)
            gates *= scale
            gates += rest
            i, f, g, o = (gates[:, k * n_units : (k + 1) * n_units] for k in range(4))
            new_cell = f * cell
            new_cell += i * g
            tanh_cell = np.tanh(new_cell)
            if keep:
                steps.append((at, gates, cell, tanh_cell))
            if is_whole[number]:
                hidden, cell = o * tanh_cell, new_cell
            else:
                here = is_word[:, at, None]
                hidden = np.where(here, o * tanh_cell, hidden)
                cell = np.where(here, new_cell, cell)
        return hidden, steps
