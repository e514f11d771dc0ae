"""A running mean of weights beside an optimiser: steadier than where its last step ended."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import nnx

from core.loop import TrainState


class AveragedState(NamedTuple):
    """What `averaged` carries: the optimiser's own state, the mean of weights, and steps done."""

    inner: optax.OptState
    average: Any  # nnx.State of nnx.Param
    count: jax.Array  # pyright: ignore[reportIncompatibleMethodOverride]  # a field, not tuple.count


def averaged(
    optimizer: optax.GradientTransformation, decay: float
) -> optax.GradientTransformationExtraArgs:
    """Keeps a running mean of the weights beside an optimiser; training does not look at it.

    Args:
        optimizer: what moves the weights.
        decay: share of the mean that stays each step; less in the first steps, or the random
            weights of the start would linger.

    References:
        B. T. Polyak and A. B. Juditsky (1992). Acceleration of Stochastic Approximation by
            Averaging. https://doi.org/10.1137/0330046
    """

    def init(params: optax.Params) -> AveragedState:
        return AveragedState(optimizer.init(params), params, jnp.zeros((), jnp.int32))

    def update(
        updates: optax.Updates,
        state: optax.OptState,
        params: optax.Params | None = None,
        **_: Any,
    ) -> tuple[optax.Updates, AveragedState]:
        assert isinstance(state, AveragedState)  # it comes from `init`
        assert params is not None  # there is no mean of weights without them
        updates, inner = optimizer.update(updates, state.inner, params)
        stays = jnp.minimum(decay, (1 + state.count) / (10 + state.count))
        moved = optax.apply_updates(params, updates)
        average = optax.incremental_update(moved, state.average, step_size=1 - stays)
        return updates, AveragedState(inner, average, state.count + 1)

    return optax.GradientTransformationExtraArgs(init, update)


def weights(state: TrainState) -> nnx.State:
    """Returns what a trained net is used with: the mean of its weights, where one was kept."""
    optimizer = state.opt_state
    return optimizer.average if isinstance(optimizer, AveragedState) else state.params
