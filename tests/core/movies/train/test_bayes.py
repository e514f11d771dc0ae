"""The Bayesian factorization against planted truth, closed forms and itself."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.errors import InputError
from core.movies.train import bayes, gibbs
from core.movies.train.posterior import compress

SMALL = bayes.Config(n_factors=3, n_implicit=0, n_burn_in=40, n_sweeps=160, item_dof=20.0)
N_USERS, N_ITEMS, N_COLD = 60, 80, 15


@pytest.fixture(scope="module")
def planted():
    """Ratings of rank 3 with biases; item biases follow `side`; noise of 0.3; some items are rated
    by nearly all, some by few, the first 15 by nobody."""
    rng = np.random.default_rng(0)
    side = rng.normal(size=(N_ITEMS, 2)).astype(np.float32)
    truth = (
        3.0
        + 0.3 * rng.normal(size=(N_USERS, 1))
        + (side @ np.array([0.6, -0.4]))[None]
        + 0.6 * rng.normal(size=(N_USERS, 3)) @ rng.normal(size=(3, N_ITEMS))
    )
    noisy = (truth + 0.3 * rng.normal(size=(N_USERS, N_ITEMS))).astype(np.float32)
    seen = rng.random((N_USERS, N_ITEMS)) < rng.uniform(0.05, 0.95, N_ITEMS)
    seen[:, :N_COLD] = False
    return noisy, seen, side


def _triples(noisy, seen):
    users, items = np.nonzero(seen)
    return users.astype(np.int32), items.astype(np.int32), noisy[users, items]


def _fit(config, planted, *, seed=0, on_sweep=None):
    noisy, seen, side = planted
    users, items, ratings = _triples(noisy, seen)
    data = bayes.make_data(
        config, users, items, ratings, n_users=N_USERS, n_items=N_ITEMS, side=side
    )
    state, averages = bayes.init_state(config, data, seed=seed), bayes.init_averages(data)
    for done in range(1, config.n_sweeps + 1):
        state = gibbs.sweep(state, data)
        if done > config.n_burn_in:
            averages = bayes.add_sweep(averages, state)
        if on_sweep is not None:
            on_sweep(float(state.alpha) ** -0.5)
    return bayes.summarize(config, data, averages, ratings)


@pytest.fixture(scope="module")
def posterior(planted):
    return _fit(SMALL, planted)


def test_recovers_planted_factors_and_states_its_error(planted, posterior):
    noisy, seen, _ = planted
    users, items, stars = _triples(noisy, ~seen & (np.arange(N_ITEMS) >= N_COLD)[None])
    train_users, train_items, train_stars = _triples(noisy, seen)
    one_hot = np.eye(N_USERS + N_ITEMS)
    design = one_hot[train_users] + one_hot[N_USERS + train_items]
    centre = train_stars.mean()
    bias = np.linalg.solve(
        design.T @ design + 0.1 * np.eye(N_USERS + N_ITEMS), design.T @ (train_stars - centre)
    )
    bias_mse = np.mean((centre + bias[users] + bias[N_USERS + items] - stars) ** 2)
    mean, std = posterior.predict(users, items)
    mse = np.mean((mean - stars) ** 2)
    assert mse < 0.2 * bias_mse
    well_known = seen.sum(axis=0)[items] >= 20
    assert np.mean((mean - stars)[well_known] ** 2) < 1.5 * 0.3**2  # the noise alone leaves 0.09
    inside = np.abs(stars - mean) < 1.96 * std
    assert 0.92 < inside.mean() < 0.98


def test_side_information_predicts_items_nobody_rated(planted, posterior):
    noisy, seen, _ = planted
    cold = np.zeros_like(seen)
    cold[:, :N_COLD] = True
    users, items, stars = _triples(noisy, cold)
    blind = _fit(SMALL, (noisy, seen, np.zeros_like(planted[2])))
    told, std = posterior.predict(users, items)
    untold, _ = blind.predict(users, items)
    assert np.mean((told - stars) ** 2) < 0.9 * np.mean((untold - stars) ** 2)
    warm_std = posterior.predict(*_triples(noisy, seen)[:2])[1]
    assert std.mean() > 1.5 * warm_std.mean()


def _regression(n_ratings, size, seed):
    """One row with `n_ratings` ratings among two, as draw_table takes it, and its closed form."""
    rng = np.random.default_rng(seed)
    design = rng.normal(size=(n_ratings, size)).astype(np.float32)
    root = rng.normal(size=(size, size)).astype(np.float32)
    precision = root @ root.T + np.eye(size, dtype=np.float32)
    prior = rng.normal(size=(1, size)).astype(np.float32)
    target = rng.normal(size=n_ratings).astype(np.float32)
    weight = rng.uniform(0.5, 2.0, n_ratings).astype(np.float32)
    blocks = gibbs.make_blocks(
        np.zeros(n_ratings, np.int32), np.arange(n_ratings, dtype=np.int32), 1
    )
    covariance = np.linalg.inv(precision + design.T @ (weight[:, None] * design))
    mean = covariance @ (precision @ prior[0] + design.T @ (weight * target))
    return (blocks, prior, precision, design, target, weight), mean, covariance


@pytest.mark.parametrize(("n_ratings", "size"), [(3, 4), (40, 3)])
def test_draws_of_a_row_have_the_ridge_solution_and_its_covariance(n_ratings, size):
    arguments, mean, covariance = _regression(n_ratings, size, seed=n_ratings)
    arguments = jax.tree.map(jnp.asarray, arguments)

    rng = np.random.default_rng(0)
    noise = rng.normal(size=(4000, 1, size)).astype(np.float32)
    rating_noise = rng.normal(size=(4000, n_ratings)).astype(np.float32)
    draw = jax.jit(jax.vmap(lambda *normal: gibbs.draw_table(*arguments, *normal)))
    draws, conditional = (np.asarray(table)[:, 0] for table in draw(noise, rating_noise))
    np.testing.assert_allclose(conditional[0], mean, atol=2e-4)
    error = np.sqrt(np.diag(covariance) / len(draws))
    assert (np.abs(draws.mean(axis=0) - mean) < 4.5 * error + 1e-4).all()
    scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    assert np.abs((np.cov(draws.T) - covariance) / scale).max() < 0.1


def test_prior_draws_have_the_moments_of_their_conditional():
    rng = np.random.default_rng(1)
    table, side = rng.normal(size=(40, 2)), rng.normal(size=(40, 3))
    ridge = np.array([0.5, 1.0, 4.0])
    inverse = np.linalg.inv(side.T @ side + np.diag(ridge))
    best = inverse @ side.T @ table
    rest = table - side @ best
    scale = np.eye(2) + rest.T @ rest + best.T @ (ridge[:, None] * best)
    shapes = (2 + 40 - np.arange(2)) / 2.0

    normal = rng.normal(size=(4000, 5, 2)).astype(np.float32)
    gamma = rng.gamma(shapes, size=(4000, 2)).astype(np.float32)
    fixed = [jnp.asarray(value, jnp.float32) for value in (table, side, ridge)]
    draw = jax.jit(jax.vmap(lambda *noise: gibbs.draw_prior(*fixed, *noise)))
    weights, precision = (np.asarray(drawn) for drawn in draw(normal, gamma))
    np.testing.assert_allclose(weights.mean(axis=0), best, atol=5 * weights.std() / 4000**0.5)
    expected = 42 * np.linalg.inv(scale)
    np.testing.assert_allclose(precision.mean(axis=0), expected, atol=0.02 * np.abs(expected).max())
    # Given the precision, weights spread as inverse x precision^-1; averaged over the Wishart:
    spread = np.linalg.inv(precision).mean(axis=0)
    np.testing.assert_allclose(
        weights.var(axis=0), np.outer(np.diag(inverse), np.diag(spread)), rtol=0.15
    )


def test_sweep_draws_rated_items_narrowly_about_their_mean(planted):
    noisy, seen, side = planted
    users, items, stars = _triples(noisy, seen)
    data = bayes.make_data(SMALL, users, items, stars, n_users=N_USERS, n_items=N_ITEMS, side=side)
    state = bayes.init_state(SMALL, data, seed=3)
    draws, means = [], []
    for step in range(30):
        state = gibbs.sweep(state, data)
        if step >= 10:
            draws.append(np.asarray(state.item))
            means.append(np.asarray(state.item_mean))
    gap = np.stack(draws) - np.stack(means)
    # A rated item's draw scatters about its mean by far less than the items differ.
    assert gap[:, N_COLD:, -1].std() < 0.5 * np.stack(means)[:, N_COLD:, -1].std()
    assert np.abs(gap.mean()) < 0.02
    assert gap[:, :N_COLD].std() > gap[:, N_COLD:].std()


def test_same_seed_same_posterior_other_seed_another(planted):
    config = dataclasses.replace(SMALL, n_sweeps=45)
    first, again, other = (_fit(config, planted, seed=seed) for seed in (0, 0, 1))
    for name, array in first.arrays().items():
        np.testing.assert_array_equal(array, again.arrays()[name])
    assert not np.array_equal(first.mean_user, other.mean_user)


def test_a_resumed_chain_equals_one_that_was_not_stopped(planted):
    noisy, seen, side = planted
    data = bayes.make_data(
        SMALL, *_triples(noisy, seen), n_users=N_USERS, n_items=N_ITEMS, side=side
    )
    state, averages = bayes.init_state(SMALL, data, seed=0), bayes.init_averages(data)
    for step in range(6):
        if step == 3:
            stored = jax.tree.map(np.asarray, (state, averages))
        state = gibbs.sweep(state, data)
        averages = bayes.add_sweep(averages, state)
    resumed, sums = jax.tree.map(jnp.asarray, stored)
    for _ in range(3):
        resumed = gibbs.sweep(resumed, data)
        sums = bayes.add_sweep(sums, resumed)
    assert int(resumed.sweep) == 6
    assert jax.tree.all(jax.tree.map(np.array_equal, (state, averages), (resumed, sums)))


def test_the_planted_noise_is_found(planted):
    noise = []
    _fit(SMALL, planted, on_sweep=noise.append)
    assert np.mean(noise[100:]) == pytest.approx(0.3, abs=0.06)


def test_implicit_features_tell_two_crowds_apart():
    rng = np.random.default_rng(0)
    same = (np.arange(20)[:, None] < 10) == (np.arange(30)[None] < 15)
    users, items = np.nonzero(rng.random((20, 30)) < np.where(same, 0.8, 0.05))
    of_users, of_items = bayes.implicit_features(users, items, 20, 30, 2)
    assert of_users.shape == (20, 4) and of_items.shape == (30, 4)
    apart = [np.sign(of_users[:10, k]).sum() * np.sign(of_users[10:, k]).sum() for k in range(2)]
    assert min(apart) == -100  # one of the two columns has opposite signs for the two crowds


def test_compression_is_exact_at_full_rank():
    matrix = np.random.default_rng(0).normal(size=(12, 7)).astype(np.float32)
    for table in (matrix, matrix.T):
        left, right = compress(table, 50)
        assert left.dtype == np.float16
        np.testing.assert_allclose(left.astype(float) @ right.T.astype(float), table, atol=0.01)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_factors": -1}, "n_factors is -1"),
        ({"user_dof": 0.0}, "user_dof is 0.0"),
        ({"mean_rank": 0}, "mean_rank is 0"),
        ({"n_sweeps": 40}, "must exceed n_burn_in"),
    ],
)
def test_config_names_the_bad_field(change, message):
    with pytest.raises(InputError, match=message):
        dataclasses.replace(SMALL, **change)


def test_bad_input_is_named(planted, posterior):
    noisy, seen, side = planted
    users, items, stars = _triples(noisy, seen)
    sizes = {"n_users": N_USERS, "n_items": N_ITEMS}
    with pytest.raises(InputError, match=r"users holds 60, but must lie in \[0, 60\)"):
        bayes.make_data(SMALL, users + 1, items, stars, **sizes)
    with pytest.raises(InputError, match="same number of each"):
        bayes.make_data(SMALL, users, items, stars[1:], **sizes)
    with pytest.raises(InputError, match="not finite"):
        bayes.make_data(SMALL, users, items, stars * np.nan, **sizes)
    with pytest.raises(InputError, match="one row per item"):
        bayes.make_data(SMALL, users, items, stars, side=side[1:], **sizes)
    with pytest.raises(InputError, match="exceed 50000000 cells"):
        bayes.make_data(SMALL, users, items, stars, n_users=200_000, n_items=80_000)
    with pytest.raises(InputError, match="items holds -1"):
        posterior.predict(np.array([0]), np.array([-1]))
