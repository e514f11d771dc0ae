"""Training one net once: an embedding to begin with, Adam, accuracy on held-out reviews."""

import dataclasses
import operator
from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax.sharding import Mesh

from core.averaging import averaged, weights
from core.checkpoint import Checkpoints
from core.loop import Fitted, Plan, TrainState, fit, gradient_epoch, in_mode, initial_state
from core.sentiment.metrics import accuracy, log_loss
from core.sentiment.model.lesson import Cnn, CnnConfig, Lstm, LstmConfig, Mlp, MlpConfig
from core.sentiment.model.max_cnn import MaxCnn, MaxCnnConfig
from core.sentiment.model.region import Region, RegionConfig
from core.sentiment.train.presets import Preset

NETS = {
    MlpConfig: Mlp,
    CnnConfig: Cnn,
    LstmConfig: Lstm,
    MaxCnnConfig: MaxCnn,
    RegionConfig: Region,
}
SCORED_AT_ONCE = 250  # reviews a call: one compiled shape, and memory that stays in the caches


@dataclasses.dataclass(frozen=True, slots=True)
class Encoded:
    """Reviews as a net reads them.

    Attributes:
        ids: i32[R, L], see `core.sentiment.data`.
        labels: f32[R], 0 or 1, or a teacher's probability.
    """

    ids: np.ndarray
    labels: np.ndarray


def train_one(
    preset: Preset,
    train: Encoded,
    held: Encoded,
    *,
    seed: int,
    n_epochs: int,
    name: str,
    start: Mapping[str, np.ndarray] | None = None,
    snapshots: tuple[int, ...] = (),
    mesh: Mesh | None = None,
    checkpoints: Checkpoints | None = None,
    progress: str | None = None,
) -> Fitted:
    """Trains a net, and measures it on held-out reviews after each epoch.

    Args:
        preset: the recipe.
        train: what to learn from.
        held: what to measure on; nothing is decided by it here.
        seed: of the first weights, the order of reviews, and dropout.
        n_epochs: passes through `train`.
        name: of the held-out side in the history: "val" or "test".
        start: parameters that do not begin at random, by dotted name.
        snapshots: epochs whose weights are kept.
        mesh: devices to split batches over.
        checkpoints: where to save and resume.
        progress: label of the progress bar.

    Returns:
        The fitted net; the history has "loss", "<name>_loss" and "<name>_accuracy".
    """
    model = NETS[type(preset.config)](preset.config, rngs=nnx.Rngs(seed))
    for parameter, array in (start or {}).items():
        operator.attrgetter(parameter)(model)[...] = jnp.asarray(array)
    optimizer = adam(preset, steps_an_epoch=len(train.labels) // preset.batch_size)
    if preset.clip:
        optimizer = optax.chain(optax.clip_by_global_norm(preset.clip), optimizer)
    if preset.averaging:
        optimizer = averaged(optimizer, preset.averaging)
    epoch = gradient_epoch(model, optimizer, loss, batch_size=preset.batch_size, mesh=mesh)
    score = batch_scorer(model)

    def evaluate(state: TrainState) -> dict[str, float]:
        logits = score(weights(state), held.ids)
        return {f"{name}_{key}": value for key, value in measure(logits, held.labels).items()}

    return fit(
        epoch,
        initial_state(model, optimizer),
        jax.device_put((train.ids, train.labels)),
        Plan(n_epochs, snapshots=snapshots),
        seed=seed,
        keep=weights,
        evaluate=evaluate,
        mesh=mesh,
        checkpoints=checkpoints,
        progress=progress,
    )


def loss(model: nnx.Module, batch: tuple, rngs: nnx.Rngs) -> jax.Array:
    """Mean logistic loss of a batch (ids i32[B, L], labels f32[B])."""
    ids, labels = batch
    return optax.sigmoid_binary_cross_entropy(model(ids, rngs=rngs), labels).mean()


def adam(preset: Preset, *, steps_an_epoch: int) -> optax.GradientTransformation:
    """Adam whose rate falls, and whose embedding begins to learn, once `n_frozen` epochs are over.

    Args:
        preset: rates and the frozen time.
        steps_an_epoch: batches an epoch.
    """
    if not preset.n_frozen:
        return optax.adam(preset.learning_rate)
    n_steps = preset.n_frozen * steps_an_epoch

    def rate(before: float) -> optax.Schedule:
        return lambda count: jnp.where(jnp.less(count, n_steps), before, preset.tuning_rate)

    return optax.multi_transform(
        {"embedding": optax.adam(rate(0.0)), "rest": optax.adam(rate(preset.learning_rate))},
        lambda params: jax.tree_util.tree_map_with_path(
            lambda path, _: "embedding" if "embedding" in jax.tree_util.keystr(path) else "rest",
            params,
        ),
    )


def batch_scorer(model: nnx.Module) -> Callable[[nnx.State, np.ndarray], np.ndarray]:
    """Makes a function that scores any number of reviews with one compiled call.

    Args:
        model: gives the structure.

    Returns:
        `score(params, ids i32[R, L]) -> logits f32[R]`.
    """
    graphdef, _, rest = nnx.split(in_mode(model, training=False), nnx.Param, ...)

    @jax.jit
    def score_batches(params: nnx.State, batches: jax.Array) -> jax.Array:
        return jax.lax.map(lambda ids: nnx.merge(graphdef, params, rest)(ids), batches)

    def score(params: nnx.State, ids: np.ndarray) -> np.ndarray:
        filled = np.pad(ids, ((0, -len(ids) % SCORED_AT_ONCE), (0, 0)))
        batches = filled.reshape(-1, SCORED_AT_ONCE, ids.shape[1])
        return np.asarray(score_batches(params, batches)).reshape(-1)[: len(ids)]

    return score


def measure(logits: np.ndarray, labels: np.ndarray) -> Mapping[str, float]:
    """Returns "accuracy" and "loss" (mean logistic loss) of logits f32[R] on labels f32[R]."""
    return {"accuracy": accuracy(logits, labels), "loss": log_loss(logits, labels)}
