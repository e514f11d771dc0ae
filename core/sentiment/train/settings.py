"""What changing one setting does: a net trained again with another vocabulary, length, dropout.

Each training is measured on the validation part of train; the test reviews are not looked at.
"""

import dataclasses
from collections.abc import Iterator, Sequence

import pandas as pd

from core.bundle import Bundle, over_seeds
from core.checkpoint import Checkpoints
from core.datasets.store import LocalData, Sources
from core.devices import describe_devices
from core.loop import Fitted
from core.reviews import read_reviews
from core.sentiment import KIND, SETTINGS
from core.sentiment.data import Texts, count_vocabulary, labelled, pad_all
from core.sentiment.explore.comparison import effects
from core.sentiment.train.fit import Encoded, train_one
from core.sentiment.train.presets import PRESETS, Preset, SettingsPreset
from core.sentiment.train.protocol import epochs_of, held_out
from core.training_run import TrainingRun

GRID: dict[str, tuple[float, ...]] = {
    "n_ids": (500, 1_000, 2_000, 5_000, 10_000, 20_000),
    "length": (50, 100, 200, 350, 500, 800),
    "dropout": (0.0, 0.3, 0.5, 0.7, 0.9),
}
_PROTOCOL = (
    "a tenth of train, which training did not see; of the standard setting, at the epoch of the "
    "lowest mean loss there"
)


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """One training: a preset with at most one setting changed.

    Attributes:
        preset: its name.
        setting: of `GRID`; "" for none.
        value: of the setting; 0 for none.
        seed: of the training.
    """

    preset: str
    setting: str
    value: float
    seed: int

    @property
    def recipe(self) -> Preset:
        """Returns the preset with the setting changed."""
        preset = PRESETS[self.preset]
        if not self.setting:
            return preset
        changed = {self.setting: type(getattr(preset.config, self.setting))(self.value)}
        return dataclasses.replace(preset, config=dataclasses.replace(preset.config, **changed))


def runs(presets: Sequence[str], seeds: range) -> Iterator[Run]:
    """Yields every training: the standard setting once, and each other value of each setting."""
    for preset in presets:
        for seed in seeds:
            yield Run(preset, "", 0, seed)
            for setting, values in GRID.items():
                standard = getattr(PRESETS[preset].config, setting)
                for value in values:
                    if value != standard:
                        yield Run(preset, setting, value, seed)


def train(run: TrainingRun, preset: SettingsPreset) -> Bundle:
    """Trains every setting and records how it does on validation.

    Args:
        run: how; its seeds are those of the trainings of each setting.
        preset: the nets to vary.

    Returns:
        The bundle, not yet saved; table "runs" has a row a training and epoch: "preset",
        "setting", "value", "seed", "epoch", "accuracy" and "loss" on validation. The standard
        setting stands in it once for each setting.

    Raises:
        InputError: an option is out of bounds.
        DataError: the archive is not what it should be.
    """
    local = run.sources.get("imdb")
    texts = labelled(read_reviews(local, data_dir=run.sources.data_dir), "train")
    rows, seconds = [], 0.0
    for one in runs(preset.presets, run.seeds):
        name = "-".join([one.preset, one.setting, f"{one.value:g}", str(one.seed)])
        with run.checkpoints(name, {"run": name, "data": local.sha256}) as saved:
            fitted = train_run(
                one, texts, n_epochs=run.n_epochs, checkpoints=saved, progress=run.label(name)
            )
        seconds += fitted.train_s
        rows += rows_of(one, fitted)
    return _bundle(pd.DataFrame(rows), preset, local, run, seconds=seconds)


def train_run(
    run: Run,
    texts: Texts,
    *,
    n_epochs: int | None = None,
    checkpoints: Checkpoints | None = None,
    progress: str | None = None,
) -> Fitted:
    """Trains one setting on nine tenths of `texts` and measures it on the rest."""
    recipe = run.recipe
    vocabulary, held = count_vocabulary(texts, recipe.net_config.n_ids), held_out(texts)
    ids = pad_all(texts, vocabulary, recipe.net_config.length)
    sides = (Encoded(ids[rows], texts.labels[rows]) for rows in (~held, held))
    return train_one(
        recipe,
        *sides,
        seed=run.seed,
        n_epochs=epochs_of(recipe, n_epochs),
        name="val",
        checkpoints=checkpoints,
        progress=progress,
    )


