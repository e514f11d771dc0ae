"""t-SNE with exact gradients, in tiles: memory grows with N, time with N squared.

Attraction runs over the neighbours that carry weight in P; repulsion over all pairs, a tile of rows
at a time, none of which is ever kept. Positions start at the first two principal components, scaled
to a standard deviation of 1e-4, and move by gradient descent with momentum and a gain for each
coordinate. The attraction is exaggerated at first, and the exaggeration then decays to 1 instead of
being dropped: measured on words, this ends at a KL lower by 2 to 7 % than the usual drop after 250
iterations (which `exaggerated_iterations=250, decay_iterations=0` gives). The learning rate is
N / exaggeration for the gradient without its constant factor 4, as in openTSNE, and at most N / 4.

References:
    L. van der Maaten and G. Hinton (2008). Visualizing Data using t-SNE. JMLR 9.
    D. Kobak and P. Berens (2019). The art of using t-SNE for single-cell transcriptomics. Nature
        Communications 10. (PCA start)
    A. Belkina et al. (2019). Automated optimized parameters for t-distributed stochastic neighbor
        embedding. Nature Communications 10. (learning rate)
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from core.errors import InputError
from core.words.tsne.affinities import Affinities, affinities
from core.words.tsne.config import TsneConfig, exaggeration_factors

_EARLY_MOMENTUM, _LATE_MOMENTUM = 0.5, 0.8
_LEAST_GAIN = 0.01
_LEAST_RATE_DIVISOR = 4.0  # N itself as a rate, without exaggeration, left some maps unsettled
_LONGEST_STEP = 5.0  # of one point in one iteration; keeps the first big steps from exploding
_START_SCALE = 1e-4
_TILE_ELEMENTS = 2**20  # pairs in a tile on a CPU: smaller ones cost calls, larger ones the cache
_TILE_ROWS_GPU = 8192
_SEGMENT = 64  # neighbours in one row of the table of attraction


@dataclasses.dataclass(frozen=True, slots=True)
class Tsne:
    """A map and how it came about.

    Attributes:
        coordinates: f32[N, 2], centred.
        kl: Kullback-Leibler divergence of the map from P, in nats.
        frames: f32[T, N, 2], the start first, the last one `coordinates`.
        frame_iterations: i64[T].
        frame_kl: f64[T].
        affinities: P.
    """

    coordinates: np.ndarray
    kl: float
    frames: np.ndarray
    frame_iterations: np.ndarray
    frame_kl: np.ndarray
    affinities: Affinities


class _Links(NamedTuple):
    """P as a table of fixed width: each row belongs to one point and holds some neighbours."""

    owner: jax.Array  # i32[M], ascending
    neighbour: jax.Array  # i32[M, SEGMENT]
    weight: jax.Array  # f32[M, SEGMENT]; 0 where there is none


class _Schedule(NamedTuple):
    """Numbers of a run; traced, so that no change of them compiles anything anew."""

    exaggeration: float
    whole_until: int
    decayed_until: int
    learning_rate: float  # 0 for the automatic one

    def at(self, iteration: jax.Array, n_points: int) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Returns exaggeration, learning rate and momentum of an iteration, counted from 0."""
        moment = jnp.asarray(iteration)
        exaggeration = exaggeration_factors(
            moment, self.exaggeration, self.whole_until, self.decayed_until
        )
        automatic = n_points / jnp.maximum(exaggeration, _LEAST_RATE_DIVISOR)
        rate = jnp.where(self.learning_rate > 0, self.learning_rate, automatic)
        momentum = jnp.where(iteration < self.whole_until, _EARLY_MOMENTUM, _LATE_MOMENTUM)
        return exaggeration, rate, momentum


class _Motion(NamedTuple):
    """What gradient descent carries from one iteration to the next; all f32[N, 2]."""

    positions: jax.Array
    velocity: jax.Array
    gains: jax.Array


