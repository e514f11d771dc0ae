"""Skip-gram with negative sampling: a word's vector tells its neighbours from random words.

Consecutive positions are scored in blocks. Every pair within the window is an entry of one product
of matrices, near its diagonal, so a vector is fetched and changed once for all its pairs; and noise
words are shared within a block. So an epoch costs seconds where one pair at a time costs minutes,
for the same loss.
"""

import functools
from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp

from core.negative_sampling import (
    FIRST_SCALE,
    draw_noise,
    first_vectors,
    keep_probability,
    linear_decay,
    n_steps_for,
    noise_edges,
    update_rows,
)
from core.words.data import Split
from core.words.model import Recipe, SkipGramConfig, band, skip_gram_weights


class SkipGramState(NamedTuple):
    """Both tables f32[V, D], the scales of their rows f32[V], and the epochs done."""

    words: jax.Array
    contexts: jax.Array
    word_scale: jax.Array
    context_scale: jax.Array
    epoch: jax.Array


def pair_loss(
    centre: jax.Array, around: jax.Array, random: jax.Array, pairs: jax.Array, share: jax.Array
) -> jax.Array:
    """Sums the logistic loss of all pairs in some blocks, real ones and ones with a noise word.

    Args:
        centre: f32[G, L, D], vectors of the words in each block.
        around: f32[G, M, D], context vectors of the block and its margins.
        random: f32[G, K, D], context vectors of the block's noise words.
        pairs: f32[G, L, M], weights of the real pairs.
        share: f32[G, L, 1], weight of each pair with a noise word.
    """
    real = jnp.einsum("gld,gmd->glm", centre, around)
    fake = jnp.einsum("gld,gkd->glk", centre, random)
    return (pairs * jax.nn.softplus(-real)).sum() + (share * jax.nn.softplus(fake)).sum()


def skip_gram(config: SkipGramConfig, split: Split, *, seed: int, n_epochs: int) -> Recipe:
    """Prepares skip-gram with negative sampling; see `Recipe`."""
    kept_share = keep_probability(split.counts, config.subsample)
    n_words, per_step = split.n_words, config.block * config.n_blocks
    weights = jnp.asarray(band(config.block, config.window))

    def stream(key: jax.Array, data: Mapping, n_steps: int) -> tuple[jax.Array, jax.Array]:
        """Thins the text out and closes the gaps; -1 as review marks the margins and the rest."""
        kept = jax.random.uniform(key, data["tokens"].shape) < data["keep"][data["tokens"]]
        at = jnp.nonzero(kept, size=n_steps * per_step, fill_value=len(kept))[0]
        tokens = data["tokens"].at[at].get(mode="fill", fill_value=0)
        reviews = data["reviews"].at[at].get(mode="fill", fill_value=-1)
        margin = config.window
        return jnp.pad(tokens, margin), jnp.pad(reviews, margin, constant_values=-1)

    def look(text: tuple, blocks: jax.Array, key: jax.Array, edges: jax.Array) -> tuple:
        """Ids near each block, weights of pairs, weight of a noise word, ids of noise words."""
        at = blocks[:, None] * config.block + jnp.arange(weights.shape[1])  # (G, M)
        noise = draw_noise(key, edges, (config.n_blocks, config.n_shared))
        return text[0][at], *skip_gram_weights(weights, text[1][at], config), noise

    def fetch(
        tables: tuple, near: jax.Array, noise: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        centre = near[:, config.window : config.window + config.block]
        return tables[0][centre], tables[1][near], tables[1][noise]

    def step(carry: tuple, inputs: tuple, text: tuple, edges: jax.Array, state: SkipGramState):
        (words, contexts, word_scale, context_scale), (blocks, key, done) = carry, inputs
        near, pairs, share, noise = look(text, blocks, key, edges)
        vectors = fetch((words, contexts), near, noise)
        loss, (to_centre, to_around, to_random) = jax.value_and_grad(pair_loss, (0, 1, 2))(
            *vectors, pairs, share
        )

        rate = config.learning_rate * linear_decay(config, state.epoch + done, n_epochs)
        flat = functools.partial(jnp.reshape, shape=(-1, config.n_dims))
        rows = near[:, config.window : config.window + config.block].reshape(-1)
        words, word_scale = update_rows(words, word_scale, rows, flat(to_centre), rate)
        rows = jnp.concatenate([near.reshape(-1), noise.reshape(-1)])
        gradient = jnp.concatenate([flat(to_around), flat(to_random)])
        contexts, context_scale = update_rows(contexts, context_scale, rows, gradient, rate)
        return (words, contexts, word_scale, context_scale), (loss, pairs.sum())

    n_steps = n_steps_for(kept_share[split.tokens], per_step)

    def epoch(state: SkipGramState, key: jax.Array, data: Mapping) -> tuple[SkipGramState, dict]:
        thin_key, order_key, noise_key = jax.random.split(key, 3)
        text = stream(thin_key, data, n_steps)
        order = jax.random.permutation(order_key, n_steps * config.n_blocks)
        inputs = (
            order.reshape(n_steps, config.n_blocks),
            jax.random.split(noise_key, n_steps),
            jnp.arange(n_steps) / n_steps,
        )
        carry, (losses, pairs) = jax.lax.scan(
            lambda carry, inputs: step(carry, inputs, text, data["edges"], state),
            state[:4],
            inputs,
        )
        return SkipGramState(*carry, state.epoch + 1), {"loss": losses.sum() / pairs.sum()}

    edges = noise_edges(split.counts)
    held = {"tokens": split.held_tokens, "reviews": split.held_reviews}
    held = jax.device_put(held | {"keep": kept_share, "edges": edges})
    held_steps = n_steps_for(kept_share[split.held_tokens], per_step)

    @jax.jit
    def evaluate(state: SkipGramState, held: Mapping) -> jax.Array:
        thin_key, noise_key = jax.random.split(jax.random.key(0))  # the same pairs every time
        text = stream(thin_key, held, held_steps)

        def measure(inputs: tuple) -> tuple[jax.Array, jax.Array]:
            block, key = inputs
            near, pairs, share, noise = look(text, block, key, held["edges"])
            centre, around, random = fetch(state[:2], near, noise)
            return pair_loss(centre, around, random, pairs, share), pairs.sum()

        blocks = jnp.arange(held_steps * config.n_blocks).reshape(held_steps, -1)
        losses, pairs = jax.lax.map(measure, (blocks, jax.random.split(noise_key, held_steps)))
        return losses.sum() / pairs.sum()

    state = SkipGramState(
        first_vectors(jax.random.key(seed), (n_words, config.n_dims)),
        jnp.zeros((n_words, config.n_dims)),
        jnp.full(n_words, FIRST_SCALE),
        jnp.full(n_words, FIRST_SCALE),
        jnp.zeros(()),
    )
    data = {"tokens": split.tokens, "reviews": split.reviews, "keep": kept_share, "edges": edges}

    def keep(state: SkipGramState) -> dict[str, jax.Array]:
        # as GloVe does: the sum tells held-out windows better than either, rare words above all
        return {"vectors": state.words + state.contexts}

    return Recipe(epoch, state, data, keep, lambda state: evaluate(state, held))
