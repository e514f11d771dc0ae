"""Batch norm put into a trained net: what each layer notices, and the values of one of them."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from core.batchnorm.explore import DEVIATION, EPSILON, EXACT, NOTEBOOK, RANDOM
from core.batchnorm.explore.surgery import ON_TABLE, Surgery, SurgeryModel
from dashboard import resources, theme, view_state
from dashboard.app_pages.batchnorm_surgery import layers_figure as figures
from dashboard.components import page, width
from dashboard.components.chart import chart
from dashboard.components.text import plain

PAGE = "batchnorm_surgery"
KEY = f"{PAGE}_main"
KEY_VALUES = f"{PAGE}_values"
NAMES = {RANDOM: "random", NOTEBOOK: "notebook", DEVIATION: "no ε", EXACT: "exact"}
FORMULAS = {
    RANDOM: r"\gamma \approx 1, \quad \beta \approx 0",
    NOTEBOOK: r"\gamma = \sigma^2, \quad \beta = \mu",
    DEVIATION: r"\gamma = \sigma, \quad \beta = \mu",
    EXACT: r"\gamma = \sqrt{\sigma^2 + \varepsilon}, \quad \beta = \mu",
}
PLACES = {"convolution": "convolutions", "relu": "relus"}  # groups of layers
EPSILONS = (1e-5, 1e-3, 1e-1, 1.0)
EVALUATION, TRAINING = "evaluate", "train"


class Operation(NamedTuple):
    """How batch norm is put in, but for the recipe; each of them is tried."""

    layers: tuple[str, ...]
    epsilon: float
    n_samples: int
    training: bool
    seed: int
    net: str


def choose(view: view_state.View, models: dict[str, SurgeryModel]) -> tuple[str, Operation]:
    """Draws the controls.

    Args:
        view: of the page.
        models: nets by name, at least one.

    Returns:
        The recipe in colour, and the operation.
    """
    row = st.columns([9, 6, 5, 4], gap="small", vertical_alignment="bottom")
    with row[3], st.popover("More", icon=":material/tune:", width="stretch"):
        # drawn first: what else there is to choose depends on the net
        net = view.segmented_control(
            "net",
            "Net",
            tuple(models),
            next(iter(models)),
            ON_TABLE.__getitem__,
            help="SqueezeNet 1.1 with a head that classifies cats and dogs. Pre-trained: the "
            "layers are as ImageNet left them. Fine-tuned: they learned cats and dogs, too.",
        )
        model = models[net]
        epsilon = view.select_slider(
            "epsilon", "ε", sorted({*EPSILONS, *model.epsilons}), EPSILON, "{:g}".format
        )
        n_samples = view.segmented_control(
            "samples", "Photos on which μ and σ were measured", model.n_samples, model.n_samples[-1]
        )
        seed = view.number_input("seed", "Seed of the random recipe", 0, 9999, 0)
    with row[0]:
        recipe = view.segmented_control(
            "recipe", "Recipe", list(NAMES), NOTEBOOK, NAMES.__getitem__
        )
    with row[1]:
        chosen = view.multiselect(
            "layers",
            "Batch norm behind",
            [*PLACES, *model.layers["name"]],
            ["convolution"],
            _called,
            placeholder="nothing",
        )
    with row[2]:
        mode = view.segmented_control(
            "mode",
            "Mode",
            (EVALUATION, TRAINING),
            EVALUATION,
            help="In evaluation the new layers use statistics that were measured once; in training "
            "those of the pictures that they see together.",
        )
    operation = Operation(places(model, chosen), epsilon, n_samples, mode == TRAINING, seed, net)
    return recipe, operation


def places(model: SurgeryModel, chosen: Sequence[str]) -> tuple[str, ...]:
    """Returns the layers of some groups and single names together, in the order of the net."""
    wanted = {name for one in chosen for name in (model.group(one) if one in PLACES else (one,))}
    return tuple(name for name in model.layers["name"] if name in wanted)


def outcome(recipe: str, operation: Operation, results: dict[str, Surgery]) -> None:
    """Draws what every layer notices, with loss and accuracy beside."""
    table = pd.concat(
        [result.differences.assign(recipe=name) for name, result in results.items()],
        ignore_index=True,
    )
    result = results[recipe]
    figure, beside = st.columns([9, 2], gap="small", vertical_alignment="center")
    with figure:
        chart(
            figures.differences(
                table,
                names=NAMES,
                chosen=recipe,
                title="How far is each layer from the net as it was?",
                width=width.known(KEY),
                font_size=page.look().letters,
            ),
            key=KEY,
            alt="Largest difference of the last layer: "
            + "; ".join(
                f"{NAMES[name]} {figures.relative(_last(one))}" for name, one in results.items()
            ),
            data=table[["recipe", "layer", "max_abs", "relative"]],
            filename="batch-norm-surgery",
        )
    with beside, st.container(horizontal=True):
        _numbers(result)
    page.what_you_see(said(recipe, operation, result))


def _numbers(result: Surgery) -> None:
    st.metric("Difference", figures.relative(_last(result)), help="Of the answer; see the figure.")
    if not result.is_recorded:
        st.caption(
            "Loss and accuracy were recorded for groups of layers and for single ones with the "
            f"usual settings: ε {EPSILON:g}, seed 0."
        )
        return
    st.metric(
        "Loss",
        _loss(result.loss_after),
        f"{_loss(result.loss_before)} before",
        delta_color="off",
        delta_arrow="off",
    )
    st.metric(
        "Accuracy",
        theme.percent(result.accuracy_after),
        f"{theme.percent(result.accuracy_before)} before",
        delta_color="off",
        delta_arrow="off",
    )


def said(recipe: str, operation: Operation, result: Surgery) -> str:
    """Says in words what an operation did."""
    if not operation.layers:
        return "Nothing was put in, so nothing changed. Choose layers to put batch norm behind."
    shares = result.differences["relative"].fillna(np.inf)
    noticed = shares > figures.UNNOTICED
    blue = f"“{NAMES[recipe]}” (blue)"
    if not noticed.any():
        return (
            f"With the recipe {blue} no layer notices: the largest difference is "
            f"{_of_largest(float(shares.max()))}, which is rounding." + _on_photos(result)
        )
    first = str(result.differences.loc[noticed.idxmax(), "layer"])
    return (
        f"With the recipe {blue} the first layer that notices is **{plain(first)}**; at the answer "
        f"the difference is {_of_largest(_last(result))}."
        + _on_photos(result)
        + (
            " In training mode the layers use mean and spread of the pictures that they see "
            "together, not those that were measured, so not even the exact recipe fits."
            if operation.training and recipe == EXACT
            else ""
        )
    )


def values(view: view_state.View, results: dict[str, Surgery], recipe: str) -> None:
    """Draws the values of one layer before and after."""
    result = results[recipe]
    names = list(dict.fromkeys(result.histograms["layer"]))
    if not names:
        return
    layer = view.selectbox("layer", "Values behind the layer", names, names[0])
    rows = result.histograms[result.histograms["layer"] == layer]
    chart(
        figures.activations(
            rows,
            title=f"{layer}, with “{NAMES[recipe]}”: orange before, blue after",
            width=width.known(KEY),
            font_size=page.look().letters,
        ),
        key=KEY_VALUES,
        alt=f"Histogram of the values of {layer} before and after the surgery",
        data=rows,
        filename="batch-norm-values",
    )


def experiments(models: dict[str, SurgeryModel]) -> list[tuple[str, dict[str, Any]]]:
    """Returns the page's experiments; the last ones where there is another net."""
    net, *others = models
    first = str(models[net].layers["name"].iloc[0])
    usual = {"net": net, "layers": ["convolution"], "mode": EVALUATION, "epsilon": EPSILON}
    return [
        ("The notebook’s recipe", {**usual, "recipe": NOTEBOOK}),
        ("The exact one", {**usual, "recipe": EXACT}),
        (
            "An ε of 0.1, forgotten",
            {**usual, "recipe": DEVIATION, "layers": ["relu"], "epsilon": 0.1},
        ),
        ("Random, behind one layer", {**usual, "recipe": RANDOM, "layers": [first]}),
        ("Exact, in training mode", {**usual, "recipe": EXACT, "mode": TRAINING}),
        *(
            (f"Exact, in the {ON_TABLE[other]} net", {**usual, "recipe": EXACT, "net": other})
            for other in others
        ),
    ]


