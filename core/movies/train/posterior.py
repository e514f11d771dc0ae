"""What a Bayesian factorization leaves behind: every prediction with its uncertainty, in a few MB.

Averaging predictions over posterior samples is what makes the Bayesian model good, but hundreds of
samples of all factors are large. The averaged prediction is a matrix of users by items, and that
matrix is close to one of low rank: its truncated singular value decomposition keeps the average of
all samples in less space than a dozen samples take. The logarithm of the predictive variance is
kept in the same way.
"""

import dataclasses

import numpy as np

from core.errors import InputError


@dataclasses.dataclass(frozen=True, slots=True)
class Posterior:
    """Predictive mean and standard deviation of every rating.

    Attributes:
        mean_user: f16[U, Q] user side of the averaged prediction, without `offset`.
        mean_item: f16[I, Q] its item side.
        spread_user: f16[U, S] user side of the log predictive variance.
        spread_item: f16[I, S] its item side.
        offset: f32[4]: mean rating, mean log variance, lowest and highest rating seen in training.
    """

    mean_user: np.ndarray
    mean_item: np.ndarray
    spread_user: np.ndarray
    spread_item: np.ndarray
    offset: np.ndarray

    def predict(self, users: np.ndarray, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Predicts ratings, clipped to the range of training, and how far off they may be.

        Args:
            users: int[N] user indices.
            items: int[N] item indices.

        Returns:
            mean f32[N] in stars and std f32[N], the standard deviation of a new rating about it
            (what is unknown of the factors plus the noise of this user and item).

        Raises:
            InputError: the arrays differ in length or an index lies outside the trained tables.
        """
        users, items = np.asarray(users), np.asarray(items)
        check_ids("users", users, len(self.mean_user))
        check_ids("items", items, len(self.mean_item))
        if users.shape != items.shape:
            raise InputError(
                f"items has {items.size} entries for {users.size} users: give one item per user"
            )
        mean = np.empty(users.size, np.float32)
        std = np.empty(users.size, np.float32)
        centre, log_variance, lowest, highest = (float(value) for value in self.offset)
        for start in range(0, users.size, 65536):  # bounds the memory of the gathered rows
            part = slice(start, start + 65536)
            u, i = users[part], items[part]
            mean[part] = centre + _dot(self.mean_user[u], self.mean_item[i])
            log_part = log_variance + _dot(self.spread_user[u], self.spread_item[i])
            std[part] = np.exp(0.5 * log_part)
        return np.clip(mean, lowest, highest), std

    def arrays(self) -> dict[str, np.ndarray]:
        """Returns the arrays by field name."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}


def check_ids(name: str, ids: np.ndarray, bound: int) -> None:
    """Raises InputError unless `ids` is a vector of integers in [0, bound)."""
    if ids.ndim != 1 or not np.issubdtype(ids.dtype, np.integer):
        raise InputError(f"{name} is {ids.dtype}{list(ids.shape)}: give a vector of integers")
    if ids.size and (ids.min() < 0 or ids.max() >= bound):
        wrong = int(ids.min() if ids.min() < 0 else ids.max())
        raise InputError(f"{name} holds {wrong}, but must lie in [0, {bound})")


def compress(matrix: np.ndarray, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """Finds the best approximation of a matrix by two thin ones.

    Args:
        matrix: f32[U, I].
        rank: columns to keep; fewer when the matrix has fewer.

    Returns:
        f16[U, Q] and f16[I, Q] whose product is the truncated singular value decomposition, each
        with the square root of the singular values so that neither leaves the range of float16.
    """
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    # The Gram matrix of the shorter side is all that is needed; its squared condition does not
    # matter for the leading part.
    values, vectors = np.linalg.eigh((wide @ wide.T).astype(np.float64))
    keep = np.argsort(values)[::-1][: min(rank, len(wide))]
    root = np.sqrt(np.sqrt(np.maximum(values[keep], 1e-20)))
    short = vectors[:, keep].astype(np.float32)
    other = (wide.T @ short) / root
    short = short * root
    user, item = (short, other) if wide is matrix else (other, short)
    return user.astype(np.float16), item.astype(np.float16)


def _dot(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.einsum("nq,nq->n", left.astype(np.float32), right.astype(np.float32))
