"""How strongly each point is drawn to its neighbours: the P of t-SNE, exact and sparse.

Each point gets a Gaussian whose width makes the entropy of its neighbourhood that of `perplexity`
equally likely neighbours; P is the mean of both directions, over all pairs. As in the tree-based
t-SNE, only the nearest 3 x perplexity neighbours of a point carry weight; beyond them the Gaussian
holds next to nothing. Neighbours are found exactly, tile by tile, so memory grows with N.

References:
    L. van der Maaten and G. Hinton (2008). Visualizing Data using t-SNE. JMLR 9.
    L. van der Maaten (2014). Accelerating t-SNE using Tree-Based Algorithms. JMLR 15.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
from scipy import sparse

from core.errors import InputError
from core.words.tsne.config import NEIGHBOURS_PER_PERPLEXITY, check_perplexity

_TILE_ELEMENTS = 2**22  # of distances held at a time: 16 MB
_BISECTIONS = 60  # halvings of the width's range; float32 has no more to give


@dataclasses.dataclass(frozen=True, slots=True)
class Affinities:
    """P of t-SNE.

    Attributes:
        matrix: f32[N, N] in CSR form, symmetric, without a diagonal, summing to 1.
        perplexity: that every row of the conditional probabilities has.
    """

    matrix: sparse.csr_array
    perplexity: float

    @property
    def n_points(self) -> int:
        """Returns N."""
        return len(self.matrix.indptr) - 1


def affinities(
    points: np.ndarray, *, perplexity: float = 30.0, n_neighbors: int | None = None
) -> Affinities:
    """Computes P.

    Args:
        points: f32[N, D].
        perplexity: effective number of neighbours, from 1 to (N - 1) / 3.
        n_neighbors: that carry weight; None for 3 x perplexity, N - 1 for all pairs.

    Returns:
        The joint probabilities of all pairs.

    Raises:
        InputError: a bound is not kept, or a coordinate is not finite.
    """
    points = np.asarray(points, np.float32)
    if points.ndim != 2 or not np.isfinite(points).all():
        raise InputError("points should be a table of finite numbers, one row a point")
    n_points = len(points)
    check_perplexity(perplexity, n_points)
    k = n_neighbors or int(np.ceil(NEIGHBOURS_PER_PERPLEXITY * perplexity))
    k = min(k, n_points - 1)
    if k < perplexity:
        raise InputError(f"n_neighbors ({k}) should be at least the perplexity ({perplexity:g})")
    rows, distances = nearest_points(points, k)
    weights = np.asarray(neighbourhood(distances, perplexity))
    starts = np.arange(0, n_points * k + 1, k)
    one_way = sparse.csr_array((weights.ravel(), rows.ravel(), starts), (n_points, n_points))
    both = (one_way + one_way.T).tocsr()
    both.sort_indices()
    both.data /= both.data.sum(dtype=np.float64)
    return Affinities(both, float(perplexity))


def nearest_points(
    points: np.ndarray, k: int, *, n_first: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Finds the k nearest other points of every point, exactly.

    Args:
        points: f32[N, D].
        k: neighbours, less than N.
        n_first: only for so many first points; None for all.

    Returns:
        Rows i32[n_first, k], the nearest first, and squared Euclidean distances f32[n_first, k].
    """
    n_points = len(points)
    n_first = n_points if n_first is None else n_first
    n_rows = max(1, min(n_first, _TILE_ELEMENTS // n_points))
    everyone = jnp.asarray(points)
    found = np.empty((n_first, k), np.int32), np.empty((n_first, k), np.float32)
    for start in range(0, n_first, n_rows):
        # the last tile is moved back rather than given a shape of its own
        first = max(0, min(start, n_first - n_rows))
        rows, distances = _nearest_of_tile(first, everyone, n_rows, k)
        found[0][first : first + n_rows], found[1][first : first + n_rows] = rows, distances
    return found


@functools.partial(jax.jit, static_argnums=(2, 3))
def _nearest_of_tile(
    first: jax.Array, points: jax.Array, n_rows: int, k: int
) -> tuple[jax.Array, jax.Array]:
    own = jax.lax.dynamic_slice_in_dim(points, first, n_rows)  # (n_rows, D)
    highest = jax.lax.Precision.HIGHEST
    closeness = 2 * jnp.matmul(own, points.T, precision=highest) - (points**2).sum(1)[None, :]
    here = jnp.arange(n_rows)
    closeness = closeness.at[here, first + here].set(-jnp.inf)
    _, rows = jax.lax.top_k(closeness, k)
    # Differences anew: the expansion above cancels where two points nearly coincide.
    gaps = own[:, None, :] - points[rows]
    distances = (gaps * gaps).sum(-1)
    order = jnp.argsort(distances, axis=1)
    return jnp.take_along_axis(rows, order, 1), jnp.take_along_axis(distances, order, 1)


@jax.jit
def neighbourhood(distances: jax.Array, perplexity: jax.Array | float) -> jax.Array:
    """Gives each neighbour its probability, all rows with the same perplexity.

    Args:
        distances: f32[N, k] squared distances.
        perplexity: exp of the entropy of every row, at most k.

    Returns:
        f32[N, k]; rows sum to 1. Where more neighbours than `perplexity` lie at the same smallest
        distance, they share evenly.
    """
    gaps = distances - distances.min(axis=1, keepdims=True)  # does not change the probabilities
    scale = gaps.mean(axis=1, keepdims=True)
    gaps = gaps / jnp.where(scale > 0, scale, 1)  # so that one range of widths serves all
    target = jnp.log(jnp.asarray(perplexity, jnp.float32))

    def entropy(log_beta: jax.Array) -> jax.Array:
        logits = -jnp.exp(log_beta) * gaps
        return -(jax.nn.softmax(logits) * jax.nn.log_softmax(logits)).sum(1, keepdims=True)

    def halve(_: int, bounds: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        low, high = bounds
        middle = (low + high) / 2
        is_wide = entropy(middle) > target  # entropy falls as beta grows
        return jnp.where(is_wide, middle, low), jnp.where(is_wide, high, middle)

    ends = jnp.full_like(scale, -15.0), jnp.full_like(scale, 15.0)
    low, high = jax.lax.fori_loop(0, _BISECTIONS, halve, ends)
    return jax.nn.softmax(-jnp.exp((low + high) / 2) * gaps)