def operate(operation: Operation) -> dict[str, Surgery]:
    """Puts batch norm in by each recipe."""
    layers, epsilon, n_samples, training, seed, net = operation
    return {
        recipe: resources.surgery(net, recipe, layers, epsilon, n_samples, training, seed)
        for recipe in NAMES
    }


def _called(place: str) -> str:
    """Returns what a group of layers is called; a layer is called by its own name."""
    return PLACES.get(place, place)


def _on_photos(result: Surgery) -> str:
    if not result.is_recorded:
        return ""
    return (
        " On the validation photos the loss "
        + _course(_loss, result.loss_before, result.loss_after)
        + " and the accuracy "
        + _course(theme.percent, result.accuracy_before, result.accuracy_after)
        + "."
    )


def _course(show: Callable[[float], str], before: float, after: float) -> str:
    if show(before) == show(after):
        return f"stays at **{show(after)}**"
    return f"goes from {show(before)} to **{show(after)}**"


def _of_largest(share: float) -> str:
    text = figures.relative(share)
    return f"**{text}** {'' if text.endswith('×') else 'of '}the largest value there"


def _loss(value: float) -> str:
    """Formats a loss that may have left all bounds."""
    if not np.isfinite(value):
        return "∞"
    if value < 1000:
        return theme.mse(value)
    return f"{value:,.0f}" if value < 1e6 else f"{value:.0e}".replace("+0", "").replace("+", "")


def _last(result: Surgery) -> float:
    last = result.differences["relative"].iloc[-1]
    return float(last) if np.isfinite(last) else np.inf


def explain(recipe: str, model: SurgeryModel) -> None:
    """Draws what the recipes are and how their outcome was measured."""
    st.latex(
        r"y = \gamma\,\frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta, \qquad "
        rf"\text{{{NAMES[recipe].replace('ε', 'no epsilon')}}}:\quad {FORMULAS[recipe]}"
    )
    st.markdown(
        "**Random** is how a layer begins in a net that is trained from the start. **Notebook** is "
        "what the lesson did: γ is the variance, right only where the variance is 1. **Without "
        "ε** takes its root but forgets the ε under the fraction’s root, which matters where the "
        "variance is small. **Exact** undoes all that the layer does: y = x.\n\n"
        "**The figure** compares both nets on pictures that are drawn here, discs and stripes, "
        "because no photo of the data set is shown. At each layer stands the largest difference of "
        "any value, as a share of the largest value before.\n\n"
        "**Loss and accuracy** were recorded on the validation photos with the same layers. μ and "
        "σ are those of photos of train, "
        f"{' or '.join(map(str, model.n_samples))} of them: more photos give better statistics, "
        "and the exact recipe does not care."
    )
    st.dataframe(model.outcomes, hide_index=True)
