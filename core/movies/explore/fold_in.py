"""A new user in closed form, exactly and at once; and what each of the ratings did to the answer.

With the films fixed, a user's bias b and factors p minimise

    sum over rated films i of (r_i - mean - b_i - b - p . q_i)^2 + penalty_b b^2 + penalty_p |p|^2,

a ridge regression. Its solution is what any amount of gradient descent on the same loss would
reach.
"""

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from core.errors import InputError

if TYPE_CHECKING:
    from core.movies.explore import MovieExplorer


@dataclasses.dataclass(frozen=True, slots=True)
class Penalty:
    """How strongly a user is pulled to the average: `per_rating * n + constant`, for each kind."""

    bias_per_rating: float
    bias_constant: float
    factors_per_rating: float
    factors_constant: float

    def at(self, n_ratings: int, n_factors: int, strength: float = 1.0) -> np.ndarray:
        """Returns the diagonal of the ridge: f64[1 + F], the bias first."""
        bias = self.bias_per_rating * n_ratings + self.bias_constant
        factors = self.factors_per_rating * n_ratings + self.factors_constant
        return strength * np.concatenate(([bias], np.full(n_factors, factors)))


@dataclasses.dataclass(frozen=True, slots=True)
class NewUser:
    """A user found from their ratings: `bias` in stars and `factors` f64[F]."""

    bias: float
    factors: np.ndarray


def fold_in(
    residuals: np.ndarray, item_factors: np.ndarray, penalty: Penalty, *, strength: float = 1.0
) -> NewUser:
    """Solves the ridge problem of one user.

    Args:
        residuals: f[n], stars minus the mean and minus the films' biases; n may be 0.
        item_factors: f[n, F], of the same films.
        penalty: the model's own penalty.
        strength: factor on the penalty, more than 0: large leaves the average user, small believes
            every rating.

    Returns:
        The bias and the factors.

    Raises:
        InputError: the shapes disagree, a value is not finite, or `strength` is out of bounds.
    """
    residuals = np.asarray(residuals, np.float64)
    item_factors = np.asarray(item_factors, np.float64)
    if residuals.ndim != 1 or item_factors.shape[:1] != residuals.shape:
        raise InputError(
            f"residuals {residuals.shape} and item_factors {item_factors.shape} should agree in "
            "their first dimension"
        )
    if not (np.isfinite(residuals).all() and np.isfinite(item_factors).all()):
        raise InputError("ratings and factors should be finite numbers")
    if not (np.isfinite(strength) and strength > 0):
        raise InputError(f"strength ({strength}) should be a finite number above 0")
    n_ratings, n_factors = item_factors.shape
    design = np.concatenate([np.ones((n_ratings, 1)), item_factors], axis=1)
    ridge = penalty.at(max(n_ratings, 1), n_factors, strength)
    solution = np.linalg.solve(design.T @ design + np.diag(ridge), design.T @ residuals)
    return NewUser(float(solution[0]), solution[1:])


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


def leave_one_out(films: "MovieExplorer", rated: Mapping[int, float], strength: float) -> Effects:
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
