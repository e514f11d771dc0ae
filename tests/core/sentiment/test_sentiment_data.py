import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.sentiment.data import (
    Vocabulary,
    count_vocabulary,
    is_sign,
    labelled,
    pad,
    pad_all,
    take,
    unlabelled,
    validation_rows,
    without_signs,
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
    assert (vocabulary.rare, vocabulary.n_ids) == (3, 4)
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
    assert [is_sign(token) for token in [".", "...", '"', "n't", "8", "é"]] == [True] * 3 + [
        False
    ] * 3


def test_without_signs_leaves_the_words_and_their_texts():
    texts = texts_of(["good , good .", ". ,", "8 / 10 !"], [1, 0, 1])
    bare = without_signs(texts)
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
