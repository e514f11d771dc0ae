"""What counting alone achieves: characters given those right before, interpolated Kneser-Ney.

The longest context is used where it was seen; what is discounted from its counts goes to the next
shorter one, which counts in how many different contexts a character came, not how often.

Reference:
    S. Chen and J. Goodman (1999). An empirical study of smoothing techniques for language modeling.
        https://doi.org/10.1006/csla.1999.0128
"""

import dataclasses

import numpy as np

from core.errors import InputError

_BITS = 63


@dataclasses.dataclass(frozen=True, slots=True)
class Counts:
    """What was counted for one length of context, L characters.

    Attributes:
        keys: i64[N], contexts with the character behind them as one number, ascending.
        counts: i32[N], how often each was seen, or behind how many characters.
        contexts: i64[C], the contexts alone, ascending.
        totals: i64[C], sum of their counts.
        kinds: i32[C], how many different characters came.
        discount: taken from each count.
    """

    keys: np.ndarray
    counts: np.ndarray
    contexts: np.ndarray
    totals: np.ndarray
    kinds: np.ndarray
    discount: float


@dataclasses.dataclass(frozen=True, slots=True)
class NgramModel:
    """A model of characters given up to so many before.

    Attributes:
        n_chars: V.
        levels: for contexts of 0, 1, 2 ... characters.
    """

    n_chars: int
    levels: tuple[Counts, ...]

    @property
    def n_context(self) -> int:
        """Characters of the longest context."""
        return len(self.levels) - 1

    def probabilities(self, ids: np.ndarray) -> np.ndarray:
        """Returns the probability of each character given those before it: i32[N] -> f64[N]."""
        found = np.full(len(ids), 1 / self.n_chars)
        for length, level in enumerate(self.levels[: len(ids)]):
            contexts, keys = _contexts_and_keys(ids, length, self.n_chars)
            found[length:] = _mixed(level, contexts, keys, found[length:])
        return found

    def distributions(self, ids: np.ndarray) -> np.ndarray:
        """Returns what is expected before each character, and behind the last.

        Args:
            ids: i32[N].

        Returns:
            f64[N + 1, V], probabilities.
        """
        found = np.full((len(ids) + 1, self.n_chars), 1 / self.n_chars)
        for length, level in enumerate(self.levels[: len(ids) + 1]):
            contexts = np.repeat(_packed(ids, length, self.n_chars), self.n_chars)
            keys = contexts * self.n_chars + np.tile(np.arange(self.n_chars), len(ids) + 1 - length)
            mixed = _mixed(level, contexts, keys, found[length:].reshape(-1))
            found[length:] = mixed.reshape(-1, self.n_chars)
        return found

    def only_behind(self, ids: np.ndarray) -> "NgramModel":
        """Returns a smaller model, which says the same of what follows some characters: i32[N]."""
        ending, size = int(_packed(ids, len(ids), self.n_chars)[0]), self.n_chars ** len(ids)
        levels = list(self.levels[: len(ids)])
        for level in self.levels[len(ids) :]:
            keys = level.keys // self.n_chars % size == ending
            contexts = level.contexts % size == ending
            if not contexts.any():
                break
            levels.append(
                Counts(
                    level.keys[keys],
                    level.counts[keys],
                    level.contexts[contexts],
                    level.totals[contexts],
                    level.kinds[contexts],
                    level.discount,
                )
            )
        return NgramModel(self.n_chars, tuple(levels))


def fit_ngrams(ids: np.ndarray, *, n_context: int, n_chars: int) -> NgramModel:
    """Counts a text.

    Args:
        ids: i32[N].
        n_context: characters of the longest context.
        n_chars: V.

    Raises:
        InputError: a context of that length does not fit into a number, or into the text.
    """
    most = min(int(_BITS / np.log2(max(n_chars, 2))) - 1, len(ids) - 1)
    if not 0 <= n_context <= most:
        raise InputError(f"context ({n_context}) should be from 0 to {most} for this text")
    levels = []
    _, keys = _contexts_and_keys(ids, n_context, n_chars)
    kinds, counts = np.unique(keys, return_counts=True)
    for length in range(n_context, -1, -1):
        levels.append(_counted(kinds, counts, n_chars))
        # The next shorter ones: without the first character, in how many of these they stand.
        if length:
            kinds, counts = np.unique(kinds % n_chars**length, return_counts=True)
    return NgramModel(n_chars, tuple(reversed(levels)))


def _counted(keys: np.ndarray, counts: np.ndarray, n_chars: int) -> Counts:
    contexts, first, kinds = np.unique(keys // n_chars, return_index=True, return_counts=True)
    totals = np.add.reduceat(counts, first)
    once, twice = (int((counts == number).sum()) for number in (1, 2))
    discount = once / (once + 2 * twice) if once else 0.0
    return Counts(
        keys,
        counts.astype(np.int32),
        contexts,
        totals.astype(np.int64),
        kinds.astype(np.int32),
        discount,
    )


def _mixed(
    level: Counts, contexts: np.ndarray, keys: np.ndarray, shorter: np.ndarray
) -> np.ndarray:
    """Mixes what was counted with what the shorter contexts say, f64[N]."""
    at, is_known = _find(level.contexts, contexts)
    where, is_seen = _find(level.keys, keys)
    counts = np.where(is_seen, level.counts[where], 0)
    totals = level.totals[at]
    own = np.maximum(counts - level.discount, 0) / totals
    given_away = level.discount * level.kinds[at] / totals
    return np.where(is_known, own + given_away * shorter, shorter)


def _find(sorted_keys: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    at = np.minimum(np.searchsorted(sorted_keys, wanted), len(sorted_keys) - 1)
    return at, sorted_keys[at] == wanted


def _contexts_and_keys(ids: np.ndarray, length: int, n_chars: int) -> tuple[np.ndarray, np.ndarray]:
    """Packs, for each place from `length` on, what stands before it, and that with its own."""
    keys = _packed(ids, length + 1, n_chars)
    return keys // n_chars, keys


def _packed(ids: np.ndarray, length: int, n_chars: int) -> np.ndarray:
    """Packs so many characters, from each place on, into one number: i64[N + 1 - length]."""
    if not length:
        return np.zeros(len(ids) + 1, np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(ids.astype(np.int64), length)
    return windows @ n_chars ** np.arange(length - 1, -1, -1, dtype=np.int64)
