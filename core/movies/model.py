"""The lesson's rating models as small Flax modules, and one that also reads what the film is.

A model of two inputs, a user and a movie, is no chain of layers: it is a function of both, written
as one. Each model maps user rows int32[B], movie rows int32[B] and side information f32[B, D] to
stars f32[B].

Sources:
    fast.ai, Practical Deep Learning for Coders v1 (2017), lesson 4 notebook: dot product, dot
    product with biases, and a dense net on concatenated factors.
    Koren, Bell, Volinsky: Matrix factorization techniques for recommender systems, 2009,
    https://doi.org/10.1109/MC.2009.263 (biases; inputs beside the ids)
"""

import dataclasses

import jax
import jax.numpy as jnp
from flax import nnx

from core.errors import InputError

ARCHITECTURES = ("dot", "bias", "net", "metadata")


@dataclasses.dataclass(frozen=True, slots=True)
class RatingConfig:
    """Settings of a gradient-trained rating model.

    Attributes:
        architecture: one of `ARCHITECTURES`.
        n_factors: factors of a user and of a movie, at least 1.
        l2_factors: penalty on the sum of squares of each whole factor table, beside the mean
            squared error of a batch; 0 or more.
        l2_bias: the same on the bias tables.
        dropout: dropout rates before the dense layer and after it ("net" and "metadata").
        n_hidden: width of the dense layer ("net" and "metadata").
        n_side: numbers known of each film ("metadata").
        init_scale: tables start uniform in +- this (Keras 1 took 0.05, which the lesson inherits).
        offset: added to every prediction; 0, or the mean rating of the train part.
        rating_range: squash predictions into (low, high) by a sigmoid; None leaves them free.
        batch_size: ratings a step.
        schedule: (epochs, learning rate) one after the other, for Adam.
    """

    architecture: str = "bias"
    n_factors: int = 50
    l2_factors: float = 1e-4
    l2_bias: float = 0.0
    dropout: tuple[float, float] = (0.3, 0.75)
    n_hidden: int = 70
    n_side: int = 0
    init_scale: float = 0.05
    offset: float = 0.0
    rating_range: tuple[float, float] | None = None
    batch_size: int = 64
    schedule: tuple[tuple[int, float], ...] = ((1, 1e-3), (6, 1e-2), (15, 1e-3))

    @property
    def is_bilinear(self) -> bool:
        """Whether a prediction is a sum of offset, biases and a dot product, and nothing else."""
        return self.architecture in ("dot", "bias") and self.rating_range is None

    def __post_init__(self) -> None:
        """Checks the bounds."""
        if self.architecture not in ARCHITECTURES:
            raise InputError(
                f"architecture ({self.architecture}) should be one of {', '.join(ARCHITECTURES)}"
            )
        for name, low in (("n_factors", 1), ("n_hidden", 1), ("batch_size", 1), ("n_side", 0)):
            if getattr(self, name) < low:
                raise InputError(f"{name} ({getattr(self, name)}) should be at least {low}")
        for name in ("l2_factors", "l2_bias"):
            if not getattr(self, name) >= 0:
                raise InputError(f"{name} ({getattr(self, name)}) should be 0 or more")
        if not all(0 <= rate < 1 for rate in self.dropout):
            raise InputError(f"dropout ({self.dropout}) should be rates from 0 to below 1")
        if self.rating_range is not None and not self.rating_range[0] < self.rating_range[1]:
            raise InputError(
                f"rating_range ({self.rating_range}) should be (low, high), low < high"
            )
        if not self.schedule or any(n < 1 or not rate > 0 for n, rate in self.schedule):
            raise InputError(
                f"schedule ({self.schedule}) should be pairs of epochs >= 1 and learning rate > 0"
            )


