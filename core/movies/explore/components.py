"""Principal components of the movies' factors: the usual ones, and the lesson's transposed ones.

Fifty factors come out of training in no particular order or rotation. Their principal components do
have an order, by how much they tell films apart, and often a meaning that people can name.
"""

import dataclasses

import numpy as np
import pandas as pd

from core.errors import InputError

METHODS = ("factors", "lesson")


@dataclasses.dataclass(frozen=True, slots=True)
class Components:
    """Films along the first K components of their factors.

    Attributes:
        method: "factors": each factor centred over the films, coordinates in units of the factors;
            "lesson": the matrix transposed first, so each film is centred over its own factors,
            and a component is a unit vector over films.
        coordinates: f64[N, K], of the N films in the order they were given.
        explained: f64[K], share of the variance (of the matrix as centred) that each takes.
        axes: f64[F, K], the direction of each component among the factors.
        scale: f64[K], what a projection on `axes` is divided by to give `coordinates`.
        center: f64[F], what is subtracted from every film first; zero for the lesson's method,
            which subtracts each film's own mean over its factors.
    """

    method: str
    coordinates: np.ndarray
    explained: np.ndarray
    axes: np.ndarray
    scale: np.ndarray
    center: np.ndarray

    def first(self, n_components: int) -> "Components":
        """Returns the first K of these components; raises InputError if there are fewer."""
        most = len(self.explained)
        if not 1 <= n_components <= most:
            raise InputError(
                f"n_components ({n_components}) should be from 1 to {most} for these factors"
            )
        return dataclasses.replace(
            self,
            coordinates=self.coordinates[:, :n_components],
            explained=self.explained[:n_components],
            axes=self.axes[:, :n_components],
            scale=self.scale[:n_components],
        )

    def project(self, factors: np.ndarray) -> np.ndarray:
        """Places other factors (a new user's, an earlier epoch's) on the same axes.

        Args:
            factors: f[M, F].

        Returns:
            f64[M, K]; for the factors of the fit itself, exactly `coordinates`.
        """
        centred = np.asarray(factors, np.float64) - self.center
        if self.method == "lesson":
            centred = centred - centred.mean(axis=1, keepdims=True)
        return centred @ self.axes / self.scale


def principal_components(
    factors: np.ndarray, *, n_components: int | None = 3, method: str = "factors"
) -> Components:
    """Finds the components by singular values; the largest coordinate of each is made positive.

    Args:
        factors: f[N, F], one row a film.
        n_components: K, from 1 to the smaller of F and N - 1; None for all of them.
        method: "factors" for PCA of the films' factors, "lesson" for `PCA(K).fit(factors.T)`, whose
            `components_` the lesson plots.

    Returns:
        The components.

    Raises:
        InputError: the method is unknown, or K is out of bounds.
    """
    if method not in METHODS:
        raise InputError(f"method ({method}) should be one of {', '.join(METHODS)}")
    factors = np.asarray(factors, np.float64)
    n_films, n_factors = factors.shape
    most: int = min(n_factors if method == "factors" else n_factors - 1, n_films - 1)
    if n_components is None:
        n_components = most
    if not 1 <= n_components <= most:
        raise InputError(
            f"n_components ({n_components}) should be from 1 to {most} for {n_films} films of "
            f"{n_factors} factors"
        )
    if method == "factors":
        center = factors.mean(axis=0)
        centred = factors - center
    else:
        center = np.zeros(n_factors)
        centred = factors - factors.mean(axis=1, keepdims=True)
    left, singular, right = np.linalg.svd(centred, full_matrices=False)
    axes, values = right[:n_components].T, singular[:n_components]
    scale = np.ones(n_components) if method == "factors" else np.where(values > 0, values, 1.0)
    coordinates = left[:, :n_components] * values / scale
    extreme = np.abs(coordinates).argmax(axis=0)
    signs = np.where(coordinates[extreme, np.arange(n_components)] < 0, -1.0, 1.0)
    total = float((singular**2).sum())
    explained = values**2 / total if total > 0 else np.zeros(n_components)
    return Components(method, coordinates * signs, explained, axes * signs, scale, center)


def correlations(
    components: Components, films: pd.DataFrame, genres: tuple[str, ...]
) -> pd.DataFrame:
    """Correlates each component with what is known of the films.

    Args:
        components: of N films.
        films: the same N films: columns genres ("A|B"), year (0 unknown), bias, count.
        genres: the genres to look at.

    Returns:
        Columns property, kind ("genre", "year", "bias", "count"), component (from 1), and
        correlation (Pearson; NaN where a property does not vary). Year leaves out films without
        one; count enters as its logarithm.
    """
    lists = films["genres"].str.split("|")
    properties = [(name, "genre", lists.map(lambda g, n=name: n in g)) for name in genres]
    year = films["year"].where(films["year"] > 0)
    properties += [
        ("year of release", "year", year),
        ("bias", "bias", films["bias"]),
        ("number of ratings", "count", np.log(films["count"].clip(lower=1))),
    ]
    rows = []
    for name, kind, values in properties:
        numbers = values.to_numpy(np.float64)
        known = np.isfinite(numbers)
        for place in range(components.coordinates.shape[1]):
            rows.append(
                {
                    "property": name,
                    "kind": kind,
                    "component": place + 1,
                    "correlation": _pearson(numbers[known], components.coordinates[known, place]),
                }
            )
    return pd.DataFrame(rows)


def _pearson(x: np.ndarray, y: np.ndarray) -> float:
    if len(x) < 2 or x.std() == 0 or y.std() == 0:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])
