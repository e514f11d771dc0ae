"""Dropout whose random numbers cost little beside the products of a small net."""

import math

import jax
import jax.numpy as jnp
from flax import nnx


class Dropout(nnx.Module):
    """Dropout with one hashed byte a value.

    JAX's own generator takes a third of an epoch on a CPU; here it only seeds a hash of each
    value's number, which is random enough to leave values out. The rate is rounded to 1/256, and
    what stays is scaled by the rounded rate, so expected values do not change.

    Args:
        rate: share of values left out.
    """

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.deterministic = False

    def set_view(self, deterministic: bool | None = None) -> None:
        """Takes the mode from `nnx.view`: deterministic drops nothing."""
        if deterministic is not None:
            self.deterministic = deterministic

    def __call__(self, x: jax.Array, rngs: nnx.Rngs | None) -> jax.Array:
        """Drops values while training; `rngs` needs the stream "dropout" then."""
        left_out = round(self.rate * 256)
        if self.deterministic or not left_out:
            return x
        assert rngs is not None  # training gives them
        stays = random_bytes(rngs.dropout(), x.shape) >= left_out
        return jnp.where(stays, x * (256 / (256 - left_out)), 0)


def random_bytes(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """Hashes the number of each value with a key: u8 of `shape`, evenly spread.

    The hash is the 32-bit finaliser "triple32" without its last round; it is no generator for
    sampling.

    References:
        C. Wellons (2018). Prospecting for Hash Functions.
            https://nullprogram.com/blog/2018/07/31/
    """
    n_values = math.prod(shape)
    seed = jax.random.bits(key, (), jnp.uint32)
    x = jax.lax.iota(jnp.uint32, -(-n_values // 4)) + seed
    for shift, factor in ((17, 0xED5AD4BB), (11, 0xAC4C1B51), (15, 0x31848BAB)):
        x = (x ^ (x >> shift)) * jnp.uint32(factor)
    return jax.lax.bitcast_convert_type(x, jnp.uint8).reshape(-1)[:n_values].reshape(shape)
