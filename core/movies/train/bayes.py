"""Bayesian matrix factorization of ratings: what to expect of a rating, and how surely.

The sampler is in `gibbs` beside this, with its papers. Here: what the model is told besides the
ratings (side information of the items; who rated what, as spectral features of the table of
training ratings), the chain, and the averages that it leaves behind (`posterior`). Few settings
matter: ridges, variances and noise are drawn with everything else.
"""

import dataclasses
import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import scipy.sparse
import scipy.sparse.linalg

from core import loop
from core.errors import InputError
from core.loop import Fitted, Plan
from core.movies.data import MovieData, mean_squared_error, side_information
from core.movies.train import gibbs
from core.movies.train.gibbs import Data, State, make_blocks
from core.movies.train.posterior import Posterior, check_ids, compress

# The averages are kept for every user and item: two tables of 4 bytes a cell.
MAX_CELLS = 50_000_000


@dataclasses.dataclass(frozen=True, slots=True)
class Config:
    """Settings of the Bayesian factorization."""

    n_factors: int = 16  # factors beside the bias; at least 0
    n_implicit: int = 30  # spectral features of who rated what, on each side; 0 for none
    user_dof: float = 5.0  # ratings' worth of belief in equally noisy users; large: all are equal
    item_dof: float = 20.0  # the same for items
    n_burn_in: int = 50  # sweeps before averaging begins
    n_sweeps: int = 300  # sweeps in all
    mean_rank: int = 128  # columns kept of the averaged prediction
    spread_rank: int = 16  # columns kept of the log predictive variance

    def __post_init__(self) -> None:
        for name in ("n_factors", "n_implicit", "n_burn_in"):
            if getattr(self, name) < 0:
                raise InputError(f"{name} is {getattr(self, name)}, but must be at least 0")
        for name in ("user_dof", "item_dof"):
            if not 0.0 < getattr(self, name) <= 1e6:
                raise InputError(f"{name} is {getattr(self, name)}, but must lie in (0, 1e6]")
        for name in ("mean_rank", "spread_rank"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}, but must be at least 1")
        if self.n_sweeps <= self.n_burn_in:
            raise InputError(
                f"n_sweeps is {self.n_sweeps}, but must exceed n_burn_in ({self.n_burn_in})"
            )


class Averages(NamedTuple):
    """Sums over the sweeps after burn-in; a pytree to be saved beside the `State`."""

    # int32[] sweeps summed
    count: jax.Array  # pyright: ignore[reportIncompatibleMethodOverride]  # a field, not tuple.count
    mean: jax.Array  # f32[U, I] expected rating, centred
    square: jax.Array  # f32[U, I] expected square of a new rating, centred


def implicit_features(
    users: np.ndarray, items: np.ndarray, n_users: int, n_items: int, n_features: int
) -> tuple[np.ndarray, np.ndarray]:
    """Describes users and items by who rated what, whatever the stars.

    The leading singular vectors of the 0/1 table, each row and column divided by the root of its
    count, scaled by their singular values; then the standardised log count, clipped at
    two standard deviations, and its square.

    Args:
        users: int32[R] user of each training rating.
        items: int32[R] item of each training rating.
        n_users: number of users U.
        n_items: number of items I.
        n_features: singular vectors wanted; at most min(U, I) - 1 are given.

    Returns:
        f32[U, D] and f32[I, D]; no columns at all for `n_features` 0.
    """
    n_features = min(n_features, min(n_users, n_items) - 1)
    if n_features <= 0:
        return np.zeros((n_users, 0), np.float32), np.zeros((n_items, 0), np.float32)
    seen = scipy.sparse.csr_matrix(
        (np.ones(len(users), np.float32), (users, items)), shape=(n_users, n_items)
    )
    counts = [np.asarray(seen.sum(axis=axis), np.float32).ravel() for axis in (1, 0)]
    left, right = (scipy.sparse.diags(1.0 / np.sqrt(count + 1.0)) for count in counts)
    start = np.ones(min(n_users, n_items), np.float32)  # a fixed start: the same features each time
    user, value, item = scipy.sparse.linalg.svds(left @ seen @ right, k=n_features, v0=start)
    assert item is not None  # svds gives both sides
    tables = []
    for vectors, count in ((user, counts[0]), (item.T, counts[1])):
        log = np.log1p(count)
        # Clipped: a row without ratings may lie far below all others, and the square would make a
        # wild extrapolation of that.
        log = np.clip((log - log.mean()) / max(float(log.std()), 1e-6), -2.0, 2.0)
        spectral = vectors * value * np.sqrt(len(count))
        tables.append(np.column_stack([spectral, log, log**2 - 1.0]).astype(np.float32))
    return tables[0], tables[1]


