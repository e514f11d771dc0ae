"""The lesson's net before the loop is folded: three characters, merged in one after the other.

Character 1 goes through a layer; character 2 is merged with the result, then character 3. Merging
is adding up or laying side by side. The same weights serve all three, so this is a recurrent net
with its loop written out.
"""

import dataclasses

import jax
import jax.numpy as jnp
from flax import nnx

from core.errors import InputError
from core.textgen.unfolded_explorer import CONCATENATION, MERGES, SUM


@dataclasses.dataclass(frozen=True, slots=True)
class UnfoldedConfig:
    """Settings; the lesson's."""

    n_chars: int  # V
    merge: str = SUM
    n_dims: int = 42  # of a character's vector, E
    n_units: int = 256  # H

    def __post_init__(self) -> None:
        """Checks the bounds."""
        if self.merge not in MERGES:
            raise InputError(f"merge ({self.merge}) should be {SUM} or {CONCATENATION}")
        for name in ("n_chars", "n_dims", "n_units"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} ({getattr(self, name)}) should be at least 1")


class Unfolded(nnx.Module):
    """The net.

    Args:
        config: sizes, and how characters are merged.
        rngs: stream "params".
    """

    def __init__(self, config: UnfoldedConfig, *, rngs: nnx.Rngs) -> None:
        self.merge, n_units = config.merge, config.n_units
        self.table = nnx.Param(jax.random.normal(rngs.params(), (config.n_chars, config.n_dims)))
        self.inputs = nnx.Linear(config.n_dims, n_units, rngs=rngs)
        n_merged = n_units if config.merge == SUM else 2 * n_units
        # As in the lesson, the way from step to step begins by changing nothing.
        same = jnp.eye(n_merged, n_units)
        self.hidden = nnx.Linear(n_merged, n_units, kernel_init=lambda *_: same, rngs=rngs)
        self.out = nnx.Linear(n_units, config.n_chars, rngs=rngs)

    def __call__(self, ids: jax.Array, *, rngs: nnx.Rngs | None = None) -> jax.Array:
        """Reads i32[B, 3] -> logits f32[B, V] of the character behind them."""
        x = nnx.relu(self.inputs(self.table[...][ids]))  # (B, 3, H)
        state = jnp.zeros_like(x[:, 0])
        for at in range(ids.shape[1]):
            merged = (
                state + x[:, at]
                if self.merge == SUM
                else jnp.concatenate([state, x[:, at]], axis=1)
            )
            state = jnp.tanh(self.hidden(merged))
        return self.out(state)
