from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.words.cooccurrence import count_pairs


def brute_force(tokens, reviews, window):
    counts = Counter()
    for centre, word in enumerate(tokens):
        for other in range(len(tokens)):
            distance = abs(centre - other)
            if 1 <= distance <= window and reviews[centre] == reviews[other]:
                counts[word, tokens[other]] += 1 / distance
    return counts


def as_dict(found):
    pairs = zip(found.first.tolist(), found.second.tolist(), strict=True)
    return dict(zip(pairs, found.weights.tolist(), strict=True))


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=40),
    st.integers(1, 5),
    st.sampled_from([1, 7, 1000]),
)
def test_counts_equal_a_brute_force_count(text, window, pairs_at_once):
    tokens = np.array([word for word, _ in text], np.int32)
    reviews = np.cumsum([is_first for _, is_first in text]).astype(np.int32)
    found = count_pairs(tokens, reviews, n_words=7, window=window, pairs_at_once=pairs_at_once)
    expected = {
        pair: weight
        for pair, weight in brute_force(tokens.tolist(), reviews.tolist(), window).items()
        if pair[0] <= pair[1]
    }
    assert as_dict(found) == pytest.approx(expected)
    order = list(zip(found.first.tolist(), found.second.tolist(), strict=True))
    assert order == sorted(set(order))


def test_a_known_text():
    tokens, reviews = np.array([0, 1, 0, 2], np.int32), np.array([0, 0, 0, 1], np.int32)
    found = count_pairs(tokens, reviews, n_words=3, window=2)
    assert as_dict(found) == {(0, 1): 2.0, (0, 0): 1.0}  # the review of 2 is another one


def test_at_least_leaves_out_the_light_pairs():
    tokens, reviews = np.array([0, 1, 0, 2], np.int32), np.zeros(4, np.int32)
    found = count_pairs(tokens, reviews, n_words=3, window=3).at_least(1.2)
    assert as_dict(found) == pytest.approx({(0, 1): 2.0, (0, 2): 1 + 1 / 3})


@pytest.mark.parametrize("window", [0, 16])
def test_a_window_out_of_bounds_is_refused(window):
    with pytest.raises(InputError, match=rf"window \({window}\) should be from 1 to 15"):
        count_pairs(np.zeros(3, np.int32), np.zeros(3, np.int32), n_words=1, window=window)
