import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from core.errors import InputError
from core.negative_sampling import (
    draw_noise,
    keep_probability,
    linear_decay,
    n_steps_for,
    noise_edges,
    update_rows,
)
from core.words.model import (
    GloveConfig,
    SkipGramConfig,
    WindowConfig,
    WindowNet,
    band,
    glove_weight,
    skip_gram_weights,
    window_loss,
)
from core.words.train.skip_gram import pair_loss


def test_band_weighs_neighbours_as_a_window_of_random_size_does():
    weights = band(3, 4)
    assert weights.shape == (3, 11)
    middle = weights[1]  # its own place is 5
    np.testing.assert_allclose(middle, [0, 0.25, 0.5, 0.75, 1, 0, 1, 0.75, 0.5, 0.25, 0])
    sizes = np.arange(1, 5)  # each as likely as the others: distance d is inside of those >= d
    for distance in range(1, 5):
        assert middle[5 + distance] == pytest.approx((sizes >= distance).mean())


def test_pairs_never_cross_reviews_nor_reach_beyond_the_text():
    config = SkipGramConfig(window=1, block=3, n_blocks=1, n_negatives=4, n_shared=2)
    reviews = jnp.array([[5, 5, 6, -1, -1]])
    pairs, share = skip_gram_weights(jnp.asarray(band(3, 1)), reviews, config)
    np.testing.assert_array_equal(pairs[0], [[1, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]])
    np.testing.assert_array_equal(share[0, :, 0], [2, 0, 0])  # 4 noise words from 2 shared ones


def test_pair_loss_equals_the_sum_over_pairs_one_by_one():
    rng = np.random.default_rng(0)
    window, block, n_shared = 2, 4, 3
    centre, around, random = (
        rng.normal(size=(1, n, 5)).astype(np.float32) for n in (block, block + 2 * window, n_shared)
    )
    around[0, window : window + block] = 2 * centre[0]  # context vectors, other than the words'
    weights = band(block, window)
    share = rng.random((1, block, 1)).astype(np.float32)
    expected = 0.0
    for place in range(block):
        for other in range(-window, block + window):
            distance = abs(place - other)
            if 1 <= distance <= window:
                score = centre[0, place] @ around[0, other + window]
                expected += (window - distance + 1) / window * np.log1p(np.exp(-score))
        for noise in range(n_shared):
            expected += share[0, place, 0] * np.log1p(np.exp(centre[0, place] @ random[0, noise]))
    found = pair_loss(centre, around, random, jnp.asarray(weights)[None], share)
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_frequent_words_are_thinned_out_by_the_square_root_of_their_share():
    keep = keep_probability(np.array([9_000, 900, 99, 1, 0]), 0.01)
    np.testing.assert_allclose(keep, [(0.01 / 0.9) ** 0.5, (0.01 / 0.09) ** 0.5, 1, 1, 1], 1e-5)


def test_noise_is_drawn_by_count_to_the_power_three_quarters():
    counts = np.array([10_000, 16, 1, 0])
    drawn = draw_noise(jax.random.key(0), jnp.asarray(noise_edges(counts)), (20_000,))
    expected = np.array([1000, 8, 1, 0.5**0.75])
    shares = np.bincount(drawn, minlength=4) / 20_000
    np.testing.assert_allclose(shares, expected / expected.sum(), atol=0.003)
    edge = draw_noise(jax.random.key(0), jnp.asarray(noise_edges(np.array([3]))), (100,))
    assert (np.asarray(edge) == 0).all()


def test_update_rows_takes_an_adagrad_step_on_the_rows_it_is_given_only():
    table, scale = jnp.ones((3, 2)), jnp.array([1.0, 1.0, 1.0])
    rows, gradient = jnp.array([2, 0, 2]), jnp.array([[1.0, 1.0], [2.0, 0.0], [1.0, -1.0]])
    table, scale = update_rows(table, scale, rows, gradient, jnp.float32(0.3))
    np.testing.assert_allclose(scale, [3, 1, 3])
    step = 0.3 / np.sqrt(3)
    np.testing.assert_allclose(table, [[1 - 2 * step, 1], [1, 1], [1 - 2 * step, 1]], rtol=1e-6)


def test_glove_weight_is_the_papers():
    config = GloveConfig(x_max=16, alpha=0.75)
    np.testing.assert_allclose(glove_weight(np.array([1, 16, 100.0]), config), [1 / 8, 1, 1])


def test_the_learning_rate_falls_to_its_end():
    config = SkipGramConfig(final_rate=0.1)
    rates = [float(linear_decay(config, jnp.float32(done), 4)) for done in (0, 2, 4, 5)]
    assert rates == pytest.approx([1, 0.55, 0.1, 0.1])


def test_steps_hold_what_is_chosen_at_random():
    probability = np.full(10_000, 0.3)
    capacity = n_steps_for(probability, 64) * 64
    chosen = (np.random.default_rng(0).random((200, 10_000)) < probability).sum(axis=1)
    assert chosen.max() <= capacity < 3400


@pytest.mark.parametrize("n_windows", [1, 5])
def test_window_net_scores_each_middle_word(n_windows):
    config = WindowConfig(n_dims=3, reach=2, n_hidden=4)
    net = WindowNet(config, rngs=nnx.Rngs(0))
    assert sum(leaf.size for leaf in jax.tree.leaves(nnx.state(net))) == 12 * 4 + 4 + 3 * 4 + 4 + 1
    rng = np.random.default_rng(0)
    around = jnp.asarray(rng.normal(size=(n_windows, 4, 3)), jnp.float32)
    middles = jnp.asarray(rng.normal(size=(n_windows, 2, 3)), jnp.float32)
    scores = net(around, middles)
    assert scores.shape == (n_windows, 2)
    assert scores.dtype == jnp.float32

    # one hidden layer over all words of the window, side by side
    kernel = np.concatenate([net.around.kernel[...], net.middle.kernel[...]])
    for row in range(n_windows):
        window = np.concatenate([np.ravel(around[row]), middles[row, 1]])
        hidden = np.tanh(window @ kernel + net.around.bias[...])
        expected = hidden @ net.output.kernel[...] + net.output.bias[...]
        np.testing.assert_allclose(scores[row, 1], expected[0], rtol=1e-5)


def test_window_losses_have_known_values():
    scores = jnp.array([[2.0, 0.5, 3.0]])
    ranking = window_loss(WindowConfig(loss="ranking"), scores)
    np.testing.assert_allclose(ranking, [(0 + 2) / 2])
    logistic = window_loss(WindowConfig(), scores)
    softplus = np.log1p(np.exp([-2, 0.5, 3]))
    np.testing.assert_allclose(logistic, [softplus[0] + softplus[1:].mean()], rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: SkipGramConfig(window=0), r"window \(0\) should be more than 0"),
        (lambda: GloveConfig(x_max=-1), r"x_max \(-1\)"),
        (lambda: WindowConfig(loss="hinge"), "should be logistic or ranking"),
        (lambda: WindowConfig(learning_rate=float("nan")), "learning_rate"),
    ],
)
def test_settings_out_of_bounds_are_refused(make, problem):
    with pytest.raises(InputError, match=problem):
        make()
