"""Training one plan of layers again and again: learning rate, weights and seed are arguments.

A sweep trains the same net dozens of times, so everything that differs between two trainings is a
traced value and the net is compiled once. On a GPU an epoch is one call; on a CPU each step is a
call of its own, because XLA computes a convolution badly inside a loop there.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax.sharding import Mesh

from core.averaging import averaged, weights
from core.batchnorm.data import Photos
from core.batchnorm.model import Net, NetConfig, filled
from core.batchnorm.model.inputs import prepare, random_views, whole
from core.batchnorm.model.predictor import accuracy_of, loss_of
from core.batchnorm.presets import BestConfig, Recipe, SweepConfig
from core.checkpoint import Checkpoints
from core.devices import split_over
from core.errors import InputError
from core.loop import Fitted, Plan, TrainState, fit, in_mode, initial_state, named_arrays
from core.training_run import TrainingRun

Config = TypeVar("Config", SweepConfig, BestConfig)
_WARM_UP = 0.1  # share of the steps in which the rate rises from nothing
_AT_ONCE = 100  # photos that are measured in one call


def with_numbers(config: Config, run: TrainingRun) -> Config:
    """Returns a configuration with the run's numbers of epochs and seeds, if it has them."""
    if run.n_epochs is not None:
        recipe = dataclasses.replace(config.recipe, n_epochs=run.n_epochs)
        config = dataclasses.replace(config, recipe=recipe)
    return dataclasses.replace(config, n_seeds=run.n_seeds or config.n_seeds)


