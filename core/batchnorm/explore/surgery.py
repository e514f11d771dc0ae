"""Batch norm put into a pre-trained net, as a page asks for it: tables and images in, tables out.

Importing this loads no training library; the first surgery does. Output differences and histograms
are computed at once on pictures that are drawn here; loss and accuracy on the real photos were
recorded for many cases.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from core.batchnorm import GROUPS, LAST, SURGERY, TUNED_SURGERY
from core.batchnorm.data.decoding import MIDDLE
from core.batchnorm.explore.drawings import draw
from core.batchnorm.explore.nets import Predictions, pixels_of, probabilities
from core.batchnorm.surgery import EPSILON, EXACT, RANDOM, RECIPES
from core.bundle import Bundle
from core.errors import BundleError, InputError, pick

if TYPE_CHECKING:
    from core.batchnorm.surgery.operation import LayerSettings, Operation

ON_TABLE = {SURGERY: "pre-trained", TUNED_SURGERY: "fine-tuned"}  # nets, by surgery
N_DRAWINGS = 12
_BINS = 60
_LARGEST = 1e30  # in a histogram; beyond it single precision has no room for their distances
_OUTCOME = ("layers", "recipe", "epsilon", "n_samples", "training", "loss", "accuracy")


@dataclasses.dataclass(frozen=True, slots=True)
class Surgery:
    """What an operation did.

    Attributes:
        differences: a row a convolution, and the last layer, in the order of the net: "layer",
            "max_abs" (largest difference of what the layer gives, batch norm behind it included)
            and "relative" (the same by the largest value before); over drawings.
        histograms: a row a bin of each layer with new batch norm: "layer", "stage" ("before" or
            "after"), "left", "right", "count"; over drawings, each stage with its own bins.
        max_abs_diff: largest difference of a logit over drawings.
        loss_before: on the validation photos, nats.
        loss_after: the same after the operation; infinite where the net gives no numbers any more,
            nan where the case was not recorded.
        accuracy_before: share of the validation photos that are classified correctly.
        accuracy_after: the same after the operation; nan where the case was not recorded.
    """

    differences: pd.DataFrame
    histograms: pd.DataFrame
    max_abs_diff: float
    loss_before: float
    loss_after: float
    accuracy_before: float
    accuracy_after: float

    @property
    def is_recorded(self) -> bool:
        """Whether loss and accuracy after the operation are known."""
        return bool(np.isfinite(self.accuracy_after))


class SurgeryModel:
    """One of the bundles "batchnorm-surgery" and "batchnorm-surgery-tuned".

    Args:
        bundle: as loaded.
        folder: where it came from, for messages.

    Raises:
        BundleError: it lacks something.
    """

    def __init__(self, bundle: Bundle, folder: Path | None = None) -> None:
        self._folder = folder or Path(bundle.name)
        problems = [
            f"{name} is missing from its config"
            for name in ("places", "size", "n_samples")
            if name not in bundle.config
        ]
        outcomes = bundle.tables.get("outcomes")
        problems += [
            f"its table outcomes lacks {column}"
            for column in _OUTCOME
            if outcomes is None or column not in outcomes.columns
        ]
        if problems:
            raise BundleError(self._folder, problems)
        self.bundle = bundle
        self.outcomes: pd.DataFrame = outcomes
        self.size: int = bundle.config["size"]
        self.n_samples: tuple[int, ...] = tuple(bundle.config["n_samples"])
        self.framing: str = bundle.config.get("framing", MIDDLE)

    @property
    def layers(self) -> pd.DataFrame:
        """Places for batch norm: "name", "kind", "n_channels", "place" (a `GROUPS`, not both)."""
        return pd.DataFrame(self.bundle.config["places"])

    @property
    def epsilons(self) -> tuple[float, ...]:
        """Values of epsilon for which groups of layers were recorded, ascending."""
        return tuple(sorted(set(self.outcomes["epsilon"])))

    def group(self, name: str) -> tuple[str, ...]:
        """The places of one of `GROUPS`.

        Raises:
            InputError: there is no such group.
        """
        pick("group", name, dict.fromkeys(GROUPS))
        table = self.layers
        return tuple(table["name"] if name == "both" else table[table["place"] == name]["name"])

    def statistics(self, n_samples: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Mean and variance of each place, f32[C] each, over some photos of train.

        Raises:
            InputError: they were not measured over so many.
        """
        if n_samples not in self.n_samples:
            known = ", ".join(map(str, self.n_samples))
            raise InputError(f"n_samples ({n_samples}) should be one of {known}")
        prefix = f"statistics.{n_samples}."
        arrays = self.bundle.arrays
        try:
            return {
                name: (arrays[f"{prefix}{name}.mean"], arrays[f"{prefix}{name}.variance"])
                for name in self.layers["name"]
            }
        except KeyError as error:
            raise BundleError(self._folder, [f"array {error.args[0]} is missing"]) from error

    def operate(
        self,
        layers: Sequence[str],
        recipe: str = EXACT,
        epsilon: float = EPSILON,
        n_samples: int | None = None,
        training: bool = False,
        seed: int = 0,
    ) -> Surgery:
        """Puts batch norm behind some layers and says what it does.

        Args:
            layers: names of `layers`; none for no operation at all.
            recipe: how gamma and beta are set, one of `core.batchnorm.surgery.RECIPES`.
            epsilon: added to the variance, above 0.
            n_samples: photos whose statistics are used, one of `self.n_samples`; None for most.
            training: normalise by the mean and variance of the batch instead.
            seed: of the recipe "random"; outcomes are recorded of one seed only.

        Raises:
            InputError: a name or value is unusable.
        """
        n_samples = max(self.n_samples) if n_samples is None else n_samples
        how = {"recipe": recipe, "epsilon": epsilon, "n_samples": n_samples, "seed": seed}
        settings = self.layer_settings(layers, **how)
        seen = self.operation.compare(self._drawings, settings, epsilon, training=training)
        differences = pd.DataFrame(
            {
                "layer": list(seen.differences),
                "max_abs": [float(value) for value in seen.differences.values()],
            }
        )
        # jax returns mappings sorted by name
        order = {name: at for at, name in enumerate(self._compared)}
        differences = differences.sort_values("layer", key=lambda names: names.map(order))
        largest = differences["layer"].map(lambda name: float(seen.largest[name]))
        differences["relative"] = differences["max_abs"] / largest
        before, after = self._before(), self._recorded(layers, training, how)
        return Surgery(
            differences.reset_index(drop=True),
            _histograms({name: seen.samples[name] for name in layers}),
            float(np.abs(seen.after - seen.before).max()),
            *(before["loss"], after["loss"], before["accuracy"], after["accuracy"]),
        )

    def classify(
        self,
        image: np.ndarray | bytes,
        layers: Sequence[str] | None = None,
        recipe: str = EXACT,
        epsilon: float = EPSILON,
        n_samples: int | None = None,
        seed: int = 0,
    ) -> Predictions:
        """Classifies an image before and after an operation, in evaluation mode.

        Args:
            image: u8[H, W, 3], or the bytes of an image file.
            layers: as in `operate`; None for every convolution.
            recipe: as there.
            epsilon: as there.
            n_samples: as there.
            seed: as there.

        Raises:
            InputError: the image cannot be used, or a name or value.
        """
        layers = self.group("convolution") if layers is None else layers
        n_samples = max(self.n_samples) if n_samples is None else n_samples
        pixels = pixels_of(image, size=self.size, framing=self.framing)
        how = {"recipe": recipe, "epsilon": epsilon, "n_samples": n_samples, "seed": seed}
        logits = [
            self.operation.logits(
                pixels,
                self.layer_settings(places, **how),
                epsilon,
                training=False,
            )
            for places in ((), layers)
        ]
        return Predictions(*(probabilities(values)[0] for values in logits))

    def layer_settings(
        self,
        layers: Sequence[str],
        *,
        recipe: str = EXACT,
        epsilon: float = EPSILON,
        n_samples: int | None = None,
        seed: int = 0,
    ) -> "dict[str, LayerSettings]":
        """Returns the settings of `operation` by place; arguments and errors as in `operate`."""
        from core.batchnorm.surgery.operation import layer_settings

        pick("recipe", recipe, RECIPES)
        statistics = self.statistics(max(self.n_samples) if n_samples is None else n_samples)
        config = self.operation.config
        how = {"recipe": recipe, "epsilon": epsilon, "seed": seed}
        return layer_settings(config, statistics, layers, **how)

    @cached_property
    def operation(self) -> "Operation":
        """The net on the table; made when it is first asked for."""
        from core.batchnorm.surgery.operation import Operation
        from core.batchnorm.train.start import plan_of

        arrays = {
            name.removeprefix("net."): array
            for name, array in self.bundle.arrays.items()
            if name.startswith("net.")
        }
        reads = tuple(self.bundle.config.get("reads", LAST))
        try:
            return Operation(plan_of(self.size, with_norm=False, reads=reads), arrays)
        except InputError as error:
            raise BundleError(self._folder, [str(error)]) from error

    @cached_property
    def _drawings(self) -> np.ndarray:
        return draw(N_DRAWINGS, size=self.size)

    @cached_property
    def _compared(self) -> tuple[str, ...]:
        from core.batchnorm.surgery.operation import shown_places

        return shown_places(self.operation.config)

    def _before(self) -> dict[str, float]:
        metrics = self.bundle.metrics
        return {name: metrics[f"before_{name}"]["value"] for name in ("loss", "accuracy")}

    def _recorded(
        self, layers: Sequence[str], training: bool, how: Mapping[str, Any]
    ) -> dict[str, float]:
        if not layers:
            return self._before()
        unknown = {"loss": float("nan"), "accuracy": float("nan")}
        if how["recipe"] == RANDOM and how["seed"] != self.bundle.seeds["samples"]:
            return unknown
        names = {frozenset(self.group(group)): group for group in GROUPS}
        case = layers[0] if len(set(layers)) == 1 else names.get(frozenset(layers))
        table = self.outcomes
        found = table[
            (table["layers"] == case)
            & (table["recipe"] == how["recipe"])
            & np.isclose(table["epsilon"], how["epsilon"])
            & (table["n_samples"] == how["n_samples"])
            & (table["training"] == training)
        ]
        if found.empty:
            return unknown
        return {name: float(found[name].iloc[0]) for name in ("loss", "accuracy")}


def _range(values: np.ndarray) -> tuple[float, float]:
    """Returns the ends of a histogram, wide enough for its bins where all values are alike."""
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    least = max(abs(low), abs(high), 1.0) * 1e-6
    return (low, high) if high - low > least else (low - least, high + least)


def _histograms(samples: Mapping[str, Any]) -> pd.DataFrame:
    """Returns the histograms of each layer's values f32[2, N], before and after."""
    tables = []
    for name, both in samples.items():
        for stage, values in zip(("before", "after"), both, strict=True):
            finite = values[np.abs(values) < _LARGEST].astype(float)
            counts, edges = np.histogram(finite, bins=_BINS, range=_range(finite))
            bins = {"left": edges[:-1], "right": edges[1:], "count": counts}
            tables.append(pd.DataFrame({"layer": name, "stage": stage, **bins}))
    columns = ["layer", "stage", "left", "right", "count"]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)
