import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.sentiment.data import (
    MAX_WORDS,
    Vocabulary,
    count_vocabulary,
    is_punctuation,
    labelled,
    lengths,
    pack,
    pack_columns,
    pad,
    pad_all,
    take,
    unlabelled,
    unpack,
    validation_rows,
    without_punctuation,
)
from tests.core.sentiment.samples import planted, reviews_of, texts_of


def lines(texts):
    ends = zip(texts.starts[:-1], texts.starts[1:], strict=True)
    return [" ".join(texts.words[k] for k in texts.tokens[low:high]) for low, high in ends]


def test_a_vocabulary_begins_with_the_most_frequent_and_breaks_ties_by_alphabet():
    texts = texts_of(["d b c", "d c b", "d a e e", "d"])
    assert count_vocabulary(texts, 40).words == ("d", "b", "c", "e", "a")
    assert count_vocabulary(texts, 5).words == ("d", "b", "c")
    assert count_vocabulary(texts, 3).words == ("d",)


def test_words_that_do_not_occur_are_in_no_vocabulary():
    texts = take(texts_of(["a b", "c"]), np.array([0]))
    assert texts.words == ("a", "b", "c")
    assert count_vocabulary(texts, 10).words == ("a", "b")


def test_a_vocabulary_needs_room_for_a_word():
    with pytest.raises(InputError, match=r"n_ids \(2\) should be at least 3"):
        count_vocabulary(texts_of(["a"]), 2)


def test_one_id_stands_for_all_rare_words():
    vocabulary = Vocabulary(("good", "bad"))
    assert (vocabulary.unk, vocabulary.n_ids) == (3, 4)
    assert vocabulary.encode(["bad", "odd", "good", "quiet"]).tolist() == [2, 3, 1, 3]
    assert vocabulary.encode([]).dtype == np.int32
    assert vocabulary.encode(("good", "odd")).tolist() == [1, 3]


def test_padding_goes_in_front_and_the_end_is_kept():
    assert pad(np.array([7, 8]), 4).tolist() == [0, 0, 7, 8]
    assert pad(np.array([5, 6, 7, 8]), 4).tolist() == [5, 6, 7, 8]
    assert pad(np.array([4, 5, 6, 7, 8]), 4).tolist() == [5, 6, 7, 8]
    assert pad(np.array([], np.int32), 2).tolist() == [0, 0]


WORDS = st.sampled_from(["a", "b", "c", "d", "e"])


@given(st.lists(st.lists(WORDS, max_size=7), min_size=1, max_size=6), st.integers(1, 8))
def test_pad_all_is_pad_of_each_text(found, length):
    texts = texts_of([" ".join(words) for words in found])
    vocabulary = Vocabulary(("b", "d"))
    padded = pad_all(texts, vocabulary, length)
    assert padded.dtype == np.int32
    expected = [pad(vocabulary.encode(words), length) for words in found]
    np.testing.assert_array_equal(padded, expected)


def test_signs_hold_neither_letter_nor_digit():
    assert [is_punctuation(token) for token in [".", "...", '"', "n't", "8", "é"]] == [True] * 3 + [
        False
    ] * 3


def test_without_signs_leaves_the_words_and_their_texts():
    texts = texts_of(["good , good .", ". ,", "8 / 10 !"], [1, 0, 1])
    bare = without_punctuation(texts)
    assert lines(bare) == ["good good", "", "8 10"]
    assert bare.labels.tolist() == [1, 0, 1]
    assert bare.words == texts.words


REVIEWS = reviews_of(
    [
        ("a test twin", "test_pos", 10),
        ("the worst", "test_neg", 1),
        ("quite good", "train_pos", 7),
        ("quite bad", "train_neg", 4),
        ("new words", "train_unsup", 0),
        ("a test twin", "train_unsup", 0),
        ("quite good", "train_unsup", 0),
        ("new words", "train_unsup", 0),
        ("", "train_unsup", 0),
    ]
)


def test_labelled_takes_one_side_and_reads_labels_off_the_stars():
    train, test = labelled(REVIEWS, "train"), labelled(REVIEWS, "test")
    assert lines(train) == ["quite good", "quite bad"]
    assert train.labels.tolist() == [1, 0]
    assert lines(test) == ["a test twin", "the worst"]
    assert test.labels.tolist() == [1, 0]
    assert test.labels.dtype == np.float32


