"""Words of reviews that are parts of somebody's address: of a page of their own, of their mail.

Tokens tell little of addresses: "me@yahoo.com" is "me yahoo . com". But an ending such as com
behind a full stop, or www, tells where one is; and a word that mostly stands there, in few reviews,
is a name that its writer goes by. Vocabularies that ship do not name it.
"""

from collections.abc import Sequence

import numpy as np

from core.reviews import words_beside
from core.tokens import has_letter

MOSTLY = 0.5  # share of a word's places within addresses from which on it is a part of them
COMMON = 30  # reviews from which on a word is nobody's: com, www, blogspot
_ENDINGS = "com org net edu gov info co".split()
_MAIL = "hotmail yahoo gmail aol msn googlemail comcast netscape excite".split()
# Words that belong to addresses however many reviews they stand in: no n-gram with one ships.
COMMON_PARTS = frozenset(
    "http https www htm html php asp com org edu gov hotmail gmail aol msn geocities livejournal "
    "myspace blogspot email mailto".split()
)
_LONGEST = 4  # parts of an address on either side of its ending


def address_words(tokens: np.ndarray, texts: np.ndarray, words: Sequence[str]) -> np.ndarray:
    """Says which words are parts of addresses of few, bool[V].

    Args:
        tokens: i32[T], one text after the other.
        texts: i32[T], the text of each.
        words: V, what the ids stand for.
    """
    number = {word: k for k, word in enumerate(words)}
    is_any = {
        name: np.isin(np.arange(len(words) + 1), [number[w] for w in some if w in number])
        for name, some in (
            ("stop", ["."]),
            ("slash", ["/"]),
            ("www", ["www"]),
            ("ending", _ENDINGS),
            ("mail", _MAIL),
        )
    }
    is_digits = np.array([*(word.isdigit() for word in words), False])
    inside = np.zeros(len(tokens), bool)

    def at(places: np.ndarray, distance: int) -> np.ndarray:
        return words_beside(tokens, texts, places, distance, outside=len(words))

    ends = np.flatnonzero(is_any["ending"][tokens])
    ends = ends[is_any["stop"][at(ends, -1)] & (at(ends, -2) < len(words))]
    before = ends - 2
    inside[ends] = inside[before] = True
    mail = before[is_any["mail"][tokens[before]]]
    mail = mail[at(mail, -1) < len(words)]
    inside[mail - 1] = True  # who it is: me yahoo . com, me 77 yahoo . com
    numbered = mail[is_digits[tokens[mail - 1]]]
    inside[numbered[at(numbered, -2) < len(words)] - 2] = True
    behind = ends
    for _ in range(_LONGEST):
        before = before[is_any["stop"][at(before, -1)] & (at(before, -2) < len(words))] - 2
        behind = behind[is_any["slash"][at(behind, 1)] & (at(behind, 2) < len(words))] + 2
        inside[before] = inside[behind] = True
    begins = np.flatnonzero(is_any["www"][tokens])
    inside[begins] = True
    for distance in (1, 2):
        there = begins[at(begins, distance) < len(words)] + distance
        inside[there] = True
    n_places = np.bincount(tokens, minlength=len(words))
    n_inside = np.bincount(tokens[inside], minlength=len(words))
    some = np.flatnonzero((n_inside > 0) & (n_inside >= MOSTLY * n_places))
    of_few = np.zeros(len(words), bool)
    rows = np.isin(tokens, some)
    beyond = texts.max(initial=0) + 1
    pairs = np.unique(tokens[rows].astype(np.int64) * beyond + texts[rows])
    n_texts = np.bincount(pairs // beyond, minlength=len(words))
    of_few[some] = n_texts[some] < COMMON
    of_few[some] &= np.array([has_letter(words[word]) for word in some.tolist()], bool)
    return of_few


def without_addresses(words: Sequence[str], of_few: np.ndarray) -> tuple[str, ...]:
    """Names words, save for parts of addresses: those are only numbered, as "(address 1)".

    Args:
        words: V, in the order in which they ship.
        of_few: bool[V], of `address_words`.
    """
    numbers = np.cumsum(of_few)
    return tuple(
        f"(address {number})" if hidden else word
        for word, hidden, number in zip(words, of_few.tolist(), numbers.tolist(), strict=True)
    )
