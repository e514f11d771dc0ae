import jax.numpy as jnp
import optax
import pytest

from core.averaging import averaged, weights
from core.loop import TrainState


def test_the_mean_of_weights_follows_its_recursion():
    optimizer = averaged(optax.sgd(1.0), 0.15)
    params, gradient = {"w": jnp.array(1.0)}, {"w": jnp.array(-2.0)}
    state = optimizer.init(params)
    expected, weight = 1.0, 1.0
    for step in range(6):
        updates, state = optimizer.update(gradient, state, params)
        params = optax.apply_updates(params, updates)
        weight += 2.0
        stays = min(0.15, (1 + step) / (10 + step))  # 0.1 and then the bound
        expected = stays * expected + (1 - stays) * weight
        assert float(params["w"]) == weight
        assert float(state.average["w"]) == pytest.approx(expected, rel=1e-6)
    assert weights(TrainState(params, None, state)) is state.average
    assert weights(TrainState(params, None, state.inner)) is params
