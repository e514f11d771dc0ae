"""One batch norm layer: its steps, the noise of a batch, and what it remembers for evaluation."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.batchnorm.explore.layer import SHAPES, Layer, outputs_in_batches, running_averages, sample
from core.errors import InputError
from dashboard import theme, view_state
from dashboard.app_pages.batchnorm_layer import batches_figure as batches_figures
from dashboard.app_pages.batchnorm_layer import steps_figure as figures
from dashboard.components import page, width
from dashboard.components.chart import chart
from dashboard.components.text import plain, sentence

PAGE = "batchnorm_layer"
KEY = f"{PAGE}_main"
KEY_NOISE = f"{PAGE}_noise"
KEY_RUNNING = f"{PAGE}_running"
BY_HAND, EXACT, NOTEBOOK, NO_EPSILON = "by hand", "exact", "notebook", "without ε"
RECIPES = {  # name -> gamma, from variance and epsilon, in words; beta is the mean
    EXACT: r"\gamma = \sqrt{\sigma^2 + \varepsilon},\ \beta = \mu",
    NOTEBOOK: r"\gamma = \sigma^2,\ \beta = \mu",
    NO_EPSILON: r"\gamma = \sigma,\ \beta = \mu",
}
N_VALUES = 20_000
N_BATCHES = 2_000
LARGEST = 256
SIZES = [2**power for power in range(9)]
EPSILONS = [0.0, 1e-5, 1e-3, 0.01, 0.1, 1.0, 4.0]
USUAL_EPSILON = 1e-3  # as in Keras
MOMENTA = [0.0, 0.5, 0.9, 0.99, 0.999]
ZERO_AND_ONE, MEASURED = "0 and 1", "measured"
_SAME = 1e-9  # a difference of this size is rounding

Try = tuple[str, dict[str, Any]]


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where a view puts its controls.

    Attributes:
        view: the page's controls.
        figure: column of the figure; on a phone it stands above the controls.
        controls: column of the controls.
    """

    view: view_state.View
    figure: DeltaGenerator
    controls: DeltaGenerator


def one_layer(place: Place) -> list[Try]:
    """Draws values on their way through the layer; returns the experiments of the view."""
    view = place.view
    with place.controls:
        mean, sd = _entering(view)
        recipe = view.selectbox("recipe", "γ and β", [BY_HAND, *RECIPES], BY_HAND)
        by_hand: tuple[float, float] | None = None
        if recipe == BY_HAND:
            by_hand = (
                view.slider("gamma", "γ, stretches", -5.0, 5.0, 1.0, 0.05),
                view.slider("beta", "β, shifts", -5.0, 5.0, 0.0, 0.05),
            )
        epsilon = _epsilon(view)
        with st.popover("What goes in", icon=":material/tune:"):
            shape = view.segmented_control("shape", "Shape of the values", SHAPES, SHAPES[0])
            seed = view.number_input("seed", "Seed", 0, 9999, 0)
    var = sd**2
    gamma, beta = by_hand if by_hand is not None else (_gamma(recipe, var, epsilon), mean)
    layer = Layer(mean, var, gamma, beta, epsilon)
    values = mean + sd * sample(shape, N_VALUES, seed=seed)
    with place.figure:
        try:
            normalised, out = layer.normalised(values), layer.output(values)
        except InputError as error:
            st.warning(plain(sentence(error)), icon=":material/error:")
            return _TRIES_LAYER
        rows = [
            figures.Stage("goes in", values),
            figures.Stage("normalised", normalised),
            figures.Stage("comes out", out),
        ]
        chart(
            figures.stages(rows, width=width.known(KEY), font_size=page.look().letters),
            key=KEY,
            alt="Three histograms: "
            + "; ".join(
                f"{row.title} with mean {row.values.mean():.2f} and spread {row.values.std():.2f}"
                for row in rows
            ),
            data=figures.stage_table(rows),
            filename="batch-norm-layer",
        )
    st.latex(_formula(layer, recipe))
    difference = float(np.abs(out - values).max())
    page.what_you_see(
        f"Values with mean **{figures.signed(mean)}** and spread **{sd:.2f}** go in; they come out "
        f"with mean **{figures.signed(float(out.mean()))}** and spread **{out.std():.2f}** (blue). "
        + (
            "They are back where they were (orange outline): no value moved by more than "
            f"{difference:.0e}, which is rounding. "
            if difference < _SAME
            else f"A value moved by up to {difference:.2f} from where it was (orange outline), and "
            "whatever layer comes next was trained on the outline. "
        )
        + "The shape stays as it was: batch norm shifts and stretches, no more."
    )
    return _TRIES_LAYER