def test_unlabelled_drops_repeats_and_what_stands_in_test():
    texts = unlabelled(REVIEWS)
    assert lines(texts) == ["new words", "quite good"]
    assert np.isnan(texts.labels).all()


def test_validation_rows_are_whole_runs_of_numbers_and_about_a_tenth():
    n = 12_500
    numbers, labels = np.tile(np.arange(n, dtype=np.int32), 2), np.repeat([1.0, 0.0], n)
    texts = dataclasses.replace(texts_of([""]), labels=labels, numbers=numbers)
    rows = validation_rows(texts)
    runs = rows.reshape(2, -1, 50)
    assert (runs.all(axis=2) == runs.any(axis=2)).all()
    assert 0.07 < rows.mean() < 0.13
    assert not np.array_equal(rows[:n], rows[n:])


def test_validation_rows_follow_number_and_label_but_not_the_order():
    train, _ = planted()
    rows = validation_rows(train)
    assert 0 < rows.sum() < train.n_texts / 4
    shuffled = np.random.default_rng(0).permutation(train.n_texts)
    np.testing.assert_array_equal(validation_rows(take(train, shuffled)), rows[shuffled])


@pytest.mark.parametrize("rows", [np.array([2, 0]), np.array([], np.int64)])
def test_take_keeps_texts_with_their_labels(rows):
    texts = dataclasses.replace(texts_of(["a b", "", "c"]), labels=np.array([0.0, 1.0, 1.0]))
    taken = take(texts, rows)
    assert lines(taken) == [["a b", "", "c"][row] for row in rows]
    assert taken.labels.tolist() == [[0, 1, 1][row] for row in rows]


def test_take_understands_a_mask():
    texts = texts_of(["a b", "", "c"], [0, 1, 1])
    assert lines(take(texts, np.array([True, False, True]))) == ["a b", "c"]


TEXTS = st.lists(st.lists(st.integers(-1, 4), max_size=5), max_size=5)


def joined(texts):
    """Ids one text after the other, and where each begins."""
    starts = np.cumsum([0, *map(len, texts)])
    return np.array(sum(texts, []), np.int32), starts


def by_hand(texts, order):
    """Ids and place of every n-gram, in the order that is promised."""
    found = []
    for n in range(1, order + 1):
        first = 0
        for text in texts:
            for at in range(len(text) - n + 1):
                if min(text[at : at + n]) >= 0:
                    found.append(([*text[at : at + n], -1, -1][:3], first + at))
            first += len(text)
    return found


@given(TEXTS, st.integers(1, 3))
def test_pack_finds_the_ngrams_that_stand_in_one_text(texts, order):
    keys, places = pack(*joined(texts), order=order)
    found = list(zip(unpack(keys).tolist(), places.tolist(), strict=True))
    expected = [(ids[:3], place) for ids, place in by_hand(texts, order)]
    assert sorted(found) == sorted(expected)
    assert [place for _, place in found] == [place for _, place in expected]


def test_no_ngram_crosses_texts_nor_a_word_without_a_meaning():
    keys, places = pack(np.array([5, 6, 7, -1, 8]), np.array([0, 2, 5]), order=3)
    assert unpack(keys).tolist() == [
        [5, -1, -1],
        [6, -1, -1],
        [7, -1, -1],
        [8, -1, -1],
        [5, 6, -1],
    ]
    assert places.tolist() == [0, 1, 2, 4, 0]


@given(st.lists(st.tuples(*[st.integers(0, MAX_WORDS - 1)] * 3), min_size=1), st.integers(1, 3))
def test_packing_columns_is_the_reverse_of_unpacking(rows, n_words):
    ids = np.array(rows, np.int32)
    ids[:, n_words:] = -1
    keys = pack_columns(ids)
    assert (keys > 0).all()
    np.testing.assert_array_equal(unpack(keys), ids)
    np.testing.assert_array_equal(lengths(keys), n_words)


def test_pack_and_pack_columns_agree_on_the_greatest_id():
    top = MAX_WORDS - 1
    keys, _ = pack(np.array([top, 0, top], np.int32), np.array([0, 3]), order=3)
    assert keys[-1] == pack_columns(np.array([[top, 0, top]]))[0]
    assert len(np.unique(keys)) == 5  # of six, the greatest id alone stands there twice


@pytest.mark.parametrize("order", [0, 4])
def test_an_order_out_of_bounds_is_refused(order):
    with pytest.raises(InputError, match=rf"order \({order}\) should be from 1 to 3"):
        pack(np.array([1]), np.array([0, 1]), order=order)
