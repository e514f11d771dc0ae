"""A convolution over characters: it sees so many of the last ones, and nothing before them."""

import dataclasses

import jax
import jax.numpy as jnp
from flax import nnx

from core.errors import InputError


@dataclasses.dataclass(frozen=True, slots=True)
class WindowConfig:
    """Settings of a net of fixed width."""

    n_chars: int  # V
    width: int = 24  # characters that it sees, W
    n_dims: int = 16  # of a character's vector, E
    n_units: int = 256  # filters, H

    def __post_init__(self) -> None:
        """Checks the bounds."""
        for name in ("n_chars", "width", "n_dims", "n_units"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} ({getattr(self, name)}) should be at least 1")


class WindowNet(nnx.Module):
    """Vectors of the last characters side by side, one layer of filters, and one output.

    What it has in place of a state is the last W - 1 characters, i32[B, W - 1].

    Args:
        config: sizes.
        rngs: stream "params".
    """

    def __init__(self, config: WindowConfig, *, rngs: nnx.Rngs) -> None:
        self.config = config
        table = jax.random.normal(rngs.params(), (config.n_chars + 1, config.n_dims)) * 0.1
        self.table = nnx.Param(table)  # the last row stands before a text's beginning
        self.filters = nnx.Linear(config.width * config.n_dims, config.n_units, rngs=rngs)
        self.out = nnx.Linear(config.n_units, config.n_chars, rngs=rngs)

    def start(self, n_texts: int) -> jax.Array:
        """Returns what stands before a text."""
        return jnp.full((n_texts, self.config.width - 1), self.config.n_chars, jnp.int32)

    def __call__(
        self, ids: jax.Array, state: jax.Array, *, rngs: nnx.Rngs | None = None
    ) -> tuple[jax.Array, jax.Array]:
        """Reads characters: i32[B, T] -> logits f32[B, T, V] of each next one, and the state."""
        width, n_steps = self.config.width, ids.shape[1]
        known = jnp.concatenate([state, ids], axis=1)
        x = self.table[...][known]
        windows = jnp.concatenate([x[:, d : d + n_steps] for d in range(width)], axis=2)
        after = known[:, known.shape[1] - width + 1 :]
        return self.out(nnx.relu(self.filters(windows))), after
