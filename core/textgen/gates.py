"""What the gates of a recurrent net do at each character, worked out from what it remembered.

An LSTM's cell forgets a share of what it held (forget gate), takes in a share of something new
(input gate, candidate), and shows a share of the result (output gate). A GRU has two gates. A plain
recurrent layer has none.
"""

from collections.abc import Mapping

import numpy as np

LSTM_GATES = ("input", "forget", "candidate", "output")
GRU_GATES = ("reset", "update")
GATES = {"lstm": LSTM_GATES, "gru": GRU_GATES, "rnn": ()}
_CANDIDATE = "candidate"


def gates_over_time(
    cell: str, arrays: Mapping[str, np.ndarray], ids: np.ndarray, states: np.ndarray
) -> dict[str, np.ndarray]:
    """Works out every gate of every layer.

    Args:
        cell: "lstm", "gru" or "rnn".
        arrays: the net's weights by dotted name, of any precision.
        ids: i32[N], characters that were read from the beginning.
        states: f32[N, layers, S, H], what was remembered after each.

    Returns:
        Gate -> f32[N, layers, H]: from 0, closed, to 1, open; an LSTM's candidate from -1 to 1.
    """
    names = GATES[cell]
    n_layers, n_units = states.shape[1], states.shape[3]
    found = {name: np.zeros((len(ids), n_layers, n_units), np.float32) for name in names}
    if not names:
        return found
    x = arrays["table"].astype(np.float32)[ids]
    for layer in range(n_layers):
        prefix = f"layers.{layer}."
        kernel, bias, recurrent = (
            arrays[prefix + name].astype(np.float32)
            for name in ("inputs.kernel", "inputs.bias", "recurrent")
        )
        hidden = states[:, layer, 0]
        before = np.concatenate([np.zeros((1, n_units), np.float32), hidden[:-1]])[: len(ids)]
        sums = x @ kernel + bias + before @ recurrent
        for number, name in enumerate(names):
            part = sums[:, number * n_units : (number + 1) * n_units]
            found[name][:, layer] = np.tanh(part) if name == _CANDIDATE else _sigmoid(part)
        x = hidden
    return found


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * x))
