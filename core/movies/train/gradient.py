"""Gradient descent on the rating models of `core.movies.model`, Adam on the recipe's schedule."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from core import loop
from core.devices import data_mesh
from core.loop import Fitted, Plan, gradient_epoch, in_mode, initial_state
from core.movies.data import MovieData, mean_squared_error, side_information
from core.movies.model import RatingConfig, RatingModel, weights


def fit(
    config: RatingConfig,
    data: MovieData,
    train: np.ndarray,
    plan: Plan,
    *,
    seed: int,
    n_devices: int = 1,
    **options: Any,
) -> tuple[RatingConfig, float, Fitted]:
    """Fits a model on one split.

    Args:
        config: settings.
        data: ratings and films.
        train: bool[R], the ratings to learn from; the others only watch.
        plan: how long, and what to keep.
        seed: of everything random.
        n_devices: to split each batch over.
        options: of `core.loop.fit`, passed on.

    Returns:
        The settings with the width of the side information, what every prediction starts from, and
        what is fitted.
    """
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

    fitted = loop.fit(
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


def learning_rate(config: RatingConfig, n_batches: int) -> optax.Schedule:
    """Turns (epochs, rate) pairs into an optax schedule counted in batches; the last rate stays."""
    ends = np.cumsum([epochs for epochs, _ in config.schedule])[:-1] * n_batches
    constants = [optax.constant_schedule(rate) for _, rate in config.schedule]
    return optax.join_schedules(constants, [int(end) for end in ends])


def _side(config: RatingConfig, data: MovieData) -> np.ndarray:
    if config.architecture == "metadata":
        return side_information(data.years, data.has_genre)
    return np.zeros((data.n_items, 0), np.float32)
