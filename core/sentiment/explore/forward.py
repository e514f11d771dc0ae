"""The nets of `core.sentiment.model.lesson` in NumPy, for pages: logits, and their gradient.

They are twins of the Flax modules for the sake of memory: with the seven nets open, a process of
the app holds 421 MB after scoring and explaining by these, and 751 MB by the modules under jit (389
and 635 MB where freed memory goes back to the system; 152 MB are imports), where all pages of a
visitor together may have 600. JAX scores a review of 230 words in 0.8 to 9 ms of a core's time
(here 1 to 34) and explains it sooner (15 to 170 ms, here 40 to 1,000, an LSTM up to 3 s), but only
once it has compiled, for 2 to 12 s, each net for each length of review (measured on two busy
cores). `tests/core/sentiment/explore/test_forward.py` keeps both equal, in
logits and in gradients by `jax.vjp`.

Each net has `embed(ids)` and `logits(x, is_word)`, where x f32[B, L, E] are embedded words and
is_word bool[B, L] says where there are any; those that are no sums of n-grams have
`gradient(x, is_word)`, that of the logits with respect to x.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

Arrays = Mapping[str, np.ndarray]


def filters_of(arrays: Arrays) -> list[tuple[np.ndarray, np.ndarray]]:
    """Returns kernel f32[K, E, F] and bias f32[F] of each size, in order."""
    n_sizes = sum(name.startswith("convolutions.") and name.endswith("kernel") for name in arrays)
    return [
        (
            np.asarray(arrays[f"convolutions.{size}.kernel"], np.float32),
            np.asarray(arrays[f"convolutions.{size}.bias"], np.float32),
        )
        for size in range(n_sizes)
    ]


def pad_sides(x: np.ndarray, size: int) -> np.ndarray:
    """Adds the zeros that a window of `size` words reaches beyond: f32[B, L + K - 1, E]."""
    before = (size - 1) // 2
    return np.pad(x, ((0, 0), (before, size - 1 - before), (0, 0)))


def windows(x: np.ndarray, size: int) -> np.ndarray:
    """Lays the vectors of the `size` words around each place side by side: f32[B, L, K * E]."""
    padded = pad_sides(x, size)
    return np.concatenate([padded[:, d : d + x.shape[1]] for d in range(size)], axis=2)


def spread(to_value: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Leads a gradient f32[B, L, F] of a convolution's values back to its input, f32[B, L, E]."""
    size, n_dims, n_filters = kernel.shape
    length, before = to_value.shape[1], (size - 1) // 2
    to_windows = to_value @ kernel.reshape(-1, n_filters).T
    padded = np.zeros((len(to_value), length + size - 1, n_dims), np.float32)
    for d in range(size):
        padded[:, d : d + length] += to_windows[:, :, d * n_dims : (d + 1) * n_dims]
    return padded[:, before : before + length]


class Net(Protocol):
    """What is asked of every net."""

    length: int
    table: np.ndarray

    def embed(self, ids: np.ndarray) -> np.ndarray:
        """Looks ids up: i32[B, L] -> f32[B, L, E]."""
        ...

    def logits(self, x: np.ndarray, is_word: np.ndarray) -> np.ndarray:
        """Scores embedded reviews: f32[B]."""
        ...


class DifferentiableNet(Net, Protocol):
    """What explaining a net that is no sum of n-grams asks of it besides."""

    def gradient(self, x: np.ndarray, is_word: np.ndarray) -> np.ndarray:
        """Differentiates the logits by x: f32[B, L, E]."""
        ...


class Embedded:
    """The part that all nets share: a table of word vectors.

    Args:
        arrays: weights by dotted name.
        length: L.
    """

    def __init__(self, arrays: Arrays, length: int) -> None:
        self.length = length
        self.table = np.array(arrays["embedding.table"], np.float32)

    def embed(self, ids: np.ndarray) -> np.ndarray:
        """Looks ids up: i32[B, L] -> f32[B, L, E]."""
        return self.table[ids]


class _Filtered(Embedded):
    """The part that nets with filters share.

    Attributes:
        sizes: words that the filters of each group see.
    """

    def __init__(self, arrays: Arrays, length: int) -> None:
        super().__init__(arrays, length)
        self.filters = filters_of(arrays)
        self.sizes = tuple(len(kernel) for kernel, _ in self.filters)

    def activations(self, x: np.ndarray) -> list[np.ndarray]:
        """Returns what each filter says at each place, f32[B, L, F] for each size."""
        return [self._activate(group, windows(x, size)) for group, size in enumerate(self.sizes)]

    def activate(self, group: int, x: np.ndarray) -> np.ndarray:
        """Shows n-grams to the filters of a group: f32[N, K, E] -> f32[N, F]."""
        return self._activate(group, x.reshape(len(x), -1))

    def _activate(self, group: int, x: np.ndarray) -> np.ndarray:
        """The same of words side by side: f32[..., K * E] -> f32[..., F]."""
        kernel, bias = self.filters[group]
        return np.maximum(x @ kernel.reshape(-1, kernel.shape[2]) + bias, 0)


