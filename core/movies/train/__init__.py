"""A preset over several splits, as one bundle: films of the first, figures of all.

No rater is in it, and of films that few people rated their titles only: `core.movies.disclosure`.
"""

import dataclasses
import json
from typing import Any

import numpy as np

from core.bundle import Bundle, over_seeds
from core.datasets.store import LocalData, Sources
from core.devices import describe_devices
from core.errors import InputError
from core.movies import DATA, disclosure
from core.movies.data import (
    MovieData,
    contiguous_folds,
    film_table,
    mean_squared_error,
    random_split,
    read_movielens,
    side_information,
)
from core.movies.explore import MovieExplorer
from core.movies.train import bayes
from core.movies.train.als import AlsConfig
from core.movies.train.one_split import Trained, train_one
from core.movies.train.presets import Preset, find_preset
from core.training_run import TrainingRun

KIND = "movies"
_FEWEST = 3  # films with factors: fewer make no map
SPLIT_PROTOCOL = (
    "random 80/20 split, default_rng(seed).random(n) < 0.8; settings and epochs chosen on a part "
    "of train of seeds 0 and 1 (which holds held-out ratings of other seeds); predictions clipped "
    "to 0.5 to 5 stars"
)
SHIPPED_PROTOCOL = (
    "the films as they ship, on the same held-out ratings: each rater placed in closed form by "
    "their ratings in train, films that few people rated as genres and year let expect"
)
FOLD_PROTOCOL = (
    "{} contiguous folds in file order, as ml-100k's own u1 to u5 are cut; settings chosen on a "
    "part of train of MovieLens latest-small 2016; predictions clipped to the scale"
)


def train(run: TrainingRun, preset: Preset) -> Bundle:
    """Trains a recipe on each of the run's splits and gathers what the explorer needs.

    Args:
        run: how; its seeds are those of the splits and the models. The weights of the first are
            kept, all are measured. With folds, all have the same seed.
        preset: the recipe.

    Returns:
        The bundle, not yet saved.

    Raises:
        InputError: an option is out of bounds.
        DataError: the archive is not what it should be.
    """
    if run.n_folds is not None and (run.n_seeds or 1) > 1:
        raise InputError(f"folds ({run.n_folds}) should leave --seeds at 1")
    local = run.sources.get(run.data or DATA)
    data = read_movielens(local)
    seeds = run.seeds if run.n_folds is None else [run.seed] * run.n_folds
    runs = []
    for place, seed in enumerate(seeds):
        what = {
            "preset": run.preset,
            "config": dataclasses.asdict(preset.config),
            "folds": run.n_folds,
            "data": local.sha256,
        }
        label = f"movies {run.preset}" + (f", {place + 1}/{len(seeds)}" if seeds[1:] else "")
        with run.checkpoints(f"run-{place}", what, seed=seed) as checkpoints:
            trained = train_one(
                preset,
                data,
                seed=seed,
                train=train_part(len(data.ratings), seed=seed, n_folds=run.n_folds, fold=place),
                n_epochs=run.n_epochs,
                n_devices=run.n_devices,
                checkpoints=checkpoints,
                progress=run.label(label),
            )
        runs.append(trained)
    return gather(
        run.preset,
        local,
        data,
        runs,
        run.command,
        n_folds=run.n_folds,
        is_figures_only=preset.is_figures_only,
    )


def train_part(
    n_ratings: int, *, seed: int, n_folds: int | None = None, fold: int = 0
) -> np.ndarray:
    """Returns what a run is trained on, bool[R]: a random split of `seed`, or all but one fold."""
    if n_folds is None:
        return random_split(n_ratings, seed=seed)
    return contiguous_folds(n_ratings, n_folds)[fold]


