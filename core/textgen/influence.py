"""Which earlier characters a prediction depends on, by its gradient.

How far the log-probability of the next character would move if the vector of an earlier one moved a
little: the length of that gradient, one number for each earlier character.

Reference:
    A. Madsen (2019). Visualizing memorization in RNNs. https://doi.org/10.23915/distill.00016
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import nnx

from core.textgen.model import CharNet


def influence(model: CharNet) -> Callable[..., jax.Array]:
    """Makes a function that measures how far a prediction depends on each character before it.

    Args:
        model: gives the structure; its arrays are not used.

    Returns:
        `measure(params, ids i32[P], n, target) -> f32[P]`, jitted: lengths of the gradients of the
        log-probability of `target` behind the first `n` characters, n at least 1; 0 from n on.
    """
    graphdef = nnx.graphdef(model)

    @jax.jit
    def measure(params: nnx.State, ids: jax.Array, n: jax.Array, target: jax.Array) -> jax.Array:
        net = nnx.merge(graphdef, params)

        def log_prob(x: jax.Array) -> jax.Array:
            logits, _ = net.read(x[None], net.start(1))
            return jax.nn.log_softmax(logits[0, n - 1])[target]

        return jnp.linalg.norm(jax.grad(log_prob)(net.table[...][ids]), axis=1)

    return measure
