"""What each rating of a new rater did to what the model makes of them."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from core.movies.explorer import MovieExplorer


@dataclasses.dataclass(frozen=True, slots=True)
class Effects:
    """What each of n ratings did: the visitor with all of them, less the visitor without this one.

    Attributes:
        bias: f64[n], in stars.
        factors: f64[n, F].
    """

    bias: np.ndarray
    factors: np.ndarray

    def on_taste(self, item_factors: np.ndarray) -> np.ndarray:
        """Returns stars f64[n, M] that each rating adds to the taste for films of f[M, F]."""
        return self.factors @ np.asarray(item_factors, np.float64).T


def leave_one_out(films: MovieExplorer, rated: Mapping[int, float], strength: float) -> Effects:
    """Solves for the visitor once without each rating.

    Args:
        films: the model.
        rated: film row -> stars.
        strength: factor on the model's L2 penalty.

    Returns:
        The effects, in the order of `rated`.
    """
    full = films.new_user(rated, strength=strength)
    others = [
        films.new_user({row: s for row, s in rated.items() if row != left}, strength=strength)
        for left in rated
    ]
    factors = np.array([full.factors - other.factors for other in others])
    return Effects(
        np.array([full.bias - other.bias for other in others]),
        factors.reshape(len(others), films.item_factors.shape[1]),
    )
