import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from core.sentiment.data import pack_columns, unpack
from core.sentiment.disclosure.chains import telling, unchained
from core.sentiment.train.nbsvm import silent
from tests.privacy.text_attacks import longest_chain, longest_reading

WORDS = st.integers(0, 3)
LONGEST = 7


def ngrams_of(sizes):
    one = st.one_of([st.tuples(*[WORDS] * size) for size in sizes])
    return st.lists(one, max_size=40, unique=True)


def words_of(ngrams):
    return [tuple("abcd"[word] for word in ngram) for ngram in ngrams]


@given(st.one_of(ngrams_of([2]), ngrams_of([3, 4, 5]), ngrams_of([3, 5])))
@example([(0, 1), (1, 2), (2, 0)])
@example([(0, 0, 0), (0, 1, 0), (1, 0, 1)])
def test_what_stays_has_no_long_chain_and_what_goes_would_make_one(ngrams):
    stays = unchained(ngrams, longest=LONGEST)
    kept = []
    for ngram, stay in zip(ngrams, stays, strict=True):
        chain = longest_chain(words_of([*kept, ngram]))
        assert (len(chain) <= LONGEST) == stay
        kept += [ngram] if stay else []


def test_the_first_ones_stay():
    line = [(k, k + 1, k + 2) for k in range(20)]
    stays = unchained(line, longest=LONGEST)
    assert stays[:6] == [True] * 5 + [False]  # seven words, then a gap
    assert not any(all(stays[k : k + 6]) for k in range(15))
    assert unchained(line[::-1], longest=LONGEST) == stays


def test_longer_ngrams_chain_with_shorter_ones():
    assert unchained([(0, 1, 2, 3, 4), (3, 4, 5), (4, 5, 6), (5, 6, 7)], longest=LONGEST) == [
        *[True] * 3,
        False,
    ]
    assert unchained([(0, 1, 2, 3, 4), (3, 4, 5, 6, 7)], longest=LONGEST) == [True, True]


def test_what_alone_says_how_a_passage_goes_on_tells_it():
    line = [(0, 1), (1, 2, 3), (2, 3, 4), (3, 4, 5), (4, 5, 6), (5, 6, 7)]
    assert not telling(line, longest=8).any()
    # from (0, 1) on by the only trigram behind each pair; (0, 1) itself says what is before 1, 2, 3
    assert telling(line, longest=7).all()
    assert not telling([*line, (3, 4, 9), (8, 3, 4)], longest=7).any()
    assert telling([(0, 0)], longest=7).tolist() == [True]
    assert telling([(0,), (1,)], longest=7).tolist() == [False, False]


@given(ngrams_of([1, 2, 3]))
def test_keys_that_stay_tell_no_long_passage(ngrams):
    padded = [(*ngram, -1, -1)[:3] for ngram in ngrams]
    keys = np.sort(pack_columns(np.array(padded, np.int32).reshape(-1, 3)))
    kept = unpack(keys[silent(keys)]).tolist()
    ngrams = [tuple(word for word in row if word >= 0) for row in kept]
    assert len(longest_reading(words_of(ngrams))) <= LONGEST