class Tuner:
    """Trains nets of one plan, compiled once.

    Args:
        config: the net's layers.
        recipe: how.
        n_photos: that are learned from.
        mesh: devices to split batches over; None for one.

    Raises:
        InputError: there are fewer photos than in a batch, or the net lacks the layer through
            which it is frozen.
    """

    def __init__(
        self, config: NetConfig, recipe: Recipe, n_photos: int, *, mesh: Mesh | None = None
    ) -> None:
        if n_photos < recipe.batch_size:
            raise InputError(
                f"batch size ({recipe.batch_size}) should be at most {n_photos}, the photos here"
            )
        self.config, self.recipe, self._mesh = config, recipe, mesh
        self._n_steps = n_photos // recipe.batch_size
        is_cpu = jax.default_backend() == "cpu"
        self._dtype = jnp.bfloat16 if recipe.is_half and not is_cpu else jnp.float32
        frozen = frozen_layers(config, recipe.frozen_through)
        net = nnx.eval_shape(lambda: Net(config, rngs=nnx.Rngs(0), dtype=self._dtype))
        masks = _masks(nnx.state(net, nnx.Param), frozen)
        self._optimizer = _optimizer(recipe, self._n_steps * recipe.n_epochs, *masks)
        self._training = nnx.graphdef(learning(net, frozen))
        self._evaluating = nnx.graphdef(in_mode(net, training=False))
        self._step = self._make_step()
        whole_epoch = jax.jit(self._scan, donate_argnums=0)
        self._epoch = _Steps(self) if is_cpu else _Compiled(whole_epoch)
        self._predict = jax.jit(self._logits)
        self._refresh = jax.jit(self._with_batch_statistics)

    def fit(
        self,
        arrays: Mapping[str, np.ndarray],
        photos: Photos,
        held: Photos | None,
        *,
        learning_rate: float,
        seed: int,
        checkpoints: Checkpoints | None = None,
        progress: str | None = None,
        on_epoch: Callable[[dict[str, float]], None] | None = None,
    ) -> Fitted:
        """Trains once.

        Args:
            arrays: the weights to start from, by the names of `core.loop.named_arrays`.
            photos: to learn from.
            held: to measure "val_loss" and "val_accuracy" on after every epoch, with the raw
                weights; None for no measuring.
            learning_rate: at its highest.
            seed: of order and views.
            checkpoints: where to save and resume.
            progress: label of the progress bar.
            on_epoch: called with each row of the history as it is made.

        Returns:
            What `core.loop.fit` gives; `best` are the weights at the end, averaged where the recipe
            says so, with statistics that belong to them.

        Raises:
            TrainingError: the loss is no longer finite.
        """
        state = initial_state(filled(self.config, arrays, dtype=self._dtype), self._optimizer)
        _rate_of(state.opt_state)["learning_rate"] = jnp.asarray(learning_rate, jnp.float32)
        data = jax.device_put((jnp.asarray(photos.images), jnp.asarray(photos.labels)))
        kept = None if held is None else jnp.asarray(held.images)

        def evaluate(state: TrainState) -> dict[str, float]:
            if held is None or kept is None:
                return {}
            found = self._all_logits(state.params, state.rest, kept)
            return {
                "val_loss": loss_of(found, held.labels),
                "val_accuracy": accuracy_of(found, held.labels),
            }

        def keep(state: TrainState) -> dict[str, np.ndarray]:
            params = weights(state)
            return named_arrays(params) | named_arrays(self._refreshed(params, state.rest, data))

        return fit(
            self._epoch,
            state,
            data,
            Plan(self.recipe.n_epochs),
            seed=seed,
            keep=keep,
            evaluate=evaluate,
            mesh=self._mesh,
            checkpoints=checkpoints,
            progress=progress,
            on_epoch=on_epoch,
        )

    def _make_step(self) -> Callable[..., tuple[TrainState, jax.Array]]:
        sharding = None if self._mesh is None else split_over(self._mesh)
        recipe = self.recipe

        def step(state: TrainState, key: jax.Array, rows: jax.Array, data: Any) -> tuple:
            images, labels = data[0][rows], data[1][rows]
            if sharding is not None:
                images = jax.lax.with_sharding_constraint(images, sharding)
            views = random_views(images, recipe.size, least_area=recipe.least_area, key=key)
            shown = prepare(views)
            wanted = optax.smooth_labels(jax.nn.one_hot(labels, 2), 2 * recipe.label_smoothing)

            def objective(params: nnx.State) -> tuple[jax.Array, nnx.State]:
                # copy: batch norm writes its statistics, which must not reach outside this trace
                net = nnx.merge(self._training, params, state.rest, copy=True)
                loss = optax.softmax_cross_entropy(net(shown), wanted).mean()
                return loss, nnx.state(net, nnx.Not(nnx.Param))

            (loss, rest), gradient = jax.value_and_grad(objective, has_aux=True)(state.params)
            updates, opt_state = self._optimizer.update(gradient, state.opt_state, state.params)
            params = optax.apply_updates(state.params, updates)
            return TrainState(params, rest, opt_state), loss

        return step

    def _order(self, key: jax.Array, n_photos: int) -> tuple[jax.Array, jax.Array]:
        order_key, view_key = jax.random.split(key)
        n = self._n_steps * self.recipe.batch_size
        order = jax.random.permutation(order_key, n_photos)[:n]
        return jax.random.split(view_key, self._n_steps), order.reshape(self._n_steps, -1)

    def _scan(self, state: TrainState, key: jax.Array, data: Any) -> tuple[TrainState, dict]:
        inputs = self._order(key, len(data[1]))
        state, losses = jax.lax.scan(lambda c, i: self._step(c, *i, data), state, inputs)
        return state, {"loss": losses.mean()}

    def _logits(self, params: nnx.State, rest: nnx.State, images: jax.Array) -> jax.Array:
        net = nnx.merge(self._evaluating, params, rest)
        return net(prepare(whole(images, self.recipe.size)))

    def _all_logits(self, params: nnx.State, rest: nnx.State, images: jax.Array) -> np.ndarray:
        n = len(images)
        at_once = min(_AT_ONCE, n)
        found = []
        for begin in range(0, n, at_once):
            # the last rows once more rather than a second shape to compile
            begin = min(begin, n - at_once)
            batch = images[begin : begin + at_once]
            found.append((begin, self._predict(params, rest, batch)))
        logits = np.zeros((n, 2), np.float32)
        for begin, values in found:
            logits[begin : begin + at_once] = values
        return logits

    def _with_batch_statistics(
        self, params: nnx.State, rest: nnx.State, images: jax.Array, key: jax.Array
    ) -> nnx.State:
        net = nnx.merge(self._training, params, rest, copy=True)
        recipe = self.recipe
        net(prepare(random_views(images, recipe.size, least_area=recipe.least_area, key=key)))
        return nnx.state(net, nnx.Not(nnx.Param))

    def _refreshed(self, params: nnx.State, rest: nnx.State, data: Any) -> nnx.State:
        """Lets running statistics follow fixed weights over one pass of random views.

        Those that training leaves belong to the weights of every step before. They are taken over
        such views as the weights learned from: over whole photos, other numbers come out, and the
        net does worse on whole photos, too.
        """
        if not jax.tree.leaves(rest):
            return rest
        size = self.recipe.batch_size
        order = np.random.default_rng(0).permutation(len(data[1]))
        keys = jax.random.split(jax.random.key(0), self._n_steps)
        for step, key in enumerate(keys):
            batch = data[0][order[step * size : (step + 1) * size]]
            rest = self._refresh(params, rest, batch, key)
        return rest


