"""Alternating least squares: the dot product with biases, fitted half a model at a time.

With the movies fixed, each user's bias and factors solve a small ridge problem of their own, and
the other way round; two passes over the ratings make one sweep. The penalty of a user or a movie
has a constant part and one that grows with its number of ratings ("weighted-lambda
regularisation"). The ridge problems of one side are solved together by preconditioned conjugate
gradients from the last sweep's solution: a handful of products with the design instead of a
factorisation of one matrix a movie, and the same answer once the sweeps settle.

Dense gradient steps touch whole tables to learn from a handful of ratings. A sweep touches each
rating a few times, and about ten sweeps do what tens of thousands of steps do.

References:
    Zhou, Wilkinson, Schreiber, Pan: Large-scale parallel collaborative filtering for the Netflix
    prize, 2008, https://doi.org/10.1007/978-3-540-68880-8_32
    Takacs, Pilaszy, Tikk: Applications of the conjugate gradient method for implicit feedback
    collaborative filtering, 2011, https://doi.org/10.1145/2043932.2043987
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from core import loop
from core.errors import InputError
from core.loop import Fitted, Plan
from core.movies.data import MovieData, mean_squared_error

# Ratings of one row are cut into segments of this many, so that every array has one static shape.
# Half of all movies have three ratings or fewer: a longer segment would mostly hold padding.
_SEGMENT = 4
# Segments solved together: seven megabytes of gathered factors, at 50 each, stay near the cache.
_SEGMENTS_PER_CHUNK = 1 << 13


@dataclasses.dataclass(frozen=True, slots=True)
class AlsConfig:
    """Settings of the alternating model.

    Attributes:
        n_factors: factors of a user and of a movie, 0 or more; 0 leaves the biases alone.
        l2_factors: ridge penalty on factors for each rating; more than 0.
        l2_bias: ridge penalty on biases for each rating; more than 0.
        prior_factors: ridge penalty on factors whatever the number of ratings; 0 or more. Without
            it a film with three ratings is hardly held back, and most films have no more.
        prior_bias: the same on biases.
        has_bias: with a bias per user and movie; else a pure dot product on centred ratings.
        init_scale: standard deviation of the movies' factors at the start.
        n_cg_steps: conjugate gradient steps a half sweep, at least 1.
    """

    n_factors: int = 50
    l2_factors: float = 0.08
    l2_bias: float = 0.005
    prior_factors: float = 2.25
    prior_bias: float = 1.35
    has_bias: bool = True
    init_scale: float = 0.1
    n_cg_steps: int = 4

    def __post_init__(self) -> None:
        """Checks the bounds."""
        if self.n_factors < 0 or (self.n_factors == 0 and not self.has_bias):
            raise InputError(f"n_factors ({self.n_factors}) should be at least 1 without biases")
        for name in ("l2_factors", "l2_bias", "init_scale"):
            value = getattr(self, name)
            if not value > 0:
                raise InputError(f"{name} ({value}) should be more than 0")
        for name in ("prior_factors", "prior_bias"):
            if not getattr(self, name) >= 0:
                raise InputError(f"{name} ({getattr(self, name)}) should be 0 or more")
        if self.n_cg_steps < 1:
            raise InputError(f"n_cg_steps ({self.n_cg_steps}) should be at least 1")


Values = TypeVar("Values", jax.Array, np.ndarray)


class Segments(NamedTuple, Generic[Values]):
    """The ratings of one side, sorted by row and cut into segments; C chunks hold whole rows each.

    Attributes:
        rows: int32[C, N], the user (or movie) of each row of the chunk; padding points past the
            table.
        owner: int32[C, G], which row of the chunk each segment belongs to, ascending.
        others: int32[C, G, L], whom they rated (or who rated them); padding points past that table.
        ratings: f32[C, G, L], centred ratings; 0 in the padding.
    """

    rows: Values
    owner: Values
    others: Values
    ratings: Values


class AlsState(NamedTuple):
    """The model: one row a user or movie, first its bias, then its factors; the last row is zero.

    Attributes:
        users: f32[U + 1, 1 + F].
        items: f32[I + 1, 1 + F].
    """

    users: jax.Array
    items: jax.Array


def cut_segments(
    rows: np.ndarray, others: np.ndarray, ratings: np.ndarray, n_rows: int, n_others: int
) -> Segments[np.ndarray]:
    """Arranges ratings by who gave (or got) them.

    Args:
        rows: int32[R], user (or movie) of each rating.
        others: int32[R], movie (or user) of each rating.
        ratings: f32[R], centred.
        n_rows: number of users (or movies).
        n_others: number of movies (or users).

    Returns:
        The segments; rows without a rating are in none.
    """
    order = np.argsort(rows, kind="stable")
    counts = np.bincount(rows, minlength=n_rows)
    present = np.flatnonzero(counts)
    n_segments = -(-counts[present] // _SEGMENT)

    # Rows fill chunk after chunk, whole rows only; one with more ratings than a chunk widens all of
    # them.
    capacity = min(int(n_segments.sum()), max(_SEGMENTS_PER_CHUNK, int(n_segments.max())))
    ends = np.cumsum(n_segments)
    chunk_of_row = np.empty(len(present), np.int64)
    first, chunk = 0, 0
    while first < len(present):
        begun = ends[first - 1] if first else 0
        last = int(np.searchsorted(ends, begun + capacity, side="right"))
        chunk_of_row[first:last] = chunk
        first, chunk = last, chunk + 1
    chunk_starts = np.searchsorted(chunk_of_row, np.arange(chunk))
    row_in_chunk = np.arange(len(present)) - chunk_starts[chunk_of_row]
    segments_before = ends - n_segments
    segment_in_chunk = segments_before - segments_before[chunk_starts][chunk_of_row]

    rows_per_chunk = int(row_in_chunk.max()) + 1
    out_rows = np.full((chunk, rows_per_chunk), n_rows, np.int32)
    out_rows[chunk_of_row, row_in_chunk] = present
    # padding segments belong to the last row of their chunk and hold nothing, so they add nothing
    owner = np.full((chunk, capacity), rows_per_chunk - 1, np.int32)
    spread = np.repeat(np.arange(len(present)), n_segments)
    place = np.arange(len(spread)) - np.repeat(segments_before, n_segments)
    owner[chunk_of_row[spread], segment_in_chunk[spread] + place] = row_in_chunk[spread]

    slot = np.empty(n_rows, np.int64)
    slot[present] = (chunk_of_row * capacity + segment_in_chunk) * _SEGMENT
    starts = np.cumsum(counts) - counts
    by_row = rows[order]
    target = slot[by_row] + np.arange(len(rows)) - starts[by_row]
    out_others = np.full(chunk * capacity * _SEGMENT, n_others, np.int32)
    out_ratings = np.zeros(chunk * capacity * _SEGMENT, np.float32)
    out_others[target] = others[order]
    out_ratings[target] = ratings[order]
    shape = (chunk, capacity, _SEGMENT)
    return Segments(out_rows, owner, out_others.reshape(shape), out_ratings.reshape(shape))


def initial_state(config: AlsConfig, n_users: int, n_items: int, *, seed: int) -> AlsState:
    """Starts with small random movie factors; the first half sweep finds the users."""
    shape = (n_items + 1, 1 + config.n_factors)
    items = config.init_scale * jax.random.normal(jax.random.key(seed), shape)
    items = items.at[:, 0].set(0).at[-1].set(0)
    return AlsState(jnp.zeros((n_users + 1, 1 + config.n_factors)), items)


@functools.partial(jax.jit, static_argnums=0, donate_argnums=1)
def sweep(
    config: AlsConfig,
    state: AlsState,
    by_user: Segments[jax.Array],
    by_item: Segments[jax.Array],
) -> AlsState:
    """Solves for all users, then for all movies."""
    users = _solve_side(config, state.users, state.items, by_user)
    return AlsState(users, _solve_side(config, state.items, users, by_item))


def predict(state: AlsState, users: jax.Array, items: jax.Array) -> jax.Array:
    """Returns the centred prediction of each pair: f32[N] for int32[N] and int32[N]."""
    user, item = state.users[users], state.items[items]
    return user[:, 0] + item[:, 0] + (user[:, 1:] * item[:, 1:]).sum(axis=1)


def weights(state: AlsState) -> dict[str, jax.Array]:
    """Names the arrays of a state: user_bias [U], user_factors [U, F], and those of the items."""
    return {
        "user_bias": state.users[:-1, 0],
        "user_factors": state.users[:-1, 1:],
        "item_bias": state.items[:-1, 0],
        "item_factors": state.items[:-1, 1:],
    }


def fit(
    config: AlsConfig,
    data: MovieData,
    train: np.ndarray,
    plan: Plan,
    *,
    seed: int,
    n_devices: int = 1,
    **options: Any,
) -> tuple[AlsConfig, float, Fitted]:
    """Fits the model on one split; takes and returns what `core.movies.train.gradient.fit` does.

    Raises:
        InputError: there are more devices than 1: a sweep is solved on one.
    """
    if n_devices != 1:
        raise InputError(f"devices ({n_devices}) should be 1: this preset is solved on one device")
    users, items, ratings = data.users[train], data.items[train], data.ratings[train]
    offset = float(ratings.mean(dtype=np.float64))
    centred = (ratings - offset).astype(np.float32)
    sides = jax.device_put(
        (
            cut_segments(users, items, centred, data.n_users, data.n_items),
            cut_segments(items, users, centred, data.n_items, data.n_users),
        )
    )
    held_out = jax.device_put((data.users[~train], data.items[~train]))
    truth = data.ratings[~train]
    predict_pairs = jax.jit(predict)

    def evaluate(state: AlsState) -> dict[str, float]:
        predicted = np.asarray(predict_pairs(state, *held_out)) + offset
        return {"val_mse": mean_squared_error(predicted, truth)}

    @jax.jit
    def epoch(state: AlsState, key: jax.Array, sides: Any) -> tuple[AlsState, dict]:
        del key  # nothing in a sweep is random
        return sweep(config, state, *sides), {}

    fitted = loop.fit(
        epoch,
        initial_state(config, data.n_users, data.n_items, seed=seed),
        sides,
        plan,
        seed=seed,
        keep=weights,
        evaluate=evaluate,
        **options,
    )
    return config, offset, fitted


def _solve_side(
    config: AlsConfig, table: jax.Array, others: jax.Array, segments: Segments[jax.Array]
) -> jax.Array:
    ridge = jnp.full(1 + config.n_factors, config.l2_factors, jnp.float32).at[0].set(config.l2_bias)

    prior = (
        jnp.full(1 + config.n_factors, config.prior_factors, jnp.float32)
        .at[0]
        .set(config.prior_bias)
    )

    def solve_chunk(chunk: Segments[jax.Array]) -> jax.Array:
        n_rows = chunk.rows.shape[0]

        def per_row(values: jax.Array) -> jax.Array:
            return jax.ops.segment_sum(values, chunk.owner, n_rows, indices_are_sorted=True)

        known = (chunk.others < others.shape[0] - 1).astype(jnp.float32)  # (G, L)
        gathered = others[chunk.others]  # (G, L, 1 + F)
        target = (chunk.ratings - gathered[..., 0]) * known
        ones = known if config.has_bias else jnp.zeros_like(known)
        design = gathered.at[..., 0].set(ones)
        penalty = per_row(known.sum(axis=1))[:, None].clip(1) * ridge + prior  # (N, 1 + F)

        def apply(vectors: jax.Array) -> jax.Array:
            product = jnp.einsum("glf,gf->gl", design, vectors[chunk.owner])
            return per_row(jnp.einsum("glf,gl->gf", design, product)) + penalty * vectors

        moment = per_row(jnp.einsum("glf,gl->gf", design, target))
        diagonal = per_row((design * design).sum(axis=1)) + penalty
        start = table.at[chunk.rows].get(mode="fill", fill_value=0)
        return _conjugate_gradients(apply, moment, start, diagonal, config.n_cg_steps)

    solved = jax.lax.map(solve_chunk, segments)
    rows = segments.rows.reshape(-1)
    return table.at[rows].set(solved.reshape(len(rows), -1), mode="drop")


def _conjugate_gradients(
    apply: Callable[[jax.Array], jax.Array],
    moment: jax.Array,
    start: jax.Array,
    diagonal: jax.Array,
    n_steps: int,
) -> jax.Array:
    """Solves many small positive definite systems side by side, preconditioned by the diagonal."""

    def ratio(top: jax.Array, bottom: jax.Array) -> jax.Array:
        # a solved (or empty) system has 0 / 0: it stays where it is
        return jnp.where(bottom > 0, top / jnp.where(bottom > 0, bottom, 1), 0)[:, None]

    def step(_: int, carry: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        solution, residual, direction, size = carry
        image = apply(direction)
        length = ratio(size, (direction * image).sum(axis=1))
        solution = solution + length * direction
        residual = residual - length * image
        scaled = residual / diagonal
        new_size = (residual * scaled).sum(axis=1)
        return solution, residual, scaled + ratio(new_size, size) * direction, new_size

    residual = moment - apply(start)
    scaled = residual / diagonal
    carry = (start, residual, scaled, (residual * scaled).sum(axis=1))
    return jax.lax.fori_loop(0, n_steps, step, carry)[0]
