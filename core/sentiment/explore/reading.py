"""A text as a model reads it: what it sees, what is unk to it, what it never gets to."""

import dataclasses
import enum

import numpy as np

from core.errors import InputError
from core.sentiment.data import Vocabulary, is_punctuation
from core.tokens import tokenize_typed

MAX_CHARACTERS = 1_000_000


class Fate(enum.Enum):
    """What becomes of a token."""

    SEEN = "seen"
    UNK = "unk"  # seen as the one word that stands for all that it does not know, or not at all
    CUT = "cut"  # in front of what the model has room for
    UNREAD = "unread"  # punctuation, which the model's vocabulary leaves out


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """A tokenised text and what a model makes of each token.

    Attributes:
        tokens: all of the text's tokens.
        fates: one for each token.
        ids: i32[n], of the tokens that are seen or unk, in order.
        places: i64[n], where each of those stands among `tokens`.
        padding: ids of padding that go in front of `ids`.
    """

    tokens: list[str]
    fates: list[Fate]
    ids: np.ndarray
    places: np.ndarray
    padding: int

    def count(self, fate: Fate) -> int:
        """Returns how many tokens share a fate."""
        return self.fates.count(fate)

    @property
    def unk_share(self) -> float:
        """Share of the tokens read that the model does not know; 0 where it reads none."""
        return self.count(Fate.UNK) / max(len(self.places), 1)


def read(
    text: str, vocabulary: Vocabulary, *, keeps_punctuation: bool, length: int | None = None
) -> Reading:
    """Takes a text as a model does.

    Args:
        text: anything a person may type.
        vocabulary: the words that the model knows.
        keeps_punctuation: whether punctuation marks are words to it.
        length: tokens that it has room for, of which the last ones count; None for any number.

    Raises:
        InputError: the text is far too long.
    """
    if len(text) > MAX_CHARACTERS:
        raise InputError(
            f"text ({len(text):,} characters) should have at most {MAX_CHARACTERS:,}; cut it, or "
            "score its parts"
        )
    return read_tokens(
        tokenize_typed(text), vocabulary, keeps_punctuation=keeps_punctuation, length=length
    )


def read_tokens(
    tokens: list[str], vocabulary: Vocabulary, *, keeps_punctuation: bool, length: int | None = None
) -> Reading:
    """Takes tokens as a model does; see `read`."""
    fates = [
        Fate.SEEN if keeps_punctuation or not is_punctuation(token) else Fate.UNREAD
        for token in tokens
    ]
    places = np.array([at for at, fate in enumerate(fates) if fate is Fate.SEEN], np.int64)
    if length is not None and len(places) > length:
        for at in places[:-length]:
            fates[at] = Fate.CUT
        places = places[-length:]
    ids = vocabulary.encode(tokens[at] for at in places)
    for at, number in zip(places, ids, strict=True):
        if number == vocabulary.unk:
            fates[at] = Fate.UNK
    padding = 0 if length is None else length - len(ids)
    return Reading(tokens, fates, ids, places, padding)
