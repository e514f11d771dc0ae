"""Trains a rating model on one split and measures it on the rest.

Every preset is fitted on the train part of `default_rng(seed).random(n) < 0.8` and measured on the
rest. Its settings and its number of epochs were chosen on a part of train (see presets.py), so the
rest only watches.
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from core.checkpoint import Checkpoints
from core.devices import data_mesh
from core.errors import InputError
from core.loop import Fitted, Plan, fit, gradient_epoch, in_mode, initial_state
from core.movies import als, bayes, gibbs
from core.movies.data import STARS, MovieData, random_split, side_information
from core.movies.model import RatingConfig, RatingModel, weights
from core.movies.presets import Preset


@dataclasses.dataclass(frozen=True, slots=True)
class Trained:
    """One model trained on one split.

    Attributes:
        seed: of the split and of the model.
        config: as in the preset, with the train part's mean as offset where it has one.
        offset: what every prediction starts from.
        arrays: the weights by name.
        snapshots: epoch -> weights by name.
        history: one row an epoch.
        val_mse: mean squared error on the held-out part, predictions clipped to the scale.
        compile_s: seconds of compiling.
        train_s: seconds of training after that.
    """

    seed: int
    config: RatingConfig | als.AlsConfig | bayes.Config
    offset: float
    arrays: dict[str, np.ndarray]
    snapshots: dict[int, dict[str, np.ndarray]]
    history: list[dict[str, float]]
    val_mse: float
    compile_s: float
    train_s: float


def train_one(
    preset: Preset,
    data: MovieData,
    *,
    seed: int,
    train: np.ndarray | None = None,
    n_epochs: int | None = None,
    n_devices: int = 1,
    checkpoints: Checkpoints | None = None,
    progress: str | None = None,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
) -> Trained:
    """Fits one preset on one split.

    Args:
        preset: the recipe.
        data: ratings and films.
        seed: of the split and of everything random in training.
        train: bool[R], another train part than `random_split(R, seed=seed)`.
        n_epochs: other than the preset's.
        n_devices: split each batch over so many devices (gradient presets).
        checkpoints: where to save and resume.
        progress: label of the progress bar; None for none.
        on_epoch: told each row of the history.

    Returns:
        The trained model and its error on the held-out part.
    """
    train = random_split(len(data.ratings), seed=seed) if train is None else train
    if not train.any() or train.all():
        raise InputError("the split should leave ratings on both sides")
    epochs = preset.n_epochs if n_epochs is None else n_epochs
    plan = Plan(epochs, snapshots=tuple(s for s in preset.snapshots if s < epochs))
    options = {"checkpoints": checkpoints, "progress": progress, "on_epoch": on_epoch}
    recipes = {als.AlsConfig: _fit_als, RatingConfig: _fit_gradient, bayes.Config: _fit_bayes}
    recipe = recipes[type(preset.config)]
    config, offset, fitted = recipe(preset.config, data, train, plan, seed, n_devices, options)
    return Trained(
        seed=seed,
        config=config,
        offset=offset,
        arrays=fitted.best,
        snapshots=fitted.snapshots,
        history=fitted.history,
        val_mse=fitted.history[-1]["val_mse"],
        compile_s=fitted.compile_s,
        train_s=fitted.train_s,
    )


def mean_squared_error(predicted: np.ndarray, ratings: np.ndarray) -> float:
    """Returns the mean squared error of f32[N] stars, predictions clipped to the scale first."""
    error = np.clip(predicted, STARS[0], STARS[-1]).astype(np.float64) - ratings
    return float(np.square(error).mean())


def _fit_als(
    config: als.AlsConfig,
    data: MovieData,
    train: np.ndarray,
    plan: Plan,
    seed: int,
    n_devices: int,
    options: dict[str, Any],
) -> tuple[als.AlsConfig, float, Fitted]:
    if n_devices != 1:
        raise InputError(f"devices ({n_devices}) should be 1: this preset is solved on one device")
    users, items, ratings = data.users[train], data.items[train], data.ratings[train]
    offset = float(ratings.mean(dtype=np.float64))
    centred = (ratings - offset).astype(np.float32)
    sides = jax.device_put(
        (
            als.cut_segments(users, items, centred, data.n_users, data.n_items),
            als.cut_segments(items, users, centred, data.n_items, data.n_users),
        )
    )
    held_out = jax.device_put((data.users[~train], data.items[~train]))
    truth = data.ratings[~train]
    predict = jax.jit(als.predict)

    def evaluate(state: als.AlsState) -> dict[str, float]:
        predicted = np.asarray(predict(state, *held_out)) + offset
        return {"val_mse": mean_squared_error(predicted, truth)}

    @jax.jit
    def epoch(state: als.AlsState, key: jax.Array, sides: Any) -> tuple[als.AlsState, dict]:
        del key  # nothing in a sweep is random
        return als.sweep(config, state, *sides), {}

    fitted = fit(
        epoch,
        als.initial_state(config, data.n_users, data.n_items, seed=seed),
        sides,
        plan,
        seed=seed,
        keep=als.weights,
        evaluate=evaluate,
        **options,
    )
    return config, offset, fitted


def _fit_gradient(
    config: RatingConfig,
    data: MovieData,
    train: np.ndarray,
    plan: Plan,
    seed: int,
    n_devices: int,
    options: dict[str, Any],
) -> tuple[RatingConfig, float, Fitted]:
    side = _side(config, data)
    config = dataclasses.replace(config, n_side=side.shape[1])
    model = RatingModel(config, data.n_users, data.n_items, rngs=nnx.Rngs(seed))
    optimizer = optax.adam(learning_rate(config, int(train.sum()) // config.batch_size))
    mesh = data_mesh(n_devices) if n_devices != 1 else None
    items = data.items[train]
    batches = (data.users[train], items, side[items], data.ratings[train])

    def loss(model: RatingModel, batch: tuple, rngs: nnx.Rngs) -> jax.Array:
        users, items, rows, ratings = batch
        return jnp.square(model(users, items, rows, rngs) - ratings).mean() + model.penalty()

    graphdef = nnx.graphdef(in_mode(model, training=False))
    held_out = jax.device_put((data.users[~train], data.items[~train], side[data.items[~train]]))
    truth = data.ratings[~train]

    @jax.jit
    def predict(params: nnx.State, rest: nnx.State, pairs: tuple) -> jax.Array:
        return nnx.merge(graphdef, params, rest)(*pairs)

    def evaluate(state: Any) -> dict[str, float]:
        predicted = np.asarray(predict(state.params, state.rest, held_out))
        return {"val_mse": mean_squared_error(predicted, truth)}

    fitted = fit(
        gradient_epoch(model, optimizer, loss, batch_size=config.batch_size, mesh=mesh),
        initial_state(model, optimizer),
        jax.device_put(batches),
        plan,
        seed=seed,
        keep=lambda state: weights(config, state.params),
        evaluate=evaluate,
        mesh=mesh,
        **options,
    )
    return config, config.offset, fitted


def _fit_bayes(
    config: bayes.Config,
    data: MovieData,
    train: np.ndarray,
    plan: Plan,
    seed: int,
    n_devices: int,
    options: dict[str, Any],
) -> tuple[bayes.Config, float, Fitted]:
    if n_devices != 1:
        raise InputError(f"devices ({n_devices}) should be 1: a chain is sampled on one device")
    config = dataclasses.replace(config, n_sweeps=plan.n_epochs)
    ratings = data.ratings[train]
    offset = float(ratings.mean(dtype=np.float64))
    known = bayes.make_data(
        config,
        data.users[train],
        data.items[train],
        ratings,
        n_users=data.n_users,
        n_items=data.n_items,
        side=side_information(data.years, data.has_genre),
    )
    held_out = jax.device_put((data.users[~train], data.items[~train]))
    truth = data.ratings[~train]

    @functools.partial(jax.jit, donate_argnums=0)
    def epoch(state: tuple, key: jax.Array, known: Any) -> tuple[tuple, dict]:
        del key  # the chain carries its own
        chain, averages = state
        chain = gibbs.sweep(chain, known)
        averages = jax.lax.cond(
            chain.sweep > config.n_burn_in, bayes.add_sweep, lambda same, _: same, averages, chain
        )
        return (chain, averages), {"noise_std": chain.alpha**-0.5}

    @jax.jit
    def averaged(averages: bayes.Averages) -> jax.Array:
        return averages.mean[held_out] / averages.count.clip(1)

    def evaluate(state: tuple) -> dict[str, float]:
        return {"val_mse": mean_squared_error(np.asarray(averaged(state[1])) + offset, truth)}

    start = (bayes.init_state(config, known, seed=seed), bayes.init_averages(known))
    fitted = fit(
        epoch,
        jax.tree.map(jnp.copy, start),  # donated, and two of its leaves may share an array
        known,
        plan,
        seed=seed,
        keep=lambda state: {},  # what is kept is a summary of the averages, made once at the end
        evaluate=evaluate,
        **options,
    )
    posterior = bayes.summarize(config, known, fitted.state[1], ratings)
    predicted, _ = posterior.predict(data.users[~train], data.items[~train])
    fitted.history[-1]["val_mse"] = mean_squared_error(predicted, truth)  # of what is kept
    return config, offset, dataclasses.replace(fitted, best=posterior.arrays())


def learning_rate(config: RatingConfig, n_batches: int) -> optax.Schedule:
    """Turns (epochs, rate) pairs into an optax schedule counted in batches; the last rate stays."""
    ends = np.cumsum([epochs for epochs, _ in config.schedule])[:-1] * n_batches
    constants = [optax.constant_schedule(rate) for _, rate in config.schedule]
    return optax.join_schedules(constants, [int(end) for end in ends])


def _side(config: RatingConfig, data: MovieData) -> np.ndarray:
    if config.architecture == "metadata":
        return side_information(data.years, data.has_genre)
    return np.zeros((data.n_items, 0), np.float32)
