"""The shapes of each net's weights, against which a bundle is checked before it is used."""

from collections.abc import Callable, Mapping
from typing import Any

Shapes = dict[str, tuple[int | None, ...]]


def _head_shapes(n_flat: int, config: Mapping[str, Any]) -> Shapes:
    n_hidden = config["n_hidden"]
    return {
        "hidden.kernel": (n_flat, n_hidden),
        "hidden.kernel_scale": (n_hidden,),  # see `core.sentiment.rounding`
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


def _hidden_shapes(n_ids: int, config: Mapping[str, Any]) -> Shapes:
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
    "Hidden": _hidden_shapes,
    "Cnn": _cnn_shapes,
    "Lstm": _lstm_shapes,
    "MaxCnn": _max_cnn_shapes,
    "Region": _region_shapes,
}
