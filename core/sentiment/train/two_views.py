"""What a window of words tells of the words around it, learned from reviews without labels.

A window and its neighbours are two views of one passage. A layer that can tell from the first which
words stand in the second has learned which windows mean alike: "did not care for" and "never got
into" have like neighbours. A net for sentiment gets that layer's values beside the words.

References:
    R. Johnson and T. Zhang (2015). Semi-supervised Convolutional Neural Networks for Text
        Categorization via Region Embedding. https://arxiv.org/abs/1504.01255 (tv-embeddings)
    T. Mikolov et al. (2013). Distributed Representations of Words and Phrases and their
        Compositionality. https://arxiv.org/abs/1310.4546 (random words instead of all words)
"""

import dataclasses
import functools
from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from core.checkpoint import Checkpoints
from core.errors import InputError
from core.loop import Plan, fit
from core.negative_sampling import (
    FIRST_SCALE,
    draw_noise,
    keep_probability,
    linear_decay,
    noise_edges,
    update_rows,
)
from core.reviews import texts_of

_FIRST_RANGE = 0.1  # of a word's numbers to begin with, to either side


@dataclasses.dataclass(frozen=True, slots=True)
class TwoViewConfig:
    """Settings of the layer.

    Attributes:
        n_dims: numbers a window, D.
        n_words: in a window, K.
        reach: words on either side of a window that it should tell.
        n_negatives: random words for each of those.
        n_shared: random words drawn for a block, which all its windows share with less weight.
        subsample: words more frequent than this share count less as neighbours.
        block: windows, one at each word, that are scored together.
        n_blocks: blocks a step, from all over the reviews.
        n_epochs: passes through the reviews.
        learning_rate: at the start; it falls linearly to `final_rate` of that.
        final_rate: share of the learning rate at the end.
    """

    n_dims: int = 100
    n_words: int = 5
    reach: int = 5
    n_negatives: int = 10
    n_shared: int = 32
    subsample: float = 1e-4
    block: int = 32
    n_blocks: int = 64
    n_epochs: int = 5
    learning_rate: float = 0.15
    final_rate: float = 0.02

    def __post_init__(self) -> None:
        """Checks the bounds."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not value > 0:
                raise InputError(f"{field.name} ({value}) should be more than 0")


class TwoViewState(NamedTuple):
    """What training carries.

    Attributes:
        words: f32[V, D], what each word adds to a window.
        bias: f32[D].
        contexts: f32[V, D], against which windows are held.
        scales: sums of squared gradients of the three, f32[V], f32[] and f32[V].
        epoch: how many are done.
    """

    words: jax.Array
    bias: jax.Array
    contexts: jax.Array
    scales: tuple[jax.Array, jax.Array, jax.Array]
    epoch: jax.Array


def learn_two_views(
    config: TwoViewConfig,
    ids: np.ndarray,
    starts: np.ndarray,
    *,
    n_ids: int,
    seed: int,
    checkpoints: Checkpoints | None = None,
    progress: str | None = None,
) -> dict[str, np.ndarray]:
    """Learns the layer.

    Args:
        config: settings.
        ids: i32[T] of a vocabulary, one review after the other; `n_ids` - 1 is unk, which
            is no neighbour to tell.
        starts: i64[R + 1], where each review begins.
        n_ids: V.
        seed: of the first numbers, the order of blocks, and the random words.
        checkpoints: where to save and resume.
        progress: label of the progress bar.

    Returns:
        "table" f32[V, D] and "bias" f32[D]: a window's values are relu(sum of its words' rows +
        bias).

    Raises:
        InputError: there are too few words for a step.
    """
    n_steps = len(ids) // (config.block * config.n_blocks)
    if not n_steps:
        least = config.block * config.n_blocks
        raise InputError(f"words ({len(ids):,}) should be at least {least:,}, those of one step")
    counts = np.bincount(ids, minlength=n_ids)
    keep = keep_probability(counts, config.subsample)
    keep[-1] = 0
    reviews = texts_of(starts)
    margins = config.reach, config.n_words - 1 + config.reach + config.block
    data = {
        "ids": np.pad(ids.astype(np.int32), margins),
        "reviews": np.pad(reviews, margins, constant_values=-1),
        "keep": keep,
        "edges": noise_edges(np.where(keep > 0, counts * keep, 0)),
    }
    first = jax.random.uniform(
        jax.random.key(seed), (n_ids, config.n_dims), minval=-_FIRST_RANGE, maxval=_FIRST_RANGE
    )
    scale = jnp.full(n_ids, FIRST_SCALE)
    state = TwoViewState(
        first,
        jnp.zeros(config.n_dims),
        jnp.zeros_like(first),
        (scale, jnp.float32(FIRST_SCALE), scale + 0),
        jnp.zeros(()),
    )
    fitted = fit(
        jax.jit(functools.partial(_epoch, config, n_steps), donate_argnums=0),
        state,
        jax.device_put(data),
        Plan(config.n_epochs),
        seed=seed,
        keep=lambda state: {"table": state.words, "bias": state.bias},
        checkpoints=checkpoints,
        progress=progress,
    )
    return {name: np.array(array) for name, array in fitted.best.items()}


def neighbour_weights(config: TwoViewConfig) -> np.ndarray:
    """Returns f32[block, M]: 1 where a place is in reach of a window and not inside it.

    Window l of a block begins at place l + `reach`; M is all places that the block's windows reach.
    """
    n_places = config.block + config.n_words - 1 + 2 * config.reach
    offset = np.arange(n_places) - config.reach - np.arange(config.block)[:, None]
    before = (offset >= -config.reach) & (offset < 0)
    behind = (offset >= config.n_words) & (offset < config.n_words + config.reach)
    return (before | behind).astype(np.float32)


def window_loss(
    words: jax.Array,
    bias: jax.Array,
    contexts: jax.Array,
    noise: jax.Array,
    pairs: jax.Array,
    share: jax.Array,
) -> jax.Array:
    """Sums the logistic loss of telling near words, and random ones, from windows.

    Args:
        words: f32[G, block + K - 1, D], rows of the words in a block's windows.
        bias: f32[D].
        contexts: f32[G, M, D], rows of all words in reach.
        noise: f32[G, n_shared, D], rows of random words.
        pairs: f32[G, block, M], weights of the near words.
        share: f32[G, block, 1], weight of each random one.
    """
    n_windows = pairs.shape[1]
    size = words.shape[1] - n_windows + 1
    sums = sum(words[:, d : d + n_windows] for d in range(size))
    values = jax.nn.relu(sums + bias)
    near = jnp.einsum("gld,gmd->glm", values, contexts)
    random = jnp.einsum("gld,gkd->glk", values, noise)
    return (pairs * jax.nn.softplus(-near)).sum() + (share * jax.nn.softplus(random)).sum()


def _epoch(
    config: TwoViewConfig, n_steps: int, state: TwoViewState, key: jax.Array, data: Mapping
) -> tuple[TwoViewState, dict[str, jax.Array]]:
    order_key, noise_key = jax.random.split(key)
    n_blocks, block, reach = config.n_blocks, config.block, config.reach
    order = jax.random.permutation(order_key, n_steps * n_blocks).reshape(n_steps, n_blocks)
    weights = jnp.asarray(neighbour_weights(config))
    inside = slice(reach, reach + block + config.n_words - 1)

    def step(carry: tuple, inputs: tuple) -> tuple:
        (words, bias, contexts, scales), (blocks, key, done) = carry, inputs
        at = blocks[:, None] * block + jnp.arange(weights.shape[1])  # (G, M)
        near, reviews = data["ids"][at], data["reviews"][at]
        own = reviews[:, reach : reach + block, None]
        pairs = weights * ((own == reviews[:, None]) & (own >= 0)) * data["keep"][near][:, None]
        share = pairs.sum(axis=2, keepdims=True) * (config.n_negatives / config.n_shared)
        noise = draw_noise(key, data["edges"], (n_blocks, config.n_shared))
        rows = near[:, inside]
        loss, gradients = jax.value_and_grad(window_loss, (0, 1, 2, 3))(
            words[rows], bias, contexts[near], contexts[noise], pairs, share
        )
        to_words, to_bias, to_near, to_noise = gradients
        rate = config.learning_rate * linear_decay(config, state.epoch + done, config.n_epochs)
        flat = functools.partial(jnp.reshape, shape=(-1, config.n_dims))
        words, word_scale = update_rows(words, scales[0], rows.reshape(-1), flat(to_words), rate)
        bias_scale = scales[1] + jnp.square(to_bias).mean()
        bias = bias - rate * to_bias * jax.lax.rsqrt(bias_scale)
        contexts, context_scale = update_rows(
            contexts,
            scales[2],
            jnp.concatenate([near.reshape(-1), noise.reshape(-1)]),
            jnp.concatenate([flat(to_near), flat(to_noise)]),
            rate,
        )
        carry = words, bias, contexts, (word_scale, bias_scale, context_scale)
        return carry, (loss, pairs.sum())

    inputs = order, jax.random.split(noise_key, n_steps), jnp.arange(n_steps) / n_steps
    carry, (losses, pairs) = jax.lax.scan(step, state[:4], inputs)
    words, bias, contexts, scales = carry
    return TwoViewState(words, bias, contexts, scales, state.epoch + 1), {
        "loss": losses.sum() / pairs.sum()
    }