def make_data(
    config: Config,
    users: np.ndarray,
    items: np.ndarray,
    ratings: np.ndarray,
    *,
    n_users: int,
    n_items: int,
    side: np.ndarray | None = None,
) -> Data:
    """Prepares ratings for the sampler.

    Args:
        config: settings.
        users: int32[R] user of each rating.
        items: int32[R] item of each rating.
        ratings: f32[R] stars.
        n_users: number of users U; those without ratings get the prior's prediction.
        n_items: number of items I.
        side: f32[I, D] what is known of the items (about unit scale), or None.

    Raises:
        InputError: the arrays do not belong together, or U x I is above `MAX_CELLS`.
    """
    users, items = np.asarray(users), np.asarray(items)
    ratings = np.asarray(ratings, np.float32)
    check_ids("users", users, n_users)
    check_ids("items", items, n_items)
    if not len(users) == len(items) == len(ratings) > 0:
        raise InputError(
            f"{len(users)} users, {len(items)} items and {len(ratings)} ratings were given: "
            "give the same number of each, at least 1"
        )
    if not np.isfinite(ratings).all():
        raise InputError("ratings hold values that are not finite: remove them")
    if n_users * n_items > MAX_CELLS:
        raise InputError(
            f"{n_users} users x {n_items} items exceed {MAX_CELLS} cells: use a factor model "
            "without posterior averages for a table of this size"
        )
    side = np.zeros((n_items, 0)) if side is None else np.asarray(side)
    if side.ndim != 2 or len(side) != n_items or not np.isfinite(side).all():
        raise InputError(f"side has shape {side.shape}: give finite values, one row per item")
    of_users, of_items = implicit_features(users, items, n_users, n_items, config.n_implicit)
    spectral = of_users.shape[1]
    user_side, user_group = _stack([np.ones((n_users, 1)), of_users], [1, spectral])
    item_side, item_group = _stack(
        [np.ones((n_items, 1)), side, of_items], [1, side.shape[1], spectral]
    )
    return Data(
        users=jnp.asarray(users, jnp.int32),
        items=jnp.asarray(items, jnp.int32),
        ratings=jnp.asarray(ratings - ratings.mean(dtype=np.float64), jnp.float32),
        user_blocks=make_blocks(users, items, n_users),
        item_blocks=make_blocks(items, users, n_items),
        user_side=user_side,
        item_side=item_side,
        user_group=user_group,
        item_group=item_group,
        user_dof=jnp.float32(config.user_dof),
        item_dof=jnp.float32(config.item_dof),
        user_count=jnp.asarray(np.bincount(users, minlength=n_users), jnp.float32),
        item_count=jnp.asarray(np.bincount(items, minlength=n_items), jnp.float32),
    )


def init_state(config: Config, data: Data, *, seed: int) -> State:
    """Starts a chain from small random factors."""
    next_key, key_user, key_item = jax.random.split(jax.random.PRNGKey(seed), 3)
    n_users, n_items = len(data.user_side), len(data.item_side)
    item = 0.1 * jax.random.normal(key_item, (n_items, config.n_factors + 1))
    return State(
        key=next_key,
        sweep=jnp.int32(0),
        user=0.1 * jax.random.normal(key_user, (n_users, config.n_factors + 1)),
        item=item,
        item_mean=item,
        user_ridge=jnp.full(data.user_side.shape[1], 10.0, jnp.float32).at[0].set(0.01),
        item_ridge=jnp.full(data.item_side.shape[1], 10.0, jnp.float32).at[0].set(0.01),
        alpha=1.0 / jnp.maximum(jnp.var(data.ratings), 1e-3),
        user_noise=jnp.ones(n_users),
        item_noise=jnp.ones(n_items),
    )


def init_averages(data: Data) -> Averages:
    """Starts the sums at zero."""
    zero = jnp.zeros((len(data.user_side), len(data.item_side)))
    return Averages(jnp.int32(0), zero, zero)


