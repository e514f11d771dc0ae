"""An insertion from the command line: which net, behind which layers, and what it changes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from flax import nnx

from core.batchnorm.insert import insert_measured, with_batch_norm
from core.batchnorm.keras_weights import has_top, known_net, load_keras
from core.batchnorm.looking import Looker
from core.batchnorm.nets import Net, points_of
from core.batchnorm.recipes import EPSILON
from core.datasets.store import ensure
from core.loop import named_arrays


def plan_insertion(
    name: str,
    weights: Path | None,
    layers: Sequence[str] | None,
    place: str,
    places: dict[str, Any],
) -> tuple[Net, tuple[str, ...]]:
    """Loads a net and settles behind which layers batch norm is to stand.

    Args:
        name: of the net.
        weights: a Keras file; None for the data set of that name.
        layers: names; None for all of a place.
        place: "convolution" (dense layers too), "relu" or "both".
        places: where data sets lie, for `core.datasets.store.ensure`.

    Returns:
        The net, and names of its layers.

    Raises:
        InputError: the file is unusable, or a layer is no place for batch norm.
        DataError: the data set of the weights is not to be had.
    """
    path = weights if weights is not None else ensure(name, **places).path
    net = load_keras(path, known_net(name, with_top=has_top(path, name)))
    if layers is None:
        return net, points_of(net.config, place)
    with_batch_norm(net.config, layers, EPSILON)  # unknown names show before photos are read
    return net, tuple(layers)


def try_insertion(
    net: Net, photos: np.ndarray, layers: Sequence[str], *, recipe: str, epsilon: float, seed: int
) -> dict[str, float | None]:
    """Inserts, and compares both nets over the same photos.

    Args:
        net: stays as it is.
        photos: u8[N, S, S, 3].
        layers: behind which batch norm is put.
        recipe: one of `core.batchnorm.recipes.RECIPES`.
        epsilon: added to the variance.
        seed: of the recipe "random".

    Returns:
        "max_abs_diff" and "relative_diff" (by the largest output), both None where the new net's
        output is no finite number; "n_layers", "n_photos".
    """
    operated = insert_measured(net, photos, layers, recipe=recipe, epsilon=epsilon, seed=seed)
    before, after = (
        Looker(each.config, named_arrays(nnx.state(each)))(photos) for each in (net, operated)
    )
    is_finite = bool(np.isfinite(after).all())
    largest = float(np.abs(after - before).max()) if is_finite else None
    return {
        "max_abs_diff": largest,
        "relative_diff": largest / float(np.abs(before).max()) if is_finite else None,
        "n_layers": len(layers),
        "n_photos": len(photos),
    }
