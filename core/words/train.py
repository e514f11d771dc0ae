"""Learns word vectors from the training reviews, and measures the task on the held-out ones.

Each recipe has an epoch of its own for `core.loop.fit`: the reviews lie on the device as ids, an
epoch is one compiled call, and a step changes only the rows of the tables that its batch touched.
"""

import jax

from core.checkpoint import Checkpoints
from core.loop import Fitted, Plan, fit
from core.words.corpus import Split
from core.words.least_squares import weighted_least_squares
from core.words.model import GloveConfig, SkipGramConfig, WindowConfig
from core.words.skip_gram import skip_gram
from core.words.windows import windows_against_corrupted

Config = SkipGramConfig | GloveConfig | WindowConfig


def train_one(
    config: Config,
    split: Split,
    *,
    seed: int,
    n_epochs: int,
    checkpoints: Checkpoints | None = None,
    progress: str | None = None,
) -> Fitted:
    """Learns vectors by one of the three recipes.

    Args:
        config: settings; their type is the recipe.
        split: the reviews.
        seed: of everything random in training.
        n_epochs: epochs, over which the learning rate falls.
        checkpoints: where to save and resume.
        progress: label of the progress bar; None for none.

    Returns:
        The fitted model; `best` has "vectors" f32[V, D] and what else the recipe keeps, the history
        has "loss" and "heldout_loss".

    Raises:
        InputError: a setting is out of bounds, or there is too little text.
    """
    prepare = {
        SkipGramConfig: skip_gram,
        GloveConfig: weighted_least_squares,
        WindowConfig: windows_against_corrupted,
    }[type(config)]
    recipe = prepare(config, split, seed=seed, n_epochs=n_epochs)
    return fit(
        jax.jit(recipe.epoch, donate_argnums=0),
        recipe.state,
        jax.device_put(recipe.data),
        Plan(n_epochs),
        seed=seed,
        keep=recipe.keep,
        evaluate=lambda state: {"heldout_loss": float(recipe.evaluate(state))},
        checkpoints=checkpoints,
        progress=progress,
    )
