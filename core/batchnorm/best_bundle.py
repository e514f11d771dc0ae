"""The nets that tell cats from dogs, as a bundle: weights, figures, and how they were chosen."""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.batchnorm import BEST, CLASSES, KIND
from core.batchnorm.looking import ManySizesLooker, share_right
from core.batchnorm.nets import NetConfig
from core.batchnorm.start import PLAIN, WITH, plan_of
from core.bundle import Bundle, load_bundle, over_seeds
from core.datasets.store import LocalData
from core.devices import describe_devices
from core.errors import BundleError
from core.training_run import TrainingRun

if TYPE_CHECKING:
    from core.batchnorm.best import BestConfig

HEAD_ONLY = "new head only"
_PREFIXES = {WITH: "with", PLAIN: "without"}
_PROTOCOL = (
    "share of the {} photos in valid, on which no rate was chosen; the mean of each photo and its "
    "mirror image at every size; weights in half precision; "
)


@dataclasses.dataclass(frozen=True, slots=True)
class Finals:
    """What a net came to.

    Attributes:
        plan: its layers.
        arrays: weights of the first seed, as they are stored.
        accuracies: f64[seeds] on valid.
        losses: f64[seeds] on valid.
        rate: that was chosen; 0 for none.
        history: of the first seed.
        half_precision: what rounding the weights did to the first seed's accuracy.
        seconds: of training, tries included.
    """

    plan: NetConfig
    arrays: dict[str, np.ndarray]
    accuracies: np.ndarray
    losses: np.ndarray
    rate: float
    history: list[dict]
    half_precision: float
    seconds: float


def gather_best(
    finals: dict[str, Finals],
    tried: pd.DataFrame,
    config: "BestConfig",
    local: LocalData,
    run: TrainingRun,
    *,
    n_valid: int,
) -> Bundle:
    """Puts the trained nets into a bundle.

    Args:
        finals: by net: with batch norm, plain, and the new head alone.
        tried: a row a try: "net", "split", "learning_rate", "loss", "accuracy", "seconds".
        config: what was tried.
        local: the photos, for provenance.
        run: seed and command.
        n_valid: photos in valid.

    Returns:
        The bundle, not yet saved.
    """
    first = finals[WITH]
    n_seeds = len(first.accuracies)
    where = _PROTOCOL.format(n_valid)
    protocol = where + (f"mean over {n_seeds} seeds" if n_seeds > 1 else "one seed")
    metrics = {
        "accuracy_with": over_seeds(first.accuracies, "accuracy", protocol),
        "accuracy_without": over_seeds(finals[PLAIN].accuracies, "accuracy", protocol),
        "loss_with": over_seeds(first.losses, "nats", protocol),
        "loss_without": over_seeds(finals[PLAIN].losses, "nats", protocol),
        "accuracy_head_only": over_seeds(
            finals[HEAD_ONLY].accuracies,
            "accuracy",
            where + "features as pre-trained, the new head fitted to them",
        ),
        "accuracy_shipped": {
            "value": float(first.accuracies[0]),
            "unit": "accuracy",
            "protocol": where + "the net with batch norm in this bundle, of one seed",
        },
        "half_precision_accuracy": {
            "value": first.half_precision,
            "unit": "accuracy",
            "protocol": "what rounding the weights adds to accuracy_shipped",
        },
    }
    arrays = {
        f"{_PREFIXES[net]}.{name}": array
        for net in _PREFIXES
        for name, array in finals[net].arrays.items()
    }
    settings = {
        "content": BEST,
        "title": "Cat or dog",
        "settings": dataclasses.asdict(config),
        "size": config.recipe.size,
        "sizes": config.sizes,
        "framing": config.framing,
        "classes": list(CLASSES),
        "chosen_rates": {net: finals[net].rate for net in _PREFIXES},
        "n_parameters": sum(array.size for array in first.arrays.values()),
    }
    bundle = Bundle(
        kind=KIND,
        name=f"batchnorm-{BEST}",
        config=json.loads(json.dumps(settings)),
        seeds={"splits and nets": run.seed},
        metrics=metrics,
        dataset=local.record(),
        arrays=arrays,
        tables={"tried": tried.astype({"loss": float})},
        documents={"history": first.history},
        device=describe_devices(run.mesh),
        duration_s=sum(final.seconds for final in finals.values()),
        command=run.command,
    )
    return dataclasses.replace(bundle, card=_card(bundle))


