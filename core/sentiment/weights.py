"""Weights as bundles hold them, and the shapes that they must have there.

Half precision, and one byte a number for the largest tables. The shapes are checked before a bundle
is used, without the library that trained it.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

# f32[V, F] and f32[V, D] of the net that adds words up; f32[N, H] of those with a hidden layer,
# where a byte a number changes logits, whose spread is 3.6, by 0.002 on average
BYTES = ("words", "views.table", "hidden.kernel")
_SCALE = "_scale"
_MOST = 127


def rounded(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Rounds weights to what ships.

    Args:
        arrays: by dotted name.

    Returns:
        The same names; numbers in half precision, integers as they are. Each of `BYTES`, with
        whatever stands in front of that name, becomes i8 with a scale f32 for each column beside
        it: a column's greatest number is 127.
    """
    found = {}
    for name, array in arrays.items():
        if name.endswith(BYTES):
            scale = np.maximum(np.abs(array).max(axis=0), 1e-12).astype(np.float32) / _MOST
            found[name] = np.rint(array / scale).astype(np.int8)
            found[name + _SCALE] = scale
        else:
            found[name] = array.astype(np.float16) if array.dtype.kind == "f" else array
    return found


def restored(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns weights to compute with: f32, and `BYTES` multiplied out; integers stay."""
    found = {
        name: array.astype(np.float32) if array.dtype.kind == "f" else array
        for name, array in arrays.items()
    }
    for name in [name for name in arrays if name.endswith(BYTES)]:
        if name + _SCALE in arrays:
            found[name] = found[name] * found.pop(name + _SCALE)
    return found


Shapes = dict[str, tuple[int | None, ...]]


def _head_shapes(n_flat: int, config: Mapping[str, Any]) -> Shapes:
    n_hidden = config["n_hidden"]
    return {
        "hidden.kernel": (n_flat, n_hidden),
        "hidden.kernel_scale": (n_hidden,),
        "hidden.bias": (n_hidden,),
        "out.kernel": (n_hidden, 1),
        "out.bias": (1,),
    }


def _filter_shapes(config: Mapping[str, Any]) -> Shapes:
    n_dims, n_filters = config["n_dims"], config["n_filters"]
    shapes: Shapes = {}
    for number, size in enumerate(config["sizes"]):
        shapes[f"convolutions.{number}.kernel"] = (size, n_dims, n_filters)
        shapes[f"convolutions.{number}.bias"] = (n_filters,)
    return shapes


def _mlp_shapes(n_ids: int, config: Mapping[str, Any]) -> Shapes:
    n_flat = config["length"] * config["n_dims"]
    return {"embedding.table": (n_ids, config["n_dims"])} | _head_shapes(n_flat, config)


def _cnn_shapes(n_ids: int, config: Mapping[str, Any]) -> Shapes:
    n_flat = len(config["sizes"]) * config["n_filters"] * config["length"] // 2
    table = {"embedding.table": (n_ids, config["n_dims"])}
    return table | _filter_shapes(config) | _head_shapes(n_flat, config)


def _lstm_shapes(n_ids: int, config: Mapping[str, Any]) -> Shapes:
    n_dims, n_units = config["n_dims"], config["n_units"]
    return {
        "embedding.table": (n_ids, n_dims),
        "inputs.kernel": (n_dims, 4 * n_units),
        "inputs.bias": (4 * n_units,),
        "recurrent": (n_units, 4 * n_units),
        "out.kernel": (n_units, 1),
        "out.bias": (1,),
    }


def _max_cnn_shapes(n_ids: int, config: Mapping[str, Any]) -> Shapes:
    out = {"out.kernel": (len(config["sizes"]) * config["n_filters"], 1), "out.bias": (1,)}
    return {"embedding.table": (n_ids, config["n_dims"])} | _filter_shapes(config) | out


def _region_shapes(n_ids: int, config: Mapping[str, Any]) -> Shapes:
    n_filters, n_dims = config["n_filters"], config["n_dims"]
    return {
        "words": (n_ids, n_filters),
        "words_scale": (n_filters,),
        "views.table": (n_ids, n_dims),
        "views.table_scale": (n_dims,),
        "views.bias": (n_dims,),
        "mix": (n_dims, n_filters),
        "bias": (n_filters,),
        "out.kernel": (n_filters, 1),
        "out.bias": (1,),
    }


# Shapes of a net's weights, from the number of ids and its configuration.
SHAPES: Mapping[str, Callable[[int, Mapping[str, Any]], Shapes]] = {
    "Mlp": _mlp_shapes,
    "Cnn": _cnn_shapes,
    "Lstm": _lstm_shapes,
    "MaxCnn": _max_cnn_shapes,
    "Region": _region_shapes,
}
