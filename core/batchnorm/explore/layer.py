"""One batch norm layer in NumPy: what it computes, how a batch shakes it, what it remembers.

References:
    Ioffe and Szegedy, Batch Normalization: Accelerating Deep Network Training by Reducing Internal
    Covariate Shift, 2015, https://arxiv.org/abs/1502.03167
"""

from typing import NamedTuple

import numpy as np

from core.errors import InputError

MOST_BATCHES = 5_000
MOST_VALUES = 1_000_000
_LARGEST_BATCH = 1_024


class Layer(NamedTuple):
    """What a layer does to one channel in evaluation: subtract, divide, stretch, shift.

    Attributes:
        mean: that it subtracts.
        var: variance that it divides by the square root of, at least 0.
        gamma: factor on the normalised values.
        beta: added at the end.
        epsilon: added to the variance, at least 0; one of the two is above 0.
    """

    mean: float
    var: float
    gamma: float
    beta: float
    epsilon: float

    @property
    def slope(self) -> float:
        """By how much the output grows when the input grows by one."""
        return self.gamma / float(np.sqrt(self.var + self.epsilon))

    @property
    def offset(self) -> float:
        """Output for an input of zero."""
        return self.beta - self.slope * self.mean

    def normalised(self, values: np.ndarray) -> np.ndarray:
        """Computes (x - mean) / sqrt(var + epsilon)."""
        if not self.var + self.epsilon > 0:
            raise InputError(
                f"var + epsilon ({self.var:g} + {self.epsilon:g}) should be above 0: a channel "
                "that does not vary needs an epsilon above 0"
            )
        return (values - self.mean) / np.sqrt(self.var + self.epsilon)

    def output(self, values: np.ndarray) -> np.ndarray:
        """Computes gamma times the normalised values, plus beta."""
        return self.gamma * self.normalised(values) + self.beta


SHAPES = ("bell", "two groups", "skewed")  # of `sample`


class Running(NamedTuple):
    """Averages that a layer keeps while it trains.

    Attributes:
        batch_means: f64[T], mean of each batch.
        batch_vars: f64[T], variance of each batch.
        means: f64[T + 1], what the layer remembers before the first batch and after each.
        vars: f64[T + 1], the same of the variance.
    """

    batch_means: np.ndarray
    batch_vars: np.ndarray
    means: np.ndarray
    vars: np.ndarray


def sample(shape: str, n_values: int, *, seed: int) -> np.ndarray:
    """Draws values of a channel; their mean is 0 and their standard deviation 1, exactly.

    Args:
        shape: one of `SHAPES`.
        n_values: at least 2.
        seed: of the draw.

    Returns:
        f64[n_values].
    """
    _check("n_values", n_values, 2, MOST_VALUES)
    rng = np.random.default_rng(seed)
    if shape == "bell":
        values = rng.standard_normal(n_values)
    elif shape == "two groups":
        values = rng.normal(np.where(rng.random(n_values) < 0.6, -1.0, 1.4), 0.35)
    elif shape == "skewed":
        values = rng.gamma(2.0, size=n_values)
    else:
        raise InputError(f"shape ({shape}) should be one of {', '.join(SHAPES)}")
    return (values - values.mean()) / values.std()


def outputs_in_batches(
    value: float, *, epsilon: float, largest: int, n_batches: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Normalises one value with the statistics of many random batches that it is part of.

    Its companions are standard normal. A batch of one is its own mean: the output is 0.

    Args:
        value: in standard deviations from the mean of all.
        epsilon: added to the variance, above 0.
        largest: batch; sizes are the powers of two up to it.
        n_batches: random batches of each size.
        seed: of the companions.

    Returns:
        The sizes, i64[S], and the outputs, f64[S, n_batches].

    Raises:
        InputError: a number is out of its bounds.
    """
    _check("epsilon", epsilon, 0, np.inf, is_open=True)
    _check("largest", largest, 1, _LARGEST_BATCH)
    _check("n_batches", n_batches, 1, MOST_BATCHES)
    others = np.random.default_rng(seed).standard_normal((n_batches, largest - 1))
    values = np.concatenate([np.full((n_batches, 1), float(value)), others], axis=1)
    sizes = 2 ** np.arange(int(np.log2(largest)) + 1)
    outputs = np.empty((len(sizes), n_batches))
    for row, size in enumerate(sizes):
        batch = values[:, :size]
        outputs[row] = (value - batch.mean(axis=1)) / np.sqrt(batch.var(axis=1) + epsilon)
    return sizes, outputs


def running_averages(
    batches: np.ndarray, *, momentum: float, mean: float = 0.0, var: float = 1.0
) -> Running:
    """Follows the averages of a layer from batch to batch.

    After a batch, average = momentum * average + (1 - momentum) * statistic of the batch.

    Args:
        batches: f[T, B], values of one channel.
        momentum: share of the old average that stays, from 0 to 1.
        mean: remembered before the first batch.
        var: the same of the variance.

    Raises:
        InputError: `momentum` is out of its bounds.
    """
    _check("momentum", momentum, 0, 1)
    batch_means, batch_vars = batches.mean(axis=1), batches.var(axis=1)
    kept = []
    for start, statistics in ((mean, batch_means), (var, batch_vars)):
        averages = [start]
        for statistic in statistics:
            averages.append(momentum * averages[-1] + (1 - momentum) * statistic)
        kept.append(np.array(averages))
    return Running(batch_means, batch_vars, *kept)


def _check(name: str, value: float, low: float, high: float, *, is_open: bool = False) -> None:
    if not low <= value <= high or (is_open and value == low):
        bound = f"above {low:g}" if is_open else f"from {low:g} to {high:g}"
        raise InputError(f"{name} ({value:g}) should be {bound}")
