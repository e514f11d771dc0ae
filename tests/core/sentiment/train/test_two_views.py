import numpy as np
import pytest

from core.errors import InputError
from core.sentiment.train.two_views import (
    TwoViewConfig,
    learn_two_views,
    neighbour_weights,
    window_loss,
)


def test_neighbours_are_in_reach_of_a_window_and_not_inside_it():
    config = TwoViewConfig(n_words=3, reach=2, block=2)
    # window l covers the places l + 2 to l + 4
    assert neighbour_weights(config).tolist() == [
        [1, 1, 0, 0, 0, 1, 1, 0],
        [0, 1, 1, 0, 0, 0, 1, 1],
    ]


def test_the_loss_is_the_sum_over_pairs_one_by_one():
    rng = np.random.default_rng(0)
    words, contexts, noise = (
        rng.normal(size=s).astype(np.float32) for s in ((2, 5, 3), (2, 9, 3), (2, 4, 3))
    )
    bias = rng.normal(size=3).astype(np.float32)
    pairs = rng.integers(0, 2, (2, 4, 9)).astype(np.float32)
    share = rng.random((2, 4, 1)).astype(np.float32)
    expected = 0.0
    for g in range(2):
        for window in range(4):
            value = np.maximum(words[g, window] + words[g, window + 1] + bias, 0)
            for m in range(9):
                expected += pairs[g, window, m] * np.log1p(np.exp(-value @ contexts[g, m]))
            for k in range(4):
                expected += share[g, window, 0] * np.log1p(np.exp(value @ noise[g, k]))
    found = float(window_loss(words, bias, contexts, noise, pairs, share))
    assert found == pytest.approx(expected, rel=1e-5)


def test_windows_with_like_neighbours_get_like_values():
    # 1 and 2 stand in the same sentences, 3 and 4 in others; 9 is the rare word
    rng = np.random.default_rng(0)
    reviews = []
    for _ in range(300):
        a, b, near = (1, 2, (5, 6)) if rng.random() < 0.5 else (3, 4, (7, 8))
        middle = rng.choice([a, b])
        reviews.append([rng.choice(near), middle, rng.choice(near), 9])
    ids = np.concatenate(reviews).astype(np.int32)
    starts = np.arange(0, len(ids) + 1, 4)
    config = TwoViewConfig(
        n_dims=8, n_words=1, reach=1, block=8, n_blocks=4, n_epochs=30, subsample=1.0
    )
    found = learn_two_views(config, ids, starts, n_ids=10, seed=0)
    values = np.maximum(found["table"] + found["bias"], 0)
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    alike = unit[1] @ unit[2], unit[3] @ unit[4]
    apart = unit[1] @ unit[3], unit[2] @ unit[4]
    assert min(alike) > max(apart) + 0.3


def test_the_same_seed_learns_the_same():
    ids = np.random.default_rng(0).integers(1, 9, 400).astype(np.int32)
    starts = np.array([0, 100, 400])
    config = TwoViewConfig(n_dims=4, n_words=2, reach=2, block=8, n_blocks=4, n_epochs=2)
    one, other, third = (
        learn_two_views(config, ids, starts, n_ids=10, seed=seed)["table"] for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one, other)
    assert np.abs(one - third).max() > 1e-3


def test_too_few_words_and_bad_settings_are_refused():
    with pytest.raises(InputError, match=r"words \(3\) should be at least 32"):
        learn_two_views(
            TwoViewConfig(block=8, n_blocks=4),
            np.array([1, 2, 3]),
            np.array([0, 3]),
            n_ids=10,
            seed=0,
        )
    with pytest.raises(InputError, match=r"reach \(0\) should be more than 0"):
        TwoViewConfig(reach=0)
