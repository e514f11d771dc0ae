"""Windows that slide over embedded words, in NumPy: laid out, and led back."""

from collections.abc import Mapping

import numpy as np

Arrays = Mapping[str, np.ndarray]


def filters_of(arrays: Arrays) -> list[tuple[np.ndarray, np.ndarray]]:
    """Returns kernel f32[K, E, F] and bias f32[F] of each size, in order."""
    n_sizes = sum(name.startswith("convolutions.") and name.endswith("kernel") for name in arrays)
    return [
        tuple(
            np.asarray(arrays[f"convolutions.{size}.{part}"], np.float32)
            for part in ("kernel", "bias")
        )
        for size in range(n_sizes)
    ]


def pad_sides(x: np.ndarray, size: int) -> np.ndarray:
    """Adds the zeros that a window of `size` words reaches beyond: f32[B, L + K - 1, E]."""
    before = (size - 1) // 2
    return np.pad(x, ((0, 0), (before, size - 1 - before), (0, 0)))


def windows(x: np.ndarray, size: int) -> np.ndarray:
    """Lays the vectors of the `size` words around each place side by side: f32[B, L, K * E]."""
    padded = pad_sides(x, size)
    return np.concatenate([padded[:, d : d + x.shape[1]] for d in range(size)], axis=2)


def spread(to_value: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Leads a gradient f32[B, L, F] of a convolution's values back to its input, f32[B, L, E]."""
    size, n_dims, n_filters = kernel.shape
    length, before = to_value.shape[1], (size - 1) // 2
    to_windows = to_value @ kernel.reshape(-1, n_filters).T
    padded = np.zeros((len(to_value), length + size - 1, n_dims), np.float32)
    for d in range(size):
        padded[:, d : d + length] += to_windows[:, :, d * n_dims : (d + 1) * n_dims]
    return padded[:, before : before + length]