def batch_noise(place: Place) -> list[Try]:
    """Draws one value in random batches; returns the experiments of the view."""
    view = place.view
    with place.controls:
        size = view.select_slider("batch", "Values in the batch", SIZES, 8)
        value = view.slider("value", "The value, in σ from μ", -3.0, 3.0, 1.5, 0.1)
        epsilon = _epsilon(view, EPSILONS[1:])
        seed = view.number_input("seed", "Seed", 0, 9999, 0)
    sizes, outputs = outputs_in_batches(
        value, epsilon=epsilon, largest=LARGEST, n_batches=N_BATCHES, seed=seed
    )
    evaluation = value / float(np.sqrt(1 + epsilon))
    of_size = outputs[list(sizes).index(size)]
    low, high = (figures.signed(float(edge)) for edge in np.quantile(of_size, [0.05, 0.95]))
    with place.figure:
        chart(
            batches_figures.noise(
                sizes.tolist(),
                outputs,
                chosen=size,
                evaluation=evaluation,
                width=width.known(KEY_NOISE),
                font_size=page.look().letters,
            ),
            key=KEY_NOISE,
            alt=f"What a value {value:g} spreads from the mean becomes in batches of 1 to "
            f"{LARGEST}; in batches of {size}, nine of ten lie from {low} to {high}",
            data=batches_figures.noise_table(sizes.tolist(), outputs),
            filename="batch-norm-noise",
        )
    st.latex(
        rf"\begin{{aligned}} n = {size}:\ \hat x &= \frac{{x - \mu_B}}"
        rf"{{\sqrt{{\sigma_B^2 + \varepsilon}}}} = {_number(of_size.mean())} \pm "
        rf"{of_size.std():.2f} \\ \text{{evaluation}}:\ \hat x &= "
        rf"\frac{{x - \mu}}{{\sqrt{{\sigma^2 + \varepsilon}}}} = {_number(evaluation)} "
        r"\end{aligned}"
    )
    if size == 1:
        page.what_you_see(
            "A batch of one is its own mean, so x − μ is 0: **every value becomes 0**, and behind "
            "γ and β it is β, whatever went in. In training mode such a layer passes nothing on; "
            f"in evaluation the value becomes {figures.signed(evaluation)}, because the statistics "
            "do not come from its batch."
        )
    else:
        page.what_you_see(
            f"The same value became something else in each of {theme.count(N_BATCHES)} batches of "
            f"{size}, because mean and spread are those of its companions: nine times of ten from "
            f"**{low}** to **{high}**. In evaluation it is {figures.signed(evaluation)} every time "
            "(orange)."
            + (
                " In a batch of two only the sign tells who is larger."
                if size == 2
                else " Larger batches shake it less; a little noise keeps a net from learning its "
                "photos by heart."
            )
        )
    return [
        ("A batch of one", {"batch": 1}),
        ("A batch of two", {"batch": 2}),
        (f"A batch of {LARGEST}", {"batch": LARGEST}),
    ]


