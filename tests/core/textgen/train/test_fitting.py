import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from core.errors import InputError
from core.loop import initial_state
from core.textgen.inference import surprise
from core.textgen.model import CELLS, CharConfig, CharNet
from core.textgen.train.fitting import quick_bits, stream_epoch, window_loss, windows_of

TEXT = np.tile(np.array([0, 1, 2, 1, 3], np.int32), 200)


def net_of(cell="lstm", dropout=0.0):
    config = CharConfig(n_chars=4, n_dims=4, n_units=8, n_layers=1, cell=cell, dropout=dropout)
    return CharNet(config, rngs=nnx.Rngs(0))


@pytest.mark.parametrize("cell", CELLS)
def test_a_text_that_repeats_is_learned(cell):
    net, optimizer = net_of(cell), optax.adam(0.03)
    epoch = stream_epoch(net, optimizer, n_streams=4, n_steps=10)
    state = initial_state(net, optimizer)
    for number in range(12):
        state, metrics = epoch(state, jax.random.key(number), jnp.asarray(TEXT))
    # Behind a 1 comes 2 or 3 by turns: whoever only counts is left with ln 2 at two places of five.
    assert float(metrics["loss"]) < 0.05 < 0.4 * np.log(2)


def test_the_loss_of_an_epoch_is_that_of_one_long_pass():
    net, optimizer = net_of(), optax.sgd(0.0)
    n_steps, rng = 7, np.random.default_rng(0)
    ids = jnp.asarray(rng.integers(0, 4, 3 * 70 + n_steps), jnp.int32)
    epoch = stream_epoch(net, optimizer, n_streams=3, n_steps=n_steps)
    _, metrics = epoch(initial_state(net, optimizer), jax.random.key(0), ids)
    possible = []
    for shift in range(n_steps):
        streams = jnp.stack([ids[shift + k * 70 : shift + k * 70 + 71] for k in range(3)])
        logits, _ = net(streams[:, :-1], net.start(3), rngs=nnx.Rngs(dropout=0))
        nats = optax.softmax_cross_entropy_with_integer_labels(logits, streams[:, 1:])
        possible.append(float(nats.mean()))
    assert min(abs(float(metrics["loss"]) - value) for value in possible) < 1e-5


def test_windows_begin_at_every_place():
    windows = windows_of(np.arange(6), 3)
    assert windows.tolist() == [[0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5]]
    with pytest.raises(InputError, match="steps"):
        windows_of(np.arange(3), 3)


def test_the_loss_of_windows_counts_every_place():
    net = net_of()
    batch = jnp.asarray(windows_of(TEXT, 6)[:5])
    loss = window_loss(net, batch, nnx.Rngs(dropout=0))
    logits, _ = net(batch[:, :-1], net.start(5))
    log_probs = np.asarray(jax.nn.log_softmax(logits))
    told = np.take_along_axis(log_probs, np.asarray(batch[:, 1:, None]), axis=2)
    assert float(loss) == pytest.approx(-told.mean(), rel=1e-5)


def test_a_text_too_short_for_its_streams_is_refused():
    net, optimizer = net_of(), optax.sgd(0.0)
    epoch = stream_epoch(net, optimizer, n_streams=40, n_steps=40)
    with pytest.raises(InputError, match="960"):
        epoch(initial_state(net, optimizer), jax.random.key(0), jnp.asarray(TEXT))


def sharp_net():
    config = CharConfig(n_chars=5, n_dims=3, n_units=6, n_layers=1, dropout=0.0)
    net = CharNet(config, rngs=nnx.Rngs(0))
    net.out.kernel[...] *= 3
    return net


def test_streams_side_by_side_are_nearly_one_pass():
    net, ids = sharp_net(), np.random.default_rng(0).integers(0, 5, 3000)
    state = initial_state(net, optax.sgd(0.1))
    quick = quick_bits(net, ids[:300], ids[300:], lambda state: state.params)(state)
    exact = surprise(net)(state.params, ids)[300:]
    assert quick == pytest.approx(exact[: 2700 // 32 * 32].mean(), abs=1e-3)
