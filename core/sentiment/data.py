"""Reviews as what the models read: ids of a vocabulary, labels, rows of training and validation.

The lesson's way: 0 pads, 1 to V - 2 are the most frequent words of the training reviews, and V - 1
(unk) stands for every rarer one. A review is padded in front, or cut there: its end is kept, where
the verdict tends to stand. N-grams are three ids of 21 bits in one integer, so that counting them
is sorting.
"""

import dataclasses
import functools
from collections.abc import Iterable

import numpy as np

from core.errors import InputError
from core.reviews import Reviews, select_rows, texts_of

PADDING = 0
VALIDATION_SHARE = 0.1
# Reviews of one film, up to 30, have consecutive numbers, and the test part has other films than
# train. Single reviews drawn at random would be easier to tell than the test part: a model knows
# their films already.
_BLOCK = 50
_VALIDATION_SEED = 0  # one split for all models and seeds: choices are made on the same reviews


@dataclasses.dataclass(frozen=True, slots=True)
class Texts:
    """Tokenised reviews with labels.

    Attributes:
        tokens: i32[T], ids of `words`, one review after the other.
        starts: i64[R + 1], where each begins.
        words: what the ids stand for.
        labels: f32[R], 1 for a review of 7 stars or more, 0 for one of 4 or fewer.
        numbers: i32[R], of each review among those of its label.
    """

    tokens: np.ndarray
    starts: np.ndarray
    words: tuple[str, ...]
    labels: np.ndarray
    numbers: np.ndarray

    @property
    def n_texts(self) -> int:
        """Number of reviews R."""
        return len(self.labels)

    @property
    def rows(self) -> np.ndarray:
        """The review of each token, i32[T]."""
        return texts_of(self.starts)


@dataclasses.dataclass(frozen=True)
class Vocabulary:
    """The words that a model knows.

    Attributes:
        words: the most frequent first; word k has the id k + 1.
    """

    words: tuple[str, ...]

    @property
    def unk(self) -> int:
        """The id of unk, which stands for every other word."""
        return len(self.words) + 1

    @property
    def n_ids(self) -> int:
        """Number of ids V, with padding and unk."""
        return len(self.words) + 2

    @functools.cached_property
    def ids(self) -> dict[str, int]:
        """Word -> id."""
        return {word: number for number, word in enumerate(self.words, start=1)}

    def encode(self, tokens: Iterable[str]) -> np.ndarray:
        """Returns the ids of some tokens, i32[N]."""
        known, unk = self.ids, self.unk
        return np.array([known.get(token, unk) for token in tokens], np.int32)


def is_punctuation(token: str) -> bool:
    """Whether a token holds neither letter nor digit: a full stop, a bracket ..."""
    return not any(sign.isalnum() for sign in token)


def labelled(reviews: Reviews, side: str) -> Texts:
    """Takes the labelled reviews of one side.

    Args:
        reviews: all of them.
        side: "train" or "test".
    """
    rows = reviews.rows(f"{side}_pos", f"{side}_neg")
    labels = (reviews.stars[rows] > 5).astype(np.float32)
    return Texts(*reviews.select(rows), reviews.words, labels, reviews.numbers[rows])


def unlabelled(reviews: Reviews) -> Texts:
    """Takes the unlabelled reviews, each once, without any that stands in the test part too.

    The training reviews are not among them. What learns from their words beforehand knows them
    better than any other text, and a net that then reads the two alike was no better for it on
    validation (log loss 0.2214 against 0.2211).
    """
    test = reviews.rows("test_pos", "test_neg")
    stay = reviews.first_of_each(np.concatenate([test, reviews.rows("train_unsup")]))
    rows = stay[~np.isin(stay, test)]
    labels = np.full(len(rows), np.nan, np.float32)
    return Texts(*reviews.select(rows), reviews.words, labels, reviews.numbers[rows])


def without_punctuation(texts: Texts) -> Texts:
    """Leaves out the tokens that are no words: the lesson's vocabulary has none."""
    word = ~np.array([is_punctuation(token) for token in texts.words], bool)
    stays = word[texts.tokens]
    before = np.concatenate([[0], np.cumsum(stays)])
    return dataclasses.replace(texts, tokens=texts.tokens[stays], starts=before[texts.starts])


def count_vocabulary(texts: Texts, n_ids: int) -> Vocabulary:
    """Takes the most frequent words, ties in alphabetical order.

    Args:
        texts: the training reviews.
        n_ids: V, with padding and unk, at least 3.

    Raises:
        InputError: `n_ids` is too small, or there is no word.
    """
    if n_ids < 3:
        raise InputError(f"n_ids ({n_ids}) should be at least 3: padding, unk, and a word")
    if not len(texts.tokens):
        raise InputError(f"texts ({texts.n_texts:,}) should hold a word")
    counts = np.bincount(texts.tokens, minlength=len(texts.words))
    names = np.array(texts.words, dtype=object)
    candidates = np.flatnonzero(counts >= np.sort(counts)[-min(n_ids, len(counts))])
    candidates = candidates[counts[candidates] > 0]
    order = np.lexsort((names[candidates].astype(str), -counts[candidates]))[: n_ids - 2]
    return Vocabulary(tuple(names[candidates[order]]))


def pad(ids: np.ndarray, length: int) -> np.ndarray:
    """Brings one text to `length` ids: zeros in front, or its last ones."""
    padded = np.full(length, PADDING, np.int32)
    if len(ids):
        padded[-min(length, len(ids)) :] = ids[-length:]
    return padded


def pad_all(texts: Texts, vocabulary: Vocabulary, length: int) -> np.ndarray:
    """Encodes and pads every text: i32[R, length]."""
    return pad_ids(vocabulary.encode(texts.words)[texts.tokens], texts.starts, length)


def pad_ids(ids: np.ndarray, starts: np.ndarray, length: int) -> np.ndarray:
    """Pads texts that follow each other: i32[T], i64[R + 1] -> i32[R, length]."""
    lengths = np.minimum(np.diff(starts), length)
    from_end = np.arange(length, 0, -1)  # column j holds the token so far from the end
    inside = from_end[None, :] <= lengths[:, None]
    at = starts[1:, None] - from_end[None, :]
    padded = np.zeros((len(lengths), length), np.int32)
    padded[inside] = ids[at[inside]]
    return padded


def validation_rows(texts: Texts) -> np.ndarray:
    """Draws the reviews that choices are made on, whole films as far as numbers tell.

    Args:
        texts: the training reviews.

    Returns:
        bool[R], about a tenth of them: runs of 50 consecutive numbers among those of a label.
    """
    blocks = 2 * (texts.numbers // _BLOCK) + (texts.labels > 0)
    is_drawn = np.random.default_rng(_VALIDATION_SEED).random(blocks.max() + 1) < VALIDATION_SHARE
    return is_drawn[blocks]


def take(texts: Texts, rows: np.ndarray) -> Texts:
    """Takes some texts: bool[R] or i64[N]."""
    rows = np.flatnonzero(rows) if rows.dtype == bool else rows
    tokens, starts = select_rows(texts.tokens, texts.starts, rows)
    return Texts(tokens, starts, texts.words, texts.labels[rows], texts.numbers[rows])


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
