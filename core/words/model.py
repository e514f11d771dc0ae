"""Three ways to learn word vectors from text alone: their settings, scores and losses.

None of them sees a label. Each makes a task out of the text: tell a real window from a corrupted
one (`WindowNet`), tell a word's neighbours from random words (skip-gram with negative sampling), or
fit the logarithm of how often two words stand near each other (GloVe).

Sources:
    Collobert, Weston et al.: Natural Language Processing (Almost) from Scratch, 2011,
    https://jmlr.org/papers/v12/collobert11a.html (windows of 11 with the middle word replaced)
    Mikolov et al.: Distributed Representations of Words and Phrases and their Compositionality,
    2013, https://arxiv.org/abs/1310.4546 (negative sampling)
    Pennington, Socher, Manning: GloVe, 2014, https://aclanthology.org/D14-1162/
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from core.errors import InputError


class Recipe(NamedTuple):
    """What `core.loop.fit` needs to learn vectors in one of the three ways.

    Attributes:
        epoch: `(state, key, data) -> (state, {"loss"})`, not yet jitted.
        state: to start from.
        data: arrays for every epoch.
        keep: state -> {"vectors": f32[V, D], ...}.
        evaluate: state -> loss on the held-out reviews.
    """

    epoch: Callable[[Any, jax.Array, Any], tuple[Any, dict[str, jax.Array]]]
    state: Any
    data: Any
    keep: Callable[[Any], Mapping[str, jax.Array | np.ndarray]]
    evaluate: Callable[[Any], jax.Array]


@dataclasses.dataclass(frozen=True, slots=True)
class SkipGramConfig:
    """Settings of skip-gram with negative sampling.

    Attributes:
        n_dims: numbers a word, D.
        window: farthest neighbour. A neighbour at distance d has weight (window - d + 1) / window:
            what word2vec's window of random size gives on average, without the randomness.
        n_negatives: noise words for each neighbour.
        n_shared: noise words drawn for a block, which all its positions share with less weight.
        subsample: words more frequent than this share are thinned out, each epoch anew.
        block: consecutive positions that are scored together, as one matrix product.
        n_blocks: blocks a step, from all over the reviews.
        learning_rate: at the start; it falls linearly to `final_rate` of that.
        final_rate: share of the learning rate at the end.
    """

    n_dims: int = 50
    window: int = 10
    n_negatives: int = 10
    n_shared: int = 32
    subsample: float = 1e-4
    block: int = 32
    n_blocks: int = 64
    learning_rate: float = 0.15
    final_rate: float = 0.02

    def __post_init__(self) -> None:
        """Checks the bounds."""
        _check_positive(
            self, "n_dims", "window", "n_negatives", "n_shared", "subsample", "block", "n_blocks"
        )
        _check_positive(self, "learning_rate")


@dataclasses.dataclass(frozen=True, slots=True)
class GloveConfig:
    """Settings of GloVe's weighted least squares.

    Attributes:
        n_dims: numbers a word, D.
        window: farthest neighbour; a pair at distance d counts 1/d.
        min_weight: pairs with a smaller sum are left out: most of all, and they weigh least.
        x_max: a pair of this weight or more counts fully in the loss.
        alpha: a pair of weight x below that counts (x / x_max) ** alpha.
        batch_size: pairs a step, each in both directions.
        learning_rate: at the start; it falls linearly to `final_rate` of that.
        final_rate: share of the learning rate at the end.
    """

    n_dims: int = 50
    window: int = 10
    min_weight: float = 0.15
    x_max: float = 20.0
    alpha: float = 0.75
    batch_size: int = 4096
    learning_rate: float = 0.15
    final_rate: float = 0.02

    def __post_init__(self) -> None:
        """Checks the bounds."""
        _check_positive(self, "n_dims", "window", "x_max", "alpha", "batch_size", "learning_rate")


@dataclasses.dataclass(frozen=True, slots=True)
class WindowConfig:
    """Settings of the lesson's task, real windows against corrupted ones.

    Attributes:
        n_dims: numbers a word, D.
        reach: words on either side of the middle one; 5 makes windows of 11.
        n_hidden: width of the one hidden layer.
        n_corrupted: corrupted copies of each window, each with another middle word.
        loss: "logistic" (is this window real?) or "ranking" (the real one should score higher by
            1, as Collobert and Weston have it).
        subsample: windows whose middle word is more frequent than this share are thinned out, each
            epoch anew; the windows themselves stay as they are written.
        batch_size: windows a step.
        learning_rate: of the vectors, at the start; it falls linearly to `final_rate` of that.
        net_rate: of the net, for Adam; it falls alike.
        final_rate: share of the learning rates at the end.
    """

    n_dims: int = 50
    reach: int = 5
    n_hidden: int = 32
    n_corrupted: int = 2
    loss: str = "logistic"
    subsample: float = 1e-4
    batch_size: int = 2048
    learning_rate: float = 0.2
    net_rate: float = 3e-3
    final_rate: float = 0.02

    def __post_init__(self) -> None:
        """Checks the bounds."""
        _check_positive(self, "n_dims", "reach", "n_hidden", "n_corrupted", "subsample")
        _check_positive(self, "batch_size", "learning_rate", "net_rate")
        if self.loss not in ("logistic", "ranking"):
            raise InputError(f"loss ({self.loss}) should be logistic or ranking")


def _check_positive(config: object, *names: str) -> None:
    for name in names:
        if not getattr(config, name) > 0:
            raise InputError(f"{name} ({getattr(config, name)}) should be more than 0")


class WindowNet(nnx.Module):
    """Scores a window: one hidden layer on the vectors of its words, side by side.

    The words around the middle and the middle word enter through layers of their own, which sum to
    the one hidden layer; so a corrupted copy, which differs in the middle only, costs little.
    """

    def __init__(self, config: WindowConfig, *, rngs: nnx.Rngs):
        width = config.n_dims * 2 * config.reach
        init = nnx.initializers.glorot_uniform()
        self.around = nnx.Linear(width, config.n_hidden, kernel_init=init, rngs=rngs)
        self.middle = nnx.Linear(
            config.n_dims, config.n_hidden, use_bias=False, kernel_init=init, rngs=rngs
        )
        self.output = nnx.Linear(config.n_hidden, 1, kernel_init=init, rngs=rngs)

    def __call__(self, around: jax.Array, middles: jax.Array) -> jax.Array:
        """Scores f32[B, K] of f32[B, 2 * reach, D] with each of the middles f32[B, K, D]."""
        shared = self.around(around.reshape(len(around), -1))  # (B, H)
        hidden = jnp.tanh(shared[:, None] + self.middle(middles))  # (B, K, H)
        return self.output(hidden)[..., 0]


def window_loss(config: WindowConfig, scores: jax.Array) -> jax.Array:
    """Returns the loss of each window, f32[B], from f32[B, 1 + K]: the real one stands first."""
    real, corrupted = scores[:, :1], scores[:, 1:]
    if config.loss == "ranking":
        return jax.nn.relu(1 - real + corrupted).mean(axis=1)
    return jax.nn.softplus(-real)[:, 0] + jax.nn.softplus(corrupted).mean(axis=1)


def band(block: int, window: int) -> np.ndarray:
    """Weights of neighbours: f32[block, block + 2 * window], for positions `window` further on."""
    places = np.arange(block + 2 * window) - window
    distance = np.abs(places - np.arange(block)[:, None])
    weights = (window - distance + 1) / window
    return np.where((distance >= 1) & (distance <= window), weights, 0).astype(np.float32)


def skip_gram_weights(
    weights: jax.Array, reviews: jax.Array, config: SkipGramConfig
) -> tuple[jax.Array, jax.Array]:
    """Weighs the pairs in some blocks.

    Args:
        weights: of `band`, (L, M), M being L + 2 * window.
        reviews: i32[G, M], the review of each position; -1 is no position.
        config: settings.

    Returns:
        Weights of the pairs f32[G, L, M], 0 across reviews, and of a noise word f32[G, L, 1].
    """
    centre = reviews[:, config.window : config.window + config.block, None]
    pairs = weights * ((centre == reviews[:, None]) & (centre >= 0))
    share = config.n_negatives / config.n_shared
    return pairs, pairs.sum(axis=2, keepdims=True) * share


def glove_weight(x: np.ndarray, config: GloveConfig) -> np.ndarray:
    """Returns f(x) of the paper, f32[N]: (x / x_max) ** alpha, at most 1."""
    return np.minimum(1, (x / config.x_max) ** config.alpha).astype(np.float32)
