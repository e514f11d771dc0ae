"""Attacks on films' factors: whose ratings can be told from what a bundle holds?

After alternating least squares a film's factors are

    (n * per_rating + constant) * q = sum over its n raters of p_u * e_u,

with e_u the rating's distance from the prediction, and its bias likewise. So q lies in the span of
its raters, and a sparse combination of raters that gives q names them and their ratings. Every
attack here may be given more than a bundle holds (the raters' factors, for one): a rule that
withstands those withstands the attacker who has less.

References:
    Y. C. Pati, R. Rezaiifar and P. S. Krishnaprasad (1993). Orthogonal matching pursuit.
        https://doi.org/10.1109/ACSSC.1993.342465
"""

from typing import NamedTuple

import numpy as np

from core.movies.data import STARS
from core.movies.explore.fold_in import Penalty


class Films(NamedTuple):
    """What is known of the films.

    Attributes:
        bias: f64[N].
        factors: f64[N, F].
        counts: int[N], number of ratings.
        histogram: int[N, 10], how often each number of stars was given; None where not known.
        offset: mean of all ratings.
        penalty: of the model.
    """

    bias: np.ndarray
    factors: np.ndarray
    counts: np.ndarray
    histogram: np.ndarray | None
    offset: float
    penalty: Penalty


class Raters(NamedTuple):
    """The raters: f64[U] and f64[U, F]."""

    bias: np.ndarray
    factors: np.ndarray


class Claim(NamedTuple):
    """What an attack says: this rater gave this film so many stars."""

    rater: int
    film: int
    stars: float


def matching_pursuit(
    films: Films, raters: Raters, *, tolerance: float = 3e-3, most_raters: int = 45
) -> list[Claim]:
    """Finds each film's raters as the few whose factors sum to its own, and their stars.

    Args:
        films: to attack.
        raters: among whom to look.
        tolerance: share of a film's factors that may remain; half precision leaves about 1e-3.
        most_raters: of a film; more than there are factors fit anything.

    Returns:
        The claims that pass every check: the stars are numbers that can be given, and the
        histogram, where it is known, has room for them.
    """
    claims = []
    length = np.linalg.norm(raters.factors, axis=1)
    directions = raters.factors / np.where(length > 0, length, 1)[:, None]
    for film, (factors, count) in enumerate(zip(films.factors, films.counts, strict=True)):
        most = min(most_raters, int(count), films.factors.shape[1] - 1)
        found = _sparse_sum(factors, raters.factors, directions, most, tolerance)
        if found is None:
            continue
        who, share = found
        ridge = films.penalty.factors_per_rating * len(who) + films.penalty.factors_constant
        stars = (
            share * ridge
            + films.offset
            + raters.bias[who]
            + films.bias[film]
            + raters.factors[who] @ factors
        )
        given = np.rint(stars * 2) / 2
        if np.abs(stars - given).max() > 0.2 or given.min() < STARS[0] or given.max() > STARS[-1]:
            continue
        if films.histogram is not None:
            times = np.bincount((given * 2).astype(int) - 1, minlength=len(STARS))
            if (times > films.histogram[film]).any():
                continue
        claims += [Claim(int(u), film, float(s)) for u, s in zip(who, given, strict=True)]
    return claims


def nearest_raters(factors: np.ndarray, raters: Raters) -> np.ndarray:
    """Names the rater whose factors lie most nearly along each film's, either way round: int[N]."""
    length = np.linalg.norm(raters.factors, axis=1)
    directions = raters.factors / np.where(length > 0, length, 1)[:, None]
    return np.abs(factors @ directions.T).argmax(axis=1)


def parallel_films(factors: np.ndarray, *, cosine: float = 0.9999) -> np.ndarray:
    """Finds pairs of films whose factors lie along one line: those of the one rater of both.

    Args:
        factors: f64[N, F].
        cosine: from which on two films count as parallel.

    Returns:
        int[P, 2].
    """
    length = np.linalg.norm(factors, axis=1)
    rows = np.flatnonzero(length > 1e-6)
    unit = factors[rows] / length[rows, None]
    first, second = np.nonzero(np.triu(np.abs(unit @ unit.T) > cosine, 1))
    return np.stack([rows[first], rows[second]], axis=1)


def _sparse_sum(
    target: np.ndarray, atoms: np.ndarray, directions: np.ndarray, most: int, tolerance: float
) -> tuple[np.ndarray, np.ndarray] | None:
    """Orthogonal matching pursuit: rows of `atoms` and their shares, or None if more are needed."""
    size = np.linalg.norm(target)
    if size < 1e-6:
        return None
    chosen: list[int] = []
    basis = np.zeros((most, len(target)))  # orthonormal, of the span of the chosen
    rest = target.copy()
    for place in range(most):
        fit = np.abs(directions @ rest)
        fit[chosen] = -1
        chosen.append(int(fit.argmax()))
        new = directions[chosen[-1]]
        for _ in range(2):  # twice is enough for rounding (Kahan)
            new = new - basis[:place].T @ (basis[:place] @ new)
        length = np.linalg.norm(new)
        if length < 1e-9:
            return None
        basis[place] = new / length
        rest = rest - basis[place] * (basis[place] @ rest)
        if np.linalg.norm(rest) <= tolerance * size:
            share = np.linalg.lstsq(atoms[chosen].T, target, rcond=None)[0]
            return np.array(chosen), share
    return None
