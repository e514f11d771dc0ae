"""What of a trained model is written into a bundle: no rater, and no film that few people rated.

A film's factors are, after alternating least squares, a sum of its raters' factors, each times how
far that rating was from the prediction. With the raters' factors at hand, matching pursuit finds
who is in the sum, and bias, penalty and histogram give the stars: 18,826 of 80,188 training ratings
came back from an earlier bundle, most of them of films with fewer than 15 ratings. A film with one
rater even points along that rater without any further knowledge. So the rule is:

- no row of a rater ships, only quantiles of the raters' biases over everybody;
- factors and a histogram ship for films with `MIN_RATINGS_FACTORS` ratings or more, the histogram
  rounded to `HISTOGRAM_STEP` ratings;
- bias, mean and count ship for films with `MIN_RATINGS_BIAS` ratings or more;
- of every other film title, year and genres ship, which are no ratings. What the model would expect
  of such a film is a regression of the numbers that do ship on genres and year.

`tests/privacy/` attacks what ships, also with the raters' factors given to the attacker.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from core.movies.data import STARS

MIN_RATINGS_BIAS = 10
MIN_RATINGS_FACTORS = 30
HISTOGRAM_STEP = 5
N_QUANTILES = 21
_QUANTILE_STEP = 0.01  # stars; what a page says of a visitor needs no more
_PENALTIES = np.geomspace(1, 1e4, 9)


class Disclosed(NamedTuple):
    """Which films ship with which numbers.

    Attributes:
        has_bias: bool[I].
        has_factors: bool[I], never without a bias.
    """

    has_bias: np.ndarray
    has_factors: np.ndarray


def disclosed(counts: np.ndarray) -> Disclosed:
    """Decides by the number of ratings of each film, int[I]."""
    return Disclosed(counts >= MIN_RATINGS_BIAS, counts >= MIN_RATINGS_FACTORS)


def film_columns() -> list[str]:
    """Names the columns of a film's histogram."""
    return [f"stars_{stars:.1f}" for stars in STARS]


def withhold_films(films: pd.DataFrame) -> pd.DataFrame:
    """Takes out of a table of films what few people rated.

    Args:
        films: as `core.movies.data.film_table` counts them.

    Returns:
        The same rows: count 0 and mean NaN below `MIN_RATINGS_BIAS` ratings, the histogram 0 below
        `MIN_RATINGS_FACTORS` and rounded to `HISTOGRAM_STEP` elsewhere, means to two decimals.
    """
    ships = disclosed(films["count"].to_numpy())
    names = film_columns()
    histogram = np.rint(films[names].to_numpy() / HISTOGRAM_STEP).astype(np.int32) * HISTOGRAM_STEP
    histogram[~ships.has_factors] = 0
    return films.assign(
        count=films["count"].where(ships.has_bias, 0),
        mean=films["mean"].round(2).where(ships.has_bias),
        **dict(zip(names, histogram.T, strict=True)),
    )


def bias_quantiles(user_bias: np.ndarray) -> np.ndarray:
    """Sums up the raters' biases f[U] as `N_QUANTILES` evenly spaced quantiles, rounded: f32[Q]."""
    quantiles = np.quantile(user_bias, np.linspace(0, 1, N_QUANTILES))
    # the extremes are two persons' biases: the next quantiles stand for them
    quantiles[[0, -1]] = quantiles[[1, -2]]
    return (np.rint(quantiles / _QUANTILE_STEP) * _QUANTILE_STEP).astype(np.float32)


def fit_expected(side: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fits what genres and year let expect, by ridge regression; leave-one-out sets its penalty.

    Args:
        side: f32[N, D], `core.movies.data.side_information` of films whose numbers ship, N > 0.
        values: f32[N, M], those numbers.

    Returns:
        Kernel f32[D, M] and offset f32[M]: `side @ kernel + offset` is what to expect.
    """
    from sklearn.linear_model import RidgeCV  # only training needs it, and it is large

    fitted = RidgeCV(_PENALTIES).fit(side, values)
    kernel = np.asarray(fitted.coef_).reshape(values.shape[1], -1).T
    return kernel.astype(np.float32), np.ravel(fitted.intercept_).astype(np.float32)