class _MaxOverTime:
    """The part that nets share of whose filters only the greatest value counts.

    Their output `out` f32[N] and `offset` are linear in those values.
    """

    sizes: tuple[int, ...]
    out: np.ndarray
    offset: np.float32

    def activations(self, x: np.ndarray) -> list[np.ndarray]:
        """Returns what each filter says at each place, f32[B, L, F] for each size."""
        raise NotImplementedError

    def max_over_time(self, x: np.ndarray, is_word: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns each filter's greatest value f32[B, N], and the place where it has it."""
        values, places = [], []
        for value in self.activations(x):
            value = np.where(is_word[:, :, None], value, 0)
            at = value.argmax(axis=1)
            places.append(at)
            values.append(np.take_along_axis(value, at[:, None], axis=1)[:, 0])
        return np.concatenate(values, axis=1), np.concatenate(places, axis=1)

    def logits(self, x: np.ndarray, is_word: np.ndarray) -> np.ndarray:
        """Scores embedded reviews: f32[B]."""
        is_full = is_word.all()
        greatest = []
        for value in self.activations(x):
            if not is_full:
                value[~is_word] = 0
            greatest.append(value.max(axis=1))  # many times as fast as to find its place, too
        return np.concatenate(greatest, axis=1) @ self.out + self.offset

    @property
    def words_seen(self) -> np.ndarray:
        """Returns how many words each filter sees, i64[N]."""
        return np.repeat(self.sizes, len(self.out) // len(self.sizes))


class _Head:
    """A hidden layer of relu units and one output.

    Args:
        arrays: weights by dotted name.
    """

    def __init__(self, arrays: Arrays) -> None:
        self.kernel = np.asarray(arrays["hidden.kernel"], np.float32)
        self.bias = np.asarray(arrays["hidden.bias"], np.float32)
        self.out = np.asarray(arrays["out.kernel"], np.float32)[:, 0]
        self.offset = np.float32(arrays["out.bias"][0])

    def __call__(self, flat: np.ndarray) -> np.ndarray:
        """Scores f32[B, N] -> f32[B]."""
        return self.of_hidden(flat @ self.kernel + self.bias)

    def of_hidden(self, sums: np.ndarray) -> np.ndarray:
        """Scores what the hidden units sum up to, f32[B, H] -> f32[B]."""
        return np.maximum(sums, 0) @ self.out + self.offset

    def gradient(self, flat: np.ndarray) -> np.ndarray:
        """Differentiates the scores by f32[B, N]."""
        is_active = flat @ self.kernel + self.bias > 0
        return (is_active * self.out) @ self.kernel.T


class MlpForward(Embedded):
    """`Mlp`: the words' vectors side by side, and a hidden layer."""

    def __init__(self, arrays: Arrays, length: int) -> None:
        super().__init__(arrays, length)
        self._head = _Head(arrays)

    def logits(self, x: np.ndarray, is_word: np.ndarray) -> np.ndarray:
        """Scores embedded reviews: f32[B]."""
        return self._head(x.reshape(len(x), x.shape[1] * x.shape[2]))

    def gradient(self, x: np.ndarray, is_word: np.ndarray) -> np.ndarray:
        """Differentiates the logits by x: f32[B, L, E]."""
        return self._head.gradient(x.reshape(len(x), -1)).reshape(x.shape)


class CnnForward(_Filtered):
    """`Cnn`: filters of some sizes, pooled by two, and a hidden layer.

    Half of what it reads is padding, which says the same in every review: what the hidden layer
    gets from the first pairs of places, where those are empty, is worked out once.
    """

    def __init__(self, arrays: Arrays, length: int) -> None:
        super().__init__(arrays, length)
        self._head = _Head(arrays)
        self._kernels = np.split(self._head.kernel, len(self.sizes))
        empty = self.embed(np.zeros((1, length), np.int32))
        self._of_empty = []  # for each size, by the number of pairs: f32[L / 2 + 1, H]
        for group, kernel in enumerate(self._kernels):
            pairs = self._pooled(empty, group, 0).reshape(length // 2, -1)
            each = np.einsum("pf,pfh->ph", pairs, kernel.reshape(*pairs.shape, -1))
            self._of_empty.append(np.concatenate([np.zeros_like(each[:1]), each.cumsum(axis=0)]))

    def logits(self, x: np.ndarray, is_word: np.ndarray) -> np.ndarray:
        """Scores embedded reviews: f32[B]; before the first word of all, x must be padding."""
        first = int(is_word.any(axis=0).argmax())
        hidden = self._head.bias
        for group, kernel in enumerate(self._kernels):
            n_empty = max(first - self.sizes[group] // 2, 0) // 2
            pairs = self._pooled(x, group, n_empty)
            rest = kernel[len(kernel) - pairs.shape[1] :]
            hidden = hidden + self._of_empty[group][n_empty] + pairs @ rest
        return self._head.of_hidden(hidden)

    def _pooled(self, x: np.ndarray, group: int, begin: int) -> np.ndarray:
        """The larger of each pair of places, from pair `begin` on: f32[B, (L / 2 - begin) * F]."""
        kernel, bias = self.filters[group]
        size, n_dims, n_filters = kernel.shape
        flat = pad_sides(x, size)[:, 2 * begin :].reshape(len(x), -1)
        slid = np.lib.stride_tricks.sliding_window_view(flat, size * n_dims, axis=1)
        best, other = (
            slid[:, at * n_dims :: 2 * n_dims].reshape(-1, size * n_dims)
            @ kernel.reshape(-1, n_filters)
            for at in (0, 1)
        )
        np.maximum(best, other, out=best)
        best += bias  # once the larger of two is taken, half of the work is left
        return np.maximum(best, 0, out=best).reshape(len(x), -1)

    def gradient(self, x: np.ndarray, is_word: np.ndarray) -> np.ndarray:
        """Differentiates the logits by x: f32[B, L, E]."""
        values = self.activations(x)
        to_flat = np.split(self._head.gradient(self._flat(values)), len(values), axis=1)
        total = np.zeros_like(x)
        for (kernel, _), value, gradient in zip(self.filters, values, to_flat, strict=True):
            batch, length, n_filters = value.shape
            pairs = value.reshape(batch, length // 2, 2, n_filters)
            is_first = pairs[:, :, :1] >= pairs[:, :, 1:]
            is_taken = np.concatenate([is_first, ~is_first], axis=2) & (pairs > 0)
            to_value = is_taken * gradient.reshape(batch, length // 2, 1, n_filters)
            total += spread(to_value.reshape(value.shape), kernel)
        return total

    def _flat(self, values: list[np.ndarray]) -> np.ndarray:
        pooled = [
            np.maximum(value[:, 0::2], value[:, 1::2]).reshape(len(value), -1) for value in values
        ]
        return np.concatenate(pooled, axis=1)


class MaxCnnForward(_Filtered, _MaxOverTime):
    """`MaxCnn`: filters of some sizes, the greatest value of each, and one linear output."""

    def __init__(self, arrays: Arrays, length: int) -> None:
        super().__init__(arrays, length)
        self.table[0] = 0  # beyond its ends a review is empty
        self.out = np.asarray(arrays["out.kernel"], np.float32)[:, 0]
        self.offset = np.float32(arrays["out.bias"][0])


class RegionForward(_MaxOverTime):
    """`Region`: sums of words in windows, the greatest of each filter, one linear output.

    Embedded words are what a word adds for each filter, then what it adds to the views.
    """

    def __init__(self, arrays: Arrays, length: int, n_words: int) -> None:
        self.length, self.sizes = length, (n_words,)
        numbers = {name: np.asarray(array, np.float32) for name, array in arrays.items()}
        self.table = np.concatenate([numbers["words"], numbers["views.table"]], axis=1)
        self.table[0] = 0  # beyond its ends a review is empty
        self._views_bias, self._mix = numbers["views.bias"], numbers["mix"]
        self._bias = numbers["bias"]
        self.out = numbers["out.kernel"][:, 0]
        self.offset = numbers["out.bias"][0]

    def embed(self, ids: np.ndarray) -> np.ndarray:
        """Looks ids up: i32[B, L] -> f32[B, L, F + D]."""
        return self.table[ids]

    def activations(self, x: np.ndarray) -> list[np.ndarray]:
        """Returns what each filter says at each place, f32[B, L, F], for the one size."""
        (size,), length = self.sizes, x.shape[1]
        padded = pad_sides(x, size)
        sums = padded[:, :length].copy()
        for d in range(1, size):
            sums += padded[:, d : d + length]
        return [self._of_sums(sums)]

    def activate(self, group: int, x: np.ndarray) -> np.ndarray:
        """Shows n-grams to the filters: f32[N, K, F + D] -> f32[N, F]."""
        return self._of_sums(x.sum(axis=1))

    def _of_sums(self, sums: np.ndarray) -> np.ndarray:
        n_filters = len(self.out)
        views = np.maximum(sums[..., n_filters:] + self._views_bias, 0)
        return np.maximum(sums[..., :n_filters] + views @ self._mix + self._bias, 0)


class LstmForward(Embedded):
    """`Lstm`: one word after the other, padding passed over."""

    def __init__(self, arrays: Arrays, length: int) -> None:
        super().__init__(arrays, length)
        self._inputs = np.asarray(arrays["inputs.kernel"], np.float32)
        self._bias = np.asarray(arrays["inputs.bias"], np.float32)
        self._recurrent = np.ascontiguousarray(arrays["recurrent"], np.float32)
        self._out = np.asarray(arrays["out.kernel"], np.float32)[:, 0]
        self._offset = np.float32(arrays["out.bias"][0])
        halves = np.full((4, len(self._out)), 0.5, np.float32)  # of the gates i, f, g, o
        halves[2] = 1
        self._scale = halves.ravel()

    def logits(self, x: np.ndarray, is_word: np.ndarray) -> np.ndarray:
        """Scores embedded reviews: f32[B]."""
        return self._run(x, is_word)[0] @ self._out + self._offset

    def gradient(self, x: np.ndarray, is_word: np.ndarray) -> np.ndarray:
        """Differentiates the logits by x: f32[B, L, E]."""
        _, steps = self._run(x, is_word, keep=True)
        to_hidden = np.broadcast_to(self._out, (len(x), len(self._out))).copy()
        to_cell = np.zeros_like(to_hidden)
        result = np.zeros_like(x)
        for at, gates, before, tanh_cell in reversed(steps):
            here = is_word[:, at, None]
            i, f, g, o = np.split(gates, 4, axis=1)
            cell = to_cell + to_hidden * o * (1 - tanh_cell**2)
            to_gates = np.concatenate(
                [
                    cell * g * i * (1 - i),
                    cell * before * f * (1 - f),
                    cell * i * (1 - g**2),
                    to_hidden * tanh_cell * o * (1 - o),
                ],
                axis=1,
            )
            result[:, at] = np.where(here, to_gates @ self._inputs.T, 0)
            to_hidden = np.where(here, to_gates @ self._recurrent.T, to_hidden)
            to_cell = np.where(here, cell * f, to_cell)
        return result

    def _run(
        self, x: np.ndarray, is_word: np.ndarray, *, keep: bool = False
    ) -> tuple[np.ndarray, list[tuple]]:
        """Returns the last hidden state f32[B, H], and what each step needs on the way back.

        A sigmoid is half a tanh of half its input, and a half, so one tanh serves all four gates:
        a step is a dozen short calls, and their number is what one review costs.
        """
        n_units, scale, rest = len(self._out), self._scale, 1 - self._scale
        hidden = np.zeros((len(x), n_units), np.float32)
        cell = np.zeros_like(hidden)
        places = np.flatnonzero(is_word.any(axis=0))
        inputs = x[:, places] @ (self._inputs * scale) + self._bias * scale  # (B, steps, 4H)
        recurrent = self._recurrent * scale
        is_whole = np.all(is_word[:, places], axis=0)
        steps = []
        for number, at in enumerate(places):
            gates = hidden @ recurrent
            gates += inputs[:, number]
            np.tanh(gates, out=gates)
            gates *= scale
            gates += rest
            i, f, g, o = (gates[:, k * n_units : (k + 1) * n_units] for k in range(4))
            new_cell = f * cell
            new_cell += i * g
            tanh_cell = np.tanh(new_cell)
            if keep:
                steps.append((at, gates, cell, tanh_cell))
            if is_whole[number]:
                hidden, cell = o * tanh_cell, new_cell
            else:
                here = is_word[:, at, None]
                hidden = np.where(here, o * tanh_cell, hidden)
                cell = np.where(here, new_cell, cell)
        return hidden, steps


AnyNet = DifferentiableNet | MaxCnnForward | RegionForward
_NETS: dict[str, Callable[[Arrays, int], DifferentiableNet | MaxCnnForward]] = {
    "Mlp": MlpForward,
    "Cnn": CnnForward,
    "Lstm": LstmForward,
    "MaxCnn": MaxCnnForward,
}


def net_of(arrays: Arrays, config: Mapping[str, Any]) -> AnyNet:
    """Makes the net of a configuration.

    Args:
        arrays: weights by dotted name.
        config: "model" (one of `core.sentiment.weights.SHAPES`), "length", and its sizes.
    """
    if config["model"] == "Region":
        return RegionForward(arrays, config["length"], config["n_words"])
    return _NETS[config["model"]](arrays, config["length"])
