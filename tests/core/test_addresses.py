import numpy as np
import pytest

from core.addresses import COMMON, address_words, without_addresses
from core.tokens import tokenize


def parts(texts):
    tokens = [tokenize(text) for text in texts]
    ids = {}
    flat = np.array([ids.setdefault(w, len(ids)) for text in tokens for w in text], np.int32)
    rows = np.repeat(np.arange(len(texts)), [len(text) for text in tokens])
    return {
        word
        for word, it_is in zip(ids, address_words(flat, rows, tuple(ids)), strict=True)
        if it_is
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see www.mypage.com for more", {"www", "mypage", "com"}),
        ("see http://films.mypage.co/lists/best by me", {"films", "mypage", "co", "lists", "best"}),
        ("write to someone77@hotmail.com today", {"someone", "hotmail", "com"}),
        ("write to someone@yahoo.com today", {"someone", "yahoo", "com"}),
        ("a www", {"www"}),
        ("the net. A comma, a com", set()),
        (".com", set()),
    ],
)
def test_parts_of_addresses_are_found(text, found):
    assert parts([text]) == found


def test_a_word_that_mostly_stands_elsewhere_is_none():
    assert "films" not in parts(["films.mypage.com", "good films", "bad films"])
    assert "films" in parts(["films.mypage.com", "good films"])


def test_what_many_have_is_nobodys():
    texts = [f"page{chr(97 + k % 26)}{chr(97 + k // 26)}.com" for k in range(COMMON)]
    assert "com" not in parts(texts) and "pageaa" in parts(texts)
    assert "com" in parts(texts[1:])


def test_an_address_ends_with_its_review():
    assert parts(["someone", ".com", "www", "mypage"]) == {"www"}
    assert parts([""]) == set()


def test_parts_of_addresses_are_numbered_in_their_order():
    words = without_addresses(("a", "me", "b", "you"), np.array([False, True, False, True]))
    assert words == ("a", "(address 1)", "b", "(address 2)")