def weights(config: RatingConfig, params: nnx.State) -> nnx.State | dict[str, jax.Array]:
    """Names a model's arrays for its bundle.

    A model that only adds biases and a dot product is named as the alternating one is (user_bias
    [U], user_factors [U, F], item_bias [I], item_factors [I, F]), so that one explorer opens both.
    """
    if not config.is_bilinear:
        return params
    named = {}
    for side in ("user", "item"):
        factors = params[f"{side}_factors"]["embedding"][...]
        bias = jnp.zeros(len(factors))
        if config.architecture == "bias":
            bias = params[f"{side}_bias"]["embedding"][...][:, 0]
        named |= {f"{side}_bias": bias, f"{side}_factors": factors}
    return named


class RatingModel(nnx.Module):
    """Any of the four architectures; `architecture` decides which parts exist.

    dot:      p_u . q_i
    bias:     p_u . q_i + b_u + b_i
    net:      dense(relu(dense([p_u, q_i])))
    metadata: p_u . (q_i + W s_i) + b_u + b_i + dense(relu(dense([p_u, q_i, s_i])))
    """

    def __init__(self, config: RatingConfig, n_users: int, n_items: int, *, rngs: nnx.Rngs):
        self.config = config
        start = nnx.initializers.uniform(2 * config.init_scale)

        def table(n_rows: int, width: int) -> nnx.Embed:
            def centred(key: jax.Array, shape: tuple[int, ...], dtype: jnp.dtype) -> jax.Array:
                return start(key, shape, dtype) - config.init_scale

            return nnx.Embed(n_rows, width, embedding_init=centred, rngs=rngs)

        self.user_factors = table(n_users, config.n_factors)
        self.item_factors = table(n_items, config.n_factors)
        if config.architecture in ("bias", "metadata"):
            self.user_bias = table(n_users, 1)
            self.item_bias = table(n_items, 1)
        if config.architecture in ("net", "metadata"):
            n_inputs = 2 * config.n_factors
            if config.architecture == "metadata":
                n_inputs += config.n_side
                self.side_factors = nnx.Linear(
                    config.n_side,
                    config.n_factors,
                    use_bias=False,
                    kernel_init=nnx.initializers.zeros,
                    rngs=rngs,
                )
            dense_init = nnx.initializers.glorot_uniform()
            self.input_dropout = nnx.Dropout(config.dropout[0])
            self.hidden = nnx.Linear(n_inputs, config.n_hidden, kernel_init=dense_init, rngs=rngs)
            self.hidden_dropout = nnx.Dropout(config.dropout[1])
            self.output = nnx.Linear(config.n_hidden, 1, kernel_init=dense_init, rngs=rngs)

    def __call__(
        self, users: jax.Array, items: jax.Array, side: jax.Array, rngs: nnx.Rngs | None = None
    ) -> jax.Array:
        """Predicts stars: f32[B] for int32[B], int32[B] and f32[B, D]."""
        config = self.config
        user, item = self.user_factors(users), self.item_factors(items)  # (B, F)
        score = jnp.full(users.shape, config.offset)
        if config.architecture in ("net", "metadata"):
            inputs = [user, item]
            if config.architecture == "metadata":
                inputs.append(side)
                item = item + self.side_factors(side)
            hidden = self.input_dropout(jnp.concatenate(inputs, axis=1), rngs=rngs)
            hidden = self.hidden_dropout(nnx.relu(self.hidden(hidden)), rngs=rngs)
            score = score + self.output(hidden)[:, 0]
        if config.architecture != "net":
            score = score + (user * item).sum(axis=1)
        if config.architecture in ("bias", "metadata"):
            score = score + self.user_bias(users)[:, 0] + self.item_bias(items)[:, 0]
        if config.rating_range is not None:
            low, high = config.rating_range
            score = low + (high - low) * jax.nn.sigmoid(score)
        return score

    def penalty(self) -> jax.Array:
        """The L2 penalty on whole tables, which joins the loss of every training batch."""
        config = self.config
        tables = [(config.l2_factors, self.user_factors), (config.l2_factors, self.item_factors)]
        if config.architecture in ("bias", "metadata"):
            tables += [(config.l2_bias, self.user_bias), (config.l2_bias, self.item_bias)]
        return sum(
            weight * jnp.square(table.embedding[...]).sum() for weight, table in tables if weight
        ) + jnp.zeros(())