class _Steps:
    """An epoch for `core.loop.fit` whose steps are calls of their own."""

    def __init__(self, tuner: Tuner) -> None:
        self._tuner = tuner
        self._step = jax.jit(tuner._step, donate_argnums=0)

    def lower(self, *_: Any) -> "_Steps":
        return self

    def compile(self) -> "_Steps":
        return self

    def __call__(self, state: TrainState, key: jax.Array, data: Any) -> tuple[TrainState, dict]:
        keys, rows = self._tuner._order(key, len(data[1]))
        losses = []
        for own_key, own_rows in zip(keys, rows, strict=True):
            state, loss = self._step(state, own_key, own_rows, data)
            losses.append(loss)
        return state, {"loss": jnp.stack(losses).mean()}


class _Compiled:
    """An epoch for `core.loop.fit`, which asks for it to be compiled: the second time it is."""

    def __init__(self, epoch: Any) -> None:
        self._epoch, self._program = epoch, None

    def lower(self, *arguments: Any) -> "_Compiled":
        if self._program is None:
            self._program = self._epoch.lower(*arguments).compile()
        return self

    def compile(self) -> Any:
        return self._program


def _optimizer(
    recipe: Recipe, n_steps: int, is_frozen: Any, is_decayed: Any
) -> optax.GradientTransformationExtraArgs:
    warm_up = max(1, round(_WARM_UP * n_steps))
    course = optax.warmup_cosine_decay_schedule(0.0, 1.0, warm_up, max(n_steps, warm_up + 1))

    def build(learning_rate: float) -> optax.GradientTransformation:
        if recipe.optimizer == "sgd":
            move = optax.trace(recipe.momentum, nesterov=True)
        else:
            move = optax.scale_by_adam()
        return optax.chain(
            # first: gradients that nobody reads are never computed
            optax.transforms.freeze(is_frozen),
            move,
            optax.add_decayed_weights(recipe.weight_decay, mask=is_decayed),
            optax.scale_by_schedule(course),
            optax.scale_by_learning_rate(learning_rate),
        )

    rated = optax.inject_hyperparams(build)(learning_rate=0.0)
    return averaged(rated, recipe.averaging) if recipe.averaging else rated


def _rate_of(state: Any) -> dict[str, jax.Array]:
    """Finds the injected learning rate, under the mean of weights where there is one."""
    return (state.inner if hasattr(state, "inner") else state).hyperparams


def frozen_layers(config: NetConfig, through: str) -> frozenset[str]:
    """Names a layer and all that stand before it.

    Args:
        config: the net.
        through: the last layer that stays as it was; "" for none.

    Raises:
        InputError: the net has no layer of that name.
    """
    if not through:
        return frozenset()
    last = config.layer(through)
    return frozenset(layer.name for layer in config.layers[: config.layers.index(last) + 1])


def learning(net: Net, frozen: frozenset[str]) -> Net:
    """Returns a view of a net in evaluation mode that trains, but for what is frozen.

    Batch norm of frozen layers keeps its running statistics, or they would not stay as they were.
    """

    def learns(path: tuple, _: object) -> bool:
        return frozen.isdisjoint(path)

    return nnx.view(net, only=learns, raise_if_not_found=False, use_running_average=False)


def _masks(params: nnx.State, frozen: frozenset[str]) -> tuple[Any, Any]:
    """Marks the parameters of frozen layers, and the kernels that learn: True in their places."""

    def is_frozen(path: tuple, _: object) -> bool:
        return not frozen.isdisjoint(getattr(step, "key", None) for step in path)

    def is_decayed(path: tuple, array: jax.Array) -> bool:
        return array.ndim > 1 and not is_frozen(path, array)

    mark = jax.tree_util.tree_map_with_path
    return mark(is_frozen, params), mark(is_decayed, params)