def train_and_evaluate(place: Place) -> list[Try]:
    """Draws what the layer remembers, batch after batch; returns the view's experiments."""
    view = place.view
    with place.controls:
        mean, sd = _entering(view)
        momentum = view.select_slider(
            "momentum",
            "Momentum",
            MOMENTA,
            0.99,
            "{:g}".format,
            help="Share of the old average that stays after a batch; Keras and Flax take 0.99.",
        )
        size = view.select_slider("batch", "Values in the batch", SIZES, 8)
        n_batches = view.slider("batches", "Batches seen", 10, 500, 150, 10)
        start = view.segmented_control(
            "start", "Before the first", (ZERO_AND_ONE, MEASURED), ZERO_AND_ONE
        )
        with st.popover("Settings", icon=":material/tune:"):
            epsilon = _epsilon(view, EPSILONS[1:])
            shape = view.segmented_control("shape", "Shape of the values", SHAPES, SHAPES[0])
            seed = view.number_input("seed", "Seed", 0, 9999, 0)
    var = sd**2
    batches = mean + sd * sample(shape, max(n_batches * size, 2), seed=seed)[: n_batches * size]
    begin = (0.0, 1.0) if start == ZERO_AND_ONE else (mean, var)
    kept = running_averages(
        batches.reshape(n_batches, size), momentum=momentum, mean=begin[0], var=begin[1]
    )
    table = pd.DataFrame(
        {
            "batch": range(n_batches + 1),
            "kept_mean": kept.means,
            "kept_sd": np.sqrt(kept.vars),
            "batch_mean": [np.nan, *kept.batch_means],
            "batch_sd": [np.nan, *np.sqrt(kept.batch_vars)],
        }
    )
    last = Layer(float(kept.means[-1]), float(kept.vars[-1]), 1.0, 0.0, epsilon)
    with place.figure:
        chart(
            batches_figures.running(
                table,
                mean=mean,
                sd=sd,
                width=width.known(KEY_RUNNING),
                font_size=page.look().letters,
            ),
            key=KEY_RUNNING,
            alt=f"What a layer remembers over {n_batches} batches of {size}: mean "
            f"{last.mean:.2f} of {mean:.2f}, spread {np.sqrt(last.var):.2f} of {sd:.2f}",
            data=table,
            filename="batch-norm-running",
        )
    st.latex(
        r"\begin{aligned} \mu &\leftarrow m\,\mu + (1 - m)\,\mu_B "
        rf"= {_number(last.mean)} \\ \sigma^2 &\leftarrow "
        rf"m\,\sigma^2 + (1 - m)\,\sigma_B^2 = {_number(last.var)} \end{{aligned}}"
    )
    out_mean = float(last.output(np.array(mean)))
    stays = momentum**n_batches
    page.what_you_see(
        f"Training uses each batch’s own mean and spread (grey dots). Beside that the layer keeps "
        f"an average (blue), and evaluation uses that one: after {n_batches} batches of {size} it "
        f"stands at mean **{figures.signed(last.mean)}** and spread **{np.sqrt(last.var):.2f}**, "
        f"true are {figures.signed(mean)} and {sd:.2f} (orange). Evaluated now, the values come "
        f"out with mean **{figures.signed(out_mean)}** and spread **{last.slope * sd:.2f}** "
        "instead of 0 and 1."
        + (
            f" Of the start, 0 and 1, {100 * stays:.0f} % is still in the average."
            if start == ZERO_AND_ONE and stays >= 0.005
            else ""
        )
    )
    return [
        ("Too few batches", {"momentum": 0.99, "batches": 50, "start": ZERO_AND_ONE}),
        ("A short memory of small batches", {"momentum": 0.5, "batch": 4}),
        ("Begin with what was measured", {"momentum": 0.99, "start": MEASURED}),
    ]


_TRIES_LAYER: list[Try] = [
    ("Exact: put it in without a trace", {"recipe": EXACT}),
    ("The notebook’s γ = σ²", {"recipe": NOTEBOOK}),
    ("Forget an ε of 1", {"recipe": NO_EPSILON, "epsilon": 1.0}),
    ("Two groups stay two", {"recipe": BY_HAND, "shape": "two groups"}),
]


def _entering(view: view_state.View) -> tuple[float, float]:
    mean = view.slider("mean", "μ, mean of what goes in", -5.0, 5.0, 3.0, 0.05)
    sd = view.slider("sd", "σ, its spread", 0.0, 4.0, 2.0, 0.05)
    return mean, sd


def _epsilon(view: view_state.View, options: Sequence[float] = EPSILONS) -> float:
    return view.select_slider("epsilon", "ε", options, USUAL_EPSILON, "{:g}".format)


def _gamma(recipe: str, var: float, epsilon: float) -> float:
    if recipe == NOTEBOOK:
        return var
    return float(np.sqrt(var + (epsilon if recipe == EXACT else 0.0)))


def _formula(layer: Layer, recipe: str) -> str:
    """Returns the layer's formula with its numbers, in as many lines as a phone needs."""
    said = rf"&& {RECIPES[recipe]}" if recipe in RECIPES else ""
    return (
        r"\begin{aligned} y &= \gamma\,\frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta "
        rf"{said} \\ &= {_number(layer.gamma)} \cdot \frac{{x - {_factor(layer.mean)}}}"
        rf"{{\sqrt{{{layer.var:.4g} + {layer.epsilon:g}}}}} {_term(layer.beta)} \\ "
        rf"&= {_number(layer.slope)}\,x {_term(layer.offset)} \end{{aligned}}"
    )


def _number(value: float) -> str:
    return f"{value:.4g}" if abs(value) >= 5e-5 else "0"


def _factor(value: float) -> str:
    return _number(value) if value >= 0 else f"({_number(value)})"


def _term(value: float) -> str:
    return f"{'-' if value < 0 and _number(value) != '0' else '+'} {_number(abs(value))}"
