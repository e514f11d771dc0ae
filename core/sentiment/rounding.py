"""Weights as bundles hold them: half precision, and one byte a number for the largest tables."""

from collections.abc import Mapping

import numpy as np

# f32[V, F] and f32[V, D] of the net that adds words up; f32[N, H] of those with a hidden layer,
# where a byte a number changes logits, whose spread is 3.6, by 0.002 on average
BYTES = ("words", "views.table", "hidden.kernel")
_SCALE = "_scale"
_MOST = 127


def rounded(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Rounds weights to what ships.

    Args:
        arrays: by dotted name.

    Returns:
        The same names; numbers in half precision, integers as they are. Each of `BYTES`, with
        whatever stands in front of that name, becomes i8 with a scale f32 for each column beside
        it: a column's greatest number is 127.
    """
    found = {}
    for name, array in arrays.items():
        if name.endswith(BYTES):
            scale = np.maximum(np.abs(array).max(axis=0), 1e-12).astype(np.float32) / _MOST
            found[name] = np.rint(array / scale).astype(np.int8)
            found[name + _SCALE] = scale
        else:
            found[name] = array.astype(np.float16) if array.dtype.kind == "f" else array
    return found


def restored(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns weights to compute with: f32, and `BYTES` multiplied out; integers stay."""
    found = {
        name: array.astype(np.float32) if array.dtype.kind == "f" else array
        for name, array in arrays.items()
    }
    for name in [name for name in arrays if name.endswith(BYTES)]:
        if name + _SCALE in arrays:
            found[name] = found[name] * found.pop(name + _SCALE)
    return found
