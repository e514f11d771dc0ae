"""Word n-grams as integers: three ids of 21 bits in one, so that counting them is sorting."""

import numpy as np

from core.errors import InputError
from core.reviews import texts_of

MAX_ORDER = 3
MAX_WORDS = (1 << 21) - 1
_BITS = 21


def pack(ids: np.ndarray, starts: np.ndarray, *, order: int) -> tuple[np.ndarray, np.ndarray]:
    """Makes every n-gram up to an order of every text.

    Args:
        ids: i32[T], one text after the other; an id below 0 is a word without a meaning here, and
            no n-gram holds it.
        starts: i64[R + 1], where each text begins.
        order: longest n-gram, 1 to 3.

    Returns:
        Keys i64[N], and the place of each one's first word in `ids`, i64[N]; all of one word, then
        all of two, then all of three.

    Raises:
        InputError: the order is out of bounds.
    """
    if not 1 <= order <= MAX_ORDER:
        raise InputError(f"order ({order}) should be from 1 to {MAX_ORDER}")
    words = ids.astype(np.int64) + 1  # 0 says that there is no further word
    texts = texts_of(starts)
    keys, places = [], []
    packed, inside = words, words > 0
    for n in range(1, order + 1):
        if n > 1:
            packed = packed[:-1] | (words[n - 1 :] << (_BITS * (n - 1)))
            same_text = texts[: len(texts) - n + 1] == texts[n - 1 :]
            inside = inside[:-1] & (words[n - 1 :] > 0) & same_text
        at = np.flatnonzero(inside)
        keys.append(packed[at])
        places.append(at)
    return np.concatenate(keys), np.concatenate(places)


def unpack(keys: np.ndarray) -> np.ndarray:
    """Returns the ids of n-grams, i32[N, 3], -1 where there is no further word."""
    mask = (1 << _BITS) - 1
    parts = [(keys >> (_BITS * n)) & mask for n in range(MAX_ORDER)]
    return np.stack(parts, axis=1).astype(np.int32) - 1


def pack_columns(ids: np.ndarray) -> np.ndarray:
    """Makes n-grams of the ids of their words, i32[N, 3]; the reverse of `unpack`."""
    shifts = _BITS * np.arange(ids.shape[1], dtype=np.int64)
    return ((ids.astype(np.int64) + 1) << shifts).sum(axis=1)


def lengths(keys: np.ndarray) -> np.ndarray:
    """Returns how many words each n-gram has, i32[N]."""
    return (unpack(keys) >= 0).sum(axis=1).astype(np.int32)
