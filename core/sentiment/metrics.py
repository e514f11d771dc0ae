"""How good and how sure a model is: accuracy, loss, temperature, reliability, intervals.

References:
    C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger (2017). On Calibration of Modern Neural Networks.
        https://arxiv.org/abs/1706.04599
"""

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_expit

N_BINS = 10
Z_95 = 1.959963984540054  # standard deviations to either side of 95 % of a normal distribution
_LOWEST_TEMPERATURE, _HIGHEST_TEMPERATURE = 1 / 20, 20.0


def accuracy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Returns the share of reviews, of labels f32[R], on whose side the logits f32[R] are."""
    return float(np.mean((logits > 0) == (labels > 0)))


def log_loss(logits: np.ndarray, labels: np.ndarray) -> float:
    """Returns the mean logistic loss in nats of logits f32[R] on labels f32[R]."""
    return float(-log_expit(np.where(labels > 0, logits, -logits)).mean())


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Finds the number by which logits are divided to make their probabilities fit best.

    Args:
        logits: f32[R], on reviews that the model did not learn from.
        labels: f32[R], 0 or 1.

    Returns:
        The temperature with the smallest logistic loss, from 1/20 to 20; above 1 where the model is
        too sure.
    """
    found = minimize_scalar(
        lambda log_t: log_loss(logits / np.exp(log_t), labels),
        bounds=(np.log(_LOWEST_TEMPERATURE), np.log(_HIGHEST_TEMPERATURE)),
        method="bounded",
    )
    return float(np.exp(found.x))


def probability(logits: np.ndarray, temperature: float) -> np.ndarray:
    """Returns the probability that a review is for the film, f64 of the logits' shape."""
    return expit(np.asarray(logits, np.float64) / temperature)


def reliability(probabilities: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """Compares what was said with what came true, by how sure the model was.

    Args:
        probabilities: f64[R], that a review is for the film.
        labels: f32[R], 0 or 1.

    Returns:
        A row for each tenth of the scale with a review in it: "low", "high", "count", "predicted"
        (mean probability), "actual" (share of reviews for the film).
    """
    bins = np.minimum((probabilities * N_BINS).astype(int), N_BINS - 1)
    counts = np.bincount(bins, minlength=N_BINS)
    some = np.flatnonzero(counts)
    return pd.DataFrame(
        {
            "low": some / N_BINS,
            "high": (some + 1) / N_BINS,
            "count": counts[some],
            "predicted": np.bincount(bins, probabilities, N_BINS)[some] / counts[some],
            "actual": np.bincount(bins, labels, N_BINS)[some] / counts[some],
        }
    )


def expected_calibration_error(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Returns the mean distance of what was said and what came true, over bins by their count."""
    table = reliability(probabilities, labels)
    gaps = (table["predicted"] - table["actual"]).abs()
    return float((gaps * table["count"]).sum() / max(len(labels), 1))


def wilson(right: np.ndarray, count: np.ndarray, z: float = Z_95) -> tuple[np.ndarray, np.ndarray]:
    """Returns the lower and upper end of Wilson's interval for shares.

    By its formula, for many shares at once: scipy.stats has it for one, and would add 44 MB and a
    second or more to the app's first view; a test keeps both equal.

    Args:
        right: successes, of any shape.
        count: trials, of the same shape, each at least 1.
        z: standard deviations to either side; 95 % by default.
    """
    count = np.asarray(count, np.float64)
    share = np.asarray(right, np.float64) / count
    centre = share + z**2 / (2 * count)
    half = z * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    scale = 1 + z**2 / count
    return np.clip((centre - half) / scale, 0, 1), np.clip((centre + half) / scale, 0, 1)