def rows_of(run: Run, fitted: Fitted) -> Iterator[dict[str, float | str]]:
    """Yields a row an epoch; the standard setting's once for each setting."""
    config = PRESETS[run.preset].config
    settings = {run.setting: run.value} if run.setting else {s: getattr(config, s) for s in GRID}
    for setting, value in settings.items():
        for epoch in fitted.history[1:]:
            yield {
                "preset": run.preset,
                "setting": setting,
                "value": float(value),
                "seed": run.seed,
                "epoch": int(epoch["epoch"]),
                "accuracy": epoch["val_accuracy"],
                "loss": epoch["val_loss"],
            }


def measure(bundle: Bundle, sources: Sources) -> dict[str, dict[str, float]]:
    """Trains the standard setting of the bundle's first net again, and compares.

    Args:
        bundle: of `train`.
        sources: where the reviews are looked for.

    Returns:
        The metric of that net, with "measured" and "recorded" of the first seed.
    """
    local = sources.get(bundle.dataset["name"])
    texts = labelled(read_reviews(local, data_dir=sources.data_dir), "train")
    preset, seed = bundle.config["presets"][0], bundle.seeds["model"]
    table = bundle.tables["runs"]
    n_epochs = int(table.loc[table["preset"] == preset, "epoch"].max())
    run = Run(preset, "", 0, seed)
    found = pd.DataFrame(rows_of(run, train_run(run, texts, n_epochs=n_epochs)))
    metric = f"{preset}_val_accuracy"
    epoch = bundle.config["epochs"][preset]
    first = found[(found["setting"] == next(iter(GRID))) & (found["epoch"] == epoch)]
    return {
        metric: {
            "measured": float(first["accuracy"].iloc[0]),
            "recorded": bundle.metrics[metric]["per_seed"][0],
        }
    }


def _bundle(
    table: pd.DataFrame,
    preset: SettingsPreset,
    local: LocalData,
    run: TrainingRun,
    *,
    seconds: float,
) -> Bundle:
    metrics, epochs, presets = {}, {}, preset.presets
    found = effects(table).set_index(["preset", "setting", "value"])
    for name in presets:
        standard = name, "length", float(PRESETS[name].net_config.length)
        epochs[name] = int(found.loc[standard, "epoch"])
        is_best = (table["epoch"] == epochs[name]) & (
            table.set_index(["preset", "setting", "value"]).index == standard
        )
        accuracies = table[is_best].sort_values("seed")["accuracy"].to_numpy()
        metrics[f"{name}_val_accuracy"] = over_seeds(accuracies, "accuracy", _PROTOCOL)
    config = {
        "content": SETTINGS,
        "title": "What settings do",
        "presets": list(presets),
        "epochs": epochs,
        "standard": {
            name: {setting: float(getattr(PRESETS[name].config, setting)) for setting in GRID}
            for name in presets
        },
        "grid": {setting: list(values) for setting, values in GRID.items()},
    }
    bundle = Bundle(
        kind=KIND,
        name=f"sentiment-{SETTINGS}",
        config=config,
        seeds={"model": run.seed},
        metrics=metrics,
        dataset=local.record(),
        arrays={},
        tables={"runs": table},
        documents={},
        device=describe_devices(),
        duration_s=seconds,
        command=run.command,
    )
    return dataclasses.replace(bundle, card=_card(bundle))


def _card(bundle: Bundle) -> str:
    table, data = bundle.tables["runs"], bundle.dataset
    rows = "\n".join(
        f"| {name} | {metric['value']:.4f} | {metric['protocol']} |"
        for name, metric in bundle.metrics.items()
    )
    lines = "\n".join(
        f"- {setting}: {', '.join(f'{value:g}' for value in values)}"
        for setting, values in bundle.config["grid"].items()
    )
    n_seeds = table["seed"].nunique()
    return f"""# {bundle.name}

What changing one setting does to nets for {data["title"]} ({data["version"]}): one setting is
changed, the others stay, {n_seeds} trainings each, measured on validation after every epoch.

Made by `{bundle.command}` on {bundle.device} in {bundle.duration_s:.0f} s of training. `python -m
core evaluate assets/{bundle.name}` trains the standard setting of the first net again.

## Settings
{lines}

Nets: {", ".join(bundle.config["presets"])}. `n_ids` is the vocabulary with padding and unk,
`length` words of a review, `dropout` that of the hidden layer.

## Figures
| metric | mean over seeds | protocol |
|---|---|---|
{rows}

## Use and limits
For seeing which settings matter. One setting at a time: it says nothing of two changed together,
and other settings were not chosen anew. Differences of half a percentage point may be chance.

## Data
{data["citation"]}
Licence: {data["licence"]}
"""