@jax.jit
def add_sweep(averages: Averages, state: State) -> Averages:
    """Adds what one state of the chain expects of every user and item.

    The mean uses the items' conditional mean instead of their draw (Rao-Blackwell): the same
    expectation with less noise.
    """
    user = state.user.at[:, -1].set(1.0)
    shift = state.user[:, -1:]
    mean = user @ state.item_mean.T + shift
    drawn = user @ state.item.T + shift
    noise = 1.0 / (state.alpha * state.user_noise[:, None] * state.item_noise[None])
    return Averages(averages.count + 1, averages.mean + mean, averages.square + drawn**2 + noise)


def summarize(config: Config, data: Data, averages: Averages, ratings: np.ndarray) -> Posterior:
    """Turns the sums into what is kept.

    Args:
        config: gives the ranks to keep.
        data: what was sampled from.
        averages: sums of at least one sweep.
        ratings: f32[R] the training ratings, for their mean and range.
    """
    count = int(averages.count)
    if count < 1:
        raise InputError("averages hold 0 sweeps: run more sweeps than n_burn_in")
    mean = np.asarray(averages.mean) / count
    variance = np.maximum(np.asarray(averages.square) / count - mean**2, 1e-4)
    log_variance = np.log(variance)
    centre = float(log_variance.mean(dtype=np.float64))
    mean_user, mean_item = compress(mean, config.mean_rank)
    spread_user, spread_item = compress(log_variance - centre, config.spread_rank)
    offset = [np.mean(ratings, dtype=np.float64), centre, np.min(ratings), np.max(ratings)]
    return Posterior(mean_user, mean_item, spread_user, spread_item, np.asarray(offset, np.float32))


def fit(
    config: Config,
    data: MovieData,
    train: np.ndarray,
    plan: Plan,
    *,
    seed: int,
    n_devices: int = 1,
    **options: Any,
) -> tuple[Config, float, Fitted]:
    """Samples the chain on one split; takes and returns what `core.movies.train.gradient.fit` does.

    The settings that are returned have the number of sweeps.

    Raises:
        InputError: there are more devices than 1: a chain is sampled on one; or `make_data`
            refuses the ratings.
    """
    if n_devices != 1:
        raise InputError(f"devices ({n_devices}) should be 1: a chain is sampled on one device")
    config = dataclasses.replace(config, n_sweeps=plan.n_epochs)
    ratings = data.ratings[train]
    offset = float(ratings.mean(dtype=np.float64))
    known = make_data(
        config,
        data.users[train],
        data.items[train],
        ratings,
        n_users=data.n_users,
        n_items=data.n_items,
        side=side_information(data.years, data.has_genre),
    )
    held_out = jax.device_put((data.users[~train], data.items[~train]))
    truth = data.ratings[~train]

    @functools.partial(jax.jit, donate_argnums=0)
    def epoch(state: tuple, key: jax.Array, known: Any) -> tuple[tuple, dict]:
        del key  # the chain carries its own
        chain, averages = state
        chain = gibbs.sweep(chain, known)
        averages = jax.lax.cond(
            chain.sweep > config.n_burn_in, add_sweep, lambda same, _: same, averages, chain
        )
        return (chain, averages), {"noise_std": chain.alpha**-0.5}

    @jax.jit
    def averaged(averages: Averages) -> jax.Array:
        return averages.mean[held_out] / averages.count.clip(1)

    def evaluate(state: tuple) -> dict[str, float]:
        return {"val_mse": mean_squared_error(np.asarray(averaged(state[1])) + offset, truth)}

    start = (init_state(config, known, seed=seed), init_averages(known))
    fitted = loop.fit(
        epoch,
        jax.tree.map(jnp.copy, start),  # donated, and two of its leaves may share an array
        known,
        plan,
        seed=seed,
        keep=lambda state: {},  # what is kept is a summary of the averages, made once at the end
        evaluate=evaluate,
        **options,
    )
    posterior = summarize(config, known, fitted.state[1], ratings)
    predicted, _ = posterior.predict(data.users[~train], data.items[~train])
    fitted.history[-1]["val_mse"] = mean_squared_error(predicted, truth)  # of what is kept
    return config, offset, dataclasses.replace(fitted, best=posterior.arrays())


def _stack(tables: list[np.ndarray], widths: list[int]) -> tuple[jax.Array, jax.Array]:
    """Joins feature tables; also returns the one-hot group of each column (no empty groups)."""
    widths = [width for width in widths if width]
    group = np.repeat(np.eye(len(widths)), widths, axis=0)
    return jnp.asarray(np.hstack(tables), jnp.float32), jnp.asarray(group, jnp.float32)