def gather(
    preset_name: str,
    local: LocalData,
    data: MovieData,
    runs: list[Trained],
    command: str,
    *,
    n_folds: int | None = None,
    is_figures_only: bool = False,
) -> Bundle:
    """Puts the runs of one preset on several splits of the same data into a bundle.

    Args:
        preset_name: one of `PRESETS`.
        local: the archive, for provenance.
        data: what it holds.
        runs: at least one; the films of the first are kept.
        command: the command line that makes this bundle.
        n_folds: the runs are one each on so many contiguous folds; None for random splits.
        is_figures_only: leave all films out, as for data sets whose films may not be passed on;
            they are left out, too, where a model has no biases and factors for films.

    Returns:
        The bundle, not yet saved.
    """
    preset, first = find_preset(preset_name), runs[0]
    protocol = SPLIT_PROTOCOL if n_folds is None else FOLD_PROTOCOL.format(n_folds)
    n_train = int(train_part(len(data.ratings), seed=first.seed, n_folds=n_folds).sum())
    errors = np.array([run.val_mse for run in runs])
    metrics = {
        "val_mse": over_seeds(errors, "MSE", protocol),
        "val_rmse": over_seeds(np.sqrt(errors), "RMSE", protocol),
    }
    last = first.history[-1]["epoch"]
    config = dataclasses.asdict(first.config) | {
        "preset": preset_name,
        "title": preset.title,
        "offset": first.offset,
        "penalty": _penalty(first, n_train),
        "n_folds": n_folds,
        "n_epochs": last,
        "snapshots": [*sorted(first.snapshots), last],
        "n_users": data.n_users,
        "n_items": data.n_items,
    }
    bundle = Bundle(
        kind=KIND,
        name=f"movies-{preset_name}",
        config=json.loads(json.dumps(config)),
        seeds={"split": first.seed, "model": first.seed},
        metrics=metrics,
        dataset=local.record(),
        arrays={},
        documents={"history": {str(run.seed): run.history for run in runs}},
        device=describe_devices(),
        duration_s=sum(run.train_s for run in runs),
        command=command,
    )
    films = film_table(data)
    ships = disclosure.disclosed(films["count"].to_numpy())
    if not is_figures_only and "item_bias" in first.arrays and ships.has_factors.sum() >= _FEWEST:
        bundle = dataclasses.replace(
            bundle,
            arrays=_arrays(runs, data, ships),
            tables={"films": disclosure.withhold_films(films)},
        )
        train = train_part(len(data.ratings), seed=first.seed, n_folds=n_folds)
        shipped = np.array([shipped_error(bundle, data, train)])
        metrics["shipped_mse"] = over_seeds(shipped, "MSE", SHIPPED_PROTOCOL)
    return dataclasses.replace(bundle, card=_card(bundle, runs))


def shipped_error(bundle: Bundle, data: MovieData, train: np.ndarray) -> float:
    """Measures the films of a bundle on held-out ratings; the raters come from the data.

    Args:
        bundle: with films.
        data: what it was trained on.
        train: bool[R], the ratings by which raters are placed; the others are predicted.

    Returns:
        The mean squared error.
    """
    films = MovieExplorer(bundle)
    order = np.argsort(data.users, kind="stable")
    predicted = np.empty(len(data.ratings))
    for rows in np.split(order, np.flatnonzero(np.diff(data.users[order])) + 1):
        known = rows[train[rows]]
        ratings = zip(data.items[known].tolist(), data.ratings[known].tolist(), strict=True)
        predicted[rows] = films.predict(films.new_user(dict(ratings)), data.items[rows])
    return mean_squared_error(predicted[~train], data.ratings[~train])


def measure(
    bundle: Bundle, sources: Sources, data: str | None = None
) -> dict[str, dict[str, float]]:
    """Trains a bundle's first split again, and measures the films that ship with it.

    Args:
        bundle: of this kind.
        sources: where its data set is looked for.
        data: another data set; None for the bundle's own.

    Returns:
        As `measure_on`.

    Raises:
        InputError: the data set has other users or films than the bundle.
        DataError: it is missing or damaged.
    """
    local = sources.get(data or bundle.dataset["name"])
    return measure_on(bundle, read_movielens(local), progress=f"training {bundle.name} again")


def measure_on(
    bundle: Bundle, data: MovieData, *, progress: str | None = None
) -> dict[str, dict[str, float]]:
    """Trains a bundle's first split again by its recorded recipe, and measures the films that ship.

    Args:
        bundle: of this kind.
        data: the data set that it was trained on.
        progress: label of the progress bar; None for none.

    Returns:
        "val_mse", and "shipped_mse" where films ship: "measured" and "recorded" each.

    Raises:
        InputError: the data set has another number of users or films.
    """
    config, seed, n_folds = bundle.config, bundle.seeds["split"], bundle.config["n_folds"]
    shape, wanted = (data.n_users, data.n_items), (config["n_users"], config["n_items"])
    if shape != wanted:
        raise InputError(
            f"data ({data.name}) has {shape[0]} users and {shape[1]} films, the bundle "
            f"{wanted[0]} and {wanted[1]}; measure on {bundle.dataset['name']}"
        )
    train = train_part(len(data.ratings), seed=seed, n_folds=n_folds)
    again = train_one(recorded_recipe(bundle), data, seed=seed, train=train, progress=progress)
    found = {"val_mse": again.val_mse}
    if bundle.arrays:
        found["shipped_mse"] = shipped_error(bundle, data, train)
    return {
        name: {"measured": value, "recorded": bundle.metrics[name]["per_seed"][0]}
        for name, value in found.items()
    }


def recorded_recipe(bundle: Bundle) -> Preset:
    """Rebuilds the recipe of a bundle from what it records, whatever the preset is today."""
    preset = find_preset(bundle.config["preset"])
    names = [field.name for field in dataclasses.fields(preset.config)]
    settings = {name: _tuples(bundle.config[name]) for name in names}
    config = type(preset.config)(**settings)
    return Preset(bundle.config["title"], config, bundle.config["n_epochs"])


