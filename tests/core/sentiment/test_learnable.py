import numpy as np

from core.reviews import collect
from core.sentiment.learnable import SHARED_PASSAGE, learnable, writers_of
from tests.core.sentiment.forum import learnable_of

PASSAGE = [f"p{k}" for k in range(SHARED_PASSAGE)]


def test_reviews_of_test_and_repeats_are_left_out_and_the_rest_come_by_number():
    found = [
        ("Bad end", "test_neg", 0),
        ("good", "train_pos", 7),
        ("bad end", "train_neg", 3),
        ("A B", "train_unsup", 1),
        ("fine", "train_pos", 2),
        ("good", "train_unsup", 0),
    ]
    reviews = learnable(collect((text.split(), *rest, 0) for text, *rest in found))
    words = [reviews.words[k] for k in reviews.tokens]
    assert words == ["fine", "good", "a", "b"]
    assert reviews.numbers.tolist() == [2, 7, 1] and reviews.texts.tolist() == [0, 1, 2, 2]
    assert reviews.cases.tolist() == [0, 0, 1, 1]
    assert reviews.n_texts == 3


def test_neighbours_end_with_the_review():
    reviews = learnable_of([("a b", "train_pos", 0), ("c", "train_pos", 1)])
    beyond = len(reviews.words)
    assert reviews.neighbours(np.arange(3), -1).tolist() == [beyond, 0, beyond]
    assert reviews.neighbours(np.arange(3), 1).tolist() == [1, beyond, beyond]
    assert reviews.neighbours(np.array([0]), 2).tolist() == [beyond]


def test_who_shares_a_passage_is_one_writer():
    texts = [
        ["x", *PASSAGE, "y"],
        ["a", "b"],
        ["z", *PASSAGE, "q", *PASSAGE[::-1]],
        [*PASSAGE[::-1], "r"],
        [*PASSAGE[:-1], "s"],  # one word short
    ]
    ids = {}
    tokens = [ids.setdefault(word, len(ids)) for text in texts for word in text]
    rows = np.repeat(np.arange(len(texts), dtype=np.int32), [len(text) for text in texts])
    writers = writers_of(np.array(tokens, np.int32), rows, len(texts))
    assert writers[0] == writers[2] == writers[3]
    assert len(set(writers[[0, 1, 4]].tolist())) == 3


def test_a_passage_does_not_go_from_one_review_into_the_next():
    half = SHARED_PASSAGE // 2
    texts = [PASSAGE[:half], PASSAGE[half:], PASSAGE[:half] + ["x"], PASSAGE[half:] + ["y"]]
    ids = {}
    tokens = [ids.setdefault(word, len(ids)) for text in texts for word in text]
    rows = np.repeat(np.arange(4, dtype=np.int32), [len(text) for text in texts])
    assert len(set(writers_of(np.array(tokens, np.int32), rows, 4).tolist())) == 4
    assert writers_of(np.zeros(0, np.int32), np.zeros(0, np.int32), 2).tolist() == [0, 1]