def tsne(
    points: np.ndarray | Affinities,
    config: TsneConfig | None = None,
    *,
    start: np.ndarray | None = None,
    on_frame: Callable[[int, float, np.ndarray], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Tsne:
    """Draws a map.

    Args:
        points: f32[N, D], or their affinities if these are known already (`start` is needed then).
        config: how; the defaults if None.
        start: f32[N, 2] to start from, as it is, instead of `config.start`.
        on_frame: told iteration, KL and positions f32[N, 2] of each frame as it is made.
        should_stop: asked after each frame; if it says yes, the map is what it is by then.

    Returns:
        The map, its KL and its frames.

    Raises:
        InputError: a bound is not kept, or the map diverged.
    """
    config = config or TsneConfig()
    if isinstance(points, Affinities):
        if start is None:
            raise InputError("start should be given where only affinities are known")
        pairs = points
    else:
        pairs = affinities(points, perplexity=config.perplexity)
        if start is None:
            start = first_positions(points, config)
    n_points = pairs.n_points
    links = _link_table(pairs)
    positions = jnp.asarray(start, jnp.float32)
    if positions.shape != (n_points, 2):
        raise InputError(f"start has shape {positions.shape}, expected ({n_points}, 2)")
    motion = _Motion(positions, jnp.zeros_like(positions), jnp.ones_like(positions))
    entropy = float(-(pairs.matrix.data * np.log(pairs.matrix.data, dtype=np.float64)).sum())

    frames, kls, iterations = [], [], []

    def keep(iteration: int, kl: float, positions: jax.Array) -> None:
        if not np.isfinite(kl):
            raise InputError(f"the map diverged before iteration {iteration}; lower learning_rate")
        frames.append(np.asarray(positions))
        kls.append(kl)
        iterations.append(iteration)
        if on_frame is not None:
            on_frame(iteration, kl, frames[-1])

    cross = float(cross_entropy(motion.positions, links))
    keep(0, cross - entropy, motion.positions)
    schedule = _Schedule(
        config.exaggeration, *config.exaggeration_phases, config.learning_rate or 0.0
    )
    iteration = 0
    while iteration < config.n_iterations and not (should_stop is not None and should_stop()):
        n_steps = min(config.frame_every, config.n_iterations - iteration)
        motion, cross = descend(motion, links, schedule, iteration, n_steps)
        iteration += n_steps
        keep(iteration, float(cross) - entropy, motion.positions)
    return Tsne(frames[-1], kls[-1], np.stack(frames), np.array(iterations), np.array(kls), pairs)


def first_positions(points: np.ndarray, config: TsneConfig) -> np.ndarray:
    """Returns f32[N, 2] to start from: principal components or normal, scaled to 1e-4."""
    if config.start == "random":
        rng = np.random.default_rng(config.seed)
        return (_START_SCALE * rng.standard_normal((len(points), 2))).astype(np.float32)
    return _START_SCALE * scaled_components(points)


def scaled_components(points: np.ndarray) -> np.ndarray:
    """Returns the first two principal components f32[N, 2], the first with a deviation of 1.

    The largest loading of each is positive, so that the sign is the same everywhere.
    """
    centred = np.asarray(points, np.float64)
    centred = centred - centred.mean(0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes[:2]
    signs = np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])
    scores = centred @ (axes * signs[:, None]).T
    if scores.shape[1] < 2:  # points on a line
        scores = np.pad(scores, ((0, 0), (0, 2 - scores.shape[1])))
    return (scores / (scores[:, 0].std() or 1)).astype(np.float32)


@functools.partial(jax.jit, donate_argnums=0)
def descend(
    motion: _Motion,
    links: _Links,
    schedule: _Schedule,
    first: jax.Array | int,
    n_steps: jax.Array | int,
) -> tuple[_Motion, jax.Array]:
    """Runs some iterations of gradient descent, the first of them being number `first`.

    Returns:
        The motion after them and the cross-entropy of P and the map.
    """
    n_points = len(motion.positions)

    def step(number: jax.Array, motion: _Motion) -> _Motion:
        exaggeration, learning_rate, momentum = schedule.at(number, n_points)
        slope = gradient(motion.positions, links, exaggeration) / 4
        is_turning = (motion.velocity > 0) == (slope > 0)  # uphill by now
        gains = jnp.where(is_turning, motion.gains * 0.8, motion.gains + 0.2)
        gains = jnp.maximum(gains, _LEAST_GAIN)
        velocity = momentum * motion.velocity - learning_rate * gains * slope
        length = jnp.sqrt((velocity**2).sum(1, keepdims=True))
        velocity = velocity * jnp.minimum(1, _LONGEST_STEP / jnp.maximum(length, 1e-30))
        positions = motion.positions + velocity
        return _Motion(positions - positions.mean(0), velocity, gains)

    motion = jax.lax.fori_loop(first, first + n_steps, step, motion)
    return motion, cross_entropy(motion.positions, links)


def gradient(
    positions: jax.Array, links: _Links, exaggeration: jax.Array | float = 1.0
) -> jax.Array:
    """Returns the gradient of KL(P || Q) by the positions, f32[N, 2], attraction exaggerated."""
    push, total = repulsion(positions)
    return 4 * (exaggeration * attraction(positions, links) - push / total)


def attraction(positions: jax.Array, links: _Links) -> jax.Array:
    """Returns sum_j p_ij w_ij (y_i - y_j), w_ij = 1 / (1 + |y_i - y_j|^2), as f32[N, 2]."""
    # One gather of a complex number is far faster than one of two floats.
    plane = jax.lax.complex(positions[:, 0], positions[:, 1])
    gaps = plane[links.owner][:, None] - plane[links.neighbour]  # (M, SEGMENT)
    weights = links.weight / (1 + gaps.real**2 + gaps.imag**2)
    pulls = (weights * gaps).sum(1)
    pulls = jax.ops.segment_sum(
        pulls, links.owner, num_segments=len(positions), indices_are_sorted=True
    )
    return jnp.stack([pulls.real, pulls.imag], axis=1)


def repulsion(
    positions: jax.Array, *, by_reduction: bool | None = None
) -> tuple[jax.Array, jax.Array]:
    """Returns sum_j w_ij^2 (y_i - y_j) as f32[N, 2], and Z, the sum of w_ij over all pairs i != j.

    Args:
        positions: f32[N, 2].
        by_reduction: True sums over a tile directly, which a GPU fuses into one kernel without
            storing the tile; False multiplies the tile with ones, which a CPU does faster.
            None chooses by the backend.
    """
    if by_reduction is None:
        by_reduction = jax.default_backend() != "cpu"
    n_points = len(positions)
    most = _TILE_ROWS_GPU if by_reduction else max(8, _TILE_ELEMENTS // n_points)
    n_tiles = -(-n_points // most)
    n_rows = -(-n_points // (8 * n_tiles)) * 8
    tiles = jnp.pad(positions, ((0, n_tiles * n_rows - n_points), (0, 0)))
    tiles = tiles.reshape(n_tiles, n_rows, 2)
    ones = jnp.ones(n_points, positions.dtype)

    def weights_to(tile: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        across = tile[:, 0, None] - positions[None, :, 0]
        up = tile[:, 1, None] - positions[None, :, 1]
        return 1 / (1 + across**2 + up**2), across, up

    def by_product(tile: jax.Array) -> jax.Array:
        weights, across, up = weights_to(tile)
        # the barrier keeps the division from being done once for each product
        weights = jax.lax.optimization_barrier(weights)
        squared = weights * weights
        # Of the gaps themselves: summing w^2 y_i and w^2 y_j apart would be one product less, and
        # loses the many small pushes from afar to rounding, 1 % of all at 10,000 points.
        parts = squared * across, squared * up, weights
        exactly = functools.partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)
        return jnp.stack([exactly(part, ones) for part in parts], axis=1)

    def by_sums(tile: jax.Array) -> jax.Array:
        weights, across, up = weights_to(tile)
        squared = weights * weights
        sums = (squared * across).sum(1), (squared * up).sum(1), weights.sum(1)
        return jnp.stack(sums, axis=1)

    sums = jax.lax.map(by_sums if by_reduction else by_product, tiles)
    sums = sums.reshape(n_tiles * n_rows, 3)[:n_points]
    # a point's weight to itself is 1; taken off row by row, before it can drown the others
    return sums[:, :2], (sums[:, 2] - 1).sum()


@jax.jit
def cross_entropy(positions: jax.Array, links: _Links) -> jax.Array:
    """Returns -sum p_ij log q_ij in nats; KL is this minus the entropy of P."""
    plane = jax.lax.complex(positions[:, 0], positions[:, 1])
    gaps = plane[links.owner][:, None] - plane[links.neighbour]
    closeness = (links.weight * jnp.log1p(gaps.real**2 + gaps.imag**2)).sum()
    return closeness + jnp.log(repulsion(positions)[1])


def _link_table(pairs: Affinities) -> _Links:
    """Cuts the rows of P into segments of one length, so that hubs do not widen the table."""
    starts = pairs.matrix.indptr.astype(np.int64)
    lengths = np.diff(starts)
    n_segments = -(-lengths // _SEGMENT)
    owner = np.repeat(np.arange(len(lengths)), n_segments)
    first = np.cumsum(n_segments) - n_segments
    part = np.arange(len(owner)) - first[owner]
    places = (starts[owner] + part * _SEGMENT)[:, None] + np.arange(_SEGMENT)
    is_real = places < starts[owner + 1][:, None]
    places = np.where(is_real, places, 0)
    neighbour = np.where(is_real, pairs.matrix.indices[places], owner[:, None])
    weight = np.where(is_real, pairs.matrix.data[places], 0)
    table: Any = owner.astype(np.int32), neighbour.astype(np.int32), weight.astype(np.float32)
    return _Links(*map(jnp.asarray, table))
