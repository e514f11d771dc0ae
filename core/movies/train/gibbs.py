"""One Gibbs sweep of Bayesian matrix factorization with biases and side information.

Model, for user u and item i (F factors; the last column of either table is the bias):

    rating = mean + user_bias[u] + item_bias[i] + user_factors[u] . item_factors[i] + noise
    noise ~ N(0, 1 / (alpha * user_noise[u] * item_noise[i]))
    (factors, bias)[u] ~ N(side[u] @ B, Lambda^-1), the same for items; B has a ridge per group of
    columns of `side`; Lambda ~ Wishart; ridges and noises ~ Gamma.

References:
    Salakhutdinov & Mnih 2008, Bayesian probabilistic matrix factorization using Markov chain Monte
        Carlo, https://doi.org/10.1145/1390156.1390267
    Simm et al. 2017, Macau: scalable Bayesian factorization with high-dimensional side information
        using MCMC, https://arxiv.org/abs/1509.04610
    Rendle, Zhang & Koren 2019, On the difficulty of evaluating baselines,
        https://arxiv.org/abs/1905.01395 (implicit feedback in a Bayesian factorization)
    Lakshminarayanan, Bouchard & Archambeau 2011, Robust Bayesian matrix factorisation (noise per
        user and item), https://proceedings.mlr.press/v15/lakshminarayanan11a.html
    Bhattacharya, Chakraborty & Mallick 2016, Fast sampling with Gaussian scale mixture priors in
        high-dimensional regression, https://arxiv.org/abs/1506.04778 (rows with few ratings)
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

# Rows are grouped by these counts and padded to the longest of their group: each group costs
# compile time, padding costs run time.
CAPACITIES = (4, 12, 32, 96, 384, 1536)


class Block(NamedTuple):
    """Rows of one table with a similar number of ratings, padded to the same length C."""

    rows: jax.Array  # int32[N]
    others: jax.Array  # int32[N, C] the row of the other table for each rating
    ratings: jax.Array  # int32[N, C] position of each rating
    mask: jax.Array  # f32[N, C] 1 where there is a rating


class Data(NamedTuple):
    """Everything a sweep reads."""

    users: jax.Array  # int32[R]
    items: jax.Array  # int32[R]
    ratings: jax.Array  # f32[R] minus their mean
    user_blocks: tuple[Block, ...]
    item_blocks: tuple[Block, ...]
    user_side: jax.Array  # f32[U, D] first column 1
    item_side: jax.Array  # f32[I, E] first column 1
    user_group: jax.Array  # f32[D, G] one-hot: which ridge governs each column; group 0 is fixed
    item_group: jax.Array  # f32[E, H]
    user_dof: jax.Array  # f32[] prior ratings' worth of belief that all users are equally noisy
    item_dof: jax.Array  # f32[] the same for items
    user_count: jax.Array  # f32[U] ratings of each user
    item_count: jax.Array  # f32[I]


class State(NamedTuple):
    """Where the chain stands: a pytree that can be saved and resumed exactly."""

    key: jax.Array  # raw uint32 key of the next sweep
    sweep: jax.Array  # int32[] sweeps done
    user: jax.Array  # f32[U, F + 1] factors, then bias
    item: jax.Array  # f32[I, F + 1]
    item_mean: jax.Array  # f32[I, F + 1] mean that `item` was drawn around
    user_ridge: jax.Array  # f32[D]
    item_ridge: jax.Array  # f32[E]
    alpha: jax.Array  # f32[] precision of the noise
    user_noise: jax.Array  # f32[U] relative precision
    item_noise: jax.Array  # f32[I]


def make_blocks(rows: np.ndarray, others: np.ndarray, n_rows: int) -> tuple[Block, ...]:
    """Sorts ratings by row and groups the rows by their count.

    Args:
        rows: int32[R] row of each rating in the table to be sampled.
        others: int32[R] row in the other table.
        n_rows: size of the table; rows without ratings join the first block.
    """
    count = np.bincount(rows, minlength=n_rows)
    order = np.argsort(rows, kind="stable")
    start = np.cumsum(count) - count
    blocks, below = [], -1
    for capacity in sorted({*CAPACITIES, max(int(count.max()), CAPACITIES[-1])}):
        chosen = np.flatnonzero((count > below) & (count <= capacity))
        below = capacity
        if not chosen.size:
            continue
        length = max(int(count[chosen].max()), 1)
        mask = np.arange(length) < count[chosen, None]
        place = np.minimum(start[chosen, None] + np.arange(length), len(rows) - 1)
        ratings = np.where(mask, order[place], 0)
        blocks.append(
            Block(
                jnp.asarray(chosen, jnp.int32),
                jnp.asarray(others[ratings], jnp.int32),
                jnp.asarray(ratings, jnp.int32),
                jnp.asarray(mask, jnp.float32),
            )
        )
    return tuple(blocks)


def solve_and_draw(precision: jax.Array, right: jax.Array, noise: jax.Array) -> jax.Array:
    """Solves a batch of small positive definite systems for several right-hand sides.

    The Cholesky factor L is made by elimination with the batch as the last axis: on a CPU that is
    vectorised over the batch, while the library call is a loop over tiny matrices.

    Args:
        precision: f32[N, K, K] = L L^T.
        right: f32[N, K, M].
        noise: f32[N, K, M] standard normal, or zero for the mean.

    Returns:
        f32[N, K, M]: precision^-1 right + L^-T noise, i.e. draws from N(mean, precision^-1).
    """
    size = precision.shape[-1]
    work = jnp.concatenate([precision, right], axis=2).transpose(1, 2, 0)  # (K, K + M, N)
    index = jnp.arange(size)

    def eliminate(j: jax.Array, work: jax.Array) -> jax.Array:
        row = jax.lax.dynamic_index_in_dim(work, j, 0, keepdims=False)
        pivot = jax.lax.dynamic_index_in_dim(row, j, 0, keepdims=False)
        row = row * jax.lax.rsqrt(pivot)[None]
        column = jnp.where((index > j)[:, None], row[:size], 0.0)
        work = work - column[:, None] * row[None]
        return jax.lax.dynamic_update_index_in_dim(work, row, j, 0)

    work = jax.lax.fori_loop(0, size, eliminate, work)
    target = work[:, size:] + noise.transpose(1, 2, 0)  # (K, M, N)

    def substitute(step: jax.Array, solution: jax.Array) -> jax.Array:
        j = size - 1 - step
        row = jax.lax.dynamic_index_in_dim(work, j, 0, keepdims=False)[:size]
        pivot = jax.lax.dynamic_index_in_dim(row, j, 0, keepdims=False)
        later = jnp.where((index > j)[:, None], row, 0.0)
        known = jnp.sum(later[:, None] * solution, axis=0)
        value = jax.lax.dynamic_index_in_dim(target, j, 0, keepdims=False) - known
        return jax.lax.dynamic_update_index_in_dim(solution, value / pivot[None], j, 0)

    solution = jax.lax.fori_loop(0, size, substitute, jnp.zeros_like(target))
    return solution.transpose(2, 0, 1)


def draw_table(
    blocks: tuple[Block, ...],
    prior_mean: jax.Array,
    precision: jax.Array,
    design: jax.Array,
    target: jax.Array,
    weight: jax.Array,
    noise: jax.Array,
    rating_noise: jax.Array,
) -> tuple[jax.Array, jax.Array]:
    """Draws all rows of one table given the other: a Bayesian linear regression per row.

    Args:
        blocks: the ratings of each row.
        prior_mean: f32[N, K].
        precision: f32[K, K] prior precision, shared.
        design: f32[N', K] rows of the other table, as regressors.
        target: f32[R] what the row has to explain of each rating.
        weight: f32[R] precision of each rating.
        noise: f32[N, K] standard normal.
        rating_noise: f32[R] standard normal.

    Returns:
        f32[N, K] the draw and f32[N, K] the conditional mean.
    """
    size = precision.shape[0]
    lower = jnp.linalg.cholesky(precision)
    inverse = jax.scipy.linalg.solve_triangular(lower, jnp.eye(size), lower=True)
    covariance = inverse.T @ inverse
    drawn, mean = prior_mean, prior_mean
    for block in blocks:
        around, unit = prior_mean[block.rows], noise[block.rows]
        x = design[block.others] * block.mask[..., None]  # (N, C, K)
        y = target[block.ratings] * block.mask
        w = jnp.where(block.mask > 0, weight[block.ratings], 1.0)
        if x.shape[1] < size:
            # Fewer ratings than factors: draw from the prior, then move it by what the ratings ask
            # for (Bhattacharya 2016), a system of the size of the ratings.
            prior = around + unit @ inverse
            spread = x @ covariance
            system = jnp.einsum("nck,ndk->ncd", spread, x)
            system = system + jax.vmap(jnp.diag)(1.0 / w)
            blur = rating_noise[block.ratings] * block.mask / jnp.sqrt(w)
            miss = y - jnp.einsum("nck,nk->nc", x, prior) - blur
            miss_mean = y - jnp.einsum("nck,nk->nc", x, around)
            right = jnp.stack([miss, miss_mean], axis=-1)
            gain = solve_and_draw(system, right, jnp.zeros_like(right))
            step = jnp.einsum("nck,ncm->nkm", spread, gain)
            rows, rows_mean = prior + step[..., 0], around + step[..., 1]
        else:
            weighted = x * w[..., None]
            system = precision[None] + jnp.einsum("nck,ncl->nkl", weighted, x)
            right = around @ precision + jnp.einsum("nck,nc->nk", weighted, y)
            both = solve_and_draw(
                system,
                jnp.stack([right, right], axis=-1),
                jnp.stack([unit, jnp.zeros_like(unit)], axis=-1),
            )
            rows, rows_mean = both[..., 0], both[..., 1]
        drawn = drawn.at[block.rows].set(rows)
        mean = mean.at[block.rows].set(rows_mean)
    return drawn, mean


def draw_prior(
    table: jax.Array, side: jax.Array, ridge: jax.Array, normal: jax.Array, chi: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Draws the prior of a table: regression weights on `side` and the precision about them.

    Args:
        table: f32[N, K].
        side: f32[N, D].
        ridge: f32[D].
        normal: f32[D + K, K] standard normal.
        chi: f32[K] Gamma draws of shape (K + N - k) / 2, the Wishart's diagonal.

    Returns:
        f32[D, K] weights and f32[K, K] precision, from their joint conditional.
    """
    size, width = table.shape[1], side.shape[1]
    gram = jnp.linalg.cholesky(side.T @ side + jnp.diag(ridge))
    best = jax.scipy.linalg.cho_solve((gram, True), side.T @ table)
    rest = table - side @ best
    scale = jnp.eye(size) + rest.T @ rest + (best * ridge[:, None]).T @ best
    bartlett = jnp.tril(normal[width:], -1) + jnp.diag(jnp.sqrt(2.0 * chi))
    root = jax.scipy.linalg.solve_triangular(
        jnp.linalg.cholesky(scale), bartlett, lower=True, trans=1
    )
    precision = root @ root.T
    lower = jnp.linalg.cholesky(precision)
    blur = jax.scipy.linalg.solve_triangular(gram, normal[:width], lower=True, trans=1)
    inverse = jax.scipy.linalg.solve_triangular(lower, jnp.eye(size), lower=True)
    return best + blur @ inverse, precision


def draw_ridge(weights: jax.Array, precision: jax.Array, group: jax.Array, gamma: jax.Array):
    """Draws one ridge per group of side columns; f32[D]. The intercept's stays at 0.01."""
    energy = jnp.sum((weights @ precision) * weights, axis=1) @ group
    ridge = (gamma / (0.5 + 0.5 * energy)).at[0].set(0.01)
    return group @ ridge


def predict_at(user: jax.Array, item: jax.Array, users: jax.Array, items: jax.Array) -> jax.Array:
    """Predicts f32[N] centred ratings from tables whose last column is the bias."""
    u, i = user[users], item[items]
    return jnp.sum(u[:, :-1] * i[:, :-1], axis=1) + u[:, -1] + i[:, -1]


def as_design(table: jax.Array) -> jax.Array:
    """Replaces the bias by 1: the other side's bias is a regressor that is always 1."""
    return table.at[:, -1].set(1.0)


@jax.jit
def sweep(state: State, data: Data) -> State:
    """Draws everything once, each part given all others."""
    size = state.user.shape[1]
    (n_users, width_u), (n_items, width_i) = data.user_side.shape, data.item_side.shape
    n_ratings = data.ratings.shape[0]
    groups_u, groups_i = data.user_group.shape[1], data.item_group.shape[1]
    next_key, key_normal, key_gamma = jax.random.split(state.key, 3)
    # One call for all normals and one for all gammas: each call costs seconds of compile time.
    shapes = [
        (n_users, size), (n_items, size), (n_ratings,), (n_ratings,),
        (width_u + size, size), (width_i + size, size),
    ]  # fmt: skip
    normals = _cut(jax.random.normal(key_normal, (sum(map(np.prod, shapes)),)), shapes)
    shape = jnp.concatenate([
        (size + n_users - jnp.arange(size)) / 2.0,
        (size + n_items - jnp.arange(size)) / 2.0,
        0.5 + 0.5 * size * jnp.sum(data.user_group, axis=0),
        0.5 + 0.5 * size * jnp.sum(data.item_group, axis=0),
        jnp.full((1,), (n_ratings + 1) / 2.0),
        0.5 * (data.user_dof + data.user_count),
        0.5 * (data.item_dof + data.item_count),
    ])  # fmt: skip
    parts = [(size,), (size,), (groups_u,), (groups_i,), (1,), (n_users,), (n_items,)]
    gammas = _cut(jax.random.gamma(key_gamma, shape), parts)

    weights_u, precision_u = draw_prior(
        state.user, data.user_side, state.user_ridge, normals[4], gammas[0]
    )
    weights_i, precision_i = draw_prior(
        state.item, data.item_side, state.item_ridge, normals[5], gammas[1]
    )
    noise = state.user_noise[data.users] * state.item_noise[data.items]
    weight = state.alpha * noise
    user, _ = draw_table(
        data.user_blocks, data.user_side @ weights_u, precision_u, as_design(state.item),
        data.ratings - state.item[data.items, -1], weight, normals[0], normals[2],
    )  # fmt: skip
    item, item_mean = draw_table(
        data.item_blocks, data.item_side @ weights_i, precision_i, as_design(user),
        data.ratings - user[data.users, -1], weight, normals[1], normals[3],
    )  # fmt: skip
    square = (data.ratings - predict_at(user, item, data.users, data.items)) ** 2
    alpha = gammas[4][0] / (0.5 + 0.5 * jnp.sum(square * noise))
    energy = alpha * square * state.item_noise[data.items]
    energy = jax.ops.segment_sum(energy, data.users, n_users)
    user_noise = gammas[5] / (0.5 * data.user_dof + 0.5 * energy)
    energy = alpha * square * user_noise[data.users]
    energy = jax.ops.segment_sum(energy, data.items, n_items)
    item_noise = gammas[6] / (0.5 * data.item_dof + 0.5 * energy)
    return State(
        key=next_key,
        sweep=state.sweep + 1,
        user=user,
        item=item,
        item_mean=item_mean,
        user_ridge=draw_ridge(weights_u, precision_u, data.user_group, gammas[2]),
        item_ridge=draw_ridge(weights_i, precision_i, data.item_group, gammas[3]),
        alpha=alpha,
        user_noise=user_noise,
        item_noise=item_noise,
    )


def _cut(flat: jax.Array, shapes: list[tuple[int, ...]]) -> list[jax.Array]:
    """Cuts a vector into consecutive arrays of the given shapes."""
    parts, start = [], 0
    for shape in shapes:
        stop = start + int(np.prod(shape))
        parts.append(flat[start:stop].reshape(shape))
        start = stop
    return parts
