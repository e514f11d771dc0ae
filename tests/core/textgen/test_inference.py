import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from core.loop import in_mode
from core.textgen import LSTM
from core.textgen.inference import (
    PIECE,
    Choice,
    Point,
    beginning,
    narrowed,
    reader,
    surprise,
    writer,
)
from core.textgen.model import CELLS, CharConfig, CharNet
from tests.core.textgen.samples import READ_IDS, net_and_engine


def net_of(cell="lstm", seed=0):
    config = CharConfig(n_chars=6, n_dims=3, n_units=5, n_layers=2, cell=cell)
    net = CharNet(config, rngs=nnx.Rngs(seed))
    net.out.kernel[...] *= 4  # so that some characters are likelier than others
    return in_mode(net, training=False)


def choice(temperature=1.0, top_k=6, top_p=1.0, clamped=None, value=0.0):
    mask = np.zeros((2, 5), bool)
    if clamped is not None:
        mask[clamped] = True
    return Choice(
        jnp.float32(temperature),
        jnp.int32(top_k),
        jnp.float32(top_p),
        jnp.asarray(mask),
        jnp.full((2, 5), value),
    )


def kept(**settings):
    logits = jnp.log(jnp.array([0.1, 0.4, 0.05, 0.3, 0.1, 0.05]))
    return np.asarray(jax.nn.softmax(narrowed(logits, choice(**settings)))).round(4)


def test_what_is_drawn_from_is_narrowed_as_asked():
    np.testing.assert_allclose(kept(), [0.1, 0.4, 0.05, 0.3, 0.1, 0.05], atol=1e-4)
    np.testing.assert_allclose(kept(top_k=2), [0, 4 / 7, 0, 3 / 7, 0, 0], atol=1e-4)
    np.testing.assert_allclose(kept(top_p=0.5), [0, 4 / 7, 0, 3 / 7, 0, 0], atol=1e-4)
    np.testing.assert_allclose(kept(top_p=1e-6), [0, 1, 0, 0, 0, 0], atol=1e-4)
    np.testing.assert_allclose(kept(temperature=0.0), [0, 1, 0, 0, 0, 0], atol=1e-4)
    squared = np.array([0.1, 0.4, 0.05, 0.3, 0.1, 0.05]) ** 2
    np.testing.assert_allclose(kept(temperature=0.5), squared / squared.sum(), atol=1e-4)
    assert (kept(top_k=99) > 0).all()


def test_draws_follow_the_distribution():
    net = net_of()
    params, write = nnx.state(net, nnx.Param), writer(net)
    logits = jnp.log(jnp.array([0.05, 0.3, 0.1, 0.25, 0.2, 0.1]))
    point = Point(net.start(1), logits)
    first = jax.jit(
        jax.vmap(lambda key: write(params, point, key, 0, choice(temperature=1.3))[1].ids[0])
    )
    n_draws = 20_000
    drawn = np.bincount(first(jax.random.split(jax.random.key(3), n_draws)), minlength=6)
    expected = n_draws * np.asarray(jax.nn.softmax(logits / 1.3))
    chi_square = ((drawn - expected) ** 2 / expected).sum()
    assert chi_square < 20.5  # 99.9 % of a chi-square with 5 degrees of freedom


@pytest.mark.parametrize("cell", CELLS)
def test_what_is_told_of_written_characters_is_what_reading_them_tells(cell):
    net = net_of(cell)
    params, key = nnx.state(net, nnx.Param), jax.random.key(1)
    end, written = writer(net)(params, beginning(net), key, 0, choice())
    after, expected, states = reader(net)(params, beginning(net), written.ids, PIECE)
    told = expected[jnp.arange(PIECE), written.ids]
    np.testing.assert_allclose(written.log_probs, told, atol=1e-5)
    np.testing.assert_allclose(written.states, states, atol=1e-5)
    np.testing.assert_allclose(end.logits, after.logits, atol=1e-5)
    np.testing.assert_array_equal(written.likeliest[:, 0], expected.argmax(axis=1))
    np.testing.assert_allclose(written.likeliest_log_probs[:, 0], expected.max(axis=1), atol=1e-5)