def open_best(folder: Path) -> Bundle:
    """Opens a bundle of fine-tuned nets.

    Raises:
        BundleError: there is none, it is damaged, or it holds no nets; names what makes one.
    """
    command = f"python -m core train batchnorm --preset {BEST} --out {folder}"
    bundle = load_bundle(folder, kind=KIND, command=command)
    if bundle.config.get("content") != BEST:
        raise BundleError(folder, [f"it holds no nets; make them with: {command}"])
    return bundle


def nets_of(bundle: Bundle) -> dict[str, tuple[NetConfig, dict[str, np.ndarray]]]:
    """Returns plan and arrays of both nets of a bundle, by "plain" and "batch norm"."""
    size, reads = bundle.config["size"], tuple(bundle.config["settings"]["reads"])
    return {
        net: (
            plan_of(size, with_norm=net == WITH, reads=reads),
            {
                name.removeprefix(f"{prefix}."): array
                for name, array in bundle.arrays.items()
                if name.startswith(f"{prefix}.")
            },
        )
        for net, prefix in _PREFIXES.items()
    }


def accuracies_on(bundle: Bundle, images: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Measures both nets of a bundle on photos.

    Args:
        bundle: of `gather_best`.
        images: u8[N, S, S, 3].
        labels: i32[N].

    Returns:
        "accuracy_without" and "accuracy_with".
    """
    sizes = bundle.config["sizes"]
    return {
        f"accuracy_{_PREFIXES[net]}": share_right(ManySizesLooker(*parts, sizes)(images), labels)
        for net, parts in nets_of(bundle).items()
    }


def _card(bundle: Bundle) -> str:
    data, settings = bundle.dataset, bundle.config["settings"]
    recipe = settings["recipe"]
    rows = "\n".join(
        f"| {name} | {metric['value']:.4f} | {metric.get('sd', 0):.4f} | {metric['protocol']} |"
        for name, metric in bundle.metrics.items()
    )
    rates = ", ".join(f"{net} {rate:g}" for net, rate in bundle.config["chosen_rates"].items())
    tried = ", ".join(f"{rate:g}" for rate in settings["rates"])
    sizes = ", ".join(str(size) for size in settings["sizes"])
    frozen = recipe["frozen_through"]
    learning = f"all layers behind {frozen} were" if frozen else "all layers were"
    return f"""# {bundle.name}

SqueezeNet 1.1, pre-trained on ImageNet, with batch norm put behind every convolution so that
nothing changed at first, then fine-tuned to tell cats from dogs ({data["title"]},
{data["version"]}); and the same net without batch norm, under the same budget.

Made by `{bundle.command}` on {bundle.device} in {bundle.duration_s:.0f} s of training.
`python -m core evaluate assets/{bundle.name}` measures it again.

## Figures
| metric | value | sd | protocol |
|---|---|---|---|
{rows}

## How it was trained
Photos are made square by this framing: {settings["framing"]}. A head was fitted to frozen features,
which were computed once at {sizes} pixels, mirror images included; it reads averages and maxima of
{", ".join(settings["reads"])}. Then {learning} trained: {recipe["n_epochs"]} epochs, batches of
{recipe["batch_size"]}, {recipe["optimizer"]}, images of {recipe["size"]} pixels, random cuts of at
least {recipe["least_area"]:g} of a photo and mirror images, a rate that rises over a tenth of the
steps and falls along half a cosine, a running mean of the weights. Batch norm is measured over such
cuts, before and after.

The rate was chosen ({tried}), for each net by the mean loss on splits of train into three quarters
and one, of which there were {settings["n_splits"]}: {rates}. All else was chosen by such splits of
train as well, with one exception: linear probes had been scored on valid before, so for what the
head reads and its penalty ({settings["penalty"]:g}) valid is not untouched. The net of the first
seed is in here.

## What is inside
Weights of both nets in half precision, statistics in single; the table of tries. No photo.
SqueezeNet's pre-trained weights are those of https://github.com/rcmalli/keras-squeezenet (MIT).

## Use and limits
For exploring and teaching. It knows cats and dogs and calls anything else one of them.

## Data
{data["citation"]}
Licence: {data["licence"]}
"""
