"""N-grams that do not chain: whoever lays them end over end gets no long passage.

Two n-grams chain where the first ends with the words that the second begins with, all but one of
the shorter's. "One of the best", "of the best films" ... "seen in years": so a passage that is in
nobody's table would come back from its parts.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

Ngram = tuple[int, ...]
Key = tuple[int, Ngram]  # of n-grams: their size, and some of their words


class Chains:
    """A growing set of n-grams of which no chain has too many words.

    Args:
        sizes: words in an n-gram, all at least 2.
        longest: words in the longest chain that there may be, more than any size.
    """

    def __init__(self, sizes: Sequence[int], longest: int) -> None:
        self._sizes, self._longest = tuple(sizes), longest
        self._sides = (_Side(), _Side())  # chains up to each n-gram, and from it on

    def add(self, ngram: Ngram) -> bool:
        """Takes an n-gram in, unless a chain with it would be too long; says whether it did."""
        if ngram[1:] == ngram[:-1]:  # it follows itself
            return False
        up_to, from_on = self._sides
        before = max(up_to.words(key) for key in self._links(ngram, first=True))
        after = max(from_on.words(key) for key in self._links(ngram, first=False))
        if before + len(ngram) + after > self._longest:
            return False
        up_to.put(ngram, before + len(ngram), self._own_keys(ngram, first=False))
        from_on.put(ngram, after + len(ngram), self._own_keys(ngram, first=True))
        changes: list[tuple[_Side, Ngram, int]] = []
        if self._spread(ngram, changes):
            return True
        for side, other, words in reversed(changes):
            side.ngrams[other] = words
        for side, first in ((up_to, False), (from_on, True)):
            side.remove(ngram, self._own_keys(ngram, first=first))
            for changed, other, _ in changes:
                if changed is side:
                    side.measure(self._own_keys(other, first=first))
        return False

    def _spread(self, ngram: Ngram, changes: list) -> bool:
        """Lets the others know of longer chains, and notes what each knew before.

        Returns:
            False if chains grow without end, since they lead back to the n-gram.
        """
        up_to, from_on = self._sides
        for side, other_side, first in ((up_to, from_on, False), (from_on, up_to, True)):
            waiting = [ngram]
            while waiting:
                here = waiting.pop()
                for key in self._links(here, first=first):
                    for other in other_side.by_key.get(key, ()):
                        words = side.ngrams[here] - len(key[1]) + len(other)
                        if words <= side.ngrams[other]:
                            continue
                        if words > self._longest:
                            return False
                        changes.append((side, other, side.ngrams[other]))
                        side.put(other, words, self._own_keys(other, first=first))
                        waiting.append(other)
        return True

    def _links(self, ngram: Ngram, *, first: bool) -> Iterator[Key]:
        """What the n-grams that chain with it have at their ends, by their size."""
        for size in self._sizes:
            shared = min(size, len(ngram)) - 1
            yield size, ngram[:shared] if first else ngram[len(ngram) - shared :]

    def _own_keys(self, ngram: Ngram, *, first: bool) -> list[Key]:
        """What it has at its own begin or end, as far as others ask for it."""
        size = len(ngram)
        lengths = {min(size, other) - 1 for other in self._sizes}
        return [(size, ngram[:n] if first else ngram[size - n :]) for n in lengths]


class _Side:
    """What is known of the chains on one side of each n-gram.

    Attributes:
        ngrams: n-gram -> words of the longest chain that ends, or begins, with it.
        by_key: size and last, or first, words -> the n-grams that have them.
    """

    def __init__(self) -> None:
        self.ngrams: dict[Ngram, int] = {}
        self.by_key: defaultdict[Key, dict[Ngram, None]] = defaultdict(dict)
        self._words: dict[Key, int] = {}

    def words(self, key: Key) -> int:
        """Words of the longest chain to these words, without them."""
        return self._words.get(key, len(key[1])) - len(key[1])

    def put(self, ngram: Ngram, words: int, keys: Iterable[Key]) -> None:
        """Notes the longest chain of an n-gram."""
        self.ngrams[ngram] = words
        for key in keys:
            self.by_key[key][ngram] = None
            self._words[key] = max(self._words.get(key, 0), words)

    def remove(self, ngram: Ngram, keys: Sequence[Key]) -> None:
        """Takes an n-gram out."""
        del self.ngrams[ngram]
        for key in keys:
            del self.by_key[key][ngram]
        self.measure(keys)

    def measure(self, keys: Iterable[Key]) -> None:
        """Looks again for the longest chain of those with some words."""
        for key in keys:
            known = (self.ngrams[ngram] for ngram in self.by_key[key])
            self._words[key] = max(known, default=len(key[1]))


def unchained(ngrams: Iterable[Ngram], *, longest: int) -> list[bool]:
    """Says which n-grams stay, if each is taken in turn unless a chain would be too long.

    Args:
        ngrams: of two words or more, each once, the most valuable first.
        longest: words in the longest chain that there may be.
    """
    ngrams = list(ngrams)
    chains = Chains(sorted({len(ngram) for ngram in ngrams}), longest)
    return [chains.add(ngram) for ngram in ngrams]


def telling(ngrams: Sequence[Ngram], *, longest: int) -> np.ndarray:
    """Says which n-grams tell how a passage goes on, longer than there may be.

    From each n-gram on, a passage is read as long as one n-gram alone says how it goes on: the only
    one that begins with its last words, as many as any n-gram begins with. Then backwards alike.

    Args:
        ngrams: those that are known, each once, of any sizes.
        longest: words in the longest passage that may be read so, more than any size.

    Returns:
        bool[N], true for those that say how a longer one goes on.
    """
    tells = np.zeros(len(ngrams), bool)
    ways = [(step, _by_begin(ngrams, step)) for step in (1, -1)]
    for ngram in ngrams:
        passage, used = list(ngram), []
        for step, by_begin in ways:
            passage = passage[::step]
            while len(passage) <= longest and len(found := _fitting(passage, by_begin)) == 1:
                used += found
                passage.append(ngrams[found[0]][::step][-1])
            passage = passage[::step]
        if len(passage) > longest:
            tells[used] = True
    return tells


def _by_begin(ngrams: Sequence[Ngram], step: int) -> list[dict[Ngram, list[int]]]:
    """The n-grams by all words but the last, longer ones first; backwards for a step of -1."""
    sizes = sorted({len(ngram) for ngram in ngrams if len(ngram) > 1}, reverse=True)
    found: dict[int, defaultdict[Ngram, list[int]]] = {n: defaultdict(list) for n in sizes}
    for number, ngram in enumerate(ngrams):
        if len(ngram) > 1:
            found[len(ngram)][ngram[::step][:-1]].append(number)
    return list(found.values())


def _fitting(passage: Sequence[int], by_begin: Sequence[dict[Ngram, list[int]]]) -> list[int]:
    """The n-grams that say how a passage goes on, of the size that shares most words with it."""
    for begins in by_begin:
        n = len(next(iter(begins)))
        found = begins.get(tuple(passage[-n:])) if len(passage) >= n else None
        if found:
            return found
    return []