def _tuples(value: Any) -> Any:
    """Turns JSON's lists back into the tuples of a config."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _arrays(
    runs: list[Trained], data: MovieData, ships: disclosure.Disclosed
) -> dict[str, np.ndarray]:
    """Gathers what ships of the films: rows of those with enough ratings, and what to expect."""
    first = runs[0].arrays
    side = side_information(data.years, data.has_genre)
    arrays = {"rater_bias_quantiles": disclosure.bias_quantiles(first["user_bias"])}
    for name, rows in (("item_bias", ships.has_bias), ("item_factors", ships.has_factors)):
        values = first[name][rows].astype(np.float16)
        arrays[name] = values
        kernel, offset = disclosure.fit_expected(
            side[rows], values.reshape(len(values), -1).astype(np.float32)
        )
        arrays |= {f"expected.{name}.kernel": kernel, f"expected.{name}.offset": offset}
        for epoch, snapshot in runs[0].snapshots.items():
            arrays[f"snapshot.{epoch}.{name}"] = snapshot[name][rows].astype(np.float16)
    if len(runs) > 1:
        by_seed = np.stack([run.arrays["item_bias"][ships.has_bias] for run in runs])
        arrays["item_bias_sd"] = by_seed.std(axis=0, ddof=1).astype(np.float16)
    return arrays


def _penalty(run: Trained, n_train: int) -> dict[str, float]:
    """States the model's L2 on a user as a ridge beside the sum over that user's ratings."""
    config = run.config
    if isinstance(config, AlsConfig):
        return {
            "bias_per_rating": config.l2_bias,
            "bias_constant": config.prior_bias,
            "factors_per_rating": config.l2_factors,
            "factors_constant": config.prior_factors,
        }
    if isinstance(config, bayes.Config):
        return {}
    # a penalty beside the mean over all ratings weighs as much as that many times it beside their
    # sum; a bias without any penalty gets a small one, since a page may ask with no rating at all
    return {
        "bias_per_rating": 0.0,
        "bias_constant": max(config.l2_bias * n_train, 0.1),
        "factors_per_rating": 0.0,
        "factors_constant": max(config.l2_factors * n_train, 0.1),
    }


def _card(bundle: Bundle, runs: list[Trained]) -> str:
    metric = bundle.metrics["val_mse"]
    spread = f" ± {metric['sd']:.4f} (sd)" if "sd" in metric else ""
    rows = "\n".join(
        f"| {place + 1} | {run.seed} | {run.val_mse:.4f} | {run.train_s:.2g} |"
        for place, run in enumerate(runs)
    )
    data = bundle.dataset
    return f"""# {bundle.name}

{bundle.config["title"].capitalize()}, trained on {data["title"]} ({data["version"]}).

Made by `{bundle.command}` on {bundle.device}.

## Figures
Held-out mean squared error: **{metric["value"]:.4f}**{spread} over {len(runs)} split(s).
Protocol: {metric["protocol"]}.

| run | seed | MSE | seconds of training |
|---|---|---|---|
{rows}

{_inside(bundle, runs[0].seed)}
## Use and limits
For exploring and teaching. The ratings come from volunteers who chose what to watch and rate; a
bias is an opinion of those people, corrected for their strictness, not a measure of worth. Films
with few ratings stay near 0.

## Data
{data["citation"]}
Licence: {data["licence"]}
"""


def _inside(bundle: Bundle, seed: int) -> str:
    """Says in the card what ships and what was left out."""
    if not bundle.arrays:
        return """## What is inside
Figures only, no film and no rater. Weights of most models need a row for every rater to be of any
use, and no row of a rater is passed on; `python -m core evaluate` trains the model again.
"""
    counts = bundle.tables["films"]["count"].to_numpy()
    ships = disclosure.disclosed(counts)
    return f"""## What is inside, and what was left out
The figures above are those of the full model. Of its weights, those of split seed {seed}, this
bundle holds in half precision:

- bias, mean and number of ratings of the {ships.has_bias.sum():,} films with \
{disclosure.MIN_RATINGS_BIAS} ratings or more;
- factors, snapshots of them during training, and a histogram of stars, rounded to \
{disclosure.HISTOGRAM_STEP} ratings, of the
  {ships.has_factors.sum():,} films with {disclosure.MIN_RATINGS_FACTORS} ratings or more;
- of all {len(counts):,} films title, year and genres, with a regression of the numbers above on
  genres and year, which is what the model expects of a film that few people rated;
- {disclosure.N_QUANTILES} quantiles of the raters' biases.

No row of a rater is inside. A film's factors are a sum of its raters' factors: with both at hand,
matching pursuit had found 18,826 of the 80,188 training ratings in an earlier form of
`movies-bias`. The bundles that ship are attacked by `tests/privacy/`: by matching pursuit and
cosines with the raters' factors given to the attacker, and by a search for films whose factors are
parallel because one person rated them. Nothing is found.
"""
