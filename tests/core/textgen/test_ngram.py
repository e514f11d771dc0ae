import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.textgen.ngram import fit_ngrams


def slow_probability(text, context, char, *, n_chars):
    """Interpolated Kneser-Ney, from its definition and without any packing."""

    def counts_of(length):
        longest = n_context + 1
        grams = [tuple(text[k : k + longest]) for k in range(len(text) - longest + 1)]
        counts = {}
        for gram in grams:
            counts[gram] = counts.get(gram, 0) + 1
        for _ in range(n_context - length):
            shorter = {}
            for gram in counts:
                shorter[gram[1:]] = shorter.get(gram[1:], 0) + 1
            counts = shorter
        return counts

    n_context = len(context)
    found = 1 / n_chars
    for length in range(n_context + 1):
        counts = counts_of(length)
        before = tuple(context[n_context - length :])
        once, twice = (sum(count == k for count in counts.values()) for k in (1, 2))
        discount = once / (once + 2 * twice) if once else 0.0
        behind = {gram[-1]: count for gram, count in counts.items() if gram[:-1] == before}
        total = sum(behind.values())
        if total:
            own = max(behind.get(char, 0) - discount, 0) / total
            found = own + discount * len(behind) / total * found
    return found


def test_probabilities_follow_the_definition():
    rng = np.random.default_rng(0)
    ids = rng.integers(0, 4, 300) * rng.integers(0, 2, 300)
    model = fit_ngrams(ids, n_context=3, n_chars=5)
    assert model.n_context == 3
    seen = model.probabilities(ids)
    for at in (3, 50, 120, 299):
        expected = slow_probability(ids, ids[at - 3 : at], ids[at], n_chars=5)
        assert seen[at] == pytest.approx(expected)
    for context in ([1, 1, 2], [4, 4, 4], [4, 1, 0]):
        following = model.distributions(np.array(context))[-1]
        expected = [slow_probability(ids, context, char, n_chars=5) for char in range(5)]
        np.testing.assert_allclose(following, expected)


@given(
    st.lists(st.integers(0, 3), min_size=4, max_size=40), st.lists(st.integers(0, 3), max_size=6)
)
def test_probabilities_sum_to_one_and_both_questions_have_one_answer(ids, context):
    model = fit_ngrams(np.array(ids), n_context=2, n_chars=4)
    following = model.distributions(np.array(context, int))[-1]
    assert following.sum() == pytest.approx(1)
    assert following.min() >= 0
    for char in range(4):
        asked = model.probabilities(np.array([*context, char]))[-1]
        assert asked == pytest.approx(following[char])


def test_a_text_that_repeats_is_known_by_heart():
    ids = np.tile([0, 1, 2, 1], 200)
    model = fit_ngrams(ids, n_context=3, n_chars=3)
    assert model.probabilities(ids)[5:].min() > 0.99


@pytest.mark.parametrize("n_context", [-1, 40, 11])
def test_contexts_that_do_not_fit_are_refused(n_context):
    with pytest.raises(InputError, match="context"):
        fit_ngrams(np.arange(11), n_context=n_context, n_chars=60)


def test_a_model_of_what_follows_some_characters_says_the_same_there():
    rng = np.random.default_rng(1)
    ids = rng.integers(0, 4, 2_000)
    model = fit_ngrams(ids, n_context=4, n_chars=4)
    ending = np.array([3, 1])
    smaller = model.only_behind(ending)
    text = np.concatenate([ids[:60], ending])
    np.testing.assert_allclose(smaller.distributions(text)[-1], model.distributions(text)[-1])
    assert smaller.n_context == 4
    assert all(
        len(small.keys) < len(large.keys)
        for small, large in zip(smaller.levels[2:], model.levels[2:], strict=True)
    )
    assert fit_ngrams(np.zeros(9, int), n_context=3, n_chars=4).only_behind(ending).n_context == 1
