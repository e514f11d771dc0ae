"""What attracts and what repels one word on a map: the two halves of the gradient of t-SNE.

NumPy only; a page may ask this.
"""

import numpy as np
import pandas as pd
from scipy import sparse

from core.errors import InputError


def forces(positions: np.ndarray, affinities: sparse.csr_array, row: int) -> pd.DataFrame:
    """Takes the force on one word apart by the words that exert it.

    Args:
        positions: f[N, 2] of the map.
        affinities: P, f[N, N], symmetric, summing to 1.
        row: the word.

    Returns:
        One row for each other word: row, distance (on the map), attraction (4 p w d), repulsion
        (4 w^2 d / Z) with w = 1 / (1 + d^2), net (attraction minus repulsion), and dx, dy, the
        net force as a vector on the word. Forces are those of plain KL, without exaggeration; the
        vectors sum to minus its gradient.

    Raises:
        InputError: the row is not on the map.
    """
    n_points = len(positions)
    if not 0 <= row < n_points:
        raise InputError(f"row ({row}) should be from 0 to {n_points - 1}")
    positions = np.asarray(positions, np.float64)
    gaps = positions - positions[row]  # towards the others
    distance = np.sqrt((gaps**2).sum(1))
    weight = 1 / (1 + distance**2)
    pull = affinities[[row]].toarray().ravel().astype(np.float64)
    attraction = 4 * pull * weight * distance
    repulsion = 4 * weight**2 / total_weight(positions) * distance
    net = attraction - repulsion
    direction = gaps / np.where(distance > 0, distance, 1)[:, None]
    table = pd.DataFrame(
        {
            "row": np.arange(n_points),
            "distance": distance,
            "attraction": attraction,
            "repulsion": repulsion,
            "net": net,
            "dx": net * direction[:, 0],
            "dy": net * direction[:, 1],
        }
    )
    return table.drop(index=row).reset_index(drop=True)


def total_weight(positions: np.ndarray) -> float:
    """Returns Z: the sum of 1 / (1 + d^2) over all ordered pairs of different points."""
    total = 0.0
    for x, y in positions:
        total += (1 / (1 + (positions[:, 0] - x) ** 2 + (positions[:, 1] - y) ** 2)).sum()
    return total - len(positions)
