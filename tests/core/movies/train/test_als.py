import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.movies.train import als


def problem(n_users=30, n_items=20, n_ratings=200, seed=0):
    rng = np.random.default_rng(seed)
    pairs = rng.choice(n_users * n_items, n_ratings, replace=False)
    users, items = (part.astype(np.int32) for part in np.divmod(pairs, n_items))
    return users, items, rng.normal(size=n_ratings).astype(np.float32)


def half_sweep(config, users, items, ratings, n_users, n_items, n_sweeps=1):
    """Users solved with the films as they start, many conjugate gradient steps long."""
    sides = (
        als.cut_segments(users, items, ratings, n_users, n_items),
        als.cut_segments(items, users, ratings, n_items, n_users),
    )
    state = als.initial_state(config, n_users, n_items, seed=1)
    films = np.asarray(state.items, np.float64)
    for _ in range(n_sweeps):
        state = als.sweep(config, state, *sides)
    return state, films


@settings(max_examples=40, deadline=None)
@given(
    counts=st.lists(st.integers(0, 40), min_size=1, max_size=12),
    capacity=st.sampled_from([1, 2, 5, 1 << 14]),
)
def test_segments_hold_every_rating_once(counts, capacity):
    rows = np.repeat(np.arange(len(counts)), counts).astype(np.int32)
    if not len(rows):
        return
    shuffle = np.random.default_rng(0).permutation(len(rows))
    rows = rows[shuffle]
    others = np.arange(len(rows), dtype=np.int32)
    before = als._SEGMENTS_PER_CHUNK
    als._SEGMENTS_PER_CHUNK = capacity
    try:
        cut = als.cut_segments(rows, others, others + 0.5, len(counts), len(rows))
    finally:
        als._SEGMENTS_PER_CHUNK = before
    found = {}
    for chunk in range(len(cut.rows)):
        assert (np.diff(cut.owner[chunk]) >= 0).all()
        for place, owner in enumerate(cut.owner[chunk]):
            for other, rating in zip(
                cut.others[chunk, place], cut.ratings[chunk, place], strict=True
            ):
                if other < len(rows):
                    assert rating == other + 0.5 and other not in found
                    found[int(other)] = int(cut.rows[chunk, owner])
                else:
                    assert rating == 0
    assert found == dict(enumerate(rows.tolist()))


@pytest.mark.parametrize("n_factors", [0, 3])
def test_a_half_sweep_is_the_ridge_solution_of_each_user(n_factors):
    users, items, ratings = problem()
    config = als.AlsConfig(
        n_factors=n_factors,
        l2_factors=0.1,
        l2_bias=0.02,
        prior_factors=0.5,
        prior_bias=0.3,
        init_scale=1.0,
        n_cg_steps=30,
    )
    state, films = half_sweep(config, users, items, ratings, 30, 20)
    for user in range(30):
        mine = users == user
        design = np.concatenate([np.ones((mine.sum(), 1)), films[items[mine], 1:]], axis=1)
        ridge = np.full(1 + n_factors, 0.1 * max(mine.sum(), 1) + 0.5)
        ridge[0] = 0.02 * max(mine.sum(), 1) + 0.3
        exact = np.linalg.solve(design.T @ design + np.diag(ridge), design.T @ ratings[mine])
        np.testing.assert_allclose(state.users[user], exact, atol=2e-5)


def test_sweeps_settle_where_the_gradient_of_the_penalised_loss_vanishes():
    users, items, ratings = problem()
    config = als.AlsConfig(n_factors=3, init_scale=0.5, n_cg_steps=20)
    state, _ = half_sweep(config, users, items, ratings, 30, 20, n_sweeps=400)
    counts = (np.bincount(users, minlength=30), np.bincount(items, minlength=20))

    def loss(u, i):
        p, q = u[users], i[items]
        error = ratings - p[:, 0] - q[:, 0] - (p[:, 1:] * q[:, 1:]).sum(1)
        total = (error**2).sum()
        for table, count in ((u, counts[0]), (i, counts[1])):
            factors = config.l2_factors * count.clip(1) + config.prior_factors
            bias = config.l2_bias * count.clip(1) + config.prior_bias
            total += (factors[:, None] * table[:, 1:] ** 2).sum() + (bias * table[:, 0] ** 2).sum()
        return total

    gradients = jax.grad(loss, argnums=(0, 1))(state.users[:-1], state.items[:-1])
    assert max(float(abs(g).max()) for g in gradients) < 1e-2
    assert float(loss(state.users[:-1], state.items[:-1])) < float(
        loss(0 * state.users[:-1], 0 * state.items[:-1])
    )


def test_whole_numbers_as_settings_mean_the_same():
    users, items, ratings = problem()
    states = [
        half_sweep(als.AlsConfig(2, prior_factors=p), users, items, ratings, 30, 20)[0]
        for p in (1, 1.0)
    ]
    np.testing.assert_array_equal(states[0].users, states[1].users)


def test_chunks_change_nothing(monkeypatch):
    users, items, ratings = problem(n_ratings=500)
    config = als.AlsConfig(n_factors=4)
    whole, _ = half_sweep(config, users, items, ratings, 30, 20, n_sweeps=3)
    monkeypatch.setattr(als, "_SEGMENTS_PER_CHUNK", 3)
    cut, _ = half_sweep(config, users, items, ratings, 30, 20, n_sweeps=3)
    np.testing.assert_allclose(whole.users, cut.users, atol=2e-5)
    np.testing.assert_allclose(whole.items, cut.items, atol=2e-5)


def test_without_biases_none_are_learned():
    users, items, ratings = problem()
    config = als.AlsConfig(n_factors=3, has_bias=False)
    state, _ = half_sweep(config, users, items, ratings, 30, 20, n_sweeps=2)
    assert not np.asarray(state.users[:, 0]).any() and not np.asarray(state.items[:, 0]).any()
    assert np.asarray(state.users[:, 1:]).any()


def test_predictions_add_biases_and_taste_and_padding_adds_nothing():
    config = als.AlsConfig(n_factors=2)
    state = als.AlsState(
        np.array([[0.5, 1, 2], [0, 0, 0]], np.float32),
        np.array([[0.25, 3, -1], [0, 0, 0]], np.float32),
    )
    assert config.has_bias
    predicted = als.predict(state, np.array([0, 1]), np.array([0, 0]))
    np.testing.assert_allclose(predicted, [0.5 + 0.25 + 3 - 2, 0.25])
    assert als.weights(state)["user_factors"].shape == (1, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_factors": -1}, r"n_factors \(-1\)"),
        ({"n_factors": 0, "has_bias": False}, "at least 1 without biases"),
        ({"l2_factors": 0}, r"l2_factors \(0\) should be more than 0"),
        ({"l2_bias": float("nan")}, "l2_bias"),
        ({"prior_bias": -1}, r"prior_bias \(-1\) should be 0 or more"),
        ({"n_cg_steps": 0}, "n_cg_steps"),
    ],
)
def test_settings_out_of_bounds_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        als.AlsConfig(**change)
