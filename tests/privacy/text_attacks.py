"""Attacks on what ships of reviews by what ships alone: laying n-grams end over end, reading on.

None of them uses the code that chooses what ships.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from core.bundle import Bundle
from core.sentiment.data import unpack

Words = tuple[str, ...]

UNLIMITED = 99  # words of a passage that leads back to its begin

_ADDRESS = re.compile(
    r"(?i)\b(?:https?|ftp)\b|\bwww\b|[\w.-]+@[\w-]+\.\w+|\b[\w-]+\s?\.\s?(?:com|org|edu|gov)\b"
)


def ngrams_of(bundle: Bundle) -> dict[str, list[Words]]:
    """The n-grams of a bundle: those that its tables list, and those that a linear model weighs."""
    found: dict[str, list[Words]] = {}
    if "ngrams" in bundle.tables:
        found["table"] = [tuple(ngram.split()) for ngram in bundle.tables["ngrams"]["ngram"]]
    for name, array in bundle.arrays.items():
        if name.rpartition(".")[2] == "keys" and array.dtype == np.int64 and array.ndim == 1:
            if "words" in bundle.tables:
                words = ("", *bundle.tables["words"]["word"])
                rows = unpack(array).tolist()
                found["keys"] = [tuple(words[k] for k in row if k >= 0) for row in rows]
    return found


def longest_chain(ngrams: Iterable[Words]) -> list[str]:
    """Lays n-grams end over end and returns the longest passage that comes of it.

    Each overlaps the one before it by all words but one of the shorter, two at least: pairs, which
    overlap by one word, are laid with pairs alone. A passage that leads back to its begin is cut
    off.
    """
    different = set(ngrams)
    groups = (
        [ngram for ngram in different if len(ngram) == 2],
        [ngram for ngram in different if len(ngram) > 2],
    )
    return max((_longest(group) for group in groups), key=len)


def _longest(ngrams: Sequence[Words]) -> list[str]:
    sizes = {len(ngram) for ngram in ngrams}
    begins: defaultdict[tuple[int, Words], list[Words]] = defaultdict(list)
    for ngram in ngrams:
        for shared in {min(len(ngram), size) - 1 for size in sizes}:
            begins[len(ngram), ngram[:shared]].append(ngram)

    def next_ones(ngram: Words) -> Iterator[tuple[Words, int]]:
        for size in sizes:
            shared = min(len(ngram), size) - 1
            for other in begins.get((size, ngram[len(ngram) - shared :]), ()):
                yield other, shared

    ways_in = dict.fromkeys(ngrams, 0)
    for ngram in ngrams:
        for other, _ in next_ones(ngram):
            ways_in[other] += 1
    passages = {ngram: (len(ngram), None, 0) for ngram in ngrams}  # words, n-gram before, shared
    ready = [ngram for ngram, n in ways_in.items() if not n]
    done = 0
    while ready:
        ngram = ready.pop()
        done += 1
        for other, shared in next_ones(ngram):
            n_words = passages[ngram][0] + len(other) - shared
            if n_words > passages[other][0]:
                passages[other] = n_words, ngram, shared
            ways_in[other] -= 1
            if not ways_in[other]:
                ready.append(other)
    if done < len(passages):  # the rest lead round in circles, or come from there
        return _around({ngram for ngram, n in ways_in.items() if n}, next_ones)
    if not passages:
        return []
    last = max(passages, key=lambda ngram: passages[ngram][0])
    words: list[str] = []
    while last is not None:
        _, before, shared = passages[last]
        words = [*last[shared:], *words]
        last = before
    return words


def _around(
    rest: set[Words], next_ones: Callable[[Words], Iterator[tuple[Words, int]]]
) -> list[str]:
    """Goes along n-grams that lead back to themselves, until the passage is too long."""
    while True:  # only those are left that have another one behind them, and so on without end
        ending = {ngram for ngram in rest if not any(one in rest for one, _ in next_ones(ngram))}
        if not ending:
            break
        rest -= ending
    here = min(rest)
    words = list(here)
    while len(words) < UNLIMITED:
        here, shared = next((one, n) for one, n in next_ones(here) if one in rest)
        words += here[shared:]
    return words


def longest_reading(ngrams: Iterable[Words]) -> list[str]:
    """Reads on from each n-gram where one alone says how it goes on, then back where one says so.

    Whatever knows the last two words is asked first, then whatever knows the last one.
    """
    longer = [ngram for ngram in set(ngrams) if len(ngram) > 1]
    then: defaultdict[Words, set[str]] = defaultdict(set)
    before: defaultdict[Words, set[str]] = defaultdict(set)
    for ngram in longer:
        then[ngram[:-1]].add(ngram[-1])
        before[ngram[1:]].add(ngram[0])
    longest: list[str] = []
    for ngram in longer:
        words = list(ngram)
        while len(words) < UNLIMITED:
            options = then.get(tuple(words[-2:])) or then.get(tuple(words[-1:])) or ()
            if len(options) != 1:
                break
            words += options
        while len(words) < UNLIMITED:
            options = before.get(tuple(words[:2])) or before.get(tuple(words[:1])) or ()
            if len(options) != 1:
                break
            words = [*options, *words]
        longest = max(longest, words, key=len)
    return longest


def shipped_texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Every string of every file that has several words: where it stands, and the string.

    Words of a table's column, and of a list, are read one after the other: a list of words in the
    order of a text is that text.
    """
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        where = str(path.relative_to(folder))
        if path.suffix == ".md":
            yield where, path.read_text(encoding="utf-8")
        elif path.suffix == ".json":
            yield from _strings(json.loads(path.read_text(encoding="utf-8")), where)
        elif path.suffix == ".parquet":
            table = pd.read_parquet(path)
            for column in table.columns:
                cells = [cell for cell in table[column] if isinstance(cell, str)]
                yield from _read(cells, f"{where} {column}")
        elif path.suffix == ".svg":
            yield where, path.read_text(encoding="utf-8")


def _strings(value: object, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield from _read([value], where)
    elif isinstance(value, Mapping):
        yield from _strings(list(value), where)
        yield from _strings(list(value.values()), where)
    elif isinstance(value, list):
        yield from _read([inner for inner in value if isinstance(inner, str)], where)
        for inner in value:
            if not isinstance(inner, str):
                yield from _strings(inner, where)


def _read(strings: Sequence[str], where: str) -> Iterator[tuple[str, str]]:
    """Strings of several words one by one, and single words one after the other."""
    yield from ((where, text) for text in dict.fromkeys(strings) if " " in text)
    yield where, " ".join(text for text in strings if " " not in text)


def addresses(texts: Iterable[str]) -> list[str]:
    """The addresses in some strings."""
    return [found.group() for text in texts for found in _ADDRESS.finditer(text)]