def test_a_shorter_text_leaves_the_rest_of_a_piece_unread():
    net = net_of()
    params, read = nnx.state(net, nnx.Param), reader(net)
    ids = jnp.asarray(np.random.default_rng(0).integers(0, 6, PIECE))
    some, _, _ = read(params, beginning(net), ids, 10)
    again, _, _ = read(params, beginning(net), ids.at[10:].set(0), 10)
    np.testing.assert_array_equal(some.logits, again.logits)
    nothing, _, _ = read(params, some, ids, 0)
    np.testing.assert_array_equal(nothing.state, some.state)


def test_the_same_seed_writes_the_same_and_pieces_go_on():
    net = net_of()
    params, write, key = nnx.state(net, nnx.Param), writer(net), jax.random.key(7)
    point, first = write(params, beginning(net), key, 0, choice())
    _, again = write(params, beginning(net), key, 0, choice())
    np.testing.assert_array_equal(first.ids, again.ids)
    _, second = write(params, point, key, PIECE, choice())
    assert not np.array_equal(first.ids, second.ids)
    _, other = write(params, beginning(net), jax.random.key(8), 0, choice())
    assert not np.array_equal(first.ids, other.ids)


def test_a_held_cell_stays_where_it_is_held_and_changes_what_follows():
    net = net_of()
    params, write, key = nnx.state(net, nnx.Param), writer(net), jax.random.key(7)
    _, free = write(params, beginning(net), key, 0, choice())
    _, held = write(params, beginning(net), key, 0, choice(clamped=(0, 3), value=2.5))
    assert (held.states[:, 0, 1, 3] == 2.5).all()
    assert (jnp.abs(held.states[:, 0, 1, :3]) < 2.5).all()
    assert not np.allclose(free.log_probs, held.log_probs)


def test_no_setting_compiles_anew():
    net = net_of()
    params, write = nnx.state(net, nnx.Param), writer(net)
    for turned in ({}, {"temperature": 0.0}, {"top_k": 1}, {"top_p": 0.3}, {"clamped": (1, 1)}):
        write(params, beginning(net), jax.random.key(len(turned)), 0, choice(**turned))
    assert write._cache_size() == 1


def net_to_score():
    config = CharConfig(n_chars=5, n_dims=3, n_units=6, n_layers=1, dropout=0.0)
    net = CharNet(config, rngs=nnx.Rngs(0))
    net.out.kernel[...] *= 3
    return net


@pytest.mark.parametrize("n", [1, 2, 512, 513, 514, 1200])
def test_a_text_is_read_in_one_pass_whatever_its_length(n):
    net, ids = net_to_score(), np.random.default_rng(0).integers(0, 5, n)
    bits = surprise(net)(nnx.state(net, nnx.Param), ids)
    assert bits.shape == (n,)
    assert bits[0] == pytest.approx(np.log2(5))
    log_probs = jax.nn.log_softmax(net(jnp.asarray(ids)[None], net.start(1))[0][0])
    expected = -np.asarray(log_probs)[np.arange(n - 1), ids[1:]] / np.log(2)
    np.testing.assert_allclose(bits[1:], expected, atol=1e-4)


def test_no_text_has_no_surprise():
    net = net_to_score()
    assert surprise(net)(nnx.state(net, nnx.Param), np.zeros(0, int)).shape == (0,)


@pytest.mark.parametrize("n", [1, 9, 64, 70])
def test_influence_is_the_length_of_a_gradient(n):
    """Beside central differences of the log-probability, a number of a vector at a time."""
    net, engine = net_and_engine(LSTM)
    found = engine.influence(READ_IDS[:n], target=2)
    assert found.shape == (n,)
    x = np.asarray(net.table[...])[READ_IDS[:n]]

    @jax.jit
    def log_prob(x):
        logits, _ = net.read(x[None], net.start(1))
        return jax.nn.log_softmax(logits[0, -1])[2]

    step = 1e-2
    for at in {0, n // 2, n - 1}:
        slopes = []
        for k in range(3):
            moved = np.zeros_like(x)
            moved[at, k] = step
            difference = log_prob(jnp.asarray(x + moved)) - log_prob(jnp.asarray(x - moved))
            slopes.append(float(difference) / (2 * step))
        assert found[at] == pytest.approx(np.linalg.norm(slopes), rel=0.02, abs=5e-5)
