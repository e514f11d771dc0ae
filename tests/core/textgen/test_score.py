import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from core.loop import initial_state
from core.textgen.inference import surprise
from core.textgen.model import CharConfig, CharNet
from core.textgen.train.fitting import quick_bits


def net_of():
    config = CharConfig(n_chars=5, n_dims=3, n_units=6, n_layers=1, dropout=0.0)
    net = CharNet(config, rngs=nnx.Rngs(0))
    net.out.kernel[...] *= 3
    return net


@pytest.mark.parametrize("n", [1, 2, 512, 513, 514, 1200])
def test_a_text_is_read_in_one_pass_whatever_its_length(n):
    net, ids = net_of(), np.random.default_rng(0).integers(0, 5, n)
    bits = surprise(net)(nnx.state(net, nnx.Param), ids)
    assert bits.shape == (n,)
    assert bits[0] == pytest.approx(np.log2(5))
    log_probs = jax.nn.log_softmax(net(jnp.asarray(ids)[None], net.start(1))[0][0])
    expected = -np.asarray(log_probs)[np.arange(n - 1), ids[1:]] / np.log(2)
    np.testing.assert_allclose(bits[1:], expected, atol=1e-4)


def test_no_text_has_no_surprise():
    net = net_of()
    assert surprise(net)(nnx.state(net, nnx.Param), np.zeros(0, int)).shape == (0,)


def test_streams_side_by_side_are_nearly_one_pass():
    net, ids = net_of(), np.random.default_rng(0).integers(0, 5, 3000)
    state = initial_state(net, optax.sgd(0.1))
    quick = quick_bits(net, ids[:300], ids[300:], lambda state: state.params)(state)
    exact = surprise(net)(state.params, ids)[300:]
    assert quick == pytest.approx(exact[: 2700 // 32 * 32].mean(), abs=1e-3)
