"""How the scale and the shift of a batch norm layer are set when it is put into a trained net.

Batch norm gives `gamma * (x - mean) / sqrt(variance + epsilon) + beta`. With `exact` that is x.
"""

import numpy as np

from core.errors import pick

RANDOM, NOTEBOOK, DEVIATION, EXACT = "random", "notebook", "std", "exact"
RECIPES = {
    RANDOM: "random, as in a net that is trained from the start",
    NOTEBOOK: "the lesson's notebook: gamma is the variance, beta the mean",
    DEVIATION: "gamma is the standard deviation, epsilon forgotten, beta the mean",
    EXACT: "gamma is the root of variance plus epsilon, beta the mean",
}
EPSILON = 1e-3  # the default, as in Keras


def scale_and_shift(
    recipe: str, mean: np.ndarray, variance: np.ndarray, epsilon: float, *, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Computes gamma and beta of one layer.

    Args:
        recipe: one of `RECIPES`.
        mean: f64[C] of the layer's activations.
        variance: f64[C].
        epsilon: of the batch norm layer.
        seed: of the recipe "random": gamma around 1, beta around 0, each with a deviation of 0.1.

    Returns:
        gamma and beta, f64[C] each.

    Raises:
        InputError: there is no recipe of that name.
    """
    pick("recipe", recipe, RECIPES)
    if recipe == RANDOM:
        draw = np.random.default_rng(seed)
        return draw.normal(1, 0.1, mean.shape), draw.normal(0, 0.1, mean.shape)
    if recipe == NOTEBOOK:
        return variance.astype(float), mean.astype(float)
    if recipe == DEVIATION:
        return np.sqrt(variance), mean.astype(float)
    return np.sqrt(variance + epsilon), mean.astype(float)
