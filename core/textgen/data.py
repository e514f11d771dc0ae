"""A text as numbers: its characters, and which part of it a model never learns from."""

import dataclasses
import functools
import unicodedata
from collections.abc import Iterable

import numpy as np

from core.datasets.store import LocalData
from core.errors import DataError
from core.typed_text import plain_char, tidy

HELD_OUT = 0.1  # share of a text, its end, that models are measured on
VALIDATION = 0.05  # share of a text, right before that, that choices are made on


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """How a text is read by a model that does not know all of its characters.

    Attributes:
        text: what the model reads.
        ids: i32[N], its characters.
        replaced: character -> what is read instead of it, in order of appearance.
    """

    text: str
    ids: np.ndarray
    replaced: dict[str, str]


@dataclasses.dataclass(frozen=True)
class Alphabet:
    """The characters that a model knows; the id of each is its place.

    Attributes:
        chars: all different, each of one code point.
    """

    chars: tuple[str, ...]

    @functools.cached_property
    def ids(self) -> dict[str, int]:
        """Character -> id."""
        return {char: number for number, char in enumerate(self.chars)}

    def __len__(self) -> int:
        """Returns how many there are."""
        return len(self.chars)

    def encode(self, text: str) -> np.ndarray:
        """Returns the ids of a text of known characters, i32[N]; KeyError for others."""
        return np.fromiter((self.ids[char] for char in text), np.int32, len(text))

    def decode(self, ids: Iterable[int]) -> str:
        """Returns the text of some ids."""
        return "".join(self.chars[number] for number in ids)

    def read(self, text: str) -> Reading:
        """Reads any text.

        It is tidied first (`core.typed_text`). An unknown character is then read as the same in
        lower case, without its accent, or as a keyboard writes it, whichever is known first; else
        as a space, or, where a model knows no space, not at all. A mark without a letter that it
        could be composed with is not read.
        """
        replaced: dict[str, str] = {}
        text = tidy(text, keep=self.ids)
        for char in dict.fromkeys(text):
            if char not in self.ids:
                replaced[char] = self._instead(char)
        read = "".join(replaced.get(char, char) for char in text)
        return Reading(read, self.encode(read), replaced)

    def _instead(self, char: str) -> str:
        plain = "".join(
            part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part)
        )
        typed = plain_char(char)
        if unicodedata.combining(char):
            return ""
        for other in (char.lower(), typed, typed.lower(), plain, plain.lower(), " "):
            if other and all(part in self.ids for part in other):
                return other
        return ""


@dataclasses.dataclass(frozen=True, slots=True)
class Corpus:
    """A text that models learn from and are measured on.

    Attributes:
        text: all of it, as models see it.
        alphabet: its characters, sorted.
        ids: i32[N], the text.
        n_train: characters from its beginning to learn from.
        n_known: those and the ones to choose by; what follows is held out.
    """

    text: str
    alphabet: Alphabet
    ids: np.ndarray
    n_train: int
    n_known: int

    @property
    def train(self) -> np.ndarray:
        """What to learn from, i32[n_train]."""
        return self.ids[: self.n_train]

    @property
    def validation(self) -> np.ndarray:
        """What to make choices on, i32[n_known - n_train]."""
        return self.ids[self.n_train : self.n_known]

    @property
    def held_out(self) -> np.ndarray:
        """What to measure on, i32[N - n_known]."""
        return self.ids[self.n_known :]


def make_corpus(text: str) -> Corpus:
    """Splits a text in its order: to learn from, to choose by, to measure on."""
    alphabet = Alphabet(tuple(sorted(set(text))))
    n_known = round(len(text) * (1 - HELD_OUT))
    n_train = round(len(text) * (1 - HELD_OUT - VALIDATION))
    return Corpus(text, alphabet, alphabet.encode(text), n_train, n_known)


def read_corpus(local: LocalData, *, lower: bool) -> Corpus:
    """Reads a text file.

    Args:
        local: the file.
        lower: read capitals as small letters, as the lesson does.

    Raises:
        DataError: it is no UTF-8 text, or empty.
    """
    try:
        text = local.path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{local.path.name} should be UTF-8 text: {error.reason}") from error
    text = text.replace("\r\n", "\n")
    if not text.strip():
        raise DataError(f"{local.path.name} should hold text; it is empty")
    return make_corpus(text.lower() if lower else text)
